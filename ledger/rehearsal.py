"""A rehearsal for `check`: the ledger's own tables are shadowed by temporary ones, so that nothing real is written."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, MetaData

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
        copy = table.to_metadata(shadows)
        copy._prefixes = ["TEMPORARY"]  # noqa: SLF001 - to_metadata takes no prefixes
        copy.create(connection, checkfirst=False)
