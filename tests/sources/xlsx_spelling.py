"""The same workbook in any of its legal spellings: its XML, its parts and their names."""

import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

from sources.raw_sheets import letter

_TRANSITIONAL = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
)
_STRICT = ("http://purl.oclc.org/ooxml/spreadsheetml/main", "http://purl.oclc.org/ooxml/officeDocument/relationships")
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
FORMATS = ("General", "0%", "00000", "yyyy-mm-dd", "h:mm", '#,##0.00\\ "EUR"', "[$-409]d\\-mmm\\-yy;@")


@dataclass(frozen=True)
class Cell:
    """kind: text, number, boolean, error or date (a day as ISO 8601); style: its place in FORMATS."""

    kind: str
    value: str
    style: int = 0


Rows = Sequence[Sequence[Cell | None]]


@dataclass(frozen=True)
class Spelling:
    """How the workbook is written; the defaults are how most programs write it."""

    quote: str = '"'
    indent: str = ""
    prefix: str = ""
    texts: str = "shared"
    encoding: str = "utf-8"
    is_strict: bool = False
    has_places: bool = True
    reversed_attributes: bool = False
    padded_numbers: bool = False
    types_numbers: bool = False
    boolean_words: bool = False
    comments: bool = False
    cdata: bool = False
    references: bool = False
    blank_cells: bool = False
    alternatives: bool = False
    dimension: str | None = "A1:Z99"
    in_capitals: bool = False
    backslashes: bool = False
    absolute_targets: bool = False
    styles_part: str = "styles.xml"
    calculation: str = ""
    rows_out_of_order: bool = field(default=False)


def write(path: Path, rows: Rows, how: Spelling, formats: Sequence[str] = FORMATS) -> Path:
    """The workbook of one sheet `Data`."""
    writer = _Writer(how)
    sheet = writer.sheet(rows)
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": writer.relations([("officeDocument", "xl/workbook.xml")], "xl/workbook.xml"),
        "xl/workbook.xml": writer.workbook(),
        "xl/_rels/workbook.xml.rels": writer.relations(
            [
                ("worksheet", "worksheets/sheet1.xml"),
                ("styles", how.styles_part),
                ("sharedStrings", "sharedStrings.xml"),
            ],
            "xl/",
        ),
        f"xl/{how.styles_part}": writer.styles(formats),
        "xl/worksheets/sheet1.xml": sheet,
        "xl/sharedStrings.xml": writer.strings(),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            written = name.replace("/", "\\") if how.backslashes and name.startswith("xl/") else name
            if how.in_capitals and name.startswith("xl/"):
                written = written.replace("sheet1", "Sheet1").replace("styles", "Styles")
            encoding = how.encoding if name.startswith("xl/worksheets") else "utf-8"
            archive.writestr(
                _info(written),
                f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>\n{text}'.encode(encoding),
            )
    return path


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("x", (2024, 1, 1, 0, 0, 0))
    info.filename = name  # the constructor would change backslashes on some systems
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


