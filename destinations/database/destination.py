"""The database itself as a destination: `training_enrollments` and what it refers to."""

from dataclasses import replace

from sqlalchemy import Connection, and_, func, select

from destinations.database import load as merging
from destinations.database.close_cases import close_cases, want_own_cases
from destinations.database.undo import undo_run
from destinations.decide import sessions, work_tables
from destinations.decide.capacity import decide_capacity
from destinations.decide.duplicates import decide_copies
from destinations.decide.existing import decide_existing
from destinations.decide.holding import reject_held
from destinations.decide.learners import decide_learners
from destinations.decide.reject import reopen
from destinations.decide.tally import tally_of
from destinations.protocol import RunTerms, Tally, Undone
from ledger import planner
from ledger.tables import employees, rollbook_rows, training_enrollments, training_sessions
from rollbook.outcomes import UPDATED
from rollbook.statuses import COMPLETED


class DatabaseDestination:
    """Loads in one transaction, all accepted rows or none."""

    name = "database"
    holder = "database"
    is_outbox = False
    sends = False

    def decide(self, connection: Connection, run: RunTerms) -> Tally:
        """Mark rows by identity, copies, what exists and capacity, in this order; see `Destination.decide`."""
        reopen(connection, run)  # first: the planner is told of the rows as they are decided
        reject_held(connection, run, only_if_new=False)
        work_tables.prepare(connection, run)
        decide_learners(connection, run)
        sessions.find_sessions(connection, run)
        work_tables.place_rows(connection, run)
        decide_copies(connection, run)
        decide_existing(connection, run)
        reject_held(connection, run, only_if_new=True)
        decide_capacity(connection, run)
        want_own_cases(connection, run)
        return tally(connection, run)

    def load(self, connection: Connection, run: RunTerms, decided: Tally | None = None) -> Tally:
        """Create what is missing, insert, update, close cases.

        Loaded rows stay `accepted` in the stage, which the caller clears: marking the many costs more than all that was
        decided. Raises AccountsError when an accepted row does not become an enrollment; what the database refuses is
        raised as SQLAlchemy raises it.
        """
        decided = decided or tally(connection, run)
        work_tables.drop_decided(connection)
        created = {"learners": merging.create_learners(connection, run), **_create_sessions(connection, run)}
        sessions.date_sessions(connection)
        merging.complete_learners(connection, run)
        if merging.insert_enrollments(connection, run, decided.accepted):
            _analyze(connection)
        if decided.outcomes[UPDATED]:
            merging.journal_updates(connection, run)
            merging.update_enrollments(connection, run)
        closed = close_cases(connection, run)
        work_tables.clear(connection)
        return replace(decided, created=created, closed=closed)

    def rehearse(self, connection: Connection, run: RunTerms) -> Tally:
        """Decide, and count what `load` would create; nothing but the stage is written."""
        decided = self.decide(connection, run)
        work_tables.drop_decided(connection)
        created = {"learners": merging.count_new_learners(connection), **_count_sessions(connection, run)}
        work_tables.clear(connection)
        return replace(decided, created=created)

    def undo(self, connection: Connection, run: RunTerms, file: str | None = None) -> Undone:
        """See `destinations.database.undo`."""
        return undo_run(connection, run, file)


def _analyze(connection: Connection) -> None:
    """What the next command joins: it may come long before PostgreSQL looks for itself."""
    planner.analyze(connection, employees, "id", "employee_number", "email")
    planner.analyze(connection, training_sessions, "id", "session_code")
    planner.analyze(connection, training_enrollments, "training_session_id", "employee_id", "run_id")


def _create_sessions(connection: Connection, run: RunTerms) -> dict[str, int]:
    created = _count_sessions(connection, run)
    if created["sessions"]:
        sessions.create_courses(connection, run)
        sessions.create_sessions(connection, run)
    return created


def _count_sessions(connection: Connection, run: RunTerms) -> dict[str, int]:
    if not connection.scalar(select(func.count()).where(work_tables.sessions.c.session_no < 0)):
        return {"sessions": 0, "courses": 0}
    sessions.describe_new_sessions(connection, run)
    return {"sessions": sessions.count_new_sessions(connection), "courses": sessions.count_new_courses(connection)}


def tally(connection: Connection, run: RunTerms) -> Tally:
    """The staged rows by outcome. A day of completion is kept with the status `completed` only."""
    rows = rollbook_rows.c
    return tally_of(connection, run, {"completed_on": and_(rows.completed_on.is_not(None), rows.status != COMPLETED)})
