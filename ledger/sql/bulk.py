"""Put a frame into a table by each database's fastest road: COPY, LOAD DATA, executemany.

Every value arrives exactly: a missing one as NULL, '' as '', quotes, tabs, backslashes and line ends as they are. NUL
characters must not occur (they are `cell.control_character` before).
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from sqlalchemy import BigInteger, Boolean, Connection, Date, DateTime, Double, Integer, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

_ARROW_TYPES: tuple[tuple[type[TypeEngine[Any]], pa.DataType], ...] = (
    (BigInteger, pa.int64()),
    (Integer, pa.int64()),
    (Double, pa.float64()),
    (Boolean, pa.bool_()),
    (DateTime, pa.timestamp("us")),
    (Date, pa.date32()),
)
# Bounds the Python objects that SQLite's driver needs, and the texts that are sent to PostgreSQL.
_BATCH_ROWS = 50_000


def insert_frame(connection: Connection, table: Table, frame: pd.DataFrame | pa.Table) -> int:
    """Insert all rows of the frame, whose columns are named as the table's; returns how many.

    Columns of the table that the frame lacks take their default. Runs in the connection's transaction. Any refusal of
    the database is raised as DBAPIError.
    """
    rows = arrow_table(table, frame)
    if rows.num_rows == 0:
        return 0
    if not connection.in_transaction():
        connection.begin()  # SQLAlchemy does not see what goes past it to the driver
    with _as_sqlalchemy_raises(connection, table):
        _ROADS[connection.dialect.name](connection, table, rows)
    return int(rows.num_rows)


@contextmanager
def _as_sqlalchemy_raises(connection: Connection, table: Table) -> Iterator[None]:
    """The driver's own errors as SQLAlchemy would raise them; a connection that is gone is known to be so."""
    driver: Any = connection.dialect.loaded_dbapi
    try:
        yield
    except driver.Error as error:
        if connection.dialect.is_disconnect(error, None, None):
            connection.invalidate(error)
        statement = f"rows into {table.name}"
        raise DBAPIError.instance(statement, None, error, driver.Error, dialect=connection.dialect) from error


def arrow_table(table: Table, frame: pd.DataFrame | pa.Table) -> pa.Table:
    """The frame as an Arrow table in the types of the database table's columns."""
    columns = {str(name): _arrow_column(frame[name], _arrow_type(table.c[str(name)].type)) for name in _names(frame)}
    # A column without a single value need not travel, unless a default of the database's would take its place.
    filled = {
        name: column
        for name, column in columns.items()
        if column.null_count < len(column) or not len(column) or table.c[name].server_default is not None
    }
    return pa.table(filled)


def _names(frame: pd.DataFrame | pa.Table) -> list[str]:
    return list(frame.column_names if isinstance(frame, pa.Table) else frame.columns)


def _arrow_type(kind: TypeEngine[Any]) -> pa.DataType:
    return next((arrow for ours, arrow in _ARROW_TYPES if isinstance(kind, ours)), pa.large_string())


def _arrow_column(values: Any, kind: pa.DataType) -> pa.ChunkedArray | pa.Array:
    column = values if isinstance(values, pa.ChunkedArray) else pa.array(values, from_pandas=True)
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    return column if column.type == kind else column.cast(kind)


def _copy(connection: Connection, table: Table, rows: pa.Table) -> None:
    """PostgreSQL: the CSV says NULL by an empty field and '' by a quoted one."""
    names = ", ".join(f'"{name}"' for name in rows.column_names)
    cursor = connection.connection.cursor()
    with cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN (FORMAT csv)') as copy:
        for text in _ahead(_csv, [rows.slice(start, _BATCH_ROWS) for start in range(0, rows.num_rows, _BATCH_ROWS)]):
            copy.write(memoryview(text))
    cursor.close()


def _csv(rows: pa.Table) -> pa.Buffer:
    buffer = pa.BufferOutputStream()
    pa_csv.write_csv(rows, buffer, pa_csv.WriteOptions(include_header=False, quoting_style="needed", batch_size=8192))
    return buffer.getvalue()


