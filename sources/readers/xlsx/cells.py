"""An xlsx sheet, cell by cell, by a real XML parser: whatever is legal XML and a legal sheet is read right.

Cells and their types: ECMA-376 part 1, sections 18.3.1.4 (c), 18.3.1.40 (f) and 18.18.11 (ST_CellType).
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import IO

from rollbook.rows.marks import SHOWS_NOTHING, STRUCK_OUT
from sources.cells.columns import GrowingColumn
from sources.cells.numbers import number_content
from sources.cells.sheet_builder import Draft, Merge
from sources.cells.shown_cells import mark_of_text
from sources.errors import Unreadable, twice
from sources.raw_sheets import column_index, letter
from sources.readers.xlsx.array_formulas import spread_uncalculated
from sources.readers.xlsx.book import CellStyle, XlsxBook
from sources.readers.xlsx.text import RichText, unescaped
from sources.readers.xml_stream import Attributes, XmlStream

ROWS, COLUMNS = 1_048_576, 16_384
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_PLACE = re.compile(r"\s*\$?([A-Za-z]{1,3})\$?(\d{1,7})\s*")
_RANGE = re.compile(rf"{_PLACE.pattern}(?::{_PLACE.pattern})?")
_BOOLEANS = {"1": "true", "true": "true", "0": "false", "false": "false", "": ""}
_TEXTS = ("s", "str", "inlineStr")
# What libraries store as the value of a formula that they did not calculate.
_STAND_INS = ("", "0", "0.0")


class SheetCells:
    """Reads the XML of one sheet into the draft.

    book: what cells refer to. Never calculated are the formulas without a value and, where the workbook or the sheet
    asks to be calculated when it is opened, those whose value is 0 or nothing.
    """

    def __init__(self, book: XlsxBook, draft: Draft) -> None:
        self._book, self._draft, self._styles = book, draft, book.styles_by_text
        self._columns: dict[int, GrowingColumn] = {}
        self._row, self._column = -1, -1
        self._cell: Attributes = {}
        self._value: str | None = None
        self._formula: str | None = None
        self._shared = ""
        self._masters: dict[str, tuple[str, str]] = {}
        self._stand_ins: list[tuple[int, int, str]] = []
        self._arrays: list[Merge] = []
        self.calculates = book.calculates
        self._strikes = any(style.is_struck for style in book.styles)
        self._rich = RichText()
        self.is_sheet = self.hides_zeros = False
        self._readers: Mapping[str, Callable[[str], str]] = {
            "n": self._number,
            "s": self._shared_text,
            "str": unescaped,
            "b": self._boolean,
            "e": self._error,
            "d": iso_text,
        }

    def read(self, file: IO[bytes], part: str) -> None:
        """Read the part to its end."""
        starts = {
            "sheetView": self._view,
            "sheetData": self._begin_sheet,
            "row": self._begin_row,
            "c": self._begin_cell,
            "f": self._begin_formula,
            **self._rich.starts,
            "mergeCell": self._merge,
            "sheetCalcPr": self._calculation,
        }
        ends = {"c": self._end_cell, "v": self._end_value, "f": self._end_formula, "t": self._rich.add}
        XmlStream(starts, {**ends, "is": self._end_inline}, ("rPh",)).read(file, part)
        self._draft.columns = {column: cells.finish() for column, cells in self._columns.items()}
        if self.calculates:
            for row, column, formula in self._stand_ins:
                self._draft.show(row, column, formula)
                self._draft.marks[row, column] = "error"
        spread_uncalculated(self._draft, self._arrays)

    def _view(self, attributes: Attributes) -> None:
        self.hides_zeros = attributes.get("showZeros", "1") in ("0", "false")

    def _begin_sheet(self, _: Attributes) -> None:
        self.is_sheet = True

    def _begin_row(self, attributes: Attributes) -> None:
        given = attributes.get("r", "").strip()
        self._row = int(given) - 1 if given.isdecimal() and int(given) else self._row + 1
        self._column = -1

    def _begin_cell(self, attributes: Attributes) -> None:
        self._cell = attributes
        place = attributes.get("r")
        if place is None:
            self._column += 1
        elif match := _PLACE.fullmatch(place):
            self._column = _column(match[1])
            self._row = int(match[2]) - 1
        else:
            raise _beyond(self._draft.name, place)
        self._value = self._formula = None

    def _begin_formula(self, attributes: Attributes) -> None:
        self._shared = attributes.get("si", "") if attributes.get("t") == "shared" else ""
        if attributes.get("t") == "array" and (cells := _range_of(attributes.get("ref", ""))):
            self._arrays.append(cells)

    def _end_formula(self, text: str) -> None:
        self._formula = self._shared_formula(text.strip()) if self._shared else text.strip()

    def _shared_formula(self, text: str) -> str:
        """The formula of one of the cells that share it: it is written in the first of them only."""
        here = f"{letter(self._column)}{self._row + 1}"
        if text:
            self._masters[self._shared] = text, here
            return text
        master = self._masters.get(self._shared)
        return _moved(*master, here) if master else ""

    def _end_value(self, text: str) -> None:
        self._value = text

    def _end_inline(self, _: str) -> None:
        self._value = self._rich.take()

    def _end_cell(self, _: str) -> None:
        if self._value is None and self._formula is None:
            return
        if not (0 <= self._row < ROWS and self._column < COLUMNS):
            raise _beyond(self._draft.name, f"{letter(self._column)}{self._row + 1}")
        text = self._formula_text() if self._formula is not None else self._text()
        if text:
            self._put(text)
            if self._strikes and self._style.is_struck:
                self._draft.marks.setdefault((self._row, self._column), STRUCK_OUT)

    def _put(self, text: str) -> None:
        column = self._columns.get(self._column)
        if column is None:
            column = self._columns[self._column] = GrowingColumn()
        if column.put(self._row, text):
            return
        if column.holds(self._row) or self._row in self._draft.texts.get(self._column, {}):
            raise twice(self._draft.name, f"{letter(self._column)}{self._row + 1}")
        self._draft.show(self._row, self._column, text)

    def _formula_text(self) -> str:
        """What the formula gave, or the formula itself where no program has calculated it."""
        formula, value = f"={unescaped(self._formula or '')}", self._value
        is_text = self._cell.get("t", "n").strip() == "str"
        if value is None or not (is_text or value.strip()):
            self._draft.marks[self._row, self._column] = "error"
            return formula
        if value.strip() in _STAND_INS:
            self._stand_ins.append((self._row, self._column, formula))
        return self._text()

    def _text(self) -> str:
        value, kind = self._value or "", self._cell.get("t", "n").strip()
        reader = self._readers.get(kind)
        text = reader(value) if reader else value
        if kind in _TEXTS and (mark := mark_of_text(text, self._style.code)):
            self._draft.marks[self._row, self._column] = mark
        return text

    def _number(self, value: str) -> str:
        plain = value.strip()
        if not _NUMBER.fullmatch(plain):
            return value
        text, mark = number_content(float(plain), self._style.code, self._book.is_1904)
        if self.hides_zeros and text == "0":
            mark = SHOWS_NOTHING
        if mark:
            self._draft.marks[self._row, self._column] = mark
        return text

    @property
    def _style(self) -> CellStyle:
        return self._styles[self._cell.get("s", "0")]

    def _shared_text(self, value: str) -> str:
        place = value.strip()
        if not place:
            return ""
        strings = self._book.strings
        if place.isdecimal() and int(place) < len(strings):
            return strings[int(place)]
        return self._error("#ERROR!")

    def _boolean(self, value: str) -> str:
        word = _BOOLEANS.get(value.strip().lower())
        return self._error(value) if word is None else word

    def _error(self, value: str) -> str:
        self._draft.marks[self._row, self._column] = "error"
        return value.strip() or "#ERROR!"

    def _merge(self, attributes: Attributes) -> None:
        if cells := _range_of(attributes.get("ref", "")):
            self._draft.merges.append(cells)

    def _calculation(self, attributes: Attributes) -> None:
        self.calculates = self.calculates or self._book.asks_to_calculate(attributes)


@cache
def _column(letters: str) -> int:
    return column_index(letters.upper())


def _range_of(reference: str) -> Merge | None:
    """The cells of `B2:D9`; None for a single cell."""
    match = _RANGE.fullmatch(reference)
    if match is None or not match[3]:
        return None
    left, top, right, bottom = match.groups()
    columns = sorted((column_index(left.upper()), column_index(right.upper())))
    rows = sorted((int(top) - 1, int(bottom) - 1))
    return Merge(rows[0], columns[0], rows[1], columns[1])


def iso_text(value: str) -> str:
    """A cell of type `d`, an ISO 8601 date, time or both, as a date under a number format reads; else as it is."""
    text = value.strip()
    try:
        if "-" in text:
            return f"{dt.datetime.fromisoformat(text).replace(tzinfo=None, microsecond=0):%Y-%m-%d %H:%M:%S}"
        return f"{dt.time.fromisoformat(text):%H:%M:%S}"
    except ValueError:
        return value


def _moved(formula: str, origin: str, place: str) -> str:
    """A shared formula as it reads in another cell."""
    from openpyxl.formula.tokenizer import TokenizerError
    from openpyxl.formula.translate import Translator, TranslatorError

    try:
        return str(Translator(f"={formula}", origin).translate_formula(place)).removeprefix("=")
    except (TokenizerError, TranslatorError):
        return formula


def _beyond(sheet: str, place: str) -> Unreadable:
    return Unreadable(
        f"The sheet {sheet} has a cell {place}, which is outside of what a sheet can hold (A1 to XFD1048576). "
        "Open the file in a spreadsheet program, save it as a new .xlsx and import that."
    )
