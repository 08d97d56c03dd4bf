"""Cases that a load settles: those whose own mended row found its place, and all about an enrollment it loaded."""

from typing import Any

from sqlalchemy import Column, Connection, Select, and_, func, insert, or_, select, union, update

from destinations import working
from destinations.protocol import RunTerms
from ledger.cases import FIXED, OPEN
from ledger.tables import employees, rollbook_cases, rollbook_rows, training_enrollments, training_sessions
from rollbook.outcomes import ACCEPTED, UNCHANGED, UPDATED


def close_cases(connection: Connection, run: RunTerms) -> int:
    """Close what the run settled, after its enrollments were written; returns how many cases."""
    cases = rollbook_cases.c
    if not connection.scalar(select(func.count()).where(cases.state == OPEN)):
        return 0
    number, mail = (cases.learner_employee_id, employees.c.employee_number), (cases.learner_email, employees.c.email)
    # One equality a query, and the enrollments only then: a planner that begins with them compares millions.
    named = union(_named(number, mail), _named(mail, number)).subquery("named")
    working.fill(connection, working.named_cases, select(named))
    working.create(connection, working.chosen)
    connection.execute(insert(working.chosen).from_select(["id"], union(_mended(run), _loaded(run))))
    return connection.execute(
        update(rollbook_cases)
        .where(cases.case_id.in_(select(working.chosen.c.id)))
        .values(state=FIXED, fixed_at=run.started_at, fixed_by=run.by, fixed_run_id=run.run_id)
    ).rowcount


def _mended(run: RunTerms) -> Select[Any]:
    """Open cases for which a row of the run stands that is in the database now, loaded or there already."""
    rows, cases = rollbook_rows.c, rollbook_cases.c
    settled = rows.outcome.in_([ACCEPTED, UPDATED, UNCHANGED])
    stands_for = select(rows.fingerprint).where(rows.run_id == run.run_id, rows.fingerprint.is_not(None), settled)
    return select(cases.case_id).where(cases.state == OPEN, cases.fingerprint.in_(stands_for))


def _named(by: tuple[Column[Any], Column[Any]], also: tuple[Column[Any], Column[Any]]) -> Select[Any]:
    """Open cases with their session and learner; each key: as the case's cells say, as it is known. `also` agrees."""
    cases = rollbook_cases.c
    agrees = or_(also[0] == "", also[1].is_(None), also[1] == also[0])
    return (
        select(cases.case_id, training_sessions.c.id.label("session"), employees.c.id.label("learner"))
        .select_from(rollbook_cases)
        .join(training_sessions, training_sessions.c.session_code == cases.session_id)
        .join(employees, by[1] == by[0])
        .where(cases.state == OPEN, cases.session_id != "", by[0] != "", agrees)
    )


def _loaded(run: RunTerms) -> Select[Any]:
    """Those whose enrollment the run wrote."""
    named, there = working.named_cases.c, training_enrollments.c
    same = and_(there.training_session_id == named.training_session_id, there.employee_id == named.employee_id)
    return select(named.case_id).join(training_enrollments, same).where(there.run_id == run.run_id)
