"""Columns that grow cell by cell, where cells may be far from each other."""

from collections.abc import Sequence

import pyarrow as pa

from sources.raw_sheets import BATCH_ROWS


class GrowingColumn:
    """The texts of one column; memory is that of the texts, not of Python's objects for them."""

    def __init__(self) -> None:
        self._chunks: list[pa.Array] = []
        self._cells: list[str | None] = []
        self._next = 0

    def put(self, row: int, text: str) -> bool:
        """Add the cell of a row, 0-based, below those that are there; False where it is not below them."""
        gap = row - self._next
        if gap < 0:
            return False
        if gap > BATCH_ROWS:
            self._flush([pa.nulls(gap, pa.string())])
        elif gap:
            self._cells.extend([None] * gap)
        self._cells.append(text)
        self._next = row + 1
        if len(self._cells) >= BATCH_ROWS:
            self._flush()
        return True

    def holds(self, row: int) -> bool:
        """Is the cell of a row, 0-based, there already?"""
        for chunk in self._chunks:
            if row < len(chunk):
                return bool(chunk[row].is_valid)
            row -= len(chunk)
        return row < len(self._cells) and self._cells[row] is not None

    def finish(self) -> pa.Array:
        """The column from the first row to the last that was put."""
        self._flush()
        return pa.concat_arrays(self._chunks)

    def _flush(self, more: Sequence[pa.Array] = ()) -> None:
        self._chunks += [pa.array(self._cells, pa.string()), *more]
        self._cells = []
