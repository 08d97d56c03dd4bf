"""Taking people's data out of what is kept of failed rows: old cells go, counts, codes, states and places stay.

Every function works in steps that are whole by themselves: who is interrupted does it again, and goes on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select, text, update

from ledger.runs import PENDING, PURGED, UNFINISHED
from ledger.tables import (
    FIXED,
    IGNORED,
    OPEN,
    rollbook_case_members,
    rollbook_cases,
    rollbook_changes,
    rollbook_failures,
    rollbook_parts,
    rollbook_rows,
    rollbook_runs,
)

# What stands where a text was; messages and remedies quote the cell.
PURGED_TEXT = "(purged)"
# Cases in one transaction.
STEP = 5_000
_NO_CELLS = "{}"


@dataclass(frozen=True)
class OldRun:
    """A run whose rows lose their cells. request: JSON text, which says where its reports are."""

    run_id: str
    request: str


def prepare(connection: Connection) -> None:
    """SQLite overwrites what it lets go of; the others do when they clean up by themselves (VACUUM, purge)."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("PRAGMA secure_delete = ON"))


def count_cases(connection: Connection, before: datetime) -> dict[str, int]:
    """State -> how many cases would lose their cells."""
    cases = rollbook_cases.c
    query = select(cases.state, func.count()).where(_old(before)).group_by(cases.state)
    return {OPEN: 0, FIXED: 0, IGNORED: 0} | dict(connection.execute(query).tuples().all())


def _old(before: datetime) -> ColumnElement[bool]:
    """Cases that were not met since, or were settled before; of those that are open, the first only."""
    cases = rollbook_cases.c
    fixed = and_(cases.state == FIXED, cases.fixed_at < before)
    ignored = and_(cases.state == IGNORED, cases.first_seen < before)
    return and_(cases.purged_at.is_(None), or_(cases.last_seen < before, fixed, ignored))


def purge_cases(connection: Connection, before: datetime, now: datetime, after: int = 0) -> Sequence[int]:
    """Take the cells out of the next STEP cases, and what was changed in them; which, none at the end.

    after: the last of the cases before, so that those are not read again.
    """
    cases, changes = rollbook_cases.c, rollbook_changes.c
    old = select(cases.case_id).where(cases.case_id > after, _old(before))
    found = connection.scalars(old.order_by(cases.case_id).limit(STEP)).all()
    if found:
        gone = {"cells": _NO_CELLS, "marks": None, "learner_email": "", "learner_employee_id": "", "purged_at": now}
        connection.execute(update(rollbook_cases).where(cases.case_id.in_(found)).values(gone))
        in_groups = update(rollbook_case_members).where(rollbook_case_members.c.case_id.in_(found))
        connection.execute(in_groups.values(value=None))
        of_case = update(rollbook_changes).where(changes.case_id.in_(found))
        connection.execute(of_case.values(from_value=None, to_value=None))
    return found


def old_runs(connection: Connection, before: datetime) -> list[OldRun]:
    """The runs that began before, the oldest first: ended, not purged yet, and repeated by none that is younger."""
    runs, later = rollbook_runs.c, rollbook_runs.alias("later").c
    ended = runs.state.not_in([*UNFINISHED, PENDING])
    repeated = exists().where(later.repeats_run_id == runs.run_id, later.started_at >= before)
    purged = func.coalesce(runs.summary, "").contains(f'"{PURGED}": "')
    query = select(runs.run_id, runs.request).where(runs.started_at < before, ended, ~repeated, ~purged)
    return [OldRun(*line) for line in connection.execute(query.order_by(runs.started_at, runs.run_id))]


def count_rows(connection: Connection, run_id: str) -> tuple[int, int]:
    """(rows, problems) that are kept of a run."""
    rows, failures = (
        connection.scalar(select(func.count()).where(table.c.run_id == run_id)) or 0
        for table in (rollbook_rows, rollbook_failures)
    )
    return rows, failures


def parts_of(connection: Connection, run_id: str) -> list[int]:
    """The parts of a run, each a step of `purge_part`."""
    parts = rollbook_parts.c
    return list(connection.scalars(select(parts.part_id).where(parts.run_id == run_id).order_by(parts.part_id)))


def purge_part(connection: Connection, run_id: str, part_id: int) -> None:
    """Take what people wrote out of the rows and problems of a part."""
    for table, gone in ((rollbook_rows, _ROW), (rollbook_failures, _FAILURE)):
        here = and_(table.c.run_id == run_id, table.c.part_id == part_id)
        connection.execute(update(table).where(here).values(gone))


_ROW: dict[str, Any] = {
    **dict.fromkeys(("learner_email", "learner_employee_id"), ""),
    **dict.fromkeys(("learner_name", "score", "grade", "feedback", "extra", "cells", "marks", "duplicate_of")),
    **dict.fromkeys(("expires_on", "certificate_number", "hours", "credits")),
}
_FAILURE: dict[str, Any] = {"value": None, "message": PURGED_TEXT, "remedy": PURGED_TEXT}


def end_run(connection: Connection, run_id: str, now: datetime) -> None:
    """Note that a run is purged; it no longer answers for the same file, whose rows are judged anew."""
    from ledger.runs import add_to_summary, mark

    changes = rollbook_changes.c
    ours = and_(changes.run_id == run_id, changes.case_id.is_not(None))
    connection.execute(update(rollbook_changes).where(ours).values(from_value=None, to_value=None))
    add_to_summary(connection, run_id, **{PURGED: now.isoformat(sep=" ", timespec="seconds")})
    mark(connection, run_id, signature=None)


def steps(connection: Connection, before: datetime, now: datetime) -> Iterator[int]:
    """Cases purged, a transaction each."""
    last = 0
    while True:
        with connection.begin():
            found = purge_cases(connection, before, now, last)
        if not found:
            return
        last = found[-1]
        yield len(found)
