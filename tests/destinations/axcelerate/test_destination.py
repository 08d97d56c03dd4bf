"""Rows for aXcelerate are decided as all others, and what is told is told of its own fields."""

from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, select

from ledger.tables import held_enrollments, rollbook_failures
from tests.destinations.stage import Driven, Row, failures, messages, outcomes, row, stage, terms

AXCELERATE = Driven("axcelerate")
COLUMNS = {(1, 0): {"contact_id": ("A", "Contact"), "outcome_code": ("D", "Outcome")}}


def unit(contact: str, **said: Any) -> Row:
    """A row as validators.activities names it."""
    return {**row(number=contact, session="501/9001"), "status": None, **said}


def places(connection: Connection) -> list[tuple[Any, ...]]:
    told = rollbook_failures.c
    return list(connection.execute(select(told.source_column, told.header).order_by(told.row_no)).tuples())


def test_a_conflict_is_told_at_the_outcome(connection: Connection) -> None:
    """The same outcome twice is a copy; another one, another date or another override is none."""
    rows = [unit("1", grade="20"), unit("1", grade="30"), unit("2", grade="20"), unit("2", grade="20")]
    stage(connection, rows)
    AXCELERATE.decide(connection, replace(terms(), columns=COLUMNS))
    assert outcomes(connection) == ["rejected", "rejected", "accepted", "duplicate"]
    conflict = "enrollment.conflict"
    assert failures(connection) == [(2, conflict, "outcome_code", "20"), (3, conflict, "outcome_code", "30")]
    assert places(connection) == [("D", "Outcome")] * 2


def test_what_a_check_foresees_is_told_of_its_own_fields(connection: Connection) -> None:
    """Field by field, in the order in which they are compared."""
    line = {"destination": "axcelerate", "session_id": "501/9001", "learner_email": "", "learner_employee_id": "1"}
    connection.execute(insert(held_enrollments).values(**line, grade="20", completed_on=date(2023, 6, 30)))
    stage(connection, [unit("1", grade="30", completed_on=date(2023, 7, 1))])
    AXCELERATE.rehearse(connection, replace(terms(), columns=COLUMNS))
    assert failures(connection) == [(2, "enrollment.exists", "outcome_code", "30")]
    assert places(connection) == [("D", "Outcome")]
    (message,) = messages(connection)
    assert "outcome_code is 20 there, 30 here; ended_on is 2023-06-30 there, 2023-07-01 here" in message
