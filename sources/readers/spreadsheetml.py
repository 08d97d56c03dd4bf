"""XML Spreadsheet 2003, the XML of Excel before .xlsx, which report tools write under the name .xls or .xml.

Elements and attributes: "XML Spreadsheet Reference", Microsoft Office 2003 XML Reference Schemas.
"""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rollbook.rows.marks import STRUCK_OUT, MarkKind
from rollbook.text.letters import column_letter
from sources.cells.format_names import code_of
from sources.cells.number_formats import is_date, render_of
from sources.cells.numbers import number_content
from sources.cells.sheet_builder import Draft, Merge, Place
from sources.cells.shown_cells import mark_of_number, mark_of_text
from sources.errors import Unreadable, twice
from sources.readers.xml_events import Attributes, XmlEvents

_ROWS, _COLUMNS = 1_048_576, 16_384
_SS, _EXCEL, _OFFICE = (f"urn:schemas-microsoft-com:office:{name}}}" for name in ("spreadsheet", "excel", "office"))
_INDEX, _SPAN, _ID, _STYLE = f"{_SS}Index", f"{_SS}Span", f"{_SS}ID", f"{_SS}StyleID"
_TYPE, _FORMULA = f"{_SS}Type", f"{_SS}Formula"
_DOWN, _ACROSS = f"{_SS}MergeDown", f"{_SS}MergeAcross"
_SKIPPED = frozenset([f"{_SS}Comment", f"{_EXCEL}PhoneticText", f"{_SS}PhoneticText"])
# What a writer that cannot calculate may give as the value of a formula.
_STAND_INS = ("", "0")
_FIRST_OF_1904 = 1904


class _StandIn(NamedTuple):
    """A formula whose value may be none: its sheet and place, and its text."""

    draft: Draft
    place: Place
    formula: str


def read_spreadsheetml(path: Path) -> Iterator[Draft]:
    """The sheets in their order; raises Unreadable."""
    book = _Book()
    with path.open("rb") as file:
        for _ in book.events.read(file):
            pass
    yield from book.finished()


class _Book:
    """Takes the elements as they come, and makes a draft of each worksheet."""

    _text: list[str]

    def __init__(self) -> None:
        self._drafts: list[Draft] = []
        self._styles = _Styles()
        self._is_1904 = False
        self._calculates = False
        self._stand_ins: list[_StandIn] = []
        self._row = self._column = 0
        self._next_row = self._next_column = 0
        self._row_style = self._table_style = ""
        self._column_styles: dict[int, str] = {}
        self._next_styled = 0
        self._cell: Attributes = {}
        self._type: str | None = None
        self._value: str | None = None
        starts = {
            **self._styles.starts,
            f"{_EXCEL}Date1904": self._count_from_1904,
            f"{_SS}Worksheet": self._begin_sheet,
            f"{_SS}Table": self._begin_table,
            f"{_SS}Column": self._begin_column,
            f"{_SS}Row": self._begin_row,
            f"{_SS}Cell": self._begin_cell,
            f"{_SS}Data": self._begin_data,
            f"{_EXCEL}Visible": self._clear,
            f"{_OFFICE}Version": self._saved_by_program,
        }
        ends = {f"{_SS}Cell": self._end_cell, f"{_SS}Data": self._end_data, f"{_EXCEL}Visible": self._end_visible}
        self.events = XmlEvents(starts, ends, _SKIPPED)
        self._text = self.events.text

    def finished(self) -> Iterator[Draft]:
        """The sheets; where no formula has a value, those that look like a stand-in are none."""
        if not self._calculates:
            for draft, place, formula in self._stand_ins:
                draft.show(*place, formula)
                draft.marks[place] = "error"
        yield from self._drafts

    def _count_from_1904(self, _: Attributes) -> None:
        self._is_1904 = True

    def _saved_by_program(self, _: Attributes) -> None:
        self._calculates = True

    def _clear(self, _: Attributes) -> None:
        del self._text[:]

    def _begin_sheet(self, attributes: Attributes) -> None:
        self._drafts.append(Draft(attributes.get(f"{_SS}Name", ""), len(self._drafts), visible=True))
        self._next_row, self._next_styled = 0, 0
        self._column_styles = {}
        self._table_style = ""

    def _begin_table(self, attributes: Attributes) -> None:
        self._table_style = attributes.get(_STYLE, "")

    def _begin_column(self, attributes: Attributes) -> None:
        first = _number(attributes, _INDEX, self._next_styled + 1) - 1
        self._next_styled = min(first + _number(attributes, _SPAN, 0) + 1, _COLUMNS)
        if _STYLE in attributes:
            self._column_styles.update(dict.fromkeys(range(first, self._next_styled), attributes[_STYLE]))

    def _begin_row(self, attributes: Attributes) -> None:
        self._row = _number(attributes, _INDEX, self._next_row + 1) - 1
        self._next_row = self._row + 1 + _number(attributes, _SPAN, 0)
        self._next_column = 0
        self._row_style = attributes.get(_STYLE, "")

    def _begin_cell(self, attributes: Attributes) -> None:
        self._cell = attributes
        self._column = _number(attributes, _INDEX, self._next_column + 1) - 1
        self._next_column = self._column + 1 + _number(attributes, _ACROSS, 0)
        self._type = self._value = None

    def _begin_data(self, attributes: Attributes) -> None:
        self._type = attributes.get(_TYPE, "String")
        del self._text[:]

    def _end_data(self) -> None:
        self._value = "".join(self._text)

    def _end_visible(self) -> None:
        if self._drafts and "".join(self._text).strip() in ("SheetHidden", "SheetVeryHidden"):
            self._drafts[-1].visible = False

    def _end_cell(self) -> None:
        draft, place = self._drafts[-1], (self._row, self._column)
        across, down = _number(self._cell, _ACROSS, 0), _number(self._cell, _DOWN, 0)
        if not (0 <= self._row < _ROWS and 0 <= self._column < _COLUMNS):
            raise _beyond(draft.name)
        if across or down:
            draft.merges.append(Merge(*place, self._row + down, self._column + across))
        text, mark = self._formula_content() if _FORMULA in self._cell else self._content()
        if text:
            cells = draft.columns.setdefault(self._column, [])
            cells.extend([None] * (self._row + 1 - len(cells)))
            if cells[self._row] is not None:
                raise twice(draft.name, f"{column_letter(self._column + 1)}{self._row + 1}")
            cells[self._row] = text
            mark = mark or (STRUCK_OUT if self._styles.is_struck(self._style_of_cell()) else None)
            draft.marks.update({place: mark} if mark else {})

    def _formula_content(self) -> tuple[str, MarkKind | None]:
        value = (self._value or "").strip()
        if self._value is None or (not value and self._type != "String"):
            return self._cell[_FORMULA], "error"
        if value in _STAND_INS:
            self._stand_ins.append(_StandIn(self._drafts[-1], (self._row, self._column), self._cell[_FORMULA]))
        else:
            self._calculates = True
        return self._content()

    def _content(self) -> tuple[str, MarkKind | None]:
        value = self._value or ""
        code = self._styles.code_of(self._style_of_cell())
        if self._type in (None, "String") or not value.strip():
            return value, mark_of_text(value, code)
        if self._type == "Error":
            return value.strip(), "error"
        if self._type == "Boolean":
            return ("false" if value.strip().lower() in ("0", "false") else "true"), None
        return (
            _moment(value.strip(), code) if self._type == "DateTime" else _numeric(value.strip(), code, self._is_1904)
        )

    def _style_of_cell(self) -> str:
        """The style of the cell, else of its row, its column or the table."""
        given = self._cell.get(_STYLE) or self._row_style or self._column_styles.get(self._column)
        return given or self._table_style or "Default"


