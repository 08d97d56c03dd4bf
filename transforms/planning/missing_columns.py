"""What a sheet is missing, and what supplies it: a header, or a key of a profile."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from rollbook.rows.fields import FIELDS
from rollbook.text.days import without_midnight
from transforms.planning.columns.column_mapping import ColumnPlan
from transforms.planning.layouts.wide import SessionColumn
from transforms.planning.table.below import Below
from transforms.planning.table.header_words import meaning_of_answers
from transforms.planning.table.headers import AXCELERATE, header_key, usual_entries
from transforms.planning.table.table_detection import LEARNER, FoundHeader, has_session
from transforms.values.dates.date_problems import SEVERAL_DAYS, WITHOUT_YEAR
from transforms.values.dates.date_readings import why_no_day
from transforms.vocabulary.languages import words_at

_A_ROW_EACH = "If each is a session, give every attendance a row of its own, with the date under “Session Date”."


@dataclass(frozen=True)
class Missing:
    """What is missing. skip: no learners at all, so that the sheet is of another kind and passed over.

    remedy, administrator: what to do in the sheet, and in a profile.
    """

    message: str
    skip: bool = False
    remedy: str = ""
    administrator: str = ""

    def told(self, dated: int = 0, partly: Sequence[str] = (), unread: str = "") -> str:
        """The whole message.

        dated: so many columns are headed by a date and may be sessions. partly: headers that are a part of a date.
        unread: what is said of a column that would be the session's day.
        """
        if not unread and dated < 2 <= len(partly):
            return (
                f"{self.message} {len(partly)} columns have a part of a date as their header, such as “{partly[0]}”. "
                f"{_A_ROW_EACH} Administrator: or write the whole dates there, such as 2024-01-31, and read these "
                f'columns as sessions: [sheet] layout = "wide". If they are not sessions: {self.administrator}.'
            )
        if unread or dated < 2:
            message = f"{self.message} {unread}".strip()
            return f"{message} {self.remedy} Administrator: map them in a profile: {self.administrator}."
        return (
            f"{self.message} {dated} columns have a date as their header. {_A_ROW_EACH} Administrator: or read these "
            f'columns as sessions: [sheet] layout = "wide". If they are not sessions: {self.administrator}.'
        )


def missing_columns(
    columns: Sequence[ColumnPlan],
    sessions: Sequence[SessionColumn],
    constants: Mapping[str, str],
    header: FoundHeader,
    headers: Mapping[str, str],
    destination: str,
) -> Missing | None:
    """What the columns and defaults lack of learner, session and status; None where nothing is missing.

    For aXcelerate: of the contact, of what the row is about, and of what it says of it.
    """
    mapped = {column.field for column in columns}
    have = mapped | constants.keys()
    if destination == AXCELERATE:
        return _missing_for_axcelerate(have, header, headers)
    of_cells = {"session_id"} if any(s.session_id for s in sessions) else set()
    of_cells |= {"session_date"} if any(s.session_date or s.problem for s in sessions) else set()
    of_cells |= {"course_name", "session_date"} if any(s.course_name for s in sessions) else set()
    no_session = not has_session(have | of_cells)
    no_status = "status" not in have and not sessions
    if not have & LEARNER or _names_of_other_things(columns, have, no_session, no_status):
        return Missing(no_learners(headers.values()), skip=True)
    if not no_session and not no_status:
        return None
    headings, keys = zip(
        *[_session_columns(have | of_cells, columns)] * no_session, *[_STATUS_COLUMN] * no_status, strict=True
    )
    lacking = " or ".join(["the session"] * no_session + ["the status"] * no_status)
    what = f"There is no column for {lacking}. {_seen(header, headers)}{_dates_read(columns) if no_status else ''}"
    return Missing(what, remedy=_added(headings), administrator="; ".join(keys))


def _added(headings: Sequence[str]) -> str:
    return f"Add the missing columns, or rename the right ones: {', and '.join(headings)}."


def _seen(header: FoundHeader, headers: Mapping[str, str]) -> str:
    row = f" (row {header.row})" if header.row else ""
    return f"The headers{row} are {_shown(headers.values())}."


def _dates_read(columns: Sequence[ColumnPlan]) -> str:
    """What is said of columns such as `Completed`, whose dates are no status."""
    told = [
        f" Column {column.letters[0]} (“{column.headers[0]}”) contains dates and is read as {_meaning(column.field)}."
        for column in columns
        if not column.by_profile and FIELDS[column.field].kind == "date" and meaning_of_answers(column.headers[0]).yes
    ]
    return "".join(told)


def _meaning(name: str) -> str:
    return FIELDS[name].meaning


def days_unread(below: Below, unmapped: Iterable[str], destination: str) -> str | None:
    """What is said of a column that its header would make the session's day, were its texts whole dates."""
    for letter in unmapped:
        header, top = below.headers[letter], below.at_top(letter)
        named = any(entry.field == "session_date" for _, entry in usual_entries(header, destination, below.spoken))
        parts = [text for text in top if why_no_day(text) in (SEVERAL_DAYS, WITHOUT_YEAR)] if named else []
        if parts and 2 * len(parts) > len(top):
            return (
                f"Column {letter} (“{header}”) is not used, because a text such as “{parts[0]}” is no whole date: "
                f"{why_no_day(parts[0])}. Write whole dates there, such as 2024-01-31."
            )
    return None


