"""The profile's defaults: a text, a cell of the sheet, or a part of the file's or sheet's name, for all rows."""

import re
from collections.abc import Mapping

import pandas as pd
import pyarrow as pa

from rollbook.profile import CellDefault, Default, NameDefault
from rollbook.rows.fields import FIELDS
from rollbook.text.quoted import quoted
from transforms.planning.columns.cleaners import CleaningTerms, clean_column, read_as
from transforms.planning.columns.column_mapping import ColumnPlan, ProfileMismatch
from transforms.planning.columns.marked import marked_at
from transforms.planning.table.table_detection import RawRows, row_at
from transforms.values.cleaner import text_series
from transforms.values.dates.dates import Order

_CELL = re.compile(r"([A-Z]+)(\d+)")
_ENDING = re.compile(r"(?<=.)\.\w{1,5}$")


def default_text(
    name: str, default: Default, table: RawRows, file_name: str, sheet_name: str, recorded: Mapping[str, str]
) -> str:
    """The text that fills the field; raises ProfileMismatch where the profile names nothing.

    recorded: field -> text of an earlier plan, for cells of a sheet that is no longer at hand.
    """
    if isinstance(default, CellDefault):
        return recorded.get(name) or _cell_text(name, default, table)
    if isinstance(default, NameDefault):
        return _name_text(name, default, file_name, sheet_name)
    return str(default).lower() if isinstance(default, bool) else str(default)


def refuse_marked(defaults: Mapping[str, Default], marks: pd.DataFrame) -> None:
    """Raise ProfileMismatch for a cell that is an error, or shows something else than it holds (a month, no day)."""
    for name, default in defaults.items():
        place = _CELL.fullmatch(default.cell.upper()) if isinstance(default, CellDefault) else None
        if place is None or name not in FIELDS:
            continue
        found = marked_at(pd.DataFrame({"row": [int(place[2])], "column": [place[1]]}), marks, name)
        if found is not None and isinstance(code := found.code.iat[0], str):
            detail = found.detail.iat[0]
            why = detail if isinstance(detail, str) else f"it cannot be read ({code})"
            raise ProfileMismatch(f"[defaults] {name} names the cell {place[0]}: {why}. Correct that cell.")


def _cell_text(name: str, default: CellDefault, table: RawRows) -> str:
    cell = default.cell.upper()
    place = _CELL.fullmatch(cell)
    text = (row_at(table, int(place[2])) or {}).get(place[1]) if place else None
    if text is None:
        raise ProfileMismatch(f"[defaults] {name} names the cell {cell}, which is blank: name the cell that holds it.")
    if default.pattern is None:
        return text
    found = _captured(default.pattern, text)
    if found is None:
        raise ProfileMismatch(
            f"[defaults] {name}: the pattern “{default.pattern}” finds nothing in the cell {cell}, {quoted(text)}."
        )
    return found


def _captured(pattern: str, text: str) -> str | None:
    """The pattern's first group, else the whole match."""
    found = re.search(pattern, text)
    return str(found[1] if found.re.groups else found[0]) if found else None


def _name_text(name: str, default: NameDefault, file_name: str, sheet_name: str) -> str:
    whole = re.split(r"[/\\]", file_name)[-1]
    for text in [sheet_name] if default.from_ == "sheet" else [_ENDING.sub("", whole), whole]:
        if (found := _captured(default.pattern, text)) is not None:
            return found
    place = f"in the name of the {default.from_}, {quoted(text)}"
    raise ProfileMismatch(f"[defaults] {name}: the pattern “{default.pattern}” finds nothing {place}.")


def default_column(
    name: str, text: str, words: tuple[tuple[str, str], ...], reading: CleaningTerms, order: Order | None
) -> ColumnPlan:
    """How the text of a default is read; raises ProfileMismatch where it cannot be."""
    cells = text_series(pa.array([text], pa.large_string()), pd.RangeIndex(1))
    column = read_as(ColumnPlan(name, (), values=words), cells, reading, order)
    cleaned = clean_column(cells, column, reading)
    if cleaned.values.isna().iat[0]:
        code = cleaned.code.iat[0]
        problem = code if isinstance(code, str) else "blank"
        hint = ": write it with the year first, such as 2024-01-31" if problem == "date.ambiguous" else ""
        raise ProfileMismatch(f"[defaults] {name} is {quoted(text)}, which cannot be read ({problem}){hint}.")
    return column
