"""What queries find, as Arrow tables; without pandas, whose import alone takes 80 MiB."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Select

FETCHED = 50_000


def fetched_batches(
    connection: Connection, query: Select[Any] | Any, schema: pa.Schema, at_once: int = FETCHED
) -> Iterator[pa.Table]:
    """What a query finds, its columns in the order of the schema's, some lines at a time."""
    with connection.execute(query, execution_options={"yield_per": at_once}) as found:
        for lines in found.partitions():
            columns = zip(*lines, strict=True)
            arrays = [pa.array(values, kind) for values, kind in zip(columns, schema.types, strict=True)]
            yield pa.table(arrays, schema)
