"""A sheet of a workbook on its way to disk: what the parser gave, and what the file says beyond it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import reduce
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from rollbook.rows.marks import MarkKind
from sources.cells.arrow_files import Mark, blank_to_null, filled_rows, schema_of, write_marks
from sources.cells.text_tricks import as_shown
from sources.raw_sheets import BATCH_ROWS, letter

Place = tuple[int, int]
# So many blank columns may stand between columns of one sheet; its part beyond them is not a neighbor any more.
_MOST_BLANK = 50
# So many blank rows are no part of a table.
_MANY_ROWS = 10_000


class Merge(NamedTuple):
    """A merged range, 0-based, ends included."""

    top: int
    left: int
    bottom: int
    right: int


def first_repeated(cells: Callable[[], Iterable[tuple[Place, bool]]]) -> Place | None:
    """The first place at which a cell follows one that holds something; cells: places, and whether they hold something.

    Programs write the cells of a sheet in order, and nothing need be kept of these.
    """
    last = (-1, -1)
    for place, _ in cells():
        if place <= last:
            break
        last = place
    else:
        return None
    filled: dict[Place, bool] = {}
    for place, is_filled in cells():
        if filled.get(place):
            return place
        filled[place] = is_filled
    return None


@dataclass
class Draft:
    """A sheet before it is written. Rows and columns count from 0 at A1.

    columns: column -> its text, all of one length.
    texts: column -> row -> the text to show instead of the parser's (number formats, error cells).
    marks: (row, column) -> kind.
    """

    name: str
    position: int
    visible: bool
    columns: dict[int, Any] = field(default_factory=dict)
    texts: dict[int, dict[int, str]] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)
    marks: dict[Place, MarkKind] = field(default_factory=dict)

    def show(self, row: int, column: int, text: str) -> None:
        """Let the cell read `text`."""
        self.texts.setdefault(column, {})[row] = text

    def show_uncalculated(self, row: int, column: int) -> None:
        """Let the cell be an error: a formula, of which the file keeps a coded form only, that nobody calculated."""
        self.show(row, column, "=…")
        self.marks[row, column] = "error"


def write_draft(draft: Draft, folder: Path) -> dict[str, Any]:
    """Write the sheet below the folder and describe it; the draft is used up, a column at a time."""
    path = folder / f"{draft.position}.arrow"
    columns = _shown(draft)
    _fill_merges(columns, draft)
    rows = _write(path, columns)
    write_marks(path, _marks(draft))
    described = {"name": draft.name, "position": draft.position, "visible": draft.visible}
    return {**described, "rows": rows, "letters": [letter(index) for index in columns]}


def _shown(draft: Draft) -> dict[int, pa.Array]:
    """The columns from A to the last that holds anything, all as long as the last row that does.

    Of many blank columns between two that hold something, a stray cell far away, only the first and the last are kept.
    """
    columns = {}
    for index in sorted(draft.columns.keys() | draft.texts.keys()):
        column = _replaced(draft.columns.pop(index, None), draft.texts.pop(index, {}))
        column = blank_to_null(_without_tricks(column, index, draft))
        if column.null_count < len(column):
            columns[index] = column
    height = 1 + max((filled_rows([column])[1] for column in columns.values()), default=-1)
    return {index: _of_height(columns.pop(index, None), height) for index in _kept(list(columns))}


def _without_tricks(column: pa.Array, index: int, draft: Draft) -> pa.Array:
    """The texts `="00123"` and `'00123` as 00123, as in a text file; a formula of that form keeps its own."""
    shown = as_shown(column)
    if shown is column:
        return column
    formulas = {row: column[row].as_py() for row, at in draft.marks if at == index and row < len(column)}
    return _replaced(shown, formulas)


def _kept(filled: list[int]) -> list[int]:
    """The columns to keep, in order, where these hold something."""
    kept: list[int] = []
    for before, index in pairwise([-1, *filled]):
        blank = range(before + 1, index)
        kept += [*(blank if len(blank) <= _MOST_BLANK else (blank[0], blank[-1])), index]
    return kept


def _of_height(column: pa.Array | None, height: int) -> pa.Array:
    if column is None or len(column) >= height:
        return pa.nulls(height, pa.string()) if column is None else column.slice(0, height)
    return pa.concat_arrays([column, pa.nulls(height - len(column), pa.string())])


def _replaced(column: Any, texts: dict[int, str]) -> pa.Array:
    if column is not None and not texts:
        return column if isinstance(column, pa.Array) else pa.array(column, pa.string())
    cells = [] if column is None else (column.to_pylist() if isinstance(column, pa.Array) else list(column))
    cells.extend([None] * (max(texts, default=-1) + 1 - len(cells)))
    for row, text in texts.items():
        cells[row] = text
    return pa.array(cells, pa.string())


def _write(path: Path, columns: dict[int, pa.Array]) -> int:
    """The rows from the first to the last that hold anything; the number of them."""
    schema = schema_of([letter(index) for index in columns])
    written = 0
    with pa.ipc.new_file(str(path), schema) as writer:
        for start, stop in _batches(list(columns.values())):
            rows = pa.array(range(start + 1, stop + 1), pa.int32())
            cells = [column.slice(start, stop - start) for column in columns.values()]
            writer.write_batch(pa.record_batch([rows, *cells], schema=schema))
            written += stop - start
    return written


def _batches(columns: list[pa.Array]) -> Iterator[tuple[int, int]]:
    """Where batches of rows begin and end; very many blank rows, as above a stray cell far below, are left out."""
    first, last = filled_rows(columns) if columns else (0, -1)
    starts, stops = [first], [last + 1]
    if columns and min(column.null_count for column in columns) > _MANY_ROWS:
        for above, below in _long_gaps(columns):
            stops.insert(-1, above + 2)
            starts.append(below)
    for begin, end in zip(starts, stops, strict=True):
        for start in range(begin, end, BATCH_ROWS):
            yield start, min(start + BATCH_ROWS, end)


def _long_gaps(columns: list[pa.Array]) -> Iterator[tuple[int, int]]:
    """The rows above and below each long run of blank rows, in order."""
    import pyarrow.compute as pc

    filled = reduce(pc.or_, (column.is_valid() for column in columns))
    rows = pc.indices_nonzero(filled).cast(pa.int64())
    for place in pc.indices_nonzero(pc.fill_null(pc.greater(pc.pairwise_diff(rows), _MANY_ROWS), False)).to_pylist():
        yield rows[place - 1].as_py(), rows[place].as_py()


def _marks(draft: Draft) -> Iterable[Mark]:
    return [(row + 1, letter(column), kind) for (row, column), kind in sorted(draft.marks.items())]


def _fill_merges(columns: dict[int, pa.Array], draft: Draft) -> None:
    """Give every cell of a merged range the text of its first one.

    A heading stays in its first cell alone: a range over several columns in whose rows nothing stands but such ranges
    (the title of the sheet, the titles of tables side by side, the upper line of a two-line header).
    """
    height, width = max(map(len, columns.values()), default=0), max(columns, default=-1) + 1
    merges = [_clipped(merge, height, width) for merge in draft.merges if merge.top < height and merge.left < width]
    headings = _rows_of_headings(columns, [merge for merge in merges if merge.right > merge.left])
    fills: dict[int, dict[int, str]] = {}
    for merge in merges:
        first, rows = columns.get(merge.left), range(merge.top, merge.bottom + 1)
        text = first[merge.top].as_py() if first is not None else None
        if text is None or (merge.right > merge.left and headings.issuperset(rows)):
            continue
        kind = draft.marks.get((merge.top, merge.left))
        for column in columns.keys() & range(merge.left, merge.right + 1):
            fills.setdefault(column, {}).update(dict.fromkeys(rows, text))
            draft.marks.update({(row, column): kind for row in rows} if kind else {})
    for column, texts in fills.items():
        columns[column] = _replaced(columns[column], texts)


def _clipped(merge: Merge, height: int, width: int) -> Merge:
    return Merge(merge.top, merge.left, min(merge.bottom, height - 1), min(merge.right, width - 1))


def _rows_of_headings(columns: dict[int, pa.Array], wide: list[Merge]) -> set[int]:
    """The rows in which nothing stands but ranges merged over several columns."""
    inside: dict[int, set[int]] = {}
    for merge in wide:
        for row in range(merge.top, merge.bottom + 1):
            inside.setdefault(row, set()).update(columns.keys() & range(merge.left, merge.right + 1))
    return {
        row
        for row, covered in inside.items()
        if not any(index not in covered and column[row].is_valid for index, column in columns.items())
    }
