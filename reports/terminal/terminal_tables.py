"""Tables and lines for the terminal that stay readable when they are piped into a file."""

import re
from collections.abc import Iterable, Sequence
from typing import IO, Literal

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rollbook.commands import split_command

# A pipe has no width: wide enough that no path is broken, narrow enough to read.
PIPED_WIDTH = 120
_INDENT = 2
_GAP, _NARROW_GAP = 3, 2
# A column of texts is not made narrower than this.
_NARROWEST = 24
# What stands between backticks is one.
_WORD = re.compile(r"[^ ]*`[^`]*`[^ ]*|[^ ]+")
# Stands for a space within a name: a character that no text has, for Unicode leaves it to programs.
_NO_BREAK = "\ue000"
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
    there to copy. Names that are `unbroken` are whole too.
    """
    for line in (visible(line) for text in texts for line in text.splitlines()):
        before, command = split_command(line)
        room = max(console.width - indent, _NARROWEST) if console.is_terminal else None
        for part in _broken(before, room) if before else []:
            console.print(Text(" " * indent + part, style=style), soft_wrap=True)
        if command:
            console.print(Text(" " * (indent + _INDENT * bool(before)) + command, style=style), soft_wrap=True)


def unbroken(name: str) -> str:
    """A path or name with spaces, so that `lines` does not break it."""
    return name.replace(" ", _NO_BREAK)


def _broken(text: str, room: int | None) -> list[str]:
    """The text in lines of at most `room` cells of the terminal; a word that is longer has a line of its own."""
    if room is None:
        return [text.replace(_NO_BREAK, " ")]
    broken: list[str] = []
    before = " " * (len(text) - len(text.lstrip(" ")))
    for word in _WORD.findall(text):
        if broken and cell_len(broken[-1]) + 1 + cell_len(word) <= room - len(before):
            broken[-1] += f" {word}"
        else:
            broken.append(word)
    return [f"{before}{part}".replace(_NO_BREAK, " ") for part in broken]


def table(
    console: Console, headers: Sequence[str], rows: Iterable[Sequence[object]], *, cut_last: bool = False
) -> None:
    """A table without lines, in which no cell is broken within a word; the more important columns stand first.

    Numbers stand to the right with thousands separators. The texts of the last column wrap, or are cut between words
    (`cut_last`). Columns for which a terminal has no room stand below the others, each with its header.
    """
    given = [list(row) for row in rows]
    cells = [[_shown(cell) for cell in row] for row in given]
    numeric = [any(isinstance(row[at], int) for row in given) for at in range(len(headers))]
    room = console.width - _INDENT
    beside = _beside(headers, cells, room, cut_last=cut_last)
    if cut_last:
        left = room - sum(_widths(headers, cells)[:-1]) - _GAP * (len(headers) - 1)
        cells = [[*row[:-1], _cut(row[-1], left if beside == len(headers) else room - 2 * _INDENT)] for row in cells]
    gap = _GAP if beside == len(headers) else _NARROW_GAP
    grid = _grid(console, headers[:beside], [row[:beside] for row in cells], numeric, gap=gap)
    if beside == len(headers):
        _write_lines(console, grid)
        return
    _write_lines(console, grid[: any(headers[:beside])] if beside > 1 else [])
    for line, row in zip(grid[any(headers[:beside]) :], cells, strict=True):
        _write_lines(console, [line])
        lines(console, _below(headers[beside:], row[beside:]), indent=3 * _INDENT)


def _beside(headers: Sequence[str], cells: Sequence[Sequence[str]], room: int, *, cut_last: bool) -> int:
    """How many columns stand beside each other: all where the last has room for its words, at least the first."""
    widths = _widths(headers, cells)
    last = [headers[-1], *(row[-1] for row in cells)]
    words = [text.split(" ", 1)[0] for text in last] if cut_last else [word for text in last for word in text.split()]
    least = max([min(widths[-1], _NARROWEST) if cut_last else 0, *map(cell_len, words)])
    if sum(widths[:-1]) + least + _GAP * (len(headers) - 1) <= room:
        return len(headers)
    fitting = [number for number in range(1, len(headers)) if sum(widths[:number]) + _NARROW_GAP * (number - 1) <= room]
    return max(fitting, default=1)


def _below(headers: Sequence[str], cells: Sequence[str]) -> list[str]:
    """The cells for which there is no room beside the others; the last column alone needs no header."""
    named = [(header, cell) for header, cell in zip(headers, cells, strict=True) if cell]
    return [cell if len(headers) == 1 or not header else f"{header}: {cell}" for header, cell in named]


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
        least = widths[at] if at < len(widths) - 1 or len(widths) < len(numeric) else None
        grid.add_column(header, justify=justify, overflow="fold", no_wrap=least is not None, min_width=least)
    for row in cells:
        grid.add_row(*map(Text, row))
    with console.capture() as captured:
        console.print(Padding(grid, (0, 0, 0, _INDENT), expand=False))
    return captured.get().splitlines()


def _write_lines(console: Console, texts: Iterable[str]) -> None:
    console.file.write("".join(f"{line.rstrip()}\n" for line in texts))


def _cut(text: str, room: int) -> str:
    """The words of a text for which there is room, at least the first."""
    if cell_len(text) <= room:
        return text
    kept, *words = text.split(" ")
    for word in words:
        if cell_len(f"{kept} {word} …") > room:
            break
        kept += f" {word}"
    return f"{kept.removesuffix(' |')} …"


def _widths(headers: Sequence[str], cells: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(cell_len, texts)) for texts in zip(headers, *cells, strict=True)]


def visible(text: str) -> str:
    """The text with control characters as their pictures: a cell or a file's name must not command the terminal."""
    return text if text.isprintable() else text.translate(_CONTROL).encode("utf-8", "replace").decode()


def _shown(cell: object) -> str:
    if cell is None:
        return ""
    return f"{cell:,}" if isinstance(cell, int) else visible(str(cell)).replace("\n", " ").replace("\t", " ")
