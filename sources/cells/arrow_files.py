"""Raw sheets on disk: the Arrow file of the cells and, beside it, that of the marks."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from rollbook.rows.marks import MarkKind
from sources.raw_sheets import BATCH_ROWS, letter

Mark = tuple[int, str | None, MarkKind]


def schema_of(letters: Iterable[str]) -> pa.Schema:
    """`row` and one string column a letter."""
    return pa.schema([("row", pa.int32()), *((each, pa.string()) for each in letters)])


def write_marks(path: Path, marks: Iterable[Mark]) -> None:
    """The marks, in sheet order, as the Arrow file beside `path`."""
    kept = list(marks)
    table = pa.table(
        {
            "row": pa.array([row for row, _, _ in kept], pa.int64()),
            "column": pa.array([column for _, column, _ in kept], pa.string()),
            "kind": pa.array([kind for _, _, kind in kept], pa.string()),
        }
    )
    with pa.ipc.new_file(str(path.with_suffix(".marks")), table.schema) as writer:
        writer.write_table(table)


def write_batches(path: Path, width: int, batches: Iterable[pa.RecordBatch]) -> None:
    """The batches, cut or widened with blank columns to `width` letters."""
    schema = schema_of(map(letter, range(width)))
    with pa.ipc.new_file(str(path), schema) as writer:
        for batch in batches:
            blank = [pa.nulls(batch.num_rows, pa.string())] * (width + 1 - batch.num_columns)
            writer.write_batch(pa.record_batch([*batch.columns[: width + 1], *blank], schema=schema))


def blank_to_null(column: pa.Array) -> pa.Array:
    """The string column with null for every text that is empty or made of spaces."""
    import pyarrow.compute as pc

    empty = pc.or_(pc.equal(column, ""), pc.utf8_is_space(column))
    if not pc.any(empty).as_py():
        return column
    return pc.if_else(empty, pa.scalar(None, pa.string()), column)


class RecordStream:
    """Writes the records of a text file as they come; memory stays at one batch, however long the file.

    Blank records at the start and at the end are left out, and so are blank columns at the right.
    """

    def __init__(self, path: Path, shown: Callable[[pa.Array], pa.Array] | None = None) -> None:
        """Write to `path`; `shown` makes of a column's texts what a spreadsheet program shows."""
        self.path = path
        self._shown = shown
        self.rows = 0
        self.width = 0
        self._draft = path.with_suffix(".draft")
        self._drafts: list[tuple[Path, Any]] = []
        self._written_width = -1
        self._waiting = array("l")

    def add(self, lines: Sequence[int], records: Sequence[Sequence[str]]) -> None:
        """Records with the lines they start at, at most BATCH_ROWS; cells missing at the end are blank."""
        from itertools import zip_longest

        columns = [blank_to_null(pa.array(column, pa.string())) for column in zip_longest(*records)]
        if self._shown is not None:
            columns = [blank_to_null(self._shown(column)) for column in columns]
        filled = last_filled(columns)
        if not filled:
            self._waiting.extend(lines if self.rows else [])
            return
        columns = columns[:filled]
        self.width = max(self.width, filled)
        first, last = filled_rows(columns)
        self._write_waiting()
        start = 0 if self.rows else first
        rows = pa.array(lines[start : last + 1], pa.int32())
        self._write([rows, *(column.slice(start, last + 1 - start) for column in columns)])
        self._waiting.extend(lines[last + 1 :])

    def _write_waiting(self) -> None:
        for start in range(0, len(self._waiting), BATCH_ROWS):
            self._write([pa.array(self._waiting[start : start + BATCH_ROWS], pa.int32())])
        del self._waiting[:]

    def _write(self, arrays: list[pa.Array]) -> None:
        width = max(self._written_width, len(arrays) - 1)
        if width > self._written_width:
            self._open(width)
        blank = [pa.nulls(len(arrays[0]), pa.string())] * (width + 1 - len(arrays))
        self._drafts[-1][1].write_batch(pa.record_batch([*arrays, *blank], schema=schema_of(map(letter, range(width)))))
        self.rows += len(arrays[0])

    def _open(self, width: int) -> None:
        path = self._draft.with_suffix(f".draft{len(self._drafts)}")
        self._drafts.append((path, pa.ipc.new_file(str(path), schema_of(map(letter, range(width))))))
        self._written_width = width

    def finish(self, marks: Iterable[Mark]) -> None:
        """Close the files; where the sheet grew wider on its way, its pieces are written again as one."""
        for _, writer in self._drafts:
            writer.close()
        if len(self._drafts) == 1:
            self._drafts[0][0].rename(self.path)
        else:
            write_batches(self.path, self.width, self._pieces())
        write_marks(self.path, marks)

    def _pieces(self) -> Iterator[pa.RecordBatch]:
        for path, _ in self._drafts:
            with pa.memory_map(str(path)) as source:
                reader = pa.ipc.open_file(source)
                for index in range(reader.num_record_batches):
                    yield reader.get_batch(index)
            path.unlink()


def last_filled(columns: Sequence[pa.Array]) -> int:
    """How many columns remain without the blank ones at the right."""
    return max((index + 1 for index, column in enumerate(columns) if column.null_count < len(column)), default=0)


def filled_rows(columns: Sequence[pa.Array]) -> tuple[int, int]:
    """The first and the last row, 0-based, that hold anything; at least one does."""
    import pyarrow.compute as pc

    first, last = len(columns[0]), -1
    for column in columns:
        if column.null_count == len(column):
            continue
        filled = pc.indices_nonzero(column.is_valid())
        first, last = min(first, filled[0].as_py()), max(last, filled[-1].as_py())
    return first, last
