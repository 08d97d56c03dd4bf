"""A database that refuses a run's rows, or goes while they are loaded: the run is stopped, and what is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from ledger import runs
from ledger.database import is_away
from pipeline.output.accounts import standing
from rollbook.clock import now
from rollbook.errors import CannotBegin, DatabaseGone, DatabaseRefused

if TYPE_CHECKING:
    from pipeline.run_context import RunContext


def refused(work: RunContext, error: DBAPIError) -> DatabaseGone | DatabaseRefused:
    """What to tell when the database refused or went; accepted rows are pending, where that can still be written."""
    told = f"The database did not take the rows: {_first_line(error)}."
    kind = DatabaseGone if is_away(error) else DatabaseRefused
    try:
        ended = _set_pending(work)
    except CannotBegin:  # it was refused before the run was written down
        return kind(f"{told} No run was begun. Give the same command again when that is fixed.")
    except DBAPIError:
        return DatabaseGone(f"{told} Once it answers again: rollbook resume {work.run_id}")
    if ended is not None:
        return kind(f"{told} Run {work.run_id} had ended by then: rollbook show {work.run_id}")
    return kind(f"{told} Nothing was loaded. Then: rollbook resume {work.run_id}")


def _first_line(error: DBAPIError) -> str:
    """What follows in further lines may tell the cells of a row."""
    lines = str(error.orig).strip().splitlines()
    return lines[0][:300].rstrip(". ") if lines else type(error.orig).__name__


def _set_pending(work: RunContext) -> str | None:
    """Stop a run that was not loaded; the state of one that has ended all the same, else None."""
    work.connection.rollback()
    with work.transaction() as connection:
        run = runs.find(connection, work.run_id)
        if run.state not in runs.UNFINISHED:
            return run.state
        runs.finish(
            connection,
            work.run_id,
            state=runs.STOPPED,
            exit_code=3,
            finished_at=now(),
            counts=standing(work, connection),
        )
    return None
