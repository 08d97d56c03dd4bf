"""A query of another database, asked in a transaction that may only read, its rows written to a file as they come."""

from __future__ import annotations

import os
import time
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection, CursorResult, Engine, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from rollbook.errors import CannotBegin, SourceAway
from sources.queries.query_file import batch_of, query_schema
from sources.queries.typed_cells import NoCell, cells_of
from sources.remote.storage import Access, make_private, refuse_size

_BATCH = 10_000
_DRIVERS = {"postgresql": "postgresql+psycopg", "mariadb": "mariadb+pymysql", "mysql": "mysql+pymysql"}
# What makes a transaction one that only reads, where the database has such.
_READ_ONLY = {
    "postgresql": "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
    "sqlite": "PRAGMA query_only = ON",
}
# What ends a statement after so many milliseconds. In SQLite, it is this process that does.
_AT_MOST = {
    "postgresql": "SET statement_timeout = {0}",
    "mariadb": "SET SESSION max_statement_time = {0} / 1000",
    "mysql": "SET SESSION max_execution_time = {0}",
}
_SQLITE_STEPS = 100_000
# PostgreSQL's timestamptz: a moment, whose day is another one in another time zone. What a cursor calls the type.
_MOMENT = ("postgresql", 1184)
_SECRET_WORDS = ("password", "passwd", "pwd", "secret", "token")


@dataclass(frozen=True)
class Query:
    """What is asked. address: of the database. sql: one statement. name: of the query. key: the columns of the key."""

    address: str
    sql: str
    name: str
    key: tuple[str, ...]


def recorded_as(query: Query) -> str:
    """How the rows are recorded: by the database and the query, without the options of the address."""
    url = _url(query.address, None)
    if url.get_backend_name() == "sqlite":
        return f"sqlite://{url.database}/{query.name}"
    plain = url.set(query={}, drivername=url.get_backend_name())
    return f"{plain.render_as_string(hide_password=True)}/{query.name}"


def run_query(query: Query, access: Access, to: Path) -> None:
    """Write what the query finds to a file that only this user can read; raises CannotBegin with what to do."""
    make_private(to.parent)
    draft = to.with_name(f".{to.name}.part")
    try:
        with (
            _connected(query, access) as connection,
            _asked(query, connection) as result,
            os.fdopen(_private(draft), "wb") as file,
        ):
            _write(query, access, result, file)
        draft.replace(to)
    finally:
        draft.unlink(missing_ok=True)


def _private(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)


def _write(query: Query, access: Access, result: CursorResult[Any], file: Any) -> None:
    names = [str(column[0]) for column in result.cursor.description]
    _refuse_moments(query, result)
    places = _key_places(query, names)
    schema, keys, until = query_schema(len(names), query.name, places), _Keys(query), time.monotonic() + access.seconds
    with pa.ipc.new_file(file, schema) as writer:
        writer.write_batch(batch_of(schema, 1, [[name] for name in names]))
        for number, rows in enumerate(result.partitions(_BATCH)):
            columns = [_cells(query, name, values) for name, values in zip(names, zip(*rows, strict=True), strict=True)]
            keys.add([columns[place] for place in places])
            writer.write_batch(batch_of(schema, 2 + number * _BATCH, columns))
            refuse_size(file.tell(), f"What {query.name} finds", access)
            if time.monotonic() > until:
                raise _too_slow(query, access)
    keys.refuse_repeated()


def _too_slow(query: Query, access: Access) -> CannotBegin:
    return CannotBegin(f"{query.name} takes over {access.seconds} s. Narrow it, or raise fetch_seconds.")


def _refuse_moments(query: Query, result: CursorResult[Any]) -> None:
    """Raise CannotBegin for a column of moments: the day that is shown hangs on the time zone of the connection."""
    for column in result.cursor.description:
        if (result.dialect.name, column[1]) == _MOMENT:
            name = column[0]
            told = f"{query.name}: the column {name} holds times with a time zone, so the day hangs on where one is"
            said = f"""{name} AT TIME ZONE 'Europe/Paris' AS "{name}\""""
            raise CannotBegin(f"{told}. Name the zone of the sessions in the query, as in: {said}")


def _key_places(query: Query, names: Sequence[str]) -> list[int]:
    """The places of the columns of the key; each must be there once."""
    for name in query.key:
        if names.count(name) != 1:
            many = "several columns" if name in names else "no column"
            raise CannotBegin(f"{query.name} finds {many} named {name}, the key. It finds: {', '.join(names)}.")
    return [names.index(name) for name in query.key]


def _cells(query: Query, name: str, values: Sequence[Any]) -> list[str | None]:
    try:
        return cells_of(values)
    except NoCell as error:
        raise CannotBegin(
            f"{query.name}: the column {name} holds {error}. Leave it out of the query, or CAST it to text there."
        ) from None


