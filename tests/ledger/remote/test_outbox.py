"""The outbox: what is recorded, what it says of each block, what becomes of the rows, and what systems hold."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Connection, Engine, insert, select

from ledger.database import open_database
from ledger.remote import outbox
from ledger.remote.outbox import Batch, Refusal, plain_grade
from ledger.tables import held_enrollments, rollbook_batches, rollbook_deliveries, rollbook_rows
from tests.ledger.judged import NOON, a_part, a_run, failures_of, rows_of, stage_part, waiting_keys
from tests.servers import fresh_database

RUN = "261121-aaaaa"
DAY = date(2023, 5, 4)
BY = ("group_name", "group_id", "course_id", "session_id")


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "mariadb"])
def migrated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One database of each kind for all tests here."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('outbox') / 'test.db'}"
        else:
            url = stack.enter_context(fresh_database(request.getfixturevalue(request.param), "test_outbox"))
        opened = open_database(url, create=True)
        yield opened
        opened.dispose()


@pytest.fixture
def connection(migrated: Engine) -> Iterator[Connection]:
    """A transaction that is rolled back: the outbox commits nothing by itself."""
    with migrated.connect() as opened, opened.begin() as transaction:
        yield opened
        transaction.rollback()


def _row(who: str, session: str = "S1", group: str | None = "G", **more: Any) -> dict[str, Any]:
    key = "learner_email" if "@" in who else "learner_employee_id"
    said = {"session_id": session, "course_id": "C1", "group_name": group, "status": "attended", "enrolled_on": DAY}
    return {key: who, **said, **more}


def _staged(connection: Connection, *rows: dict[str, Any], run: str = RUN, destination: str = "smarteru") -> None:
    a_run(connection, run, destination=destination)
    frame = rows_of(*rows)
    stage_part(connection, a_part(connection, run), frame, failures_of(), {})


def _recorded(connection: Connection, *rows: dict[str, Any], size: int = 2, **named: str) -> int:
    """Rows staged, and recorded in batches in the order of their keys."""
    _staged(connection, *rows, **named)
    run = named.get("run", RUN)
    keys = list(waiting_keys(connection, run, BY))
    blocks = [(at // size + 1, at % size + 1, *key[:3]) for at, key in enumerate(keys)]
    return outbox.record(connection, run, blocks)


def _outcomes(connection: Connection, run: str = RUN) -> list[tuple[int, str]]:
    rows = rollbook_rows.c
    return [
        tuple(line)
        for line in connection.execute(
            select(rows.row_no, rows.outcome).where(rows.run_id == run).order_by(rows.part_id, rows.row_no)
        )
    ]


def _held(connection: Connection) -> list[tuple[Any, ...]]:
    held = held_enrollments.c
    names = ("learner_email", "learner_employee_id", "session_id", "status", "grade", "enrolled_on", "run_id")
    query = select(*(held[name] for name in names)).where(held.destination == "smarteru")
    return sorted((tuple(line) for line in connection.execute(query)), key=repr)


def _read(*records: dict[str, Any]) -> pd.DataFrame:
    names = ("learner_email", "learner_employee_id", "session_id", "status", "grade")
    frame = pd.DataFrame({name: pd.Series([record.get(name) for record in records], dtype="str") for name in names})
    for name in ("enrolled_on", "completed_on"):
        frame[name] = pd.Series([record.get(name) for record in records], dtype="datetime64[s]")
    return frame


def test_accepted_rows_come_by_their_keys(connection: Connection) -> None:
    """In the order of group, course, session, then of the rows; what a row lacks is '' and never a gap."""
    _staged(
        connection,
        _row("a@x.org", "S2"),
        _row("b@x.org", "S1"),
        _row("E3", "S1", None, group_id="7"),
        _row("c@x.org", "S1", outcome="rejected"),
        _row("d@x.org", "S1"),
    )
    keys = list(waiting_keys(connection, RUN, BY))
    assert [(key[1], *key[3:]) for key in keys] == [
        (4, "", "7", "C1", "S1"),
        (3, "G", "", "C1", "S1"),
        (6, "G", "", "C1", "S1"),
        (2, "G", "", "C1", "S2"),
    ]


def test_batches_are_recorded_and_their_rows_are_pending(connection: Connection) -> None:
    assert not outbox.is_recorded(connection, RUN)
    rows = [_row(f"u{number}@x.org", grade="90") for number in range(3)]
    assert _recorded(connection, *rows, _row("E9", "S2", outcome="rejected")) == 2
    assert outbox.is_recorded(connection, RUN)
    assert outbox.batches(connection, RUN) == [Batch(1, "recorded", 2), Batch(2, "recorded", 1)]
    assert _outcomes(connection) == [(2, "pending"), (3, "pending"), (4, "pending"), (5, "rejected")]
    (second,) = outbox.deliveries(connection, RUN, 2)
    assert (second.batch_no, second.block_no, second.row_no, second.state) == (2, 1, 4, "pending")
    assert (second.learner_email, second.learner_employee_id, second.session_id) == ("u2@x.org", "", "S1")
    assert (second.source_file, second.source_sheet) == ("a.xlsx", "Sheet1")
    assert (second.group_name, second.group_id, second.course_id) == ("G", None, "C1")
    assert (second.status, second.grade, second.enrolled_on, second.completed_on) == ("attended", "90", DAY, None)
    assert (second.code, second.message) == (None, None)


def test_more_blocks_than_are_written_at_once(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_RECORDED_AT_ONCE", 2)
    assert _recorded(connection, *(_row(f"u{number}@x.org") for number in range(5)), size=3) == 2
    found = list(outbox.deliveries_by_batch(connection, RUN))
    assert [[block.learner_email for block in batch] for batch in found] == [
        ["u0@x.org", "u1@x.org", "u2@x.org"],
        ["u3@x.org", "u4@x.org"],
    ]


def test_batches_come_one_by_one_whatever_is_fetched_at_once(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    _recorded(connection, *(_row(f"u{number}@x.org") for number in range(7)), size=3)
    monkeypatch.setattr(outbox, "_FETCHED", 2)
    found = list(outbox.deliveries_by_batch(connection, RUN))
    assert [[block.block_no for block in batch] for batch in found] == [[1, 2, 3], [1, 2, 3], [1]]
    assert found == [outbox.deliveries(connection, RUN, number) for number in (1, 2, 3)]


def test_nothing_recorded_is_nothing(connection: Connection) -> None:
    _staged(connection, _row("a@x.org", outcome="rejected"))
    assert outbox.record(connection, RUN, []) == 0
    assert outbox.batches(connection, RUN) == []
    assert list(outbox.deliveries_by_batch(connection, RUN)) == []
    assert not outbox.is_recorded(connection, RUN)


def test_runs_do_not_meet_and_one_is_forgotten(connection: Connection) -> None:
    _recorded(connection, _row("a@x.org"))
    _recorded(connection, _row("a@x.org"), _row("b@x.org"), run="261121-bbbbb")
    outbox.confirm(connection, RUN, 1, [1])
    assert [one.state for one in outbox.deliveries(connection, "261121-bbbbb", 1)] == ["pending", "pending"]
    outbox.forget(connection, RUN)
    assert not outbox.is_recorded(connection, RUN)
    assert outbox.deliveries(connection, RUN, 1) == []
    assert len(outbox.deliveries(connection, "261121-bbbbb", 1)) == 2


def test_a_batch_on_its_way(connection: Connection) -> None:
    """recorded, sending, and back where the request never left; at last settled. Moments say when."""
    _recorded(connection, _row("a@x.org"), _row("b@x.org"), size=1)
    lines = rollbook_batches.c
    query = select(lines.state, lines.sent_at, lines.settled_at).where(lines.run_id == RUN).order_by(lines.batch_no)
    outbox.mark_sending(connection, RUN, 2, NOON)
    assert list(map(tuple, connection.execute(query))) == [("recorded", None, None), ("sending", NOON, None)]
    outbox.mark_recorded(connection, RUN, 2)
    assert list(map(tuple, connection.execute(query))) == [("recorded", None, None)] * 2
    outbox.mark_sending(connection, RUN, 2, NOON)
    later = NOON + timedelta(seconds=3)
    outbox.settle_batch(connection, RUN, 2, later)
    assert list(map(tuple, connection.execute(query))) == [("recorded", None, None), ("sending", NOON, None)]
    outbox.confirm(connection, RUN, 2, [1])
    outbox.settle_batch(connection, RUN, 2, later)
    assert list(map(tuple, connection.execute(query))) == [("recorded", None, None), ("settled", NOON, later)]
    assert [batch.state for batch in outbox.batches(connection, RUN)] == ["recorded", "settled"]


def test_blocks_are_confirmed_or_refused(connection: Connection) -> None:
    """A later word takes the place of an earlier one; a message may be long and hold anything."""
    _recorded(connection, *(_row(f"u{number}@x.org") for number in range(3)), size=3)
    long = "Ä ’ \U0001f600 " * 3000
    outbox.refuse(connection, RUN, 1, {1: Refusal("ESH:21", long), 2: Refusal("ESH:28", "no", "session_id")})
    outbox.confirm(connection, RUN, 1, [2])
    outbox.confirm(connection, RUN, 1, [])
    found = outbox.deliveries(connection, RUN, 1)
    assert [(one.state, one.code, one.message) for one in found] == [
        ("failed", "ESH:21", long),
        ("loaded", None, None),
        ("pending", None, None),
    ]
    assert [(one.block_no, one.code) for one in outbox.failed(connection, RUN)] == [(1, "ESH:21")]


def test_a_run_is_closed_out(connection: Connection) -> None:
    """Confirmed rows leave the stage, refused ones are failed, the others stay; doing it again changes nothing."""
    _recorded(connection, *(_row(f"u{number}@x.org") for number in range(3)), size=3)
    _recorded(connection, _row("u0@x.org"), run="261121-bbbbb")
    outbox.confirm(connection, RUN, 1, [1])
    outbox.refuse(connection, RUN, 1, {3: Refusal("ESH:28", "no")})
    for _ in range(2):
        outbox.close_out(connection, RUN)
        assert _outcomes(connection) == [(3, "pending"), (4, "failed")]
    assert outbox.failed(connection, RUN) == []
    assert _outcomes(connection, "261121-bbbbb") == [(2, "pending")]
    first, *_ = outbox.deliveries(connection, RUN, 1)
    assert (first.learner_email, first.state, first.status, first.group_name) == ("u0@x.org", "loaded", None, None)


@pytest.mark.parametrize("destination", ["smarteru", "smarteru-xml"])
def test_what_was_confirmed_is_held(connection: Connection, destination: str) -> None:
    _recorded(connection, _row("a@x.org", grade="92.5"), _row("E2"), destination=destination)
    outbox.note_held(connection, "smarteru")
    assert _held(connection) == []
    outbox.confirm(connection, RUN, 1, [1])
    for _ in range(2):
        outbox.note_held(connection, "smarteru")
        assert _held(connection) == [("a@x.org", "", "S1", "attended", "92.5", DAY, RUN)]


def test_what_another_system_took_is_not_held_here(connection: Connection) -> None:
    _recorded(connection, _row("a@x.org"), destination="moon")
    outbox.confirm(connection, RUN, 1, [1])
    outbox.note_held(connection, "smarteru")
    assert _held(connection) == []


def test_what_was_read_takes_the_place_of_what_was_delivered(connection: Connection) -> None:
    _recorded(connection, _row("a@x.org"), _row("b@x.org"))
    outbox.confirm(connection, RUN, 1, [1, 2])
    outbox.note_held(connection, "smarteru")
    outbox.close_out(connection, RUN)
    same = {"learner_email": "a@x.org", "session_id": "S1"}
    outbox.hold(
        connection,
        "smarteru",
        _read(
            {**same, "status": "attended"},
            {**same, "status": "completed", "grade": "92,50 %", "enrolled_on": pd.Timestamp("2023-05-05")},
            {"learner_employee_id": "007", "session_id": "S1", "status": None},
        ),
    )
    assert _held(connection) == [
        ("", "007", "S1", None, None, None, None),
        ("a@x.org", "", "S1", "completed", "92.5", date(2023, 5, 5), None),
        ("b@x.org", "", "S1", "attended", None, DAY, RUN),
    ]


def test_systems_hold_apart(connection: Connection) -> None:
    frame = _read({"learner_email": "a@x.org", "session_id": "S1", "status": "attended"})
    outbox.hold(connection, "moon", frame)
    outbox.hold(connection, "smarteru", frame.assign(status="completed"))
    held = held_enrollments.c
    query = select(held.destination, held.status).order_by(held.destination)
    assert list(map(tuple, connection.execute(query))) == [("moon", "attended"), ("smarteru", "completed")]
    outbox.hold(connection, "moon", _read())
    assert len(list(connection.execute(query))) == 2


def test_batches_are_found_by_what_they_hold(connection: Connection) -> None:
    """The latest run first; by e-mail or employee ID; only with as many blocks."""
    later = NOON + timedelta(hours=1)
    _recorded(connection, _row("a@x.org"), _row("b@x.org"))
    a_run(connection, "261121-bbbbb", at=later, destination="smarteru")
    stage_part(
        connection,
        a_part(connection, "261121-bbbbb"),
        rows_of(_row("a@x.org", learner_employee_id="E1"), _row("b@x.org")),
        failures_of(),
        {},
    )
    keys = list(waiting_keys(connection, "261121-bbbbb", BY))
    outbox.record(connection, "261121-bbbbb", [(1, at, *key[:3]) for at, key in enumerate(keys, 1)])
    assert outbox.find_batches(connection, "a@x.org", "S1", 2) == [("261121-bbbbb", 1), (RUN, 1)]
    assert outbox.find_batches(connection, "E1", "S1", 2) == [("261121-bbbbb", 1)]
    assert outbox.find_batches(connection, "b@x.org", "S1", 2) == []
    assert outbox.find_batches(connection, "a@x.org", "S1", 1) == []
    assert outbox.find_batches(connection, "a@x.org", "S2", 2) == []


def test_keys_are_compared_exactly(connection: Connection) -> None:
    """An employee ID 7 is not 007, and blanks count: what is held of one is not of the other."""
    numbers = ("7", "007", "7a", "7A")
    outbox.hold(
        connection,
        "smarteru",
        _read(*({"learner_employee_id": number, "session_id": "S1", "status": "attended"} for number in numbers)),
    )
    assert sorted(line[1] for line in _held(connection)) == sorted(numbers)


@pytest.mark.parametrize(
    ("one", "other"),
    [("92.50", "92.5"), ("92,5 %", "92.5"), (" 92.5% ", "92.5"), ("PASS", "Pass"), ("100", "100.0"), ("A+", "a+ ")],
)
def test_two_ways_of_writing_a_grade_are_the_same(one: str, other: str) -> None:
    assert plain_grade(one) == plain_grade(other)


@pytest.mark.parametrize(("one", "other"), [("92.5", "92.6"), ("A", "A+"), ("Pass", "Fail"), ("0", ""), ("1e5", "15")])
def test_grades_that_differ_stay_different(one: str, other: str) -> None:
    assert plain_grade(one) != plain_grade(other)


def test_every_block_stands_in_one_batch_only_once(connection: Connection) -> None:
    """The key of a block is its batch and its number: recording it twice is refused, not doubled."""
    _recorded(connection, _row("a@x.org"))
    block = {"run_id": RUN, "batch_no": 1, "block_no": 1, "part_id": 1_000_001, "row_no": 2, "col_no": 0}
    with pytest.raises(Exception, match=r"(?i)unique|duplicate"), connection.begin_nested():
        connection.execute(insert(rollbook_deliveries).values(**block, state="pending"))
