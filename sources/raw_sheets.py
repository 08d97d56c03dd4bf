"""What reading gives: raw sheets, each an Arrow file on disk of which only what is asked for comes into memory."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from rollbook.text.letters import column_letter, column_number
from rollbook.text_form import TextForm

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

BATCH_ROWS = 50_000
# The column of the rows' numbers, beside those of the letters.
ROW = "row"


@dataclass(frozen=True)
class ReadingLimits:
    """What reading one file may take: memory above the start of the child process in MiB, and wall time in seconds."""

    memory_mib: int = 2048
    seconds: int = 300


@dataclass(frozen=True)
class SheetRows:
    """A raw sheet's rows, or some of them, read from disk a batch at a time whenever they are looked at.

    It answers as a `pa.Table` does, as far as planning asks. A table of a mapped file would keep every page that was
    looked at in memory; of this, nothing stays.
    path: the Arrow IPC file. columns: all that it has. column_names: those that are read. bounds: the place at which
    each of the file's batches begins, and the end. first, num_rows: which rows.
    """

    path: Path
    columns: Sequence[str]
    column_names: list[str]
    bounds: Sequence[int]
    first: int
    num_rows: int

    def __len__(self) -> int:
        return self.num_rows

    def select(self, columns: Sequence[str]) -> SheetRows:
        """The same rows, of these columns only."""
        return replace(self, column_names=list(columns))

    def slice(self, offset: int, length: int | None = None) -> SheetRows:
        """At most `length` of the rows, from the one at `offset` on."""
        start = min(offset, self.num_rows)
        rest = self.num_rows - start
        return replace(self, first=self.first + start, num_rows=rest if length is None else min(length, rest))

    def to_batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, batch by batch."""
        import pyarrow as pa

        end = self.first + self.num_rows
        with pa.OSFile(str(self.path)) as source:
            reader = _reader(source, self.columns, self.column_names)
            for number, (start, stop) in enumerate(pairwise(self.bounds)):
                begin, until = max(self.first, start), min(end, stop)
                if begin < until:
                    batch = reader.get_batch(number).select(self.column_names)
                    yield batch.slice(begin - start, until - begin)

    def to_table(self) -> pa.Table:
        """The rows, in memory."""
        import pyarrow as pa

        schema = pa.schema([(name, pa.int32() if name == ROW else pa.string()) for name in self.column_names])
        return pa.Table.from_batches(list(self.to_batches()), schema)


def _reader(source: pa.NativeFile, columns: Sequence[str], wanted: Sequence[str]) -> pa.ipc.RecordBatchFileReader:
    """Of some of a file's columns."""
    import pyarrow as pa

    included = [columns.index(name) for name in wanted]
    return pa.ipc.open_file(source, options=pa.ipc.IpcReadOptions(included_fields=included))


@dataclass(frozen=True)
class RawSheet:
    """One sheet of a file as it stands there.

    position: 0-based among the file's sheets, hidden ones and charts counted.
    arrow: Arrow IPC file; columns `row` (int32, the number that a spreadsheet program shows, for text the line at
        which the record starts) and one string column a letter; blank cells are null; blank rows inside are kept,
        of more than 10,000 beside each other only the first is.
    rows: rows in it.
    letters: the sheet's columns, in order; of many blank columns beside each other the inner ones are left out.
    form: of a text file, as it was read. key: of what a query found, the letters of the columns of its key.
    """

    name: str
    position: int
    visible: bool
    arrow: Path
    rows: int
    letters: tuple[str, ...]
    from_workbook: bool
    form: TextForm | None = None
    key: tuple[str, ...] = ()

    def table(self) -> pa.Table:
        """The whole sheet, mapped and not copied."""
        import pyarrow as pa

        with pa.memory_map(str(self.arrow)) as source:
            return pa.ipc.open_file(source).read_all()

    def by_batches(self) -> SheetRows:
        """The whole sheet, read from disk as it is looked at."""
        _, bounds = self._batches
        return SheetRows(self.arrow, self._columns, list(self._columns), bounds, 0, bounds[-1])

    def part(self, first: int, last: int) -> pd.DataFrame:
        """The rows numbered `first` to `last`, both included: columns `row` (int64) and the letters (str)."""
        import pandas as pd
        import pyarrow.compute as pc

        numbers, bounds = self._batches
        start, stop = bounds[max(bisect_right(numbers, first) - 1, 0)], bounds[bisect_right(numbers, last)]
        table = self.by_batches().slice(start, max(stop - start, 0)).to_table()
        wanted = pc.and_(pc.greater_equal(table.column("row"), first), pc.less_equal(table.column("row"), last))
        frame: pd.DataFrame = table.filter(wanted).to_pandas()
        return frame.astype({"row": "int64", **dict.fromkeys(self.letters, pd.StringDtype(na_value=float("nan")))})

    @property
    def _columns(self) -> tuple[str, ...]:
        return (ROW, *self.letters)

    @cached_property
    def _batches(self) -> tuple[list[int], list[int]]:
        """The number of each batch's first row; the place of it in the sheet, and the sheet's end."""
        import pyarrow as pa

        numbers, bounds = [], [0]
        with pa.OSFile(str(self.arrow)) as source:
            reader = _reader(source, self._columns, [ROW])
            for number in range(reader.num_record_batches):
                rows = reader.get_batch(number).column("row")
                numbers.append(rows[0].as_py() if len(rows) else 0)
                bounds.append(bounds[-1] + len(rows))
        return numbers, bounds

    @cached_property
    def line_widths(self) -> pd.DataFrame:
        """How many cells the lines of a text file have: `row` (the first line of a run), `cells`, int32."""
        import pandas as pd
        import pyarrow as pa

        if self.form is None:
            return pd.DataFrame({"row": [], "cells": []}, dtype="int32")
        with pa.memory_map(str(self.arrow.with_suffix(".widths"))) as source:
            frame: pd.DataFrame = pa.ipc.open_file(source).read_all().to_pandas()
        return frame

    @cached_property
    def marks(self) -> pd.DataFrame:
        """What the text does not show: `row` int64, `column` str (letter; missing: the whole line), `kind` str.

        kind: as `rollbook.rows.marks` names them.
        """
        import pyarrow as pa

        with pa.memory_map(str(self.arrow.with_suffix(".marks"))) as source:
            frame: pd.DataFrame = pa.ipc.open_file(source).read_all().to_pandas()
        return frame.astype({"row": "int64", "column": "str", "kind": "str"})


@dataclass(frozen=True)
class ReadFile:
    """A file that was read: its sheets, or the code and the one-line message of why not.

    form: of a text file, as it was read. properties: what a failed-rows workbook says of itself (rollbook.returned), as
    far as it kept that. sha256: of a file of an archive, that of its content as it was read.
    """

    sheets: tuple[RawSheet, ...] = ()
    code: str | None = None
    message: str | None = None
    form: TextForm | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    sha256: str | None = None


@dataclass(frozen=True)
class Member:
    """A file of an archive. name: its path in there, with `/`. size: in bytes. sha256: of its content, in hex."""

    name: str
    size: int
    sha256: str


def letter(index: int) -> str:
    """The letter of a 0-based column."""
    return column_letter(index + 1)


def column_index(letters: str) -> int:
    """The 0-based column of a letter."""
    return column_number(letters) - 1
