"""What is known of a learner and of a session, and one search over everything, on each database."""

from pathlib import Path

import pytest
from sqlalchemy import Connection

from ledger.browse.everything import search_everything
from ledger.browse.records import (
    failed_of_learners,
    failed_of_session,
    find_learners,
    find_session,
    learner_enrollments,
    session_enrollments,
)
from ledger.cases import cases
from ledger.database import open_database, reading
from tests.ledger.judged import NOON
from tests.pipeline.desk import BAD, GOOD, Desk

HEADERS = ("Email", "Employee ID", "Name", "Session ID", "Status", "Grade", "Enrolled on")
ROWS = (
    ("ana@example.com", "1001", "Ana Größe", "S-1", "Completed", "80", "2023-01-05"),
    ("ana@example.com", "1001", "Ana Größe", "S-2", "Attended", "", "2023-01-05"),
    ("ben@example.com", "1002", "Ben", "S-1", "perhaps", "", "2023-01-05"),
    ("ana@example.com", "1001", "Ana Größe", "S-3", "hm", "", "2023-01-05"),
)


@pytest.fixture
def desk(tmp_path: Path, prepared_url: str) -> Desk:
    """Two attendances are loaded, two rows failed."""
    desk = Desk(tmp_path, prepared_url)
    assert desk.do("import", desk.sheet(*ROWS, headers=HEADERS)).exit == 1
    return desk


def _looking(desk: Desk) -> Connection:
    return open_database(desk.url, create=False).connect()


def test_a_learner_has_what_is_loaded_with_its_place(desk: Desk) -> None:
    with _looking(desk) as connection:
        (ana,) = find_learners(connection, "ana@example.com", "")
        assert (ana.email, ana.number) == ("ana@example.com", "1001")
        assert find_learners(connection, "", "1001") == [ana]
        assert find_learners(connection, "", "") == []
        found = learner_enrollments(connection, [ana.employee_id or 0])
        assert found.number == 2
        told = {
            line.session.code: (line.status, Path(line.source_file or "").name, line.source_row) for line in found.lines
        }
        assert told == {"S-1": ("completed", "history.csv", 2), "S-2": ("attended", "history.csv", 3)}
        rest = learner_enrollments(connection, [ana.employee_id or 0], start=1, size=1)
        assert (len(rest.lines), rest.number) == (1, 2)
        assert learner_enrollments(connection, []).number == 0


def test_a_session_has_its_learners(desk: Desk) -> None:
    with _looking(desk) as connection:
        session = find_session(connection, "S-1")
        assert session is not None
        assert find_session(connection, "s-1") is None
        found = session_enrollments(connection, session.session_id or 0)
        assert [(line.learner.number, line.grade) for line in found.lines] == [("1001", "80")]


def test_failed_rows_are_those_that_name_them(desk: Desk) -> None:
    """By e-mail, by number or by session; ignored ones too."""
    with open_database(desk.url, create=False).begin() as connection:
        cases.ignore(connection, [2], "a test", by="pat", at=NOON)
    with _looking(desk) as connection:
        of_ben = failed_of_learners(connection, ["ben@example.com"], [])
        assert (of_ben.by_state, [line.row_no for line in of_ben.lines]) == ({"open": 1}, [4])
        assert failed_of_learners(connection, [], ["1002"]) == of_ben
        assert failed_of_learners(connection, ["ben@example.com"], ["1002"]) == of_ben
        assert failed_of_learners(connection, ["ana@example.com"], []).by_state == {"ignored": 1}
        assert failed_of_learners(connection, ["stranger@example.com"], []).by_state == {}
        assert failed_of_learners(connection, [], []).by_state == {}
        assert failed_of_session(connection, "S-1").by_state == {"open": 1}
        assert failed_of_session(connection, "").by_state == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ana@example.com", "learners"),
        ("ANA@EXAMPLE.COM", "learners"),
        ("1001", "learners"),
        ("größe", "learners"),
        ("GRÖSSE", None),
        ("ana gr", "learners"),
        ("S-2", "sessions"),
        ("s-2", "sessions"),
        ("istory.CSV", "files"),
        ("2", "cases"),
        ("2-3fa2", "cases"),
        ("100%", None),
        ("_", None),
        ("", None),
        ("nothing like it", None),
    ],
)
def test_one_search_finds_each_kind(desk: Desk, text: str, found: str | None) -> None:
    """Whatever the case of its letters; signs of patterns are letters as others."""
    with reading(open_database(desk.url, create=False)) as connection:
        hits = search_everything(connection, text)
    told = [name for name in ("learners", "sessions", "courses", "files", "runs", "cases") if getattr(hits, name)]
    assert told == ([] if found is None else [found])


def test_whom_only_failed_rows_name_is_found_too(desk: Desk) -> None:
    """Learners, sessions, and runs by the beginning of their ID."""
    with reading(open_database(desk.url, create=False)) as connection:
        (ben,) = search_everything(connection, "ben@example.com").learners
        assert (ben.email, ben.employee_id) == ("ben@example.com", None)
        (third,) = search_everything(connection, "S-3").sessions
        assert third.session_id is None
        run_id = desk.do("runs").told["runs"][0]["run"]
        assert search_everything(connection, run_id[:9].upper()).runs == (run_id,)
        assert search_everything(connection, run_id).number == 1


def test_an_unknown_value_is_no_learner(tmp_path: Path, prepared_sqlite_url: str) -> None:
    """A row without e-mail or number is found by neither."""
    desk = Desk(tmp_path, prepared_sqlite_url)
    desk.do("import", desk.sheet(GOOD, BAD, ("", "", "S-1", "Attended", "", "")))
    with reading(open_database(desk.url, create=False)) as connection:
        assert failed_of_learners(connection, [""], [""]).by_state == {}
