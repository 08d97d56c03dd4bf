"""`rollbook values`: unknown texts as a workbook to fill in, and what it says as lines of a profile."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from rollbook.profile import parse_profile
from tests.pipeline import app
from tests.pipeline.desk import Desk

HEADERS = ("Email", "Course", "Session Date", "Status", "Grade")
ROWS = (
    ("ana@example.com", "Rope rescue", "2023-03-14", "excused", "90"),
    ("ben@example.com", "Rope resque", "2023-03-14", "excused", "70"),
    ("cy@example.com", "Rope rescue", "2023-03-14", "=turned up", "not great"),
    ("di@example.com", "Rope rescue", "2023-03-14", "Completed", "80"),
)


@pytest.fixture
def desk(tmp_path: Path, sqlite_url: str) -> Desk:
    """A sheet with words that nobody knows, and the courses that there are."""
    there = Desk(tmp_path, sqlite_url)
    there.do("reference load", "courses", there.text("courses.csv", "Course ID,Course\nR1,Rope rescue\nF1,Fire\n"))
    there.sheet(*ROWS, name="march-2023.csv", headers=HEADERS)
    return there


def collected(desk: Desk, *words: str | Path) -> list[tuple[str, str, int]]:
    """(field, text, rows) of what the command lists."""
    answer = desk.do("values", desk.folder / "march-2023.csv", "--workbook", desk.folder / "v.xlsx", *words)
    assert answer.exit == 0, answer
    return [(line["field"], line["text"], line["rows"]) for line in answer.told["values"]]


def fill(path: Path, means: dict[str, str]) -> None:
    """Write into the last column what texts mean, as a person does."""
    book = openpyxl.load_workbook(path)
    for row in book["Values"].iter_rows(min_row=2):
        row[4].value = means.get(row[1].value)
    book.save(path)


def drop_downs(path: Path) -> dict[str, list[Any]]:
    """Cells of the last column -> what their drop-down offers."""
    book = openpyxl.load_workbook(path)
    rules = book["Values"].data_validations.dataValidation
    lists = {str(rule.sqref): book["Choices"][str(rule.formula1).split("!")[1]] for rule in rules}
    # A range of one cell is that cell.
    return {
        place: [cell[0].value for cell in cells] if isinstance(cells, tuple) else [cells.value]
        for place, cells in lists.items()
    }


def test_what_is_not_understood_is_listed_once(desk: Desk) -> None:
    """Statuses, grades and courses with the number of their rows, the most first; the database stays as it is."""
    before = app.contents(desk.url)
    assert collected(desk) == [
        ("course_name", "Rope resque", 1),
        ("status", "excused", 2),
        ("status", "=turned up", 1),
        ("grade", "not great", 1),
    ]
    assert app.contents(desk.url) == before


def test_the_workbook_offers_what_is_understood(desk: Desk) -> None:
    """A drop-down for statuses and loaded courses; texts stay texts."""
    collected(desk)
    book = openpyxl.load_workbook(desk.folder / "v.xlsx")
    sheet = book["Values"]
    assert [cell.value for cell in sheet[4]][:2] == ["status", "=turned up"]
    assert sheet["B4"].data_type == "s"
    offered = drop_downs(desk.folder / "v.xlsx")
    assert offered == {
        "E2": ["Fire", "Rope rescue"],
        "E3:E4": ["enrolled", "attended", "completed", "cancelled", "no_show"],
    }


def test_a_filled_workbook_becomes_a_profile_that_reads_the_sheet(desk: Desk) -> None:
    """For sheets of this kind; what was left blank is rejected as before."""
    collected(desk)
    means = {"Rope resque": "Rope rescue", "excused": "cancelled", "=turned up": "Present"}
    fill(desk.folder / "v.xlsx", means)
    told = desk.do("values", "--apply", desk.folder / "v.xlsx").told
    assert told["profile"] == str(desk.folder / "v.toml")
    profile = parse_profile((desk.folder / "v.toml").read_text(encoding="utf-8"))
    assert profile.applies.files == "march-*.csv"
    assert profile.values == {
        "course_name": {"Rope resque": "Rope rescue"},
        "status": {"excused": "cancelled", "=turned up": "attended"},
    }
    words = (desk.folder / "march-2023.csv", "--profile", desk.folder / "v.toml")
    answer = desk.do("import", *words)
    assert answer.told["rows"] | {"read": 4, "loaded": 3, "rejected": 1} == answer.told["rows"]
    assert answer.told["failures"] == {"grade.unknown": 1}


def test_it_goes_on_in_the_profile_that_the_sheet_was_read_under(desk: Desk) -> None:
    """What stands there stays; nothing that it explains is asked."""
    profile = desk.text("hr.toml", '# of HR\n[values.status]\nexcused = "no_show"\n')
    assert ("status", "excused", 2) not in collected(desk, "--profile", profile)
    fill(desk.folder / "v.xlsx", {"=turned up": "attended"})
    assert desk.do("values", "--apply", desk.folder / "v.xlsx").told["profile"] == str(profile)
    text = profile.read_text(encoding="utf-8")
    assert text.startswith("# of HR\n")
    assert parse_profile(text).values["status"] == {"excused": "no_show", "=turned up": "attended"}


def test_a_profile_for_always_applies_to_all_files(desk: Desk) -> None:
    """With `--always`."""
    collected(desk, "--field", "status")
    fill(desk.folder / "v.xlsx", {"excused": "cancelled"})
    target = desk.folder / "always.toml"
    desk.do("values", "--apply", desk.folder / "v.xlsx", "--profile", target, "--always")
    assert parse_profile(target.read_text(encoding="utf-8")).applies.files == "*"


def test_names_are_mapped_where_the_profile_matches_by_name(desk: Desk) -> None:
    """A name that no loaded learner has; those that one learner has are offered."""
    learners = "Email,Name\nann@example.com,Ann Smith\nbo@example.com,Bo Lee\nbo2@example.com,Bo Lee\n"
    desk.do("reference load", "learners", desk.text("learners.csv", learners))
    profile = desk.text("names.toml", "[reference]\nmatch_name = true\n")
    rows = [("Annie Smyth", "Fire", "2023-03-14", "attended"), ("Bo Lee", "Fire", "2023-03-14", "attended")]
    sheet = desk.sheet(*rows, name="names.csv", headers=("Name", "Course", "Session Date", "Status"))
    book = desk.folder / "n.xlsx"
    told = desk.do("values", sheet, "--profile", profile, "--workbook", book).told
    assert [(line["field"], line["text"]) for line in told["values"]] == [
        ("learner_name", "Annie Smyth"),
        ("learner_name", "Bo Lee"),
    ]
    assert drop_downs(book) == {"E2:E3": ["Ann Smith"]}
    fill(book, {"Annie Smyth": "Ann Smith"})
    desk.do("values", "--apply", book)
    answer = desk.do("import", sheet, "--profile", profile)
    assert answer.told["rows"] | {"loaded": 1, "rejected": 1} == answer.told["rows"]


@pytest.mark.parametrize(
    ("cell", "value", "told"),
    [
        ("E3", "perhaps", "row 3: “perhaps” is not a status"),
        ("A2", "colour", "row 2: the columns"),
        ("A1", "x", "is not"),
    ],
)
def test_what_cannot_be_applied_is_refused_whole(desk: Desk, cell: str, value: str, told: str) -> None:
    """With the row; nothing is written."""
    collected(desk)
    fill(desk.folder / "v.xlsx", {"Rope resque": "Rope rescue"})
    book = openpyxl.load_workbook(desk.folder / "v.xlsx")
    book["Values"][cell] = value
    book.save(desk.folder / "v.xlsx")
    answer = desk.do("values", "--apply", desk.folder / "v.xlsx")
    assert answer.exit == 2
    assert told in answer.errors
    assert not (desk.folder / "v.toml").exists()


def test_nothing_to_ask_writes_no_workbook(desk: Desk) -> None:
    """And a file that cannot be read is named, with exit code 1."""
    sheet = desk.sheet(ROWS[3], name="good.csv", headers=HEADERS)
    assert desk.do("values", sheet, "--workbook", desk.folder / "g.xlsx").told["workbook"] is None
    assert not (desk.folder / "g.xlsx").exists()
    broken = desk.folder / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04")
    answer = desk.do("values", broken, "--workbook", desk.folder / "g.xlsx")
    assert (answer.exit, answer.told["not_read"]) == (1, [str(broken)])


def test_what_is_misused_is_told(desk: Desk) -> None:
    """One thing at a time, and nothing is overwritten."""
    assert desk.do("values").exit == 2
    assert desk.do("values", desk.folder / "march-2023.csv", "--field", "mood").exit == 2
    there = desk.text("v.xlsx", "mine")
    assert "exists already" in desk.do("values", desk.folder / "march-2023.csv", "--workbook", there).errors
    assert there.read_text() == "mine"
