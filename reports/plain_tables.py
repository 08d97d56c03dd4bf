"""Tables and lines for the terminal that stay readable when they are piped into a file."""

from collections.abc import Iterable, Sequence
from typing import IO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

# A pipe has no width: wide enough that no path is broken, narrow enough to read.
PIPED_WIDTH = 120
_INDENT = 2
_CONTROL = {code: 0x2400 + code for code in range(32) if code not in (9, 10)} | {127: 0x2421}


def console_for(file: IO[str] | None = None, *, error: bool = False) -> Console:
    """A console on standard output (or `file`); without a terminal it writes no colours and is PIPED_WIDTH wide."""
    console = Console(file=file, stderr=error, highlight=False, emoji=False)
    if console.is_terminal:
        return console
    return Console(file=file, stderr=error, highlight=False, emoji=False, width=PIPED_WIDTH, color_system=None)


def heading(console: Console, text: str) -> None:
    """A blank line and a heading."""
    console.print()
    console.print(Text(text, style="bold"))


def lines(console: Console, texts: Iterable[str], *, indent: int = 2, style: str = "") -> None:
    """Lines, never broken: a path or a command must be there to copy."""
    for line in (line for text in texts for line in text.splitlines()):
        console.print(Text(" " * indent + visible(line), style=style), soft_wrap=True)


def table(console: Console, headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table without lines; numbers stand to the right with thousands separators, long texts wrap in their column."""
    grid = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), show_header=any(headers), header_style="dim")
    cells = [list(row) for row in rows]
    for position, header in enumerate(headers):
        numeric = any(isinstance(row[position], int) for row in cells)
        last = position == len(headers) - 1
        grid.add_column(header, justify="right" if numeric else "left", overflow="fold", no_wrap=not last)
    for row in cells:
        grid.add_row(*(Text(_shown(cell)) for cell in row))
    with console.capture() as captured:
        console.print(Padding(grid, (0, 0, 0, _INDENT), expand=False))
    console.file.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def visible(text: str) -> str:
    """The text with control characters as their pictures: a cell or a file's name must not command the terminal."""
    return text if text.isprintable() else text.translate(_CONTROL).encode("utf-8", "replace").decode()


def _shown(cell: object) -> str:
    if cell is None:
        return ""
    return f"{cell:,}" if isinstance(cell, int) else visible(str(cell))
