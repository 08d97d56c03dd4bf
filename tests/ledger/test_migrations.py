"""A database of an older schema, with rows in it, is brought up to date: it keeps them and works."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Column, Engine, Table, inspect, select, text

from ledger import database
from ledger.activity import activities
from ledger.database import REVISIONS, VERSION_TABLE, open_database, parse_url
from ledger.remote import outbox, sync_progress
from ledger.tables import (
    employees,
    held_enrollments,
    metadata,
    rollbook_batches,
    rollbook_deliveries,
    rollbook_failures,
    rollbook_rows,
    rollbook_runs,
    rollbook_syncs,
    training_enrollments,
    training_sessions,
)
from rollbook.errors import CannotBegin
from tests.ledger.judged import NOON, a_part, failures_of, kept_of, rows_of, stage_part, waiting_keys

ADDED_BY_0002 = {table.name for table in (rollbook_batches, rollbook_deliveries, held_enrollments, rollbook_syncs)}
ADDED_BY_0006 = {"number_run_id", "email_run_id", "name_run_id", "enrolled_at_is_default", "completed_at_is_default"}
ADDED_BY_0009 = {"expires_on", "certificate_number", "hours", "credits"}
KEPT = (rollbook_runs, rollbook_rows, rollbook_failures, employees, training_sessions, training_enrollments)


def _contents(engine: Engine) -> dict[str, list[Any]]:
    """The lines of the tables in KEPT, without what later revisions add to them."""
    with engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(*_first_columns(table))).mappings()))
            for table in KEPT
        }


def _first_columns(table: Table) -> list[Column[Any]]:
    later = ADDED_BY_0006 | ADDED_BY_0009 | ({"extra"} if table is training_enrollments else set())
    return [column for column in table.columns if column.name not in later]


@pytest.fixture
def old(database_url: str) -> str:
    """A database at revision 0001: a run that waits, and an enrollment."""
    engine = database._engine(parse_url(database_url))
    with engine.begin() as connection:
        database._upgrade(connection, "0001")
    assert not ADDED_BY_0002 & set(inspect(engine).get_table_names())
    with engine.begin() as connection:
        run = "261121-aaaaa"
        begun = {"command": "import", "state": "running", "destination": "database", "started_at": NOON}
        connection.execute(rollbook_runs.insert().values(run_id=run, request="{}", **begun))
        rows = rows_of(
            {"learner_email": "a@x.org", "session_id": "S1", "status": "attended", "group_name": "Sälés & Co"},
            {"learner_email": "b@x.org", "session_id": "S1", "outcome": "rejected"},
        )
        failures = failures_of({"row": 3, "code": "learner.unknown", "message": "no", "remedy": "do"})
        stage_part(connection, a_part(connection, run), rows, failures, {}, kept_of((3, "f" * 32, '{"A": "b"}')))
        connection.execute(employees.insert().values(id=7, email="a@x.org", origin="import"))
        connection.execute(training_sessions.insert().values(id=5, session_code="S0", origin="import"))
        there = {"training_session_id": 5, "employee_id": 7, "status": "attended", "run_id": run}
        connection.execute(training_enrollments.insert().values(**there, enrolled_at=NOON))
    engine.dispose()
    return database_url


def test_an_old_database_keeps_its_rows_and_works(old: str) -> None:
    before = database._engine(parse_url(old))
    kept = _contents(before)
    assert all(kept.values())
    before.dispose()
    engine = open_database(old, create=False)
    assert not engine.get_execution_options()["rollbook_created"]
    assert set(metadata.tables) <= set(inspect(engine).get_table_names())
    assert _contents(engine) == kept
    with engine.connect() as connection:
        assert [(line.kind, line.at) for line in activities(connection)] == [("import", NOON)]
    with engine.begin() as connection:
        (version,) = connection.scalars(text(f"SELECT version_num FROM {VERSION_TABLE}"))
        assert version == REVISIONS[-1]
        run = connection.scalar(select(rollbook_runs.c.run_id)) or ""
        ((part, line, column, group, *_),) = waiting_keys(connection, run, ["group_name"])
        assert group == "Sälés & Co"
        assert outbox.record(connection, run, [(1, 1, part, line, column)]) == 1
        sync_progress.note_page(connection, "smarteru", "learners", 1, NOON, is_done=True)
    engine.dispose()


def test_a_date_with_a_time_of_day_was_made_up(database_url: str) -> None:
    """Sheets give days: an older schema did not write down which dates are defaults."""
    engine = database._engine(parse_url(database_url))
    with engine.begin() as connection:
        database._upgrade(connection, "0005")
    there, learners = {"training_session_id": 5, "status": "completed", "run_id": "r"}, (1, 2)
    with engine.begin() as connection:
        for learner, moment in zip(learners, (NOON, NOON.replace(hour=0)), strict=True):
            line = training_enrollments.insert().values(
                **there, employee_id=learner, enrolled_at=NOON.replace(hour=0), completed_at=moment
            )
            connection.execute(line)
    engine.dispose()
    engine = open_database(database_url, create=False)
    columns = [training_enrollments.c[f"{name}_at_is_default"] for name in ("enrolled", "completed")]
    with engine.connect() as connection:
        found = connection.execute(select(*columns).order_by(training_enrollments.c.employee_id)).all()
    assert [tuple(line) for line in found] == [(False, True), (False, False)]
    engine.dispose()


def test_a_database_of_the_version_before_gets_the_whole_record(database_url: str) -> None:
    """Nothing stands beside what is there; what is loaded from now on has it, and the views show both."""
    engine = database._engine(parse_url(database_url))
    with engine.begin() as connection:
        database._upgrade(connection, "0008")
    assert not ADDED_BY_0009 & {column["name"] for column in inspect(engine).get_columns("training_enrollments")}
    with engine.begin() as connection:
        connection.execute(employees.insert().values(id=7, email="a@x.org", origin="import"))
        connection.execute(training_sessions.insert().values(id=5, session_code="S0", origin="import"))
        there = {"training_session_id": 5, "status": "attended", "run_id": "r", "enrolled_at": NOON}
        connection.execute(training_enrollments.insert().values(**there, employee_id=7))
    engine.dispose()
    engine = open_database(database_url, create=False)
    with engine.begin() as connection:
        connection.execute(employees.insert().values(id=8, email="b@x.org", origin="import"))
        beside = {"expires_on": date(2031, 2, 1), "hours": 6.5, "extra": '{"Site": "Köln"}'}
        connection.execute(training_enrollments.insert().values(**there, employee_id=8, **beside))
        query = text("SELECT learner_email, hours, extra FROM v_enrollments ORDER BY learner_email")
        assert [tuple(line) for line in connection.execute(query)] == [
            ("a@x.org", None, None),
            ("b@x.org", 6.5, '{"Site": "Köln"}'),
        ]
        assert list(connection.scalars(text("SELECT learner_email FROM v_expiring"))) == ["b@x.org"]
    engine.dispose()


def test_a_migration_that_a_crash_broke_off_is_finished(old: str) -> None:
    """MariaDB commits each CREATE TABLE: some of the tables are there, and the version says 0001."""
    engine = database._engine(parse_url(old))
    kept = _contents(engine)
    with engine.begin() as connection:
        metadata.create_all(connection, tables=[rollbook_batches, rollbook_deliveries])
    engine.dispose()
    mended = open_database(old, create=False)
    assert set(inspect(mended).get_table_names()) >= ADDED_BY_0002
    assert _contents(mended) == kept
    mended.dispose()


def test_check_leaves_an_old_database_as_it_is(old: str) -> None:
    with pytest.raises(CannotBegin, match="older Rollbook"):
        open_database(old, create=False, migrate=False)
    engine = database._engine(parse_url(old))
    assert not ADDED_BY_0002 & set(inspect(engine).get_table_names())
    engine.dispose()
