"""What a load writes: learners, sessions, courses, enrollments and their dates; and the check of its own count."""

from datetime import datetime

import pytest
from sqlalchemy import Connection, select

from ledger.tables import courses, training_enrollments, training_sessions
from rollbook.errors import AccountsError
from tests.destinations.stage import NOW, Driven, Row, day, decided_stage, enrolled, row, session, stage, terms

DATABASE = Driven("database")


def load(connection: Connection, *rows: Row, run_id: str = "r1") -> dict[str, int]:
    stage(connection, rows, run_id)
    rehearsed = DATABASE.rehearse(connection, terms(run_id))
    DATABASE.decide(connection, terms(run_id))
    tally = DATABASE.load(connection, terms(run_id))
    assert tally == rehearsed
    return dict(tally.created)


def sessions(connection: Connection) -> list[tuple[object, ...]]:
    there = training_sessions.c
    query = (
        select(there.session_code, courses.c.course_code, there.session_date, there.session_start, there.origin)
        .select_from(training_sessions.outerjoin(courses, courses.c.id == there.course_id))
        .order_by(there.session_code)
    )
    return [tuple(line) for line in connection.execute(query)]


def known_courses(connection: Connection) -> list[tuple[object, ...]]:
    query = select(courses.c.course_code, courses.c.name, courses.c.origin, courses.c.run_id)
    return [tuple(line) for line in connection.execute(query.order_by(courses.c.course_code))]


def course(connection: Connection, code: str, name: str) -> None:
    connection.execute(courses.insert().values(course_code=code, name=name, origin="reference"))


