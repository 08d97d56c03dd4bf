"""The database itself as a destination: `training_enrollments` and what it refers to."""

from dataclasses import replace
from functools import partial

import pyarrow as pa
from sqlalchemy import Connection

from destinations.database import load
from destinations.database.close_cases import close_cases, foresee_closed, want_own_cases
from destinations.database.dry_run import rehearse_updates
from destinations.database.undo import undo_run
from destinations.decide import begin, decide_capacity, place_rows, refuse_held, tally_of
from destinations.protocol import RunTerms, Tally, Undone
from ledger import known
from ledger.feeds import feed_memory
from ledger.sql import planner
from ledger.tables import employees, training_enrollments, training_sessions
from rollbook.rows.outcomes import UPDATED
from stage.database import Stage, table_of

# A day of completion is kept with the status `completed` only.
_NOT_KEPT = {"completed_on": "completed_on IS NOT NULL AND status IS DISTINCT FROM 'completed'"}


class DatabaseDestination:
    """Loads in one transaction, all accepted rows or none."""

    name = "database"
    holder = "database"
    is_outbox = False
    sends = False

    def decide(self, connection: Connection, stage: Stage, run: RunTerms) -> Tally:
        """Decide by identity, copies, what exists and capacity, in this order; see `Destination.decide`."""
        begin(stage, run)
        place_rows(connection, stage, also_kept=["extra"])
        _note_let_go(connection, stage, run)
        _decide_existing(connection, stage)
        refuse_held(stage, only_if_new=True)
        decide_capacity(stage, partial(known.seats_taken, connection))
        want_own_cases(connection, stage)
        stage.run("end")
        return tally_of(stage, _NOT_KEPT)

    def load(self, connection: Connection, stage: Stage, run: RunTerms, decided: Tally) -> Tally:
        """Create what is missing, insert, update, close cases.

        Raises AccountsError when an accepted row does not become an enrollment; what the database refuses is raised as
        SQLAlchemy raises it.
        """
        load.describe_created(connection, stage)
        alike, disputed = load.alike_courses(stage), load.disputed_sessions(connection, stage)
        created = load.create(connection, stage, run)
        stage.run("enrollments")
        load.complete_learners(connection, stage, run)
        if load.insert_enrollments(connection, stage, decided.accepted):
            _analyze(connection)
        if decided.outcomes[UPDATED]:
            load.update_enrollments(connection, stage, run)
        closed = close_cases(connection, stage, run)
        return replace(decided, created=created, alike=alike, disputed=disputed, closed=closed)

    def rehearse(self, connection: Connection, stage: Stage, run: RunTerms) -> Tally:
        """Decide, and count what `load` would create; nothing is written."""
        decided = self.decide(connection, stage, run)
        load.describe_created(connection, stage)
        alike, disputed = load.alike_courses(stage), load.disputed_sessions(connection, stage)
        return replace(decided, created=load.count_created(stage), alike=alike, disputed=disputed)

    def rehearse_updates(
        self, existing: Connection, ledger: Connection, stage: Stage, run: RunTerms, others: pa.Array
    ) -> None:
        """See `destinations.database.dry_run`."""
        rehearse_updates(existing, ledger, stage, run, others)

    def foresee_closed(self, existing: Connection, stage: Stage) -> int:
        """See `destinations.database.close_cases`."""
        return foresee_closed(existing, stage)

    def undo(self, connection: Connection, run: RunTerms, file: str | None = None) -> Undone:
        """See `destinations.database.undo`."""
        return undo_run(connection, run, file)


def _note_let_go(connection: Connection, stage: Stage, run: RunTerms) -> None:
    """What the run's feeds cancelled because it was missing may come back, whatever `on_existing` says."""
    if run.feeds:
        found = feed_memory.cancelled_by(connection, set(run.feeds.values()))
        if found.num_rows:
            stage.put("let_go", found)
            stage.put("files_of_feeds", table_of(run.feeds.items(), file_no=pa.int64(), feed_id=pa.int64()))


def _decide_existing(connection: Connection, stage: Stage) -> None:
    pairs = stage.table("SELECT DISTINCT session_no, learner_no FROM in_play WHERE session_no > 0 AND learner_no > 0")
    if pairs.num_rows:
        stage.add("known_enrollments", known.enrollments(connection, pairs))
    if stage.any("known_enrollments"):
        stage.run("existing")


def _analyze(connection: Connection) -> None:
    """What the next command joins: it may come long before PostgreSQL looks for itself."""
    planner.analyze(connection, employees, "id", "employee_number", "email")
    planner.analyze(connection, training_sessions, "id", "session_code")
    planner.analyze(connection, training_enrollments, "training_session_id", "employee_id", "run_id")
