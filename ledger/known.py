"""What the database holds of the learners, sessions and enrollments that a run touches: read in bulk, by its keys."""

from typing import Any

import pyarrow as pa
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    LargeBinary,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    or_,
    select,
    union,
)

from ledger.reference.upserts import REFERENCE
from ledger.sql.fetching import fetched_batches
from ledger.sql.keys import keyed
from ledger.tables import (
    OPEN,
    courses,
    employees,
    held_enrollments,
    key,
    rollbook_cases,
    training_enrollments,
    training_sessions,
)
from rollbook.rows.statuses import CANCELLED
from transforms.values.normalize import address

LEARNERS = pa.schema([("id", pa.int64()), ("number", pa.string()), ("mail", pa.string()), ("name", pa.string())])
SESSIONS = pa.schema(
    [("session_code", pa.string()), ("id", pa.int64()), ("session_date", pa.date32()), ("max_participants", pa.int64())]
)
STORED_SESSIONS = pa.schema(
    [
        *((name, pa.string()) for name in ("session_code", "course_code", "course_name")),
        ("session_date", pa.date32()),
        ("session_start", pa.string()),
    ]
)
COURSES = pa.schema([("id", pa.int64()), ("code", pa.string()), ("name", pa.string())])
SEATS = pa.schema([("session_no", pa.int64()), ("seats", pa.int64())])
CASES = pa.schema(
    [("fingerprint", pa.string()), ("case_id", pa.int64()), ("state", pa.string()), ("cells", pa.string())]
)
OPEN_CASES = pa.schema([("case_id", pa.int64()), *((name, pa.string()) for name in ("session_id", "mail", "number"))])
HELD = pa.schema(
    [
        *((name, pa.string()) for name in ("session_id", "learner_email", "learner_employee_id", "status", "grade")),
        *((name, pa.date32()) for name in ("enrolled_on", "completed_on")),
        ("run_id", pa.string()),
    ]
)
_CONTENT = ("status", "attendance_confirmed", "score", "grade", "feedback")
_BESIDE = ("expires_on", "certificate_number", "hours", "credits")
_DAYS = {"enrolled_on": "enrolled_at", "completed_on": "completed_at"}
_FLAGS = ("enrolled_at_is_default", "completed_at_is_default")
_ORIGIN = ("run_id", "source_file", "source_sheet", "source_row")
ENROLLMENTS = pa.schema(
    [
        *((name, pa.int64()) for name in ("id", "session_no", "learner_no")),
        ("status", pa.string()),
        ("attendance_confirmed", pa.bool_()),
        ("score", pa.float64()),
        *((name, pa.string()) for name in ("grade", "feedback")),
        ("expires_on", pa.date32()),
        ("certificate_number", pa.string()),
        *((name, pa.float64()) for name in ("hours", "credits")),
        *((name, pa.string()) for name in _DAYS),
        *((name, pa.bool_()) for name in _FLAGS),
        *((name, pa.string()) for name in _ORIGIN[:-1]),
        ("source_row", pa.int64()),
    ]
)


def fetched(connection: Connection, query: Select[Any] | Any, schema: pa.Schema) -> pa.Table:
    """What a query finds, its columns in the order of the schema's."""
    tables = list(fetched_batches(connection, query, schema))
    return pa.concat_tables(tables) if tables else schema.empty_table()


