"""Databases are opened, made and brought up to date, or refused in one line that says what to do."""

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, select, text
from sqlalchemy.engine import make_url

from ledger import database
from ledger.database import (
    REVISIONS,
    VERSION_TABLE,
    database_exists,
    mask_url,
    memory_database,
    open_database,
    parse_url,
    reading,
)
from ledger.tables import metadata, rollbook_runs
from ledger.views import VIEWS, drop_statements
from rollbook.errors import CannotBegin


def refusal(url: str, *, create: bool = True, migrate: bool = True) -> str:
    with pytest.raises(CannotBegin) as caught:
        open_database(url, create=create, migrate=migrate)
    message = str(caught.value)
    assert "\n" not in message
    return message


def schema(engine: Engine) -> dict[str, object]:
    """All that the database says of its tables, but for Alembic's own."""
    found = inspect(engine)
    names = sorted(set(found.get_table_names()) - {VERSION_TABLE})
    return {
        name: (
            [{**column, "type": repr(column["type"])} for column in found.get_columns(name)],
            found.get_pk_constraint(name)["constrained_columns"],
            sorted(map(str, found.get_unique_constraints(name))),
            sorted(str(_plain(index)) for index in found.get_indexes(name)),
        )
        for name in names
    }


def _plain(index: Any) -> dict[str, object]:
    """An index with the texts of its conditions, which are objects that no other equals."""
    conditions = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return {**index, "dialect_options": conditions}


def test_all_migrations_lead_to_the_schema_of_a_new_database(database_url: str) -> None:
    engine = database._engine(parse_url(database_url))
    with engine.begin() as connection:
        database._upgrade(connection)
    with engine.connect() as connection:
        options = {
            "version_table": VERSION_TABLE,
            "compare_type": True,
        }
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
        of_one = {"ix_rollbook_rows_place": "postgresql", "ix_rollbook_deliveries_place": "mariadb"}
        elsewhere = {name for name, dialect in of_one.items() if dialect != engine.dialect.name}
        assert [one for one in differences if getattr(one[1], "name", None) not in elsewhere] == []
    migrated = schema(engine)
    with engine.begin() as connection:
        for statement in drop_statements():
            connection.execute(text(statement))
        metadata.drop_all(connection)
        connection.execute(text(f"DROP TABLE {VERSION_TABLE}"))
    engine.dispose()
    new = open_database(database_url, create=True)
    assert schema(new) == migrated
    assert set(inspect(new).get_view_names()) == set(VIEWS)
    new.dispose()


def test_the_program_knows_every_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    script = ScriptDirectory.from_config(config)
    assert [revision.revision for revision in script.walk_revisions()][::-1] == list(REVISIONS)


def test_a_database_is_new_once(database_url: str) -> None:
    assert not database_exists(database_url)
    made = open_database(database_url, create=True)
    again = open_database(database_url, create=True)
    assert made.get_execution_options()["rollbook_created"]
    assert "rollbook_created" not in again.get_execution_options()
    assert database_exists(database_url)
    made.dispose()
    again.dispose()


def test_an_empty_database_is_not_made_ours_unasked(database_url: str) -> None:
    assert "rollbook import" in refusal(database_url, create=False)
    assert not database_exists(database_url)


def test_a_foreign_database_is_refused(database_url: str) -> None:
    foreign = create_engine(parse_url(database_url))
    with foreign.begin() as connection:
        connection.execute(text("CREATE TABLE orders (id INTEGER)"))
    assert "not Rollbook's (orders)" in refusal(database_url)
    assert inspect(foreign).get_table_names() == ["orders"]
    foreign.dispose()


def test_a_newer_schema_is_refused(database_url: str) -> None:
    engine = open_database(database_url, create=True)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    assert "newer Rollbook" in refusal(database_url)
    engine.dispose()


