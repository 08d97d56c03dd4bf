"""Databases with Rollbook's schema, made once: each test gets a copy, or the one of a test before, emptied.

To make the schema takes MariaDB a second, to copy or empty it some hundredths. Each bears an ID of its own, as any new
database does.
"""

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path

from sqlalchemy import Connection, create_engine, delete, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from ledger.database import open_database, parse_url
from ledger.identity import name_ledger
from ledger.tables import metadata, rollbook_ledger
from tests.servers import fresh_database

# The simplest first: where an example fails on all, it is shown on that one.
KINDS = ("sqlite", "postgresql", "mariadb")
_NUMBERS = itertools.count(1)
_TEMPLATE = "template_of_tests"


class Prepared:
    """Databases of the three kinds. folder: of the SQLite template; server: gives the server of a kind."""

    def __init__(self, folder: Path, server: Callable[[str], URL]) -> None:
        self._folder = folder
        self._server = server

    @contextmanager
    def one(self, kind: str, folder: Path) -> Iterator[str]:
        """The URL of a database with the schema and no row. folder: where one of SQLite is to be."""
        if kind == "sqlite":
            path = folder / f"prepared-{next(_NUMBERS)}.db"
            shutil.copyfile(self._sqlite, path)
            yield _with_an_id_of_its_own(f"sqlite:///{path}")
        elif kind == "postgresql":
            server, template = self._postgresql
            with fresh_database(server, f"copy_{next(_NUMBERS)}", template=template) as url:
                yield _with_an_id_of_its_own(url)
        else:
            with self._mariadb.one() as url:
                yield url

    @cached_property
    def _sqlite(self) -> Path:
        path = self._folder / "template.db"
        open_database(f"sqlite:///{path}", create=True).dispose()
        return path

    @cached_property
    def _postgresql(self) -> tuple[URL, str]:
        server = self._server("postgresql")
        _make(server, _TEMPLATE)
        return server, _TEMPLATE

    @cached_property
    def _mariadb(self) -> "_MariaDBs":
        return _MariaDBs(self._server("mariadb"))


class _MariaDBs:
    """MariaDB databases: a test's goes, emptied, to the next; one that has become another otherwise is dropped."""

    def __init__(self, server: URL) -> None:
        self._server = server
        self._admin = create_engine(server)
        self._free: list[str] = []
        self._shape = ""

    @contextmanager
    def one(self) -> Iterator[str]:
        name = self._free.pop() if self._free else self._made()
        try:
            yield self._server.set(database=name).render_as_string(hide_password=False)
        finally:
            self._take_back(name)

    def _made(self) -> str:
        name = f"prepared_{next(_NUMBERS)}"
        _make(self._server, name)
        with self._admin.begin() as connection:
            self._shape = self._shape or _shape(connection, name)
        return name

    def _take_back(self, name: str) -> None:
        with self._admin.begin() as connection:
            _end_sessions(connection, name)
            if _shape(connection, name) != self._shape:
                connection.execute(text(f"DROP DATABASE {name}"))
                return
            connection.execute(text(f"USE {name}"))
            _empty(connection)
            connection.execute(text(f"USE {self._server.database}"))
        self._free.append(name)


def _make(server: URL, name: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    open_database(server.set(database=name).render_as_string(hide_password=False), create=True).dispose()


def _with_an_id_of_its_own(url: str) -> str:
    with create_engine(parse_url(url), poolclass=NullPool).begin() as connection:
        _name(connection)
    return url


def _name(connection: Connection) -> None:
    connection.execute(delete(rollbook_ledger))
    name_ledger(connection)


def _end_sessions(connection: Connection, name: str) -> None:
    """A forgotten transaction or lock would hold up the next test."""
    found = connection.scalars(text(f"SELECT id FROM information_schema.processlist WHERE db = '{name}'")).all()
    for number in found:
        with suppress(OperationalError):  # it ended meanwhile
            connection.execute(text(f"KILL {number}"))


_SHAPE = """
    SELECT table_name, column_name, column_type, is_nullable FROM information_schema.columns WHERE table_schema = '{0}'
    UNION ALL SELECT trigger_name, '', '', '' FROM information_schema.triggers WHERE trigger_schema = '{0}'
    UNION ALL SELECT version_num, '', '', '' FROM {0}.rollbook_version"""


def _shape(connection: Connection, name: str) -> str:
    """What a test might have changed besides rows."""
    return repr(sorted(map(tuple, connection.execute(text(_SHAPE.format(name))))))


def _empty(connection: Connection) -> None:
    """Remove all rows; numbers begin at 1 again, and the ID is another."""
    connection.execute(text("SET foreign_key_checks = 0"))
    for table in metadata.sorted_tables:
        connection.execute(text(f"DELETE FROM {table.name}"))
    connection.execute(text("SET foreign_key_checks = 1"))
    counted = "SELECT table_name FROM information_schema.tables WHERE table_schema = database() AND auto_increment > 1"
    for moved in connection.scalars(text(counted)).all():
        connection.execute(text(f"ALTER TABLE {moved} AUTO_INCREMENT = 1"))
    _name(connection)
