"""What is told of columns that may be read otherwise, one sentence each."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from rollbook.rows.statuses import CANCELLED, NO_SHOW
from transforms.planning.columns.column_mapping import ColumnPlan
from transforms.planning.table.below import Below
from transforms.planning.table.header_words import says
from transforms.planning.table.legends import word_for_blanks
from transforms.planning.table.table_detection import IDENTITY, Cells
from transforms.planning.table.title_cells import labels_of
from transforms.values.dates.dates import without_clock
from transforms.values.statuses.status_words import status_of
from transforms.vocabulary.languages import words_of

_COURSE = ("course_id", "course_name")
# Of the header of a moment that is each learner's own.
_OF_EACH_LEARNER = ("joined", "submitted")
# A time that somebody set: `09:30`, `9:30:00 AM`.
_WHOLE_TIME = r":[0-5][05](?::00(?:\.0+)?)?(?: ?[AaPp][Mm])?$"
_SHOWN = 3
_FEW = 2


def doubts(columns: Sequence[ColumnPlan], below: Below, around: Iterable[Cells]) -> tuple[str, ...]:
    """All that is told of the columns of a sheet.

    around: the rows above and below the table, which may explain it.
    """
    found = {column.field: column for column in columns}
    told = (
        _numbers_in_names(found),
        _start_of_few(found, below),
        _several_sessions(found, below),
        _other_status(found, below),
        _blanks_explained(around),
    )
    return tuple(filter(None, told))


def several_starts(columns: Sequence[ColumnPlan], below: Below) -> str | None:
    """What is asked where a learner has two times on one day of one course: two sessions, or one that is told twice.

    None where no such learner is there, a profile says what the column is, or it says when each learner came.
    """
    found = {column.field: column for column in columns}
    day = found.get("session_date")
    if day is None or day.by_profile or len(day.letters) > 1 or {"session_id", "session_start"} & found.keys():
        return None
    if any(says(header, name) for header in day.headers for name in _OF_EACH_LEARNER):
        return None
    moments = below.distinct(day.letters[0])
    days = without_clock(moments)
    if pc.count_distinct(days).as_py() == len(moments):
        return None
    learner, course = (
        [x for name in names if name in found for x in found[name].letters]
        for names in ((*sorted(IDENTITY), "learner_name"), _COURSE)
    )
    first = _first_with_two(below, learner, course, day.letters[0])
    if first is None:
        return None
    header = _header(day)
    written = json.dumps(header, ensure_ascii=False)
    return (
        f"“{header}” has several times on one day for the same learner (“{first[0]}” and “{first[1]}”): two sessions, "
        "or one that is there twice. If two, write the time into a column “Start Time”; if one, take one of the rows "
        f"out. Administrator: in a profile, [columns] session_date = {written} reads all of a day as one session; "
        f"session_start = {written} makes each time a session of its own."
    )


def with_clock(columns: tuple[ColumnPlan, ...], below: Below) -> tuple[ColumnPlan, ...]:
    """The columns, the sessions' day with `clock` where its cells say when the sessions begin, in whole five minutes.

    So they do where all records of a course and day have one time, which is no learner's own.
    """
    found = {column.field: column for column in columns}
    day, course = found.get("session_date"), [x for name in _COURSE if name in found for x in found[name].letters]
    if day is None or not course or len(day.letters) > 1 or {"session_id", "session_start"} & found.keys():
        return columns
    own = any(says(header, name) for header in day.headers for name in _OF_EACH_LEARNER)
    if own or day.by_profile or any(column.letters == day.letters for column in columns if column is not day):
        return columns
    moments = below.distinct(day.letters[0])
    timed = moments.filter(pc.not_equal(without_clock(moments), moments))
    if not len(timed) or not pc.all(pc.match_substring_regex(timed, _WHOLE_TIME)).as_py():
        return columns
    if _first_with_two(below, (), course, day.letters[0]) is not None:
        return columns
    return tuple(replace(column, clock=True) if column is day else column for column in columns)


def _first_with_two(below: Below, learner: Sequence[str], course: Sequence[str], letter: str) -> tuple[str, str] | None:
    """The first and the last moment of the first learner who has several on one day of a course.

    learner, course: the letters of the columns that name them, without a learner any; letter: that of the moments.
    """
    held = [x for x in dict.fromkeys([*learner, *course]) if x in below.table.column_names]
    texts = pa.Table.from_batches(below.table.select(list(dict.fromkeys([*held, letter]))).to_batches())
    moments = texts.column(letter).cast(pa.large_string())
    named = [texts.column(x).is_valid() for x in held if x in (learner or course)]
    if not named:
        return None
    rows = pa.table({x: texts.column(x).cast(pa.large_string()) for x in held})
    rows = rows.append_column("moment", moments).append_column("day", without_clock(moments))
    rows = rows.filter(pc.and_(moments.is_valid(), reduce(pc.or_, named)))
    told = rows.group_by([*held, "day"], use_threads=False).aggregate([("moment", "min"), ("moment", "max")])
    two = told.filter(pc.not_equal(told["moment_min"], told["moment_max"])).slice(0, 1)
    return (two["moment_min"][0].as_py(), two["moment_max"][0].as_py()) if len(two) else None


def shared_numbers(columns: Sequence[ColumnPlan], below: Below) -> str | None:
    """What is asked where one small number is the session's ID of several courses: it numbers the sessions of each."""
    found = {column.field: column for column in columns}
    session, course = found.get("session_id"), next((found[name] for name in _COURSE if name in found), None)
    if session is None or course is None or session.by_profile or len(session.letters) > 1:
        return None
    two = _courses_of_one(below, session.letters[0], course.letters[0]) if below.counts_up(session.letters[0]) else None
    if two is None:
        return None
    number, *names = two
    of_both = json.dumps([_header(course), _header(session)], ensure_ascii=False)
    return (
        f"“{_header(session)}” has the number {number} for “{names[0]}” and for “{names[1]}”, so it does not tell the "
        "sessions apart. Write the ID of each session into a column “Session ID”, such as the course's ID and the "
        f"number. Administrator: in a profile, [columns] session_id = {of_both} joins them."
    )


