"""Cases that a load settles: those whose own mended row found its place, and all about an enrollment it loaded."""

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select, update

from destinations.protocol import RunTerms
from ledger.tables import employees, rollbook_cases, rollbook_rows, training_enrollments, training_sessions
from rollbook.outcomes import ACCEPTED, UNCHANGED, UPDATED

OPEN = "open"
FIXED = "fixed"


def close_cases(connection: Connection, run: RunTerms) -> int:
    """Close what the run settled, after its enrollments were written; returns how many cases."""
    cases = rollbook_cases.c
    if not connection.scalar(select(func.count()).where(cases.state == OPEN)):
        return 0
    return connection.execute(
        update(rollbook_cases)
        .where(cases.state == OPEN, or_(_is_mended(run), _is_loaded(run)))
        .values(state=FIXED, fixed_at=run.started_at, fixed_by=run.by, fixed_run_id=run.run_id)
    ).rowcount


def _is_mended(run: RunTerms) -> ColumnElement[bool]:
    """A row of the run that stands for the case is in the database now, loaded or there already."""
    rows = rollbook_rows.c
    settled = [ACCEPTED, UPDATED, UNCHANGED]
    return rollbook_cases.c.case_id.in_(
        select(rows.case_id).where(rows.run_id == run.run_id, rows.case_id.is_not(None), rows.outcome.in_(settled))
    )


def _is_loaded(run: RunTerms) -> ColumnElement[bool]:
    """The enrollment that the case's cells name was written by the run: what they say of the learner agrees."""
    cases, people, there = rollbook_cases.c, employees.c, training_enrollments.c
    named = or_(
        and_(cases.learner_employee_id != "", people.employee_number == cases.learner_employee_id),
        and_(cases.learner_email != "", people.email == cases.learner_email),
    )
    pairs = ((cases.learner_employee_id, people.employee_number), (cases.learner_email, people.email))
    agrees = and_(*(or_(said == "", known.is_(None), known == said) for said, known in pairs))
    return exists().where(
        cases.session_id != "",
        training_sessions.c.session_code == cases.session_id,
        there.training_session_id == training_sessions.c.id,
        there.run_id == run.run_id,
        people.id == there.employee_id,
        named,
        agrees,
    )
