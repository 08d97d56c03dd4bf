"""How many cells each line of a text file has: once its header is known, lines with fewer stand out."""

from array import array
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa


class LineWidths:
    """Keeps runs of lines with as many cells: one run where all are alike, at most 8 bytes a line."""

    def __init__(self) -> None:
        self._rows = array("i")
        self._cells = array("i")
        self._last = -1

    def add(self, lines: Sequence[int], records: Sequence[Sequence[str]]) -> None:
        """The next records, with the lines at which they start; blank lines interrupt no run."""
        widths = list(map(len, records))
        if widths.count(self._last) == len(widths):
            return
        for line, cells in zip(lines, widths, strict=True):
            if cells and cells != self._last:
                self._rows.append(line)
                self._cells.append(cells)
                self._last = cells

    def write(self, path: Path) -> None:
        """The Arrow file beside `path`: `row` (int32), the first line of a run, and `cells` (int32) of its lines."""
        table = pa.table({"row": pa.array(self._rows, pa.int32()), "cells": pa.array(self._cells, pa.int32())})
        with pa.ipc.new_file(str(path.with_suffix(".widths")), table.schema) as writer:
            writer.write_table(table)
