"""Workbooks of Excel 97 to 2003 and before: at most 65,536 rows a sheet, read whole with their formats."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xlrd

from rollbook.marks import MarkKind
from sources.biff import is_encrypted, uncalculated
from sources.drafts import Draft, Merge
from sources.formats import EAST_ASIAN, Render, date_text, number_text, render_of
from sources.ole import Book, Silent, book_in, decrypted
from sources.unreadable import damaged
from sources.xls_calamine import read_by_calamine

_PRECISE = 1e15
# Shown where no program has calculated the formula, of which the file keeps a coded form only.
NEVER_CALCULATED = "=…"


def read_xls(path: Path) -> Iterator[Draft]:
    """The sheets in their order; raises Unreadable, or whatever the parser raises on a damaged file."""
    content = path.read_bytes()
    book = book_in(content)
    if is_encrypted(book.stream):
        content = decrypted(content)
        book = book_in(content)
    unknown = uncalculated(book)
    for draft in _drafts(book, content):
        for place in unknown.get(draft.position, ()):
            draft.show(*place, NEVER_CALCULATED)
            draft.marks[place] = "error"
        yield draft


def _drafts(book: Book, content: bytes) -> Iterator[Draft]:
    try:
        parsed = xlrd.open_workbook(file_contents=book.stream, formatting_info=True, logfile=Silent())
    except Exception as error:  # noqa: BLE001 - it gives up in every way there is
        return _otherwise(book, content, error)
    return (_Cells(parsed, sheet, position).draft for position, sheet in enumerate(parsed.sheets()))


def _otherwise(book: Book, content: bytes, error: Exception) -> Iterator[Draft]:
    try:
        return iter(list(read_by_calamine(book, content)))
    except Exception as other:
        raise damaged(error) from other


class _Cells:
    """One sheet, its cells turned to text."""

    def __init__(self, book: Any, sheet: Any, position: int) -> None:
        self.draft = Draft(sheet.name, position, sheet.visibility == 0)
        self.draft.merges = [Merge(top, left, bottom - 1, right - 1) for top, bottom, left, right in sheet.merged_cells]
        self._renders = _renders(book)
        self._is_1904 = book.datemode == 1
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
        text, mark = self._number(value, self._renders.get(sheet.cell_xf_index(row, column)), kind == xlrd.XL_CELL_DATE)
        self.draft.marks.update({(row, column): mark} if mark else {})
        return text

    def _number(self, value: float, render: Render | None, is_date: bool) -> tuple[str, MarkKind | None]:
        if not math.isfinite(value):
            return "#NUM!", "error"
        shown = render(value) if render else None
        if shown is None and is_date:
            shown = date_text(value, self._is_1904)
            return shown or number_text(value), None if shown else "error"
        if shown is not None:
            return shown, None
        return number_text(value), "imprecise" if abs(value) >= _PRECISE else None


def _renders(book: Any) -> dict[int, Render]:
    formats = ((number, book.format_map.get(style.format_key)) for number, style in enumerate(book.xf_list))
    codes = ((number, known.format_str or EAST_ASIAN.get(known.format_key)) for number, known in formats if known)
    renders = ((number, render_of(code)) for number, code in codes if code)
    return {number: render for number, render in renders if render}
