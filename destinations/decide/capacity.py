"""Seats, judged last: existing enrollments that are not cancelled keep theirs, then rows take the rest in row order."""

from typing import Any

import pandas as pd
from sqlalchemy import BigInteger, Connection, Select, and_, cast, func, or_, select

from destinations import working
from destinations.protocol import RunTerms
from destinations.verdicts import reject
from ledger.tables import rollbook_rows, training_enrollments
from rollbook.outcomes import ACCEPTED, UPDATED
from rollbook.statuses import CANCELLED

FULL = "session.full"


def decide_capacity(connection: Connection, run: RunTerms, held: Select[Any] | None = None) -> None:
    """Reject the rows for which their session has no seat left. An enrollment that this run cancels frees its seat.

    held: session_no and seats of what is enrolled where it is not the database that holds the enrollments.
    """
    sessions = working.sessions.c
    if not connection.scalar(select(func.count()).where(sessions.max_participants.is_not(None))):
        return
    working.fill(connection, working.taken, _taken(run) if held is None else held)
    claims, taken = _claims(run).subquery("claims"), working.taken
    query = (
        select(claims.c.part_id, claims.c.row_no, claims.c.col_no, sessions.session_no)
        .select_from(
            claims.join(working.sessions, sessions.session_no == claims.c.session_no).outerjoin(
                taken, taken.c.session_no == claims.c.session_no
            )
        )
        .where(claims.c.claim_no > sessions.max_participants - func.coalesce(taken.c.seats, 0))
    )
    working.fill(connection, working.full, query)
    if connection.scalar(select(func.count()).select_from(working.full)):
        reject(connection, run, _unseated(run), _told)


def _claims(run: RunTerms) -> Select[Any]:
    """Rows that need a seat, numbered in row order per session: new ones, and those that revive a cancelled one."""
    rows, sessions = rollbook_rows.c, working.sessions.c
    is_new = rows.outcome == ACCEPTED
    revives = and_(rows.outcome == UPDATED, training_enrollments.c.status == CANCELLED)
    number = func.row_number().over(partition_by=sessions.session_no, order_by=working.place(rollbook_rows))
    return (
        select(*working.place(rollbook_rows), sessions.session_no, number.label("claim_no"))
        .select_from(_rows_and_what_exists(run))
        .where(
            rows.run_id == run.run_id,
            sessions.max_participants.is_not(None),
            rows.status != CANCELLED,
            or_(is_new, revives),
        )
    )


def _rows_and_what_exists(run: RunTerms) -> Any:
    placed, found = working.placed, working.existing
    return (
        working.sessions.join(placed, placed.c.session_no == working.sessions.c.session_no)
        .join(rollbook_rows, working.same_place(run, placed))
        .outerjoin(found, working.same_line(placed, found, working.PLACE))
        .outerjoin(training_enrollments, training_enrollments.c.id == found.c.enrollment_id)
    )


def _taken(run: RunTerms) -> Select[Any]:
    """Seats taken per session by what exists and is not about to be cancelled."""
    sessions, there, rows = working.sessions.c, training_enrollments.c, rollbook_rows.c
    # Counted session by session: a planner that begins with the enrollments reads those of all sessions.
    holding = and_(there.training_session_id == sessions.session_no, there.status != CANCELLED)
    held = select(func.count()).select_from(training_enrollments).where(holding).scalar_subquery()
    freed = (
        select(sessions.session_no, (-func.count()).label("seats"))
        .select_from(_rows_and_what_exists(run))
        .where(
            rows.run_id == run.run_id,
            rows.outcome == UPDATED,
            rows.status == CANCELLED,
            there.status != CANCELLED,
            sessions.max_participants.is_not(None),
        )
        .group_by(sessions.session_no)
    )
    counted = select(sessions.session_no, held.label("seats")).where(sessions.max_participants.is_not(None))
    both = counted.union_all(freed).subquery("both")
    return select(both.c.session_no, cast(func.sum(both.c.seats), BigInteger)).group_by(both.c.session_no)


def _unseated(run: RunTerms) -> Select[Any]:
    sessions = working.sessions.c
    return select(
        *working.place(rollbook_rows), rollbook_rows.c.session_id.label("value"), sessions.max_participants
    ).select_from(
        rollbook_rows.join(working.full, working.same_place(run, working.full)).join(
            working.sessions, sessions.session_no == working.full.c.session_no
        )
    )


def _told(rows: pd.DataFrame) -> pd.DataFrame:
    seats = rows["max_participants"].astype("int64").astype("str")
    return rows.assign(field="session_id", code=FULL, detail="it takes " + seats)
