"""What an xlsb holds beside the values that the parser gives: styles and merged ranges, out of its binary records.

Record numbers and layouts are those of [MS-XLSB], sections 2.1.4 and 2.4.
"""

import struct
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import fastexcel

from rollbook.rows.marks import STRUCK_OUT
from sources.cells.number_formats import BUILT_IN, EAST_ASIAN, date_text, has_conditions, is_usual
from sources.cells.sheet_builder import Draft, Merge, Place, first_repeated
from sources.cells.shown_cells import mark_of_number, mark_of_text, tells, text_section
from sources.errors import Unreadable, damaged, twice
from sources.raw_sheets import letter
from sources.readers.package import Package
from sources.readers.xlsx.book import BookSheet, CellStyle, sheet_of
from sources.readers.xlsx.fast_parser import parse

_ROW, _CELL_RK, _CELL_REAL, _FORMULA_NUMBER = 0, 2, 5, 9
_CELL_NUMBERS = (_CELL_RK, _CELL_REAL, _FORMULA_NUMBER)
_FORMULA_TEXT = 8
_CELL_TEXTS = (6, 7, _FORMULA_TEXT)
_BLANK, _FILLED, _CELLS, _END_CELLS = 1, range(2, 12), range(1, 12), 146
_COLUMN = struct.Struct("<I")
_FONT, _STRUCK = 43, 8
_CALCULATION, _CALCULATION_FLAGS = 157, 24
_FORMAT, _STYLE, _BEGIN_STYLES, _END_STYLES = 44, 47, 617, 618
_SHEET, _WORKBOOK_PROPERTIES, _DIMENSION = 156, 153, 148
_HEAD = 4096
# So many blank cells a byte of the sheet, or so many in all where the columns are few.
_MOST_BLANK, _FEW_CELLS, _MANY_COLUMNS = 5, 30_000_000, 1000
_BEGIN_MERGES, _MERGE = b"\xb1\x01\x04", b"\xb0\x01\x10"


def read_xlsb(path: Path) -> Iterator[Draft]:
    """The sheets in their order; raises Unreadable, or whatever the parser raises on a damaged file."""
    try:
        reader = fastexcel.read_excel(str(path))
        with zipfile.ZipFile(path) as archive:
            package = Package(archive)
            styles, calculates = styles_of(package), is_to_be_calculated(package)
            for position, sheet in enumerate(sheets_of(package)):
                if sheet.is_table:
                    _refuse_far_cells(package, sheet)
                    draft = Draft(sheet.name, position, sheet.is_visible)
                    scan = SheetScan(package, sheet.part, draft, styles, calculates)
                    parse(reader, draft)
                    scan.finish()
                    scan.mark_texts()
                    yield draft
    except fastexcel.FastExcelError as error:
        raise damaged(error) from error


def sheets_of(package: Package) -> list[BookSheet]:
    """The sheets in their order; charts and macro sheets are no tables."""
    part = package.workbook("xl/workbook.bin")
    related = package.related(part)
    sheets = []
    for number, body in _records(package.read(part)):
        if number == _SHEET:
            relation, at = _wide_string(body, 8)
            name, _ = _wide_string(body, at)
            is_visible = struct.unpack_from("<I", body)[0] == 0
            sheets.append(sheet_of(name, related.get(relation), package, is_visible))
    return sheets


class Styles(NamedTuple):
    """The cell styles by their number, and whether days are counted from 1904."""

    known: list[CellStyle]
    is_1904: bool

    def text_of(self, style: CellStyle, number: float) -> str | None:
        """How the number is shown, a day too where the parser does not know that it is one, or counts it otherwise."""
        shown = style.render(number) if style.render else None
        if shown is None and style.is_date(number) and (self.is_1904 or not style.is_usual):
            return date_text(number, self.is_1904)
        return shown


