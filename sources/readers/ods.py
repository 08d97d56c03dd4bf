"""OpenDocument spreadsheets: one streamed pass over content.xml, which holds both what a cell is and what it shows."""

import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from rollbook.rows.marks import STRUCK_OUT, MarkKind
from sources.cells.sheet_builder import Draft, Merge
from sources.errors import Unreadable
from sources.readers.ods_cells import (
    DRAW,
    FORMULA,
    NUMBER,
    OFFICE,
    STRING_VALUE,
    STYLE,
    TABLE,
    TEXT,
    VALUE_TYPE,
    content_of,
)
from sources.readers.xml_events import Attributes, XmlEvents

_ROWS, _COLUMNS = 1_048_576, 16_384
_LONGEST = 32_767
_COLUMNS_REPEATED, _ROWS_REPEATED = f"{TABLE}number-columns-repeated", f"{TABLE}number-rows-repeated"
_COLUMNS_SPANNED, _ROWS_SPANNED = f"{TABLE}number-columns-spanned", f"{TABLE}number-rows-spanned"
_STYLE_NAME, _TABLE_STYLE = f"{STYLE}name", f"{TABLE}style-name"
# Their paragraphs are no text of the cell: notes, readings of Japanese names, shapes, what a cell once held.
_SHAPES = ("a", "caption", "control", "custom-shape", "ellipse", "frame", "g", "line", "polygon", "polyline", "rect")
_SKIPPED = frozenset(
    [
        f"{OFFICE}annotation",
        f"{TABLE}shapes",
        f"{TABLE}tracked-changes",
        f"{TEXT}note",
        f"{TEXT}ruby-text",
        *(f"{DRAW}{shape}" for shape in _SHAPES),
    ]
)
# Stand for what OpenDocument writes as elements, while runs of blank characters count as one space.
_MARKS = str.maketrans("\x01\x02\x03", " \t\n")
_BLANK = re.compile(r"[ \t\r\n]+")

# Column, how often across, text, mark.
_Cell = tuple[int, int, str, MarkKind | None]


def read_ods(path: Path) -> Iterator[Draft]:
    """The sheets in their order; raises Unreadable. Repeated cells are spread out only where they hold something."""
    if not zipfile.is_zipfile(path):
        with path.open("rb") as flat:
            yield from _drafts(flat)
        return
    with zipfile.ZipFile(path) as archive, archive.open("content.xml") as file:
        yield from _drafts(file)


def _drafts(file: IO[bytes]) -> Iterator[Draft]:
    document = _Document()
    for _ in document.events.read(file):
        while document.finished:
            yield document.finished.pop(0)


