"""Which character stands between the cells of a text file."""

import csv
import re
from collections.abc import Iterable, Sequence

DELIMITERS = (",", ";", "\t", "|")
# Taken only where one of them splits all lines alike, and no usual one does.
_RARE = ("^", "~", "¦", "§", "\x1f", "\x01")
# What may stand where lines end, and how many lines show that it does: in a header, three points are what they are.
_ODD_ENDS = {
    **dict.fromkeys("\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029", 2),
    **dict.fromkeys(("\\r\\n", "\\n", "\u2026"), 3),
}
_READ_OF_LINE = 100_000
# What a spreadsheet program obeys at the head of a file, and saves again with the other cells of the line left blank.
_DECLARED = re.compile(r'[\ufeff"]*sep=(.)"?\1*\s*', re.IGNORECASE)


def delimiter_of(lines: Iterable[str]) -> tuple[str, int]:
    """The delimiter, and how many lines at the start only declare it (`sep=;`, which spreadsheet programs obey).

    The one under which the most lines have as many cells as a line beside them wins, then the one with the most
    cells: title lines hold none of it, and a comma inside names or numbers is not in the header.
    """
    sample = list(lines)
    if sample and (found := _DECLARED.fullmatch(sample[0])):
        return found[1], 1
    usual, rare = (max(kind, key=lambda delimiter: _agreement(sample, delimiter)) for kind in (DELIMITERS, _RARE))
    splits = {delimiter: _agreement(sample, delimiter)[0] for delimiter in (usual, rare)}
    lines_at_all = sum(bool(line.strip()) for line in sample)
    return (rare if splits[rare] == lines_at_all > splits[usual] else usual), 0


def odd_line_end(lines: Sequence[str]) -> str | None:
    """What stands between the lines of a text that has no line breaks: a line separator, a code of one, three points.

    lines: as they begin the file. Each of the parts has as many cells as the one beside it.
    """
    text = lines[0][:_READ_OF_LINE] if len(lines) == 1 else ""
    for mark, fewest in _ODD_ENDS.items():
        parts = [part for part in text.split(mark) if part.strip()] if mark in text else []
        if len(parts) >= fewest and max(_agreement(parts, x)[0] for x in DELIMITERS) >= len(parts) - 1:
            return mark
    return None


def quote_of(lines: Iterable[str], delimiter: str) -> str:
    """The character around texts: an apostrophe where every line begins and ends with one and has them around cells."""
    filled = [text for line in lines if (text := line.strip("\ufeff\r\n "))]
    quoted = all(text[0] == text[-1] == "'" and f"'{delimiter}'" in text for text in filled)
    return "'" if len(filled) > 1 and quoted else '"'


def _agreement(lines: list[str], delimiter: str) -> tuple[int, int]:
    try:
        widths = [len(record) for record in csv.reader(lines, delimiter=delimiter) if record]
    except csv.Error:
        return 0, 0
    beside = zip(widths, [0, *widths], [*widths[1:], 0], strict=False)
    agreeing = sum(width > 1 and width in (before, after) for width, before, after in beside)
    return agreeing, sum(widths) - len(widths)
