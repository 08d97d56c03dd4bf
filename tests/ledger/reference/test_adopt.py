"""Loaded reference data takes over what imports created, with its enrollments; what differs is reported and stays."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from ledger.tables import (
    courses,
    employees,
    group_courses,
    group_members,
    rollbook_cases,
    training_enrollments,
    training_sessions,
)
from tests.destinations.database.test_close_cases import case
from tests.destinations.stage import enrolled, enrollment, learner, session
from tests.ledger.reference.test_load import load, problems

MADE = {"origin": "import", "run_id": "r1"}
GIVEN, DEFAULT = datetime(2024, 3, 5), datetime(2026, 3, 1, 12)  # noqa: DTZ001 - the database keeps UTC without zone


def course(connection: Connection, code: str, name: str, **values: Any) -> int:
    made = connection.execute(insert(courses).values(course_code=code, name=name, **{**MADE, **values}))
    return int(made.inserted_primary_key[0])  # type: ignore[index]


def people(connection: Connection) -> list[tuple[str | None, ...]]:
    there = employees.c
    columns = (there.employee_number, there.email, there.origin, there.number_run_id, there.email_run_id)
    return [tuple(line) for line in connection.execute(select(*columns).order_by(there.id))]


def codes(connection: Connection) -> list[tuple[str, str | None, str]]:
    there = training_sessions.c
    query = select(there.session_code, courses.c.course_code, there.origin)
    query = query.outerjoin(courses, courses.c.id == there.course_id).order_by(there.id)
    return [tuple(line) for line in connection.execute(query)]


def test_the_learners_of_an_email_and_of_a_number_become_one(connection: Connection) -> None:
    """What both attended is there once; groups of both are kept."""
    by_mail, by_number = learner(connection, email="h@x.org", **MADE), learner(connection, employee_number="9", **MADE)
    both, only = session(connection, "S1", **MADE), session(connection, "S2", **MADE)
    for who in (by_mail, by_number):
        enrollment(connection, who, both)
        connection.execute(insert(group_members).values(group_id=1, employee_id=who))
    enrollment(connection, by_mail, only)
    connection.execute(insert(group_members).values(group_id=2, employee_id=by_mail))
    loaded = load(connection, "learners", {"email": "h@x.org", "employee_number": "9"})
    assert (loaded.added, loaded.adopted, problems(loaded)) == (0, 2, [])
    assert people(connection) == [("9", "h@x.org", "reference", None, None)]
    assert enrolled(connection) == [("9", "S1"), ("9", "S2")]
    assert sorted(connection.scalars(select(group_members.c.group_id))) == [1, 2]


@pytest.mark.parametrize("loaded_first", ["mail", "number"])
def test_a_loaded_learner_takes_over_the_other_half(connection: Connection, loaded_first: str) -> None:
    mail_made, number_made = ({}, MADE) if loaded_first == "mail" else (MADE, {})
    enrollment(connection, learner(connection, email="h@x.org", **mail_made), session(connection, "S1"))
    enrollment(connection, learner(connection, employee_number="9", **number_made), session(connection, "S2"))
    assert problems(load(connection, "learners", {"email": "h@x.org", "employee_number": "9"})) == []
    assert people(connection) == [("9", "h@x.org", "reference", None, None)]
    assert enrolled(connection) == [("9", "S1"), ("9", "S2")]


def test_what_differs_is_reported_and_nothing_of_it_is_taken_over(connection: Connection) -> None:
    there = session(connection, "S1")
    enrollment(connection, learner(connection, email="h@x.org", **MADE), there, source_file="a.csv")
    enrollment(connection, learner(connection, employee_number="9", **MADE), there, status="no_show", grade="B")
    loaded = load(
        connection,
        "learners",
        {"email": "h@x.org", "employee_number": "9"},
        {"email": "i@x.org", "employee_number": "8"},
    )
    assert loaded.added == 1
    ((row, message),) = problems(loaded)
    assert (row, "session S1" in message, "status, grade" in message) == (2, True, True)
    assert people(connection)[:2] == [(None, "h@x.org", "import", None, None), ("9", None, "import", None, None)]
    assert len(enrolled(connection)) == 2


def test_a_blank_and_a_default_date_differ_from_nothing_and_a_given_date_stays(connection: Connection) -> None:
    there, done = session(connection, "S1"), {"status": "completed"}
    first = {"completed_at": DEFAULT, "completed_at_is_default": True, "grade": "A"}
    enrollment(connection, learner(connection, email="h@x.org", **MADE), there, **done, **first)
    enrollment(connection, learner(connection, employee_number="9", **MADE), there, **done, completed_at=GIVEN)
    assert problems(load(connection, "learners", {"email": "h@x.org", "employee_number": "9"})) == []
    columns = ("grade", "completed_at", "completed_at_is_default")
    assert enrolled(connection, *columns) == [("9", "S1", "A", GIVEN, False)]


def test_two_loaded_learners_and_a_learner_with_another_number_stay_apart(connection: Connection) -> None:
    learner(connection, email="h@x.org")
    learner(connection, employee_number="9")
    learner(connection, email="i@x.org", employee_number="7", **MADE)
    loaded = load(
        connection,
        "learners",
        {"email": "h@x.org", "employee_number": "9"},
        {"email": "i@x.org", "employee_number": "8"},
    )
    assert [row for row, _ in problems(loaded)] == [2, 3]
    assert len(people(connection)) == 3


def test_an_address_that_is_none_is_reported(connection: Connection) -> None:
    loaded = load(connection, "learners", {"email": "h(at)x.org"}, {"email": "h@x.org"})
    assert problems(loaded) == [(2, "h(at)x.org is not an e-mail address.")]


LOADED = {"session_id": "L1", "course_id": "F-1", "course_name": "First Aid", "session_date": "2024-03-05"}


@pytest.mark.parametrize("code", ["first aid|2024-03-05", "F-1|2024-03-05", "F-1|2024-03-05|09:30"])
def test_a_created_session_of_the_course_and_date_is_taken_over(connection: Connection, code: str) -> None:
    """By the course's name or ID; and open cases about it are about the loaded one."""
    start = {"session_start": "09:30"} if code.endswith("09:30") else {}
    made = course(connection, "F-1" if code.startswith("F") else "first aid", "First Aid")
    enrollment(connection, learner(connection, email="h@x.org"), session(connection, code, course_id=made, **MADE))
    case(connection, "i@x.org", "", code)
    assert load(connection, "sessions", {**LOADED, **start}).adopted >= 1
    assert codes(connection) == [("L1", "F-1", "reference")]
    assert enrolled(connection) == [("h@x.org", "L1")]
    assert list(connection.scalars(select(rollbook_cases.c.session_id))) == ["L1"]


