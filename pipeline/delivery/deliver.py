"""The last step where a destination is fed from the outbox: batches are emitted and sent, and the run is ended.

A crash at any point is finished by doing the step again: what was confirmed stands in the ledger, what was being sent
counts as doubtful, the rest is sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from destinations.codes import find
from destinations.registry import DESTINATIONS
from ledger import parts, runs
from ledger.cases import cases
from ledger.remote import outbox
from ledger.remote.outbox import Delivery
from ledger.sql.bulk import insert_frame
from ledger.tables import rollbook_failures
from pipeline.delivery.batch_files import emit, write_batch_reports, write_row_report
from pipeline.delivery.rest import count_not_kept
from pipeline.delivery.systems import TARGETS
from pipeline.judge import places_of
from pipeline.load import Settled
from pipeline.notifying.record import record_ended
from pipeline.output.accounts import by_file_of, counts_of, failed_rows_of
from pipeline.output.failed_rows import write_reports
from rollbook.clock import now
from rollbook.errors import RollbookError, Unavailable
from stage.parts import PART_STEP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from pipeline.run_context import RunContext
    from rollbook.rows.outcomes import Counts


def deliver(work: RunContext) -> Settled:
    """Emit the batches, send them where the destination sends, and write down how the run ended."""
    takes_rows = work.request.destination in TARGETS
    if not takes_rows:
        emit(work)
    stop = None
    if DESTINATIONS[work.request.destination].sends:
        from pipeline.delivery.send import send_batches

        stop = send_batches(work)
    settled = end(work, stop)
    (write_row_report if takes_rows else write_batch_reports)(work)
    if stop is None:
        write_reports(work)
    return settled


def end(work: RunContext, stop: RollbookError | None = None) -> Settled:
    """Take confirmed rows out of the stage, tell the refused ones, and end the run; all of it or nothing.

    stop: what stopped the sending.
    """
    stopped_by = str(stop) if stop else None
    with work.transaction() as connection:
        close_deliveries(work, connection)
        met = cases.record_cases(connection, work.run_id)
        by_file = by_file_of(parts.standing_by_part(connection, work.run_id))
        counts = counts_of(connection, work.run_id, by_file)
        settled = _settled(work, counts, stopped_by)
        due = stopped_by is None and counts.rejected + counts.failed > 0
        facts = {runs.REPORTS_DUE: due, runs.BY_SILENCE: isinstance(stop, Unavailable)}
        summary = runs.find(connection, work.run_id).summary
        if work.request.destination in TARGETS:
            summary = {**summary, "not_kept": count_not_kept(outbox.messages_of_taken(connection, work.run_id))}
        runs.finish(
            connection,
            work.run_id,
            state=settled.state,
            exit_code=settled.exit_code,
            finished_at=now(),
            counts=counts,
            cases={"new": met.new, "known": met.known, "closed": cases.count_closed(connection, work.run_id)},
            summary={**summary, "failed_rows": failed_rows_of(by_file), "stopped_by": stopped_by, **facts},
        )
        if not counts.pending:
            parts.end_rows(connection, work.run_id)
        record_ended(connection, work.run_id, work.request)
    return settled


def _settled(work: RunContext, counts: Counts, stopped_by: str | None) -> Settled:
    if stopped_by is not None:
        return Settled(runs.STOPPED, 3, stopped_by)
    failed = bool(counts.rejected or counts.failed or any(file.code for file in work.files.values()))
    state = runs.PENDING if counts.pending else runs.WITH_FAILURES if failed else runs.COMPLETED
    return Settled(state, int(failed))


def close_deliveries(work: RunContext, connection: Connection) -> None:
    """Carry what the outbox says of the blocks over to the rows, their failures and their cases."""
    destination = DESTINATIONS[work.request.destination]
    failures = _failures(work, outbox.failed(connection, work.run_id))
    if len(failures):
        insert_frame(connection, rollbook_failures, failures)
    outbox.note_held(connection, destination.holder)
    cases.close_delivered(connection, work.run_id, fixed_at=work.started_at, fixed_by=work.request.by)
    outbox.close_out(connection, work.run_id)


def _failures(work: RunContext, refused: Iterable[Delivery]) -> pd.DataFrame:
    places = {
        (file_no, position): places_of(plan)
        for file_no in work.files
        for position, plan in enumerate(work.plans(file_no))
    }
    with work.transaction() as connection:
        sheets = {part.part_id: part.sheet_position for part in parts.list_parts(connection, work.run_id)}
    lines = []
    for block in refused:
        of_sheet = places.get((block.part_id // PART_STEP, sheets[block.part_id]), {})
        lines.append({"run_id": work.run_id, "failure_no": outbox.FIRST_DELIVERED, **_failure(block, of_sheet)})
    return pd.DataFrame(lines)


def _failure(block: Delivery, places: Mapping[str, tuple[str, str]]) -> dict[str, object]:
    code = find(block.code or "", block.message or "")
    blamed = [block.field] if block.field else code.fields
    field = next((name for name in blamed if name in places), next(iter(blamed), None))
    letter, header = places.get(field or "", (None, None))
    return {
        "part_id": block.part_id,
        "row_no": block.row_no,
        "col_no": block.col_no,
        "source_column": letter,
        "header": header,
        "field": field,
        "value": _value(block, field) if field else None,
        "code": block.code,
        "message": block.message or code.meaning,
        "remedy": code.remedy,
    }


def _value(block: Delivery, field: str) -> str | None:
    """What the row says of a field, be it one of its columns or one of a system's own."""
    value = getattr(block, field, None)
    if value is None and block.extra:
        value = json.loads(block.extra).get(field)
    return None if value is None else str(value)
