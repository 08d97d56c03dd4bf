"""What an xlsx holds beside the values that the parser gives: styles, merged ranges, formulas without a value."""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from posixpath import join, normpath
from threading import Thread
from typing import IO

from lxml import etree

from sources.drafts import Draft, Merge, Place
from sources.formats import BUILT_IN, Render, render_of
from sources.sheets import column_index, letter
from sources.unreadable import Unreadable

_SMALL = 64 << 20
_BLOCK = 1 << 20
# Where a row or a merged range starts, under a prefix or not.
_STARTS = (b"<row ", b":row ", b"<row>", b"<mergeCell ", b":mergeCell ")
# No row is as long. What is, is a trap, and need not be cut well.
_LONGEST = 32 << 20


@dataclass(frozen=True)
class PartSheet:
    """One sheet of the workbook: `part` is its file in the archive; charts and macro sheets are no tables."""

    name: str
    part: str
    is_table: bool


def sheets_of(archive: zipfile.ZipFile) -> list[PartSheet]:
    """The sheets in their order."""
    workbook = _workbook_part(archive)
    parts = related_parts(archive, workbook)
    sheets = []
    for element in _xml(archive, workbook).iter("{*}sheet"):
        number = next((value for key, value in element.items() if str(key).endswith("}id")), "")
        kind, part = parts.get(str(number), ("", ""))
        sheets.append(PartSheet(element.get("name", ""), part, kind.endswith("/worksheet")))
    return sheets


