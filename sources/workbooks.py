"""Workbooks to raw sheets, with the fastest reader of each kind."""

import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fastexcel
import pyarrow as pa
import pyarrow.compute as pc

from sources import xlsb, xlsx
from sources.drafts import Draft, write_draft
from sources.ods import read_ods
from sources.sniffing import Kind
from sources.spreadsheetml import read_spreadsheetml
from sources.unreadable import damaged, password_needed
from sources.xls import read_xls

# How the parser calls the errors, and how they are shown.
_ERRORS = {
    "Div0": "#DIV/0!",
    "NA": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
    "GettingData": "#GETTING_DATA",
}
_PRECISE = 15
_READERS: dict[Kind, Callable[[Path], Iterator[Draft]]] = {
    "xls": read_xls,
    "ods": read_ods,
    "spreadsheetml": read_spreadsheetml,
}


def read_workbook(path: Path, kind: Kind, folder: Path) -> list[dict[str, Any]]:
    """Write every sheet below the folder; the description of each, in the order of the file.

    Raises Unreadable, or whatever a parser raises on a damaged file.
    """
    if kind in _READERS:
        return [write_draft(draft, folder) for draft in _READERS[kind](path)]
    try:
        return _read_fast(path, kind, folder)
    except fastexcel.CalamineError as error:
        raise password_needed() if "password" in str(error).lower() else damaged(error) from error


def _read_fast(path: Path, kind: Kind, folder: Path) -> list[dict[str, Any]]:
    details = xlsb if kind == "xlsb" else xlsx
    with zipfile.ZipFile(path) as archive:
        sheets, renders = details.sheets_of(archive), details.renders_of(archive)
    reader = fastexcel.read_excel(str(path))
    described = []
    for position, sheet in enumerate(sheets):
        if not sheet.is_table or sheet.name not in reader.sheet_names:
            continue
        draft = Draft(sheet.name, position, visible=True)
        scan = details.SheetScan(path, sheet.part, draft, renders)
        try:
            _parse(reader, draft)
        except fastexcel.CalamineError as error:
            if kind != "xlsx" or "Unsupported cell error" not in str(error):
                raise
            reader = fastexcel.read_excel(str(xlsx.with_known_errors(path, folder)))
            _parse(reader, draft)
        scan.finish()
        described.append(write_draft(draft, folder))
    return described


def _parse(reader: fastexcel.ExcelReader, draft: Draft) -> None:
    """The cells of the sheet as the parser gives them; errors and numbers that lost digits are marked."""
    sheet = reader.load_sheet(draft.name, header_row=None, skip_rows=0, dtypes="string")
    places = [column.absolute_index for column in sheet.selected_columns]
    draft.visible = sheet.visible == "visible"
    batch, errors = sheet.to_arrow_with_errors()
    del sheet
    for error in errors.errors if errors else ():
        row, column = error.position
        draft.show(row, places[column], _error_text(error.detail))
        draft.marks[row, places[column]] = "error"
    columns = dict(zip(places, batch.columns, strict=True))
    long = [place for place, column in columns.items() if _holds_long_numbers(column)]
    if long:
        _mark_imprecise(reader, draft, columns, long)
    draft.columns = columns


def _error_text(detail: str) -> str:
    name = re.search(r"Error\((\w+)\)", detail)
    return _ERRORS.get(name[1], "#ERROR!") if name else "#ERROR!"


def _holds_long_numbers(column: pa.Array) -> bool:
    return bool(pc.any(_long_numbers(column)).as_py())


def _long_numbers(column: pa.Array) -> pa.Array:
    """Which texts are a number of more digits than a spreadsheet program keeps."""
    long = pc.greater(pc.binary_length(column), _PRECISE)
    if not pc.any(long).as_py():
        return long
    return pc.and_(long, pc.match_substring_regex(column, f"^-?[0-9]{{{_PRECISE + 1},}}$"))


def _mark_imprecise(reader: fastexcel.ExcelReader, draft: Draft, columns: dict[int, pa.Array], long: list[int]) -> None:
    """Mark the long numbers that are typed as numbers. Read as booleans, numbers give a value and texts give none."""
    typed = reader.load_sheet(draft.name, header_row=None, skip_rows=0, dtypes="boolean", use_columns=long)
    places = [column.absolute_index for column in typed.selected_columns]
    for place, column in zip(places, typed.to_arrow().columns, strict=True):
        wanted = pc.and_(_long_numbers(columns[place]), column.is_valid())
        for row in pc.indices_nonzero(pc.fill_null(wanted, False)).to_pylist():
            draft.marks[row, place] = "imprecise"
