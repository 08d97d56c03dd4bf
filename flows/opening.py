"""A file opened: read apart, its sheets planned, its plans and parts recorded before any part is judged."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ledger import runs, staging
from ledger.staging import PART_STEP, Part
from rollbook.profile import Profile
from transforms.plan import SheetPlan, plan_sheet

if TYPE_CHECKING:
    from flows.work import Work
    from ledger.runs import RunFile
    from sources.sheets import RawSheet, ReadFile


@dataclass(frozen=True)
class OpenSheet:
    """A sheet's raw rows with the plan that they are read by.

    raw: on disk; None for the rows of stored cases, which `rows` holds.
    source_file, source_sheet: where the rows came from first: another file, for those that a workbook brings back.
    cases: of stored cases `row`, `col`, `case_id`, `fingerprint`; else None.
    """

    plan: SheetPlan
    source_file: str
    source_sheet: str
    raw: RawSheet | None = None
    rows: pd.DataFrame | None = None
    cases: pd.DataFrame | None = None
    marks_of_rows: pd.DataFrame | None = None

    @property
    def marks(self) -> pd.DataFrame:
        """The marks of all rows."""
        marks = self.raw.marks if self.raw is not None else self.marks_of_rows
        assert marks is not None
        return marks

    @property
    def row_numbers(self) -> pd.Series:
        """The numbers of all rows, ascending."""
        if self.raw is None:
            assert self.rows is not None
            return self.rows["row"]
        return pd.Series(self.raw.table().column("row").to_numpy())

    def part(self, first_row: int, last_row: int) -> pd.DataFrame:
        """The raw rows of a range of row numbers, both included."""
        if self.raw is not None:
            return self.raw.part(first_row, last_row)
        assert self.rows is not None
        return self.rows[self.rows["row"].between(first_row, last_row)].reset_index(drop=True)


def open_file(work: Work, file: RunFile) -> list[OpenSheet]:
    """Read a file and plan its sheets; what cannot be read is recorded as the file's failure and gives no sheets."""
    if file.state == "failed":
        return []
    found = work.read(file)
    if found.code is not None:
        fail_file(work, file, found.code, found.message or "")
        return []
    sheets = [planned_sheet(work, file, sheet) for sheet in found.sheets]
    if file.state == "found":
        _record(work, file, sheets)
    return sheets


def planned_sheet(work: Work, file: RunFile, sheet: RawSheet) -> OpenSheet:
    """A raw sheet with its plan."""
    profile = work.profile(file.file_no)
    if not sheet.visible and profile.sheet.skip_hidden:
        plan = SheetPlan(sheet.name, sheet.position, "skipped", rows=sheet.rows, message="The sheet is hidden.")
    else:
        plan = plan_sheet(
            sheet.table(),
            sheet.marks,
            sheet_name=sheet.name,
            sheet_position=sheet.position,
            file_name=Path(file.path).name,
            from_workbook=sheet.from_workbook,
            profile=profile,
            destination=work.request.destination,
            today=work.today,
        )
    return OpenSheet(plan, file.path, sheet.name, raw=sheet)


def fail_file(work: Work, file: RunFile, code: str, message: str) -> None:
    """Record that a file failed as a whole; nothing of it stays staged."""
    with work.transaction() as connection:
        staging.forget_file(connection, work.run_id, file.file_no)
        runs.mark_file(connection, work.run_id, file.file_no, state="failed", code=code, message=message)
    work.files[file.file_no] = replace(file, state="failed", code=code, message=message)


def _record(work: Work, file: RunFile, sheets: list[OpenSheet]) -> None:
    """Write down the plans and the parts of a file's sheets, in one transaction."""
    code, message = file_failure([sheet.plan for sheet in sheets])
    plans = json.dumps([json.loads(sheet.plan.to_json()) for sheet in sheets], ensure_ascii=False)
    readable = any(sheet.plan.state == "read" for sheet in sheets)
    changed = {"state": "read" if readable else "failed", "code": code, "message": message, "plan": plans}
    with work.transaction() as connection:
        runs.mark_file(connection, work.run_id, file.file_no, **changed)
        for number, (place, first, last) in enumerate(_ranges(sheets, work.request.settings.reading.part_rows), 1):
            sheet = sheets[place]
            part_id = file.file_no * PART_STEP + number
            part = Part(work.run_id, part_id, file.file_no, place, sheet.source_file, sheet.source_sheet, first, last)
            staging.add_part(connection, part)
    work.files[file.file_no] = replace(file, **changed)


def _ranges(sheets: list[OpenSheet], part_rows: int) -> list[tuple[int, int, int]]:
    """(place of the sheet, first row, last row) of every part, in row order."""
    ranges = []
    for place, sheet in enumerate(sheets):
        if sheet.plan.state != "read":
            continue
        numbers = sheet.row_numbers
        for start in range(0, len(numbers), part_rows):
            last = min(start + part_rows, len(numbers)) - 1
            ranges.append((place, int(numbers.iloc[start]), int(numbers.iloc[last])))
    return ranges


def file_failure(plans: list[SheetPlan]) -> tuple[str | None, str | None]:
    """The code and message of a file with a sheet that failed, or without any that could be read; else (None, None)."""
    failed = [plan for plan in plans if plan.state == "failed"]
    if failed:
        return failed[0].code, f"Sheet {failed[0].name!r}: {failed[0].message}"
    if any(plan.state == "read" for plan in plans):
        return None, None
    named = "; ".join(f"{plan.name!r}: {plan.message}" for plan in plans[:5])
    code = next((plan.code for plan in plans if plan.code), "file.missing_columns")
    return code, f"No sheet holds learners and sessions. {named}" if plans else "The file holds no sheet with cells."
