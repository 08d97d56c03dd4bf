"""What an xlsb holds beside the values that the parser gives: styles and merged ranges, out of its binary records.

Record numbers and layouts are those of [MS-XLSB], sections 2.1.4 and 2.4.
"""

import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

from sources.drafts import Draft, Merge
from sources.formats import BUILT_IN, Render, render_of
from sources.xlsx import PartSheet, related_parts

_ROW, _CELL_RK, _CELL_REAL, _FORMULA_NUMBER = 0, 2, 5, 9
_FORMAT, _STYLE, _BEGIN_STYLES, _END_STYLES = 44, 47, 617, 618
_SHEET = 156
_BEGIN_MERGES, _MERGE = b"\xb1\x01\x04", b"\xb0\x01\x10"


def sheets_of(archive: zipfile.ZipFile) -> list[PartSheet]:
    """The sheets in their order; charts and macro sheets are no tables."""
    parts = related_parts(archive, "xl/workbook.bin")
    sheets = []
    for number, body in _records(archive.read("xl/workbook.bin")):
        if number == _SHEET:
            relation, at = _wide_string(body, 8)
            name, _ = _wide_string(body, at)
            kind, part = parts.get(relation, ("", ""))
            sheets.append(PartSheet(name, part, kind.endswith("/worksheet")))
    return sheets


def renders_of(archive: zipfile.ZipFile) -> dict[int, Render]:
    """Style number -> how its cells are shown, for the formats under which the bare number is not what was meant."""
    if "xl/styles.bin" not in archive.namelist():
        return {}
    codes, renders = dict(BUILT_IN), {}
    inside, number = False, 0
    for kind, body in _records(archive.read("xl/styles.bin")):
        if kind == _FORMAT:
            codes[struct.unpack_from("<H", body)[0]] = _wide_string(body, 2)[0]
        elif kind in (_BEGIN_STYLES, _END_STYLES):
            inside = kind == _BEGIN_STYLES
        elif kind == _STYLE and inside:
            render = render_of(codes.get(struct.unpack_from("<H", body, 2)[0], "General"))
            if render:
                renders[number] = render
            number += 1
    return renders


class SheetScan(Thread):
    """Reads a sheet's records once, beside the parser, and notes in the draft what the parser does not tell."""

    def __init__(self, path: Path, part: str, draft: Draft, renders: dict[int, Render]) -> None:
        super().__init__(daemon=True)
        self._path, self._part, self._draft, self._renders = path, part, draft, renders
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
            with zipfile.ZipFile(self._path) as archive:
                content = archive.read(self._part)
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
