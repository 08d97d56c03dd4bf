"""The keys that a run touches, as a table that others are joined with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, ColumnElement, Connection, Select, Table, and_, delete, insert, select, tuple_

from ledger.sql import planner
from ledger.sql.temporary_tables import temporary

if TYPE_CHECKING:
    import pyarrow as pa


@contextmanager
def keyed(connection: Connection, name: str, keys: pa.Table, *columns: Column[Any]) -> Iterator[Table]:
    """A temporary table of keys that a run touches, which the planner knows; the columns are named as the keys'."""
    from ledger.sql.bulk import insert_frame  # it brings pandas, which not every command needs

    with temporary(connection, name, *columns) as table:
        insert_frame(connection, table, keys)
        planner.analyze(connection, table, *(column.name for column in columns if column.primary_key))
        yield table


def among(
    connection: Connection, pairs: Sequence[tuple[ColumnElement[Any], ColumnElement[Any]]], *also: ColumnElement[bool]
) -> ColumnElement[bool]:
    """Lines whose columns equal those of a line of another table, as each database finds them without reading it anew.

    also: what is true of the other table's line.
    """
    if connection.dialect.name == "sqlite":
        return tuple_(*(here for here, _ in pairs)).in_(select(*(there for _, there in pairs)).where(*also))
    return and_(*(here == there for here, there in pairs), *also)


def insert_once(connection: Connection, table: Table, names: Sequence[str], lines: Select[Any]) -> int:
    """Insert the lines that a query finds, those that it finds twice once; how many. names: the columns, key and all.

    MariaDB does DISTINCT over texts on disk, in three times what its refusal of a key that it has costs.
    """
    if connection.dialect.name in ("mysql", "mariadb"):
        statement = insert(table).prefix_with("IGNORE").from_select(list(names), lines)
    else:
        statement = insert(table).from_select(list(names), lines.distinct())
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount


def delete_chosen(connection: Connection, table: Table, keys: Table, chosen: Select[Any]) -> None:
    """Delete the lines of the table whose keys a query finds. keys: an empty table of them, named as the table's."""
    names = list(keys.c.keys())
    if insert_once(connection, keys, names, chosen):
        planner.analyze(connection, keys, *names)
        pairs = [(table.c[name], keys.c[name]) for name in names]
        connection.execute(delete(table).where(among(connection, pairs)))
