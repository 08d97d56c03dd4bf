"""Workbooks that no library writes: made of parts, for the tests of this room."""

import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def xlsx_of(
    path: Path,
    rows: str | bytes,
    styles: str = "",
    after: str = "",
    sheet: str | None = None,
    workbook: str = "",
    more_sheets: str = "",
    parts: Mapping[str, str] | None = None,
) -> Path:
    """A workbook of one sheet `Data`, of the XML of its rows and what stands behind them.

    workbook: what stands in the workbook beside its sheets. parts: kind and name of further, empty parts.
    """
    body = rows.encode() if isinstance(rows, str) else rows
    whole = f'<worksheet xmlns="{_MAIN}"><sheetData>'.encode() + body + f"</sheetData>{after}</worksheet>".encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _relations([("officeDocument", "xl/workbook.xml")]))
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
            f'<sheet name="Data" sheetId="1" r:id="rId1"/>{more_sheets}</sheets>{workbook}</workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            _relations([("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml"), *(parts or {}).items()]),
        )
        for name in (parts or {}).values():
            archive.writestr(f"xl/{name}", "<empty/>")
        archive.writestr("xl/styles.xml", f'<styleSheet xmlns="{_MAIN}">{styles}</styleSheet>')
        archive.writestr("xl/worksheets/sheet1.xml", sheet.encode() if sheet else whole)
    return path


def _relations(parts: Iterable[tuple[str, str]]) -> str:
    lines = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(parts, start=1)
    )
    return f'<Relationships xmlns="{_RELATIONS}">{lines}</Relationships>'


def _record(number: int, body: bytes) -> bytes:
    kind = bytes([number]) if number < 0x80 else bytes([number & 0x7F | 0x80, number >> 7])
    return kind + bytes([len(body)]) + body


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def xlsb_of(
    path: Path,
    formats: list[str],
    rows: list[list[tuple[int, float | str]]],
    merges: bytes = b"",
    built_in: Sequence[int] = (),
    is_1904: bool = False,
    last: tuple[int, int] | None = None,
    calculates: bool = False,
    chain: bool = False,
    formulas: bool = False,
    struck: int | None = None,
    behind: bytes = b"",
) -> Path:
    """A binary workbook of one sheet `Data`; a cell is (style, value), style 0 is General, n the n-th format.

    built_in: the numbers of formats behind these. last: the last row and column, as the sheet says. calculates: it asks
    to be calculated when it is opened. chain: Excel calculated it. formulas: all cells are formulas.
    struck: the style whose font is struck out. behind: records behind the last row.
    """
    bundle = _record(156, struct.pack("<II", 0, 1) + _wide("rId1") + _wide("Data"))
    properties = _record(153, struct.pack("<III", int(is_1904), 0, 0))
    workbook = _record(131, b"") + properties + _record(143, b"") + bundle + _record(144, b"")
    workbook += _record(157, struct.pack("<IIIdIH", 0, 1, 100, 0.001, 0, 0x0E | calculates)) + _record(132, b"")
    styles = b"".join(_record(44, struct.pack("<H", 164 + at) + _wide(code)) for at, code in enumerate(formats))
    styles = _record(615, struct.pack("<I", len(formats))) + styles + _record(616, b"")
    numbers = [0, *range(164, 164 + len(formats)), *built_in]
    styles += _record(617, struct.pack("<I", len(numbers)))
    styles = b"".join(_record(43, struct.pack("<HH", 220, flags) + bytes(17)) for flags in (0, 8)) + styles
    styles += b"".join(
        _record(47, struct.pack("<HHH", 0, number, at == struck) + bytes(10)) for at, number in enumerate(numbers)
    )
    styles += _record(618, b"")
    bottom, right = last or (len(rows) - 1, 9)
    sheet = _record(129, b"") + _record(148, struct.pack("<IIII", 0, bottom, 0, right)) + _record(145, b"")
    for row, line in enumerate(rows):
        sheet += _record(0, struct.pack("<I", row) + bytes(13))
        for column, (style, value) in enumerate(line):
            place = struct.pack("<II", column, style)
            held = _wide(value) if isinstance(value, str) else struct.pack("<d", value)
            number = (8 if formulas else 6) if isinstance(value, str) else (9 if formulas else 5)
            sheet += _record(number, place + held + (struct.pack("<HIHBI", 0, 3, 0x1E, 1, 0) if formulas else b""))
    sheet += behind + _record(146, b"") + merges + _record(130, b"")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _relations([("officeDocument", "xl/workbook.bin")]))
        archive.writestr("xl/workbook.bin", workbook)
        archive.writestr(
            "xl/_rels/workbook.bin.rels",
            _relations(
                [("worksheet", "worksheets/sheet1.bin"), ("styles", "styles.bin"), *([("calcChain", "c.bin")] * chain)]
            ),
        )
        archive.writestr("xl/styles.bin", styles)
        archive.writestr("xl/c.bin", b"")
        archive.writestr("xl/worksheets/sheet1.bin", sheet)
    return path


def xlsb_merges(*ranges: tuple[int, int, int, int]) -> bytes:
    """Merged ranges (top, bottom, left, right) as they stand behind the cells."""
    body = b"".join(_record(176, struct.pack("<IIII", *merge)) for merge in ranges)
    return _record(177, struct.pack("<I", len(ranges))) + body + _record(178, b"")