def styles_of(package: Package) -> Styles:
    """The styles; one is usual where every reader knows whether it shows days."""
    part = package.related_of_kind(package.workbook("xl/workbook.bin"), "styles")
    codes, struck, known = {**BUILT_IN, **EAST_ASIAN}, [], []
    inside = False
    for kind, body in _records(package.read(part)) if part else ():
        if kind == _FORMAT:
            codes[struct.unpack_from("<H", body)[0]] = _wide_string(body, 2)[0]
        elif kind == _FONT:
            struck.append(bool(struct.unpack_from("<H", body, 2)[0] & _STRUCK))
        elif kind in (_BEGIN_STYLES, _END_STYLES):
            inside = kind == _BEGIN_STYLES
        elif kind == _STYLE and inside:
            number, font = struct.unpack_from("<HH", body, 2)
            code = codes.get(number, "General")
            is_struck = font < len(struck) and struck[font]
            known.append(CellStyle(code, number not in EAST_ASIAN and is_usual(code), is_struck))
    return Styles(known, _is_1904(package))


def is_to_be_calculated(package: Package) -> bool:
    """Does the workbook ask to be calculated when it is opened, and no program has done so yet?

    The lowest bit of the flags of BrtCalcProp says so, as `fullCalcOnLoad` does in an xlsx
    (`sources.readers.xlsx.book`).
    """
    part = package.workbook("xl/workbook.bin")
    found = (body for kind, body in _records(package.read(part)) if kind == _CALCULATION)
    asks = any(len(body) > _CALCULATION_FLAGS and body[_CALCULATION_FLAGS] & 1 for body in found)
    return asks and package.related_of_kind(part, "calcChain") is None


def _is_1904(package: Package) -> bool:
    """Are days counted from 1904? The lowest bit of BrtWbProp says so."""
    records = _records(package.read(package.workbook("xl/workbook.bin")))
    return any(body[0] & 1 for kind, body in records if kind == _WORKBOOK_PROPERTIES and body)


def _refuse_far_cells(package: Package, sheet: BookSheet) -> None:
    """The parser keeps the blank cells between the others in memory; BrtWsDim says where the last one is."""
    with package.open(sheet.part) as file:
        head = file.read(_HEAD)
    for kind, body in _records(head):
        if kind == _DIMENSION and len(body) >= 16:
            _, row, _, column = struct.unpack_from("<IIII", body)
            few = _FEW_CELLS if column < _MANY_COLUMNS else 0
            if (row + 1) * (column + 1) > max(few, _MOST_BLANK * package.size(sheet.part)):
                place = f"{letter(column)}{row + 1}"
                raise Unreadable(
                    f"The sheet {sheet.name} reaches to the cell {place}, and almost all of it is blank. "
                    "Delete the rows or columns far away from the table, or save the file as .xlsx; import it again.",
                    "file.too_large",
                )
        if kind in (_ROW, _DIMENSION):
            return


class SheetScan(Thread):
    """Reads a sheet's records once, beside the parser, and notes in the draft what the parser does not tell."""

    def __init__(self, package: Package, part: str, draft: Draft, styles: Styles, calculates: bool) -> None:
        super().__init__(daemon=True)
        self._package, self._part, self._draft, self._styles = package, part, draft, styles
        known = list(enumerate(styles.known))
        self._numbers = {number: style for number, style in known if self._matters(style)}
        self._texts = {number: style.code for number, style in known if text_section(style.code) is not None}
        self._struck = {number for number, style in known if style.is_struck}
        self._calculates = calculates
        self._found: list[tuple[Place, str]] = []
        self._failure: Exception | None = None
        self.start()

    def _matters(self, style: CellStyle) -> bool:
        is_odd_day = (self._styles.is_1904 or not style.is_usual) and style.is_date(0)
        return bool(style.render) or is_odd_day or has_conditions(style.code) or tells(style.code) != "never"

    def finish(self) -> None:
        """Wait for the end of it; a failure there comes out here."""
        self.join()
        if self._failure:
            raise self._failure

    def run(self) -> None:
        """The thread's work."""
        try:
            with self._package.open(self._part) as file:
                content = file.read()
            if place := first_repeated(partial(_places, content)):
                raise twice(self._draft.name, f"{letter(place[1])}{place[0] + 1}")
            self._draft.merges.extend(_merges(content))
            if self._numbers or self._texts:
                self._note_formats(content)
            if self._struck:
                self._note_struck(content)
            if self._calculates:
                self._note_stand_ins(content)
        except Exception as error:  # noqa: BLE001 - it is raised again in the main thread
            self._failure = error

    def mark_texts(self) -> None:
        """Mark the texts to which formats add something, once the parser has given them."""
        for place, code in self._found:
            text = self._draft.columns[place[1]][place[0]].as_py()
            if text and (mark := mark_of_text(text, code)):
                self._draft.marks[place] = mark

    def _note_formats(self, content: bytes) -> None:
        for place, style, kind, body in _cells(content):
            if kind in _CELL_TEXTS and (code := self._texts.get(style)):
                self._found.append((place, code))
            elif kind in _CELL_NUMBERS and (known := self._numbers.get(style)):
                self._note(place, known, _number(kind, body))

    def _note_struck(self, content: bytes) -> None:
        for place, style, _, _ in _cells(content):
            if style in self._struck:
                self._draft.marks.setdefault(place, STRUCK_OUT)

    def _note_stand_ins(self, content: bytes) -> None:
        """A formula that nobody calculated has the value 0 or an empty text."""
        for place, _, kind, body in _cells(content):
            is_zero = kind == _FORMULA_NUMBER and not _number(kind, body)
            if is_zero or (kind == _FORMULA_TEXT and not _wide_string(body, 8)[0]):
                self._draft.show_uncalculated(*place)

    def _note(self, place: Place, style: CellStyle, number: float) -> None:
        text = self._styles.text_of(style, number)
        if text is not None:
            self._draft.show(*place, text)
        if mark := mark_of_number(number, style.code, self._styles.is_1904):
            self._draft.marks[place] = mark


