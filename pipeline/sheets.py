"""A sheet as the steps of a run hold it: its raw rows and the plan that they are read by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stage.parts import PART_STEP, Part
from transforms.planning.plan import SheetPlan, plan_sheet
from transforms.planning.ragged import header_cells, short_lines, with_ragged
from transforms.planning.stacked import plan_tables

if TYPE_CHECKING:
    from rollbook.profile import Profile
    from sources.raw_sheets import RawSheet
    from transforms.planning.table.table_detection import RawRows
    from validators.context import Context


@dataclass(frozen=True)
class OpenSheet:
    """A sheet's raw rows with the plan that they are read by.

    raw: on disk; None for the rows of stored cases, which `rows` holds.
    source_file, source_sheet: where the rows came from first: another file, for those that a workbook brings back.
    cases: of stored cases `row`, `col`, `fingerprint`; else None.
    changes: what was repaired of them: `case_id`, `source_column`, `from_value`, `to_value`.
    """

    plan: SheetPlan
    source_file: str
    source_sheet: str
    raw: RawSheet | None = None
    rows: pd.DataFrame | None = None
    cases: pd.DataFrame | None = None
    marks_of_rows: pd.DataFrame | None = None
    changes: pd.DataFrame | None = None

    @cached_property
    def marks(self) -> pd.DataFrame:
        """The marks of all rows; of a text file with those of the lines that are too short."""
        if self.raw is None:
            assert self.marks_of_rows is not None
            return self.marks_of_rows
        if self.raw.form is None or self.plan.state != "read":
            return self.raw.marks
        return with_ragged(self.raw.marks, short_lines(self.raw.line_widths, self.plan))

    @property
    def row_numbers(self) -> pd.Series:
        """The numbers of all rows that the plan accounts for, ascending."""
        numbers = self._all_numbers
        if not self.plan.from_row and self.plan.to_row is None:
            return numbers
        last = self.plan.to_row if self.plan.to_row is not None else numbers.max()
        return numbers[numbers.between(self.plan.from_row, last)].reset_index(drop=True)

    @property
    def _all_numbers(self) -> pd.Series:
        if self.raw is None:
            assert self.rows is not None
            return self.rows["row"]
        batches = self.raw.by_batches().select(["row"]).to_batches()
        # Copied: a column of a batch keeps all that was read with it in memory.
        return pd.Series(np.concatenate([batch.column(0).to_numpy().copy() for batch in batches]))

    def part(self, first_row: int, last_row: int) -> pd.DataFrame:
        """The raw rows of a range of row numbers, both included."""
        if self.raw is not None:
            return self.raw.part(first_row, last_row)
        assert self.rows is not None
        return self.rows[self.rows["row"].between(first_row, last_row)].reset_index(drop=True)


def planned_sheets(path: str, profile: Profile, context: Context, sheets: Sequence[RawSheet]) -> list[OpenSheet]:
    """The raw sheets of a file with their plans; one that has several tables stands there once for each."""
    found = [one for sheet in sheets for one in planned(path, profile, context, sheet, sheet.by_batches())]
    return [replace(one, plan=replace(one.plan, position=place)) for place, one in enumerate(found)]


def planned(
    path: str, profile: Profile, context: Context, sheet: RawSheet, table: RawRows, rows: pd.DataFrame | None = None
) -> list[OpenSheet]:
    """A raw sheet of a file with the plans of its tables.

    rows: what is read in place of its raw rows, in the shape of `table`.
    """
    plans = (
        [SheetPlan(sheet.name, sheet.position, "skipped", rows=sheet.rows, message="The sheet is hidden.")]
        if not sheet.visible and profile.sheet.skip_hidden
        else plan_tables(table, partial(_plan, path, profile, context, sheet), profile)
    )
    if sheet.form is not None:
        widths = sheet.line_widths
        plans = [replace(plan, form=sheet.form, width=header_cells(widths, plan.header_row)) for plan in plans]
    if sheet.key:
        plans = [replace(plan, key=sheet.key) for plan in plans]
    if rows is not None:
        return [OpenSheet(plan, path, sheet.name, rows=rows, marks_of_rows=sheet.marks) for plan in plans]
    return [OpenSheet(plan, path, sheet.name, raw=sheet) for plan in plans]


def _plan(path: str, profile: Profile, context: Context, sheet: RawSheet, table: RawRows) -> SheetPlan:
    return plan_sheet(
        table,
        sheet.marks,
        sheet_name=sheet.name,
        sheet_position=sheet.position,
        file_name=Path(path).name,
        from_workbook=sheet.from_workbook,
        profile=profile,
        destination=context.destination,
        today=context.today,
    )


def parts_of(run_id: str, file_no: int, sheets: Sequence[OpenSheet], part_rows: int) -> list[Part]:
    """The parts of a file's sheets, of at most so many rows, in row order."""
    ranges = enumerate(_ranges(sheets, part_rows), file_no * PART_STEP + 1)
    return [
        Part(run_id, part_id, file_no, place, sheets[place].source_file, sheets[place].source_sheet, first, last)
        for part_id, (place, first, last) in ranges
    ]


def _ranges(sheets: Sequence[OpenSheet], part_rows: int) -> Iterator[tuple[int, int, int]]:
    """(place of the sheet, first row, last row) of every part."""
    for place, sheet in enumerate(sheets):
        if sheet.plan.state != "read":
            continue
        numbers = sheet.row_numbers
        for start in range(0, len(numbers), part_rows):
            last = min(start + part_rows, len(numbers)) - 1
            yield place, int(numbers.iloc[start]), int(numbers.iloc[last])
