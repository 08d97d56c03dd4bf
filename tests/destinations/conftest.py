"""One migrated database of each kind for all tests here; each test's transaction is rolled back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL

from ledger.database import open_database
from tests.servers import fresh_database
from tests.servers.prepared import KINDS


@pytest.fixture(scope="session")
def sqlite_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database with Rollbook's schema and nothing in it."""
    yield from _opened(f"sqlite:///{tmp_path_factory.mktemp('destinations') / 'test.db'}")


@pytest.fixture(scope="session")
def postgresql_engine(postgresql: URL) -> Iterator[Engine]:
    """The same on PostgreSQL."""
    with fresh_database(postgresql, "test_destinations") as url:
        yield from _opened(url)


@pytest.fixture(scope="session")
def mariadb_engine(mariadb: URL) -> Iterator[Engine]:
    """The same on MariaDB."""
    with fresh_database(mariadb, "test_destinations") as url:
        yield from _opened(url)


def _opened(url: str) -> Iterator[Engine]:
    engine = open_database(url, create=True)
    yield engine
    engine.dispose()


@pytest.fixture
def engine_of(request: pytest.FixtureRequest) -> Callable[[str], Engine]:
    """Gives the one of a kind."""
    return lambda kind: request.getfixturevalue(f"{kind}_engine")


@pytest.fixture(scope="session", params=KINDS)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each of them: the test runs once on each of the three."""
    found: Engine = request.getfixturevalue(f"{request.param}_engine")
    return found


@contextmanager
def undone(engine: Engine) -> Iterator[Connection]:
    """A connection in a transaction that is never committed: also a proof that nothing here commits by itself."""
    with engine.connect() as opened:
        with opened.begin() as transaction:
            yield opened
            transaction.rollback()
        for table in ("employees", "training_enrollments", "rollbook_rows"):
            assert opened.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """The same, for a test."""
    with undone(engine) as opened:
        yield opened