class _Writer:
    def __init__(self, how: Spelling) -> None:
        self.how = how
        self.main, self.office = _STRICT if how.is_strict else _TRANSITIONAL
        self.shared: list[str] = []

    def tag(self, name: str, attributes: Iterable[tuple[str, str]] = (), inside: str | None = None) -> str:
        """An element of the main namespace."""
        how, pairs = self.how, list(attributes)
        if how.reversed_attributes:
            pairs.reverse()
        space = "\n  " if how.indent else " "
        written = "".join(f"{space}{key}={how.quote}{value}{how.quote}" for key, value in pairs)
        name = how.prefix + name
        if inside is None:
            return f"{how.indent}<{name}{written}/>"
        return f"{how.indent}<{name}{written}>{inside}</{name}>"

    def spaces(self) -> list[tuple[str, str]]:
        prefix = self.how.prefix.rstrip(":")
        return [(f"xmlns:{prefix}" if prefix else "xmlns", self.main), ("xmlns:r", self.office), ("xmlns:mc", _MC)]

    def relations(self, parts: Iterable[tuple[str, str]], base: str) -> str:
        lines = []
        for number, (kind, target) in enumerate(parts, start=1):
            said = f"/xl/{target}" if self.how.absolute_targets and base == "xl/" else target
            said = said.replace("/", "\\") if self.how.backslashes else said
            lines.append(f"<Relationship Target='{said}' Type='{self.office}/{kind}' Id='rId{number}'/>")
        return f'<Relationships xmlns="{_PACKAGE}">{"".join(lines)}</Relationships>'

    def workbook(self) -> str:
        sheet = self.tag("sheet", [("name", "Data"), ("sheetId", "1"), ("r:id", "rId1")])
        return self.tag("workbook", self.spaces(), self.tag("sheets", (), sheet) + self.how.calculation)

    def styles(self, formats: Sequence[str]) -> str:
        codes = "".join(
            self.tag("numFmt", [("numFmtId", str(164 + at)), ("formatCode", escape(code, {'"': "&quot;"}))])
            for at, code in enumerate(formats)
        )
        styles = "".join(self.tag("xf", [("numFmtId", str(164 + at))]) for at in range(len(formats)))
        return self.tag("styleSheet", self.spaces(), self.tag("numFmts", (), codes) + self.tag("cellXfs", (), styles))

    def strings(self) -> str:
        items = "".join(self.tag("si", (), self.rich(text)) for text in self.shared)
        return self.tag("sst", self.spaces(), items)

    def sheet(self, rows: Rows) -> str:
        lines = [
            self.row(number, row) for number, row in enumerate(rows, start=1) if any(row) or not self.how.has_places
        ]
        inside = "".join(reversed(lines) if self.how.rows_out_of_order else lines)
        start = self.tag("dimension", [("ref", self.how.dimension)]) if self.how.dimension else ""
        return self.tag("worksheet", self.spaces(), start + self.tag("sheetData", (), inside))

    def row(self, number: int, cells: Sequence[Cell | None]) -> str:
        place = [("r", str(number))] if self.how.has_places else []
        written = "".join(self.cell(number, column, cell) for column, cell in enumerate(cells))
        return self.tag("row", [*place, ("spans", "1:9")], written)

    def cell(self, row: int, column: int, cell: Cell | None) -> str:
        place = [("r", f"{letter(column)}{row}")] if self.how.has_places else []
        if cell is None:
            return "" if self.how.has_places and not self.how.blank_cells else self.tag("c", [*place, ("s", "2")])
        kind, value = self.typed(cell)
        attributes = [*place, ("s", str(cell.style)), *([("t", kind)] if kind else [])]
        written = self.tag("c", attributes, value + self.how.indent)
        if not self.how.alternatives:
            return written
        choice = written.replace("<", "<", 1)
        return (
            f"<mc:AlternateContent><mc:Choice Requires='r'>{self.tag('c', attributes, '')}</mc:Choice>"
            f"<mc:Fallback>{choice}</mc:Fallback></mc:AlternateContent>"
        )

    def typed(self, cell: Cell) -> tuple[str, str]:
        if cell.kind == "text":
            return self.text(cell.value)
        if cell.kind == "number":
            number = f" {cell.value}\n" if self.how.padded_numbers else cell.value
            return ("n" if self.how.types_numbers else ""), self.tag("v", (), self.characters(number))
        if cell.kind == "boolean":
            words = {"1": "true", "0": "false"}
            return "b", self.tag("v", (), words[cell.value] if self.how.boolean_words else cell.value)
        return {"error": "e", "date": "d"}[cell.kind], self.tag("v", (), escape(cell.value))

    def text(self, value: str) -> tuple[str, str]:
        if self.how.texts == "shared":
            self.shared.append(value)
            return "s", self.tag("v", (), str(len(self.shared) - 1))
        if self.how.texts == "formula":
            return "str", self.tag("f", (), "A1&amp;A2") + self.tag("v", (), self.characters(value))
        return "inlineStr", self.tag("is", (), self.rich(value))

    def rich(self, value: str) -> str:
        keep = [("xml:space", "preserve")]
        if self.how.texts != "rich":
            return self.tag("t", keep, self.characters(value))
        half = len(value) // 2
        runs = "".join(
            self.tag("r", (), self.tag("t", keep, self.characters(part))) for part in (value[:half], value[half:])
        )
        return runs + self.tag("rPh", [("sb", "0"), ("eb", "1")], self.tag("t", (), "spoken"))

    def characters(self, value: str) -> str:
        if self.how.cdata and "]]>" not in value:
            return f"<![CDATA[{value}]]>"
        if self.how.references:
            return "".join(f"&#x{ord(character):x};" for character in value)
        written = escape(value)
        return written[:1] + "<!-- a note -->" + written[1:] if self.how.comments and "&" not in written else written
