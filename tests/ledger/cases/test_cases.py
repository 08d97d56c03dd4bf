"""A failed row is one case however often its cells are met."""

from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Connection, select

from ledger.cases import cases
from ledger.cases.cases import Met, cases_by_id, count_cases, record_cases
from ledger.parts import end_rows
from ledger.tables import rollbook_cases, rollbook_changes, rollbook_rows
from rollbook.errors import CannotBegin
from tests.ledger.judged import NOON, a_part, a_run, failures_of, kept_of, rows_of, stage_part

A, B, C = "a" * 32, "b" * 32, "c" * 32
BAD = {"outcome": "rejected", "learner_email": "a@b.c", "session_id": "S1"}
LATER = NOON + timedelta(days=1)


def failed_run(connection: Connection, run_id: str, *fingerprints: str, cells: str = "{}", **also: Any) -> str:
    """A run in which every row failed, with these fingerprints from row 2 on."""
    a_run(connection, run_id, also.pop("at", NOON))
    part = a_part(connection, run_id, **also)
    kept = kept_of(*((number, print_, cells) for number, print_ in enumerate(fingerprints, 2)))
    stage_part(connection, part, rows_of(*[BAD] * len(fingerprints)), failures_of(), {}, kept)
    return run_id


def told(connection: Connection, *names: str) -> list[tuple[Any, ...]]:
    columns = [rollbook_cases.c[name] for name in names]
    return [tuple(line) for line in connection.execute(select(*columns).order_by(rollbook_cases.c.case_id))]


def test_new_cases_hold_where_they_were_met_first(connection: Connection) -> None:
    run = failed_run(connection, "r1", A, B, A, cells='{"A": "x"}', sheet_position=3)
    assert count_cases(connection, run) == Met(new=2, known=0)
    assert record_cases(connection, run) == Met(new=2, known=0)
    names = (
        "fingerprint",
        "state",
        "times",
        "first_seen",
        "first_run_id",
        "file_no",
        "sheet_position",
        "row_no",
        "cells",
    )
    assert told(connection, *names) == [
        (A, "open", 1, NOON, "r1", 1, 3, 2, '{"A": "x"}'),
        (B, "open", 1, NOON, "r1", 1, 3, 3, '{"A": "x"}'),
    ]
    assert told(connection, "learner_email", "learner_employee_id", "session_id") == [("a@b.c", "", "S1")] * 2
    end_rows(connection, run)
    assert connection.scalars(select(rollbook_rows.c.cells)).all() == [None] * 3


def test_a_case_met_again_is_known_and_counted_once_a_run(connection: Connection) -> None:
    record_cases(connection, failed_run(connection, "r1", A))
    second = failed_run(connection, "r2", A, A, C, at=LATER, source_file="b.xlsx")
    assert count_cases(connection, second) == Met(new=1, known=1)
    assert record_cases(connection, second) == Met(new=1, known=1)
    names = ("fingerprint", "times", "first_seen", "last_seen", "first_run_id", "last_run_id", "source_file")
    expected = [(A, 2, NOON, LATER, "r1", "r2", "a.xlsx"), (C, 1, LATER, LATER, "r2", "r2", "b.xlsx")]
    assert told(connection, *names) == expected
    record_cases(connection, second)
    assert told(connection, *names) == expected


def test_the_same_cells_do_not_reopen_a_fixed_case(connection: Connection) -> None:
    record_cases(connection, failed_run(connection, "r1", A))
    (number,) = told(connection, "case_id")[0]
    assert cases.close(connection, [number], run_id="r2", fixed_at=LATER, fixed_by="ann") == 1
    record_cases(connection, failed_run(connection, "r3", A, at=LATER))
    assert told(connection, "state", "times", "fixed_by", "fixed_run_id", "fixed_at") == [
        ("fixed", 2, "ann", "r2", LATER)
    ]
    assert cases.close(connection, [number], run_id="r4", fixed_at=LATER, fixed_by="bob") == 0


@pytest.mark.parametrize("loaded", [0, 9])
def test_a_row_keeps_its_cells_where_its_columns_stand_elsewhere(connection: Connection, loaded: int) -> None:
    """The same text under the same headers in other letters is the same case; however much else the stage holds."""
    for run, cells in (("r1", '{"A": "x"}'), ("r2", '{"B": "x"}')):
        record_cases(connection, failed_run(connection, run, A, cells=cells))
        rest = a_part(connection, run, 2)
        stage_part(connection, rest, rows_of(*[{"outcome": "loaded"}] * loaded), failures_of(), {})
        end_rows(connection, run)
    rows = rollbook_rows.c
    assert [tuple(line) for line in connection.execute(select(rows.run_id, rows.cells).order_by(rows.run_id))] == [
        ("r1", None),
        ("r2", '{"B": "x"}'),
    ]


def test_cases_are_found_by_their_number(connection: Connection) -> None:
    record_cases(connection, failed_run(connection, "r1", B, A, C))
    by_print = dict(told(connection, "fingerprint", "case_id"))
    cases.ignore(connection, [by_print[A]], "left the company", by="Pat", at=NOON)
    found = cases_by_id(connection, [by_print[C], by_print[A], 10**9])
    assert dict(zip(found["fingerprint"], found["state"], strict=True)) == {A: "ignored", C: "open"}
    assert cases_by_id(connection, []).empty


def test_ignoring_names_what_cannot_be_ignored(connection: Connection) -> None:
    record_cases(connection, failed_run(connection, "r1", A))
    (number,) = told(connection, "case_id")[0]
    with pytest.raises(CannotBegin, match="no case 999"):
        cases.ignore(connection, [number, 999], "no use", by="Pat", at=NOON)
    assert told(connection, "state") == [("open",)]
    cases.close(connection, [number], run_id="r1", fixed_at=NOON, fixed_by=None)
    with pytest.raises(CannotBegin, match="fixed already"):
        cases.ignore(connection, [number], "no use", by="Pat", at=NOON)


def test_repairs_are_recorded_cell_by_cell(connection: Connection) -> None:
    changes = pd.DataFrame(
        {"case_id": [7, 7], "source_column": ["A", "C"], "from_value": ["x", None], "to_value": [None, "y"]}
    )
    cases.record_changes(connection, changes, run_id="r1", changed_at=NOON, changed_by="ann", through="workbook")
    assert len(connection.execute(select(rollbook_changes)).all()) == 2
    record = cases.changes_of(connection, 7).fillna("").to_dict("records")
    assert [(line["source_column"], line["from_value"], line["to_value"]) for line in record] == [
        ("A", "x", ""),
        ("C", "", "y"),
    ]
    assert {(line["run_id"], line["changed_by"], line["changed_through"]) for line in record} == {
        ("r1", "ann", "workbook")
    }
    assert cases.changes_of(connection, 8).empty
