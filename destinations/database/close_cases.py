"""Cases that a load settles: those whose own row found its place, and all about an enrollment that it loaded."""

from typing import Any

import pyarrow as pa
from sqlalchemy import BigInteger, Column, ColumnElement, Connection, Select, and_, exists, or_, select, union

from destinations.decide import CONFLICT, EXISTS
from destinations.protocol import RunTerms
from ledger import cases as ledger_cases
from ledger import known
from ledger.case_labels import CODE
from ledger.cases import OPEN
from ledger.known import keyed
from ledger.tables import employees, rollbook_case_labels, rollbook_cases, training_sessions
from stage.database import Stage

_NAMED = pa.schema(
    [(name, pa.int64()) for name in ("case_id", "session_no", "learner_no")] + [("contradicts", pa.bool_())]
)


def want_own_cases(connection: Connection, stage: Stage) -> None:
    """Mark the unchanged rows whose cells must tell whether an open case is theirs: its enrollment alone does not.

    A case that was refused because something else is there is not settled by a row that says again what is there, but
    it is by the very row that was refused, once that is what is there.
    """
    if stage.any("SELECT 1 FROM existing WHERE outcome = 'unchanged'") and _any_open(connection):
        query = "SELECT DISTINCT session_no FROM placed JOIN existing USING (part_id, row_no, col_no)"
        stage.put("named_cases", _named_cases(connection, stage.table(query)))
        stage.run("doubtful_cases")


def close_cases(connection: Connection, stage: Stage, run: RunTerms) -> int:
    """Close what the run settled, after its enrollments were written; returns how many cases."""
    if not _any_open(connection):
        return 0
    sessions = stage.table("SELECT DISTINCT training_session_id AS session_no FROM dated")
    stage.put("named_cases", _named_cases(connection, sessions))
    pairs = stage.table("SELECT DISTINCT session_no, learner_no FROM named_cases")
    there = known.enrollments(connection, pairs) if pairs.num_rows else known.ENROLLMENTS.empty_table()
    stage.put("named_enrollments", there.select(["id", "session_no", "learner_no", "run_id"]))
    own = stage.table("own_fingerprints")
    met = known.cases(connection, own.column(0).combine_chunks()) if own.num_rows else known.CASES.empty_table()
    stage.put("own_cases", met.select(["case_id", "state"]))
    stage.run("settled_cases")
    settled = stage.table("settled_cases").column(0).to_pylist()
    return ledger_cases.close(connection, settled, run_id=run.run_id, fixed_at=run.started_at, fixed_by=run.by)


def _any_open(connection: Connection) -> bool:
    return bool(connection.scalar(select(exists().where(rollbook_cases.c.state == OPEN))))


def _named_cases(connection: Connection, session_nos: pa.Table) -> pa.Table:
    """The open cases whose cells name a known learner and one of these sessions.

    `contradicts` says whether the case, as it was last met, said something else than what exists, or than another row.
    """
    labels, cases = rollbook_case_labels.c, rollbook_cases.c
    told = exists().where(labels.case_id == cases.case_id, labels.label == CODE, labels.name.in_([EXISTS, CONFLICT]))
    number = Column("session_no", BigInteger, primary_key=True, autoincrement=False)
    with keyed(connection, "rollbook_sessions_met", session_nos, number) as met:
        # One equality a query: a planner that is offered both compares each case with each learner.
        both = (
            named.join(met, met.c.session_no == training_sessions.c.id)
            for named in (_named_by_number(told), _named_by_mail(told))
        )
        return known.fetched(connection, union(*both), _NAMED)


def _named_by_number(told: ColumnElement[bool]) -> Select[Any]:
    """Open cases, their session, and the learner who has their number: the e-mail must not be another's."""
    cases, people = rollbook_cases.c, employees.c
    theirs = or_(people.email == cases.learner_email, and_(people.email.is_(None), ~_is_of_another("email")))
    named = _named(employees.c.employee_number == cases.learner_employee_id, cases.learner_employee_id, told)
    return named.where(or_(cases.learner_email == "", theirs))


def _named_by_mail(told: ColumnElement[bool]) -> Select[Any]:
    """The same by e-mail, of which there must be one holder: two numbers with one e-mail are two learners."""
    cases, people = rollbook_cases.c, employees.c
    unnumbered = and_(people.employee_number.is_(None), ~_is_of_another("employee_number"))
    named = _named(people.email == cases.learner_email, cases.learner_email, told)
    return named.where(or_(cases.learner_employee_id == "", unnumbered), ~_is_of_another("email"))


def _is_of_another(half: str) -> ColumnElement[bool]:
    """Another learner than the one at hand has the case's e-mail (number)."""
    other = employees.alias("another").c
    said = {"email": rollbook_cases.c.learner_email, "employee_number": rollbook_cases.c.learner_employee_id}
    return exists().where(other[half] == said[half], other.id != employees.c.id)


def _named(by: ColumnElement[bool], half: Column[Any], told: ColumnElement[bool]) -> Select[Any]:
    cases = rollbook_cases.c
    return (
        select(cases.case_id, training_sessions.c.id, employees.c.id, told)
        .select_from(rollbook_cases)
        .join(training_sessions, training_sessions.c.session_code == cases.session_id)
        .join(employees, by)
        .where(cases.state == OPEN, cases.session_id != "", half != "")
    )