def ods_of(path: Path, tables: str, styles: str = "", manifest: str = "") -> Path:
    """An OpenDocument spreadsheet of the XML of its tables."""
    names = {
        "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
        "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
        "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
        "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
    }
    spaces = " ".join(f'xmlns:{name}="{address}"' for name, address in names.items())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", f"<manifest>{manifest}</manifest>")
        archive.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:automatic-styles>{styles}</office:automatic-styles>"
            f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>",
        )
    return path


class Formula(NamedTuple):
    """A formula of an .xls: its value, a number or the 8 bytes of another one, and its flags."""

    value: float | bytes
    flags: int


def ole_of(path: Path, name: str, stream: bytes, summary: bool = False) -> Path:
    """An OLE file of one stream: the envelope of .xls files and of encrypted workbooks; `summary` adds an empty one."""
    stream = stream.ljust(max(4096, -len(stream) % 512 + len(stream)), b"\0")
    sectors = len(stream) // 512
    free, end, table = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, end, 0, end, 0)
    header += struct.pack("<I", 0) + struct.pack("<I", free) * 108
    chain = [table, end, *range(3, 2 + sectors), end]
    allocation = struct.pack(f"<{len(chain)}I", *chain).ljust(512, b"\xff")
    directory = _entry("Root Entry", 5, end, 0, 1) + _entry(name, 2, 2, len(stream), free, 2 if summary else free)
    directory += (_entry("\x05SummaryInformation", 2, end, 0, free) if summary else bytes(128)) + bytes(128)
    path.write_bytes(header + allocation + directory + stream)
    return path


def _entry(name: str, kind: int, start: int, size: int, child: int, right: int = 0xFFFFFFFF) -> bytes:
    text = f"{name}\0".encode("utf-16-le")
    free = 0xFFFFFFFF
    head = text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text), kind, 1, free, right, child)
    return head.ljust(116, b"\0") + struct.pack("<IQ", start, size)


def xls_of(
    path: Path,
    formats: list[str],
    rows: Sequence[Sequence[tuple[int, object]]],
    merges: bytes = b"",
    hidden: bool = False,
    writer: str = "",
    summary: bool = False,
) -> Path:
    """An .xls of one sheet `Data`; a cell is (style, value), style 0 is General, n the n-th format; None is #N/A."""
    head = _biff(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 1997, 0, 6)) + _biff(0x42, struct.pack("<H", 1200))
    head += _biff(0x5C, struct.pack("<HB", len(writer), 0) + writer.encode().ljust(109)) if writer else b""
    head += _biff(0x31, struct.pack("<HHHHHBBBB", 200, 0, 0, 400, 0, 0, 0, 0, 0) + bytes([5, 0]) + b"Arial") * 4
    for at, code in enumerate(formats):
        head += _biff(0x41E, struct.pack("<HHB", 164 + at, len(code), 0) + code.encode("latin-1"))
    for number in [0, *range(164, 164 + len(formats))]:
        head += _biff(0xE0, struct.pack("<HHH", 0, number, 1) + bytes(14))
    name = struct.pack("<BB", 4, 0) + b"Data"
    sheet_at = len(head) + 4 + 6 + len(name) + 4
    head += _biff(0x85, struct.pack("<IBB", sheet_at, int(hidden), 0) + name) + _biff(0x0A, b"")
    body = _biff(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 1997, 0, 6))
    for row, line in enumerate(rows):
        for column, (style, value) in enumerate(line):
            place = struct.pack("<HHH", row, column, style)
            if isinstance(value, str):
                body += _biff(0x204, place + struct.pack("<HB", len(value), 0) + value.encode("latin-1"))
            elif isinstance(value, bool) or value is None:
                body += _biff(0x205, place + struct.pack("<BB", 0x2A if value is None else value, value is None))
            elif isinstance(value, Formula):
                result = value.value if isinstance(value.value, bytes) else struct.pack("<d", value.value)
                body += _biff(0x06, place + result + struct.pack("<HIHBH", value.flags, 0, 3, 0x1E, 1))
            else:
                body += _biff(0x203, place + struct.pack("<d", value))
    return ole_of(path, "Workbook", head + body + merges + _biff(0x0A, b""), summary)


def xlsb_cell(row: int, column: int, value: str | None) -> bytes:
    """A row of an .xlsb with one cell, blank or a text."""
    held = _record(1, struct.pack("<II", column, 0)) if value is None else b""
    held = held or _record(6, struct.pack("<II", column, 0) + _wide(str(value)))
    return _record(0, struct.pack("<I", row) + bytes(13)) + held


def xls_cell(row: int, column: int, value: str | None) -> bytes:
    """A cell of an .xls, blank or a text."""
    place = struct.pack("<HHH", row, column, 0)
    if value is None:
        return _biff(0x201, place)
    return _biff(0x204, place + struct.pack("<HB", len(value), 0) + value.encode("latin-1"))


def xls_merges(*ranges: tuple[int, int, int, int]) -> bytes:
    """Merged ranges (top, bottom, left, right) of an .xls."""
    return _biff(0xE5, struct.pack("<H", len(ranges)) + b"".join(struct.pack("<HHHH", *merge) for merge in ranges))


def _biff(number: int, body: bytes) -> bytes:
    return struct.pack("<HH", number, len(body)) + body
