"""What stands in text files beside the cells: marks of encodings and old systems, and what makes a number a text."""

import re

import pyarrow as pa

_BOM = "\ufeff"
# Files that were joined have a byte order mark before each header, at times behind its quotation mark.
_BOM_BEFORE = re.compile(rf'[{_BOM}"]*{_BOM}')
# DOS ended files with the first of them; programs that reserve room for a file fill it up with the other.
_FILE_ENDS = "\x1a\0"
# `="00123"` keeps a spreadsheet program from making a number of the text, and is shown without its wrapping.
_AS_TEXT = r'^="([^"]*)"$'
# So does an apostrophe before figures, or before a code of capitals and figures; 'n, 't Hooft and '90s keep theirs.
_APOSTROPHE = r"^'([0-9A-Z._/:,+-]*[0-9][0-9A-Z._/:,+-]*(?: [0-9:.]+)?)$"


def without_boms(lines: list[str]) -> list[str]:
    """The lines without byte order marks at their beginnings."""
    return [_BOM_BEFORE.sub(_without_bom, line, count=1) if _BOM in line[:4] else line for line in lines]


def without_end_mark(lines: list[str]) -> list[str]:
    """The last lines of a file without the end-of-file mark behind them."""
    rest = lines[-1].rstrip("\r\n").rstrip(_FILE_ENDS)
    if lines[-1].rstrip("\r\n") == rest:
        return lines
    return [*lines[:-1], rest] if rest else lines[:-1]


def _without_bom(found: re.Match[str]) -> str:
    return found[0].replace(_BOM, "") if found.start() == 0 else found[0]


def as_shown(column: pa.Array) -> pa.Array:
    """The cells of a column as a spreadsheet program shows them: of `="00123"` and `'00123` the text 00123."""
    import pyarrow.compute as pc

    for start, pattern in (('="', _AS_TEXT), ("'", _APOSTROPHE)):
        if pc.any(pc.starts_with(column, start)).as_py():
            column = pc.replace_substring_regex(column, pattern, r"\1")
    return column
