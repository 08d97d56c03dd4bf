"""Which character stands between the cells of a text file."""

import csv
import re
from collections.abc import Iterable

DELIMITERS = (",", ";", "\t", "|")
# Taken only where one of them splits all lines alike, and no usual one does.
_RARE = ("^", "~", "¦", "§", "\x1f", "\x01")
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