class _Keys:
    """The keys of all rows, to see that none is missing or stands twice: eight bytes are kept of each."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._marks = array("Q")

    def add(self, columns: Sequence[Sequence[str | None]]) -> None:
        """The keys of some rows, column by column; raises CannotBegin where one is NULL or blank."""
        for values in zip(*columns, strict=True):
            if not all(value and value.strip() for value in values):
                told = ", ".join(self._query.key)
                nameless = f"{self._query.name}: row {len(self._marks) + 1:,} has no {told}, the key"
                raise CannotBegin(f"{nameless}. Choose another key, or leave such rows out.")
            self._marks.append(int.from_bytes(blake2b(repr(values).encode(), digest_size=8).digest()))

    def refuse_repeated(self) -> None:
        """Raise CannotBegin where two rows have the same key."""
        marks = np.frombuffer(self._marks, dtype=np.uint64)
        order = np.argsort(marks, kind="stable")
        same = np.flatnonzero(marks[order][1:] == marks[order][:-1])
        if len(same):
            first, second = sorted(int(order[place]) + 1 for place in (same[0], same[0] + 1))
            told = ", ".join(self._query.key)
            same_key = f"{self._query.name}: rows {first:,} and {second:,} have the same {told}, the key"
            raise CannotBegin(f"{same_key}. Choose one that differs in every row, such as several columns: --key A,B")


@contextmanager
def _asked(query: Query, connection: Connection) -> Iterator[CursorResult[Any]]:
    """The rows, as they come. Streamed: neither the server nor this process holds all of them."""
    options = {"stream_results": True, "max_row_buffer": _BATCH, "no_parameters": True}
    result = connection.execution_options(**options).exec_driver_sql(query.sql)
    if not result.returns_rows:
        raise CannotBegin(f"{query.name} finds no rows: it is no SELECT. Write one that finds the rows to import.")
    try:
        yield result
    finally:
        unread: Any = getattr(result.cursor, "_result", None)
        if hasattr(unread, "unbuffered_active"):  # PyMySQL would read all that is left before it closes a result
            unread.unbuffered_active = False
        result.close()


@contextmanager
def _connected(query: Query, access: Access) -> Iterator[Connection]:
    """A connection whose transactions only read; whatever happens in them is taken back."""
    engine = _engine(query, access)
    try:
        connection = engine.connect()
    except DBAPIError as error:
        raise SourceAway(
            f"{recorded_as(query)}: the database does not answer ({_first_line(error)}). Check the address, and the "
            f"password in {access.password_name}, or try again later."
        ) from error
    until = time.monotonic() + access.seconds
    with connection:
        try:
            _limit(connection, access, until)
            yield connection
        except SQLAlchemyError as error:
            if time.monotonic() >= until:
                raise _too_slow(query, access) from error
            told = f"{query.name} failed: {_first_line(error)}. Correct the query; it may only read."
            raise CannotBegin(told) from error
        finally:
            connection.invalidate()  # nothing is waited for that the server still would send
    engine.dispose()


def _limit(connection: Connection, access: Access, until: float) -> None:
    """Let what is asked only read, and end when its time is over."""
    name = "mariadb" if getattr(connection.dialect, "is_mariadb", False) else connection.dialect.name
    limits = [_READ_ONLY.get(name), _AT_MOST.get(name, "").format(max(1, access.seconds * 1000))]
    for limit in filter(None, limits):
        connection.exec_driver_sql(limit)
    connection.commit()
    if name == "sqlite":
        driver: Any = connection.connection.driver_connection
        driver.set_progress_handler(lambda: time.monotonic() > until, _SQLITE_STEPS)


def _engine(query: Query, access: Access) -> Engine:
    url = _url(query.address, access.password)
    try:
        return create_engine(url, poolclass=NullPool)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise CannotBegin(
            f"For {url.drivername} databases, SQLAlchemy needs a package that is not installed ({error}). Install it."
        ) from error


def _url(address: str, password: str | None) -> URL:
    """The address with the driver and password that are used; raises CannotBegin for one that holds a secret."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        kind = address.partition("://")[0]
        raise CannotBegin(f"The {kind}:// address cannot be read. Write it as {kind}://USER@HOST/DATABASE.") from None
    if url.password is not None or any(word in key.lower() for key in url.query for word in _SECRET_WORDS):
        raise CannotBegin(
            f"The {url.drivername}:// address contains a password, which others could read. Remove it, and put it into "
            "ROLLBOOK_SOURCE_PASSWORD (for a [source.NAME]: ROLLBOOK_SOURCE_NAME_PASSWORD)."
        )
    if url.get_backend_name() == "sqlite":
        return _of_file(url)
    return url.set(drivername=_DRIVERS.get(url.drivername, url.drivername), password=password)


def _of_file(url: URL) -> URL:
    """An SQLite file, which is not made where it is not there."""
    path = Path(url.database or "").expanduser()
    if not path.is_file():
        raise CannotBegin(f"There is no database file {path}. Correct the address.")
    return url.set(database=str(path.absolute()))


def _first_line(error: Exception) -> str:
    """What the database said, without the statement and its values."""
    said = str(getattr(error, "orig", None) or error).strip().splitlines() or [type(error).__name__]
    return said[0][:300].rstrip(".")
