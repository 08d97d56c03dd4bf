"""The fast parser of workbooks: its cells as text, its errors, its numbers that lost digits."""

import re

import fastexcel
import pyarrow as pa
import pyarrow.compute as pc

from sources.cells.sheet_builder import Draft

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


def parse(reader: fastexcel.ExcelReader, draft: Draft) -> int:
    """The cells of the sheet as the parser gives them, and how many; errors and numbers that lost digits are marked."""
    sheet = reader.load_sheet(draft.name, header_row=None, skip_rows=0, dtypes="string")
    places = [column.absolute_index for column in sheet.selected_columns]
    batch, errors = sheet.to_arrow_with_errors()
    del sheet
    failed = errors.errors if errors else []
    for error in failed:
        row, column = error.position
        draft.show(row, places[column], _error_text(error.detail))
        draft.marks[row, places[column]] = "error"
    columns = dict(zip(places, batch.columns, strict=True))
    long = [place for place, column in columns.items() if _holds_long_numbers(column)]
    if long:
        _mark_imprecise(reader, draft, columns, long)
    draft.columns = columns
    held: int = sum(len(column) - column.null_count for column in columns.values())
    return len(failed) + held


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
