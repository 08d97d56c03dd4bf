"""Seats, judged last: existing enrollments that are not cancelled keep theirs, then rows take the rest in row order."""

from typing import Any

import pandas as pd
from sqlalchemy import BigInteger, Connection, Select, and_, cast, func, or_, select

from destinations.decide import work_tables
from destinations.decide.reject import reject
from destinations.protocol import RunTerms
from ledger.tables import rollbook_rows, training_enrollments
from rollbook.outcomes import ACCEPTED, UPDATED
from rollbook.statuses import CANCELLED

FULL = "session.full"


def decide_capacity(connection: Connection, run: RunTerms, held: Select[Any] | None = None) -> None:
    """Reject the rows for which their session has no seat left. An enrollment that this run cancels frees its seat.

    held: session_no and seats of what is enrolled where it is not the database that holds the enrollments.
    """
    sessions = work_tables.sessions.c
    if not connection.scalar(select(func.count()).where(sessions.max_participants.is_not(None))):
        return
    work_tables.fill(connection, work_tables.taken, _taken(run) if held is None else held)
    claims, taken = _claims(run).subquery("claims"), work_tables.taken
    query = (
        select(claims.c.part_id, claims.c.row_no, claims.c.col_no, sessions.session_no)
        .select_from(
            claims.join(work_tables.sessions, sessions.session_no == claims.c.session_no).outerjoin(
                taken, taken.c.session_no == claims.c.session_no
            )
        )
        .where(claims.c.claim_no > sessions.max_participants - func.coalesce(taken.c.seats, 0))
    )
    work_tables.fill(connection, work_tables.full, query)
    if connection.scalar(select(func.count()).select_from(work_tables.full)):
        reject(connection, run, _unseated(run), _with_details)


def _claims(run: RunTerms) -> Select[Any]:
    """Rows that need a seat, numbered in row order per session: new ones, and those that revive a cancelled one."""
    rows, sessions = rollbook_rows.c, work_tables.sessions.c
    is_new = rows.outcome == ACCEPTED
    revives = and_(rows.outcome == UPDATED, training_enrollments.c.status == CANCELLED)
    number = func.row_number().over(partition_by=sessions.session_no, order_by=work_tables.place(rollbook_rows))
    return (
        select(*work_tables.place(rollbook_rows), sessions.session_no, number.label("claim_no"))
        .select_from(_rows_and_what_exists(run))
        .where(
            rows.run_id == run.run_id,
            sessions.max_participants.is_not(None),
            rows.status != CANCELLED,
            or_(is_new, revives),
        )
    )


def _rows_and_what_exists(run: RunTerms) -> Any:
    placed, found = work_tables.placed, work_tables.existing
    return (
        work_tables.sessions.join(placed, placed.c.session_no == work_tables.sessions.c.session_no)
        .join(rollbook_rows, work_tables.same_place(run, placed))
        .outerjoin(found, work_tables.same_line(placed, found, work_tables.PLACE))
        .outerjoin(training_enrollments, training_enrollments.c.id == found.c.enrollment_id)
    )


def _taken(run: RunTerms) -> Select[Any]:
    """Seats taken per session by what exists and is not about to be cancelled."""
    sessions, there, rows = work_tables.sessions.c, training_enrollments.c, rollbook_rows.c
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
    sessions = work_tables.sessions.c
    return select(
        *work_tables.place(rollbook_rows), rollbook_rows.c.session_id.label("value"), sessions.max_participants
    ).select_from(
        rollbook_rows.join(work_tables.full, work_tables.same_place(run, work_tables.full)).join(
            work_tables.sessions, sessions.session_no == work_tables.full.c.session_no
        )
    )


def _with_details(rows: pd.DataFrame) -> pd.DataFrame:
    seats = rows["max_participants"].astype("int64").astype("str")
    return rows.assign(field="session_id", code=FULL, detail="it takes " + seats)
