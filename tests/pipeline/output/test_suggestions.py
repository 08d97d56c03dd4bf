"""What was perhaps meant stands where a failure is told: in the workbook, in the list, in exports."""

import csv
import json
from pathlib import Path

import openpyxl
import pytest

from tests.pipeline.desk import Desk

LEARNERS = "Email,Employee ID,Name\nana@example.com,1001,Ana Alvarez\ndana.brown@example.com,1003,Dana Brown\n"
ROWS = (
    ("ana@example.com", "", "S-1", "Presnt", "", "2023-01-05"),
    ("dana.bron@example.com", "", "S-1", "Attended", "", "2023-01-05"),
    ("nobody.else@example.org", "", "S-1", "Attended", "", "2023-01-05"),
    ("ana@example.com", "", "S-2", "Attended", "", "2023-02-30"),
)
MEANT = {"Presnt": "attended", "dana.bron@example.com": "dana.brown@example.com"}


@pytest.fixture
def desk(tmp_path: Path, sqlite_url: str) -> Desk:
    """A place where the learners are loaded."""
    place = Desk(tmp_path, sqlite_url)
    place.do("reference load", "learners", place.text("learners.csv", LEARNERS))
    return place


def test_the_workbook_asks_behind_the_remedy(desk: Desk) -> None:
    answer = desk.do("import", desk.sheet(*ROWS))
    sheet = openpyxl.load_workbook(answer.told["reports"]["failed_rows"]).worksheets[0]
    remedies = [str(line[2]) for line in sheet.iter_rows(min_row=2, values_only=True)]
    assert [remedy.partition("Did you mean ")[2] for remedy in remedies] == [
        "“attended”?",
        "“dana.brown@example.com”?",
        "",
        "",
    ]
    assert all(remedy.partition("Did you mean ")[0].strip() for remedy in remedies)
    again = desk.do("import", answer.told["reports"]["failed_rows"])
    assert again.told["failures"] == answer.told["failures"]
    assert again.told["cases"]["new"] == 0


def test_failures_tell_what_was_meant(desk: Desk) -> None:
    desk.do("import", desk.sheet(*ROWS))
    told = desk.do("failures").told["failures"]
    assert {line["value"]: line["suggestion"] for line in told if line["suggestion"]} == MEANT
    assert len(told) == 4
    page = desk.type("failures").out
    assert "Did you mean" in page
    assert "dana.brown@example.com" in page


def test_exports_tell_it_in_a_column_of_their_own(desk: Desk) -> None:
    desk.do("import", desk.sheet(*ROWS))
    for ending in ("csv", "json", "xlsx"):
        desk.do("failures", "--export", desk.folder / f"out.{ending}")
    with (desk.folder / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert list(lines[0])[-1] == "suggestion"
    assert {line["value"]: line["suggestion"] for line in lines if line["suggestion"]} == MEANT
    whole = json.loads((desk.folder / "out.json").read_text(encoding="utf-8"))
    assert {line["value"]: line["suggestion"] for line in whole["failures"] if line["suggestion"]} == MEANT
    sheet = openpyxl.load_workbook(desk.folder / "out.xlsx").worksheets[0]
    assert [cell.value for cell in sheet[1]][-1] == "suggestion"


def test_words_of_the_profile_are_meant_too(desk: Desk) -> None:
    profile = desk.text("own.toml", '[values.status]\n"teilgenommen" = "attended"\n')
    desk.do("import", desk.sheet(("ana@example.com", "", "S-1", "teilgenomen", "", "2023-01-05")), "--profile", profile)
    assert [line["suggestion"] for line in desk.do("failures").told["failures"]] == ["attended"]


def test_without_a_suggestion_the_list_has_no_column_for_it(desk: Desk) -> None:
    desk.do("import", desk.sheet(ROWS[3]))
    assert "Did you mean" not in desk.type("failures").out
