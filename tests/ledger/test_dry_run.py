"""A rehearsal stages for itself alone: nothing of it is left, and nothing real is seen to change."""

import hashlib
from pathlib import Path

from sqlalchemy import Connection, Engine, func, inspect, select

from ledger import runs
from ledger.cases import Met, count_cases, record_cases
from ledger.database import database_exists
from ledger.dry_run import SHADOWED, open_for_rehearsal, rehearsal
from ledger.staging import places_without_cells
from ledger.tables import metadata
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
    with engine.begin() as connection:
        record_cases(connection, staged(connection, "r1", A))
    before = sizes(engine)
    with rehearsal(engine) as connection:
        assert runs.list_runs(connection) == []
        staged(connection, "r2", A, B)
        connection.commit()
        assert [run.run_id for run in runs.list_runs(connection)] == ["r2"]
        assert count_cases(connection, "r2") == Met(new=1, known=1)
        assert places_without_cells(connection, "r2").empty
        connection.commit()
    assert sizes(engine) == before
    with engine.connect() as connection:
        assert [run.run_id for run in runs.list_runs(connection)] == ["r1"]


def test_two_rehearsals_follow_each_other(engine: Engine) -> None:
    for run_id in ("r1", "r2"):
        with rehearsal(engine) as connection:
            staged(connection, run_id, A)
            connection.commit()
            assert [run.run_id for run in runs.list_runs(connection)] == [run_id]


def test_the_shadows_have_the_keys_and_indexes_of_the_real_tables(engine: Engine) -> None:
    real = {table.name: inspect(engine).get_pk_constraint(table.name) for table in SHADOWED}
    with rehearsal(engine) as connection:
        if engine.dialect.name == "postgresql":
            schema = connection.exec_driver_sql(
                "SELECT nspname FROM pg_namespace WHERE oid = pg_my_temp_schema()"
            ).scalar()
            keys = {table.name: inspect(connection).get_pk_constraint(table.name, schema=schema) for table in SHADOWED}
            assert {name: key["constrained_columns"] for name, key in keys.items()} == {
                name: key["constrained_columns"] for name, key in real.items()
            }
            indexes = inspect(connection).get_indexes("rollbook_rows", schema=schema)
            assert sorted(index["column_names"] for index in indexes) == [
                ["fingerprint", "run_id"],
                ["run_id", "part_id"],
            ]
        elif engine.dialect.name == "sqlite":
            keys = {table.name: inspect(connection).get_pk_constraint(table.name, schema="temp") for table in SHADOWED}
            assert {name: key["constrained_columns"] for name, key in keys.items()} == {
                name: key["constrained_columns"] for name, key in real.items()
            }
        else:
            told = connection.exec_driver_sql("SHOW CREATE TABLE rollbook_rows").one()[1]
            assert "TEMPORARY" in told
            assert "PRIMARY KEY (`run_id`,`part_id`,`row_no`,`col_no`)" in told


def test_a_sqlite_file_stays_byte_for_byte(sqlite_engine: Engine) -> None:
    path = Path(str(sqlite_engine.url.database))
    with sqlite_engine.begin() as connection:
        staged(connection, "r1", A)
    url = sqlite_engine.url.render_as_string(hide_password=False)
    sqlite_engine.dispose()
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    engine = open_for_rehearsal(url)
    with rehearsal(engine) as connection:
        staged(connection, "r2", A, B)
        connection.commit()
    engine.dispose()
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


def test_where_no_database_is_one_in_memory_takes_its_place(database_url: str) -> None:
    engine = open_for_rehearsal(database_url)
    assert engine.dialect.name == "sqlite"
    with rehearsal(engine) as connection:
        staged(connection, "r1", A)
        assert count_cases(connection, "r1") == Met(new=1, known=0)
    engine.dispose()
    assert not database_exists(database_url)