def addresses_unread(letter: str, header: str) -> str:
    """What is said of a sheet that identifies no learner, and of a column of e-mail addresses that feeds nothing."""
    column = f"Column {letter} (“{header}”)" if header else f"Column {letter}"
    return (
        "There is no column that identifies the learners: a name alone is not enough. "
        f"{column} contains e-mail addresses. If they are the learners' addresses, change its header to “Email”. "
        f'Administrator: or map it in a profile: [columns] learner_email = "{header or "@" + letter}".'
    )


def is_national_id(header: str) -> bool:
    """Is it a header of numbers by which a state knows people: `DNI`, `Codice Fiscale`?"""
    return header_key(header) in _national_ids()


@cache
def _national_ids() -> frozenset[str]:
    return frozenset(map(header_key, words_at("national_ids")))


def national_ids_unread(letter: str, header: str) -> str:
    """What is said of a sheet that identifies no learner, and of a column of national IDs."""
    return (
        "There is no column that identifies the learners: a name alone is not enough. "
        f"Column {letter} (“{header}”) contains national ID numbers, which are not used by themselves: they are "
        "personal, and your organization may know its people by others. Add a column “Employee ID” or “Email”. "
        f'Administrator: or use them, in a profile: [columns] learner_employee_id = "{header}".'
    )


def _missing_for_axcelerate(have: set[str], header: FoundHeader, headers: Mapping[str, str]) -> Missing | None:
    if not have & LEARNER:
        return Missing(no_learners(headers.values()), skip=True)
    lacking = [(name, heading, key) for name, heading, key, fields in _OF_AXCELERATE if not have & fields]
    if not lacking:
        return None
    names, headings, keys = zip(*lacking, strict=True)
    what = f"There is no column for {' or '.join(names)}. {_seen(header, headers)}"
    return Missing(what, remedy=_added(headings), administrator="; ".join(keys))


# What is missing, the headers and the keys that supply it, the fields of which one is enough: rows without a class may
# be workshops.
_OF_AXCELERATE = (
    ("the contact", "“Contact ID”", "[columns] contact_id", {"contact_id"}),
    (
        "the class, unit or module",
        "“Class ID” and “Unit ID”, or “Module Enrolment ID”",
        "[columns] class_id and unit_id, there or in [defaults], or module_enrolment_id",
        {"class_id", "unit_id", "module_enrolment_id"},
    ),
    (
        "the outcome, date or override",
        "“Outcome Code”, “Activity Start Date”, “Activity End Date” or “Access Override”",
        "[columns] outcome_code, started_on, ended_on or access_override",
        {"outcome_code", "started_on", "ended_on", "access_override"},
    ),
)


def no_learners(headers: Iterable[str]) -> str:
    """What is said of a sheet without learners."""
    return f"There is no column of learners; the headers are {_shown(headers)}."


_STATUS_COLUMN = ("“Status”", '[columns] status, or [defaults] status = "completed" if all rows have that status')


def _session_columns(have: set[str], columns: Sequence[ColumnPlan]) -> tuple[str, str]:
    """The headers that supply the session, and the keys of a profile."""
    course = {"course_id", "course_name"} & have
    if not course and "session_date" not in have:
        keys = "[columns] session_id, or course_name and session_date, there or in [defaults]"
        return "“Session ID”, or “Course” and “Session Date”", keys
    if not course:
        return "“Course” or “Session ID”", '[columns] or [defaults] course_name = "…", or session_id'
    completed = next((column.headers[0] for column in columns if column.field == "completed_on"), None)
    again = f' (session_date = "{completed}" if each learner has a date of their own)' if completed else ""
    return "“Session Date” or “Session ID”", f"[columns] or [defaults] session_date{again}, or session_id"


def _names_of_other_things(columns: Sequence[ColumnPlan], have: set[str], no_session: bool, no_status: bool) -> bool:
    """A column `Name` alone may be of courses or rooms: only beside a session or a status it is of learners."""
    usual_name = any(column.field == "learner_name" and not column.by_profile for column in columns)
    return have & LEARNER == {"learner_name"} and usual_name and no_session and no_status


def _shown(headers: Iterable[str]) -> str:
    texts = [without_midnight(" ".join(header.split())) for header in headers if header]
    return ", ".join(texts[:12]) + (", …" if len(texts) > 12 else "")
