"""`rollbook reference`: what is loaded is taken over, checked, and can be forgotten again."""

from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pytest

from tests.pipeline.desk import GOOD, Desk

LEARNERS, SESSIONS = ("email", "employee_number"), ("session_id", "course_name", "session_date")
COURSE_AND_DATE = ("Email", "Course", "Session date", "Status")
ATTENDED = ("ada@example.com", "Fire Safety", "2024-03-05", "attended")


@pytest.fixture
def desk(sqlite_url: str, tmp_path: Path) -> Desk:
    return Desk(tmp_path, sqlite_url)


def test_a_load_of_nothing_is_an_error_and_changes_no_rule(desk: Desk) -> None:
    """Only headers, or no row that can be loaded: every row would be rejected from then on."""
    for rows in ([], [("ada(at)example.com", "7")], [("a@example.com", "1"), ("a@example.com", "2")]):
        told = desk.type("reference load", "learners", desk.sheet(*rows, name="learners.csv", headers=LEARNERS))
        assert (told.exit, "no rule has changed" in told.errors) == (2, True)
    assert desk.do("import", desk.sheet(GOOD)).exit == 0


def test_rows_that_are_left_out_are_told_with_their_number(desk: Desk) -> None:
    file = desk.sheet(("ada(at)example.com", "7"), ("ada@example.com", "8"), name="learners.csv", headers=LEARNERS)
    loaded = desk.do("reference load", "learners", file)
    assert (loaded.exit, loaded.told["added"]) == (1, 1)
    assert loaded.told["problems"] == [{"row": 2, "message": "ada(at)example.com is not an e-mail address."}]


def test_what_is_not_used_is_named(desk: Desk) -> None:
    """Columns that feed nothing, and sheets behind the one that was read."""
    headers = (*SESSIONS, "Begins", "Building")
    file = desk.sheet(("L-1", "Rope", "2024-03-05", "9:00", ""), name="sessions.csv", headers=headers)
    assert desk.do("reference load", "sessions", file).told["unused"] == ["Begins"]
    book, path = openpyxl.Workbook(), desk.folder / "book.xlsx"
    for name in ("2023", "2024"):
        sheet = book.create_sheet(name)
        for line in (LEARNERS, (f"ada{name}@example.com", name)):
            sheet.append(line)
    book.remove(book.worksheets[0])
    book.save(path)
    printed = desk.type("reference load", "learners", path)
    assert (printed.exit, "not read: sheet “2024”" in printed.out) == (0, True)


def test_a_cell_that_cannot_be_read_is_told_by_its_header(desk: Desk) -> None:
    """As the sheet has it; a blank cell leaves no gap in a message."""
    headers = ("Session code", "Session date", "Seats")
    rows = [("L-1", "2024-02-30", "9"), ("L-2", "2024-03-01", "many"), ("L-3", "2024-03-01", "9")]
    told = desk.do("reference load", "sessions", desk.sheet(*rows, name="sessions.csv", headers=headers)).told
    assert [problem["message"] for problem in told["problems"]] == [
        "Session date: “2024-02-30” cannot be read: there is no such day",
        "Seats: “many” cannot be read: it is not a whole number",
    ]
    members = desk.sheet(("Sales", "ada@example.com"), name="members.csv", headers=("Group name", "Email"))
    assert "The group Sales is not loaded" in desk.type("reference load", "memberships", members).errors


def test_a_name_is_no_address(desk: Desk) -> None:
    """A list without addresses and numbers is refused as such."""
    named = desk.sheet(("71", "Ada"), name="learners.csv", headers=("Badge", "Name"))
    told = desk.type("reference load", "learners", named)
    assert (told.exit, "needs a row of headers with email or employee_number" in told.errors) == (2, True)


