"""Taking a run back out: what goes, what is restored, and what stays because others use it."""

from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import Connection, func, insert, select, update

from ledger.tables import (
    courses,
    employees,
    group_members,
    rollbook_cases,
    rollbook_changes,
    rollbook_runs,
    training_enrollments,
    training_sessions,
)
from rollbook.errors import CannotBegin
from tests.destinations.database.test_close_cases import case
from tests.destinations.stage import NOW, Driven, Row, enrolled, enrollment, learner, row, session, stage, terms

DATABASE = Driven("database")


def load(connection: Connection, run_id: str, *rows: Row, **policy: Any) -> None:
    stage(connection, rows, run_id)
    DATABASE.decide(connection, terms(run_id, **policy))
    DATABASE.load(connection, terms(run_id, **policy))


def count(connection: Connection, table: Any) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def state(connection: Connection, run_id: str) -> str | None:
    return connection.scalar(select(rollbook_runs.c.state).where(rollbook_runs.c.run_id == run_id))


def test_undoing_a_first_run_leaves_nothing(connection: Connection) -> None:
    load(connection, "r1", row("a@x.org", "1", course_id="C1"), row("", "2", "S2"))
    undone = DATABASE.undo(connection, terms())
    assert (undone.deleted, undone.restored, undone.left) == (2, 0, ())
    assert undone.removed == {"learners": 2, "sessions": 2, "courses": 1}
    assert [count(connection, t) for t in (training_enrollments, employees, training_sessions, courses)] == [0] * 4
    assert state(connection, "r1") == "undone"


def test_what_others_use_stays(connection: Connection) -> None:
    load(connection, "r1", row("a@x.org", "", "S1", course_id="C1"), row("b@x.org", "", "S2", course_id="C1"))
    load(connection, "r2", row("a@x.org", "", "S2"))
    member = connection.scalar(select(employees.c.id).where(employees.c.email == "b@x.org"))
    connection.execute(insert(group_members).values(group_id=1, employee_id=member))
    undone = DATABASE.undo(connection, terms())
    assert undone.removed == {"learners": 0, "sessions": 1, "courses": 0}
    assert enrolled(connection, "run_id") == [("a@x.org", "S2", "r2")]


def test_an_update_is_restored_with_its_origin(connection: Connection) -> None:
    load(connection, "r1", row("a@x.org", grade="A"))
    before = connection.execute(select(training_enrollments)).all()
    load(connection, "r2", row("a@x.org", status="completed", grade="B", part_id=2_000_000), on_existing="update")
    assert connection.execute(select(training_enrollments)).all() != before
    undone = DATABASE.undo(connection, terms("r2"))
    assert (undone.deleted, undone.restored, undone.left) == (0, 1, ())
    assert connection.execute(select(training_enrollments)).all() == before
    assert count(connection, rollbook_changes) == 0
    again = DATABASE.undo(connection, terms("r2"))
    assert (again.deleted, again.restored, again.left) == (0, 0, ())


def test_what_a_later_run_changed_is_left_and_listed(connection: Connection) -> None:
    load(connection, "r1", row("a@x.org"), row("b@x.org"))
    load(connection, "r2", row("a@x.org", status="completed", part_id=2_000_000), on_existing="update")
    load(connection, "r3", row("a@x.org", status="no_show"), on_existing="update")
    for run_id in ("r1", "r2"):
        undone = DATABASE.undo(connection, terms(run_id))
        assert [(place.learner, place.session_code, place.changed_by_run) for place in undone.left] == [
            ("a@x.org", "S1", "r3")
        ]
    assert enrolled(connection, "status", "run_id") == [("a@x.org", "S1", "no_show", "r3")]
    assert DATABASE.undo(connection, terms("r3")).restored == 1
    assert DATABASE.undo(connection, terms("r2")).restored == 1
    assert enrolled(connection, "status", "run_id") == [("a@x.org", "S1", "attended", "r1")]
    assert DATABASE.undo(connection, terms("r1")).deleted == 1


def test_one_file_is_undone_alone(connection: Connection) -> None:
    load(connection, "r1", row("a@x.org"), row("b@x.org", part_id=2_000_000))
    case(connection, "c@x.org")
    undone = DATABASE.undo(connection, terms(), "file2.xlsx")
    assert (undone.deleted, undone.removed["learners"]) == (1, 1)
    assert enrolled(connection) == [("a@x.org", "S1")]
    assert state(connection, "r1") == "running"


