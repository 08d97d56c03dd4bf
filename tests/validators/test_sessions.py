"""Sessions are named by ID, looked up by course, date and start time, or given a code."""

from typing import Any

import pytest

from rollbook.profile import Reference
from rollbook.rows.failures import no_failures
from tests.validators.tables import GOOD, canonical, context, reference
from validators.context import Context
from validators.judge import JudgedRows, judge

DAY = {"session_date": "2024-01-15"}
MORNING = {"session_id": "M", "course_id": "C1", "course_name": "Fire safety", **DAY, "session_start": "09:00"}
NOON = {**MORNING, "session_id": "N", "session_start": "12:00"}
UNTIMED = {"session_id": "U", "course_name": "First Aid", **DAY, "grade_type": "Pass/Fail"}
LOADED = reference("sessions", MORNING, NOON, UNTIMED)
RECORD = {**GOOD, "session_id": None, **DAY}


def named(record: dict[str, Any], given: Context | None = None) -> JudgedRows:
    return judge(canonical({**RECORD, **record}), no_failures(), given or context())


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ({"course_id": "FIRE-01"}, "FIRE-01|2024-01-15"),
        ({"course_id": "FIRE-01", "session_start": "09:30"}, "FIRE-01|2024-01-15|09:30"),
        ({"course_id": "FIRE-01", "course_name": "Fire"}, "FIRE-01|2024-01-15"),
        ({"course_name": " Fire  SAFETY"}, "fire safety|2024-01-15"),
        ({"course_name": "Level 1.1"}, "level 1.1|2024-01-15"),
        ({"course_id": "fire-01", "session_date": "1987-12-31"}, "fire-01|1987-12-31"),
    ],
)
def test_a_session_without_id_gets_a_code_of_course_date_and_start(record: dict[str, Any], code: str) -> None:
    """The same code every time; an ID as it stands, a name folded."""
    assert list(named(record).rows["session_id"]) == [code]


def test_a_code_fits_its_column_however_long_the_name() -> None:
    """Two long names that begin alike keep different codes."""
    first, second = (
        named({"course_name": "ß" * 200 + end, "session_start": "09:30"}).rows["session_id"][0] for end in "ab"
    )
    assert first != second
    assert max(len(first), len(second)) <= 320


def test_an_id_stands_as_it_is() -> None:
    """Course and date make no code where there is an ID."""
    assert list(named({"session_id": "X9", "course_id": "C1"}).rows["session_id"]) == ["X9"]


@pytest.mark.parametrize(
    ("record", "session", "codes"),
    [
        ({"course_id": "C1", "session_start": "12:00"}, "N", []),
        ({"course_name": "FIRE safety", "session_start": "09:00"}, "M", []),
        ({"course_name": "First aid"}, "U", []),
        ({"course_name": "First aid", "session_start": "10:15"}, "U", []),  # the loaded one has no time: it fits
        ({"course_id": "X", "course_name": "First aid"}, "U", []),  # nor an ID of its course
        ({"course_id": "C1"}, None, ["session.ambiguous"]),
        ({"course_id": "C1", "session_start": "10:15"}, None, ["session.unknown"]),
        ({"course_id": "c1", "session_start": "09:00"}, None, ["session.unknown"]),
        ({"course_id": "C2", "course_name": "Fire safety", "session_start": "09:00"}, None, ["session.unknown"]),
        ({"course_id": "C1", "session_date": "2024-01-16"}, None, ["session.unknown"]),
    ],
)
def test_a_session_is_looked_up_by_course_date_and_start(
    record: dict[str, Any], session: str | None, codes: list[str]
) -> None:
    """By the course's ID where the row and the loaded session have one, else by its folded name."""
    judged = named(record, context(sessions=LOADED))
    assert [name if isinstance(name, str) else None for name in judged.rows["session_id"]] == [session]
    assert list(judged.failures["code"]) == codes


def test_a_course_name_finds_sessions_through_the_loaded_courses() -> None:
    """SmarterU's sessions know their course's ID only."""
    sessions = reference("sessions", {"session_id": "M", "course_id": "C1", **DAY})
    courses = reference("courses", {"course_id": "C1", "name": "Fire safety"})
    judged = named({"course_name": "fire safety"}, context(sessions=sessions, courses=courses))
    assert list(judged.rows["session_id"]) == ["M"]


def test_where_sessions_are_created_the_unfound_get_a_code_and_the_ambiguous_none() -> None:
    """`create` adds to what is loaded; it does not choose."""
    given = context(sessions=LOADED, reference=Reference(sessions="create"))
    assert list(named({"course_id": "C2"}, given).rows["session_id"]) == ["C2|2024-01-15"]
    assert list(named({"course_id": "C1"}, given).failures["code"]) == ["session.ambiguous"]


def test_the_grade_type_of_the_session_goes_before_that_of_the_profile() -> None:
    """Both are normalised; an unknown word is no grade type."""
    given = context(sessions=LOADED)
    assert list(named({"course_name": "first aid", "grade_type": "percentage"}, given).rows["grade_type"]) == [
        "PassFail"
    ]
    record = {"course_id": "C1", "session_start": "09:00", "grade_type": "Letter Grade"}
    assert list(named(record, given).rows["grade_type"]) == ["LetterGrade"]
    assert named({"course_id": "C1", "grade_type": "points"}).rows["grade_type"].isna().all()


def test_dates_of_any_year_are_looked_up() -> None:
    """Also those before 1970, whose number of days is negative."""
    sessions = reference("sessions", {"session_id": "OLD", "course_id": "C1", "session_date": "1955-03-01"})
    judged = named({"course_id": "C1", "session_date": "1955-03-01"}, context(sessions=sessions))
    assert list(judged.rows["session_id"]) == ["OLD"]
