"""A rehearsal for `check`: a ledger of its own in memory, beside the database as it is, of which nothing is written."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy import Connection, Engine

from ledger.database import database_exists, is_in_memory, memory_database, open_database, reading


class Rehearsal(NamedTuple):
    """ledger: where the run that only checks is written down. existing: the database as it is."""

    ledger: Connection
    existing: Connection


def open_for_rehearsal(url: str) -> Engine:
    """The database as it is, neither made nor migrated; one in memory where there is none yet. Raises CannotBegin."""
    return open_database(url, create=False, migrate=False) if database_exists(url) else memory_database()


@contextmanager
def rehearsal(engine: Engine) -> Iterator[Rehearsal]:
    """A ledger in memory beside the engine's database, on which no transaction is ever committed."""
    if is_in_memory(engine):
        with engine.connect() as both:
            yield Rehearsal(both, both)
        return
    with memory_database().connect() as ledger, reading(engine) as existing:
        try:
            yield Rehearsal(ledger, existing)
        finally:
            existing.rollback()
