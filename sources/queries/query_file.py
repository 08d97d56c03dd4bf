"""What a query found, as a file: an Arrow file of cells with the names of the columns in its first row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from rollbook.text.letters import column_letter
from sources.cells.arrow_files import blank_to_null, schema_of, write_marks
from sources.errors import Unreadable

_MARK = b"rollbook.query"


def query_schema(columns: int, name: str, key: Sequence[int]) -> pa.Schema:
    """Of a file of so many columns. name: of the query. key: the places of the columns of the key."""
    told = json.dumps({"name": name, "key": [column_letter(place + 1) for place in key]})
    return schema_of(column_letter(place + 1) for place in range(columns)).with_metadata({_MARK: told})


def batch_of(schema: pa.Schema, first_row: int, columns: Sequence[Sequence[str | None]]) -> pa.RecordBatch:
    """Cells, column by column, as rows from a number on."""
    rows = pa.array(range(first_row, first_row + len(columns[0])), pa.int32())
    return pa.record_batch([rows, *(blank_to_null(pa.array(cells, pa.string())) for cells in columns)], schema=schema)


def read_query_file(path: Path, into: Path) -> dict[str, Any]:
    """Write the cells as a raw sheet below the folder; its description. Raises Unreadable for one that is not ours."""
    with pa.OSFile(str(path)) as source:
        reader = pa.ipc.open_file(source)
        told = json.loads((reader.schema.metadata or {}).get(_MARK, b"null"))
        if told is None:
            raise Unreadable("The file is an Arrow file, not a spreadsheet. Export the table as CSV and import that.")
        letters, sheet = reader.schema.names[1:], into / "0.arrow"
        schema, rows = schema_of(letters), 0
        with pa.ipc.new_file(str(sheet), schema) as writer:
            for number in range(reader.num_record_batches):
                batch = reader.get_batch(number)
                rows += batch.num_rows
                writer.write_batch(pa.record_batch(batch.columns, schema=schema))
    write_marks(sheet, ())
    return {**told, "position": 0, "visible": True, "rows": rows, "letters": letters}
