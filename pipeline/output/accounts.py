"""The accounts of a run: how many of its rows came to what, by part, by file and in the whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ledger import parts
from ledger.remote import outbox
from rollbook.rows.outcomes import ACCEPTED, LOADED, OUTCOMES, Counts
from stage.parts import PART_STEP

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from pipeline.run_context import RunContext


def by_file_of(by_part: Mapping[int, Mapping[str, int]]) -> dict[int, Counter[str]]:
    """File number -> rows by outcome, from the same by part."""
    by_file: dict[int, Counter[str]] = {}
    for part_id, outcomes in by_part.items():
        by_file.setdefault(part_id // PART_STEP, Counter()).update(outcomes)
    return by_file


def failed_rows_of(by_file: Mapping[int, Counter[str]]) -> dict[str, int]:
    """File number, as the run's summary keeps it -> rows that were rejected or failed."""
    return {str(number): rows["rejected"] + rows["failed"] for number, rows in by_file.items()}


def counts_of(connection: Connection, run_id: str, by_file: Mapping[int, Counter[str]]) -> Counts:
    """The accounts as they stand when all that is accepted is loaded; raises AccountsError where a row is missing."""
    read, ignored = parts.count_read(connection, run_id)
    total = sum(by_file.values(), Counter[str]())
    total[LOADED] += total.pop(ACCEPTED, 0)
    return Counts(read=read, ignored=ignored, **{outcome: total[outcome] for outcome in OUTCOMES}).check()


def all_pending(counts: Counts) -> Counts:
    """The accounts of a run of which nothing is loaded: what was to be loaded waits."""
    return replace(counts, loaded=0, updated=0, pending=counts.pending + counts.loaded + counts.updated).check()


def standing(work: RunContext, connection: Connection) -> Counts:
    """The accounts of a run that was stopped: by the ledger where it is delivered, else by what was judged."""
    if outbox.is_recorded(connection, work.run_id):
        return all_pending(
            counts_of(connection, work.run_id, by_file_of(parts.standing_by_part(connection, work.run_id)))
        )
    of_run = parts.list_parts(connection, work.run_id)
    staged = work.part_files.staged(part.part_id for part in of_run).values()
    parts.count_parts(connection, work.run_id, staged)
    read, rejected = (sum(getattr(part, name) for part in staged) for name in ("rows_read", "rejected"))
    ignored = sum(sum(part.ignored_counts.values()) for part in staged)
    return Counts(read=read, rejected=rejected, pending=read - rejected, ignored=ignored).check()
