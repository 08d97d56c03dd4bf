"""What reading gives: raw sheets, each an Arrow file on disk that is mapped into memory where it is needed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

MarkKind = Literal["error", "imprecise", "ragged"]
BATCH_ROWS = 50_000


@dataclass(frozen=True)
class Limits:
    """What reading one file may take: memory above the start of the child process in MiB, and wall time in seconds."""

    memory_mib: int = 2048
    seconds: int = 300


@dataclass(frozen=True)
class RawSheet:
    """One sheet of a file as it stands there.

    position: 0-based among the file's sheets, hidden ones and charts counted.
    arrow: Arrow IPC file; columns `row` (int32, the number that a spreadsheet program shows, for text the line at
        which the record starts) and one string column a letter; blank cells are null; blank rows inside are kept.
    rows: rows in it.
    letters: the sheet's columns, in order, without a gap.
    """

    name: str
    position: int
    visible: bool
    arrow: Path
    rows: int
    letters: tuple[str, ...]
    from_workbook: bool

    def table(self) -> pa.Table:
        """The whole sheet, mapped and not copied."""
        import pyarrow as pa

        with pa.memory_map(str(self.arrow)) as source:
            return pa.ipc.open_file(source).read_all()

    def part(self, first: int, last: int) -> pd.DataFrame:
        """The rows numbered `first` to `last`, both included: columns `row` (int64) and the letters (str)."""
        import pandas as pd
        import pyarrow.compute as pc

        table = self.table()
        rows = table.column("row")
        start = int(pc.sum(pc.less(rows, first)).as_py() or 0)
        stop = int(pc.sum(pc.less_equal(rows, last)).as_py() or 0)
        frame: pd.DataFrame = table.slice(start, max(stop - start, 0)).to_pandas()
        return frame.astype({"row": "int64", **dict.fromkeys(self.letters, pd.StringDtype(na_value=float("nan")))})

    @cached_property
    def marks(self) -> pd.DataFrame:
        """What the text does not show: `row` int64, `column` str (letter; missing: the whole line), `kind` str.

        kind: `error` (an error cell, or a formula that was saved without its value), `imprecise` (a number of more
        than 15 digits), `ragged` (a line with more or fewer cells than the others).
        """
        import pyarrow as pa

        with pa.memory_map(str(self.arrow.with_suffix(".marks"))) as source:
            frame: pd.DataFrame = pa.ipc.open_file(source).read_all().to_pandas()
        return frame.astype({"row": "int64", "column": "str", "kind": "str"})


@dataclass(frozen=True)
class ReadFile:
    """A file that was read: its sheets, or the code and the one-line message of why not.

    encoding, delimiter: of a text file, as found.
    """

    sheets: tuple[RawSheet, ...] = ()
    code: str | None = None
    message: str | None = None
    encoding: str | None = None
    delimiter: str | None = None


def letter(index: int) -> str:
    """The letter of a 0-based column: A to Z, then AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """The 0-based column of a letter."""
    index = 0
    for character in letters:
        index = index * 26 + ord(character) - 64
    return index - 1
