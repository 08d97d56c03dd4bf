"""`rollbook rows` and `rollbook changes`: every row of a run with what became of it; every field that a run changed."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from sqlalchemy import create_engine, delete, text

from ledger.database import parse_url
from ledger.tables import rollbook_accounts
from tests.pipeline import app
from tests.pipeline.desk import BAD, GOOD, HEADERS, Desk

MIA = ("mia@example.com", "1004", "S-1", "Attended", "", "2023-02-01")
ROW_COLUMNS = (
    *("source_file", "source_sheet", "source_row", "source_column", "outcome", "reason", "duplicate_of"),
    *("learner", "session", "case_id"),
)
CHANGE_COLUMNS = (
    *("enrollment_id", "learner", "session", "field", "was", "is", "source_file", "source_sheet", "source_row"),
    "run_id",
)
UPDATE = ("--on-existing", "update")


@pytest.fixture
def desk(tmp_path: Path, prepared_sqlite_url: str) -> Desk:
    """A place with nothing in it."""
    return Desk(tmp_path, prepared_sqlite_url)


@pytest.fixture
def each(tmp_path: Path, prepared_url: str) -> Desk:
    """The same on each of the three databases."""
    return Desk(tmp_path, prepared_url)


def told(lines: Iterable[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    """Some columns of lines."""
    return [tuple(line[name] for name in names) for line in lines]


def rows(desk: Desk, run: str = "last", *names: str) -> list[tuple[Any, ...]]:
    """Some columns of what `rows` lists."""
    return told(
        desk.do("rows", run).told["rows"], *(names or ("source_row", "outcome", "reason", "learner", "session"))
    )


def changes(desk: Desk, run: str = "last", *names: str) -> list[tuple[Any, ...]]:
    """Some columns of what `changes` lists."""
    return told(desk.do("changes", run).told["changes"], *(names or ("learner", "field", "was", "is")))


def messy(desk: Desk, name: str = "history.csv") -> Path:
    """A title, a header, two good rows, a copy, a blank line, a bad row, a total."""
    lines = [("History of trainings",), HEADERS, GOOD, MIA, GOOD, ("",) * 6, BAD, ("Total", "", "", "", "3", "")]
    path = desk.folder / name
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)
    return path


def test_every_row_is_listed_once_with_its_outcome_and_its_reason(each: Desk) -> None:
    answer = each.do("import", messy(each))
    assert rows(each) == [
        (1, "ignored", "title", None, None),
        (3, "loaded", None, "ana@example.com", "S-1"),
        (4, "loaded", None, "mia@example.com", "S-1"),
        (5, "duplicate", None, "ana@example.com", "S-1"),
        (6, "ignored", "blank", None, None),
        (7, "rejected", "date.invalid, status.unknown", "ben@example.com", "S-1"),
        (8, "ignored", "totals", None, None),
    ]
    lines = each.do("rows", answer.told["run"]).told["rows"]
    assert tuple(lines[0]) == ROW_COLUMNS
    path = str(each.folder / "history.csv")
    assert lines[3]["duplicate_of"] == f"{path}, sheet history, row 3"
    assert [line["case_id"] is not None for line in lines] == [False] * 5 + [True, False]


def test_a_later_run_does_not_change_what_an_earlier_one_lists(each: Desk) -> None:
    first = each.do("import", messy(each)).told["run"]
    before = rows(each, first)
    repeated = each.do("import", each.folder / "history.csv").told["run"]
    assert [outcome for _, outcome, *_ in rows(each, repeated)] == [
        *("ignored", "unchanged", "unchanged", "duplicate", "ignored", "rejected", "ignored")
    ]
    each.do("import", each.sheet((*GOOD[:4], "95", *GOOD[5:]), name="later.csv"), *UPDATE)
    each.do("retry", first)
    assert rows(each, first) == before
    assert each.do("undo", first).exit == 1  # one of its enrollments is the later run's
    assert rows(each, first) == before


def test_rows_of_a_wide_sheet_are_told_by_their_column(desk: Desk) -> None:
    """What is wrong with the learner stands once in the sheet row, and is the reason of each of its records."""
    profile = desk.text("wide.toml", '[sheet]\nlayout = "wide"\n[defaults]\ncourse_id = "C-1"\n')
    headers = ("Email", "2023-03-01", "2023-03-02")
    path = desk.sheet(
        ("ana@example.com", "Attended", "perhaps"),
        ("ben(at)example.com", "Attended", "Attended"),
        ("cy@example.com", "", ""),
        headers=headers,
    )
    desk.do("import", path, "--profile", profile)
    assert rows(desk, "last", "source_row", "source_column", "outcome", "reason") == [
        (2, "B", "loaded", None),
        (2, "C", "rejected", "status.unknown"),
        (3, "B", "rejected", "learner.email"),
        (3, "C", "rejected", "learner.email"),
        (4, None, "ignored", "no session"),
    ]


def test_what_limits_stopped_is_pending_until_it_is_loaded(desk: Desk) -> None:
    stopped = desk.do("import", messy(desk), "--max-rejected", "0")
    assert stopped.exit == 3
    found = [outcome for _, outcome, *_ in rows(desk)]
    assert found == ["ignored", "pending", "pending", "duplicate", "ignored", "rejected", "ignored"]
    desk.do("resume", stopped.told["run"], "--max-rejected", "9")
    assert [outcome for _, outcome, *_ in rows(desk)] == [
        *("ignored", "loaded", "loaded", "duplicate", "ignored", "rejected", "ignored")
    ]


def test_only_rows_with_an_outcome(desk: Desk) -> None:
    desk.do("import", messy(desk))
    some = desk.do("rows", "last", "--outcome", "duplicate", "--outcome", "rejected").told["rows"]
    assert told(some, "source_row") == [(5,), (7,)]


@pytest.mark.parametrize("command", ["rows", "changes"])
def test_exports_hold_the_same_lines_in_each_form(desk: Desk, command: str) -> None:
    desk.do("import", messy(desk))
    desk.do("import", desk.sheet((*GOOD[:4], "95", *GOOD[5:]), BAD, name="later.csv"), *UPDATE)
    lines = desk.do(command, "last").told[command]
    for ending in ("csv", "xlsx", "parquet"):
        answer = desk.do(command, "last", "--export", desk.folder / "new" / f"lines.{ending}")
        assert (answer.exit, answer.told["lines"]) == (0, len(lines))
    columns = ROW_COLUMNS if command == "rows" else CHANGE_COLUMNS
    texts = [tuple("" if line[name] is None else str(line[name]) for name in columns) for line in lines]
    whole = (desk.folder / "new" / "lines.csv").read_text(encoding="utf-8")
    assert whole.startswith("\ufeff")
    assert list(map(tuple, csv.reader(io.StringIO(whole[1:])))) == [columns, *texts]
    sheet = openpyxl.load_workbook(desk.folder / "new" / "lines.xlsx").worksheets[0]
    assert list(sheet.iter_rows(values_only=True)) == [columns, *(tuple(line.values()) for line in lines)]
    assert pq.read_table(desk.folder / "new" / "lines.parquet").to_pylist() == lines


def test_another_ending_is_refused_and_nothing_is_written(desk: Desk) -> None:
    desk.do("import", messy(desk))
    answer = desk.do("rows", "last", "--export", desk.folder / "rows.docx")
    assert (answer.exit, "must be .csv, .xlsx or .parquet" in answer.errors) == (2, True)
    assert not list(desk.folder.glob("*rows.docx"))


def test_rows_on_the_screen_stand_under_their_sheet(desk: Desk) -> None:
    desk.do("import", messy(desk))
    shown = desk.type("rows", "last").out.splitlines()
    assert shown[1] == f"{desk.folder / 'history.csv'}, sheet history"
    assert shown[2].split() == ["row", "outcome", "learner", "session", "why"]
    assert shown[6].split(maxsplit=4) == ["5", "duplicate", "ana@example.com", "S-1", "copy of row 3"]
    assert "date.invalid, status.unknown (case " in shown[8]


def test_many_rows_are_cut_on_the_screen_and_how_to_get_all_is_named(desk: Desk) -> None:
    many = [(f"p{number}@example.com", str(number), *GOOD[2:]) for number in range(80)]
    run = desk.do("import", desk.sheet(*many)).told["run"]
    shown = desk.type("rows", "last").out
    assert ("p49@example.com" in shown, "p50@example.com" in shown) == (True, False)
    assert f"rollbook rows {run} --export rows.csv" in shown


def test_changes_tell_each_field_with_what_it_was(each: Desk) -> None:
    headers = (*HEADERS, "Completed on", "Certificate number", "Hours", "Region")
    was = (*MIA, "", "", "7", "North")
    became = (*MIA[:3], "Completed", "88", MIA[5], "2023-03-01", "A-17", "7.5", "South")
    each.do("import", each.sheet(was, headers=headers))
    assert changes(each) == []
    answer = each.do("import", each.sheet(became, (*GOOD, "", "", "", ""), name="b.csv", headers=headers), *UPDATE)
    assert sorted(changes(each)) == [
        ("mia@example.com", "certificate_number", None, "A-17"),
        ("mia@example.com", "completed_on", None, "2023-03-01"),
        ("mia@example.com", "extra: Region", "North", "South"),
        ("mia@example.com", "grade", None, "88"),
        ("mia@example.com", "hours", "7", "7.5"),
        ("mia@example.com", "status", "attended", "completed"),
    ]
    lines = each.do("changes", "last").told["changes"]
    assert tuple(lines[0]) == CHANGE_COLUMNS
    place = (str(each.folder / "b.csv"), "b", 2, answer.told["run"])
    assert set(told(lines, "source_file", "source_sheet", "source_row", "run_id")) == {place}
    shown = each.type("changes", "last").out
    assert "attended → completed" in shown
    assert "blank → 88" in shown


def test_a_date_that_no_sheet_gave_is_told_as_a_default(desk: Desk) -> None:
    desk.do("import", desk.sheet((*MIA[:3], "Completed", "", "2023-02-01"), headers=HEADERS))
    headers = (*HEADERS, "Completed on")
    desk.do(
        "import", desk.sheet((*MIA[:3], "Completed", "", MIA[5], "2023-02-07"), name="b.csv", headers=headers), *UPDATE
    )
    ((_, field, was, became),) = changes(desk)
    assert (field, was.endswith(" (default)"), became) == ("completed_on", True, "2023-02-07")


def test_changes_of_a_run_stay_when_a_later_one_changes_the_same(each: Desk) -> None:
    each.do("import", each.sheet(GOOD))
    second = each.do("import", each.sheet((*GOOD[:4], "85", *GOOD[5:]), name="b.csv"), *UPDATE).told["run"]
    third = each.do("import", each.sheet((*GOOD[:4], "90", *GOOD[5:]), name="c.csv"), *UPDATE).told["run"]
    assert changes(each, second) == [("ana@example.com", "grade", "80", "85")]
    assert changes(each, second, "source_file") == [(str(each.folder / "b.csv"),)]
    assert changes(each, third) == [("ana@example.com", "grade", "85", "90")]
    each.do("undo", third)
    assert changes(each, second) == [("ana@example.com", "grade", "80", "85")]
    assert changes(each, third) == []


def test_a_retry_tells_what_it_updated(desk: Desk) -> None:
    desk.do("import", desk.sheet(GOOD))
    refused = desk.do("import", desk.sheet((*GOOD[:4], "85", *GOOD[5:]), name="b.csv")).told["run"]
    assert rows(desk, refused, "outcome", "reason") == [("rejected", "enrollment.exists")]
    desk.do("retry", refused, *UPDATE)
    assert changes(desk) == [("ana@example.com", "grade", "80", "85")]
    assert rows(desk, "last", "outcome") == [("updated",)]


def test_a_run_that_updates_leaves_a_workbook_of_its_changes(desk: Desk) -> None:
    first = desk.do("import", desk.sheet(GOOD))
    assert "changes" not in first.told["reports"]
    second = desk.do("import", desk.sheet((*GOOD[:4], "85", *GOOD[5:]), name="b.csv"), *UPDATE)
    sheet = openpyxl.load_workbook(second.told["reports"]["changes"]).worksheets[0]
    lines = list(sheet.iter_rows(values_only=True))
    assert lines[0] == CHANGE_COLUMNS
    assert lines[1][1:6] == ("ana@example.com", "S-1", "grade", "80", "85")
    assert "changes.xlsx" in desk.type("show", "last").out


def test_a_check_tells_the_same_of_what_would_be(each: Desk) -> None:
    each.do("import", messy(each))
    later = each.sheet((*GOOD[:4], "85", *GOOD[5:]), MIA, BAD, ("new@example.com", "9", *GOOD[2:]), name="b.csv")
    before = app.contents(each.url)
    checked = each.do("check", later, *UPDATE)
    assert app.contents(each.url) == before
    out = ("--out", each.folder / "out")
    foreseen = {command: each.do(command, checked.told["run"], *out).told[command] for command in ("rows", "changes")}
    book = openpyxl.load_workbook(checked.told["reports"]["changes"]).worksheets[0]
    assert list(book.iter_rows(values_only=True))[1][3:6] == ("grade", "80", "85")
    imported = each.do("import", later, *UPDATE).told["run"]
    assert each.do("rows", imported).told["rows"] == foreseen["rows"]
    assert each.do("changes", imported).told["changes"] == [
        {**line, "run_id": imported} for line in foreseen["changes"]
    ]


def test_a_check_without_a_database_lists_its_rows(tmp_path: Path) -> None:
    desk = Desk(tmp_path, f"sqlite:///{tmp_path / 'none.db'}")
    run = desk.do("check", desk.sheet(GOOD, BAD)).told["run"]
    listed = desk.do("rows", run[:9], "--out", desk.folder / "out").told
    assert (listed["run"], told(listed["rows"], "source_row", "outcome")) == (run, [(2, "loaded"), (3, "rejected")])
    only = desk.do("rows", run, "--out", desk.folder / "out", "--outcome", "rejected").told["rows"]
    assert told(only, "source_row") == [(3,)]
    assert desk.do("changes", run, "--out", desk.folder / "out").told["changes"] == []
    (kept,) = (desk.folder / "out" / run).glob("check-*")
    assert kept.stat().st_mode & 0o077 == 0
    assert not (tmp_path / "none.db").exists()


def test_a_run_of_an_older_rollbook_says_that_its_rows_were_not_kept(desk: Desk) -> None:
    run = desk.do("import", desk.sheet(GOOD)).told["run"]
    with create_engine(parse_url(desk.url)).begin() as connection:
        connection.execute(delete(rollbook_accounts))
    answer = desk.do("rows", run)
    assert (answer.exit, "older Rollbook" in answer.errors) == (2, True)


def test_a_run_that_did_not_end_says_so(desk: Desk) -> None:
    run = desk.do("import", desk.sheet(GOOD)).told["run"]
    with create_engine(parse_url(desk.url)).begin() as connection:
        connection.execute(delete(rollbook_accounts))
        connection.execute(text("UPDATE rollbook_runs SET state = 'running'"))
    answer = desk.do("rows", run)
    assert (answer.exit, "has not ended" in answer.errors) == (2, True)
