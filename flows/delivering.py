"""The last step where a destination is fed from the outbox: batches are emitted and sent, and the run is ended.

A crash at any point is finished by doing the step again: what was confirmed stands in the ledger, what was being sent
counts as doubtful, the rest is sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from destinations.registry import DESTINATIONS
from destinations.smarteru.blocks import block_of
from destinations.smarteru.codes import find
from destinations.smarteru.package import problems_of, write_batch
from flows.failed_rows import write_reports
from flows.judging import places_of
from flows.settling import Settled, by_file_of, counts_of, failed_rows_of
from flows.work import now
from ledger import cases, outbox, runs, staging
from ledger.bulk import insert_frame
from ledger.outbox import SETTLED, Delivery
from ledger.staging import PART_STEP
from ledger.tables import rollbook_failures
from reports.blocks import INDEX_COLUMNS, REPORT_COLUMNS, write_blocks
from rollbook.errors import RollbookError, Stopped, Unavailable
from rollbook.letters import column_letter
from rollbook.outcomes import PENDING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from flows.work import Work
    from rollbook.outcomes import Counts


def deliver(work: Work) -> Settled:
    """Emit the batches, send them where the destination sends, and write down how the run ended."""
    emit(work)
    stop = None
    if DESTINATIONS[work.request.destination].sends:
        from flows.sending import send_batches

        stop = send_batches(work)
    settled = end(work, stop)
    write_batch_reports(work)
    if stop is None:
        write_reports(work)
    return settled


def emit(work: Work) -> None:
    """Write the XML and the index of every batch that is not settled and not written yet."""
    work.folder.mkdir(parents=True, exist_ok=True)
    with work.transaction() as connection:
        waiting = {batch.batch_no for batch in outbox.batches(connection, work.run_id) if batch.state != SETTLED}
        lacking = {number for number in waiting if not batch_path(work.folder, number, ".blocks.csv").exists()}
        if lacking:
            for deliveries in outbox.deliveries_by_batch(connection, work.run_id):
                if deliveries[0].batch_no in lacking:
                    date_format = work.request.settings.smarteru.date_format
                    write_batch_files(work.folder, deliveries, date_format, validate=work.request.validate)


def _validate(path: Path) -> None:
    problems = problems_of(path.read_bytes())
    if problems:
        raise Stopped(f"{path} does not fit SmarterU's schema: {problems[0]} Nothing was sent. Please report this.")


def write_batch_files(folder: Path, deliveries: list[Delivery], date_format: str, *, validate: bool = False) -> Path:
    """The XML of one batch, its keys left empty, then beside it whose row each block is; the path of the XML.

    validate: raise Stopped where the XML does not fit the schema. The index, which says that the batch is written, is
    missing then, so that `resume` stops there again.
    """
    number = deliveries[0].batch_no
    path = batch_path(folder, number, ".xml")
    blocks = map(block_of, deliveries)
    removed: dict[int, list[str]] = {}
    for lost in write_batch(path, blocks, date_format=date_format):
        removed.setdefault(lost.number, []).append(f"{lost.characters} in {lost.tag}")
    if validate:
        _validate(path)
    lines = ((*_indexed(one), "; ".join(removed.get(one.block_no, ()))) for one in deliveries)
    write_blocks(batch_path(folder, number, ".blocks.csv"), INDEX_COLUMNS, lines)
    return path


def batch_path(folder: Path, batch_no: int, ending: str) -> Path:
    """Where a batch's file stands in the run's folder."""
    return folder / f"smarteru-{batch_no:04}{ending}"


def _indexed(block: Delivery) -> tuple[object, ...]:
    place = (block.source_file, block.source_sheet, block.row_no, column_letter(block.col_no) if block.col_no else "")
    return (block.block_no, *place, block.learner_email or block.learner_employee_id, block.session_id)


def write_batch_reports(work: Work) -> None:
    """Write what became of each block, of the batches in which some block was answered."""
    with work.transaction() as connection:
        for deliveries in outbox.deliveries_by_batch(connection, work.run_id):
            if any(block.state != PENDING for block in deliveries):
                path = batch_path(work.folder, deliveries[0].batch_no, ".report.csv")
                write_blocks(path, REPORT_COLUMNS, map(_reported, deliveries))


def _reported(block: Delivery) -> tuple[object, ...]:
    return (*_indexed(block), block.state, block.code or "", block.message or "")


def end(work: Work, stop: RollbookError | None = None) -> Settled:
    """Take confirmed rows out of the stage, tell the refused ones, and end the run; all of it or nothing.

    stop: what stopped the sending.
    """
    stopped_by = str(stop) if stop else None
    with work.transaction() as connection:
        close_deliveries(work, connection)
        met = cases.record_cases(connection, work.run_id)
        by_file = by_file_of(staging.standing_by_part(connection, work.run_id))
        counts = counts_of(connection, work.run_id, by_file)
        settled = _settled(work, counts, stopped_by)
        due = stopped_by is None and counts.rejected + counts.failed > 0
        facts = {runs.REPORTS_DUE: due, runs.BY_SILENCE: isinstance(stop, Unavailable)}
        summary = runs.find(connection, work.run_id).summary
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
            staging.clear_stage(connection, work.run_id)
    return settled


def _settled(work: Work, counts: Counts, stopped_by: str | None) -> Settled:
    if stopped_by is not None:
        return Settled(runs.STOPPED, 3, stopped_by)
    failed = bool(counts.rejected or counts.failed or any(file.code for file in work.files.values()))
    state = runs.PENDING if counts.pending else runs.WITH_FAILURES if failed else runs.COMPLETED
    return Settled(state, int(failed))


def close_deliveries(work: Work, connection: Connection) -> None:
    """Carry what the outbox says of the blocks over to the rows, their failures and their cases."""
    destination = DESTINATIONS[work.request.destination]
    failures = _failures(work, outbox.failed(connection, work.run_id))
    if len(failures):
        insert_frame(connection, rollbook_failures, failures)
    outbox.note_held(connection, destination.holder)
    cases.close_delivered(connection, work.run_id, fixed_at=work.started_at, fixed_by=work.request.by)
    outbox.close_out(connection, work.run_id)


def _failures(work: Work, refused: Iterable[Delivery]) -> pd.DataFrame:
    places = {
        (file_no, position): places_of(plan)
        for file_no in work.files
        for position, plan in enumerate(work.plans(file_no))
    }
    with work.transaction() as connection:
        parts = {part.part_id: part for part in staging.parts(connection, work.run_id)}
    lines = []
    for block in refused:
        of_sheet = places.get((block.part_id // PART_STEP, parts[block.part_id].sheet_position), {})
        lines.append({"run_id": work.run_id, "failure_no": outbox.FIRST_DELIVERED, **_failure(block, of_sheet)})
    return pd.DataFrame(lines)


def _failure(block: Delivery, places: Mapping[str, tuple[str, str]]) -> dict[str, object]:
    code = find(block.code or "", block.message or "")
    field = next((name for name in code.fields if name in places), next(iter(code.fields), None))
    letter, header = places.get(field or "", (None, None))
    return {
        "part_id": block.part_id,
        "row_no": block.row_no,
        "col_no": block.col_no,
        "source_column": letter,
        "header": header,
        "field": field,
        "value": str(getattr(block, field)) if field and getattr(block, field, None) is not None else None,
        "code": block.code,
        "message": block.message or code.meaning,
        "remedy": code.remedy,
    }
