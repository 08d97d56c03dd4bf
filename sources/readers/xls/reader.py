"""Workbooks of Excel 97 to 2003 and before: at most 65,536 rows a sheet, read whole with their formats."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xlrd

from rollbook.rows.marks import SHOWS_NOTHING, STRUCK_OUT, MarkKind
from sources.cells.number_formats import BUILT_IN, EAST_ASIAN
from sources.cells.numbers import number_content
from sources.cells.sheet_builder import Draft, Merge
from sources.cells.shown_cells import mark_of_text
from sources.errors import damaged, twice
from sources.raw_sheets import letter
from sources.readers.xls.biff import is_encrypted, repeated, uncalculated
from sources.readers.xls.by_calamine import read_by_calamine
from sources.readers.xls.ole import OleBook, Silent, book_in, decrypted


def read_xls(path: Path) -> Iterator[Draft]:
    """The sheets in their order; raises Unreadable, or whatever the parser raises on a damaged file."""
    content = path.read_bytes()
    book = book_in(content)
    if is_encrypted(book.stream):
        content = decrypted(content)
        book = book_in(content)
    unknown, again = uncalculated(book), repeated(book.stream)
    for draft in _drafts(book, content):
        if draft.position in again:
            row, column = again[draft.position]
            raise twice(draft.name, f"{letter(column)}{row + 1}")
        for place in unknown.get(draft.position, ()):
            draft.show_uncalculated(*place)
        yield draft


def _drafts(book: OleBook, content: bytes) -> Iterator[Draft]:
    try:
        parsed = xlrd.open_workbook(file_contents=book.stream, formatting_info=True, logfile=Silent())
    except Exception as error:  # noqa: BLE001 - it gives up in every way there is
        return _otherwise(book, content, error)
    return (_Cells(parsed, sheet, position).draft for position, sheet in enumerate(parsed.sheets()))


def _otherwise(book: OleBook, content: bytes, error: Exception) -> Iterator[Draft]:
    try:
        return iter(list(read_by_calamine(book, content)))
    except Exception as other:
        raise damaged(error) from other


class _Cells:
    """One sheet, its cells turned to text."""

    def __init__(self, book: Any, sheet: Any, position: int) -> None:
        self.draft = Draft(sheet.name, position, sheet.visibility == 0)
        self.draft.merges = [Merge(top, left, bottom - 1, right - 1) for top, bottom, left, right in sheet.merged_cells]
        self._codes = _codes(book)
        self._struck = {at for at, xf in enumerate(book.xf_list) if book.font_list[xf.font_index].struck_out}
        self._is_1904 = book.datemode == 1
        for column in range(sheet.ncols):
            self.draft.columns[column] = [self._text(sheet, row, column) for row in range(sheet.nrows)]
        if self._struck:
            self._mark_struck(sheet)

    def _mark_struck(self, sheet: Any) -> None:
        for column, texts in self.draft.columns.items():
            for row, text in enumerate(texts):
                if text and sheet.cell_xf_index(row, column) in self._struck:
                    self.draft.marks.setdefault((row, column), STRUCK_OUT)

    def _text(self, sheet: Any, row: int, column: int) -> str | None:
        kind, value = sheet.cell_type(row, column), sheet.cell_value(row, column)
        if kind == xlrd.XL_CELL_TEXT:
            return self._marked(row, column, value, mark_of_text(value, self._code(sheet, row, column)))
        if kind == xlrd.XL_CELL_BOOLEAN:
            return "true" if value else "false"
        if kind == xlrd.XL_CELL_ERROR:
            self.draft.marks[row, column] = "error"
            return str(xlrd.error_text_from_code.get(value, "#ERROR!"))
        if kind in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
            return None
        text, mark = number_content(value, self._code(sheet, row, column), self._is_1904)
        is_hidden = text == "0" and not sheet.show_zero_values
        return self._marked(row, column, text, SHOWS_NOTHING if is_hidden else mark)

    def _code(self, sheet: Any, row: int, column: int) -> str:
        return str(self._codes[sheet.cell_xf_index(row, column)])

    def _marked(self, row: int, column: int, text: str, mark: MarkKind | None) -> str:
        if mark:
            self.draft.marks[row, column] = mark
        return text


def _codes(book: Any) -> list[str]:
    """The code of the number format of each style."""
    formats = (book.format_map.get(style.format_key) for style in book.xf_list)
    known = ((found.format_key, found.format_str) if found else (0, "General") for found in formats)
    return [code or {**EAST_ASIAN, **BUILT_IN}.get(number, "General") for number, code in known]