class _Document:
    """Takes the elements of content.xml as they come, and makes a draft of each table."""

    _text: list[str]

    def __init__(self) -> None:
        self.finished: list[Draft] = []
        self._styles = _Styles()
        self._table: Draft | None = None
        self._tables = 0
        self._row = self._column = 0
        self._times = 1
        self._filled: list[_Cell] = []
        self._cell: Attributes = {}
        self._paragraphs: list[str] = []
        starts = {
            **self._styles.starts,
            f"{TABLE}table": self._begin_table,
            f"{TABLE}table-row": self._begin_row,
            f"{TABLE}table-cell": self._begin_cell,
            f"{TABLE}covered-table-cell": self._begin_cell,
            f"{TEXT}p": self._begin_paragraph,
            f"{TEXT}s": self._spaces,
            f"{TEXT}tab": lambda _: self._text.append("\x02"),
            f"{TEXT}line-break": lambda _: self._text.append("\x03"),
        }
        ends = {
            f"{TABLE}table": self._end_table,
            f"{TABLE}table-row": self._end_row,
            f"{TABLE}table-cell": self._end_cell,
            f"{TABLE}covered-table-cell": self._end_cell,
            f"{TEXT}p": self._end_paragraph,
        }
        self.events = XmlEvents(starts, ends, _SKIPPED)
        self._text = self.events.text

    def _begin_table(self, attributes: Attributes) -> None:
        if self._table is not None:  # a table within a cell is not a sheet
            self.events.skip(attributes)
            return
        visible = attributes.get(_TABLE_STYLE, "") not in self._styles.hidden
        self._table = Draft(attributes.get(f"{TABLE}name", ""), self._tables, visible)
        self._tables += 1
        self._row = 0

    def _end_table(self) -> None:
        if self._table is not None:
            self.finished.append(self._table)
            self._table = None

    def _begin_row(self, attributes: Attributes) -> None:
        self._times = int(attributes.get(_ROWS_REPEATED, "1"))
        self._column = 0

    def _end_row(self) -> None:
        if self._filled and self._table is not None:
            self._spread(self._table)
        del self._filled[:]
        self._row += self._times

    def _begin_cell(self, attributes: Attributes) -> None:
        self._cell = attributes
        del self._paragraphs[:]

    def _begin_paragraph(self, _: Attributes) -> None:
        del self._text[:]

    def _spaces(self, attributes: Attributes) -> None:
        self._text.append("\x01" * min(int(attributes.get(f"{TEXT}c", "1")), _LONGEST))

    def _end_paragraph(self) -> None:
        text = "".join(self._text)
        if not text.isprintable() or "  " in text or text[:1] == " " or text[-1:] == " ":
            text = _BLANK.sub(" ", text).strip(" ").translate(_MARKS)
        self._paragraphs.append(text)

    def _end_cell(self) -> None:
        cell, paragraphs = self._cell, self._paragraphs
        text = None if not paragraphs else paragraphs[0] if len(paragraphs) == 1 else "\n".join(paragraphs)
        mark: MarkKind | None = None
        if cell.get(VALUE_TYPE) != "string" or FORMULA in cell or STRING_VALUE in cell:
            text, mark = content_of(cell, text, *self._styles.of(cell))
        repeated = int(cell[_COLUMNS_REPEATED]) if _COLUMNS_REPEATED in cell else 1
        if text:
            mark = mark or self._styles.mark_of(cell)
            self._filled.append((self._column, repeated, text, mark))
        if _COLUMNS_SPANNED in cell or _ROWS_SPANNED in cell:
            self._note_merge(cell)
        self._column += repeated

    def _note_merge(self, cell: Attributes) -> None:
        down, across = int(cell.get(_ROWS_SPANNED, "1")), int(cell.get(_COLUMNS_SPANNED, "1"))
        if self._table is not None and (down > 1 or across > 1):
            merge = Merge(self._row, self._column, self._row + down - 1, self._column + across - 1)
            self._table.merges.append(merge)

    def _spread(self, table: Draft) -> None:
        last, repeated, *_ = self._filled[-1]
        if self._row + self._times > _ROWS or last + repeated > _COLUMNS:
            raise Unreadable(
                f"The sheet {table.name} claims more than {_ROWS:,} rows or {_COLUMNS:,} columns. "
                "Delete the repeated cells at its end, or ask its sender for it again.",
                "file.too_large",
            )
        for first, repeated, text, mark in self._filled:
            for column in range(first, first + repeated):
                self._fill(table, column, text)
                if mark:
                    places = ((self._row + down, column) for down in range(self._times))
                    table.marks.update(dict.fromkeys(places, mark))

    def _fill(self, table: Draft, column: int, text: str) -> None:
        cells = table.columns.get(column)
        if cells is None:
            cells = table.columns[column] = []
        if len(cells) < self._row:
            cells.extend([None] * (self._row - len(cells)))
        if self._times == 1:
            cells.append(text)
        else:
            cells.extend([text] * self._times)


class _Styles:
    """Which tables are hidden, and how numbers are shown whose text the file leaves out."""

    def __init__(self) -> None:
        self.hidden: set[str] = set()
        self._shown: dict[str, tuple[int, bool]] = {}
        self._number = self._style = ""
        self._struck: set[str] = set()
        self.starts: dict[str, Callable[[Attributes], object]] = {
            f"{NUMBER}number-style": self._begin_number,
            f"{NUMBER}percentage-style": self._begin_percentage,
            f"{NUMBER}number": self._digits,
            f"{STYLE}style": self._begin_style,
            f"{STYLE}table-properties": self._properties,
            f"{STYLE}text-properties": self._text,
        }

    def of(self, cell: Attributes) -> tuple[int, bool]:
        """How many digits a whole number has at least, and whether it is a percentage."""
        return self._shown.get(cell.get(_TABLE_STYLE, ""), (0, False))

    def mark_of(self, cell: Attributes) -> MarkKind | None:
        """The mark of a cell that is struck out."""
        return STRUCK_OUT if self._struck and cell.get(_TABLE_STYLE) in self._struck else None

    def _text(self, attributes: Attributes) -> None:
        if attributes.get(f"{STYLE}text-line-through-style", "none") != "none":
            self._struck.add(self._style)

    def _begin_number(self, attributes: Attributes) -> None:
        self._number = f"number {attributes.get(_STYLE_NAME, '')}"

    def _begin_percentage(self, attributes: Attributes) -> None:
        self._begin_number(attributes)
        self._shown[self._number] = (0, True)

    def _digits(self, attributes: Attributes) -> None:
        least = int(attributes.get(f"{NUMBER}min-integer-digits", "1"))
        if least > 1 and self._number not in self._shown:
            self._shown[self._number] = (min(least, 15), False)

    def _begin_style(self, attributes: Attributes) -> None:
        self._style = attributes.get(_STYLE_NAME, "")
        number = self._shown.get(f"number {attributes.get(f'{STYLE}data-style-name', '')}")
        if number:
            self._shown[self._style] = number

    def _properties(self, attributes: Attributes) -> None:
        if attributes.get(f"{TABLE}display") == "false":
            self.hidden.add(self._style)
