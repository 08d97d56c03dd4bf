"""All that is known of a learner or of a session: what is loaded, and the failed rows, with their places."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, literal_column, or_, select

from ledger.browse.cases import CaseLine
from ledger.browse.cases import lines as case_lines
from ledger.tables import courses, employees, rollbook_cases, training_enrollments, training_sessions

# Left out in these words: only so an index without blanks is taken.
BLANK: ColumnElement[str] = literal_column("''")
# Of a state, so many failed rows are shown; their number is that of all.
_CASES = 100


@dataclass(frozen=True)
class Learner:
    """A learner as the database has them, or as failed rows name them (employee_id is None then)."""

    email: str | None
    number: str | None
    name: str | None = None
    employee_id: int | None = None


@dataclass(frozen=True)
class Session:
    """A session as the database has it, or as failed rows name it (session_id is None then)."""

    code: str
    title: str | None = None
    day: date | None = None
    start: str | None = None
    course: str | None = None
    course_name: str | None = None
    seats: int | None = None
    session_id: int | None = None


@dataclass(frozen=True)
class Enrollment:
    """A loaded attendance, with its place; source_file is None if another program loaded it."""

    enrollment_id: int
    learner: Learner
    session: Session
    status: str
    grade: str | None
    completed_on: date | None
    source_file: str | None
    source_sheet: str | None
    source_row: int | None
    source_column: str | None
    run_id: str


@dataclass(frozen=True)
class Enrollments:
    """Some enrollments, and how many there are."""

    lines: tuple[Enrollment, ...]
    number: int


@dataclass(frozen=True)
class FailedRows:
    """State -> how many cases; and the latest of each, as far as they are shown."""

    by_state: dict[str, int]
    lines: tuple[CaseLine, ...]


_LEARNER = (employees.c.email, employees.c.employee_number, employees.c.name, employees.c.id)
_SESSION = (
    training_sessions.c.session_code,
    training_sessions.c.title,
    training_sessions.c.session_date,
    training_sessions.c.session_start,
    courses.c.course_code,
    courses.c.name.label("course_name"),
    training_sessions.c.max_participants,
    training_sessions.c.id.label("session_key"),
)


def find_learners(connection: Connection, email: str, number: str) -> list[Learner]:
    """Those of the database who have the e-mail or the number; rows may have mixed up two. '': not asked for."""
    known = employees.c
    asked = [known.email == email] if email else []
    asked += [known.employee_number == number] if number else []
    if not asked:
        return []
    found = connection.execute(select(*_LEARNER).where(or_(*asked)).order_by(known.id).limit(20))
    return [Learner(*line) for line in found]


def learner_enrollments(connection: Connection, ids: Sequence[int], *, start: int = 0, size: int = 50) -> Enrollments:
    """The enrollments of learners, the latest session first."""
    enrollments = training_enrollments.c
    # The key of sessions and learners holds both columns: no row is read of others.
    mine = list(connection.scalars(select(enrollments.id).where(enrollments.employee_id.in_(ids)))) if ids else []
    return _enrollments(connection, mine, training_sessions.c.session_date.desc(), start, size)


def session_enrollments(connection: Connection, session_id: int, *, start: int = 0, size: int = 50) -> Enrollments:
    """The enrollments of a session, by learner."""
    enrollments = training_enrollments.c
    here = enrollments.training_session_id == session_id
    number = connection.scalar(select(func.count()).where(here)) or 0
    query = _lines().where(here).order_by(employees.c.name, employees.c.email, enrollments.id)
    lines = connection.execute(query.offset(start).limit(size))
    return Enrollments(tuple(_enrollment(line) for line in lines), number)


def _enrollments(
    connection: Connection, ids: Sequence[int], order: ColumnElement[Any], start: int, size: int
) -> Enrollments:
    enrollments = training_enrollments.c
    # A learner has some hundreds; the bound is for whoever gave all rows one number.
    query = _lines().where(enrollments.id.in_(ids[:5_000])).order_by(order, enrollments.id)
    lines = connection.execute(query.offset(start).limit(size)) if ids else ()
    return Enrollments(tuple(_enrollment(line) for line in lines), len(ids))


def _lines() -> Select[Any]:
    enrollments, sessions = training_enrollments.c, training_sessions.c
    joined = (
        training_enrollments.join(employees, employees.c.id == enrollments.employee_id)
        .join(training_sessions, sessions.id == enrollments.training_session_id)
        .outerjoin(courses, courses.c.id == sessions.course_id)
    )
    own = ("id", "status", "grade", "completed_at", *_PLACE, "run_id")
    return select(*(enrollments[name] for name in own), *_LEARNER, *_SESSION).select_from(joined)


_PLACE = ("source_file", "source_sheet", "source_row", "source_column")


def _enrollment(line: Any) -> Enrollment:
    number, status, grade, completed_at = line[:4]
    day = None if completed_at is None else completed_at.date()
    file, sheet, row, column, run_id = line[4:9]
    learner, session = Learner(*line[9:13]), Session(*line[13:])
    return Enrollment(number, learner, session, status, grade, day, file, sheet, row, column, run_id)


def find_session(connection: Connection, code: str) -> Session | None:
    """The session of a code."""
    joined = training_sessions.outerjoin(courses, courses.c.id == training_sessions.c.course_id)
    query = select(*_SESSION).select_from(joined).where(training_sessions.c.session_code == code)
    found = connection.execute(query).first()
    return None if found is None else Session(*found)


def failed_of_learners(connection: Connection, emails: Sequence[str], numbers: Sequence[str]) -> FailedRows:
    """The cases whose rows name one of the e-mails or numbers."""
    cases = rollbook_cases.c
    asked = [(cases.learner_email != BLANK) & cases.learner_email.in_(emails)] if emails else []
    asked += [(cases.learner_employee_id != BLANK) & cases.learner_employee_id.in_(numbers)] if numbers else []
    return _failed(connection, or_(*asked)) if asked else FailedRows({}, ())


def failed_of_session(connection: Connection, code: str) -> FailedRows:
    """The cases whose rows name a session."""
    cases = rollbook_cases.c
    return _failed(connection, (cases.session_id != BLANK) & (cases.session_id == code))


def _failed(connection: Connection, here: ColumnElement[bool]) -> FailedRows:
    cases = rollbook_cases.c
    by_state = dict(
        connection.execute(select(cases.state, func.count()).where(here).group_by(cases.state)).tuples().all()
    )
    found: list[int] = []
    for state in ("open", "ignored", "fixed"):
        if by_state.get(state):
            # The state is not looked up by its index: a planner would begin with all cases of that state.
            query = select(cases.case_id).where(here, func.coalesce(cases.state, "") == state)
            found += connection.scalars(query.order_by(cases.case_id.desc()).limit(_CASES)).all()
    return FailedRows(by_state, tuple(case_lines(connection, found)) if found else ())
