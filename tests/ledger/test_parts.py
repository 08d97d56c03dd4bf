"""The ledger's accounts of a run's parts, and which of its rows stay when it ends."""

from typing import Any

from sqlalchemy import Connection, select

from ledger import parts
from ledger.tables import rollbook_failures, rollbook_parts, rollbook_rows
from stage.parts import StagedPart
from tests.ledger.judged import a_part, a_run, failures_of, kept_of, rows_of, stage_part

REJECTED = {"outcome": "rejected", "session_id": "S1"}


def lines(connection: Connection, *names: str) -> list[tuple[Any, ...]]:
    rows = rollbook_rows.c
    query = select(*(rows[name] for name in names)).order_by(rows.run_id, rows.part_id, rows.row_no, rows.col_no)
    return [tuple(line) for line in connection.execute(query)]


def test_a_part_has_its_accounts_once_it_is_judged(connection: Connection) -> None:
    run = a_run(connection)
    part, other = a_part(connection, run), a_part(connection, run, 2)
    parts.count_parts(connection, run, [StagedPart(part.part_id, 5, 1, {"totals": [(9, 9)], "blank": [(7, 8)]})])
    there = rollbook_parts.c
    query = select(there.part_id, there.state, there.rows_read, there.rows_ignored, there.ignored)
    assert [tuple(line) for line in connection.execute(query.order_by(there.part_id))] == [
        (part.part_id, "staged", 5, 3, '{"blank": 2, "totals": 1}'),
        (other.part_id, "planned", 0, 0, None),
    ]
    assert parts.count_read(connection, run) == (5, 3)


def test_planning_again_leaves_a_judged_part_as_it_is(connection: Connection) -> None:
    run = a_run(connection)
    part = a_part(connection, run)
    parts.count_parts(connection, run, [StagedPart(part.part_id, 1, 0, {})])
    a_part(connection, run)
    a_part(connection, run, 2)
    assert [one.part_id for one in parts.list_parts(connection, run)] == [part.part_id, part.part_id + 1]
    assert parts.count_read(connection, run) == (1, 0)


def test_what_a_file_brought_can_be_taken_back(connection: Connection) -> None:
    run = a_run(connection)
    for file_no in (1, 2):
        part = a_part(connection, run, file_no=file_no)
        failed = failures_of({"row": 2, "code": "status.missing"})
        stage_part(connection, part, rows_of(REJECTED), failed, {"blank": [(3, 3)]})
    parts.forget_file(connection, run, 1)
    assert [part.file_no for part in parts.list_parts(connection, run)] == [2]
    assert parts.count_read(connection, run) == (1, 1)
    assert lines(connection, "part_id") == [(part.part_id,)]


def test_rows_that_stay_can_be_decided_anew(connection: Connection) -> None:
    """Those of other runs stay as they are, and so do the run's parts."""
    for run in ("261121-aaaaa", "261121-bbbbb"):
        part = a_part(connection, a_run(connection, run))
        stage_part(connection, part, rows_of(REJECTED), failures_of({"row": 2, "code": "status.missing"}), {})
    parts.forget_rows(connection, "261121-aaaaa")
    assert lines(connection, "run_id") == [("261121-bbbbb",)]
    assert connection.scalars(select(rollbook_failures.c.run_id)).all() == ["261121-bbbbb"]
    assert parts.count_read(connection, "261121-aaaaa") == (1, 0)


def test_an_ended_run_keeps_what_is_not_where_it_should_be(connection: Connection) -> None:
    """Rejected, failed, pending and duplicate rows stay, and all rows of other runs."""
    outcomes = ["loaded"] * 6 + ["rejected", "updated", "unchanged", "duplicate", "failed", "pending"]
    first, second = a_run(connection), a_run(connection, "261121-bbbbb")
    said = rows_of(*({"outcome": outcome, "feedback": outcome} for outcome in outcomes))
    stage_part(connection, a_part(connection, first), said, failures_of(), {})
    stage_part(connection, a_part(connection, second), rows_of(*[{"outcome": "loaded"}] * 3), failures_of(), {})
    parts.end_rows(connection, first)
    stay = [(first, 2 + number, o, o) for number, o in enumerate(outcomes) if o in "rejected duplicate failed pending"]
    expected = stay + [(second, 2 + number, "loaded", None) for number in range(3)]
    assert lines(connection, "run_id", "row_no", "outcome", "feedback") == expected


def test_a_part_may_be_empty(connection: Connection) -> None:
    part = a_part(connection, a_run(connection))
    stage_part(connection, part, rows_of(), failures_of(), {"blank": [(2, 4)]}, kept_of())
    assert parts.count_read(connection, part.run_id) == (0, 3)
