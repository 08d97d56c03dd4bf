"""Taking a run back out of the database."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    union,
    update,
)

from destinations import working
from destinations.merging import REPLACED
from destinations.protocol import Place, RunTerms, Undone
from destinations.sessions import IMPORT
from ledger import runs
from ledger.cases import reopen_fixed
from ledger.runs import is_of_file
from ledger.tables import (
    courses,
    employees,
    group_courses,
    group_members,
    rollbook_cases,
    rollbook_changes,
    training_enrollments,
    training_sessions,
)
from ledger.temporary import drop


def undo_run(connection: Connection, run: RunTerms, file: str | None = None) -> Undone:
    """Delete what the run loaded and restore what it updated, where the enrollment is still as the run left it.

    file: only what came from this file of the run, by its path; the run keeps its state then.
    Enrollments that a later run changed are left. Learners, sessions and courses that the run created go where nothing
    else uses them; what it completed of a learner stays. Cases that the run fixed are open again, of a single file
    those whose enrollment went. The journal's lines of what was restored go with it, so undoing twice changes nothing.
    """
    working.create(connection, working.chosen)
    left = _left(connection, run, file)
    restored = _restore(connection, run, file)
    deleted = connection.execute(delete(training_enrollments).where(_is_of_run(run, file))).rowcount
    removed = {
        "learners": _remove(
            connection, employees, run, [training_enrollments.c.employee_id, group_members.c.employee_id]
        ),
        "sessions": _remove(connection, training_sessions, run, [training_enrollments.c.training_session_id]),
        "courses": _remove(connection, courses, run, [training_sessions.c.course_id, group_courses.c.course_id]),
    }
    reopened = _reopen_cases(connection, run, whole=file is None)
    if file is None:
        runs.mark(connection, run.run_id, state=runs.UNDONE)
    drop(connection, working.chosen.name)
    return Undone(deleted, restored, removed, reopened, left)


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
    journal, there, chosen = rollbook_changes.c, training_enrollments.c, working.chosen
    ours = and_(journal.run_id == run.run_id, journal.enrollment_id == there.id, _is_of_run(run, file))
    connection.execute(insert(chosen).from_select(["id"], select(journal.change_id).where(ours)))
    restored = connection.execute(
        update(training_enrollments)
        .where(journal.change_id == chosen.c.id, there.id == journal.enrollment_id)
        .values({name: journal[f"replaced_{name}"] for name in REPLACED})
    ).rowcount
    connection.execute(delete(rollbook_changes).where(journal.change_id.in_(select(chosen.c.id))))
    return restored


def _remove(connection: Connection, table: Table, run: RunTerms, users: list[Any]) -> int:
    """Delete what the run created in the table and no column of `users` names any more."""
    working.create(connection, working.chosen)
    ours = and_(table.c.run_id == run.run_id, table.c.origin == IMPORT)
    used = union(*(select(user).join(table, and_(table.c.id == user, ours)).distinct() for user in users))
    connection.execute(insert(working.chosen).from_select(["id"], used))
    working.analyze(connection, working.chosen)
    unused = ~exists().where(working.chosen.c.id == table.c.id)
    return connection.execute(delete(table).where(ours, unused)).rowcount


def _reopen_cases(connection: Connection, run: RunTerms, *, whole: bool) -> int:
    cases, there, people = rollbook_cases.c, training_enrollments.c, employees.c
    enrolled = exists().where(
        training_sessions.c.session_code == cases.session_id,
        there.training_session_id == training_sessions.c.id,
        people.id == there.employee_id,
        or_(people.employee_number == cases.learner_employee_id, people.email == cases.learner_email),
    )
    return reopen_fixed(connection, run.run_id, *([] if whole else [~enrolled]))