def test_cases_that_the_run_fixed_are_open_again(connection: Connection) -> None:
    case(connection, "a@x.org")
    case(connection, "b@x.org")
    load(connection, "r1", row("a@x.org"), row("b@x.org", part_id=2_000_000))
    states = select(rollbook_cases.c.state).order_by(rollbook_cases.c.case_id)
    assert list(connection.scalars(states)) == ["fixed", "fixed"]
    assert DATABASE.undo(connection, terms(), "file2.xlsx").reopened == 1
    assert list(connection.scalars(states)) == ["fixed", "open"]
    assert DATABASE.undo(connection, terms()).reopened == 1
    assert list(connection.scalars(states)) == ["open", "open"]


def test_cases_stay_fixed_while_another_run_holds_their_enrollment(connection: Connection) -> None:
    """Loaded before, so that the correction changed nothing, or changed since."""
    case(connection, "a@x.org")
    case(connection, "b@x.org")
    load(connection, "r1", row("a@x.org"))
    connection.execute(update(rollbook_cases).values(state="open", fixed_run_id=None))
    load(connection, "r2", row("a@x.org"), row("b@x.org", part_id=2_000_000))
    states = select(rollbook_cases.c.state).order_by(rollbook_cases.c.case_id)
    connection.execute(update(rollbook_cases).values(state="fixed", fixed_run_id="r2"))
    assert DATABASE.undo(connection, terms("r2")).reopened == 1
    assert list(connection.scalars(states)) == ["fixed", "open"]


def test_a_run_that_changed_nothing_reopens_no_case(connection: Connection) -> None:
    case(connection, "a@x.org")
    load(connection, "r1", row("a@x.org"))
    connection.execute(update(rollbook_cases).values(state="fixed", fixed_run_id="r2"))
    assert DATABASE.undo(connection, terms("r2")).reopened == 0


def test_reference_data_and_other_runs_are_never_touched(connection: Connection) -> None:
    enrollment(connection, learner(connection, email="a@x.org"), session(connection, "S1"))
    load(connection, "r1", row("b@x.org"), row("a@x.org"))
    DATABASE.undo(connection, terms())
    assert enrolled(connection, "run_id") == [("a@x.org", "S1", "r0")]


def people(connection: Connection) -> list[tuple[str | None, str | None]]:
    who = employees.c
    return [tuple(line) for line in connection.execute(select(who.employee_number, who.email).order_by(who.id))]


def ended(connection: Connection, *runs: str) -> None:
    """The runs ended one after the other."""
    for minute, run_id in enumerate(runs):
        line = update(rollbook_runs).where(rollbook_runs.c.run_id == run_id)
        connection.execute(line.values(finished_at=NOW.replace(minute=minute), state="completed"))


@pytest.mark.parametrize("known", [("a@x.org", ""), ("", "1")])
def test_what_the_run_told_of_a_learner_goes_with_it(connection: Connection, known: tuple[str, str]) -> None:
    load(connection, "r1", row(*known))
    before = people(connection)
    load(connection, "r2", row("a@x.org", "1", "S2"))
    ended(connection, "r1", "r2")
    assert people(connection) == [("1", "a@x.org")]
    assert DATABASE.undo(connection, terms("r2")).learners_restored == 1
    assert people(connection) == before


def test_what_was_told_stays_while_a_later_run_relies_on_it(connection: Connection) -> None:
    """The later run found the learner by it: without it, its sheet would load the same attendance again."""
    load(connection, "r1", row("a@x.org"))
    load(connection, "r2", row("a@x.org", "1", "S2"))
    load(connection, "r3", row("", "1", "S3"))
    ended(connection, "r1", "r2", "r3")
    DATABASE.undo(connection, terms("r2"))
    assert people(connection) == [("1", "a@x.org")]
    DATABASE.undo(connection, terms("r3"))
    assert people(connection) == [(None, "a@x.org")]


@pytest.mark.parametrize("order", list(permutations(["r1", "r2", "r3"])))
def test_nothing_is_left_whatever_the_order_of_undoing(connection: Connection, order: tuple[str, ...]) -> None:
    load(connection, "r1", row("a@x.org", "", "S1", course_id="C1"))
    load(connection, "r2", row("a@x.org", "1", "S1", course_id="C1"), row("b@x.org", "", "S1"))
    load(connection, "r3", row("", "1", "S3", course_id="C1"), row("b@x.org", "", "S3"))
    ended(connection, "r1", "r2", "r3")
    for run_id in order:
        DATABASE.undo(connection, terms(run_id))
    assert [count(connection, t) for t in (training_enrollments, employees, training_sessions, courses)] == [0] * 4


def test_an_undo_of_nothing_is_told_as_such(connection: Connection) -> None:
    load(connection, "r1", row("a@x.org"))
    load(connection, "r2", row("a@x.org"))
    with pytest.raises(CannotBegin, match="nothing to undo"):
        DATABASE.undo(connection, terms("r2")).checked("r2")
    assert DATABASE.undo(connection, terms("r1")).checked("r1").deleted == 1