def midnight(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_an_enrollment_holds_what_the_row_says_and_where_it_came_from(connection: Connection) -> None:
    said: Row = {
        "score": 92.5,
        "grade": "92.5",
        "attendance_confirmed": True,
        "feedback": "späť",
        "enrolled_on": day("2019-12-01"),
        "completed_on": day("2020-01-03"),
    }
    load(connection, row("a@x.org", "1", status="completed", **said))
    columns = ["status", "score", "grade", "attendance_confirmed", "feedback", "enrolled_at", "completed_at", "run_id"]
    columns += ["source_file", "source_sheet", "source_row", "source_column"]
    place = ("r1", "file1.xlsx", "History", 2, None)
    values = ("completed", 92.5, "92.5", True, "späť", midnight("2019-12-01"), midnight("2020-01-03"), *place)
    assert enrolled(connection, *columns) == [("1", "S1", *values)]


def test_dates_that_the_sheet_does_not_give_have_defaults(connection: Connection) -> None:
    session(connection, "S4", session_date=day("2018-01-01"))
    load(
        connection,
        row("a@x.org", "", "S1", "attended", session_date=day("2020-01-02")),
        row("a@x.org", "", "S2", "completed", session_date=day("2020-01-02")),
        row("a@x.org", "", "S3", "completed"),
        row("a@x.org", "", "S4", "completed"),
        row("a@x.org", "", "S5", "attended", completed_on=day("2020-01-02")),
    )
    found = enrolled(connection, "enrolled_at", "completed_at", "attendance_confirmed")
    assert [line[1:] for line in found] == [
        ("S1", NOW, None, None),
        ("S2", NOW, midnight("2020-01-02"), None),
        ("S3", NOW, NOW, None),
        ("S4", NOW, midnight("2018-01-01"), None),
        ("S5", NOW, None, None),
    ]


def test_a_new_session_has_what_its_rows_agree_on(connection: Connection) -> None:
    said = {"course_id": "C1", "course_name": "Fire Safety", "session_start": "09:00"}
    created = load(
        connection,
        row("a@x.org", session_date=day("2020-01-02"), **said),
        row("b@x.org", session_date=day("2020-01-03"), **said),
        row("c@x.org"),
        row("a@x.org", "", "S2", course_id="C1", course_name="Fire safety", session_date=day("2020-01-02")),
        row("a@x.org", "", "S3", course_id="C2"),
        row("b@x.org", "", "S3", course_id="C3"),
    )
    assert created == {"learners": 3, "sessions": 3, "courses": 1}
    assert sessions(connection) == [
        ("S1", "C1", None, "09:00", "import"),
        ("S2", "C1", day("2020-01-02"), None, "import"),
        ("S3", None, None, None, "import"),
    ]
    assert known_courses(connection) == [("C1", "Fire Safety", "import", "r1")]


def test_a_course_named_without_id_is_the_one_that_bears_the_name_or_a_new_one(connection: Connection) -> None:
    course(connection, "C7", "Fire Safety")
    course(connection, "C8", "First Aid")
    course(connection, "C9", "first aid")
    load(
        connection,
        row("a@x.org", "", "S1", course_name="fire  SAFETY"),
        row("a@x.org", "", "S2", course_name="First Aid"),
        row("a@x.org", "", "S3", course_name="Driving"),
        row("b@x.org", "", "S3", course_name="driving"),
        row("a@x.org", "", "S4", course_id="C5", course_name="Cooking"),
        row("b@x.org", "", "S4", course_name="Cooking"),
    )
    assert [line[:2] for line in sessions(connection)] == [
        ("S1", "C7"),
        ("S2", None),
        ("S3", "driving"),
        ("S4", "C5"),
    ]
    made = [line for line in known_courses(connection) if line[2] == "import"]
    assert made == [("C5", "Cooking", "import", "r1"), ("driving", "Driving", "import", "r1")]


def test_a_course_with_two_names_has_none(connection: Connection) -> None:
    load(
        connection,
        row("a@x.org", "", "S1", course_id="C1", course_name="Cooking"),
        row("a@x.org", "", "S2", course_id="C1", course_name="Baking"),
    )
    assert known_courses(connection) == [("C1", None, "import", "r1")]


def test_an_existing_session_is_not_written(connection: Connection) -> None:
    session(connection, "S1", title="Old")
    created = load(connection, row("a@x.org", course_id="C1", session_date=day("2020-01-02")))
    assert created == {"learners": 1, "sessions": 0, "courses": 0}
    assert sessions(connection) == [("S1", None, None, None, "reference")]


def test_rejected_rows_create_nothing(connection: Connection) -> None:
    rows = [row("a@x.org", course_id="C1"), row("a@x.org", status="no_show", course_id="C1")]
    assert load(connection, *rows) == {"learners": 0, "sessions": 0, "courses": 0}
    assert sessions(connection) == []


def test_a_second_run_finds_everything_unchanged(connection: Connection) -> None:
    rows = [
        row("a@x.org", "1", "S1", "completed", grade="A", course_name="Driving"),
        row("b@x.org", "", "S1", session_date=day("2020-01-02")),
        row("", "1", "S2", "no_show"),
    ]
    load(connection, *rows)
    before = enrolled(connection, "id", "run_id", "enrolled_at", "completed_at")
    assert load(connection, *rows, run_id="r2") == {"learners": 0, "sessions": 0, "courses": 0}
    assert enrolled(connection, "id", "run_id", "enrolled_at", "completed_at") == before


def test_a_row_that_does_not_become_an_enrollment_ends_the_load(connection: Connection) -> None:
    stage(connection, [row("a@x.org"), row("b@x.org", part_id=1_000_001)])
    DATABASE.decide(connection, terms())
    decided_stage().put("parts", decided_stage().table("FROM parts WHERE part_id = 1000000"))
    with pytest.raises(AccountsError, match="2 rows were to be loaded, but 1 enrollments were created"):
        DATABASE.load(connection, terms())


def test_enrollments_are_numbered_in_the_order_of_their_rows_or_keys_however_parts_arrived(
    connection: Connection,
) -> None:
    rows = [row(f"{number}@x.org", part_id=1_000_000 + number) for number in range(5)]
    load(connection, *reversed(rows))
    query = select(training_enrollments.c.source_row, training_enrollments.c.employee_id)
    employees = [number for _, number in connection.execute(query.order_by(training_enrollments.c.id))]
    assert employees == sorted(employees)