def learners(connection: Connection, mails: pa.Array, numbers: pa.Array) -> pa.Table:
    """LEARNERS of the employees with one of these e-mails or numbers; `mail` as Rollbook compares it.

    Another program may have written an e-mail in a spelling of its own, such as Ann@Example.org. SQL finds what may be
    spelled otherwise, upper case and outer spaces, and `transforms.values.normalize` says how: no two databases agree
    on `lower`. All of these are found.
    """
    people = employees.c
    if not connection.scalar(select(exists().where(people.id > 0))):
        return LEARNERS.empty_table()
    columns = (people.id, people.employee_number, people.email, people.name)
    odd = connection.execute(select(*columns).where(people.email != func.lower(func.trim(people.email)))).tuples()
    respelled = {number: (number, of, address(mail), name) for number, of, mail, name in odd}
    by_mail = Column("mail", key(254), primary_key=True)
    by_number = Column("number", key(64), primary_key=True)
    with (
        keyed(connection, "rollbook_mails", pa.table({"mail": mails}), by_mail) as wanted_mails,
        keyed(connection, "rollbook_numbers", pa.table({"number": numbers}), by_number) as wanted_numbers,
    ):
        # Only their IDs are made one: MariaDB does a union of long texts on disk.
        found = union(
            select(people.id).join(wanted_mails, wanted_mails.c.mail == people.email),
            select(people.id).join(wanted_numbers, wanted_numbers.c.number == people.employee_number),
        ).subquery()
        plain = fetched(connection, select(*columns).join(found, found.c.id == people.id), LEARNERS)
    if not respelled:
        return plain
    lines = {line[0]: line for line in zip(*plain.to_pydict().values(), strict=True)}
    columns_of = zip(*{**lines, **respelled}.values(), strict=True)
    return pa.table([pa.array(values, kind) for values, kind in zip(columns_of, LEARNERS.types, strict=True)], LEARNERS)


def foreign_learners(connection: Connection, mails: bool, numbers: bool) -> list[str]:
    """The e-mails, or employee numbers, that have a character beyond ASCII: they may look like others.

    No index knows them, so that all that is stored is gone through.
    """
    wanted = [employees.c.email] * mails + [employees.c.employee_number] * numbers
    if not wanted:
        return []
    is_foreign = [_bytes_of(connection, there) > _letters_of(connection, there) for there in wanted]
    lines = connection.execute(select(*wanted).where(or_(*is_foreign))).tuples()
    return sorted({text for line in lines for text in line if text and not text.isascii()})


def foreign_sessions(connection: Connection) -> list[str]:
    """The same of the sessions' codes."""
    there = training_sessions.c.session_code
    return list(connection.scalars(select(there).where(_bytes_of(connection, there) > _letters_of(connection, there))))


def _letters_of(connection: Connection, text: ColumnElement[str]) -> ColumnElement[int]:
    return func.length(text) if connection.dialect.name == "sqlite" else func.char_length(text)


def _bytes_of(connection: Connection, text: ColumnElement[str]) -> ColumnElement[int]:
    """`octet_length` is not in every SQLite."""
    return func.length(cast(text, LargeBinary)) if connection.dialect.name == "sqlite" else func.octet_length(text)


def sessions(connection: Connection, codes: pa.Array) -> pa.Table:
    """SESSIONS with one of these codes; `max_participants` of loaded ones alone, for only their seats count."""
    there = training_sessions.c
    seats = case((there.origin == REFERENCE, there.max_participants))
    with keyed(
        connection, "rollbook_codes", pa.table({"code": codes}), Column("code", key(320), primary_key=True)
    ) as wanted:
        query = select(there.session_code, there.id, there.session_date, seats)
        return fetched(connection, query.join(wanted, wanted.c.code == there.session_code), SESSIONS)


def stored_sessions(connection: Connection, codes: pa.Array) -> pa.Table:
    """STORED_SESSIONS with one of these codes."""
    there = training_sessions.c
    code = Column("code", key(320), primary_key=True)
    with keyed(connection, "rollbook_codes", pa.table({"code": codes}), code) as wanted:
        query = (
            select(there.session_code, courses.c.course_code, courses.c.name, there.session_date, there.session_start)
            .join(wanted, wanted.c.code == there.session_code)
            .outerjoin(courses, courses.c.id == there.course_id)
        )
        return fetched(connection, query, STORED_SESSIONS)


def all_courses(connection: Connection) -> pa.Table:
    """COURSES, every one: there are few, and sheets name them in many ways."""
    return fetched(connection, select(courses.c.id, courses.c.course_code, courses.c.name), COURSES)


