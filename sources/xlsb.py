"""What an xlsb holds beside the values that the parser gives: styles and merged ranges, out of its binary records.

Record numbers and layouts are those of [MS-XLSB], sections 2.1.4 and 2.4.
"""

import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import fastexcel

from sources.drafts import Draft, Merge
from sources.fast_parser import parse
from sources.formats import BUILT_IN, EAST_ASIAN, Render, date_text
from sources.package import Package
from sources.sheets import letter
from sources.unreadable import Unreadable, damaged
from sources.xlsx_book import BookSheet, CellStyle, sheet_of

_ROW, _CELL_RK, _CELL_REAL, _FORMULA_NUMBER = 0, 2, 5, 9
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
            renders = renders_of(package)
            for position, sheet in enumerate(sheets_of(package)):
                if sheet.is_table:
                    _refuse_far_cells(package, sheet)
                    draft = Draft(sheet.name, position, sheet.is_visible)
                    scan = SheetScan(package, sheet.part, draft, renders)
                    parse(reader, draft)
                    scan.finish()
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


def renders_of(package: Package) -> dict[int, Render]:
    """Style number -> how its cells are shown, for the formats under which the bare number is not what was meant."""
    part = package.related_of_kind(package.workbook("xl/workbook.bin"), "styles")
    if part is None:
        return {}
    codes, renders = {**BUILT_IN, **EAST_ASIAN}, {}
    is_1904 = _is_1904(package)
    inside, number = False, 0
    for kind, body in _records(package.read(part)):
        if kind == _FORMAT:
            codes[struct.unpack_from("<H", body)[0]] = _wide_string(body, 2)[0]
        elif kind in (_BEGIN_STYLES, _END_STYLES):
            inside = kind == _BEGIN_STYLES
        elif kind == _STYLE and inside:
            code = struct.unpack_from("<H", body, 2)[0]
            is_known = code not in EAST_ASIAN and not is_1904
            render = _render(CellStyle(codes.get(code, "General"), is_known), is_1904)
            if render:
                renders[number] = render
            number += 1
    return renders


def _render(style: CellStyle, is_1904: bool) -> Render | None:
    """How numbers are shown, days too where the parser does not know that they are some, or counts them otherwise."""
    if style.is_usual or not style.is_date(0):
        return style.render

    def render(number: float) -> str | None:
        shown = style.render(number) if style.render else None
        return date_text(number, is_1904) if shown is None else shown

    return render


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

    def __init__(self, package: Package, part: str, draft: Draft, renders: dict[int, Render]) -> None:
        super().__init__(daemon=True)
        self._package, self._part, self._draft, self._renders = package, part, draft, renders
        self._failure: Exception | None = None
        self.start()

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
            self._draft.merges.extend(_merges(content))
            if self._renders:
                self._note_formats(content)
        except Exception as error:  # noqa: BLE001 - it is raised again in the main thread
            self._failure = error

    def _note_formats(self, content: bytes) -> None:
        row = 0
        for kind, body in _records(content):
            if kind == _ROW:
                row = struct.unpack_from("<I", body)[0]
            elif kind in (_CELL_RK, _CELL_REAL, _FORMULA_NUMBER):
                column, style = struct.unpack_from("<II", body)
                render = self._renders.get(style & 0xFFFFFF)
                text = render(_number(kind, body)) if render else None
                if text is not None:
                    self._draft.show(row, column, text)


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
        yield number, content[at : at + size]
        at += size


def _wide_string(body: bytes, at: int) -> tuple[str, int]:
    length = struct.unpack_from("<I", body, at)[0]
    if length == 0xFFFFFFFF:
        return "", at + 4
    return body[at + 4 : at + 4 + 2 * length].decode("utf-16-le", errors="replace"), at + 4 + 2 * length