def _cells(content: bytes) -> Iterator[tuple[Place, int, int, bytes]]:
    """The cells that are not blank: place, style, kind of record, record."""
    row = 0
    for kind, body in _records(content):
        if kind == _ROW:
            row = struct.unpack_from("<I", body)[0]
        elif kind in _FILLED:
            column, style = struct.unpack_from("<II", body)
            yield (row, column), style & 0xFFFFFF, kind, body


def _places(content: bytes) -> Iterator[tuple[Place, bool]]:
    """The places of all cells, and whether they hold something."""
    row = 0
    for kind, at, _ in _heads(content):
        if kind == _ROW:
            (row,) = _COLUMN.unpack_from(content, at)
        elif kind in _CELLS:
            yield (row, _COLUMN.unpack_from(content, at)[0]), kind != _BLANK
        elif kind == _END_CELLS:
            return


def _number(kind: int, body: bytes) -> float:
    if kind != _CELL_RK:
        return float(struct.unpack_from("<d", body, 8)[0])
    # An RK number: the upper 30 bits of a double or of an integer; bit 0 divides by 100, bit 1 means integer.
    packed = struct.unpack_from("<i", body, 8)[0]
    number = float(packed >> 2) if packed & 2 else struct.unpack("<d", struct.pack("<Ii", 0, packed & ~3))[0]
    return number / 100 if packed & 1 else number


def _merges(content: bytes) -> Iterator[Merge]:
    """The merged ranges, which stand behind all cells: sought from the end, for the cells are many."""
    at = content.rfind(_BEGIN_MERGES)
    if at < 0:
        return
    at += len(_BEGIN_MERGES) + 4
    while content[at : at + 3] == _MERGE:
        top, bottom, left, right = struct.unpack_from("<IIII", content, at + 3)
        yield Merge(top, left, bottom, right)
        at += 3 + 16


def _records(content: bytes) -> Iterator[tuple[int, bytes]]:
    return ((kind, content[at : at + size]) for kind, at, size in _heads(content))


def _heads(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Kind, beginning and length of each record."""
    at, end = 0, len(content)
    while at < end:
        number = content[at]
        at += 1
        if number & 0x80:
            number = number & 0x7F | content[at] << 7
            at += 1
        size = shift = 0
        while True:
            byte = content[at]
            at += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80 or shift > 21:
                break
        yield number, at, size
        at += size


def _wide_string(body: bytes, at: int) -> tuple[str, int]:
    length = struct.unpack_from("<I", body, at)[0]
    if length == 0xFFFFFFFF:
        return "", at + 4
    return body[at + 4 : at + 4 + 2 * length].decode("utf-16-le", errors="replace"), at + 4 + 2 * length
