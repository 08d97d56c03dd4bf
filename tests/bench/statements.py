"""What every SQL statement costs, by its text, while commands run in this process."""

import re
import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import make_url

# A statement with more or fewer parameters in a list is the same statement.
_PARAMETER = re.compile(r"%\(\w+\)s(?:::\w+(?:\(\d+\))?)?|%s|\?")
_LIST = re.compile(r"\(\?(?:, \?)+\)")
_RUN = re.compile(r"\s+")
# What PyMySQL writes where a parameter was: a text or a number.
_VALUE = re.compile(r"""'(?:[^'\\]|\\.|'')*'|\b\d+(?:\.\d+)?\b""")
# Instructions of SQLite's virtual machine that are counted as one: few enough for a sheet of a hundred rows.
STEP = 100
Spent = dict[str, float]


@contextmanager
def seconds_by_statement() -> Iterator[Spent]:
    """Seconds until a statement's last line was read, of every connection that is opened meanwhile.

    What goes past SQLAlchemy to a server's driver (COPY, LOAD DATA) is not among them.
    """
    spent: Spent = defaultdict(float)
    begun: list[float] = []

    def before(*_: Any) -> None:
        begun.append(time.perf_counter())

    def after(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seconds = time.perf_counter() - begun.pop()
        if connection.dialect.name != "sqlite":
            spent[_same(statement)] += seconds

    @contextmanager
    def clock(statement: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        spent[_same(statement)] += time.perf_counter() - start

    listeners = (("before_cursor_execute", before), ("after_cursor_execute", after))
    with _listening(*listeners, ("do_connect", _with_cursors(_timed_by(clock)))):
        yield spent


@contextmanager
def steps_by_statement() -> Iterator[Spent]:
    """Steps of SQLite, STEP instructions of its virtual machine each: the same whatever else the machine does."""
    spent: Spent = defaultdict(float)
    running = [""]

    @contextmanager
    def name(statement: str) -> Iterator[None]:
        running.append(statement)
        yield
        running.pop()

    def count() -> int:
        spent[_same(running[-1])] += 1
        return 0

    class Counting(_timed_by(name)):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **given: Any) -> None:
            super().__init__(*arguments, **given)
            self.set_progress_handler(count, STEP)

    with _listening(("do_connect", _with_cursors(Counting))):
        yield spent


@contextmanager
def calls_by_statement() -> Iterator[Spent]:
    """How often a statement was sent; one for many rows at once counts once."""
    spent: Spent = defaultdict(float)

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        spent[_same(statement)] += 1

    with _listening(("before_cursor_execute", count)):
        yield spent


@contextmanager
def lines_by_statement(url: str) -> Iterator[Spent]:
    """Lines that MariaDB examined, filled at the end: the same whatever else the machine does. url: of a database."""
    spent: Spent = defaultdict(float)
    server = create_engine(make_url(url), isolation_level="AUTOCOMMIT")

    def log_all(connection: Any, _record: Any) -> None:
        if not isinstance(connection, sqlite3.Connection):
            with connection.cursor() as cursor:
                cursor.execute("SET SESSION long_query_time = 0")

    with server.connect() as connection:
        for words in ("slow_query_log = 1", "log_output = 'TABLE'"):
            connection.execute(text(f"SET GLOBAL {words}"))
        connection.execute(text("TRUNCATE mysql.slow_log"))
        with _listening(("connect", log_all)):
            yield spent
        logged = text("SELECT sql_text, rows_examined FROM mysql.slow_log WHERE db = DATABASE()")
        for statement, lines in connection.execute(logged).tuples():
            spent[_same(_VALUE.sub("?", statement))] += lines
        for words in ("slow_query_log = 0", "log_output = 'FILE'"):
            connection.execute(text(f"SET GLOBAL {words}"))
    server.dispose()


@cache
def _same(statement: str) -> str:
    plain = _LIST.sub("(?)", _PARAMETER.sub("?", statement))
    return _RUN.sub(" ", plain).strip()


@contextmanager
def _listening(*listeners: tuple[str, Any]) -> Iterator[None]:
    for name, listener in listeners:
        event.listen(Engine, name, listener)
    try:
        yield
    finally:
        for name, listener in listeners:
            event.remove(Engine, name, listener)


def _with_cursors(connection: type[sqlite3.Connection]) -> Any:
    def connect(dialect: Any, _record: Any, _arguments: Any, given: dict[str, Any]) -> None:
        if dialect.name == "sqlite":
            given["factory"] = connection

    return connect


def _timed_by(clock: Any) -> type[sqlite3.Connection]:
    """Connections whose cursors work under the clock: SQLite finds most lines only when they are fetched."""

    class Cursor(sqlite3.Cursor):
        statement = ""

        def execute(self, sql: str, *rest: Any) -> Any:
            self.statement = sql
            with clock(sql):
                return super().execute(sql, *rest)

        def executemany(self, sql: str, *rest: Any) -> Any:
            self.statement = sql
            with clock(sql):
                return super().executemany(sql, *rest)

        def fetchone(self) -> Any:
            with clock(self.statement):
                return super().fetchone()

        def fetchmany(self, *rest: Any) -> Any:
            with clock(self.statement):
                return super().fetchmany(*rest)

        def fetchall(self) -> Any:
            with clock(self.statement):
                return super().fetchall()

        def __next__(self) -> Any:
            with clock(self.statement):
                return super().__next__()

    class Connection(sqlite3.Connection):
        def cursor(self, *_: Any) -> Any:
            return super().cursor(Cursor)

    return Connection
