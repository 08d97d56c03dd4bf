"""Tables and lines for the terminal that stay readable when they are piped into a file."""

import re
from collections.abc import Iterable, Sequence
from typing import IO, Literal

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rollbook.commands import program

# A pipe has no width: wide enough that no path is broken, narrow enough to read.
PIPED_WIDTH = 120
_INDENT = 2
_GAP, _NARROW_GAP = 3, 2
# A column of texts is not made narrower than this.
_NARROWEST = 24
# What stands between backticks is one.
_WORD = re.compile(r"\S*`[^`]*`\S*|\S+")
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
    """Lines; on a terminal broken between words only.

    A command that ends a line has the next one to itself and is never broken, nor is one between backticks: they are
    there to copy.
    """
    for line in (visible(line) for text in texts for line in text.splitlines()):
        before, command = _with_its_command(line)
        room = max(console.width - indent, _NARROWEST) if console.is_terminal else None
        for part in _broken(before, room) if before else []:
            console.print(Text(" " * indent + part, style=style), soft_wrap=True)
        if command:
            console.print(Text(" " * (indent + _INDENT * bool(before)) + command, style=style), soft_wrap=True)


def _with_its_command(line: str) -> tuple[str, str]:
    """A line as what stands before the command that ends it, and that command."""
    found = re.search(rf"(?:^|(?<=: )){re.escape(program())} [a-z].*$", line)
    return (line[: found.start()].rstrip(), found[0]) if found else (line, "")


def _broken(text: str, room: int | None) -> list[str]:
    """The text in lines of at most `room` cells of the terminal; a word that is longer has a line of its own."""
    if room is None:
        return [text]
    broken: list[str] = []
    before = " " * (len(text) - len(text.lstrip(" ")))
    for word in _WORD.findall(text):
        if broken and cell_len(broken[-1]) + 1 + cell_len(word) <= room - len(before):
            broken[-1] += f" {word}"
        else:
            broken.append(word)
    return [f"{before}{part}" for part in broken]


def table(
    console: Console, headers: Sequence[str], rows: Iterable[Sequence[object]], *, cut_last: bool = False
) -> None:
    """A table without lines, in which no cell is broken within a word.

    Numbers stand to the right with thousands separators. The texts of the last column wrap, or are cut (`cut_last`).
    Where it does not fit beside the others, it stands below them; where they do not fit either, a line holds a cell.
    """
    given = [list(row) for row in rows]
    cells = [[_shown(cell) for cell in row] for row in given]
    numeric = [any(isinstance(row[at], int) for row in given) for at in range(len(headers))]
    widths = _widths(headers, cells)
    last = min(widths[-1], _NARROWEST) if cut_last else _longest_word([headers[-1], *(row[-1] for row in cells)])
    room = console.width - _INDENT
    beside = room - sum(widths[:-1]) - _GAP * (len(widths) - 1)
    is_beside = last <= beside
    if cut_last:
        cells = [[*row[:-1], _cut(row[-1], beside if is_beside else room - 2 * _INDENT)] for row in cells]
    if is_beside:
        _write_lines(console, _grid(console, headers, cells, numeric, gap=_GAP))
    elif sum(widths[:-1]) + _NARROW_GAP * (len(widths) - 2) <= room:
        grid = _grid(console, headers[:-1], [row[:-1] for row in cells], numeric, gap=_NARROW_GAP)
        _write_lines(console, grid[: any(headers)])
        for line, row in zip(grid[any(headers) :], cells, strict=True):
            _write_lines(console, [line])
            lines(console, [row[-1]], indent=3 * _INDENT)
    else:
        for row in cells:
            named = zip(headers[1:], row[1:], strict=True)
            lines(console, [row[0]], indent=_INDENT)
            lines(console, [f"{header}: {cell}" for header, cell in named if cell], indent=3 * _INDENT)


def _grid(
    console: Console,
    headers: Sequence[str],
    cells: Sequence[Sequence[str]],
    numeric: Sequence[bool],
    *,
    gap: int,
) -> list[str]:
    """The lines of the table, as the console shows them; the last column wraps."""
    widths = _widths(headers, cells)
    grid = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), show_header=any(headers), header_style="dim")
    for at, header in enumerate(headers):
        justify: Literal["left", "right"] = "right" if numeric[at] else "left"
        least = widths[at] if at < len(widths) - 1 else None
        grid.add_column(header, justify=justify, overflow="fold", no_wrap=least is not None, min_width=least)
    for row in cells:
        grid.add_row(*map(Text, row))
    with console.capture() as captured:
        console.print(Padding(grid, (0, 0, 0, _INDENT), expand=False))
    return captured.get().splitlines()


def _write_lines(console: Console, texts: Iterable[str]) -> None:
    console.file.write("".join(f"{line.rstrip()}\n" for line in texts))


def _cut(text: str, room: int) -> str:
    line = Text(text)
    line.truncate(room, overflow="ellipsis")
    return line.plain


def _widths(headers: Sequence[str], cells: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(cell_len, texts)) for texts in zip(headers, *cells, strict=True)]


def _longest_word(texts: Iterable[str]) -> int:
    return max((cell_len(word) for text in texts for word in text.split()), default=0)


def visible(text: str) -> str:
    """The text with control characters as their pictures: a cell or a file's name must not command the terminal."""
    return text if text.isprintable() else text.translate(_CONTROL).encode("utf-8", "replace").decode()


def _shown(cell: object) -> str:
    if cell is None:
        return ""
    return f"{cell:,}" if isinstance(cell, int) else visible(str(cell))
