"""Cases that a load settles: those whose own mended row found its place, and all about an enrollment it loaded."""

from typing import Any

from sqlalchemy import Column, Connection, Select, and_, func, insert, or_, select, union, update

from destinations import working
from destinations.protocol import RunTerms
from ledger.tables import employees, rollbook_cases, rollbook_rows, training_enrollments, training_sessions
from rollbook.outcomes import ACCEPTED, UNCHANGED, UPDATED

OPEN = "open"
FIXED = "fixed"


def close_cases(connection: Connection, run: RunTerms) -> int:
    """Close what the run settled, after its enrollments were written; returns how many cases."""
    cases, people = rollbook_cases.c, employees.c
    if not connection.scalar(select(func.count()).where(cases.state == OPEN)):
        return 0
    # One equality a query: a join on "the number or the e-mail" would compare every case with every learner.
    settled = union(
        _mended(run),
        _loaded(run, cases.learner_employee_id, people.employee_number, cases.learner_email, people.email),
        _loaded(run, cases.learner_email, people.email, cases.learner_employee_id, people.employee_number),
    )
    working.create(connection, working.chosen)
    connection.execute(insert(working.chosen).from_select(["id"], settled))
    return connection.execute(
        update(rollbook_cases)
        .where(cases.case_id.in_(select(working.chosen.c.id)))
        .values(state=FIXED, fixed_at=run.started_at, fixed_by=run.by, fixed_run_id=run.run_id)
    ).rowcount


def _mended(run: RunTerms) -> Select[Any]:
    """Open cases for which a row of the run stands that is in the database now, loaded or there already."""
    rows, cases = rollbook_rows.c, rollbook_cases.c
    settled = rows.outcome.in_([ACCEPTED, UPDATED, UNCHANGED])
    return (
        select(cases.case_id)
        .join(rollbook_rows, rows.case_id == cases.case_id)
        .where(rows.run_id == run.run_id, settled, cases.state == OPEN)
    )


def _loaded(
    run: RunTerms, said: Column[Any], known: Column[Any], also_said: Column[Any], also_known: Column[Any]
) -> Select[Any]:
    """Open cases whose session and learner, known by one key and not contradicted by the other, the run loaded."""
    cases, there, sessions = rollbook_cases.c, training_enrollments.c, training_sessions.c
    return (
        select(cases.case_id)
        .select_from(rollbook_cases)
        .join(training_sessions, sessions.session_code == cases.session_id)
        .join(employees, known == said)
        .join(
            training_enrollments,
            and_(there.training_session_id == sessions.id, there.employee_id == employees.c.id),
        )
        .where(
            cases.state == OPEN,
            cases.session_id != "",
            said != "",
            or_(also_said == "", also_known.is_(None), also_known == also_said),
            there.run_id == run.run_id,
        )
    )
