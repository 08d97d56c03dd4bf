"""The keys that a run touches, as a table that others are joined with."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
from sqlalchemy import Column, Connection, Table

from ledger.sql import planner
from ledger.sql.bulk import insert_frame
from ledger.sql.temporary_tables import temporary


@contextmanager
def keyed(connection: Connection, name: str, keys: pa.Table, *columns: Column[Any]) -> Iterator[Table]:
    """A temporary table of keys that a run touches, which the planner knows; the columns are named as the keys'."""
    with temporary(connection, name, *columns) as table:
        insert_frame(connection, table, keys)
        planner.analyze(connection, table, *(column.name for column in columns if column.primary_key))
        yield table
