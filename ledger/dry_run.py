"""A rehearsal for `check`: the ledger's own tables are shadowed by temporary ones, so that nothing real is written."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Table

from ledger.database import database_exists, memory_database, open_database, reading
from ledger.tables import rollbook_failures, rollbook_files, rollbook_parts, rollbook_rows, rollbook_runs

SHADOWED = (rollbook_runs, rollbook_files, rollbook_parts, rollbook_rows, rollbook_failures)


def open_for_rehearsal(url: str) -> Engine:
    """The database as it is, neither made nor migrated; one in memory where there is none yet. Raises CannotBegin."""
    return open_database(url, create=False, migrate=False) if database_exists(url) else memory_database()


@contextmanager
def rehearsal(engine: Engine) -> Iterator[Connection]:
    """A connection on which the tables in SHADOWED are empty and its own; its transaction is never committed.

    What is staged there is gone at the end. Everything else is read as it is, and must not be written.
    """
    with reading(engine) as connection:
        try:
            shadow(connection)
            yield connection
        finally:
            connection.rollback()
            connection.invalidate()  # the temporary tables go with the session, however the step ended


def shadow(connection: Connection) -> None:
    """Create the temporary tables, with their keys and indexes, under the names of the real ones."""
    shadows = MetaData()
    for table in SHADOWED:
        _temporary_copy(table, shadows).create(connection, checkfirst=False)


def _temporary_copy(table: Table, metadata: MetaData) -> Table:
    """The table as it is, but temporary. `to_metadata` takes no prefix, and forgets for which databases a key is."""
    copy = table.to_metadata(metadata)
    copy._prefixes = ["TEMPORARY"]  # noqa: SLF001
    originals = {index.name: index for index in table.indexes}
    pairs: list[tuple[Any, Any]] = [(copy.primary_key, table.primary_key)]
    pairs += [(index, originals[index.name]) for index in copy.indexes]
    for copied, original in pairs:
        copied._ddl_if = original._ddl_if  # noqa: SLF001
    return copy
