"""Cases that a load settles: those whose own row found its place, and all about an enrollment that it loaded."""

from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, and_, exists, func, insert, or_, select, union, update

from destinations.decide import work_tables
from destinations.decide.duplicates import CONFLICT
from destinations.decide.existing import EXISTS
from destinations.protocol import RunTerms
from ledger.case_labels import CODE
from ledger.cases import FIXED, OPEN
from ledger.tables import (
    employees,
    rollbook_case_labels,
    rollbook_cases,
    rollbook_rows,
    training_enrollments,
    training_sessions,
)
from rollbook.outcomes import ACCEPTED, UNCHANGED, UPDATED

# The row of a case that the cells are to be found of.
WANTED = ""


def close_cases(connection: Connection, run: RunTerms) -> int:
    """Close what the run settled, after its enrollments were written; returns how many cases."""
    cases = rollbook_cases.c
    if not _any_open(connection):
        return 0
    _name_cases(connection)
    _note_unchanged(connection)
    work_tables.create(connection, work_tables.chosen)
    settled = union(_mended(run), _loaded(run), _there_already())
    connection.execute(insert(work_tables.chosen).from_select(["id"], settled))
    return connection.execute(
        update(rollbook_cases)
        .where(cases.case_id.in_(select(work_tables.chosen.c.id)))
        .values(state=FIXED, fixed_at=run.started_at, fixed_by=run.by, fixed_run_id=run.run_id)
    ).rowcount


def want_own_cases(connection: Connection, run: RunTerms) -> None:
    """Mark the unchanged rows whose cells must tell whether an open case is theirs: its enrollment alone does not.

    A case that was refused because something else is there is not settled by a row that says again what is there, but
    it is by the very row that was refused, once that is what is there.
    """
    if not _any_open(connection):
        return
    _name_cases(connection)
    found, there, named = work_tables.existing, training_enrollments.c, work_tables.named_cases.c
    work_tables.create(connection, work_tables.chosen)
    doubtful = (
        select(there.id).join(work_tables.named_cases, _same_enrollment()).where(_contradicts(named.case_id)).distinct()
    )
    connection.execute(insert(work_tables.chosen).from_select(["id"], doubtful))
    if connection.scalar(select(func.count()).select_from(work_tables.chosen)):
        here = and_(work_tables.same_place(run, found), found.c.enrollment_id == work_tables.chosen.c.id)
        own = and_(rollbook_rows.c.outcome == UNCHANGED, rollbook_rows.c.fingerprint.is_(None))
        connection.execute(update(rollbook_rows).where(here, own).values(fingerprint=WANTED))


def _any_open(connection: Connection) -> bool:
    return bool(connection.scalar(select(exists().where(rollbook_cases.c.state == OPEN))))


def _name_cases(connection: Connection) -> None:
    """Fill `named_cases` with the open cases whose cells name a known learner and session."""
    # One equality a query, and the enrollments only then: a planner that begins with them compares millions.
    named = union(_named_by_number(), _named_by_mail()).subquery("named")
    work_tables.create(connection, work_tables.named_cases)
    work_tables.fill(connection, work_tables.named_cases, select(named))


def _note_unchanged(connection: Connection) -> None:
    found = work_tables.existing.c
    unchanged = select(found.enrollment_id).where(found.outcome == UNCHANGED).distinct()
    work_tables.fill(connection, work_tables.unchanged, unchanged)


def _mended(run: RunTerms) -> Select[Any]:
    """Open cases for which a row of the run stands that is in the database now, loaded or there already."""
    rows, cases = rollbook_rows.c, rollbook_cases.c
    settled = rows.outcome.in_([ACCEPTED, UPDATED, UNCHANGED])
    stands_for = select(rows.fingerprint).where(rows.run_id == run.run_id, rows.fingerprint.is_not(None), settled)
    return select(cases.case_id).where(cases.state == OPEN, cases.fingerprint.in_(stands_for))


def _named_by_number() -> Select[Any]:
    """Open cases, their session, and the learner who has their number: the e-mail must not be another's."""
    cases, people = rollbook_cases.c, employees.c
    theirs = or_(people.email == cases.learner_email, and_(people.email.is_(None), ~_is_of_another("email")))
    return _named(employees.c.employee_number == cases.learner_employee_id, cases.learner_employee_id).where(
        or_(cases.learner_email == "", theirs)
    )


def _named_by_mail() -> Select[Any]:
    """The same by e-mail, of which there must be one holder: two numbers with one e-mail are two learners."""
    cases, people = rollbook_cases.c, employees.c
    unnumbered = and_(people.employee_number.is_(None), ~_is_of_another("employee_number"))
    return _named(people.email == cases.learner_email, cases.learner_email).where(
        or_(cases.learner_employee_id == "", unnumbered), ~_is_of_another("email")
    )


def _is_of_another(half: str) -> ColumnElement[bool]:
    """Another learner than the one at hand has the case's e-mail (number)."""
    other = employees.alias("another").c
    said = {"email": rollbook_cases.c.learner_email, "employee_number": rollbook_cases.c.learner_employee_id}
    return exists().where(other[half] == said[half], other.id != employees.c.id)


def _named(by: ColumnElement[bool], half: Column[Any]) -> Select[Any]:
    cases = rollbook_cases.c
    return (
        select(cases.case_id, training_sessions.c.id.label("session"), employees.c.id.label("learner"))
        .select_from(rollbook_cases)
        .join(training_sessions, training_sessions.c.session_code == cases.session_id)
        .join(employees, by)
        .where(cases.state == OPEN, cases.session_id != "", half != "")
    )


def _same_enrollment() -> ColumnElement[bool]:
    named, there = work_tables.named_cases.c, training_enrollments.c
    return and_(there.training_session_id == named.training_session_id, there.employee_id == named.employee_id)


def _loaded(run: RunTerms) -> Select[Any]:
    """Those whose enrollment the run wrote."""
    named, there = work_tables.named_cases.c, training_enrollments.c
    return select(named.case_id).join(training_enrollments, _same_enrollment()).where(there.run_id == run.run_id)


def _there_already() -> Select[Any]:
    """Those whose enrollment a row of the run found as it says, unless they were refused for saying something else."""
    named, there, unchanged = work_tables.named_cases.c, training_enrollments.c, work_tables.unchanged
    return (
        select(named.case_id)
        .join(training_enrollments, _same_enrollment())
        .join(unchanged, unchanged.c.enrollment_id == there.id)
        .where(~_contradicts(named.case_id))
    )


def _contradicts(case_id: Column[Any]) -> ColumnElement[bool]:
    """The case, as it was last met, said something else than what exists, or than another row."""
    labels = rollbook_case_labels.c
    return exists().where(labels.case_id == case_id, labels.label == CODE, labels.name.in_([EXISTS, CONFLICT]))
