"""Which lines of a text file are ragged: they have more or fewer cells than the table in which they stand.

Which line is the header is not known here, so the rule goes by the lines themselves:

- Lines between blank ones form a block. The block's width is that of its first line that is not narrower than the
  most common width of the block's first 1,000 lines: that line is the header, or the first record. What stands above
  it is titles, and never ragged.
- A line with cells beyond the block's width is ragged; blank cells at its end do not count. A line with fewer cells
  is ragged, unless most lines of the block are: then its writer leaves out blank cells at the end.
- Three or more lines of one other width that the block does not return from are a table of their own.
- A single line between blank ones is a title or a note, ragged only where it is wider than the table before it.
"""

from array import array
from collections import Counter
from collections.abc import Sequence

_LOOK = 1000
_TABLE = 3


class RaggedLines:
    """Takes the lines as they come and keeps the numbers of those that are ragged, in bounded memory otherwise."""

    def __init__(self) -> None:
        self.found = array("l")
        self._width = 0
        self._short_is_fine = False
        self._block: list[tuple[int, int, int]] | None = []
        self._astray: list[tuple[int, int, int]] = []

    def add(self, lines: Sequence[int], records: Sequence[Sequence[str]]) -> None:
        """The next records, with the lines at which they start."""
        if self._fits_throughout(records):
            return
        for line, record in zip(lines, records, strict=True):
            cells = len(record)
            filled = cells
            while filled and not record[filled - 1]:
                filled -= 1
            if filled:
                self._take(line, filled, cells)
            else:
                self._end_block()

    def finish(self) -> list[int]:
        """The numbers of the ragged lines, ascending."""
        self._end_block()
        return sorted(self.found)

    def _fits_throughout(self, records: Sequence[Sequence[str]]) -> bool:
        if self._block is not None or self._astray:
            return False
        return set(map(len, records)) == {self._width}

    def _take(self, line: int, filled: int, cells: int) -> None:
        if self._block is not None:
            self._block.append((line, filled, cells))
            if len(self._block) >= _LOOK:
                self._settle()
        elif self._fits(filled, cells):
            self._return_from_astray()
        else:
            self._astray.append((line, filled, cells))
            if len(self._astray) >= _LOOK:
                self._begin_again()

    def _fits(self, filled: int, cells: int) -> bool:
        return filled <= self._width and (cells >= self._width or self._short_is_fine)

    def _settle(self) -> None:
        """Decide the block's width by its first lines, and judge them."""
        block, self._block = self._block or [], None
        common = Counter(cells for _, _, cells in block).most_common(1)[0][0]
        filled_most = Counter(filled for _, filled, _ in block).most_common(1)[0][0]
        start = next((at for at, (_, _, cells) in enumerate(block) if cells >= common), 0)
        header = block[start]
        self._width = header[2] if header[2] == common else max(header[1], filled_most)
        self._short_is_fine = common < self._width
        for line, filled, cells in block[start:]:
            self._take(line, filled, cells)

    def _return_from_astray(self) -> None:
        if self._astray:
            self.found.extend(line for line, _, _ in self._astray)
            self._astray = []

    def _begin_again(self) -> None:
        self._block, self._astray = self._astray, []
        self._settle()

    def _end_block(self) -> None:
        if self._block is not None and len(self._block) == 1:
            self.found.extend(line for line, filled, _ in self._block if 1 < self._width < filled)
            self._block = []
            return
        if self._block:
            self._settle()
        tail = self._astray
        if tail and not (len(tail) >= _TABLE and len({cells for _, _, cells in tail}) == 1):
            self.found.extend(line for line, _, _ in tail)
        self._astray = []
        self._block = []