def enrollments(connection: Connection, pairs: pa.Table) -> pa.Table:
    """ENROLLMENTS of these pairs of `session_no` and `learner_no`, the IDs of sessions and employees."""
    there = training_enrollments.c
    columns = [Column(name, BigInteger, primary_key=True, autoincrement=False) for name in ("session_no", "learner_no")]
    days = [cast(func.date(there[column]), String(10)) for column in _DAYS.values()]
    with keyed(connection, "rollbook_pairs", pairs, *columns) as wanted:
        same = and_(there.training_session_id == wanted.c.session_no, there.employee_id == wanted.c.learner_no)
        query = select(
            there.id,
            there.training_session_id,
            there.employee_id,
            *(there[name] for name in (*_CONTENT, *_BESIDE)),
            *days,
            *(there[name] for name in (*_FLAGS, *_ORIGIN)),
        ).join(wanted, same)
        return fetched(connection, query, ENROLLMENTS)


def seats_taken(connection: Connection, session_nos: pa.Array) -> pa.Table:
    """SEATS of these sessions that enrollments take which are not cancelled."""
    there = training_enrollments.c
    number = Column("session_no", BigInteger, primary_key=True, autoincrement=False)
    with keyed(connection, "rollbook_sessions_chosen", pa.table({"session_no": session_nos}), number) as wanted:
        # Counted session by session: a planner that begins with the enrollments reads those of all sessions.
        holding = and_(there.training_session_id == wanted.c.session_no, there.status != CANCELLED)
        held = select(func.count()).select_from(training_enrollments).where(holding).scalar_subquery()
        return fetched(connection, select(wanted.c.session_no, held), SEATS)


def held(connection: Connection, holder: str, codes: pa.Array) -> pa.Table:
    """HELD: what a system outside is known to hold of the sessions with these codes."""
    there = held_enrollments.c
    code = Column("code", key(320), primary_key=True)
    with keyed(connection, "rollbook_codes", pa.table({"code": codes}), code) as wanted:
        query = select(*(there[name] for name in HELD.names)).join(wanted, wanted.c.code == there.session_id)
        return fetched(connection, query.where(there.destination == holder), HELD)


def seats_held(connection: Connection, holder: str, session_nos: pa.Array) -> pa.Table:
    """SEATS of these sessions, by what a system outside is known to hold of them.

    Who stands there by e-mail in one line and by number in another is one learner, as far as employees tell.
    """
    there, sessions_there = held_enrollments.c, training_sessions.c
    learner = func.coalesce(func.nullif(there.learner_email, ""), employees.c.email, there.learner_employee_id)
    by_number = and_(there.learner_email == "", employees.c.employee_number == there.learner_employee_id)
    number = Column("session_no", BigInteger, primary_key=True, autoincrement=False)
    with keyed(connection, "rollbook_sessions_chosen", pa.table({"session_no": session_nos}), number) as wanted:
        query = (
            select(wanted.c.session_no, func.count(learner.distinct()))
            .join(training_sessions, sessions_there.id == wanted.c.session_no)
            .join(held_enrollments, there.session_id == sessions_there.session_code)
            .outerjoin(employees, by_number)
            .where(there.destination == holder, or_(there.status.is_(None), there.status != CANCELLED))
        )
        return fetched(connection, query.group_by(wanted.c.session_no), SEATS)


def cases(connection: Connection, fingerprints: pa.Array) -> pa.Table:
    """CASES with one of these fingerprints."""
    there = rollbook_cases.c
    column = Column("fingerprint", key(32), primary_key=True)
    with keyed(connection, "rollbook_fingerprints", pa.table({"fingerprint": fingerprints}), column) as wanted:
        query = select(there.fingerprint, there.case_id, there.state, there.cells)
        # The cases are looked up by what is wanted: a planner may as well read all cases there are.
        same = func.coalesce(wanted.c.fingerprint, "") == there.fingerprint
        return fetched(connection, query.join(wanted, same), CASES)


def open_cases(connection: Connection, codes: pa.Array) -> pa.Table:
    """OPEN_CASES about the sessions with these codes."""
    there = rollbook_cases.c
    code = Column("code", key(320), primary_key=True)
    with keyed(connection, "rollbook_codes", pa.table({"code": codes}), code) as wanted:
        query = select(there.case_id, there.session_id, there.learner_email, there.learner_employee_id)
        about = and_(there.session_id == wanted.c.code, there.state == OPEN)
        return fetched(connection, query.join(wanted, about), OPEN_CASES)
