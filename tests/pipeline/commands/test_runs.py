"""Runs and failures can be looked at, exported and set aside."""

import csv
import json
from pathlib import Path

import openpyxl
import pytest

from tests.pipeline import app
from tests.pipeline.desk import BAD, GOOD, HEADERS, Desk

FORMULA = ("=HYPERLINK(1)", "1009", "S-1", "+cmd", "", "2023-01-05")
LINE = (
    "run_id failed_at source_file source_sheet source_row source_column header value code message remedy case_id state "
    "first_seen last_seen times fixed_at fixed_by fixed_run_id suggestion"
).split()


@pytest.fixture
def desk(tmp_path: Path, sqlite_url: str) -> Desk:
    """A place where a file with two failed rows was imported."""
    desk = Desk(tmp_path, sqlite_url)
    assert desk.do("import", desk.sheet(GOOD, BAD, FORMULA)).exit == 1
    return desk


def test_runs_are_listed_newest_first(desk: Desk) -> None:
    """With what each was, and how it ended."""
    second = desk.do("import", desk.sheet(GOOD, name="again.csv"))
    told = desk.do("runs").told["runs"]
    assert [run["files"] for run in told] == [["again.csv"], ["history.csv"]]
    assert told[0]["run"] == second.told["run"]
    assert told[0]["rows"] == second.told["rows"]
    keys = ["run", "command", "state", "destination", "started_at", "finished_at", "by", "exit", "rows", "files"]
    assert list(told[0]) == keys
    assert second.told["run"] in desk.type("runs").out


def test_a_run_is_shown_as_it_told_itself(desk: Desk) -> None:
    """By `last`, its ID, or a beginning of it that no other has."""
    told = desk.do("show", "last").told
    assert desk.do("show", told["run"]).told == told
    assert desk.do("show", told["run"][:-1]).told == told
    desk.do("import", desk.sheet(GOOD, name="again.csv"))
    assert desk.do("show", told["run"]).told == told
    printed = desk.type("show", told["run"][:3])
    assert (printed.exit, len(printed.errors.splitlines())) == (2, 1)


def test_failures_are_told_by_cell(desk: Desk) -> None:
    """A line a problem, as v_failed_rows has them, and what was perhaps meant."""
    answer = desk.do("failures")
    assert list(answer.told) == ["run", "failures", "files"]
    lines = answer.told["failures"]
    assert all(list(line) == LINE for line in lines)
    told = [(line["source_row"], line["source_column"], line["header"], line["value"], line["code"]) for line in lines]
    assert told == [
        (3, "D", "Status", "perhaps", "status.unknown"),
        (3, "F", "Enrolled on", "2023-02-30", "date.invalid"),
        (4, "A", "Email", "=HYPERLINK(1)", "learner.email"),
        (4, "D", "Status", "+cmd", "status.unknown"),
    ]
    assert "perhaps" in desk.type("failures").out


def test_exports_run_no_formula(desk: Desk) -> None:
    """In a workbook and a CSV they are neutralised; JSON holds the text as it is."""
    paths = {kind: desk.folder / f"failures.{kind}" for kind in ("xlsx", "csv", "json")}
    for path in paths.values():
        assert desk.type("failures", "last", "--export", path).exit == 0
    (sheet,) = openpyxl.load_workbook(paths["xlsx"])
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "d"}
    cells = [str(cell) for row in sheet.values for cell in row if cell is not None]
    with paths["csv"].open(encoding="utf-8-sig", newline="") as file:
        texts = [text for line in csv.reader(file) for text in line]
    for told in (cells, texts):
        assert {"'=HYPERLINK(1)", "'+cmd"} <= set(told)
        assert not [text for text in told if text.startswith(("=", "+", "@"))]
    exported = json.loads(paths["json"].read_text(encoding="utf-8"))
    assert "=HYPERLINK(1)" in json.dumps(exported)


def test_an_export_makes_its_folder(desk: Desk) -> None:
    """But where a file or folder of another kind stands in the way it says so in one line."""
    assert desk.type("failures", "last", "--export", desk.folder / "new" / "f.csv").exit == 0
    assert (desk.folder / "new" / "f.csv").is_file()
    (desk.folder / "folder.csv").mkdir()
    for way in (desk.folder / "folder.csv", desk.folder / "history.csv" / "f.csv"):
        printed = desk.type("failures", "last", "--export", way)
        assert (printed.exit, len(printed.errors.splitlines())) == (2, 1), printed
        assert "bug in Rollbook" not in printed.errors


def test_ignored_cases_stay_ignored(desk: Desk) -> None:
    """They are met again without a word; by number, or by the mark of the workbook's row."""
    cases = {line["case_id"] for line in desk.do("failures").told["failures"]}
    assert desk.type("failures ignore", str(min(cases)), "--reason", "left in 2019", "--by", "Pat").exit == 0
    states = {case["row_no"]: (case["state"], case["reason"]) for case in app.contents(desk.url)["cases"]}
    assert states[3][0] == "ignored"
    assert "left in 2019 (Pat" in states[3][1]
    desk.do("import", desk.sheet(GOOD, BAD, FORMULA, name="copy.csv"))
    assert {case["state"] for case in app.contents(desk.url)["cases"]} == {"ignored", "open"}


def test_the_page_for_people_names_what_to_do(desk: Desk) -> None:
    """The counts, the workbook, the remedy, in words; a repetition says that nothing changed."""
    printed = desk.type("import", desk.sheet(GOOD, BAD, FORMULA))
    assert "Nothing changed" in printed.out
    shown = desk.type("show", "last").out
    assert "failed-rows.xlsx" in shown
    assert "rejected" in shown


def test_a_header_row_alone_is_no_failure_of_rows(desk: Desk) -> None:
    """A file without rows reads none."""
    answer = desk.do("import", desk.sheet(headers=HEADERS, name="empty.csv"))
    assert answer.told["rows"]["read"] == 0
    assert answer.exit == 0
