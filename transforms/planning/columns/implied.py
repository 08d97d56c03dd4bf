"""What columns say beside their own field: a day of completion also says that the learner completed, and when."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pyarrow as pa

from rollbook.rows.fields import FIELDS
from rollbook.rows.statuses import ATTENDED, CANCELLED, COMPLETED, NO_SHOW
from transforms.planning.columns.column_mapping import ColumnPlan
from transforms.planning.table.below import LOOKED_AT, Below
from transforms.planning.table.header_words import meaning_of_answers, mentions, says
from transforms.planning.table.headers import AXCELERATE, LAST_RESORT, usual_entries
from transforms.planning.table.table_detection import has_session
from transforms.values.dates.date_readings import plain_date, read_day
from transforms.values.dates.dates import without_clock
from transforms.values.statuses.status_table import REASONS, reason_of
from transforms.values.statuses.status_words import StatusMeaning, status_of

_COURSE, _LEARNER = ("course_id", "course_name"), ("learner_employee_id", "learner_email")
# Records below which a session's ID that several records of a learner share may be a slip.
_FEW, _SOME = 3, 0.1
_PAIR = 2
_MOSTLY, _HALF = 0.7, 0.5
_LONGEST = timedelta(days=31)
# Units of a qualification are learned at work, too.
_LONGEST_UNIT = timedelta(days=1_100)


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
    if (last := last_day(columns, below)) and _somebody_completed(found, below):
        found["completed_on"] = last
        told.append(f"“{_header(last)}” is read as the day of completion.")
    have = found.keys() | set(constants)
    done = _with_dates(found.get("completed_on"), below)
    if done and not has_session(have) and have & set(_COURSE):
        found["session_date"] = replace(done, field="session_date", values=())
        told.append(f"Each record belongs to the day under “{_header(done)}”: no column is a session or its date.")
    if status := found.get("status"):
        found["status"] = replace(status, meaning=replace(status.meaning, dated=_dated_under(status, found)))
    elif "status" not in have and (implied := _status(found, below, titles)):
        found["status"] = implied
        blank = f", a blank as {implied.meaning.blank}" if implied.meaning.blank else ""
        told.append(
            f"No column is a status: a date under “{_header(implied)}” is read as {implied.meaning.dated}{blank}."
        )
    return tuple(found[name] for name in FIELDS if name in found), tuple(told)


def last_day(columns: Sequence[ColumnPlan], below: Below) -> ColumnPlan | None:
    """The column of the days on which the courses end, where another is of those on which they begin.

    A course is not longer than a few weeks: a certificate, or a contract, is.
    """
    found = {column.field: column for column in columns}
    start = found.get("session_date")
    if start is None or start.by_profile or "completed_on" in found or "status" not in found:
        return None
    if not any(says(header, "start") for header in start.headers) or not _with_dates(start, below):
        return None
    fed = {letter for column in found.values() for letter in column.letters}
    ends = [x for x, header in below.headers.items() if x not in fed and _is_of_an_end(header) and below.holds_dates(x)]
    if len(ends) != 1 or not _is_soon_after(below, start.letters[0], ends[0]):
        return None
    return ColumnPlan("completed_on", (ends[0],), (below.headers[ends[0]],))


def _somebody_completed(found: Mapping[str, ColumnPlan], below: Below) -> bool:
    texts = (text for letter in found["status"].letters for text in below.at_top(letter))
    answers = COMPLETED in found["status"].answers or meaning_of_answers(found["status"].headers[0]).yes == COMPLETED
    return answers or any(status_of(text) == COMPLETED for text in texts)


def _is_of_an_end(header: str) -> bool:
    return says(header, "end") and not any(says(header, name) for name in ("time", "expires", "certificate", "other"))


def _is_soon_after(below: Below, start: str, end: str) -> bool:
    longest = _LONGEST_UNIT if says(below.headers[start], "unit") and says(below.headers[end], "unit") else _LONGEST
    days = _at_top(below, ColumnPlan("session_date", (start,)), ColumnPlan("session_date", (end,))).head(LOOKED_AT)
    days = days.dropna().drop_duplicates()
    pairs = [(_days(one), _days(other)) for one, other in zip(days[start], days[end], strict=True)]
    return bool(pairs) and all(
        any(timedelta(0) <= b - a <= longest for a, b in zip(one, other, strict=False)) for one, other in pairs
    )


def _days(text: str) -> tuple[date, ...]:
    return read_day(plain_date(text), date.max.year).days


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
    if _somebody_did_not_come(found, below):
        return None
    done, came = (_with_dates(found.get(name), below) for name in ("completed_on", "session_date"))
    if done and not (came and came.letters != done.letters and below.any_without(came.letters[0], done.letters)):
        return _dated(done, COMPLETED)
    asked = [header for name in _COURSE if name in found for header in found[name].headers]
    if came and came.headers and _says_that_somebody_came(came.headers[0], asked, below, titles):
        return _dated(came, ATTENDED)
    joined = (x for x, header in below.headers.items() if says(header, "joined") and below.holds_dates(x))
    first = next(joined, None)
    if first is None:
        return None
    blank = NO_SHOW if says(below.headers[first], "checked_in") else None
    return _dated(ColumnPlan("status", (first,), (below.headers[first],)), ATTENDED, blank)


def _somebody_did_not_come(found: Mapping[str, ColumnPlan], below: Below) -> bool:
    """Does a column that feeds nothing say that learners were absent or cancelled?"""
    fed = {letter for column in found.values() for letter in column.letters}
    unread = (x for x, header in below.headers.items() if header and x not in fed and below.holds_statuses(x))
    declined = REASONS["declined"]
    return any(
        status_of(text) in (NO_SHOW, CANCELLED) or reason_of(text) == declined
        for letter in unread
        for text in below.at_top(letter)
    )


def _dated(column: ColumnPlan, status: str, blank: str | None = None) -> ColumnPlan:
    meaning = StatusMeaning(column.headers[0] if column.headers else "", dated=status, blank=blank)
    return ColumnPlan("status", column.letters, column.headers, meaning=meaning)


def _says_that_somebody_came(header: str, asked: Iterable[str], below: Below, titles: Iterable[str]) -> bool:
    """Is it the time at which people joined, or of their entry in a sign-in sheet?

    asked: the headers of the course, which may say it too: `Which course did you attend?`.
    """
    if says(header, "joined") or says(header, "attended") or any(says(text, "attended") for text in asked):
        return True
    if not says(header, "submitted"):
        return False
    return any(says(text, "signing_in") for text in below.headers.values()) or any(
        mentions(text, "signing_in") for text in titles
    )


def without_own_starts(columns: tuple[ColumnPlan, ...], below: Below) -> tuple[ColumnPlan, ...]:
    """The columns without a `Start Date` that is each learner's own, where a day of completion says when it was.

    Sessions have several learners: a day that hardly two of a course share is not a session's.
    """
    found = {column.field: column for column in columns}
    start, done = found.get("session_date"), found.get("completed_on")
    course = _first(found, _COURSE)
    if not (start and done and course) or start.by_profile or "session_id" in found:
        return columns
    # A start beside an end is that of the training, whoever took it.
    if any(says(header, "session") for header in start.headers) or any(map(_is_of_an_end, done.headers)):
        return columns
    pairs = _at_top(below, course, start).dropna()
    if any(says(header, "course") for header in start.headers):
        # The course's own start, unless those who took the same course began on days of their own.
        pairs = pairs[pairs.duplicated(list(course.letters), keep=False)]
    apart = len(pairs.drop_duplicates())
    own = apart > _MOSTLY * len(pairs) if len(pairs) >= _FEW else apart == len(pairs) == _PAIR
    return tuple(column for column in columns if not own or column is not start)


def _first(found: Mapping[str, ColumnPlan], names: Sequence[str]) -> ColumnPlan | None:
    return next((found[name] for name in names if name in found), None)


def _at_top(below: Below, *columns: ColumnPlan) -> pd.DataFrame:
    """The first rows of the columns, a column a letter."""
    letters = [letter for column in columns for letter in column.letters]
    return below.first_rows(letters)


def without_shared_sessions(
    columns: tuple[ColumnPlan, ...], below: Below
) -> tuple[tuple[ColumnPlan, ...], tuple[str, ...]]:
    """The columns without a session's ID that does not tell a learner's records apart, and what is said about it.

    So is that of a class of units, a meeting's, which is the same every time, and a number under `Training ID` that
    people complete on days of their own. Only where a course and a day say which session it is.
    """
    found = {column.field: column for column in columns}
    session = found.get("session_id")
    learner, course, day = (_first(found, names) for names in (_LEARNER, _COURSE, ("session_date", "completed_on")))
    if session is None or session.by_profile or learner is None or course is None or day is None:
        return columns, ()
    rest = tuple(column for column in columns if column is not session)
    records = _at_top(below, learner, session, course, day)
    if day.field == "completed_on":
        return (rest, ()) if _misleads(session) and _is_on_own_days(records, session, day) else (columns, ())
    keys = [*learner.letters, *session.letters]
    if _is_shared(records.drop(columns=list(day.letters), errors="ignore").drop_duplicates(), keys):
        return rest, ()
    if below.counts_up(session.letters[0]) and _counts_of_each(records, session, course, day):
        return rest, (f"“{_header(session)}” is the same for several courses: it is read as a number, not as an ID.",)
    if not _is_on_own_days(records, session, day, learner.letters):
        return columns, ()
    return rest, (f"“{_header(session)}” is the same on several days: each day is read as a session of its own.",)


def _misleads(session: ColumnPlan) -> bool:
    """Is its header one that counts only where nothing better stands?"""
    offers = (offer for header in session.headers for offer in usual_entries(header, ""))
    return min((rank for rank, entry in offers if entry.field == "session_id"), default=0) >= LAST_RESORT


def _is_on_own_days(records: pd.DataFrame, session: ColumnPlan, day: ColumnPlan, learner: Sequence[str] = ()) -> bool:
    """Have most of the sessions' IDs, of those in several records (of a learner), more than one day?"""
    own = [*session.letters, *learner]
    days = pa.array(records[day.letters[0]], pa.large_string())
    known = records[own].assign(day=without_clock(days).to_pandas()).dropna().drop_duplicates()
    each = known.groupby(own).size()
    of_session = records[own].dropna().drop_duplicates().groupby(list(session.letters)).size()
    several = set(each[each > 1].index.get_level_values(0)) if learner else set(each[each > 1].index)
    return bool(several) and len(several) > _HALF * len(of_session)


def _counts_of_each(records: pd.DataFrame, session: ColumnPlan, course: ColumnPlan, day: ColumnPlan) -> bool:
    """Have several courses one session's number, and all records of a course and day the same?"""
    known = records.dropna().drop_duplicates([session.letters[0], course.letters[0], day.letters[0]])
    of_number = known.drop_duplicates([session.letters[0], course.letters[0]]).duplicated(session.letters[0])
    return bool(of_number.any()) and not known.duplicated([course.letters[0], day.letters[0]]).any()


def _is_shared(records: pd.DataFrame, keys: list[str]) -> bool:
    """Do several records of a learner, each of another course, have one session's ID?"""
    known = records.dropna(subset=keys)
    again = int(known.duplicated(keys).sum())
    return again >= _FEW and again > _SOME * len(known)
