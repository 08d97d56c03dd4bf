"""Cases on their way: their corrected row stands in the outbox, and nobody knows yet whether it was taken."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, exists, select

from ledger.runs import PENDING as RUN_PENDING
from ledger.runs import UNFINISHED
from ledger.tables import rollbook_batches, rollbook_cases, rollbook_rows, rollbook_runs
from rollbook.rows.outcomes import PENDING
from rollbook.systems import SYSTEM_NAMES

# What such a case is called instead of open.
WAITING = "waiting"


class Waiting(NamedTuple):
    """An open case whose row a run is delivering. since: when the run began, in UTC without zone."""

    case_id: int
    fingerprint: str
    run_id: str
    destination: str
    since: datetime

    @property
    def system(self) -> str:
        """The name of the destination."""
        return SYSTEM_NAMES.get(self.destination, self.destination)

    @property
    def delivery(self) -> str:
        """`run 20261121-… to Moon ERP, since 2026-11-21 09:15 UTC`."""
        return f"run {self.run_id} to {self.system}, since {self.since:%Y-%m-%d %H:%M} UTC"


def waiting_cases(
    connection: Connection, *, case_ids: Collection[int] | None = None, besides: str = ""
) -> dict[int, Waiting]:
    """By case, the open cases that a run delivers; a second delivery might enroll somebody twice.

    case_ids: only these. besides: a run whose own deliveries are left out.
    """
    runs, rows, cases = rollbook_runs.c, rollbook_rows.c, rollbook_cases.c
    query = select(runs.run_id, runs.destination, runs.started_at).where(_delivers(), runs.run_id != besides)
    delivering = {run_id: (run_id, *told) for run_id, *told in connection.execute(query).tuples()}
    if not delivering:
        return {}
    named = (
        select(cases.case_id, cases.fingerprint, rows.run_id)
        .join(rollbook_cases, cases.fingerprint == rows.fingerprint)
        .where(*_awaited(), rows.run_id.in_(list(delivering)))
        .where(*([] if case_ids is None else [cases.case_id.in_(case_ids)]))
    )
    lines = connection.execute(named).tuples()
    return {number: Waiting(number, print_of, *delivering[run_id]) for number, print_of, run_id in lines}


def is_delivering(connection: Connection) -> bool:
    """Whether a run delivers now; else no case waits."""
    return connection.scalar(select(rollbook_runs.c.run_id).where(_delivers()).limit(1)) is not None


def waiting_ids() -> Select[tuple[int]]:
    """The IDs of all cases that wait, as a query."""
    rows = rollbook_rows.c
    delivering = select(rollbook_runs.c.run_id).where(_delivers())
    joined = rollbook_cases.c.fingerprint == rows.fingerprint
    return select(rollbook_cases.c.case_id).join(rollbook_rows, joined).where(*_awaited(), rows.run_id.in_(delivering))


def _delivers() -> ColumnElement[bool]:
    """Whether a run has batches and is not at its end."""
    runs = rollbook_runs.c
    return runs.state.in_((*UNFINISHED, RUN_PENDING)) & exists().where(rollbook_batches.c.run_id == runs.run_id)


def _awaited() -> tuple[ColumnElement[bool], ...]:
    """What holds of an open case and its row in the outbox."""
    rows = rollbook_rows.c
    return rows.outcome == PENDING, rows.fingerprint.is_not(None), rollbook_cases.c.state == "open"
