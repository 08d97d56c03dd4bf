"""Taking a run back out of the database."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    MetaData,
    Select,
    Table,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    union,
    update,
)

from destinations.database.load import REPLACED
from destinations.protocol import Place, RunTerms, Undone
from ledger import runs
from ledger.cases.cases import reopen_fixed
from ledger.feeds import feed_memory
from ledger.reference.upserts import IMPORT
from ledger.runs import is_of_file
from ledger.sql import planner
from ledger.sql.temporary_tables import drop, fresh
from ledger.tables import (
    courses,
    employees,
    group_courses,
    group_members,
    key,
    rollbook_cases,
    rollbook_changes,
    rollbook_runs,
    training_enrollments,
    training_sessions,
)

# What a run may tell of a learner who was there before it, and how the column that names the run begins.
_HALVES = {"employee_number": "number", "email": "email", "name": "name"}


# What an undo may take out with its enrollments: lines of `employees`, `training_sessions` and `courses`.
_touched = Table(
    "rollbook_touched",
    MetaData(),
    Column("kind", key(32), primary_key=True),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    prefixes=["TEMPORARY"],
)
# Lines of whatever table, as one statement needs them.
_chosen = Table(
    "rollbook_chosen",
    MetaData(),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    prefixes=["TEMPORARY"],
)


def undo_run(connection: Connection, run: RunTerms, file: str | None = None) -> Undone:
    """Delete what the run loaded and restore what it updated, where the enrollment is still as the run left it.

    file: only what came from this file of the run, by its path; the run keeps its state then.
    Enrollments that a later run changed are left; once that run is undone, undoing this one again takes them back.
    Learners, sessions and courses that imports created go where nothing uses them any more, whichever run is undone
    last; what the run told of a learner goes where no later run relies on it. Cases that the run fixed are open again,
    of a single file those whose enrollment went; but not those whose enrollment another run loaded, before or since.
    The journal's lines of what was restored go with it, so undoing twice
    changes nothing.
    """
    fresh(connection, _chosen)
    left = _left(connection, run, file)
    reopened = _reopen_cases(connection, run) if file is None else 0
    is_of_run = _is_of_run(run, file)
    feed_memory.take_back(connection, run.run_id, is_of_run, whole=file is None)
    restored = _restore(connection, run, file)
    _touch(connection, run, file)
    feed_memory.forget_deleted(connection, is_of_run)
    deleted = connection.execute(delete(training_enrollments).where(is_of_run)).rowcount
    if file is None:
        runs.mark(connection, run.run_id, state=runs.UNDONE)
    forgotten = _forget_given(connection, run)
    removed = {
        "learners": _remove(connection, employees, [training_enrollments.c.employee_id, group_members.c.employee_id]),
        "sessions": _remove(connection, training_sessions, [training_enrollments.c.training_session_id]),
        "courses": _remove(connection, courses, [training_sessions.c.course_id, group_courses.c.course_id]),
    }
    if file is not None:
        reopened = reopen_fixed(connection, run.run_id, ~_is_enrolled())
    for table in (_chosen, _touched):
        drop(connection, table.name)
    return Undone(deleted, restored, removed, reopened, left, forgotten)


def _is_of_run(run: RunTerms, file: str | None) -> ColumnElement[bool]:
    there = training_enrollments.c
    return and_(there.run_id == run.run_id, is_of_file(run.run_id, file, there.source_file))


def _left(connection: Connection, run: RunTerms, file: str | None) -> tuple[Place, ...]:
    """Enrollments of the run that are another run's now: what they replaced says that it was this run's."""
    journal, there = rollbook_changes.c, training_enrollments.c
    later = there.id.in_(
        select(journal.enrollment_id).where(
            journal.replaced_run_id == run.run_id,
            journal.run_id != run.run_id,
            is_of_file(run.run_id, file, journal.replaced_source_file),
        )
    )
    query = (
        select(
            there.source_file,
            there.source_sheet,
            there.source_row,
            there.source_column,
            training_sessions.c.session_code,
            func.coalesce(employees.c.email, employees.c.employee_number, employees.c.name, "?"),
            there.run_id,
        )
        .select_from(
            training_enrollments.join(training_sessions, training_sessions.c.id == there.training_session_id).join(
                employees, employees.c.id == there.employee_id
            )
        )
        .where(later, there.run_id != run.run_id)
        .order_by(there.id)
    )
    return tuple(Place(*line) for line in connection.execute(query))


def _restore(connection: Connection, run: RunTerms, file: str | None) -> int:
    """Put back what updates of the run replaced, and take these lines out of the journal."""
    journal, there, chosen = rollbook_changes.c, training_enrollments.c, _chosen
    ours = and_(journal.run_id == run.run_id, journal.enrollment_id == there.id, _is_of_run(run, file))
    connection.execute(insert(chosen).from_select(["id"], select(journal.change_id).where(ours)))
    planner.analyze(connection, chosen, "id")
    restored = connection.execute(
        update(training_enrollments)
        .where(journal.change_id == chosen.c.id, there.id == journal.enrollment_id)
        .values({name: journal[f"replaced_{name}"] for name in REPLACED})
    ).rowcount
    connection.execute(delete(rollbook_changes).where(journal.change_id.in_(select(chosen.c.id))))
    return restored


def _touch(connection: Connection, run: RunTerms, file: str | None) -> None:
    """Note the learners, sessions and courses that the run made, or that what is about to be deleted uses."""
    there, touched = training_enrollments.c, _touched
    fresh(connection, touched)
    told_by_run = or_(*(employees.c[f"{half}_run_id"] == run.run_id for half in _HALVES.values()))
    used = {
        employees: [
            select(there.employee_id).where(_is_of_run(run, file)),
            select(employees.c.id).where(told_by_run),
        ],
        training_sessions: [select(there.training_session_id).where(_is_of_run(run, file))],
        courses: [
            select(training_sessions.c.course_id)
            .join(touched, _is_touched(training_sessions.name, training_sessions.c.id))
            .where(training_sessions.c.course_id.is_not(None))
        ],
    }
    for table, queries in used.items():
        every = union(*queries, select(table.c.id).where(table.c.run_id == run.run_id)).subquery("every_one")
        lines = select(literal(table.name), *every.c)
        connection.execute(insert(touched).from_select(["kind", "id"], lines))
        planner.analyze(connection, touched, "kind", "id")


def _is_touched(kind: str, number: Column[Any]) -> ColumnElement[bool]:
    return and_(_touched.c.kind == kind, _touched.c.id == number)


def _forget_given(connection: Connection, run: RunTerms) -> int:
    """Take out the numbers, e-mails and names that undone runs told of learners, where no later run relies on them.

    Returns how many learners have lost one. A run that loaded later may have found the learner by what was told.
    """
    return sum(_forget(connection, run, half, short) for half, short in _HALVES.items())


def _forget(connection: Connection, run: RunTerms, half: str, short: str) -> int:
    people, touched = employees.c, _touched
    told_by = people[f"{short}_run_id"]
    fresh(connection, _chosen)
    connection.execute(insert(_chosen).from_select(["id"], _relying(told_by)))
    planner.analyze(connection, _chosen, "id")
    undone = select(rollbook_runs.c.run_id).where(rollbook_runs.c.state == runs.UNDONE)
    gone = and_(told_by.is_not(None), or_(told_by == run.run_id, told_by.in_(undone)))
    relied_on = exists().where(_chosen.c.id == people.id)
    here = and_(touched.c.kind == employees.name, touched.c.id == people.id, gone, ~relied_on)
    if not connection.scalar(select(func.count()).select_from(employees).join(touched, here)):
        return 0
    return connection.execute(update(employees).where(here).values({half: None, told_by.name: None})).rowcount


def _relying(told_by: Column[Any]) -> Select[Any]:
    """Touched learners with an enrollment of the run that told of them, or of one that ended after it."""
    there, touched, teller, theirs = (
        training_enrollments.c,
        _touched.c,
        rollbook_runs.alias(),
        rollbook_runs.c,
    )
    later = func.coalesce(theirs.finished_at, theirs.started_at) > func.coalesce(
        teller.c.finished_at, teller.c.started_at
    )
    return (
        select(there.employee_id)
        .join(_touched, and_(touched.kind == employees.name, touched.id == there.employee_id))
        .join(employees, employees.c.id == there.employee_id)
        .join(rollbook_runs, theirs.run_id == there.run_id)
        .join(teller, teller.c.run_id == told_by)
        .where(or_(there.run_id == told_by, later))
        .distinct()
    )


def _remove(connection: Connection, table: Table, users: list[Column[Any]]) -> int:
    """Delete what an import created, the undo touched, and no column of `users` names any more."""
    chosen = _chosen
    fresh(connection, chosen)
    # Not joined: SQLite would read all users anew for each line that was touched.
    used = union(*(select(user).where(exists().where(_is_touched(table.name, user))).distinct() for user in users))
    connection.execute(insert(chosen).from_select(["id"], used))
    planner.analyze(connection, chosen, "id")
    in_use = exists().where(chosen.c.id == table.c.id)
    in_reach = exists().where(_is_touched(table.name, table.c.id))
    return connection.execute(delete(table).where(table.c.origin == IMPORT, in_reach, ~in_use)).rowcount


def _reopen_cases(connection: Connection, run: RunTerms) -> int:
    """Open again what the run fixed, while what it loaded and updated is still there; nothing of one that did not."""
    if not connection.scalar(select(exists().where(_is_of_run(run, None)))):
        return 0
    return reopen_fixed(connection, run.run_id, ~_is_enrolled(training_enrollments.c.run_id != run.run_id))


def _is_enrolled(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the enrollment of a case is there."""
    cases, there, people = rollbook_cases.c, training_enrollments.c, employees.c
    return exists().where(
        training_sessions.c.session_code == cases.session_id,
        there.training_session_id == training_sessions.c.id,
        people.id == there.employee_id,
        or_(people.employee_number == cases.learner_employee_id, people.email == cases.learner_email),
        *where,
    )