def _courses_of_one(below: Below, session: str, course: str) -> tuple[str, str, str] | None:
    """The first text of one column that stands beside two courses of another, and these."""
    texts = pa.Table.from_batches(below.table.select(list(dict.fromkeys([session, course]))).to_batches())
    number, name = (texts.column(x).cast(pa.large_string()) for x in (session, course))
    spelled = pc.utf8_lower(pc.utf8_trim_whitespace(name))
    rows = pa.table({"number": number, "name": name, "spelled": spelled}).filter(
        pc.and_(number.is_valid(), name.is_valid())
    )
    each = rows.group_by(["number", "spelled"], use_threads=False).aggregate([("name", "min")])
    told = each.group_by("number", use_threads=False).aggregate(
        [("spelled", "count"), ("name_min", "min"), ("name_min", "max")]
    )
    two = told.filter(pc.greater(told["spelled_count"], 1)).slice(0, 1).to_pylist()
    return (two[0]["number"], two[0]["name_min_min"], two[0]["name_min_max"]) if two else None


def _numbers_in_names(found: Mapping[str, ColumnPlan]) -> str | None:
    name, number = found.get("learner_name"), found.get("learner_employee_id")
    if name is None or number is None or number.by_profile or name.letters != number.letters or not number.pattern:
        return None
    return f"The employee ID is the number in brackets behind each name under “{_header(number)}”."


def _header(column: ColumnPlan) -> str:
    return " ".join((column.headers[0] if column.headers else column.letters[0]).split())


def _start_of_few(found: Mapping[str, ColumnPlan], below: Below) -> str | None:
    """Of records too few to show it: whether a bare `Start Date` is the session's, or each learner's own."""
    start, done = found.get("session_date"), found.get("completed_on")
    if start is None or done is None or start.by_profile or start.letters == done.letters or "session_id" in found:
        return None
    bare = any(says(header, "start") for header in start.headers) and not any(
        says(header, name) for header in start.headers for name in ("session", "course")
    )
    own = len(below.distinct(start.letters[0])) == below.filled(start.letters[0]) <= _FEW
    if not bare or not own or any(says(header, "end") for header in done.headers):
        return None
    return f"“{_header(start)}” is read as the day of the session; with so few rows it may be when each learner began."


def _several_sessions(found: Mapping[str, ColumnPlan], below: Below) -> str | None:
    """Of sessions that only course and day tell apart: one that has several trainers, rooms or titles."""
    course, day = next((found[name] for name in _COURSE if name in found), None), found.get("session_date")
    done = found.get("completed_on")
    if course is None or day is None or {"session_id", "session_start"} & found.keys():
        return None
    if done is not None and done.letters == day.letters:
        return None
    fed = {letter for column in found.values() for letter in column.letters}
    held = (x for x, header in below.headers.items() if header and words_of(header) in labels_of("held"))
    told = (_held_apart(below, course, day, letter) for letter in held if letter not in fed)
    return next(filter(None, told), None)


def _other_status(found: Mapping[str, ColumnPlan], below: Below) -> str | None:
    """Of a column that feeds nothing: whether it says that learners cancelled or did not come."""
    fed = {letter for column in found.values() for letter in column.letters}
    if "status" not in found or found["status"].by_profile:
        return None
    for letter, header in below.headers.items():
        if letter in fed or not says(header, "status") or not below.holds_statuses(letter):
            continue
        if words := [text for text in below.at_top(letter) if status_of(text) in (CANCELLED, NO_SHOW)]:
            return f"“{header}” has statuses too, such as “{words[0]}”, which are not used."
    return None


def _held_apart(below: Below, course: ColumnPlan, day: ColumnPlan, letter: str) -> str | None:
    letters = [course.letters[0], day.letters[0], letter]
    rows = below.first_rows(letters).dropna()
    days = without_clock(pa.array(rows[letters[1]], pa.large_string()))
    held = rows.assign(**{letters[1]: days.to_pylist()}).drop_duplicates()
    if not len(several := held[held.duplicated(letters[:2], keep=False)]):
        return None
    first = several.iloc[0]
    texts = several[(several[letters[:2]] == first[letters[:2]]).all(axis=1)][letter].head(_SHOWN)
    said = " and ".join(f"“{text}”" for text in texts)
    return (
        f"“{first[letters[0]]}” on one day is read as one session, although “{below.headers[letter]}” differs there "
        f"({said}). If these are several sessions, add a column “Session ID” or “Start Time”."
    )


def _blanks_explained(around: Iterable[Cells]) -> str | None:
    word = word_for_blanks(around)
    if word is None:
        return None
    return f"The sheet says that a blank cell means “{word}”: blank cells are no records. Write that word there."
