"""One search over learners, sessions, courses, files, runs and cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, func, or_, select

from ledger.browse.records import BLANK, Learner, Session
from ledger.tables import courses, employees, rollbook_cases, rollbook_files, rollbook_runs, training_sessions

# Shorter texts are looked up whole: each row holds some letter.
_SHORTEST = 2
# Files whose path holds the text; of how many of them the name does is seen then.
_FILES = 1_000


@dataclass(frozen=True)
class FoundFile:
    """A file that was imported: its path, its latest run, and how many runs it had."""

    path: str
    run_id: str
    runs: int


@dataclass(frozen=True)
class Found:
    """What a text was found in, at most some of each kind. courses: (code, name)."""

    learners: tuple[Learner, ...] = ()
    sessions: tuple[Session, ...] = ()
    courses: tuple[tuple[str, str | None], ...] = ()
    files: tuple[FoundFile, ...] = ()
    runs: tuple[str, ...] = ()
    cases: tuple[int, ...] = ()

    @property
    def number(self) -> int:
        """All of them."""
        return sum(map(len, (self.learners, self.sessions, self.courses, self.files, self.runs, self.cases)))


def search_everything(connection: Connection, text: str, size: int = 10) -> Found:
    """What holds the text, whatever the case of its letters, at most `size` of each kind."""
    text = text.strip()
    if not text:
        return Found()
    return Found(
        tuple(_learners(connection, text, size)),
        tuple(_sessions(connection, text, size)),
        tuple(_courses(connection, text, size)),
        tuple(_files(connection, text, size)),
        tuple(_runs(connection, text, size)),
        tuple(_cases(connection, text)),
    )


def _holds(column: Column[Any], text: str) -> ColumnElement[bool]:
    """Some databases know the small letters of a to z only: other texts are asked for in several ways."""
    if len(text) < _SHORTEST:
        return func.lower(column) == text.lower()
    ways = {text} if text.isascii() else {text, text.lower(), text.upper(), text.title()}
    return or_(*(column.icontains(way, autoescape=True) for way in sorted(ways)))


def _learners(connection: Connection, text: str, size: int) -> list[Learner]:
    """Those of the database, whose e-mail or number it is first; then those whom only failed rows name."""
    known = employees.c
    columns = (known.email, known.employee_number, known.name, known.id)
    exact = select(*columns).where(or_(known.email == text.casefold(), known.employee_number == text))
    found = [Learner(*line) for line in connection.execute(exact.order_by(known.id).limit(size))]
    if not found:
        held = or_(*(_holds(column, text) for column in (known.email, known.employee_number, known.name)))
        query = select(*columns).where(held).order_by(known.name, known.id).limit(size)
        found = [Learner(*line) for line in connection.execute(query)]
    there = {(one.email or "").casefold() for one in found} | {one.number for one in found}
    return [*found, *(one for one in _failed_learners(connection, text) if (one.email or one.number) not in there)][
        :size
    ]


def _failed_learners(connection: Connection, text: str) -> list[Learner]:
    cases = rollbook_cases.c
    found = []
    for column, wanted in ((cases.learner_email, text.casefold()), (cases.learner_employee_id, text)):
        query = select(column).where(column != BLANK, column == wanted).limit(1)
        if connection.scalar(query) is not None:
            is_email = column is cases.learner_email
            found.append(Learner(wanted if is_email else None, None if is_email else wanted))
    return found


def _sessions(connection: Connection, text: str, size: int) -> list[Session]:
    known = training_sessions.c
    joined = training_sessions.outerjoin(courses, courses.c.id == known.course_id)
    columns = (known.session_code, known.title, known.session_date, known.session_start, courses.c.course_code)
    query = select(*columns, courses.c.name, known.max_participants, known.id).select_from(joined)
    held = query.where(or_(_holds(known.session_code, text), _holds(known.title, text), _of_course(text)))
    order = ((known.session_code != text), known.session_date.desc(), known.id)
    found = [Session(*line) for line in connection.execute(held.order_by(*order).limit(size))]
    if not found:
        cases = rollbook_cases.c
        named = select(cases.session_id).where(cases.session_id != BLANK, cases.session_id == text).limit(1)
        found = [Session(code) for code in connection.scalars(named)]
    return found


def _of_course(text: str) -> ColumnElement[bool]:
    """The sessions of a course whose code it is."""
    return courses.c.course_code == text


def _courses(connection: Connection, text: str, size: int) -> Sequence[tuple[str, str | None]]:
    known = courses.c
    held = or_(_holds(known.course_code, text), _holds(known.name, text))
    query = select(known.course_code, known.name).where(held).order_by(known.course_code).limit(size)
    return [(code, name) for code, name in connection.execute(query)]


def _files(connection: Connection, text: str, size: int) -> list[FoundFile]:
    """By their names, each with the run that began last: run IDs begin with their day."""
    files = rollbook_files.c
    query = select(files.path, func.max(files.run_id), func.count()).where(_holds(files.path, text))
    lines = connection.execute(query.group_by(files.path).order_by(func.max(files.run_id).desc()).limit(_FILES))
    found = (FoundFile(*line) for line in lines)
    return [one for one in found if text.casefold() in _name(one.path).casefold()][:size]


def _name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _runs(connection: Connection, text: str, size: int) -> Sequence[str]:
    runs = rollbook_runs.c
    if len(text) < _SHORTEST:
        return []
    begins = runs.run_id.startswith(text.lower(), autoescape=True)
    query = select(runs.run_id).where(begins).order_by(runs.started_at.desc(), runs.run_id.desc())
    return connection.scalars(query.limit(size)).all()


def _cases(connection: Connection, text: str) -> list[int]:
    """`17`, or the mark of a case in the failed-rows workbook (`17-3fa2`)."""
    number = text.partition("-")[0]
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return []
    cases = rollbook_cases.c
    return list(connection.scalars(select(cases.case_id).where(cases.case_id == int(number))))
