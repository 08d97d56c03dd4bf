"""The records of an .xls, for what its readers do not tell: formulas that nobody calculated, cells that come twice.

Layouts are those of [MS-XLS], section 2.4.
"""

import re
import struct
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from sources.cells.sheet_builder import Place, first_repeated
from sources.readers.xls.ole import OleBook

_EOF, _PASSWORD, _WRITER, _SHEET = 0x0A, 0x2F, 0x5C, 0x85
FORMULAS = (0x06, 0x206, 0x406)
# One cell: numbers, texts, booleans and errors of all versions; several of a row; the same without a value.
_CELLS = frozenset([*FORMULAS, 0x02, 0x03, 0x04, 0x05, 0x203, 0x204, 0x205, 0x27E, 0xD6, 0xFD])
_NUMBERS, _BLANKS, _BLANK = 0xBD, 0xBE, (0x01, 0x201)
_BEGINNINGS = (0x09, 0x209, 0x409, 0x809)
_WORKSHEET = 0
_ON_LOAD = 0x02
_ZERO = bytes(8)
_HEAD = _PLACE = struct.Struct("<HH")
# A formula whose value may be none: its head and place, then an empty text, or a zero and flags. Where nothing looks
# so, the records, of which there are many, need not be gone through.
_FLAGGED = re.escape(bytes(flags for flags in range(256) if flags & _ON_LOAD))
_STAND_IN = re.compile(rb"\x06[\x00\x02\x04].{8}(?:\x03.{5}\xff\xff|\x00{8}[" + _FLAGGED + rb"])", re.DOTALL)


class _Formula(NamedTuple):
    place: Place
    value: bytes
    on_load: bool

    @property
    def is_empty_text(self) -> bool:
        return self.value[:1] == b"\x03" and self.value[6:] == b"\xff\xff"

    @property
    def may_be_uncalculated(self) -> bool:
        return self.is_empty_text or (self.on_load and self.value == _ZERO)


def uncalculated(book: OleBook) -> dict[int, set[Place]]:
    """Worksheet, counted from 0 -> its cells whose formula no program has calculated.

    A writer that cannot calculate leaves a value all the same. xlwt and SheetJS leave an empty text; Apache POI, jxl
    and Spreadsheet::WriteExcel leave a 0 under the flag "calculate on load", which Excel never sets. Where a formula
    under the same flag has another value, somebody calculated. LibreOffice, known by its name, calculates all, and so
    does a program that leaves a summary of the document; but the flag, then, is another's that added formulas.
    """
    if not _STAND_IN.search(book.stream) or _is_of_libreoffice(book.stream):
        return {}
    sheets = [list(_formulas(book.stream, start)) for start in worksheets(book.stream)]
    known = {one.on_load for sheet in sheets for one in sheet if not one.may_be_uncalculated}
    known |= {False} if book.has_summary else set()
    return {
        number: {one.place for one in sheet if one.may_be_uncalculated and one.on_load not in known}
        for number, sheet in enumerate(sheets)
    }


def repeated(stream: bytes) -> dict[int, Place]:
    """Worksheet, counted from 0 -> a cell that it has twice, so that the later one hides the other."""
    found = {number: first_repeated(partial(_places, stream, start)) for number, start in enumerate(worksheets(stream))}
    return {number: place for number, place in found.items() if place}


def _places(stream: bytes, start: int) -> Iterator[tuple[Place, bool]]:
    """Every cell, and whether it holds something."""
    for kind, body in records(stream, start):
        if len(body) < 4:
            continue
        if kind in _CELLS or kind in _BLANK:
            yield _PLACE.unpack_from(body), kind not in _BLANK
        elif kind in (_NUMBERS, _BLANKS):
            row, first = _PLACE.unpack_from(body)
            size = 6 if kind == _NUMBERS else 2
            for column in range(first, first + (len(body) - 6) // size):
                yield (row, column), kind == _NUMBERS


def is_encrypted(stream: bytes) -> bool:
    """Whether the cells are encrypted, which a record at the very beginning tells."""
    return any(kind == _PASSWORD for kind, _ in records(stream, 0))


def _is_of_libreoffice(stream: bytes) -> bool:
    names = (body[:8] for kind, body in records(stream, 0) if kind == _WRITER)
    return any(name.startswith(b"\x04") and name.rstrip().endswith(b"Calc") for name in names)


def worksheets(stream: bytes) -> list[int]:
    """Where each worksheet begins; before Excel 5 there is but one, and no list of them."""
    entries = [body for kind, body in records(stream, 0) if kind == _SHEET and len(body) > 5]
    return [struct.unpack_from("<I", body)[0] for body in entries if body[5] == _WORKSHEET] or [0]


def _formulas(stream: bytes, start: int) -> Iterator[_Formula]:
    for kind, body in records(stream, start):
        if kind in FORMULAS and len(body) >= 16:
            row, column, _, value, flags = struct.unpack_from("<HHH8sH", body)
            yield _Formula((row, column), value, bool(flags & _ON_LOAD))


def records(stream: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Kind and body of the records of what begins at `start`, to its end; charts inside it are left out."""
    at, depth, last = start, 0, len(stream) - 4
    while at <= last:
        kind, size = _HEAD.unpack_from(stream, at)
        if kind in _BEGINNINGS:
            depth += 1
        elif kind == _EOF:
            depth -= 1
            if depth <= 0:
                return
        elif depth == 1:
            yield kind, stream[at + 4 : at + 4 + size]
        at += 4 + size
