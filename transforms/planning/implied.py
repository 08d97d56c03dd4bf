"""What columns say beside their own field: a day of completion also says that the learner completed, and when."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from rollbook.fields import FIELDS
from rollbook.statuses import ATTENDED, COMPLETED
from transforms.planning.below import Below
from transforms.planning.column_mapping import ColumnPlan
from transforms.planning.header_words import mentions, says
from transforms.planning.headers import AXCELERATE
from transforms.planning.table_detection import has_session
from transforms.values.status_words import StatusMeaning

_COURSE, _LEARNER = ("course_id", "course_name"), ("learner_employee_id", "learner_email")
# Records below which a session's ID that several records of a learner share may be a slip.
_FEW, _SOME = 3, 0.1
_MOSTLY = 0.7


def with_implied(
    columns: Sequence[ColumnPlan], below: Below, constants: Collection[str], destination: str, titles: Iterable[str]
) -> tuple[tuple[ColumnPlan, ...], tuple[str, ...]]:
    """The columns with those that their dates imply, and what is said about them.

    A course completed without a session is a record of the day of its completion. Where no column is a status, a day of
    completion says that the learner completed, one on which somebody came that the learner attended.

    constants: fields that need no column. titles: the names of the file and its sheet, which may say that it is a
        sign-in sheet.
    """
    if destination == AXCELERATE:
        return tuple(columns), ()
    found = {column.field: column for column in columns}
    told = []
    have = found.keys() | set(constants)
    done = _with_dates(found.get("completed_on"), below)
    if done and not has_session(have) and have & set(_COURSE):
        found["session_date"] = replace(done, field="session_date", values=())
        told.append(f"Each record belongs to the day under “{_header(done)}”: no column is a session or its date.")
    if status := found.get("status"):
        found["status"] = replace(status, meaning=replace(status.meaning, dated=_dated_under(status, found)))
    elif "status" not in have and (implied := _status(found, below, titles)):
        found["status"] = implied
        told.append(f"No column is a status: a date under “{_header(implied)}” is read as {implied.meaning.dated}.")
    return tuple(found[name] for name in FIELDS if name in found), tuple(told)


def _with_dates(column: ColumnPlan | None, below: Below) -> ColumnPlan | None:
    return column if column and all(map(below.holds_dates, column.letters)) else None


def _dated_under(status: ColumnPlan, found: Mapping[str, ColumnPlan]) -> str | None:
    """What a date says in a column that is both a status and a day, or the time at which people joined."""
    said = (("completed_on", COMPLETED), ("session_date", ATTENDED))
    same = next((word for name, word in said if name in found and found[name].letters == status.letters), None)
    return same or (ATTENDED if status.headers and says(status.headers[0], "joined") else None)


def _header(column: ColumnPlan) -> str:
    return " ".join((column.headers[0] if column.headers else column.letters[0]).split())


def _status(found: Mapping[str, ColumnPlan], below: Below, titles: Iterable[str]) -> ColumnPlan | None:
    done, came = (_with_dates(found.get(name), below) for name in ("completed_on", "session_date"))
    if done and not (came and came.letters != done.letters and below.any_without(came.letters[0], done.letters)):
        return _dated(done, COMPLETED)
    if came and came.headers and _says_that_somebody_came(came.headers[0], below, titles):
        return _dated(came, ATTENDED)
    joined = (x for x, header in below.headers.items() if says(header, "joined") and below.holds_dates(x))
    first = next(joined, None)
    return _dated(ColumnPlan("status", (first,), (below.headers[first],)), ATTENDED) if first else None


def _dated(column: ColumnPlan, status: str) -> ColumnPlan:
    meaning = StatusMeaning(column.headers[0] if column.headers else "", dated=status)
    return ColumnPlan("status", column.letters, column.headers, meaning=meaning)


def _says_that_somebody_came(header: str, below: Below, titles: Iterable[str]) -> bool:
    """Is it the time at which people joined, or of their entry in a sign-in sheet?"""
    if says(header, "joined") or says(header, "attended"):
        return True
    if not says(header, "submitted"):
        return False
    return any(says(text, "signing_in") for text in below.headers.values()) or any(
        mentions(text, "signing_in") for text in titles
    )


def without_own_starts(columns: tuple[ColumnPlan, ...], below: Below) -> tuple[ColumnPlan, ...]:
    """The columns without a `Start Date` that is each learner's own, where a day of completion says when it was.

    Sessions have several learners: a day that hardly two of a course share is none of a session.
    """
    found = {column.field: column for column in columns}
    start, done = found.get("session_date"), found.get("completed_on")
    course = _first(found, _COURSE)
    if not (start and done and course) or start.by_profile or "session_id" in found or not _is_bare(start):
        return columns
    pairs = _at_top(below, course, start).dropna()
    own = len(pairs) >= _FEW and len(pairs.drop_duplicates()) > _MOSTLY * len(pairs)
    return tuple(column for column in columns if not own or column is not start)


def _first(found: Mapping[str, ColumnPlan], names: Sequence[str]) -> ColumnPlan | None:
    return next((found[name] for name in names if name in found), None)


def _at_top(below: Below, *columns: ColumnPlan) -> pd.DataFrame:
    """The first rows of the columns, a column a letter."""
    letters = [letter for column in columns for letter in column.letters]
    return next(below.frames(letters), pd.DataFrame(columns=letters))


def _is_bare(start: ColumnPlan) -> bool:
    """Does its header say neither session nor course?"""
    return not any(says(header, name) for header in start.headers for name in ("session", "course"))


def without_shared_sessions(columns: tuple[ColumnPlan, ...], below: Below) -> tuple[ColumnPlan, ...]:
    """The columns without a session's ID that does not tell a learner's records apart, as that of a class of units.

    Only where a course and a date say which session it is.
    """
    found = {column.field: column for column in columns}
    session = found.get("session_id")
    learner, course = _first(found, _LEARNER), _first(found, _COURSE)
    if session is None or session.by_profile or learner is None or course is None or "session_date" not in found:
        return columns
    records = _at_top(below, learner, session, course).drop_duplicates()
    if not _is_shared(records, [*learner.letters, *session.letters]):
        return columns
    return tuple(column for column in columns if column is not session)


def _is_shared(records: pd.DataFrame, keys: list[str]) -> bool:
    """Do several records of a learner, each of another course, have one session's ID?"""
    known = records.dropna(subset=keys)
    again = int(known.duplicated(keys).sum())
    return again >= _FEW and again > _SOME * len(known)
