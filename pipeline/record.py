"""What a file is written down as: the plans and parts of its sheets, or why it failed as a whole."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ledger import parts, runs
from ledger.cases import cases
from rollbook.profile import parse_profile
from transforms.planning.file_failure import file_failure

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Connection

    from ledger.runs import RunFile
    from pipeline.run_context import RunContext
    from stage.parts import Part
    from transforms.planning.plan import SheetPlan


def fail_file(work: RunContext, file: RunFile, code: str, message: str) -> None:
    """Record that a file failed as a whole; nothing of it stays staged."""
    with work.transaction() as connection:
        forget_file(work, connection, file.file_no)
        runs.mark_file(connection, work.run_id, file.file_no, state="failed", code=code, message=message)
    work.files[file.file_no] = replace(file, state="failed", code=code, message=message)


def forget_file(work: RunContext, connection: Connection, file_no: int) -> None:
    """Take a file's parts out of the run: it failed as a whole, or is read anew."""
    work.part_files.forget(part.part_id for part in parts.list_parts(connection, work.run_id, file_no))
    parts.forget_file(connection, work.run_id, file_no)


def record_file(
    work: RunContext,
    file: RunFile,
    plans: Sequence[SheetPlan],
    of_sheets: Sequence[Part],
    changes: Sequence[pd.DataFrame] = (),
) -> None:
    """Write down the plans of a file's sheets, their parts, and what was repaired in them, in one transaction."""
    code, message = file_failure(plans, parse_profile(file.profile or "")) or (None, None)
    state = "read" if any(plan.state == "read" for plan in plans) else "failed"
    recorded = replace(file, state=state, code=code, message=message, plan=plans_to_json(plans))
    names = ("state", "code", "message", "plan", "profile")
    with work.transaction() as connection:
        runs.mark_file(connection, work.run_id, file.file_no, **{name: getattr(recorded, name) for name in names})
        parts.add_parts(connection, work.run_id, of_sheets)
        for some in changes:
            _record_changes(work, connection, some)
    work.files[file.file_no] = recorded


def _record_changes(work: RunContext, connection: Connection, changes: pd.DataFrame) -> None:
    cases.forget_changes(connection, work.run_id, changes["case_id"])
    cases.record_changes(
        connection,
        changes,
        run_id=work.run_id,
        changed_at=work.started_at,
        changed_by=work.request.by,
        through="workbook",
    )


def plans_to_json(plans: Sequence[SheetPlan]) -> str:
    """The plans as the ledger keeps them."""
    return json.dumps([json.loads(plan.to_json()) for plan in plans], ensure_ascii=False)
