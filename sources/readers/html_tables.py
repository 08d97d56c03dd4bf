"""Tables of a web page, which report tools write under the name .xls: each table is a sheet.

How cells span rows and columns: HTML, section 4.9.12. Attributes `x:` and formats: "Microsoft Office HTML and XML
Reference".
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree

from rollbook.rows.marks import MarkKind, id_shown_as
from sources.cells.number_formats import is_date, number_text, render_of
from sources.cells.numbers import number_content
from sources.cells.sheet_builder import Draft, Merge
from sources.cells.shown_cells import differs, mark_of_number, shows_otherwise
from sources.errors import Unreadable
from sources.readers.html_page import NumberFormats, page_of
from sources.readers.html_text import shown_in, text_in

_WIDEST, _TALLEST = 1000, 65_534
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_AS_TEXT = re.compile(r'="((?:[^"]|"")*)"')
_FIGURES = re.compile(r"\D")
_DIGITS = re.compile(r"-?(?:\d{1,3}(?:[.,' ]\d{3})+|\d+)(?:[.,]\d+)?")

Content = tuple[str, MarkKind | None]


def read_html(path: Path) -> Iterator[Draft]:
    """The tables in their order, each a sheet; raises Unreadable for a page without one."""
    page = page_of(path)
    formats = NumberFormats(page)
    is_1904 = any("<x:date1904" in (note.text or "").lower() for note in page.iter(etree.Comment))
    tables = list(_tables_in(page, None)) or ([page] if page.find(".//tr") is not None else [])
    drafts = [_Table(table, formats, is_1904).draft(position) for position, table in enumerate(tables)]
    filled = [draft for draft in drafts if draft.columns]
    if not filled:
        raise _no_table(page)
    yield from filled


def _no_table(page: Any) -> Unreadable:
    if page.find(".//frameset") is not None or page.find(".//frame") is not None:
        told = "a web page whose sheets are in files beside it"
    else:
        told = "a web page without a table, as a page to sign in or an error is"
    return Unreadable(f"The file is {told}. Download the report again, or save the table as .xlsx, and import that.")


def _tables_in(element: Any, around: Any) -> Iterator[Any]:
    """The tables below the element that stand in no other one than `around`; of a layout, those inside of it."""
    for table in element.iterdescendants("table"):
        if next(table.iterancestors("table"), None) is not around:
            continue
        inner = [one for one in table.iterdescendants("table") if one.text_content().strip()]
        if not inner:
            yield table
            continue
        if _holds_details(table):
            raise Unreadable(
                "A table of the page holds other tables in its cells, and which rows belong together is not clear. "
                "Open it in a spreadsheet program, save the table as .xlsx and import that."
            )
        if any(len([cell for cell in _cells(row) if text_in(cell)]) > 1 for row in _rows(table)):
            yield table
        yield from _tables_in(table, table)


def _holds_details(table: Any) -> bool:
    """Does a row hold a table in one cell and text in another one? Then it is no layout around tables."""
    return any(
        row.find(".//table") is not None and any(text_in(cell) for cell in _cells(row)) and len(list(_cells(row))) > 1
        for row in _rows(table)
    )


def _rows(table: Any) -> Iterator[Any]:
    own = None if table.tag != "table" else table
    return (row for row in table.iterdescendants("tr") if next(row.iterancestors("table"), None) is own)


def _cells(row: Any) -> Iterator[Any]:
    return (cell for cell in row.iterdescendants("td", "th") if next(cell.iterancestors("tr")) is row)


class _Table:
    """One table, its cells put into their places."""

    def __init__(self, table: Any, formats: NumberFormats, is_1904: bool) -> None:
        self._rows = list(_rows(table))
        self._formats, self._is_1904 = formats, is_1904

    def draft(self, position: int) -> Draft:
        """The sheet."""
        draft = Draft(f"Table {position + 1}", position, visible=True)
        covered: dict[int, int] = {}  # column -> the first row that no cell above reaches into
        for number, row in enumerate(self._rows):
            column = 0
            for cell in _cells(row):
                while covered.get(column, 0) > number:
                    column += 1
                across = _span(cell.get("colspan"), _WIDEST)
                down = min(_span(cell.get("rowspan"), _TALLEST), len(self._rows) - number)
                self._put(draft, number, column, cell)
                if across > 1 or down > 1:
                    draft.merges.append(Merge(number, column, number + down - 1, column + across - 1))
                    covered.update(dict.fromkeys(range(column, column + across), number + down))
                column += across
        return draft

    def _put(self, draft: Draft, row: int, column: int, cell: Any) -> None:
        text, mark = shown_in(cell)
        if not mark:
            text, mark = self._content(cell, text)
        if text:
            cells = draft.columns.setdefault(column, [])
            cells.extend([None] * (row - len(cells)))
            cells.append(text)
            draft.marks.update({(row, column): mark} if mark else {})

    def _content(self, cell: Any, shown: str) -> Content:
        code = self._formats.code_of(cell)
        if "x:err" in cell.attrib:
            return cell.get("x:err") or shown, "error"
        if "x:str" in cell.attrib:
            return cell.get("x:str") or shown, None
        number = cell.get("x:num") or shown
        if code != "@" and _NUMBER.fullmatch(number):
            return self._number(number, shown, code)
        if code != "@" and shown.startswith("=") and len(shown) > 1:
            quoted = _AS_TEXT.fullmatch(shown)
            return (quoted[1].replace('""', '"'), None) if quoted else (shown, "error")
        if not shown and cell.get("x:fmla"):
            return cell.get("x:fmla"), "error"
        return shown, None

    def _number(self, number: str, shown: str, code: str) -> Content:
        """As its format shows it; else as the page shows it, but for marks between the figures."""
        if render_of(code) or is_date(code):
            return number_content(float(number), code, self._is_1904)
        plain = number_text(float(number))
        is_grouped = number != shown and _FIGURES.sub("", shown) == _FIGURES.sub("", plain)
        text = plain if is_grouped else shown or plain
        if number != shown and _DIGITS.fullmatch(shown) and differs(plain, shown.lstrip("0") or "0"):
            return text, id_shown_as(f"the page stores “{plain}” for it")
        mark = mark_of_number(float(number), code, self._is_1904)
        return text, None if mark == shows_otherwise(plain, text) else mark


def _span(given: str | None, most: int) -> int:
    """How many rows or columns a cell takes; 0 is all that follow."""
    match = re.match(r"\s*(\d+)", given) if given else None
    return min(int(match[1]) or most, most) if match else 1
