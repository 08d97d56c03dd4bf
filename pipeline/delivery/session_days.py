"""Before rows for SmarterU are decided: the days of the sessions of rows that have no date are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from destinations.registry import DESTINATIONS
from ledger import known
from ledger.remote import outbox
from ledger.remote.session_days import keep_days, known_days
from pipeline.load import stage_of
from rollbook.errors import RunIsLive, Stopped

if TYPE_CHECKING:
    from datetime import date

    from pipeline.run_context import RunContext

# Accepted rows of which neither the enrollment nor the session has a day.
_DATELESS = """SELECT DISTINCT session_id, course_id FROM rows
    WHERE outcome = 'accepted' AND enrolled_on IS NULL AND session_date IS NULL
    AND session_id <> '' AND course_id IS NOT NULL ORDER BY session_id, course_id"""


def find_session_days(work: RunContext) -> None:
    """Ask SmarterU for the days that rows need and nothing tells, a call for each course, and keep them.

    Only where the run sends. What SmarterU does not tell either, deciding refuses. Raises Stopped where it does not
    answer or refuses all calls.
    """
    destination = DESTINATIONS[work.request.destination]
    if destination.holder != "smarteru" or not destination.sends or work.rehearsal:
        return
    courses = _courses_without_days(work)
    if not courses:
        return
    days = _ask(work, courses)
    with work.transaction() as connection:
        keep_days(connection, days)


def _courses_without_days(work: RunContext) -> list[str]:
    with work.transaction() as connection:
        if outbox.is_recorded(connection, work.run_id):  # decided, and the judged rows are gone
            return []
    with work.transaction() as connection, stage_of(work, connection) as stage:
        wanted = stage.lines(_DATELESS)
        if not wanted:
            return []
        there = known.sessions(connection, stage.column(f"SELECT DISTINCT session_id FROM ({_DATELESS})")).to_pylist()
        told = {line["session_code"] for line in there if line["session_date"] is not None}
        told |= known_days(connection, {session for session, _ in wanted}).keys()
    return sorted({course for session, course in wanted if session not in told})


def _ask(work: RunContext, courses: Iterable[str]) -> dict[str, date]:
    from destinations.smarteru.client import SmarterU
    from ledger.lock import hold
    from pipeline.delivery.smarteru import ACCOUNT_WAIT_SECONDS, account_lock, wire_of

    wire = wire_of(work.request.settings.smarteru)
    lock = hold(work.connection.engine, account_lock(wire.url), wait=ACCOUNT_WAIT_SECONDS)
    try:
        with lock, SmarterU(wire) as target:
            return _days_of(courses, lambda request: target.call(request).body, work)
    except RunIsLive as error:
        raise Stopped(f"{error} Then: rollbook resume {work.run_id}") from None


def _days_of(courses: Iterable[str], call: Callable[[bytes], bytes], work: RunContext) -> dict[str, date]:
    from destinations.smarteru.codes import CODES
    from destinations.smarteru.reference import CallRefused, sessions

    days: dict[str, date] = {}
    for course in courses:
        try:
            found = sessions(call, course, None, date_format=work.request.settings.smarteru.date_format)
        except CallRefused as error:
            if error.code in CODES:  # about the call, whatever course is asked for
                raise
            continue
        dated = found.dropna(subset=["session_id", "session_date"])
        days |= dict(zip(dated["session_id"], dated["session_date"].dt.date, strict=True))
    return days
