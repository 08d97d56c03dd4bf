"""A remedy says first what the person with the spreadsheet can do, then what only an administrator can."""

from rollbook.rows.remedies import for_the_sender, remedy_text, with_question

BOTH = remedy_text("Correct the cell.", "Load the course: `rollbook reference load courses FILE`.")


def test_the_administrators_part_is_marked_and_on_a_line_of_its_own() -> None:
    """The sender's own comes first; without the other it stands alone."""
    assert BOTH.splitlines() == [
        "Correct the cell.",
        "Administrator: Load the course: `rollbook reference load courses FILE`.",
    ]
    assert remedy_text("Correct the cell.") == "Correct the cell."


def test_a_sender_reads_only_her_own_part() -> None:
    """However the text was made."""
    assert for_the_sender(BOTH) == for_the_sender("Correct the cell.") == "Correct the cell."


def test_a_question_is_for_the_sender() -> None:
    """It follows what she can do, before what she cannot."""
    asked = with_question(BOTH, "Did you mean “FIRE-01”?")
    assert for_the_sender(asked) == "Correct the cell. Did you mean “FIRE-01”?"
    assert asked.splitlines()[1] == BOTH.splitlines()[1]
    assert with_question("Correct it.", "Did you mean “A”?") == "Correct it. Did you mean “A”?"