def _ahead(make: Callable[[pa.Table], pa.Buffer], some: Sequence[pa.Table]) -> Iterator[pa.Buffer]:
    """What is made of each; the next one is made by a thread while the server takes the one before."""
    if len(some) == 1:
        yield make(some[0])
        return
    with ThreadPoolExecutor(1) as thread:
        following = thread.submit(make, some[0])
        for one in some[1:]:
            made, following = following.result(), thread.submit(make, one)
            yield made
        yield following.result()


def _executemany(connection: Connection, table: Table, rows: pa.Table) -> None:
    """SQLite: dates and moments as the ISO text that SQLAlchemy stores."""
    names = ", ".join(f'"{name}"' for name in rows.column_names)
    marks = ", ".join("?" * rows.num_columns)
    statement = f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})'
    cursor = connection.connection.cursor()
    for start in range(0, rows.num_rows, _BATCH_ROWS):
        batch = rows.slice(start, _BATCH_ROWS)
        cursor.executemany(statement, _records(batch))
    cursor.close()


def _records(batch: pa.Table) -> Any:
    return zip(*(_sqlite_values(column) for column in batch.columns), strict=True)


def _sqlite_values(column: pa.ChunkedArray) -> list[Any]:
    """Each value as the driver takes it, one object for all its rows: many columns hold few different ones."""
    coded = column.combine_chunks().dictionary_encode()
    values = np.array([*_plain(coded.dictionary), None], dtype=object)
    return values[coded.indices.fill_null(len(values) - 1).to_numpy()].tolist()  # type: ignore[no-any-return]


def _plain(values: pa.Array) -> list[Any]:
    if pa.types.is_timestamp(values.type):
        values = pc.strftime(values, format="%Y-%m-%d %H:%M:%S")
    elif pa.types.is_date(values.type):
        values = values.cast(pa.string())
    elif pa.types.is_boolean(values.type):
        values = values.cast(pa.int8())
    return values.to_pylist()  # type: ignore[no-any-return]


def _load_data(connection: Connection, table: Table, rows: pa.Table) -> None:
    """MariaDB: with ESCAPED BY '' a quote is doubled, and the bare word NULL is NULL."""
    plain = pa.table({name: _mariadb_column(rows[name]) for name in rows.column_names})
    options = pa_csv.WriteOptions(include_header=False, quoting_style="needed", null_string="NULL", batch_size=8192)
    names = ", ".join(f"`{name}`" for name in rows.column_names)
    with tempfile.TemporaryDirectory(prefix="rollbook-") as folder:
        path = Path(folder, "rows.csv")
        with path.open("wb") as file:
            pa_csv.write_csv(plain, file, options)
        statement = (
            f"LOAD DATA LOCAL INFILE '{path.as_posix()}' INTO TABLE `{table.name}` CHARACTER SET utf8mb4 "
            "FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' ESCAPED BY '' LINES TERMINATED BY '\\n' "
            f"({names})"
        )
        _run_strictly(connection, statement, rows.num_rows)


def _run_strictly(connection: Connection, statement: str, rows: int) -> None:
    """LOCAL makes warnings of all errors and drops the rows of a double key in silence: then nothing counts as in."""
    driver: Any = connection.dialect.loaded_dbapi
    with connection.connection.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(statement)
        loaded, warned = cursor.rowcount, cursor.warning_count
        if loaded == rows and not warned:
            return
        cursor.execute("SHOW WARNINGS LIMIT 1")
        _, code, message = cursor.fetchone() or ("", 0, "no reason given")
    raise driver.IntegrityError(code, f"{loaded} of {rows} rows taken, {warned} with warnings, the first: {message}")


def _mariadb_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.int8()) if pa.types.is_boolean(column.type) else column


_ROADS: dict[str, Callable[[Connection, Table, pa.Table], None]] = {
    "postgresql": _copy,
    "sqlite": _executemany,
    "mariadb": _load_data,
    "mysql": _load_data,
}
