"""Cases that a load settles: those whose own row found its place, and all about an enrollment that it loaded."""

import pyarrow as pa
from sqlalchemy import BigInteger, Column, ColumnElement, Connection, FromClause, and_, exists, select

from destinations.decide import CONFLICT, EXISTS, foreseen_cases
from destinations.protocol import RunTerms
from ledger import known
from ledger.cases import cases as ledger_cases
from ledger.cases.case_labels import CODE
from ledger.sql.keys import keyed
from ledger.tables import OPEN, key, rollbook_case_labels, rollbook_cases, training_sessions
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
    settled = _settled(connection, stage, "new_enrollments", "training_session_id", "employee_id")
    return ledger_cases.close(connection, settled, run_id=run.run_id, fixed_at=run.started_at, fixed_by=run.by)


def foresee_closed(connection: Connection, stage: Stage) -> int:
    """How many cases `close_cases` would close, after all is decided; nothing is written.

    What the run would create has a working number, so cases are found by the codes of their sessions. Those that the
    run itself would open are among them.
    """
    opened = foreseen_cases(connection, stage)
    if not opened.num_rows and not _any_open(connection):
        return 0
    codes = stage.table("SELECT session_code, session_no FROM sessions SEMI JOIN placed USING (session_no)")
    code = Column("session_code", key(320), primary_key=True)
    with keyed(connection, "rollbook_codes_met", codes, code, Column("session_no", BigInteger)) as met:
        there = _open_cases(connection, met, met.c.session_code == rollbook_cases.c.session_id)
    stage.put("open_cases", pa.concat_tables([there, opened.select(there.column_names).cast(there.schema)]))
    stage.put("known_case_learners", _learners_of(connection, stage))
    stage.put("case_learners", stage.ask("foreseen_learners"))
    stage.run("named_cases")
    return len(_settled(connection, stage, "in_play", "session_no", "learner_no"))


def _settled(connection: Connection, stage: Stage, written: str, session: str, learner: str) -> list[int]:
    """The cases that `settled_cases` names. written: a table of new enrollments, with the names of its keys."""
    own = stage.column("own_fingerprints")
    stage.put("own_cases", known.cases(connection, own).select(["case_id", "state"]))
    stage.run("settled_cases", written=written, session=session, learner=learner)
    numbers: list[int] = stage.column("settled_cases").to_pylist()
    return numbers


def _any_open(connection: Connection) -> bool:
    return bool(connection.scalar(select(exists().where(rollbook_cases.c.state == OPEN))))


def _name_cases(connection: Connection, stage: Stage, sessions: str) -> None:
    """Fill `named_cases` with the open cases about these sessions whose cells name a known learner."""
    numbers = stage.table(f"SELECT DISTINCT session_no FROM ({sessions}) met(session_no)")
    number = Column("session_no", BigInteger, primary_key=True, autoincrement=False)
    with keyed(connection, "rollbook_sessions_met", numbers, number) as met:
        there = met.join(training_sessions, training_sessions.c.id == met.c.session_no)
        same = training_sessions.c.session_code == rollbook_cases.c.session_id
        stage.put("open_cases", _open_cases(connection, there, same))
    stage.put("case_learners", _learners_of(connection, stage))
    stage.run("named_cases")


def _learners_of(connection: Connection, stage: Stage) -> pa.Table:
    """The employees whom `open_cases` name."""
    halves = (stage.column(f"SELECT DISTINCT {half} FROM open_cases WHERE {half} <> ''") for half in ("mail", "number"))
    return known.learners(connection, *halves)


def _open_cases(connection: Connection, sessions: FromClause, same: ColumnElement[bool]) -> pa.Table:
    """The open cases about these sessions. `contradicts`: as it was last met, the case said what is not there.

    sessions: has the `session_no`. same: whether a session is the case's.
    """
    labels, cases = rollbook_case_labels.c, rollbook_cases.c
    told = exists().where(labels.case_id == cases.case_id, labels.label == CODE, labels.name.in_([EXISTS, CONFLICT]))
    number = next(column for column in sessions.c if column.name == "session_no")
    query = (
        select(cases.case_id, number, cases.learner_email, cases.learner_employee_id, told)
        .select_from(rollbook_cases)
        .join(sessions, and_(same, cases.state == OPEN))
    )
    return known.fetched(connection, query, _OPEN_CASES)
