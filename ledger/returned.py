"""Failed rows that somebody brought back, and the rows of their run that wait because its limits stopped it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, exists, or_, select

from ledger import runs
from ledger.drops import path_as_sent
from ledger.tables import rollbook_cases, rollbook_drops, rollbook_parts, rollbook_rows
from rollbook.request import Request

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.runs import Run, RunFile


@dataclass(frozen=True)
class HeldBack:
    """What a run that its limits stopped did not load. raised_limits: the options of `resume` that let it pass."""

    run: str
    rows: int
    raised_limits: str


def returned_files(connection: Connection, run_id: str, files: Iterable[RunFile]) -> set[int]:
    """The numbers of the files of a run that hold rows of other files: failed-rows workbooks alone do."""
    parts, dropped = rollbook_parts.c, rollbook_drops.c
    sources = select(parts.file_no, parts.source_file).where(parts.run_id == run_id).distinct()
    drops = select(dropped.name, dropped.target).where(dropped.run_id == run_id, dropped.target.is_not(None))
    moved = connection.execute(drops).tuples().all()
    places = {file.file_no: _places(file.path, moved) for file in files}
    found = connection.execute(sources).tuples().all()
    return {file_no for file_no, source in found if file_no in places and source not in places[file_no]}


def _places(path: str, moved: Sequence[tuple[str, str]]) -> set[str]:
    """Where a file is, and where it was before a pass over a drop folder moved it. moved: (name, target) below it."""
    return {path, *(path_as_sent(path, name, target) for name, target in moved)}


def held_back(connection: Connection, run: Run) -> list[HeldBack]:
    """The runs that their limits stopped and of which this one brought failed rows back: their other rows wait."""
    if run.state not in (runs.COMPLETED, runs.WITH_FAILURES):
        return []
    stopped = [one for one in runs.unfinished(connection) if one.is_over_limits and one.counts.pending]
    if not stopped or not _brought_back(connection, run):
        return []
    return [
        HeldBack(one.run_id, one.counts.pending, str(one.summary.get(runs.RAISED_LIMITS) or ""))
        for one in stopped
        if _has_rows_of(connection, one.run_id, run.rows_run_id)
    ]


def _brought_back(connection: Connection, run: Run) -> bool:
    """Whether a run read failed rows that somebody corrected, or rows that are stored."""
    first = run.rows_run_id
    reads_files = Request.from_json(run.request).reads_files
    return not reads_files or bool(returned_files(connection, first, runs.list_files(connection, first)))


def _has_rows_of(connection: Connection, stopped: str, run_id: str) -> bool:
    """Whether a run met failed rows of the stopped one: it closed their cases, or they failed again."""
    rows, cases = rollbook_rows.c, rollbook_cases.c
    again = rollbook_rows.alias("again").c
    met = or_(
        cases.fixed_run_id == run_id,
        exists().where(again.fingerprint == rows.fingerprint, again.run_id == run_id),
    )
    same = and_(cases.fingerprint == rows.fingerprint, met)
    query = select(exists().where(rows.run_id == stopped, rows.fingerprint.is_not(None), same))
    return bool(connection.scalar(query))
