"""Workbooks that xlrd gives up on: texts by calamine, which is more lenient; all other cells by their records.

calamine tells no number formats, no errors and no formulas: [MS-XLS] 2.4 says where they stand.
"""

import struct
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from rollbook.rows.marks import MarkKind
from sources.cells.number_formats import BUILT_IN, EAST_ASIAN
from sources.cells.numbers import number_content
from sources.cells.sheet_builder import Draft, Merge, Place
from sources.errors import damaged
from sources.raw_sheets import letter
from sources.readers.xls.biff import FORMULAS, records, worksheets
from sources.readers.xls.ole import OleBook

_NUMBER, _RK, _RKS, _BOOLEAN_OR_ERROR = 0x203, 0x27E, 0xBD, 0x205
_FORMAT, _STYLE, _FROM_1904 = 0x41E, 0xE0, 0x22
_BIFF8 = b"\x00\x06"
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}

Content = tuple[str | None, MarkKind | None]


def read_by_calamine(book: OleBook, content: bytes) -> Iterator[Draft]:
    """The sheets in their order; raises Unreadable where the two views of the file differ."""
    theirs = CalamineWorkbook.from_filelike(BytesIO(content))
    sheets = [sheet for sheet in theirs.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    starts = worksheets(book.stream)
    if len(sheets) != len(starts):
        raise damaged(ValueError("its sheets cannot be told apart"))
    formats = _Formats(book.stream)
    for position, (sheet, start) in enumerate(zip(sheets, starts, strict=True)):
        draft = Draft(sheet.name, position, sheet.visible == SheetVisibleEnum.Visible)
        _fill(draft, theirs.get_sheet_by_name(sheet.name), dict(_cells(book.stream, start, formats)))
        yield draft


def _fill(draft: Draft, sheet: Any, known: dict[Place, Content]) -> None:
    merges = sheet.merged_cell_ranges or ()
    draft.merges = [Merge(*first, *last) for first, last in merges]
    for row, line in enumerate(sheet.to_python(skip_empty_area=False)):
        for column, value in enumerate(line):
            if isinstance(value, str) and "\0" not in value:
                draft.columns.setdefault(column, [None] * row).append(value or None)
            elif (row, column) in known:
                draft.columns.setdefault(column, [None] * row).append(None)
            else:
                raise damaged(ValueError(f"the cell {letter(column)}{row + 1} cannot be read"))
    for (row, column), (text, mark) in known.items():
        if text is not None:
            draft.show(row, column, text)
        draft.marks.update({(row, column): mark} if mark else {})


class _Formats:
    """The code of the number format of each style, and how days are counted."""

    def __init__(self, stream: bytes) -> None:
        codes, numbers = {**EAST_ASIAN, **BUILT_IN}, []
        self.is_1904 = False
        is_wide = stream[4:6] == _BIFF8
        for kind, body in records(stream, 0):
            if kind == _FORMAT:
                codes[struct.unpack_from("<H", body)[0]] = _text(body, is_wide)
            elif kind == _STYLE:
                numbers.append(struct.unpack_from("<H", body, 2)[0])
            elif kind == _FROM_1904:
                self.is_1904 = body[:1] == b"\x01"
        self._codes = [codes.get(number, "General") for number in numbers]

    def content(self, style: int, number: float) -> Content:
        """The number as it shows; a style that is not there makes it an error, for nobody knows."""
        if style >= len(self._codes):
            return str(number), "error"
        return number_content(number, self._codes[style], self.is_1904)


def _text(body: bytes, is_wide: bool) -> str:
    if not is_wide:
        return body[3 : 3 + body[2]].decode("latin-1")
    length, flags = struct.unpack_from("<HB", body, 2)
    return body[5 : 5 + 2 * length].decode("utf-16-le") if flags & 1 else body[5 : 5 + length].decode("latin-1")


def _cells(stream: bytes, start: int, formats: _Formats) -> Iterator[tuple[Place, Content]]:
    """The cells of a worksheet that hold no text."""
    for kind, body in records(stream, start):
        if kind == _RKS:
            row, first = struct.unpack_from("<HH", body)
            for at in range(4, len(body) - 6 + 1, 6):
                style, packed = struct.unpack_from("<Hi", body, at)
                yield (row, first + (at - 4) // 6), formats.content(style, _unpacked(packed))
        elif kind in (_NUMBER, _RK, _BOOLEAN_OR_ERROR, *FORMULAS):
            row, column, style = struct.unpack_from("<HHH", body)
            content = _content(kind, body, style, formats)
            if content is not None:
                yield (row, column), content


def _content(kind: int, body: bytes, style: int, formats: _Formats) -> Content | None:
    """None for a formula that gives a text."""
    if kind == _BOOLEAN_OR_ERROR:
        return _boolean_or_error(body[6], is_error=body[7] == 1)
    if kind == _RK:
        return formats.content(style, _unpacked(struct.unpack_from("<i", body, 6)[0]))
    if kind == _NUMBER or body[12:14] != b"\xff\xff":
        return formats.content(style, struct.unpack_from("<d", body, 6)[0])
    if body[6] in (1, 2):
        return _boolean_or_error(body[8], is_error=body[6] == 2)
    return None if body[6] in (0, 3) else ("#NUM!", "error")


def _boolean_or_error(code: int, *, is_error: bool) -> Content:
    if is_error:
        return _ERRORS.get(code, "#ERROR!"), "error"
    return ("true" if code else "false"), None


def _unpacked(packed: int) -> float:
    """An RK number: the upper 30 bits of a double or of an integer; bit 0 divides by 100, bit 1 means integer."""
    number = float(packed >> 2) if packed & 2 else struct.unpack("<d", struct.pack("<Ii", 0, packed & ~3))[0]
    return float(number / 100 if packed & 1 else number)
