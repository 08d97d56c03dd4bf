"""Workbooks of Excel 97 to 2003 and before: at most 65,536 rows a sheet, read whole with their formats."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import xlrd
from xlrd.biffh import XLRDError
from xlrd.xldate import XLDateError, xldate_as_datetime

from sources.drafts import Draft, Merge
from sources.formats import Render, render_of
from sources.unreadable import Unreadable, password_needed

_PRECISE = 1e15


def read_xls(path: Path) -> Iterator[Draft]:
    """The sheets in their order; raises Unreadable."""
    try:
        book = _open(path)
    except XLRDError as error:
        if "encrypted" in str(error):
            raise password_needed() from error
        raise _damaged(error) from error
    except (MemoryError, Unreadable):
        raise
    except Exception as error:  # noqa: BLE001 - the parser fails on damaged files in every way there is
        raise _damaged(error) from error
    renders = {number: render for number, render in _renders(book)}
    for position, sheet in enumerate(book.sheets()):
        yield _draft(book, sheet, position, renders)


def _open(path: Path) -> Any:
    with path.open("rb") as file:
        content = file.read()
    return xlrd.open_workbook(file_contents=content, formatting_info=True, logfile=_Silent())


class _Silent:
    """Takes what the parser would print."""

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        return


def _damaged(error: Exception) -> Unreadable:
    told = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
    return Unreadable(f"The workbook is damaged or of a rare kind ({told}). Open it in a spreadsheet program, "
                      "save it as .xlsx and import that.")


def _renders(book: Any) -> Iterator[tuple[int, Render]]:
    for number, style in enumerate(book.xf_list):
        known = book.format_map.get(style.format_key)
        render = render_of(known.format_str) if known is not None else None
        if render:
            yield number, render


def _draft(book: Any, sheet: Any, position: int, renders: dict[int, Render]) -> Draft:
    draft = Draft(sheet.name, position, sheet.visibility == 0)
    draft.merges = [Merge(top, left, bottom - 1, right - 1) for top, bottom, left, right in sheet.merged_cells]
    for column in range(sheet.ncols):
        draft.columns[column] = [_text(book, sheet, row, column, renders, draft) for row in range(sheet.nrows)]
    return draft


def _text(book: Any, sheet: Any, row: int, column: int, renders: dict[int, Render], draft: Draft) -> str | None:
    kind, value = sheet.cell_type(row, column), sheet.cell_value(row, column)
    if kind == xlrd.XL_CELL_TEXT:
        return str(value)
    if kind in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
        return _number(book, value, kind == xlrd.XL_CELL_DATE, renders.get(sheet.cell_xf_index(row, column)), (row, column), draft)
    if kind == xlrd.XL_CELL_BOOLEAN:
        return "true" if value else "false"
    if kind == xlrd.XL_CELL_ERROR:
        draft.marks[row, column] = "error"
        return str(xlrd.error_text_from_code.get(value, "#ERROR!"))
    return None


def _number(book: Any, value: float, dated: bool, render: Render | None, place: tuple[int, int], draft: Draft) -> str:
    shown = render(value) if render else None
    if shown is not None:
        return shown
    if dated:
        try:
            return day_text(xldate_as_datetime(value, book.datemode))
        except (XLDateError, ValueError, OverflowError):
            pass
    if abs(value) >= _PRECISE:
        draft.marks[place] = "imprecise"
    return number_text(value)


def day_text(moment: datetime) -> str:
    """A typed date as text, to the second."""
    return moment.replace(microsecond=0).strftime("%Y-%m-%d %H:%M:%S").rjust(19, "0")


def number_text(value: float) -> str:
    """A number as text: whole ones without a point, never with an exponent."""
    if value == int(value):
        return str(int(value))
    text = repr(value)
    return text if "e" not in text else format(value, ".20f").rstrip("0")
