"""The database as a destination: whatever is staged, SQL decides as the rules say, on every database."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, func, select, text

from destinations.protocol import Policy
from destinations.registry import DESTINATIONS
from ledger.tables import rollbook_failures, training_enrollments
from rollbook.rows.statuses import STATUSES
from tests.destinations import reference
from tests.destinations.conftest import undone
from tests.destinations.reference import World
from tests.destinations.stage import Driven, Row, enrollment, learner, outcomes, row, session, stage, terms
from tests.servers.prepared import KINDS

DATABASE = Driven("database")

MAILS = st.sampled_from(["", "a@x.org", "b@x.org", "c@x.org"])
NUMBERS = st.sampled_from(["", "1", "01", "2"])
DAYS = st.sampled_from([None, None, date(2020, 1, 1), date(2020, 2, 2)])
CODES = st.sampled_from(["S1", "S2"])
GRADES = st.sampled_from([None, None, "A", "B"])


@st.composite
def staged(draw: st.DrawFn) -> list[Row]:
    pairs = draw(st.lists(st.tuples(MAILS, NUMBERS).filter(any), min_size=1, max_size=12))
    rows = [
        row(
            mail,
            number,
            draw(CODES),
            draw(st.sampled_from(STATUSES)),
            grade=draw(GRADES),
            enrolled_on=draw(DAYS),
            completed_on=draw(DAYS),
            part_id=draw(st.sampled_from([1_000_000, 1_000_001, 2_000_000])),
            row_no=line,
            col_no=0,
        )
        for line, (mail, number) in enumerate(pairs, start=2)
    ]
    return draw(st.permutations(rows))


@st.composite
def worlds(draw: st.DrawFn) -> list[tuple[str | None, str | None, dict[str, Row]]]:
    """Employees with what they are enrolled in; numbers are unique, e-mails may repeat."""
    numbers = draw(st.lists(st.sampled_from(["1", "01", "2"]), unique=True, max_size=3))
    blank = draw(st.integers(0, 1))
    people = [(number, draw(MAILS) or None) for number in numbers] + [(None, "a@x.org")] * blank
    known = st.builds(
        lambda status, grade, enrolled, completed: {
            "status": status,
            "grade": grade,
            "enrolled_on": enrolled or date(2020, 1, 1),
            "completed_on": completed if status == "completed" else None,
        },
        st.sampled_from(STATUSES),
        GRADES,
        DAYS,
        DAYS,
    )
    return [(number, mail, draw(st.dictionaries(CODES, known, max_size=2))) for number, mail in people]


def build(connection: Connection, people: Sequence[Any], seats: dict[str, int]) -> World:
    world = World(seats=seats)
    codes = {code: session(connection, code, max_participants=seats.get(code)) for code in ("S1", "S2")}
    for number, mail, enrollments in people:
        who = learner(connection, "import", employee_number=number, email=mail)
        world.employees[who] = (number, mail)
        for code, there in enrollments.items():
            world.enrollments[who, code] = there
            days = {f"{name[:-3]}_at": _midnight(there[name]) for name in ("enrolled_on", "completed_on")}
            enrollment(connection, who, codes[code], status=there["status"], grade=there["grade"], **days)
    return world


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time()) if day else None


@settings(max_examples=(settings.default or settings()).max_examples * 3 // 2)
@given(
    kind=st.sampled_from(KINDS),
    rows=staged(),
    people=worlds(),
    seats=st.dictionaries(CODES, st.integers(0, 3), max_size=2),
    on_conflict=st.sampled_from(["reject", "first", "last", "best"]),
    on_existing=st.sampled_from(["reject", "update", "best"]),
)
def test_sql_decides_as_the_rules_say_and_loads_what_it_decided(
    engine_of: Callable[[str], Engine],
    kind: str,
    rows: list[Row],
    people: Sequence[Any],
    seats: dict[str, int],
    on_conflict: Any,
    on_existing: Any,
) -> None:
    with undone(engine_of(kind)) as connection:
        policy = {"on_conflict": on_conflict, "on_existing": on_existing}
        expected = reference.decide(rows, build(connection, people, seats), Policy(**policy))
        stage(connection, rows)
        rehearsed = DATABASE.rehearse(connection, terms(**policy))
        told = outcomes(connection)
        assert told == [outcome for _, outcome in sorted(expected.items())]
        decided = DATABASE.decide(connection, terms(**policy))
        assert outcomes(connection) == told
        assert decided.read == len(rows)
        failed = select(func.count()).select_from(rollbook_failures)
        assert connection.scalar(failed) == told.count("rejected")
        before = connection.scalar(select(func.count()).select_from(training_enrollments)) or 0
        loaded = DATABASE.load(connection, terms(**policy))
        assert loaded == rehearsed
        after = connection.scalar(select(func.count()).select_from(training_enrollments)) or 0
        assert after - before == loaded.outcomes["loaded"] == told.count("accepted")
        _assert_again_unchanged(connection, rows, told, policy)


def _assert_again_unchanged(connection: Connection, rows: list[Row], told: list[str], policy: dict[str, Any]) -> None:
    """What was loaded or updated is unchanged when the same rows come alone once more."""
    ordered = sorted(rows, key=lambda line: (line["part_id"], line["row_no"]))
    carried = [line for line, outcome in zip(ordered, told, strict=True) if outcome in ("accepted", "updated")]
    stage(connection, carried, "r2")
    DATABASE.decide(connection, terms("r2", **policy))
    assert set(outcomes(connection, "r2")) <= {"unchanged"}


def test_a_rehearsal_writes_nothing_but_the_stage(connection: Connection) -> None:
    stage(connection, [row("a@x.org", course_id="C1"), row("a@x.org", status="completed"), row("b@x.org", "", "S2")])
    tally = DATABASE.rehearse(connection, terms())
    assert (tally.outcomes["loaded"], tally.outcomes["rejected"]) == (1, 2)
    assert tally.created == {"learners": 1, "sessions": 1, "courses": 0}
    for table in ("employees", "courses", "training_sessions", "training_enrollments", "rollbook_changes"):
        assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0


def test_an_empty_run_ends_in_nothing(connection: Connection) -> None:
    stage(connection, [row("a@x.org", outcome="rejected")])
    DATABASE.decide(connection, terms())
    assert DATABASE.load(connection, terms()).outcomes["rejected"] == 1
    assert connection.scalar(select(func.count()).select_from(training_enrollments)) == 0


def test_failures_are_told_at_the_column_of_their_field(connection: Connection) -> None:
    from dataclasses import replace

    stage(connection, [row("a@x.org"), row("a@x.org", status="completed"), row("b@x.org", "1"), row("b@x.org", "2")])
    columns = {(1, 0): {"status": ("F", "Result"), "learner_email": ("A", "E-mail")}}
    DATABASE.decide(connection, replace(terms(), columns=columns))
    told = rollbook_failures.c
    query = select(told.source_column, told.header, told.code).order_by(told.row_no)
    assert [tuple(line) for line in connection.execute(query)] == [
        ("F", "Result", "enrollment.conflict"),
        ("F", "Result", "enrollment.conflict"),
        (None, None, "row.two_learners"),
        (None, None, "row.two_learners"),
    ]


@pytest.mark.parametrize("name", sorted(DESTINATIONS))
def test_every_destination_is_registered_under_its_name(name: str) -> None:
    assert DESTINATIONS[name].name == name
