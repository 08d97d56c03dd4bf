"""SmarterU as a destination: what it decides, which batches it records, what it has no place for, and no way back."""

from datetime import date
from itertools import groupby
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from destinations.registry import DESTINATIONS
from ledger.remote import outbox
from ledger.remote.session_days import keep_days
from ledger.tables import employees, held_enrollments, rollbook_rows, training_enrollments, training_sessions
from rollbook.errors import CannotBegin
from tests.destinations.stage import Driven, Row, day, failures, outcomes, row, stage, terms

SMARTERU = Driven("smarteru")


def _row(who: str, session: str = "S1", group: str = "G1", **more: Any) -> Row:
    return row(who, session=session, group_name=group, course_id="C1", **{"enrolled_on": day("2023-05-04"), **more})


def _load(connection: Connection, *rows: Row, batch_size: int = 4) -> Any:
    stage(connection, rows)
    run = terms()
    run = type(run)(run.run_id, run.started_at, by=run.by, batch_size=batch_size)
    return SMARTERU.load(connection, run, SMARTERU.decide(connection, run))


def _batches(connection: Connection) -> list[list[str]]:
    return [[block.learner_email for block in batch] for batch in outbox.deliveries_by_batch(connection, "r1")]


def test_two_destinations_are_one_system() -> None:
    emits = DESTINATIONS["smarteru-xml"]
    assert (SMARTERU.sends, emits.sends) == (True, False)
    assert SMARTERU.is_outbox
    assert emits.is_outbox
    assert SMARTERU.holder == emits.holder == "smarteru"


def test_accepted_rows_are_recorded_and_nothing_else_is_made(connection: Connection) -> None:
    tally = _load(connection, _row("a@x.org"), _row("b@x.org"), _row("a@x.org"))
    assert outcomes(connection) == ["pending", "pending", "duplicate"]
    counts = {outcome: number for outcome, number in tally.outcomes.items() if number}
    assert counts == {"pending": 2, "duplicate": 1}
    assert tally.by_part == {1_000_000: {"pending": 2, "duplicate": 1}}
    assert _batches(connection) == [["a@x.org", "b@x.org"]]
    for table in (employees, training_sessions, training_enrollments):
        assert connection.execute(select(table)).all() == []


def test_no_batch_is_larger_than_asked_for(connection: Connection) -> None:
    _load(connection, *(_row(f"u{number:02}@x.org") for number in range(10)))
    assert [len(batch) for batch in _batches(connection)] == [4, 4, 2]
    assert [name for batch in _batches(connection) for name in batch] == [f"u{number:02}@x.org" for number in range(10)]


def test_a_group_and_session_keep_together(connection: Connection) -> None:
    """Rows of the sheet that alternate: each batch has as few groups as it can."""
    rows = [_row(f"u{number}@x.org", group=f"G{number % 2}") for number in range(8)]
    _load(connection, *rows)
    assert _batches(connection) == [
        [f"u{number}@x.org" for number in (0, 2, 4, 6)],
        [f"u{n}@x.org" for n in (1, 3, 5, 7)],
    ]


def test_small_rests_share_a_batch(connection: Connection) -> None:
    _load(connection, _row("a@x.org", "S1"), _row("b@x.org", "S2"), _row("c@x.org", "S3"))
    assert [len(batch) for batch in _batches(connection)] == [3]


def test_every_accepted_row_is_in_one_block(connection: Connection) -> None:
    rows = [_row(f"u{number}@x.org", f"S{number % 3}", f"G{number % 2}") for number in range(11)]
    _load(connection, *rows)
    found = [block for batch in outbox.deliveries_by_batch(connection, "r1") for block in batch]
    assert sorted(block.row_no for block in found) == list(range(2, 13))
    for _, batch in groupby(found, key=lambda block: block.batch_no):
        numbers = [block.block_no for block in batch]
        assert numbers == list(range(1, len(numbers) + 1))


def test_what_smarteru_has_no_place_for_is_counted(connection: Connection) -> None:
    full: Row = {"completed_on": day("2023-05-05"), "attendance_confirmed": True, "feedback": "fine"}
    beside: Row = {"expires_on": day("2026-05-05"), "certificate_number": "7", "hours": 2.0, "credits": 1.0}
    tally = _load(connection, _row("a@x.org", **full, **beside), _row("b@x.org", feedback="so so", hours=1.0))
    lost = {"completed_on": 1, "attendance_confirmed": 1, "feedback": 2}
    assert tally.not_kept == {**lost, "expires_on": 1, "certificate_number": 1, "hours": 2, "credits": 1}


