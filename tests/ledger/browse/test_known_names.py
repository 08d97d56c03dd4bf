"""What values may be picked from: the reference data of their field, as long as it is a list to pick from."""

import pytest
from sqlalchemy import Connection, insert

from ledger.browse.known_names import known_names
from ledger.tables import courses, training_sessions


@pytest.fixture
def filled(connection: Connection) -> Connection:
    """Courses and sessions: one that an import made, and one that is known by its course and day alone."""
    lines = {"C-2": "reference", "C-1": "reference", "C-9": "import"}
    for code, origin in lines.items():
        connection.execute(insert(courses).values(course_code=code, name=f"Course {code}", origin=origin))
    for code in ("S-1", "c-1|2023-01-05"):
        connection.execute(insert(training_sessions).values(session_code=code, origin="reference"))
    return connection


def test_loaded_names_are_offered_in_order(filled: Connection) -> None:
    assert known_names(filled, "course_id") == ["C-1", "C-2"]
    assert known_names(filled, "course_name") == ["Course C-1", "Course C-2"]
    assert known_names(filled, "session_id") == ["S-1"]
    assert known_names(filled, "group_id") == known_names(filled, "grade") == known_names(filled, None) == []


def test_too_many_are_no_list_to_pick_from(filled: Connection) -> None:
    assert known_names(filled, "course_id", most=2) == ["C-1", "C-2"]
    assert known_names(filled, "course_id", most=1) == []
