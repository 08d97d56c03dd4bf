"""Cases on their way: their corrected row stands in the outbox, and nobody knows yet whether it was taken."""

from typing import NamedTuple

from sqlalchemy import Connection, exists, select

from ledger.runs import PENDING as RUN_PENDING
from ledger.runs import UNFINISHED
from ledger.tables import rollbook_batches, rollbook_cases, rollbook_rows, rollbook_runs
from rollbook.outcomes import PENDING


class Waiting(NamedTuple):
    """An open case whose row a run is delivering."""

    case_id: int
    fingerprint: str
    run_id: str
    destination: str


def waiting_cases(connection: Connection, *, case_id: int | None = None, besides: str = "") -> dict[int, Waiting]:
    """By case, the open cases that a run delivers; a second delivery might enroll somebody twice.

    case_id: only this one. besides: a run whose own deliveries are left out.
    """
    runs, rows, cases = rollbook_runs.c, rollbook_rows.c, rollbook_cases.c
    delivers = exists().where(rollbook_batches.c.run_id == runs.run_id)
    left = runs.state.in_((*UNFINISHED, RUN_PENDING))
    query = select(runs.run_id, runs.destination).where(left, delivers, runs.run_id != besides)
    destinations = dict(connection.execute(query).tuples().all())
    if not destinations:
        return {}
    named = (
        select(cases.case_id, cases.fingerprint, rows.run_id)
        .join(rollbook_cases, cases.fingerprint == rows.fingerprint)
        .where(rows.run_id.in_(list(destinations)), rows.outcome == PENDING, rows.fingerprint.is_not(None))
        .where(cases.state == "open", *([] if case_id is None else [cases.case_id == case_id]))
    )
    lines = connection.execute(named).tuples()
    return {number: Waiting(number, print_of, run_id, destinations[run_id]) for number, print_of, run_id in lines}