def test_copies_that_differ_in_what_it_does_not_keep_are_duplicates(connection: Connection) -> None:
    """No conflict: what is sent would be the same."""
    _load(connection, _row("a@x.org", feedback="fine"), _row("a@x.org", feedback="bad", completed_on=day("2023-05-05")))
    assert outcomes(connection) == ["pending", "duplicate"]


def test_copies_that_differ_in_what_is_sent_contradict(connection: Connection) -> None:
    _load(connection, _row("a@x.org", grade="80"), _row("a@x.org", grade="81"))
    assert outcomes(connection) == ["rejected", "rejected"]


def test_rehearsing_records_nothing(connection: Connection) -> None:
    stage(connection, [_row("a@x.org")])
    tally = SMARTERU.rehearse(connection, terms())
    assert (tally.outcomes["loaded"], tally.outcomes["pending"], tally.accepted) == (1, 0, 1)
    assert not outbox.is_recorded(connection, "r1")
    assert outcomes(connection) == ["accepted"]


def test_loading_without_what_was_decided_counts_anew(connection: Connection) -> None:
    stage(connection, [_row("a@x.org")])
    SMARTERU.decide(connection, terms())
    assert SMARTERU.load(connection, terms()).outcomes["pending"] == 1


def test_a_crash_after_recording_is_decided_anew(connection: Connection) -> None:
    """Rows that are pending are accepted again, and nothing is recorded twice once the batches are forgotten."""
    _load(connection, _row("a@x.org"), _row("b@x.org"))
    outbox.forget(connection, "r1")
    tally = SMARTERU.load(connection, terms(), SMARTERU.decide(connection, terms()))
    assert tally.outcomes["pending"] == 2
    assert _batches(connection) == [["a@x.org", "b@x.org"]]


@pytest.mark.parametrize("name", ["smarteru", "smarteru-xml"])
def test_there_is_no_way_back(connection: Connection, name: str) -> None:
    _load(connection, _row("a@x.org"))
    with pytest.raises(CannotBegin, match="takes no enrollment back"):
        DESTINATIONS[name].undo(connection, terms())
    rows = rollbook_rows.c
    assert connection.scalars(select(rows.outcome).where(rows.run_id == "r1")).all() == ["pending"]


def test_a_row_without_a_date_is_sent_with_its_sessions(connection: Connection) -> None:
    """The row's own, else the loaded session's, else what SmarterU told; without any it is refused, and not sent."""
    loaded = {"session_code": "S2", "session_date": date(2022, 2, 2), "origin": "reference"}
    connection.execute(insert(training_sessions), [loaded])
    keep_days(connection, {"S2": date(1999, 9, 9), "S3": date(2023, 3, 3)})
    _load(
        connection,
        _row("a@x.org", enrolled_on=day("2020-01-01"), session_date=day("2021-01-01")),
        _row("b@x.org", enrolled_on=None, session_date=day("2021-01-01")),
        _row("c@x.org", "S2", enrolled_on=None),
        _row("d@x.org", "S3", enrolled_on=None),
        _row("e@x.org", "S4", enrolled_on=None),
    )
    sent = {
        one.learner_email[0]: one.enrolled_on for batch in outbox.deliveries_by_batch(connection, "r1") for one in batch
    }
    assert sent == {"a": date(2020, 1, 1), "b": date(2021, 1, 1), "c": date(2022, 2, 2), "d": date(2023, 3, 3)}
    assert failures(connection) == [(6, "date.missing", "enrolled_on", None)]


def test_the_day_of_a_session_is_no_content_of_a_row_without_a_date(connection: Connection) -> None:
    """What SmarterU holds with another date is the same, and so is a copy that says no date."""
    held = {"destination": "smarteru", "learner_email": "a@x.org", "learner_employee_id": "", "session_id": "S1"}
    connection.execute(insert(held_enrollments), [{**held, "status": "attended", "enrolled_on": date(2001, 1, 1)}])
    dateless: Row = {"enrolled_on": None, "session_date": day("2021-01-01")}
    _load(connection, _row("a@x.org", **dateless), _row("b@x.org", **dateless), _row("b@x.org", **dateless))
    assert outcomes(connection) == ["unchanged", "pending", "duplicate"]
