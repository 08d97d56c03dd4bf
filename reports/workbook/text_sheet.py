"""A worksheet that takes whole rows of text: XlsxWriter's own, three times as fast where every cell is text."""

import re
from collections.abc import Iterable
from functools import cache

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

# What inline text must not hold as it is; `_x0041_` is the form in which workbooks spell a character by its number.
_SPECIAL = re.compile(r"[&<>\r]|_(?=x[0-9a-fA-F]{4}_)")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "_x000D_", "_": "_x005F_"}


class TextSheet(Worksheet):  # type: ignore[misc]  # XlsxWriter is not typed
    """For workbooks in constant memory, which write rows in order and keep none.

    Cells written one by one cost a call, a tuple and five searches each. It reaches into XlsxWriter's `row_data_fh`
    and `previous_row`, as its own `_write_single_row` does; tests read back what is written.
    """

    previous_row: int

    def write_texts(self, row: int, points: float, cells: Iterable[tuple[int, str, Format]]) -> None:
        """Write a whole row of (column, text, format), columns ascending, `points` high; '' is a blank cell.

        Texts hold at most 32,767 UTF-16 units and no control character but tab, line feed and carriage return.
        Comments of the row are written before it.
        """
        if row > self.previous_row:
            self._write_single_row(row)
        number = row + 1
        parts = [f'<row r="{number}" ht="{points:g}" customHeight="1">']
        column = 0
        for column, text, look in cells:
            place = f'<c r="{column_letters(column)}{number}" s="{look._get_xf_index()}"'  # noqa: SLF001 - see the class
            plain = escaped(text)
            content = f' t="inlineStr"><is><t xml:space="preserve">{plain}</t></is></c>' if plain else "/>"
            parts.append(place + content)
        parts.append("</row>")
        self._check_dimensions(row, 0)
        self._check_dimensions(row, column)
        self.row_data_fh.write("".join(parts))
        self.previous_row = number


def escaped(text: str) -> str:
    """The text as inline text of a cell."""
    return _SPECIAL.sub(_escape, text) if _SPECIAL.search(text) else text


def _escape(found: re.Match[str]) -> str:
    return _ESCAPES[found[0]]


@cache
def column_letters(column: int) -> str:
    """The letters of a column, counted from 0."""
    return str(xl_col_to_name(column))
