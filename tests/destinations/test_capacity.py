"""Seats: who keeps them, who takes the rest, and who finds none."""

from typing import Any

from sqlalchemy import Connection

from tests.destinations.stage import (
    Driven,
    Row,
    enrolled,
    enrollment,
    failures,
    learner,
    messages,
    outcomes,
    row,
    session,
    stage,
    terms,
)

DATABASE = Driven("database")


def decide(connection: Connection, *rows: Row, **policy: Any) -> list[str]:
    stage(connection, rows)
    DATABASE.decide(connection, terms(**policy))
    return outcomes(connection)


def test_seats_go_in_row_order_and_cancelled_rows_take_none(connection: Connection) -> None:
    session(connection, "S1", max_participants=2)
    rows = [row("a@x.org", part_id=1_000_001), row("b@x.org", status="cancelled"), row("c@x.org"), row("d@x.org")]
    assert decide(connection, *rows) == ["accepted", "accepted", "accepted", "rejected"]
    assert failures(connection) == [(2, "session.full", "session_id", "S1")]
    assert "it takes 2" in messages(connection)[0]


def test_who_is_enrolled_keeps_the_seat_unless_cancelled(connection: Connection) -> None:
    code = session(connection, "S1", max_participants=2)
    enrollment(connection, learner(connection, email="x@x.org"), code)
    enrollment(connection, learner(connection, email="y@x.org"), code, status="cancelled")
    assert decide(connection, row("a@x.org"), row("x@x.org"), row("b@x.org")) == ["accepted", "unchanged", "rejected"]


def test_conflicts_take_no_seat_and_copies_only_one(connection: Connection) -> None:
    session(connection, "S1", max_participants=2)
    rows = [row("a@x.org"), row("a@x.org", status="no_show"), row("b@x.org"), row("b@x.org"), row("c@x.org")]
    assert decide(connection, *rows) == ["rejected", "rejected", "accepted", "duplicate", "accepted"]


def test_an_update_that_revives_a_cancelled_enrollment_needs_a_seat(connection: Connection) -> None:
    code = session(connection, "S1", max_participants=1)
    enrollment(connection, learner(connection, email="x@x.org"), code, status="cancelled")
    rows = [row("a@x.org"), row("x@x.org")]
    assert decide(connection, *rows, on_existing="update") == ["accepted", "rejected"]
    DATABASE.load(connection, terms(on_existing="update"))
    assert enrolled(connection, "status") == [("a@x.org", "S1", "attended"), ("x@x.org", "S1", "cancelled")]


def test_an_update_that_cancels_frees_its_seat_and_one_that_does_not_keeps_it(connection: Connection) -> None:
    code = session(connection, "S1", max_participants=2)
    enrollment(connection, learner(connection, email="x@x.org"), code)
    enrollment(connection, learner(connection, email="y@x.org"), code)
    rows = [row("a@x.org"), row("b@x.org"), row("x@x.org", status="cancelled"), row("y@x.org", status="completed")]
    assert decide(connection, *rows, on_existing="update") == ["accepted", "rejected", "updated", "updated"]


def test_a_session_without_limit_is_never_full(connection: Connection) -> None:
    session(connection, "S1")
    assert decide(connection, row("a@x.org"), row("b@x.org")) == ["accepted", "accepted"]