def test_an_older_schema_is_refused_where_nothing_may_be_written(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_database(sqlite_url, create=True).dispose()
    monkeypatch.setattr(database, "REVISIONS", (*REVISIONS, "9999"))
    assert "older Rollbook" in refusal(sqlite_url, migrate=False)


def test_a_database_whose_making_was_broken_off_is_made_whole(database_url: str) -> None:
    """MariaDB commits every CREATE TABLE: a crash between two leaves tables and an empty version."""
    engine = open_database(database_url, create=True)
    whole = schema(engine)
    with engine.begin() as connection:
        connection.execute(text(f"DELETE FROM {VERSION_TABLE}"))
        cascade = " CASCADE" if engine.dialect.name == "postgresql" else ""
        connection.execute(text(f"DROP TABLE rollbook_cases{cascade}"))
    engine.dispose()
    mended = open_database(database_url, create=True)
    assert schema(mended) == whole
    mended.dispose()


def test_two_that_open_a_new_database_at_once_both_find_it_whole(database_url: str) -> None:
    program = (
        "import sys; from ledger.database import open_database\n"
        "print(open_database(sys.argv[1], create=True).get_execution_options().get('rollbook_created', False))"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", program, database_url], stdout=subprocess.PIPE, text=True) for _ in "12"
    ]
    answers = sorted(one.communicate(timeout=60)[0].strip() for one in both)
    assert [one.returncode for one in both] == [0, 0]
    assert answers in (["False", "True"], ["True", "True"])
    engine = open_database(database_url, create=False)
    assert set(VIEWS) <= set(inspect(engine).get_view_names())
    engine.dispose()


def test_opening_again_imports_neither_pandas_nor_alembic(sqlite_url: str) -> None:
    open_database(sqlite_url, create=True).dispose()
    program = (
        "import sys; from ledger.database import open_database; from ledger import runs, lock\n"
        "open_database(sys.argv[1], create=True)\n"
        "print(sorted({'pandas', 'pyarrow', 'alembic', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program, sqlite_url], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("url", "told_as"),
    [
        ("rollbook.db", "cannot be read"),
        ("oracle://u:secret@h/d", "does not know the database 'oracle'"),
        ("postgresql://u:secret@localhost", "names no database"),
        ("postgresql://u:sec/ret@localhost:1/d", "does not answer"),
        ("postgresql://u:sec@ret@localhost:1/d", "%40 for @"),
        ("postgresql://u:secret@localhost:1/d", "does not answer"),
        ("mariadb://u:secret@127.0.0.1:1/d", "does not answer"),
        ("postgresql://u:secret@no-such-host.invalid/d", "no such host"),
        ("mariadb://u:secret@no-such-host.invalid/d", "no such host"),
        ("sqlite://", "names no database"),
    ],
)
def test_an_address_that_leads_nowhere_is_told_without_the_password(url: str, told_as: str) -> None:
    message = refusal(url)
    assert told_as in message
    assert "secret" not in message
    assert "ret@" not in message


def test_a_wrong_password_is_told_without_it(mariadb_url: str) -> None:
    url = make_url(mariadb_url).set(username="nobody", password="hunter2").render_as_string(hide_password=False)
    message = refusal(url)
    assert "refused the user or the password" in message
    assert "hunter2" not in message


def test_a_missing_database_on_a_server_is_told(server_database_url: str) -> None:
    url = make_url(server_database_url).set(database="no_such_database").render_as_string(hide_password=False)
    assert "create it first" in refusal(url)


@pytest.mark.parametrize("encoding", ["LATIN2", "SQL_ASCII"])
def test_a_database_that_lacks_letters_is_refused(postgresql_url: str, encoding: str) -> None:
    """PostgreSQL would refuse a name in the middle of a load, or keep bytes that are no letters."""
    name = f"some_{encoding.lower()}"
    with create_engine(parse_url(postgresql_url), isolation_level="AUTOCOMMIT").connect() as connection:
        made = f"CREATE DATABASE {name} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        connection.execute(text(made))
        told = refusal(make_url(postgresql_url).set(database=name).render_as_string(hide_password=False))
        connection.execute(text(f"DROP DATABASE {name}"))
    assert f"stores texts as {encoding}" in told
    assert "ENCODING 'UTF8'" in told


def test_files_that_are_no_database_are_refused_and_left_alone(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear all, this is no database.")
    assert "not a SQLite database" in refusal(f"sqlite:///{letter}")
    assert letter.read_text() == "Dear all, this is no database."
    assert "is a folder" in refusal(f"sqlite:///{tmp_path}")
    assert "does not exist" in refusal(f"sqlite:///{tmp_path}/missing/x.db")


def test_a_damaged_sqlite_file_is_refused(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"SQLite format 3\0" + b"\xff" * 500)
    assert "not a SQLite database" in refusal(f"sqlite:///{damaged}")


def test_a_relative_path_means_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    open_database("sqlite:///here.db", create=True).dispose()
    assert (tmp_path / "here.db").exists()


def test_sqlite_readers_and_a_writer_do_not_wait_for_each_other(sqlite_engine: Engine) -> None:
    with sqlite_engine.begin() as writer, reading(sqlite_engine) as reader:
        writer.execute(text("DELETE FROM rollbook_runs"))
        assert reader.execute(select(rollbook_runs)).all() == []
    raw = sqlite3.connect(str(sqlite_engine.url.database))
    assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    raw.close()


def test_text_keys_compare_exactly(engine: Engine) -> None:
    """Case, accents and outer blanks count, in stored columns and in bare words."""
    table = metadata.tables["employees"]
    numbers = ["a", "A", "a ", "ä", "ａ"]
    with engine.begin() as connection:
        for number in numbers:
            connection.execute(table.insert().values(employee_number=number, origin="reference"))
        assert [
            connection.scalar(select(table.c.employee_number).where(table.c.employee_number == number))
            for number in numbers
        ] == numbers
        assert not connection.scalar(text("SELECT CASE WHEN 'a' = 'a ' OR 'a' = 'A' THEN 1 ELSE 0 END"))


def test_the_database_in_memory_has_the_whole_schema() -> None:
    engine = memory_database()
    assert set(metadata.tables) <= set(inspect(engine).get_table_names())
    engine.dispose()


def test_told_hides_the_password() -> None:
    assert mask_url("postgresql://ann:secret@host/db") == "postgresql://ann:***@host/db"
    assert mask_url("sqlite:///rollbook.db") == "sqlite:///rollbook.db"
