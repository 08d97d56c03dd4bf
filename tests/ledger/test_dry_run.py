"""A rehearsal writes into a ledger of its own, and nothing real is seen to change."""

import hashlib
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select

from ledger import runs
from ledger.cases.cases import record_cases
from ledger.database import database_exists
from ledger.dry_run import open_for_rehearsal, rehearsal
from ledger.tables import employees, metadata, rollbook_cases
from tests.ledger.judged import a_part, a_run, failures_of, kept_of, rows_of, stage_part

A, B = "a" * 32, "b" * 32


def staged(connection: Connection, run_id: str, *fingerprints: str) -> str:
    """A run of which every row failed."""
    part = a_part(connection, a_run(connection, run_id))
    kept = kept_of(*((number, print_, "{}") for number, print_ in enumerate(fingerprints, 2)))
    rows = rows_of(*[{"outcome": "rejected"}] * len(fingerprints))
    stage_part(connection, part, rows, failures_of({"row": 2, "code": "status.missing"}), {}, kept)
    return run_id


def sizes(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            name: connection.scalar(select(func.count()).select_from(table)) or 0
            for name, table in metadata.tables.items()
        }


def test_a_rehearsal_leaves_every_table_as_it_was(engine: Engine) -> None:
    """What exists is seen, the run is written down elsewhere, and what is written beside it all the same goes."""
    with engine.begin() as connection:
        record_cases(connection, staged(connection, "r1", A))
    before = sizes(engine)
    with rehearsal(engine) as (ledger, existing):
        assert runs.list_runs(ledger) == []
        staged(ledger, "r2", A, B)
        ledger.commit()
        assert [run.run_id for run in runs.list_runs(ledger)] == ["r2"]
        assert [run.run_id for run in runs.list_runs(existing)] == ["r1"]
        assert existing.scalars(select(rollbook_cases.c.fingerprint)).all() == [A]
        existing.execute(employees.insert().values(email="x@y.z", origin="import"))
    assert sizes(engine) == before


def test_two_rehearsals_follow_each_other(engine: Engine) -> None:
    for run_id in ("r1", "r2"):
        with rehearsal(engine) as (ledger, _):
            staged(ledger, run_id, A)
            ledger.commit()
            assert [run.run_id for run in runs.list_runs(ledger)] == [run_id]


def test_a_sqlite_file_stays_byte_for_byte(sqlite_engine: Engine) -> None:
    path = Path(str(sqlite_engine.url.database))
    with sqlite_engine.begin() as connection:
        staged(connection, "r1", A)
    url = sqlite_engine.url.render_as_string(hide_password=False)
    sqlite_engine.dispose()
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    engine = open_for_rehearsal(url)
    with rehearsal(engine) as (ledger, existing):
        staged(ledger, "r2", A, B)
        ledger.commit()
        assert [run.run_id for run in runs.list_runs(existing)] == ["r1"]
    engine.dispose()
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


def test_where_no_database_is_one_in_memory_takes_its_place(database_url: str) -> None:
    engine = open_for_rehearsal(database_url)
    assert engine.dialect.name == "sqlite"
    with rehearsal(engine) as (ledger, existing):
        staged(ledger, "r1", A)
        assert existing.scalar(select(func.count()).select_from(employees)) == 0
    engine.dispose()
    assert not database_exists(database_url)
