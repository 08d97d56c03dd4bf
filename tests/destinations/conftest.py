"""One migrated database of each kind for all tests here; each test's transaction is rolled back."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from ledger.database import open_database
from tests.servers import fresh_database


@pytest.fixture(scope="session", params=["sqlite", "postgresql", "mariadb"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database with Rollbook's schema and nothing in it."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            folder: Path = tmp_path_factory.mktemp("destinations")
            url = f"sqlite:///{folder / 'test.db'}"
        else:
            server = request.getfixturevalue(request.param)
            url = stack.enter_context(fresh_database(server, "test_destinations"))
        opened = open_database(url, create=True)
        yield opened
        opened.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A connection in a transaction that is never committed: also a proof that nothing here commits by itself."""
    with engine.connect() as opened:
        with opened.begin() as transaction:
            yield opened
            transaction.rollback()
        for table in ("employees", "training_enrollments", "rollbook_rows"):
            assert opened.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0
