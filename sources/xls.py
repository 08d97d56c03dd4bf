"""Workbooks of Excel 97 to 2003 and before: at most 65,536 rows a sheet, read whole with their formats."""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import xlrd
from xlrd.xldate import XLDateError, xldate_as_datetime

from sources.biff import is_encrypted, uncalculated
from sources.drafts import Draft, Merge, Place
from sources.formats import Render, render_of
from sources.ole import Silent, book_in, decrypted

_PRECISE = 1e15
NEVER_CALCULATED = "=(never calculated)"


def read_xls(path: Path) -> Iterator[Draft]:
    """The sheets in their order; raises Unreadable, or whatever the parser raises on a damaged file."""
    content = path.read_bytes()
    book = book_in(content)
    if is_encrypted(book.stream):
        book = book_in(decrypted(content))
    parsed = xlrd.open_workbook(file_contents=book.stream, formatting_info=True, logfile=Silent())
    unknown = uncalculated(book)
    for position, sheet in enumerate(parsed.sheets()):
        draft = _Cells(parsed, sheet, position).draft
        _mark_uncalculated(draft, unknown.get(position, ()))
        yield draft


def _mark_uncalculated(draft: Draft, places: Iterable[Place]) -> None:
    for row, column in places:
        draft.show(row, column, NEVER_CALCULATED)
        draft.marks[row, column] = "error"


class _Cells:
    """One sheet, its cells turned to text."""

    def __init__(self, book: Any, sheet: Any, position: int) -> None:
        self.draft = Draft(sheet.name, position, sheet.visibility == 0)
        self.draft.merges = [Merge(top, left, bottom - 1, right - 1) for top, bottom, left, right in sheet.merged_cells]
        self._renders = _renders(book)
        self._datemode = book.datemode
        for column in range(sheet.ncols):
            self.draft.columns[column] = [self._text(sheet, row, column) for row in range(sheet.nrows)]

    def _text(self, sheet: Any, row: int, column: int) -> str | None:
        kind, value = sheet.cell_type(row, column), sheet.cell_value(row, column)
        if kind == xlrd.XL_CELL_TEXT:
            return str(value)
        if kind == xlrd.XL_CELL_BOOLEAN:
            return "true" if value else "false"
        if kind == xlrd.XL_CELL_ERROR:
            self.draft.marks[row, column] = "error"
            return str(xlrd.error_text_from_code.get(value, "#ERROR!"))
        if kind in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
            return None
        day = self._day(value) if kind == xlrd.XL_CELL_DATE else None
        return number_cell(self.draft, (row, column), value, self._renders.get(sheet.cell_xf_index(row, column)), day)

    def _day(self, value: float) -> str | None:
        try:
            moment = xldate_as_datetime(value, self._datemode)
        except (XLDateError, ValueError, OverflowError):
            return None
        return f"{moment:%Y-%m-%d %H:%M:%S}"


def number_cell(draft: Draft, place: Place, value: float, render: Render | None, day: str | None) -> str:
    """The text of a number, as its format shows it or as the day that it is; what is no number is marked."""
    if not math.isfinite(value):
        draft.marks[place] = "error"
        return "#NUM!"
    shown = (render(value) if render else None) or day
    if shown is None and abs(value) >= _PRECISE:
        draft.marks[place] = "imprecise"
    return number_text(value) if shown is None else shown


def _renders(book: Any) -> dict[int, Render]:
    formats = ((number, book.format_map.get(style.format_key)) for number, style in enumerate(book.xf_list))
    renders = ((number, render_of(known.format_str)) for number, known in formats if known is not None)
    return {number: render for number, render in renders if render}


def number_text(value: float) -> str:
    """A number as text: whole ones without a point, never with an exponent."""
    if value == int(value):
        return str(int(value))
    text = repr(value)
    return text if "e" not in text else format(value, ".20f").rstrip("0")
