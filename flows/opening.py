"""A file opened: read apart, its sheets planned, its plans and parts recorded before any part is judged."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from flows import returning
from flows.sheets import OpenSheet, planned
from ledger import cases, runs, staging
from ledger.staging import PART_STEP, Part
from rollbook.profile import parse_profile
from transforms.plan import file_failure

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Connection

    from flows.work import Work
    from ledger.runs import RunFile
    from sources.sheets import ReadFile
    from transforms.plan import SheetPlan


def open_file(work: Work, file: RunFile) -> list[OpenSheet]:
    """Read a file and plan its sheets; what cannot be read is recorded as the file's failure and gives no sheets."""
    if file.state == "failed":
        return []
    if work.request.retries is not None:
        sheets = returning.retried_sheets(work, file)
    else:
        found = work.read(file)
        if found.code is not None:
            fail_file(work, file, found.code, found.message or "")
            return []
        sheets = _opened(work, file, found)
    if file.state == "found":
        _record(work, work.files[file.file_no], sheets)
    return sheets


def _opened(work: Work, file: RunFile, found: ReadFile) -> list[OpenSheet]:
    if not returning.is_returned(found):
        return [planned(work, file, sheet, sheet.by_batches()) for sheet in found.sheets]
    profile = returning.returned_profile(work, found)
    if profile is not None:  # what is corrected is read as it was read first
        work.files[file.file_no] = file = replace(file, profile=profile)
    return returning.returned_sheets(work, file, found)


def fail_file(work: Work, file: RunFile, code: str, message: str) -> None:
    """Record that a file failed as a whole; nothing of it stays staged."""
    with work.transaction() as connection:
        staging.forget_file(connection, work.run_id, file.file_no)
        runs.mark_file(connection, work.run_id, file.file_no, state="failed", code=code, message=message)
    work.files[file.file_no] = replace(file, state="failed", code=code, message=message)


def record_anew(work: Work, file_no: int, sheets: list[OpenSheet]) -> None:
    """Plan a file again whose sheets are others than those recorded: cases on their way back may change meanwhile."""
    if sheets and _told([sheet.plan for sheet in sheets]) != work.files[file_no].plan:
        with work.transaction() as connection:
            staging.forget_file(connection, work.run_id, file_no)
        _record(work, work.files[file_no], sheets)


def _record(work: Work, file: RunFile, sheets: list[OpenSheet]) -> None:
    """Write down the plans and the parts of a file's sheets, in one transaction."""
    profile = parse_profile(file.profile or "")
    code, message = file_failure([sheet.plan for sheet in sheets], profile) or (None, None)
    plans = _told([sheet.plan for sheet in sheets])
    readable = any(sheet.plan.state == "read" for sheet in sheets)
    state = "read" if readable else "failed"
    recorded = replace(file, state=state, code=code, message=message, plan=plans)
    names = ("state", "code", "message", "plan", "profile")
    with work.transaction() as connection:
        runs.mark_file(connection, work.run_id, file.file_no, **{name: getattr(recorded, name) for name in names})
        for number, (place, first, last) in enumerate(_ranges(sheets, work.request.settings.reading.part_rows), 1):
            sheet = sheets[place]
            part_id = file.file_no * PART_STEP + number
            part = Part(work.run_id, part_id, file.file_no, place, sheet.source_file, sheet.source_sheet, first, last)
            staging.add_part(connection, part)
        for sheet in sheets:
            if sheet.changes is not None and len(sheet.changes):
                _record_changes(work, connection, sheet.changes)
    work.files[file.file_no] = recorded


def _record_changes(work: Work, connection: Connection, changes: pd.DataFrame) -> None:
    cases.forget_changes(connection, work.run_id, changes["case_id"])
    cases.record_changes(
        connection,
        changes,
        run_id=work.run_id,
        changed_at=work.started_at,
        changed_by=work.request.by,
        through="workbook",
    )


def _told(plans: list[SheetPlan]) -> str:
    return json.dumps([json.loads(plan.to_json()) for plan in plans], ensure_ascii=False)


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
