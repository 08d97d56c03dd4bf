"""The files of the outbox: the batches that SmarterU takes, and what became of each row that was sent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from destinations.smarteru.blocks import block_of
from ledger.remote import outbox
from ledger.remote.outbox import SETTLED, Delivery
from reports.files.batch_csv import INDEX_COLUMNS, REPORT_COLUMNS, ROW_COLUMNS, write_blocks
from rollbook.errors import Stopped
from rollbook.rows.outcomes import PENDING
from rollbook.text.letters import column_letter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.run_context import RunContext


def emit(work: RunContext) -> None:
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
    from destinations.smarteru.package import problems_of

    problems = problems_of(path.read_bytes())
    if problems:
        raise Stopped(
            f"{path} does not fit SmarterU's schema: {problems[0]} Nothing was sent. This is a bug in Rollbook: report "
            "it with this message."
        )


def write_batch_files(folder: Path, deliveries: list[Delivery], date_format: str, *, validate: bool = False) -> Path:
    """The XML of one batch, its keys left empty, then beside it whose row each block is; the path of the XML.

    validate: raise Stopped where the XML does not fit the schema. The index, which says that the batch is written, is
    missing then, so that `resume` stops there again.
    """
    from destinations.smarteru.package import write_batch

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


def write_batch_reports(work: RunContext) -> None:
    """Write what became of each block, of the batches in which some block was answered."""
    with work.transaction() as connection:
        for deliveries in outbox.deliveries_by_batch(connection, work.run_id):
            if any(block.state != PENDING for block in deliveries):
                path = batch_path(work.folder, deliveries[0].batch_no, ".report.csv")
                write_blocks(path, REPORT_COLUMNS, map(_reported, deliveries))


def _reported(block: Delivery) -> tuple[object, ...]:
    return (*_indexed(block), block.state, block.code or "", block.message or "")


def write_row_report(work: RunContext) -> None:
    """Write what became of every row that was to be sent, as `SYSTEM.report.csv`."""
    path = work.folder / f"{work.request.destination}.report.csv"
    work.folder.mkdir(parents=True, exist_ok=True)
    with work.transaction() as connection:
        write_blocks(path, ROW_COLUMNS, _rows_reported(outbox.deliveries_by_batch(connection, work.run_id)))


def _rows_reported(batches: Iterator[list[Delivery]]) -> Iterator[tuple[object, ...]]:
    for deliveries in batches:
        yield from (_reported(one)[1:] for one in deliveries)