def test_the_same_sheet_before_and_after_a_load_is_one_attendance(desk: Desk) -> None:
    """And a case about the session, which a load makes known, is closed when its row is loaded."""
    sheet = desk.sheet(ATTENDED, name="history.csv", headers=COURSE_AND_DATE)
    assert desk.do("import", sheet).told["rows"]["loaded"] == 1
    sessions = desk.sheet(("L-1", "Fire safety", "2024-03-05"), name="sessions.csv", headers=SESSIONS)
    assert desk.do("reference load", "sessions", sessions).told["adopted"] == 1
    both = desk.sheet(ATTENDED, ("ada@example.com", "First aid", "2024-03-06", "attended"), headers=COURSE_AND_DATE)
    again = desk.do("import", both)
    assert (again.told["rows"]["unchanged"], again.told["failures"]) == (1, {"session.unknown": 1})
    sessions = desk.sheet(("L-2", "First aid", "2024-03-06"), name="sessions.csv", headers=SESSIONS)
    assert desk.do("reference load", "sessions", sessions).exit == 0
    last = desk.do("import", both)
    assert (last.exit, last.told["rows"]["loaded"], last.told["cases"]["closed"]) == (0, 1, 1)


def test_a_forgotten_session_still_holds_its_attendance(desk: Desk) -> None:
    """It is found by course and date, its seats are not counted, and the loaded learners are forgotten alone."""
    headers = (*SESSIONS, "max_participants")
    sessions = desk.sheet(("L-1", "Fire safety", "2024-03-05", "1"), name="sessions.csv", headers=headers)
    assert desk.do("reference load", "sessions", sessions).exit == 0
    assert desk.do("import", desk.sheet(ATTENDED, headers=COURSE_AND_DATE)).exit == 0
    forgotten = desk.do("reference forget", "sessions")
    assert forgotten.told == {"kind": "sessions", "removed": {}, "kept": 1, "exit": 0}
    other = ("bob@example.com", *ATTENDED[1:])
    again = desk.do("import", desk.sheet(ATTENDED, other, name="again.csv", headers=COURSE_AND_DATE))
    assert (again.exit, again.told["rows"]["unchanged"], again.told["rows"]["loaded"]) == (0, 1, 1)
    assert again.told["created"]["sessions"] == 0


def test_what_is_not_loaded_cannot_be_forgotten(desk: Desk) -> None:
    assert desk.do("import", desk.sheet(GOOD)).exit == 0
    told = desk.type("reference forget", "groups")
    assert (told.exit, "nothing to forget" in told.errors) == (2, True)


def test_undo_of_a_run_that_loaded_nothing_has_one_exit_code(desk: Desk) -> None:
    """Checked by the ledger, refused as a whole, unchanged, undone before: nothing to undo."""
    first = desk.do("import", desk.sheet(GOOD))
    repeated = desk.do("import", desk.sheet(GOOD))
    refused = desk.do("import", desk.sheet((*GOOD[:4], "75", GOOD[5]), name="other.csv"))
    unchanged = desk.do("import", desk.sheet(GOOD, name="unchanged.csv"))
    for run in (repeated, refused, unchanged):
        told = desk.type("undo", run.told["run"])
        assert (told.exit, "nothing to undo" in told.errors) == (2, True)
    assert desk.do("undo", first.told["run"]).exit == 0
    assert desk.type("undo", first.told["run"]).exit == 2


def test_the_only_file_of_an_archive_is_loaded(desk: Desk) -> None:
    """Of several, the one that is named."""
    file = desk.sheet(("ada@example.com", "7"), name="learners.csv", headers=LEARNERS)
    path = desk.folder / "all.zip"
    with ZipFile(path, "w") as archive:
        archive.write(file, "hr/learners.csv")
    assert desk.do("reference load", "learners", path).told["added"] == 1
    with ZipFile(path, "a") as archive:
        archive.write(file, "hr/old.csv")
    told = desk.type("reference load", "learners", path)
    assert (told.exit, "holds 2 spreadsheets. Name the one to load:" in told.errors) == (2, True)
    assert desk.do("reference load", "learners", path / "hr" / "learners.csv").exit == 0
