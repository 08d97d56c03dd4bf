"""What sheets call the statuses is known from a closed table, named where it is in doubt, and never guessed."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollbook.rows.statuses import STATUSES
from tests.transforms.verdicts import Said, cells, said
from transforms.values.statuses.status_words import StatusMeaning, clean_statuses, status_meaning

KNOWN = {
    "attended": (
        "attended, Present, P, p, Joined, Joined before, Left, LATE, présent, P (2/2), -P, -P (1/1), P ( 2 / 2 ), "
        "Fully attended, Partially attended, Checked In, A (2/2), L (1/2), Attended (Zoom), Present - late, "
        "Attended 3/4"
    ),
    "completed": (
        "classroom complete, ILT Complete, "
        "Completed, complete, Passed, pass, Competent, Completed – OK, Done, Finished, Complete (online), Passed - 85, "
        "Pass (85), Passed: 92.5 %, PASSED 85%, Pass (17/20), Passed (Distinction), Completed - 14 March 2023, "
        "Completed (100%), Passed-85, Completed (online; second attempt), Competency achieved/pass (20), Pass (B+)"
    ),
    "no_show": (
        "absent, Absent Unexcused, absent (unexcused), missed, Did not attend, Not attended, NotAttended, NO SHOW, "
        "no-show, No_Show, DNA, fta, Didn’t attend, Did not show up, Not present, Unexcused, A (0/2), A (0/1)"
    ),
    "enrolled": (
        "enrolled, Registered, Subscribed, assigned, Not started, Not-Started, In Progress, in process, unconfirmed, "
        "attending, warning, overdue, past due, Waitlisted, pending approval, tentative, Wait-listed, Booked, "
        "Requested, Not yet started, Started, In progress - 45%"
    ),
    "cancelled": (
        "cancelled, Canceled, Withdrawn, deleted, Dropped, disenrolled, User cancelled, Session cancelled, "
        "Withdrawn/discontinued (40), Cancelled (2)"
    ),
}

NO_RECORD = "it means that there is no record"
PERSON = "it describes the person, not the enrollment"
CREDIT = "it could be a credit, or no record at all"
UNDER_NO_HEADER = "it is a status only under a header that is itself one, such as Attended, Completed or Cancelled"
RATE = "it is a number, perhaps an attendance rate"
REFUSED: dict[str, str | None] = {
    "A": "it could mean no_show (absent) or attended (German: anwesend)",
    "A (1/2)": "it could mean no_show (absent) or attended (German: anwesend)",
    "A (0/0)": "it could mean no_show (absent) or attended (German: anwesend)",
    "A (/)": "it could mean no_show (absent) or attended (German: anwesend)",
    "L": "it could mean attended (late)",
    "L (0/2)": "it could mean attended (late)",
    "P (0/2)": "it has no points, but P means attended",
    "E": "it could mean no_show or cancelled",
    "Excused": "it could mean no_show or cancelled",
    "Absent, excused": "“excused” could mean no_show or cancelled",
    "Completed - failed": "it could mean completed with the grade Fail, or attended",
    "Complete (not passed)": "“not passed” could mean completed with the grade Fail, or attended",
    "Completed (revoked)": "“Completed” means completed, and “revoked” is not a known word",
    "Enrolled - cancelled": "“Enrolled” means enrolled, and “cancelled” means cancelled",
    "Completed 50%": "“50%” could be a score, or how much is completed",
    "Complete (2/3)": "“2/3” could be a score, or how much is completed",
    "Failed (45%)": "“Failed” could mean completed with the grade Fail, or attended",
    "Excused - sick": "“Excused” could mean no_show or cancelled",
    "Attended (?)": "“?” means that there is no record",
    "Present - not": "“Present” means attended, and “not” is not a known word",
    "Not completed": "it could mean attended, enrolled or no_show",
    "Not passed": "it could mean completed with the grade Fail, or attended",
    "Not set": NO_RECORD,
    "Pending": "it could mean attended, enrolled or no_show",
    "Declined": "it could mean cancelled (declined beforehand) or no_show",
    "Absent excused": "it could mean no_show or cancelled",
    "Failed": "it could mean completed with the grade Fail, or attended",
    "fail": "it could mean completed with the grade Fail, or attended",
    "Completed – not OK": "it could mean completed with the grade Fail, or attended",
    "Incomplete": "it could mean attended, enrolled or no_show",
    "Active": "it could mean enrolled or attended",
    "inactive": PERSON,
    "Suspended": PERSON,
    "graduated": PERSON,
    "deactivated": PERSON,
    "Distinction": "it is a grade; the status could be completed",
    "Merit": "it is a grade; the status could be completed",
    "Not attending": "it could mean cancelled (declined beforehand) or no_show",
    "Unmarked": NO_RECORD,
    "?": NO_RECORD,
    "? (0/2)": NO_RECORD,
    "-": NO_RECORD,
    "–": NO_RECORD,
    "n/a": NO_RECORD,
    "NA": NO_RECORD,
    "#N/A": NO_RECORD,
    "not applicable": NO_RECORD,
    "←": NO_RECORD,
    "Enrolment starts 12 May 2022": NO_RECORD,
    "Waived": CREDIT,
    "exempt": CREDIT,
    "Completed Equivalent": CREDIT,
    "ü": "it could mean attended: a tick typed in Wingdings",
    "u\u0308": "it could mean attended: a tick typed in Wingdings",
    "þ": "it could mean attended: a tick typed in Wingdings",
    "\uf0fc": "it could mean attended: a tick typed in Wingdings",
    "û": "it could mean no_show: a cross typed in Wingdings",
    "ý": "it could mean no_show: a cross typed in Wingdings",
    "85": RATE,
    "78%": RATE,
    "0,5": RATE,
    "ninety": RATE,
    "Not atended": "the nearest known word is not attended (no_show)",
    "Complted": "the nearest known word is completed (completed)",
    "u": None,
    "banana": None,
    "a\x00": None,
}
ANSWERS = ("yes", "No", "y", "N", "TRUE", "false", "1", "0", "1.0", "x", "✓", "✔️", "√", "☑", "✗", "•", "☐")


def status(text: str, header: str = "Status", words: Mapping[str, str] | None = None) -> Said:
    """The verdict on one cell under a header."""
    return said(clean_statuses(cells([text]), status_meaning(header), words or {}))[0]


@pytest.mark.parametrize(("word", "expected"), [(w, s) for s, words in KNOWN.items() for w in words.split(", ")])
def test_known_words_are_statuses_in_any_spelling(word: str, expected: str) -> None:
    """Case, blanks, hyphens and accents do not matter."""
    assert status(word) == (expected, None, None)


@pytest.mark.parametrize(("word", "detail"), REFUSED.items())
def test_other_words_are_refused_with_the_choice_or_the_nearest_word(word: str, detail: str | None) -> None:
    """Never guessed."""
    assert status(word) == (None, "status.unknown", detail)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("yes (online)", "attended"),
        ("Y - late", "attended"),
        ("ja, virtuell", "attended"),
        ("no (in person)", "no_show"),
        ("yes (sick)", None),
        ("no (did attend)", None),
        ("no (excused)", None),
        ("1 - 2", None),
        ("1 / 2", None),
    ],
)
def test_what_stands_beside_an_answer_may_not_change_it(text: str, expected: str | None) -> None:
    """How or where changes nothing; any other remark is a doubt, and figures are no answer."""
    assert status(text, "Attended")[:2] == (expected, None if expected else "status.unknown")
    assert status(text)[:2] == (None, "status.unknown")


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_under_no_status_is_unknown(answer: str) -> None:
    """Yes, no and ticks say nothing under `Status` or a date."""
    assert status(answer) == (None, "status.unknown", UNDER_NO_HEADER)
    assert status(answer, "2024-01-12") == (None, "status.unknown", UNDER_NO_HEADER)


@pytest.mark.parametrize("header", ["Attended", "Present", "isPresent", "attended (Y/N)", "Attended?", "Did attended"])
def test_attended_answers_itself(header: str) -> None:
    """Yes is attended, no is no_show."""
    assert {answer: status(answer, header)[0] for answer in ANSWERS} == {
        answer: "no_show" if answer in ("No", "N", "false", "0", "✗", "☐") else "attended" for answer in ANSWERS
    }
    assert status("L", header)[0] == "attended"
    assert status("Excused", header)[1] == "status.unknown"


@pytest.mark.parametrize(
    ("header", "yes", "no"),
    [
        ("Completed", "completed", "under “Completed” it could mean enrolled, attended or no_show"),
        ("Pass", "completed", "under “Pass” it could mean enrolled, attended or no_show"),
        ("Cancelled", "cancelled", "under “Cancelled” it could mean any status except cancelled"),
        ("classIsCancelled", "cancelled", "under “classIsCancelled” it could mean any status except cancelled"),
        ("Absent Indicator", "no_show", "under “Absent Indicator” it could mean any status except no_show"),
        ("Did not attend", "no_show", "under “Did not attend” it could mean any status except no_show"),
    ],
)
def test_other_headers_answer_only_yes(header: str, yes: str, no: str) -> None:
    """What *No* means there is named as a choice."""
    assert status("Yes", header) == (yes, None, None)
    assert status("No", header) == (None, "status.unknown", no)


@pytest.mark.parametrize(("yes", "no"), [("WAHR", "FALSCH"), ("Vrai", "Faux"), ("VERO", "FALSO"), ("TOSI", "EPÄTOSI")])
def test_a_spreadsheet_program_writes_true_and_false_in_its_language(yes: str, no: str) -> None:
    """They are read as the cell would be; under `Status` they say nothing."""
    assert [status(word, "Attended?")[0] for word in (yes, no)] == ["attended", "no_show"]
    assert status(yes, "Completed")[0] == "completed"
    assert status(no, "Completed")[2] == "under “Completed” it could mean enrolled, attended or no_show"
    assert status(yes) == (None, "status.unknown", UNDER_NO_HEADER)


@pytest.mark.parametrize("day", ["2024-03-05", "5/3/2024", "2024-03-05 00:00:00", "5 März 2024"])
def test_a_date_is_told_as_one(day: str) -> None:
    """With what belongs under the header instead."""
    assert status(day) == (None, "status.unknown", "it is a date")
    assert "a status or yes under “Completed”" in str(status(day, "Completed")[2])


@pytest.mark.parametrize("header", ["Part 1", "CertificateValid", "Attendance", "Status", "P", "", "12/04/2022"])
def test_headers_that_are_no_status_mean_nothing(header: str) -> None:
    """No yes, no no."""
    assert status_meaning(header) == StatusMeaning(header)


def test_a_cross_beside_ticks_is_in_doubt() -> None:
    """Where a column has another mark for yes, x may be its contrary."""
    alone, beside = cells(["x", None, "Absent"]), cells(["x", "✓"])
    assert said(clean_statuses(alone, status_meaning("Attended", alone), {}))[0] == ("attended", None, None)
    doubt = "beside other check marks it could mean attended or the opposite"
    assert said(clean_statuses(beside, status_meaning("Attended", beside), {})) == [
        (None, "status.unknown", doubt),
        ("attended", None, None),
    ]


def test_the_words_of_the_profile_come_first() -> None:
    """Before the closed table, the choice and the letters of Wingdings; spelled exactly before folded."""
    words = {"ü": "attended", "DNS": "no_show", "-": "no_show", "A": "no_show", "1": "attended", "late": "no_show"}
    said_with = {
        text: status(text, words=words)[0] for text in ("ü", "dns", "-", "a", "A (0/2)", "1", "Late", "u", "û")
    }
    assert said_with == {
        "ü": "attended",
        "dns": "no_show",
        "-": "no_show",
        "a": "no_show",
        "A (0/2)": "no_show",
        "1": "attended",
        "Late": "no_show",
        "u": None,
        "û": None,
    }


def test_blanks_are_missing_and_errors_are_errors() -> None:
    """Whether a row may do without a status is for the rules to say."""
    assert said(clean_statuses(cells([None, " \u00a0", "#REF!"]), StatusMeaning(), {})) == [
        (None, None, None),
        (None, None, None),
        (None, "cell.error", None),
    ]


@given(st.lists(st.none() | st.text(max_size=12) | st.sampled_from([*REFUSED, *ANSWERS]), max_size=6), st.text())
def test_any_text_is_a_status_a_blank_or_told(texts: list[str | None], header: str) -> None:
    """Nothing raises; neighbours do not matter; a status is its own status."""
    meaning = status_meaning(header)
    cleaned = clean_statuses(cells(texts), meaning, {})
    assert said(cleaned) == [said(clean_statuses(cells([text]), meaning, {}))[0] for text in texts]
    assert set(cleaned.values.dropna()) <= set(STATUSES)
    assert clean_statuses(cleaned.values, meaning, {}).values.equals(cleaned.values)