@pytest.mark.parametrize(
    ("code", "also"),
    [
        ("first aid|2024-03-06", None),
        ("first aid|2024-03-05|10:00", None),
        ("second aid|2024-03-05", None),
        ("S9", None),  # an ID that a sheet gave is no other ID's
        ("first aid|2024-03-05", {**LOADED, "session_id": "L2", "session_start": "11:00"}),  # two sessions fit
    ],
)
def test_another_session_is_left_alone(connection: Connection, code: str, also: dict[str, str] | None) -> None:
    made = course(connection, "first aid", "First Aid")
    enrollment(connection, learner(connection, email="h@x.org"), session(connection, code, course_id=made, **MADE))
    sessions = [{**LOADED, "session_start": "09:30"}, *([also] if also else [])]
    assert problems(load(connection, "sessions", *sessions)) == []
    assert enrolled(connection) == [("h@x.org", code)]


def test_sessions_whose_enrollments_differ_are_reported_by_row(connection: Connection) -> None:
    who, other = learner(connection, email="h@x.org"), learner(connection, email="i@x.org")
    made = session(connection, "first aid|2024-03-05", **MADE)
    loaded = session(connection, "L1", **MADE)
    enrollment(connection, who, made)
    enrollment(connection, who, loaded, status="no_show")
    enrollment(connection, other, made)
    found = load(connection, "sessions", LOADED, {"session_id": "L2", "course_id": "F-1"})
    assert [row for row, _ in problems(found)] == [2]
    assert ("L1", None, "import") in codes(connection)
    assert len(enrolled(connection)) == 3


@pytest.mark.parametrize("brought_by", ["import", "sessions"])
def test_a_course_made_of_a_name_is_taken_over_by_the_loaded_one(connection: Connection, brought_by: str) -> None:
    if brought_by == "sessions":
        load(connection, "sessions", {"session_id": "S1", "course_name": "First Aid"})
        made = connection.scalar(select(courses.c.id))
    else:
        made = course(connection, "first aid", "First Aid")
        session(connection, "S1", course_id=made, **MADE)
    connection.execute(insert(group_courses).values(group_id=1, course_id=made))
    loaded = load(connection, "courses", {"course_id": "F-1", "name": "First  aid"}, {"course_id": "F-2", "name": "B"})
    assert loaded.adopted == 1
    assert [code for _, code, _ in codes(connection)] == ["F-1"]
    known = connection.execute(select(courses.c.course_code).order_by(courses.c.course_code))
    assert [code for (code,) in known] == ["F-1", "F-2"]
    query = select(courses.c.course_code).join(group_courses, group_courses.c.course_id == courses.c.id)
    assert connection.scalars(query).all() == ["F-1"]


def test_a_name_of_two_loaded_courses_and_an_id_of_its_own_lead_nowhere(connection: Connection) -> None:
    course(connection, "first aid", "First Aid")
    course(connection, "X-9", "Fire")
    names = [{"course_id": "F-1", "name": "First aid"}, {"course_id": "F-2", "name": "First aid"}]
    assert load(connection, "courses", *names, {"course_id": "F-3", "name": "Fire"}).adopted == 0
    assert len(connection.execute(select(courses)).all()) == 5


def test_enrollments_keep_their_run_and_place(connection: Connection) -> None:
    """So that undoing the run takes them out of the loaded session, too."""
    made = session(connection, "first aid|2024-03-05", **MADE)
    enrollment(connection, learner(connection, email="h@x.org"), made, run_id="r1", source_file="a.csv", source_row=7)
    load(connection, "sessions", LOADED)
    there = training_enrollments.c
    assert tuple(connection.execute(select(there.run_id, there.source_file, there.source_row)).one()) == (
        *("r1", "a.csv"),
        7,
    )