def related_parts(archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Relation number -> (type, part in the archive) of everything that a part refers to."""
    folder, _, name = part.rpartition("/")
    relations = {}
    for element in _xml(archive, f"{folder}/_rels/{name}.rels".lstrip("/")).iter("{*}Relationship"):
        target = element.get("Target", "")
        found = target.lstrip("/") if target.startswith("/") else normpath(join(folder, target))
        relations[element.get("Id", "")] = (element.get("Type", ""), found)
    return relations


def _workbook_part(archive: zipfile.ZipFile) -> str:
    for element in _xml(archive, "_rels/.rels").iter("{*}Relationship"):
        if element.get("Type", "").endswith("/officeDocument"):
            return element.get("Target", "").lstrip("/")
    return "xl/workbook.xml"


def _xml(archive: zipfile.ZipFile, name: str) -> etree._Element:
    with archive.open(name) as file:
        body = file.read(_SMALL + 1)
    if len(body) > _SMALL:
        raise Unreadable(f"The workbook's {name} is over {_SMALL >> 20} MiB: it is damaged or a trap.")
    return etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))


def renders_of(archive: zipfile.ZipFile) -> dict[int, Render]:
    """Style number -> how its cells are shown, for the formats under which the bare number is not what was meant."""
    name = next((name for name in archive.namelist() if name.lower().endswith("xl/styles.xml")), None)
    if name is None:
        return {}
    root = _xml(archive, name)
    codes = dict(BUILT_IN)
    for element in root.iter("{*}numFmt"):
        codes[int(element.get("numFmtId", "0"))] = element.get("formatCode", "")
    styles = root.find("{*}cellXfs")
    renders = {}
    for number, element in enumerate(() if styles is None else styles.iter("{*}xf")):
        render = render_of(codes.get(int(element.get("numFmtId", "0")), "General"))
        if render:
            renders[number] = render
    return renders


class SheetScan(Thread):
    """Reads a sheet's XML once, beside the parser, and notes in the draft what the parser does not tell."""

    def __init__(self, path: Path, part: str, draft: Draft, renders: dict[int, Render]) -> None:
        super().__init__(daemon=True)
        self._path, self._part, self._draft, self._renders = path, part, draft, renders
        self._errors: dict[Place, str] = {}
        self._failure: Exception | None = None
        self.start()

    def finish(self) -> None:
        """Wait for the end of it; a failure there comes out here."""
        self.join()
        if self._failure:
            raise self._failure
        for place, text in self._errors.items():
            self._draft.show(*place, text)

    def run(self) -> None:
        """The thread's work."""
        try:
            with zipfile.ZipFile(self._path) as archive, archive.open(self._part) as file:
                for block in _numbered(_blocks(file)):
                    self._note_merges(block)
                    self._note_formulas(block)
                    self._note_errors(block)
                    if self._renders:
                        self._note_formats(block)
        except Exception as error:  # noqa: BLE001 - it is raised again in the main thread
            self._failure = error

    def _note_merges(self, block: bytes) -> None:
        if b"mergeCell " in block:
            for match in _MERGE.finditer(block):
                left, top, right, bottom = match.groups()
                ends = (int(top) - 1, column_index(left.decode()), int(bottom) - 1, column_index(right.decode()))
                self._draft.merges.append(Merge(*ends))

    def _note_formulas(self, block: bytes) -> None:
        if b"f>" not in block and b"f " not in block:
            return
        for match in _VALUELESS.finditer(block):
            letters, row, attributes, formula = match.groups()
            if b't="str"' not in attributes:
                place = (int(row) - 1, column_index(letters.decode()))
                self._draft.show(*place, f"={_unescaped(formula or b'')}")
                self._draft.marks[place] = "error"

    def _note_errors(self, block: bytes) -> None:
        if b't="e"' in block:
            for match in _RARE_ERROR.finditer(block):
                letters, row, text = match.groups()
                self._errors[int(row) - 1, column_index(letters.decode())] = _unescaped(text)

    def _note_formats(self, block: bytes) -> None:
        for match in _NUMBER.finditer(block):
            letters, row, attributes, value = match.groups()
            style = _STYLE.search(attributes)
            render = self._renders.get(int(style[1])) if style else None
            if render is None or _NOT_A_NUMBER.search(attributes):
                continue
            text = render(float(value))
            if text is not None:
                self._draft.show(int(row) - 1, column_index(letters.decode()), text)


_MERGE = re.compile(rb'<(?:\w+:)?mergeCell [^>]*?ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
_VALUELESS = re.compile(
    rb'<(?:\w+:)?c r="([A-Z]+)(\d+)"([^>]*)><(?:\w+:)?f(?:[^>]*/>|[^>]*>([^<]*)</(?:\w+:)?f>)'
    rb"(?:<(?:\w+:)?v>\s*</(?:\w+:)?v>|<(?:\w+:)?v\s*/>)?</(?:\w+:)?c>"
)
_NUMBER = re.compile(
    rb'<(?:\w+:)?c r="([A-Z]+)(\d+)"([^>]*)>(?:<(?:\w+:)?f(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>))?'
    rb"<(?:\w+:)?v>([-+.\deE]+)</(?:\w+:)?v>"
)
# Errors that Excel knows since 2019 and the parser does not.
_KNOWN = rb"#(?:DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!|GETTING_DATA)<"
_RARE_ERROR = re.compile(
    rb'<(?:\w+:)?c r="([A-Z]+)(\d+)"[^>]* t="e"[^>]*>(?:<(?:\w+:)?f(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>))?'
    rb"<(?:\w+:)?v>(?!" + _KNOWN + rb")([^<]*)<"
)
_ANY_ERROR = re.compile(rb"(v>)(?!" + _KNOWN + rb")#[A-Z][^<]*(<)")
_CELL = re.compile(rb"<(?:\w+:)?c[ />]")
_CELL_WITH_PLACE = re.compile(rb'<(?:\w+:)?c r="')
_ROW_OR_CELL = re.compile(rb"<((?:\w+:)?(?:row|c))(?=[ />])([^>]*?)(/?>)")
_PLACE = re.compile(rb' r="([A-Z]*)(\d+)"')
_STYLE = re.compile(rb' s="(\d+)"')
_NOT_A_NUMBER = re.compile(rb' t="(?:s|str|b|e|d|inlineStr)"')


def _unescaped(formula: bytes) -> str:
    from html import unescape

    return unescape(formula.decode("utf-8", errors="replace"))


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    """The XML in blocks that end where a row or a merged range begins, so that no cell is cut."""
    rest = b""
    while block := file.read(_BLOCK):
        block = rest + block
        cut = next((at for start in _STARTS if (at := block.rfind(start)) > 0), -1)
        cut = block.rfind(b"<", 0, cut + 1)
        if cut > 0:
            yield block[:cut]
            rest = block[cut:]
        elif len(block) > _LONGEST:
            yield block
            rest = b""
        else:
            rest = block
    yield rest


def _numbered(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The blocks with the place first in every cell, for the writers that leave it out or put it elsewhere."""
    row, column = 0, 0

    def placed(match: re.Match[bytes]) -> bytes:
        nonlocal row, column
        tag, attributes, end = match.groups()
        place = _PLACE.search(attributes)
        if tag.endswith(b"row"):
            row, column = (int(place[2]) if place else row + 1), 0
            return match[0]
        column = column_index(place[1].decode()) if place else column
        cell = f"{letter(column)}{row}".encode()
        column += 1
        return b"<" + tag + b' r="' + cell + b'"' + _PLACE.sub(b"", attributes) + end

    plain: bool | None = None
    for block in blocks:
        if plain is None and (cells := len(_CELL.findall(block))):
            plain = cells == len(_CELL_WITH_PLACE.findall(block))
        yield block if plain else _ROW_OR_CELL.sub(placed, block)


def with_known_errors(path: Path, folder: Path) -> Path:
    """A copy of the workbook in the folder, with #N/A for the errors that the parser does not know."""
    copy = folder / "known-errors.xlsx"
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(copy, "w") as changed:
        for name in archive.namelist():
            with archive.open(name) as source, changed.open(name, "w", force_zip64=True) as target:
                for block in _blocks(source) if "/worksheets/" in name else iter(lambda: source.read(_BLOCK), b""):
                    target.write(_ANY_ERROR.sub(rb"\1#N/A\2", block) if "/worksheets/" in name else block)
    return copy
