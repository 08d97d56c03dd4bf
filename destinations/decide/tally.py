"""The staged rows of a run by outcome, and what of them a destination cannot keep."""

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import ColumnElement, Connection, case, func, select

from destinations.protocol import RunTerms, Tally, by_outcome
from ledger.tables import rollbook_rows
from rollbook.outcomes import ACCEPTED, UPDATED


def tally_of(connection: Connection, run: RunTerms, lost: Mapping[str, ColumnElement[bool]]) -> Tally:
    """Count the run's staged rows. lost: per field, whether a row has a value that the destination has no place for."""
    rows = rollbook_rows.c
    unkept = [func.sum(case((is_lost, 1), else_=0)) for is_lost in lost.values()]
    query = select(rows.part_id, rows.outcome, func.count(), *unkept).where(rows.run_id == run.run_id)
    by_part: dict[int, dict[str, int]] = {}
    staged: Counter[str] = Counter()
    not_kept: Counter[str] = Counter()
    for part_id, outcome, number, *counts in connection.execute(query.group_by(rows.part_id, rows.outcome)):
        by_part.setdefault(part_id, {})[outcome] = number
        staged[outcome] += number
        if outcome in (ACCEPTED, UPDATED):
            not_kept.update({name: int(count or 0) for name, count in zip(lost, counts, strict=True)})
    return Tally(by_outcome(staged), not_kept=dict(+not_kept), accepted=staged[ACCEPTED], by_part=by_part)
