"""The database itself as a destination: `training_enrollments` and what it refers to."""

from collections import Counter
from dataclasses import replace

from sqlalchemy import Connection, case, func, select

from destinations import merging, sessions, working
from destinations.capacity import decide_capacity
from destinations.closing import close_cases
from destinations.copies import decide_copies
from destinations.existing import decide_existing
from destinations.identities import decide_learners
from destinations.protocol import RunTerms, Tally, Undone, by_outcome
from destinations.undoing import undo_run
from destinations.verdicts import reopen
from ledger.tables import rollbook_rows
from rollbook.outcomes import ACCEPTED, UPDATED
from rollbook.statuses import COMPLETED


class DatabaseDestination:
    """Loads in one transaction, all accepted rows or none."""

    name = "database"

    def decide(self, connection: Connection, run: RunTerms) -> Tally:
        """Mark rows by identity, copies, what exists and capacity, in this order; see `Destination.decide`."""
        reopen(connection, run)  # first: the planner is told of the rows as they are decided
        working.prepare(connection, run)
        decide_learners(connection, run)
        sessions.find_sessions(connection, run)
        working.place_rows(connection, run)
        decide_copies(connection, run)
        decide_existing(connection, run)
        decide_capacity(connection, run)
        return tally(connection, run)

    def load(self, connection: Connection, run: RunTerms, decided: Tally | None = None) -> Tally:
        """Create what is missing, insert, update, close cases.

        Loaded rows stay `accepted` in the stage, which the caller clears: marking the many costs more than all that was
        decided. Raises AccountsError when an accepted row does not become an enrollment; what the database refuses is
        raised as SQLAlchemy raises it.
        """
        decided = decided or tally(connection, run)
        working.drop_decided(connection)
        created = {"learners": merging.create_learners(connection, run), **_create_sessions(connection, run)}
        sessions.date_sessions(connection)
        merging.complete_learners(connection, run)
        merging.insert_enrollments(connection, run, decided.accepted)
        if decided.outcomes[UPDATED]:
            merging.journal_updates(connection, run)
            merging.update_enrollments(connection, run)
        closed = close_cases(connection, run)
        working.clear(connection)
        return replace(decided, created=created, closed=closed)

    def rehearse(self, connection: Connection, run: RunTerms) -> Tally:
        """Decide, and count what `load` would create; nothing but the stage is written."""
        decided = self.decide(connection, run)
        working.drop_decided(connection)
        created = {"learners": merging.count_new_learners(connection), **_count_sessions(connection, run)}
        working.clear(connection)
        return replace(decided, created=created)

    def undo(self, connection: Connection, run: RunTerms, file: str | None = None) -> Undone:
        """See `destinations.undoing`."""
        return undo_run(connection, run, file)


def _create_sessions(connection: Connection, run: RunTerms) -> dict[str, int]:
    created = _count_sessions(connection, run)
    if created["sessions"]:
        sessions.create_courses(connection, run)
        sessions.create_sessions(connection, run)
    return created


def _count_sessions(connection: Connection, run: RunTerms) -> dict[str, int]:
    if not connection.scalar(select(func.count()).where(working.sessions.c.session_no < 0)):
        return {"sessions": 0, "courses": 0}
    sessions.describe_new_sessions(connection, run)
    return {"sessions": sessions.count_new_sessions(connection), "courses": sessions.count_new_courses(connection)}


def tally(connection: Connection, run: RunTerms) -> Tally:
    """The staged rows by outcome. A day of completion is kept with the status `completed` only."""
    rows = rollbook_rows.c
    unkept = func.sum(case((rows.completed_on.is_not(None) & (rows.status != COMPLETED), 1), else_=0))
    query = select(rows.part_id, rows.outcome, func.count(), unkept).where(rows.run_id == run.run_id)
    by_part: dict[int, dict[str, int]] = {}
    staged: Counter[str] = Counter()
    lost = 0
    for part_id, outcome, number, not_kept in connection.execute(query.group_by(rows.part_id, rows.outcome)):
        by_part.setdefault(part_id, {})[outcome] = number
        staged[outcome] += number
        lost += int(not_kept or 0) if outcome in (ACCEPTED, UPDATED) else 0
    return Tally(
        by_outcome(staged),
        not_kept={"completed_on": lost} if lost else {},
        accepted=staged[ACCEPTED],
        by_part=by_part,
    )
