"""An open database for the ledger's tests."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine

from ledger.database import open_database


@pytest.fixture
def engine(prepared_url: str) -> Iterator[Engine]:
    """A new database with the schema, on each of the three in turn."""
    opened = open_database(prepared_url, create=False)
    yield opened
    opened.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A transaction in a new database."""
    with engine.begin() as begun:
        yield begun


@pytest.fixture
def sqlite_engine(prepared_sqlite_url: str) -> Iterator[Engine]:
    """A new SQLite database with the schema."""
    opened = open_database(prepared_sqlite_url, create=False)
    yield opened
    opened.dispose()
