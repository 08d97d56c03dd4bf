"""What an xlsx says of itself as a whole: its sheets, number formats, shared texts, how days are counted."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lxml import etree

from sources.cells.number_formats import (
    BUILT_IN,
    EAST_ASIAN,
    Render,
    has_conditions,
    is_date,
    is_usual,
    render_of,
    section_of,
)
from sources.cells.shown_cells import Telling, tells, text_section
from sources.errors import Unreadable
from sources.readers.package import Package, Related
from sources.readers.xlsx.text import are_plain, shared_strings

_TRUE = ("1", "true", "on")
# Sheets that are no tables: charts, dialogs and macros of Excel 4.
_NO_TABLES = ("chartsheet", "dialogsheet", "xlMacrosheet", "xlIntlMacrosheet")
_USUAL_PARTS = ("xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml")


@dataclass(frozen=True)
class BookSheet:
    """One sheet of the workbook: `part` is its file in the archive; charts and macro sheets are no tables."""

    name: str
    part: str
    is_table: bool
    is_visible: bool = True


@dataclass(frozen=True)
class CellStyle:
    """How numbers of a cell style are shown.

    code: the number format. is_usual: every reader takes it alike for a date or for none. is_struck: texts and numbers
    are struck out.
    """

    code: str
    is_usual: bool
    is_struck: bool = False

    @cached_property
    def render(self) -> Render | None:
        """How numbers are shown; None where the bare number is what was meant."""
        return render_of(self.code)

    def is_date(self, number: float) -> bool:
        """Is the number a day or a time?"""
        return self._is_always_date if self._is_always_date is not None else is_date(section_of(self.code, number))

    @cached_property
    def _is_always_date(self) -> bool | None:
        return None if has_conditions(self.code) else is_date(section_of(self.code, 0))


_GENERAL = CellStyle("General", is_usual=True)


class XlsxBook:
    """The workbook of a package, read as far as it is asked for."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self._part = package.workbook("xl/workbook.xml")
        self._root = package.xml(self._part)

    @cached_property
    def sheets(self) -> list[BookSheet]:
        """The sheets in their order; raises Unreadable for one whose part is missing."""
        related = self.package.related(self._part)
        sheets = []
        for element in self._root.iterfind("{*}sheets/{*}sheet"):
            number = next((str(value) for key, value in element.items() if str(key).endswith("}id")), "")
            is_visible = element.get("state", "visible").strip().lower() not in ("hidden", "veryhidden")
            sheets.append(sheet_of(element.get("name", ""), related.get(number), self.package, is_visible))
        return sheets

    @cached_property
    def is_1904(self) -> bool:
        """Are days counted from 1904, as Excel did on the Macintosh?"""
        element = self._root.find("{*}workbookPr")
        return element is not None and _is_true(element.attrib, "date1904")

    @cached_property
    def calculates(self) -> bool:
        """Is the workbook to be calculated when it is opened, and no program has done so yet?

        Libraries that cannot calculate set `fullCalcOnLoad` and store 0 or nothing with a formula; a program that has
        calculated sets it back (ECMA-376 part 1, sections 18.2.2 and 18.3.1.79). Where a library only changed a
        workbook that Excel saved, the chain of what Excel calculated is still there.
        """
        element = self._root.find("{*}calcPr")
        return element is not None and self.asks_to_calculate(element.attrib)

    def asks_to_calculate(self, attributes: Any) -> bool:
        """Do these attributes of the workbook or of a sheet say that its formulas have no values yet?"""
        asks = _is_true(attributes, "fullCalcOnLoad") or attributes.get("calcCompleted", "1").strip() in ("0", "false")
        return asks and self.package.related_of_kind(self._part, "calcChain") is None

    @cached_property
    def strings(self) -> list[str]:
        """The texts that cells share."""
        return shared_strings(self.package, self.package.related_of_kind(self._part, "sharedStrings"))

    @cached_property
    def has_plain_strings(self) -> bool:
        """Are the shared texts in UTF-8, with nothing in their XML but elements and text?"""
        part = self.package.related_of_kind(self._part, "sharedStrings")
        return part is None or are_plain(self.package, part)

    @cached_property
    def styles(self) -> list[CellStyle]:
        """The cell styles by their number."""
        part = self.package.related_of_kind(self._part, "styles")
        if part is None:
            return []
        root = self.package.xml(part)
        own = {_number(element): element.get("formatCode", "") for element in root.iterfind("{*}numFmts/{*}numFmt")}
        codes = {**BUILT_IN, **EAST_ASIAN, **own}
        struck = {str(at) for at, font in enumerate(root.iterfind("{*}fonts/{*}font")) if _is_struck(font)}
        styles = []
        for element in root.iterfind("{*}cellXfs/{*}xf"):
            number = _number(element)
            code = codes.get(number, "General")
            is_struck = element.get("fontId", "0").strip() in struck
            styles.append(CellStyle(code, number not in EAST_ASIAN and is_usual(code), is_struck))
        return styles

    @cached_property
    def styles_by_text(self) -> Mapping[str, CellStyle]:
        """The cell styles by their number as a cell says it; an unknown one is `General`."""
        return defaultdict(lambda: _GENERAL, {str(number): style for number, style in enumerate(self.styles)})

    @cached_property
    def renders(self) -> dict[int, Render]:
        """Style number -> how its cells are shown, for formats under which the bare number is not what was meant."""
        return {number: style.render for number, style in enumerate(self.styles) if style.render}

    @cached_property
    def marking(self) -> dict[int, Telling]:
        """Style number -> which numbers may be marked under it (`sources.cells.shown_cells`)."""
        found = {number: tells(style.code) for number, style in enumerate(self.styles)}
        return {number: telling for number, telling in found.items() if telling != "never"}

    @cached_property
    def is_plain(self) -> bool:
        """Is everything where and how every program writes it, so that a simple reader finds it?"""
        kinds = {"styles": _USUAL_PARTS[1], "sharedStrings": _USUAL_PARTS[2]}
        found = {kind: self.package.related_of_kind(self._part, kind) for kind in kinds}
        parts = [_USUAL_PARTS[0], *(kinds[kind] for kind, part in found.items() if part)]
        usual = all(part in (None, kinds[kind]) for kind, part in found.items()) and self._part == _USUAL_PARTS[0]
        unstyled = self.styles_by_text["0"]
        is_general = unstyled.is_usual and not unstyled.render and not unstyled.is_date(0) and 0 not in self.marking
        has_plain_texts = not any(style.is_struck or text_section(style.code) is not None for style in self.styles)
        return (
            usual
            and is_general
            and has_plain_texts
            and not self.is_1904
            and all(self.package.stored_name(part) == part for part in parts)
        )


def sheet_of(name: str, found: Related | None, package: Package, is_visible: bool) -> BookSheet:
    """A sheet that the workbook names; raises Unreadable where it is not there."""
    is_table = found is None or found.kind not in _NO_TABLES
    if found is None or (is_table and found.part not in package):
        raise Unreadable(
            f"The workbook names the sheet {name}, and the sheet is missing: the file is damaged. "
            "Open it in a spreadsheet program, save it as a new .xlsx and import that."
        )
    return BookSheet(name, found.part, is_table, is_visible)


def _is_struck(font: etree._Element) -> bool:
    strike = font.find("{*}strike")
    return strike is not None and strike.get("val", "1").strip().lower() in _TRUE


def _is_true(attributes: Any, name: str) -> bool:
    return attributes.get(name, "0").strip().lower() in _TRUE


def _number(element: etree._Element) -> int:
    given = element.get("numFmtId", "0").strip()
    return int(given) if given.isdecimal() else 0
