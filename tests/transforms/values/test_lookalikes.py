"""Letters that look like those of another script are reported, unless the column is of their script."""

import pyarrow as pa
import pytest

from tests.transforms.sheets import canonical_of, plan_of, table_of
from transforms.values.lookalikes import as_latin, lookalike, may_be_latin, own_script

HEAD = ["Email", "Course", "Session Date", "Session ID", "Status", "Grade"]


def distinct(*texts: str) -> pa.Array:
    """The texts of a column."""
    return pa.array(texts, pa.large_string())


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("Ladder s\u0430fety", "CYRILLIC SMALL LETTER A (U+0430)"),
        ("Ladder \u0445\u043e", "CYRILLIC SMALL LETTER HA (U+0445)"),
        ("\u039a\u0391-9", "GREEK CAPITAL LETTER KAPPA (U+039A)"),
        ("7\u00b2", "SUPERSCRIPT TWO (U+00B2)"),
        ("Охрана труда", None),
        ("Excel с нуля", None),  # one word shows that the other is Cyrillic too
        ("Élan", None),
    ],
)
def test_the_character_is_named(text: str, letter: str | None) -> None:
    """In a word of two scripts, and where the whole text could be Latin."""
    assert lookalike(text) == letter


def test_letters_have_latin_ones_that_they_look_like() -> None:
    """`Сор` is read as `Cop` by anybody."""
    assert as_latin("\u0421\u043e\u0440-7") == "Cop-7"
    assert may_be_latin("\u0421\u043e\u0440-7")
    assert not may_be_latin("Cop-7")
    assert not may_be_latin("\u0421\u043e\u0431-7")


@pytest.mark.parametrize(
    ("texts", "ids", "names"),
    [
        (("\u0410\u0412-1", "\u0416-2"), True, True),  # nothing is Latin
        (("\u0410\u0412-1", "\u0410\u0412-2"), False, False),  # and nothing is surely Cyrillic
        (("\u0410\u0412-1", "AB-2"), False, False),
        (("\u0422\u0415\u0421\u0422", "Охрана труда", "Excel"), False, True),
        (("\u0422\u0415\u0421\u0422", "Охрана труда", "Tect"), False, False),  # the same word in Latin
    ],
)
def test_a_column_says_which_script_it_is(texts: tuple[str, ...], ids: bool, names: bool) -> None:
    """IDs of two scripts in one column are in doubt; names of two scripts are usual."""
    assert own_script(distinct(*texts), by_name=False, in_use=False) is ids
    assert own_script(distinct(*texts), by_name=True, in_use=False) is names


def test_the_rest_of_the_sheet_says_whether_another_script_is_in_use() -> None:
    """Its headers, or its other columns; a whole column of such IDs in an English sheet is a slip of the keyboard."""
    ids = distinct("\u0410\u0412-1", "\u0410\u0412-2")
    assert own_script(ids, by_name=False, in_use=True)
    head, row = ["Email", "Session ID", "Status"], ["a@x.org", "\u0410\u0412-1", "p"]
    assert table_of(canonical_of([head, row]).failures, "column", "code") == [("B", "value.lookalike")]
    assert canonical_of([[*head, "Город"], [*row, "x"]]).failures.empty
    assert canonical_of([[*head, "City"], [*row, "Бобруйск"]]).failures.empty


def wrong(*rows: tuple[str, str, str, str]) -> list[tuple[str, str, str]]:
    """(column, code, detail) of what is wrong with rows of course, session ID, status and grade."""
    table = [[f"p{n}@x.org", row[0], "2024-03-05", *row[1:]] for n, row in enumerate(rows)]
    found = canonical_of([HEAD, *table]).failures
    return [(column, code, detail) for column, code, detail in table_of(found, "column", "code", "detail")]


def test_two_courses_or_sessions_that_look_alike_are_never_two_in_silence() -> None:
    """The one with the foreign letters is refused, whichever comes first."""
    rows = [("Rope \u0430\u043e", "R-1", "present", ""), ("Rope ao", "\u0420-1", "present", "")]
    letters = [("B", "CYRILLIC SMALL LETTER A (U+0430)"), ("D", "CYRILLIC CAPITAL LETTER ER (U+0420)")]
    assert wrong(*rows) == [(x, "value.lookalike", letter) for x, letter in letters]


def test_a_sheet_of_another_script_is_read() -> None:
    """Also IDs and names of nothing but letters that look like Latin ones."""
    assert wrong(("\u0420\u043e\u0441\u0442", "\u0410\u0412-1", "present", ""), ("Охрана", "\u0410-2", "p", "")) == []


@pytest.mark.parametrize("status", ["\u0421ompleted", "\u0440resent", "\u0420", "No sh\u043ew"])
def test_a_word_with_a_foreign_letter_is_refused_for_the_letter(status: str) -> None:
    """The reader sees the right word."""
    ((column, code, detail),) = wrong(("Rope", "R1", status, ""))
    assert (column, code) == ("E", "value.lookalike")
    assert detail.startswith("CYRILLIC")


def test_so_is_a_grade_and_a_date() -> None:
    """Every kind of cell that is read by its words or digits."""
    assert wrong(("Rope", "R1", "present", "\u0410")) == [
        ("F", "value.lookalike", "CYRILLIC CAPITAL LETTER A (U+0410)")
    ]
    table = [HEAD, ["p@x.org", "Rope", "5 \u041carch 2024", "R1", "present", ""]]
    assert table_of(canonical_of(table).failures, "column", "code") == [("C", "value.lookalike")]
    words = canonical_of([HEAD, ["p@x.org", "Rope", "5 мая 2024", "R1", "отсутствовал", ""]]).failures
    assert table_of(words, "column", "code") == [("E", "status.unknown")]


def test_stored_rows_are_read_as_the_whole_column_was() -> None:
    """A few rows of a sheet do not show its script."""
    rows = [["Email", "Session ID", "Status"], ["a@x.org", "\u0410\u0412-1", "p"], ["b@x.org", "\u0410\u0416-2", "p"]]
    first = plan_of(rows)
    again = plan_of([rows[0], ["b@x.org", "AB-2", "p"]], recorded=first)
    assert [c.own_script for c in again.columns if c.field == "session_id"] == [True]
