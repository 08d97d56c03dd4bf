"""Reports get the failed rows, their cells and their problems; the views tell the same to dashboards."""

from datetime import date, timedelta

import pandas as pd
import pyarrow as pa
import pytest
from sqlalchemy import Connection, inspect, text

from ledger import runs
from ledger.cases import failures
from ledger.cases.cases import close, ignore, record_cases
from ledger.cases.failures import PROBLEM_COLUMNS, RECORD_COLUMNS
from ledger.views import VIEWS
from rollbook.rows.outcomes import Counts
from tests.ledger.judged import NOON, a_part, a_run, failures_of, kept_of, rows_of, stage_part

A, B = "a" * 32, "b" * 32
LATER = NOON + timedelta(days=1)


def failed_run(connection: Connection, run_id: str = "r1") -> str:
    """A run over two files: rows 2 and 4 of the first failed, row 2 of the second."""
    a_run(connection, run_id)
    bad = {"outcome": "rejected"}
    rows = rows_of(bad, {}, bad)
    told = failures_of(
        {"row": 4, "column": "B", "header": "Grade", "field": "grade", "value": "105", "code": "grade.percentage"},
        {"row": 2, "column": "C", "code": "status.unknown", "message": "m", "remedy": "r"},
        {"row": 2, "column": "A", "code": "date.invalid"},
    )
    part = a_part(connection, run_id)
    stage_part(connection, part, rows, told, {}, kept_of((2, A, '{"A": "x"}'), (4, B, '{"A": "y"}')))
    second = a_part(connection, run_id, file_no=2, source_file="b.csv", source_sheet="b")
    stage_part(
        connection,
        second,
        rows_of(bad),
        failures_of({"row": 2, "code": "date.invalid"}),
        {},
        kept_of((2, A, '{"D": "x"}')),
    )
    return run_id


def test_failed_records_have_their_cells_before_and_after_cases_hold_them(connection: Connection) -> None:
    run = failed_run(connection)
    before = failures.failed_records(connection, run)
    assert tuple(before.columns) == RECORD_COLUMNS
    assert before["case_id"].isna().all()
    record_cases(connection, run)
    after = failures.failed_records(connection, run)
    names = ["file_no", "source_file", "source_sheet", "row", "col", "outcome", "fingerprint", "cells"]
    assert before[names].equals(after[names])
    assert after[["file_no", "row", "cells"]].to_numpy().tolist() == [
        [1, 2, '{"A": "x"}'],
        [1, 4, '{"A": "y"}'],
        [2, 2, '{"D": "x"}'],
    ]
    assert after["state"].tolist() == ["open"] * 3
    assert after["case_id"].nunique() == 2


def test_problems_come_in_row_order(connection: Connection) -> None:
    run = failed_run(connection)
    found = failures.problems(connection, run)
    assert tuple(found.columns) == PROBLEM_COLUMNS
    assert found[["file_no", "row", "code"]].to_numpy().tolist() == [
        [1, 2, "status.unknown"],
        [1, 2, "date.invalid"],
        [1, 4, "grade.percentage"],
        [2, 2, "date.invalid"],
    ]
    assert failures.problems(connection, run, 2)["source_file"].tolist() == ["b.csv"]
    assert failures.failed_records(connection, run, 1)["row"].tolist() == [2, 4]
    assert failures.problems(connection, "no run").empty


def test_a_file_comes_in_batches_too(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same lines in the same order; a file without failed rows has no batch."""
    run = failed_run(connection)
    monkeypatch.setattr(failures, "_BATCH", 1)
    records = list(failures.failed_record_batches(connection, run, 1))
    problems = list(failures.problem_batches(connection, run, 1))
    assert [len(batch) for batch in (*records, *problems)] == [1] * 5
    whole = (failures.failed_records(connection, run, 1), failures.problems(connection, run, 1))
    for batches, frame in zip((records, problems), whole, strict=True):
        pd.testing.assert_frame_equal(pa.concat_tables(batches).to_pandas().astype(frame.dtypes), frame)
    assert not list(failures.failed_record_batches(connection, run, 3))


def test_the_views_have_the_documented_columns(connection: Connection) -> None:
    found = inspect(connection)
    assert {name: tuple(column["name"] for column in found.get_columns(name)) for name in VIEWS} == VIEWS


def test_failed_rows_are_told_with_their_cases(connection: Connection) -> None:
    run = failed_run(connection)
    record_cases(connection, run)
    first, second = failures.failed_records(connection, run, 1)["case_id"]
    close(connection, [first], run_id="r2", fixed_at=LATER, fixed_by="ann")
    ignore(connection, [second], "left", by="Pat", at=NOON)
    told = failures.export(connection, run)
    of_the_view_alone = ("run_state", "repair_days")
    assert tuple(told.columns) == tuple(name for name in VIEWS["v_failed_rows"] if name not in of_the_view_alone)
    names = ["source_file", "source_sheet", "source_row", "source_column", "value", "code", "state", "times"]
    assert told[names].astype("object").where(told[names].notna(), None).to_numpy().tolist() == [
        ["a.xlsx", "Sheet1", 2, "A", None, "date.invalid", "fixed", 1],
        ["a.xlsx", "Sheet1", 2, "C", None, "status.unknown", "fixed", 1],
        ["a.xlsx", "Sheet1", 4, "B", "105", "grade.percentage", "ignored", 1],
        ["b.csv", "b", 2, None, None, "date.invalid", "fixed", 1],
    ]
    view = connection.execute(
        text("SELECT failed_at, first_seen, fixed_at, fixed_by, fixed_run_id FROM v_failed_rows WHERE header IS NULL")
    )
    assert {str(value)[:10] for value in view.first() or ()} == {"2026-11-21", "2026-11-22", "ann", "r2"}


def test_runs_and_trends_are_told(connection: Connection) -> None:
    run = failed_run(connection)
    counts = Counts(read=4, loaded=1, rejected=3, ignored=2)
    runs.finish(connection, run, state="with_failures", exit_code=1, finished_at=NOON, counts=counts)
    summary = connection.execute(text("SELECT * FROM v_run_summary")).mappings().one()
    assert (summary["run_id"], summary["state"], summary["destination"]) == (run, "with_failures", "database")
    assert {name: number for name, number in summary.items() if name.startswith("rows_") and number} == {
        "rows_read": 4,
        "rows_loaded": 1,
        "rows_rejected": 3,
        "rows_ignored": 2,
    }
    trend = connection.execute(text("SELECT failed_on, code, failures FROM v_failure_trend ORDER BY code")).all()
    day = str(date(2026, 11, 21))
    assert [(str(on), code, number) for on, code, number in trend] == [
        (day, "date.invalid", 2),
        (day, "grade.percentage", 1),
        (day, "status.unknown", 1),
    ]
