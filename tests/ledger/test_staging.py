"""A part is staged as a whole, again means replaced, and only what must stay stays after a load."""

import json
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Connection, Engine, select, text, update

from ledger import staging
from ledger.staging import add_cells, clear_stage, places_without_cells
from ledger.tables import rollbook_failures, rollbook_parts, rollbook_rows
from rollbook.errors import Stopped
from tests.ledger.judged import a_part, a_run, failures_of, kept_of, rows_of, stage_part

REJECTED = {"outcome": "rejected", "session_id": "S1"}


def lines(connection: Connection, *names: str) -> list[tuple[Any, ...]]:
    rows = rollbook_rows.c
    query = select(*(rows[name] for name in names)).order_by(rows.run_id, rows.part_id, rows.row_no, rows.col_no)
    return [tuple(line) for line in connection.execute(query)]


def test_a_part_brings_rows_failures_and_its_accounts(connection: Connection) -> None:
    part = a_part(connection, a_run(connection))
    rows = rows_of(
        {"learner_email": "a@b.c", "session_id": "S1", "status": "completed", "grade": "92", "score": 92.0},
        {"learner_employee_id": "007", "outcome": "rejected"},
    )
    failures = failures_of(
        {"row": 3, "column": "B", "header": "Status", "field": "status", "value": "DNA\x00", "code": "status.unknown"},
        {"row": 3, "code": "session.missing", "message": "No session", "remedy": "Name it"},
    )
    kept = kept_of((3, "f" * 32, '{"A": "007"}'))
    stage_part(connection, part, rows, failures, {"blank": 2, "totals": 1}, kept)

    names = ("row_no", "outcome", "learner_email", "learner_employee_id", "session_id", "score", "fingerprint", "cells")
    assert lines(connection, *names) == [
        (2, "accepted", "a@b.c", "", "S1", 92.0, None, None),
        (3, "rejected", "", "007", "", None, "f" * 32, '{"A": "007"}'),
    ]
    told = rollbook_failures.c
    query = select(told.row_no, told.failure_no, told.source_column, told.value, told.code, told.message)
    assert [tuple(line) for line in connection.execute(query.order_by(told.failure_no))] == [
        (3, 0, "B", "DNA␀", "status.unknown", "…"),
        (3, 1, None, None, "session.missing", "No session"),
    ]
    parts = rollbook_parts.c
    accounts = connection.execute(select(parts.state, parts.rows_read, parts.rows_ignored, parts.ignored)).one()
    assert tuple(accounts) == ("staged", 2, 3, '{"blank": 2, "totals": 1}')


def test_staging_again_replaces(connection: Connection) -> None:
    run = a_run(connection)
    part, other = a_part(connection, run), a_part(connection, run, 2)
    for staged in (part, other, part):
        failures = failures_of({"row": 2, "code": "status.missing"})
        stage_part(connection, staged, rows_of({"learner_email": "a@b.c"}), failures, {})
    assert lines(connection, "part_id", "row_no") == [(part.part_id, 2), (other.part_id, 2)]
    assert len(connection.execute(select(rollbook_failures)).all()) == 2


def test_a_part_that_was_never_planned_is_not_staged(connection: Connection) -> None:
    part = a_part(connection, a_run(connection))
    staging.forget_file(connection, part.run_id, 1)
    with pytest.raises(Stopped, match="rollbook resume"):
        stage_part(connection, part, rows_of({}), failures_of(), {})


def test_planning_again_leaves_a_staged_part_staged(connection: Connection) -> None:
    run = a_run(connection)
    part = a_part(connection, run)
    stage_part(connection, part, rows_of({}), failures_of(), {})
    a_part(connection, run)
    assert staging.parts(connection, run, state="staged") == [part]
    assert staging.parts(connection, run, state="planned") == []
    assert staging.one_part(connection, run, part.part_id) == part


def test_fields_without_a_column_are_kept_as_json(connection: Connection) -> None:
    part = a_part(connection, a_run(connection))
    unusual = {"contact_id": "12", "started_on": "2020-01-31", "access_override": True}
    stage_part(connection, part, rows_of(unusual, {"learner_email": "a@b.c"}), failures_of(), {})
    extras = [extra and json.loads(extra) for (extra,) in lines(connection, "extra")]
    assert extras == [unusual, None]


