"""Tables that live as long as a step: seen by this connection only, never part of the schema."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Column, Connection, MetaData, Table, text


@contextmanager
def temporary(connection: Connection, name: str, *columns: Column[Any]) -> Iterator[Table]:
    """A temporary table inside the running transaction, dropped at the end.

    It has no index but its key: MariaDB would commit at a CREATE INDEX.
    """
    drop(connection, name)
    table = Table(name, MetaData(), *columns, prefixes=["TEMPORARY"])
    table.create(connection, checkfirst=False)
    yield table
    drop(connection, name)


def drop(connection: Connection, name: str) -> None:
    """Drop a temporary table where it exists (MariaDB would commit at a DROP TABLE without the word TEMPORARY)."""
    word = "TEMPORARY " if connection.dialect.name in ("mysql", "mariadb") else ""
    schema = {"postgresql": "pg_temp.", "sqlite": "temp."}.get(connection.dialect.name, "")
    connection.execute(text(f"DROP {word}TABLE IF EXISTS {schema}{name}"))


def fresh(connection: Connection, table: Table) -> None:
    """An empty temporary table, in the place of the one of its name; `drop` ends it."""
    drop(connection, table.name)
    table.create(connection, checkfirst=False)