class _Styles:
    """Style -> the code of its number format; a style may take that of its parent."""

    def __init__(self) -> None:
        self._codes: dict[str, str] = {}
        self._parents: dict[str, str] = {}
        self._style = ""
        self._struck: set[str] = set()
        self.starts = {
            f"{_SS}Style": self._begin_style,
            f"{_SS}NumberFormat": self._format,
            f"{_SS}Font": self._font,
        }

    def is_struck(self, style: str) -> bool:
        """Are its texts and numbers struck out?"""
        return style in self._struck

    def _font(self, attributes: Attributes) -> None:
        if attributes.get(f"{_SS}StrikeThrough", "0") != "0":
            self._struck.add(self._style)

    def code_of(self, style: str) -> str:
        """The code; `General` where none is named."""
        code = self._codes.get(style)
        return code if code is not None else self._codes.get(self._parents.get(style, "Default"), "General")

    def _begin_style(self, attributes: Attributes) -> None:
        self._style = attributes.get(_ID, "")
        self._parents[self._style] = attributes.get(f"{_SS}Parent", "Default")

    def _format(self, attributes: Attributes) -> None:
        self._codes[self._style] = code_of(attributes.get(f"{_SS}Format", "General"))


def _number(attributes: Attributes, name: str, otherwise: int) -> int:
    given = attributes.get(name)
    return int(given) if given is not None else otherwise


def _numeric(value: str, code: str, is_1904: bool) -> tuple[str, MarkKind | None]:
    try:
        return number_content(float(value), code, is_1904)
    except ValueError:
        return value, "error"


def _moment(value: str, code: str) -> tuple[str, MarkKind | None]:
    """A date; under the format of a time the days since 1899 or 1904 as hours, as they are shown."""
    try:
        moment = dt.datetime.fromisoformat(value).replace(tzinfo=None)
    except ValueError:
        return value, "error"
    days, render = _days(moment), render_of(code) if is_date(code) else None
    shown = render(days) if render else None
    return shown or f"{moment:%Y-%m-%d %H:%M:%S}", mark_of_number(days, code, moment.year == _FIRST_OF_1904)


def _days(moment: dt.datetime) -> float:
    """The number that the file had for the moment; a time of the day has the first day of the count."""
    if moment.year == _FIRST_OF_1904:
        start = dt.datetime(1904, 1, 1)  # noqa: DTZ001 - cells have no zone
    else:
        start = dt.datetime(1899, 12, 31 if moment < dt.datetime(1900, 3, 1) else 30)  # noqa: DTZ001 - the same
    return (moment - start) / dt.timedelta(days=1)


def _beyond(sheet: str) -> Unreadable:
    return Unreadable(
        f"The sheet {sheet} has cells beyond {_ROWS:,} rows or {_COLUMNS:,} columns. "
        "Delete what is there, or ask its sender for a new copy.",
        "file.too_large",
    )
