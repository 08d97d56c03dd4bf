"""How a sheet that is not read would be read, as far as that is certain: whoever completes its profile sees it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from rollbook.profile import Profile
from transforms.planning.columns.cleaners import needs_distinct, read_as
from transforms.planning.columns.column_mapping import (
    AmbiguousColumns,
    ColumnPlan,
    ProfileMismatch,
    distinct_texts,
    letter_of,
    map_columns,
)
from transforms.planning.sheet_plan import SheetPlan
from transforms.planning.table.below import Below
from transforms.planning.table.table_detection import likely_header, rows_before, sheet_letters
from transforms.values.dates.date_readings import is_date

# Field -> the letters of the columns that are equally good for it.
Rivals = Mapping[str, tuple[str, ...]]


def partial_plan(table: pa.Table, plan: SheetPlan, profile: Profile) -> tuple[SheetPlan, Rivals]:
    """The plan with all headers, the columns that are certain, and what the profile leaves out.

    plan: of a sheet that is failed or skipped, with no columns. Where no header row was recognized, it is the likeliest
    row; where that is a record, the columns have no headers.
    """
    header_row, cells = plan.header_row or 0, plan.header_of
    guess = None if header_row or cells else likely_header(table)
    if guess is not None and not any("@" in text or is_date(text) for text in guess.cells.values()):
        header_row, cells = guess.row, dict(guess.cells)
    headers = {letter: cells.get(letter, "") for letter in sheet_letters(table)}
    below = Below(headers, table.slice(rows_before(table, header_row + 1)))
    columns, rivals = _certain_columns(below, profile, plan.destination)
    rows = table["row"]
    last = int(rows[-1].as_py()) if len(rows) else header_row
    return replace(
        plan,
        header_row=header_row or None,
        headers=tuple(headers.items()),
        first_row=header_row + 1,
        last_row=plan.last_row or last,
        columns=tuple(_inferred(column, below, plan, profile) for column in columns),
        never=_letters(profile.never, headers),
        ignore=_letters(profile.ignore, headers),
    ), rivals


def _inferred(column: ColumnPlan, below: Below, plan: SheetPlan, profile: Profile) -> ColumnPlan:
    if not needs_distinct(column.field):
        return column
    order = profile.dates.order
    return read_as(column, distinct_texts(below, column), plan.reading, order, spoken=below.spoken)


def _letters(named: Sequence[str], headers: Mapping[str, str]) -> tuple[str, ...]:
    found = []
    for header in named:
        try:
            found.append(letter_of(header, headers, ""))
        except (ProfileMismatch, AmbiguousColumns):
            continue
    return tuple(found)


def _certain_columns(below: Below, profile: Profile, destination: str) -> tuple[tuple[ColumnPlan, ...], Rivals]:
    """The columns of a sheet that is not read as far as they are certain, and field -> the letters to choose among."""
    rivals: dict[str, tuple[str, ...]] = {}
    while True:
        left = profile.model_copy(update={"columns": {**profile.columns, **{field: [] for field in rivals}}})
        try:
            return map_columns(below, left, destination), rivals
        except ProfileMismatch:
            return (), rivals
        except AmbiguousColumns as problem:
            if not problem.rivals:
                return (), rivals
            rivals |= problem.rivals
