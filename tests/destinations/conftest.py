"""One migrated database of each kind for all tests here; each test's transaction is rolled back."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from ledger.database import open_database
from tests.servers import fresh_database
from tests.servers.prepared import KINDS


@pytest.fixture(scope="session")
def engine_of(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Engine]]:
    """Gives the database of a kind with Rollbook's schema and nothing in it."""
    with ExitStack() as stack:

        @cache
        def opened(kind: str) -> Engine:
            if kind == "sqlite":
                folder: Path = tmp_path_factory.mktemp("destinations")
                url = f"sqlite:///{folder / 'test.db'}"
            else:
                server = request.getfixturevalue(kind)
                url = stack.enter_context(fresh_database(server, "test_destinations"))
            engine = open_database(url, create=True)
            stack.callback(engine.dispose)
            return engine

        yield opened


@pytest.fixture(scope="session", params=KINDS)
def engine(request: pytest.FixtureRequest, engine_of: Callable[[str], Engine]) -> Engine:
    """Each of them: the test runs once on each of the three."""
    return engine_of(request.param)


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
