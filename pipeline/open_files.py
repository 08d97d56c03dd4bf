"""A file opened: read apart, its sheets planned, its plans and parts recorded before any part is judged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ledger import cases, runs, staging
from pipeline import stored_cases
from pipeline.returned_workbook import Refused, is_returned, open_returned
from pipeline.sheets import OpenSheet, parts_of, planned
from rollbook.profile import parse_profile
from transforms.planning.file_failure import file_failure

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Connection

    from ledger.runs import RunFile
    from ledger.staging import Part
    from pipeline.run_context import Work
    from sources.raw_sheets import ReadFile
    from transforms.planning.plan import SheetPlan


def begin_file(work: Work, file: RunFile) -> None:
    """Open a file for the first time, here or beside, and record its plans and parts, or why it failed."""
    judged = work.ahead.open(file)
    if judged is None:
        work.sheets(file.file_no)
    elif judged.code is not None:
        fail_file(work, file, judged.code, judged.message)
    else:
        record_file(work, file, judged.plans, judged.parts)


def open_file(work: Work, file: RunFile) -> list[OpenSheet]:
    """Read a file and plan its sheets; what cannot be read is recorded as the file's failure and gives no sheets."""
    if file.state == "failed":
        return []
    if work.request.repairs:
        sheets = stored_cases.repaired_sheets(work, file)
    elif work.request.retries is not None:
        sheets = stored_cases.retried_sheets(work, file)
    else:
        found = work.read(file)
        if found.code is not None:
            fail_file(work, file, found.code, found.message or "")
            return []
        try:
            sheets = _opened(work, file, found)
        except Refused as error:
            fail_file(work, file, error.code, error.message)
            return []
    if file.state == "found":
        _record(work, work.files[file.file_no], sheets)
    return sheets


def _opened(work: Work, file: RunFile, found: ReadFile) -> list[OpenSheet]:
    if is_returned(found):
        return open_returned(work, file, found)
    given, context = work.profile(file.file_no), work.context(file.file_no)
    return [planned(file.path, given, context, sheet, sheet.by_batches()) for sheet in found.sheets]


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
    parts = parts_of(work.run_id, file.file_no, sheets, work.request.settings.reading.part_rows)
    changes = [sheet.changes for sheet in sheets if sheet.changes is not None and len(sheet.changes)]
    record_file(work, file, [sheet.plan for sheet in sheets], parts, changes)


def record_file(
    work: Work, file: RunFile, plans: Sequence[SheetPlan], parts: Sequence[Part], changes: Sequence[pd.DataFrame] = ()
) -> None:
    """Write down the plans of a file's sheets, their parts, and what was repaired in them, in one transaction."""
    code, message = file_failure(plans, parse_profile(file.profile or "")) or (None, None)
    state = "read" if any(plan.state == "read" for plan in plans) else "failed"
    recorded = replace(file, state=state, code=code, message=message, plan=_told(plans))
    names = ("state", "code", "message", "plan", "profile")
    with work.transaction() as connection:
        runs.mark_file(connection, work.run_id, file.file_no, **{name: getattr(recorded, name) for name in names})
        for part in parts:
            staging.add_part(connection, part)
        for some in changes:
            _record_changes(work, connection, some)
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


def _told(plans: Sequence[SheetPlan]) -> str:
    return json.dumps([json.loads(plan.to_json()) for plan in plans], ensure_ascii=False)
