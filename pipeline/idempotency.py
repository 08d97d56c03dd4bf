"""The same files again: answered from the ledger, before anything heavy is imported."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ledger import runs
from pipeline.delivery.systems import TARGETS
from pipeline.notifying.record import record_ended
from rollbook.clock import now
from rollbook.request import Request
from validators import RULES_VERSION

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.runs import Run, RunFile


def signature(connection: Connection, request: Request, files: Sequence[RunFile]) -> str:
    """What decides the result of an import: two runs with the same signature judge and decide alike."""
    return runs.signature_of(
        {
            "command": request.command,
            "files": sorted((Path(file.path).name, file.sha256 or "", file.profile or "") for file in files),
            "rules": RULES_VERSION,
            "reference": runs.reference_generation(connection),
            "destination": request.destination,
            "on_conflict": request.on_conflict,
            "on_existing": request.on_existing,
            "limits": request.limits.model_dump(),
            "drop_folder": request.drop_folder,
            "bounds": request.settings.rules.model_dump(mode="json"),
        }
    )


def answer(connection: Connection, request: Request, sign: str, run_id: str | None = None) -> Run | None:
    """The run recorded as a repetition of an earlier one that still stands, or None. run_id: its ID, if it has one.

    What a system holds that can be read is read: only there it is known whether it still says the same.
    """
    if request.destination in TARGETS:
        return None
    moment = now()
    first = runs.find_repeat(connection, sign)
    if first is None:
        return None
    repeated = runs.record_repeat(
        connection,
        first,
        run_id=run_id or runs.new_run_id(moment),
        started_at=moment,
        finished_at=now(),
        started_by=request.by,
        signature=sign,
    )
    record_ended(connection, repeated.run_id, request)
    return repeated
