"""OpenDocument spreadsheets: one streamed pass over content.xml, which holds both what a cell is and what it shows."""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from sources.drafts import Draft, Merge
from sources.formats import percent
from sources.unreadable import Unreadable
from sources.xls import number_text

_ROWS, _COLUMNS = 1_048_576, 16_384
_OFFICE, _TABLE, _TEXT, _STYLE = (
    f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}" for name in ("office", "table", "text", "style")
)
_CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_VALUE_TYPE = f"{_OFFICE}value-type"
_CALC_TYPE = f"{_CALC}value-type"
_PARAGRAPH = f"{_TEXT}p"
_COLUMNS_REPEATED = f"{_TABLE}number-columns-repeated"
_ROWS_SPANNED = f"{_TABLE}number-rows-spanned"
_COLUMNS_SPANNED = f"{_TABLE}number-columns-spanned"
_FORMULA = f"{_TABLE}formula"
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_VALUE = f"{_OFFICE}value"
_VALUES = {kind: f"{_OFFICE}{kind}-value" for kind in ("date", "time", "boolean", "string")}
_DURATION = re.compile(r"P(?:\d+[YMD])*T(\d+)H(\d+)M(\d+)(?:[.,]\d+)?S")
_ZEROS = re.compile(r"(?=.*\d)[\w /.-]*")
_ERROR = re.compile(r"#(?:[A-Z/0!?]+|NAME\?)|Err:\d+")


@dataclass
class _Table:
    """A sheet while it is read, and its next row."""

    draft: Draft
    row: int = 0


def read_ods(path: Path) -> Iterator[Draft]:
    """The sheets in their order; raises Unreadable. Repeated cells are spread out only where they hold something."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open("content.xml") as file:
            yield from _drafts(file)
    except etree.XMLSyntaxError as error:
        raise Unreadable(f"The spreadsheet is damaged or a trap ({error.msg}). Ask its sender for it again.") from error


def _drafts(file: Any) -> Iterator[Draft]:
    hidden: set[str] = set()
    table: _Table | None = None
    position = 0
    wanted = (f"{_TABLE}table", f"{_TABLE}table-row", f"{_STYLE}style")
    for event, element in etree.iterparse(file, ("start", "end"), tag=wanted, resolve_entities=False, no_network=True):
        if element.tag == f"{_STYLE}style":
            if event == "end" and _is_hidden(element):
                hidden.add(element.get(f"{_STYLE}name", ""))
        elif element.tag == f"{_TABLE}table" and event == "start":
            visible = element.get(f"{_TABLE}style-name", "") not in hidden
            table = _Table(Draft(element.get(f"{_TABLE}name", ""), position, visible))
            position += 1
        elif element.tag == f"{_TABLE}table" and table is not None:
            yield table.draft
            table = None
            element.clear()
        elif table is not None and event == "end":
            _take_row(table, element)
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]


def _is_hidden(style: Any) -> bool:
    properties = style.find(f"{_STYLE}table-properties")
    return properties is not None and properties.get(f"{_TABLE}display") == "false"


def _take_row(table: _Table, row: Any) -> None:
    times = int(row.get(f"{_TABLE}number-rows-repeated", "1"))
    column, filled = 0, []
    for cell in row:
        if cell.tag not in _CELLS:
            continue
        repeated = int(cell.get(_COLUMNS_REPEATED, "1"))
        text = _text(cell)
        if text:
            filled.append((column, repeated, text, cell))
        _note_merge(table, cell, column)
        column += repeated
    if filled:
        _spread(table, filled, times)
    table.row += times


def _note_merge(table: _Table, cell: Any, column: int) -> None:
    down = int(cell.get(_ROWS_SPANNED, "1"))
    across = int(cell.get(_COLUMNS_SPANNED, "1"))
    if down > 1 or across > 1:
        table.draft.merges.append(Merge(table.row, column, table.row + down - 1, column + across - 1))


def _spread(table: _Table, filled: list[tuple[int, int, str, Any]], times: int) -> None:
    last = max(column + repeated for column, repeated, _, _ in filled)
    if table.row + times > _ROWS or last > _COLUMNS:
        raise Unreadable(
            f"The sheet {table.draft.name} claims more than {_ROWS:,} rows or {_COLUMNS:,} columns. "
            "Delete the repeated cells at its end, or ask its sender for it again.",
            "file.too_large",
        )
    for column, repeated, text, cell in filled:
        for index in range(column, column + repeated):
            cells = table.draft.columns.setdefault(index, [])
            cells.extend([None] * (table.row - len(cells)))
            cells.extend([text] * times)
            kind = _mark(cell, text)
            if kind:
                table.draft.marks.update(dict.fromkeys(((table.row + down, index) for down in range(times)), kind))


def _mark(cell: Any, text: str) -> Any:
    if cell.get(_CALC_TYPE) == "error" or (cell.get(_FORMULA) and _ERROR.fullmatch(text)):
        return "error"
    if cell.get(_VALUE_TYPE) == "float" and len(text.lstrip("-")) > 15 and text.lstrip("-").isdigit():
        return "imprecise"
    return None


def _text(cell: Any) -> str | None:
    """What the cell holds, as text; as it is shown where the bare number is not what was meant."""
    kind, shown = cell.get(_VALUE_TYPE), _shown(cell)
    value = cell.get(_VALUES.get(kind, _VALUE))
    if value is None or cell.get(_CALC_TYPE) == "error":
        return shown
    if kind == "date":
        return _day(value)
    if kind == "time":
        return _clock(value) or shown
    if kind == "percentage":
        return percent(float(value))
    return _number(value, shown or "") if kind in ("float", "currency") else str(value)


def _shown(cell: Any) -> str | None:
    return "\n".join(_paragraph(part) for part in cell.iterchildren(_PARAGRAPH)) if len(cell) else None


def _number(value: str, shown: str) -> str:
    plain = number_text(float(value))
    digits = re.sub(r"\D", "", shown)
    padded = digits != digits.lstrip("0") and digits.lstrip("0") == plain and _ZEROS.fullmatch(shown)
    return shown if padded else plain


def _day(value: str) -> str:
    day, _, clock = value.partition("T")
    return f"{day} {(clock or '00:00:00').partition('.')[0]}"


def _clock(value: str) -> str | None:
    match = _DURATION.fullmatch(value)
    return f"{int(match[1]):02d}:{match[2]:>02}:{match[3]:>02}" if match else None


def _paragraph(part: Any) -> str:
    if not len(part):
        return part.text or ""
    text = part.text or ""
    for child in part:
        if child.tag == f"{_TEXT}s":
            text += " " * int(child.get(f"{_TEXT}c", "1"))
        elif child.tag == f"{_TEXT}tab":
            text += "\t"
        elif child.tag == f"{_TEXT}line-break":
            text += "\n"
        elif not str(child.tag).startswith(_OFFICE):
            text += _paragraph(child)
        text += child.tail or ""
    return text
