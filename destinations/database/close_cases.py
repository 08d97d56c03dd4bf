"""Cases that a load settles: those whose own row found its place, and all about an enrollment that it loaded."""

import pyarrow as pa
from sqlalchemy import BigInteger, Column, Connection, and_, exists, select

from destinations.decide import CONFLICT, EXISTS
from destinations.protocol import RunTerms
from ledger import known
from ledger.cases import cases as ledger_cases
from ledger.cases.case_labels import CODE
from ledger.cases.cases import OPEN
from ledger.sql.keys import keyed
from ledger.tables import rollbook_case_labels, rollbook_cases, training_sessions
from stage.database import Stage

_OPEN_CASES = pa.schema(
    [
        *((name, pa.int64()) for name in ("case_id", "session_no")),
        *((name, pa.string()) for name in ("mail", "number")),
        ("contradicts", pa.bool_()),
    ]
)


def want_own_cases(connection: Connection, stage: Stage) -> None:
    """Mark the unchanged rows whose cells must tell whether an open case is theirs: its enrollment alone does not.

    A case that was refused because something else is there is not settled by a row that says again what is there, but
    it is by the very row that was refused, once that is what is there.
    """
    if stage.any("SELECT 1 FROM existing WHERE outcome = 'unchanged'") and _any_open(connection):
        _name_cases(connection, stage, "SELECT session_no FROM placed JOIN existing USING (part_id, row_no, col_no)")
        stage.run("doubtful_cases")


def close_cases(connection: Connection, stage: Stage, run: RunTerms) -> int:
    """Close what the run settled, after its enrollments were written; returns how many cases."""
    if not _any_open(connection):
        return 0
    _name_cases(connection, stage, "SELECT training_session_id FROM dated")
    own = stage.column("own_fingerprints")
    stage.put("own_cases", known.cases(connection, own).select(["case_id", "state"]))
    stage.run("settled_cases")
    settled = stage.column("settled_cases").to_pylist()
    return ledger_cases.close(connection, settled, run_id=run.run_id, fixed_at=run.started_at, fixed_by=run.by)


def _any_open(connection: Connection) -> bool:
    return bool(connection.scalar(select(exists().where(rollbook_cases.c.state == OPEN))))


def _name_cases(connection: Connection, stage: Stage, sessions: str) -> None:
    """Fill `named_cases` with the open cases about these sessions whose cells name a known learner."""
    numbers = stage.table(f"SELECT DISTINCT session_no FROM ({sessions}) met(session_no)")
    stage.put("open_cases", _open_cases(connection, numbers))
    halves = (stage.column(f"SELECT DISTINCT {half} FROM open_cases WHERE {half} <> ''") for half in ("mail", "number"))
    stage.put("case_learners", known.learners(connection, *halves))
    stage.run("named_cases")


def _open_cases(connection: Connection, session_nos: pa.Table) -> pa.Table:
    """The open cases about these sessions. `contradicts`: as it was last met, the case said what is not there."""
    labels, cases = rollbook_case_labels.c, rollbook_cases.c
    told = exists().where(labels.case_id == cases.case_id, labels.label == CODE, labels.name.in_([EXISTS, CONFLICT]))
    number = Column("session_no", BigInteger, primary_key=True, autoincrement=False)
    with keyed(connection, "rollbook_sessions_met", session_nos, number) as met:
        query = (
            select(cases.case_id, met.c.session_no, cases.learner_email, cases.learner_employee_id, told)
            .select_from(rollbook_cases)
            .join(training_sessions, and_(training_sessions.c.session_code == cases.session_id, cases.state == OPEN))
            .join(met, met.c.session_no == training_sessions.c.id)
        )
        return known.fetched(connection, query, _OPEN_CASES)