def test_rows_rejected_by_deciding_get_their_cells_afterwards(connection: Connection) -> None:
    part = a_part(connection, a_run(connection))
    kept = kept_of((2, "a" * 32, "{}"))
    stage_part(connection, part, rows_of(REJECTED, REJECTED, {}), failures_of(), {}, kept)
    missing = places_without_cells(connection, part.run_id)
    assert missing.to_dict("records") == [{"part_id": part.part_id, "row_no": 3, "col_no": 0}]
    late = missing.assign(fingerprint="b" * 32, cells='{"A": "x"}', marks='{"A": "error"}')
    add_cells(connection, part.run_id, late)
    add_cells(connection, part.run_id, late)
    assert lines(connection, "fingerprint", "cells", "marks") == [
        ("a" * 32, "{}", None),
        ("b" * 32, '{"A": "x"}', '{"A": "error"}'),
        (None, None, None),
    ]
    assert places_without_cells(connection, part.run_id).empty


def test_what_a_file_staged_can_be_taken_back(connection: Connection) -> None:
    run = a_run(connection)
    for file_no in (1, 2):
        part = a_part(connection, run, file_no=file_no)
        stage_part(connection, part, rows_of(REJECTED), failures_of({"row": 2, "code": "status.missing"}), {"blank": 1})
    staging.forget_file(connection, run, 1)
    assert [part.file_no for part in staging.parts(connection, run)] == [2]
    assert staging.count_read(connection, run) == (1, 1)
    assert staging.count_by_part(connection, run) == {part.part_id: {"rejected": 1}}


@pytest.mark.parametrize("others", [0, 50])
def test_clearing_leaves_what_must_stay(engine: Engine, others: int) -> None:
    """Rejected, failed, pending and duplicate rows stay, and all rows of other runs, whichever road clearing takes."""
    outcomes = ["loaded"] * 6 + ["rejected", "updated", "unchanged", "duplicate", "failed", "pending"]
    with engine.begin() as connection:
        first, second = a_run(connection), a_run(connection, "261121-bbbbb")
        part = a_part(connection, first)
        stage_part(connection, part, rows_of(*({"outcome": o, "feedback": o} for o in outcomes)), failures_of(), {})
        stage_part(
            connection, a_part(connection, second), rows_of(*[{"outcome": "loaded"}] * others), failures_of(), {}
        )
    with engine.begin() as connection:
        clear_stage(connection, first, 8)
    with engine.begin() as connection:
        left = lines(connection, "run_id", "row_no", "outcome", "feedback")
    stay = [(first, 2 + number, o, o) for number, o in enumerate(outcomes) if o in "rejected duplicate failed pending"]
    assert left == stay + [(second, 2 + number, "loaded", None) for number in range(others)]


def test_clearing_does_not_wait_for_somebody_who_stages(postgresql_url: str) -> None:
    from ledger.database import open_database

    engine = open_database(postgresql_url, create=True)
    with engine.begin() as connection:
        part = a_part(connection, a_run(connection))
        stage_part(connection, part, rows_of({"outcome": "loaded"}), failures_of(), {})
    with engine.begin() as stager, engine.begin() as loader:
        stager.execute(
            text(
                "INSERT INTO rollbook_rows (run_id, part_id, row_no, col_no, outcome) VALUES ('x', 1, 1, 0, 'accepted')"
            )
        )
        clear_stage(loader, part.run_id, 1)
    with engine.begin() as connection:
        assert lines(connection, "run_id") == [("x",)]
    engine.dispose()


def test_what_was_accepted_waits_when_a_run_is_stopped(connection: Connection) -> None:
    part = a_part(connection, a_run(connection))
    stage_part(connection, part, rows_of({}, REJECTED, {}), failures_of(), {})
    connection.execute(update(rollbook_rows).where(rollbook_rows.c.row_no == 4).values(outcome="unchanged"))
    staging.set_pending(connection, part.run_id)
    assert lines(connection, "outcome") == [("pending",), ("rejected",), ("unchanged",)]


def test_a_part_may_be_empty(connection: Connection) -> None:
    part = a_part(connection, a_run(connection))
    stage_part(connection, part, rows_of(), failures_of(), {"blank": 3}, kept_of())
    assert staging.count_read(connection, part.run_id) == (0, 3)
    assert isinstance(places_without_cells(connection, part.run_id), pd.DataFrame)
