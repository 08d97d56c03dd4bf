"""What SmarterU knows: its users, groups, courses and sessions, and the enrollments that exist, read page by page.

Every function takes a `call` that sends a request (its keys still empty) and gives the answer's bytes, so that the
caller keeps one request in flight. All of them raise CallRefused when SmarterU refuses the call, and Stopped when the
answer cannot be read; whatever `call` raises passes through.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
from lxml import etree

from destinations.reference_page import Page
from destinations.smarteru.answers import AnswerProblem, NotAnAnswer, element_of, errors_of, text_of
from destinations.smarteru.codes import CODES
from rollbook.errors import Stopped
from transforms.values.dates.dates import Order, clean_dates, clean_times
from transforms.values.normalize import address, addresses, trim
from transforms.values.statuses.status_words import StatusMeaning, clean_statuses
from validators.context import empty_reference
from validators.grades import normalise_grade_types

Call = Callable[[bytes], bytes]
# A tag with its text, or with what it holds.
Tag = tuple[str, "str | Iterable[Tag]"]

# Number of the page, how many there are, number of the first row, what was found.
_Found = tuple[int, "int | None", int, list[Any]]

MOST_ROWS = 1000
DATE_FORMAT = "%Y-%m-%d"

# The columns of the learner report's frames; all `str` but the dates (datetime64[s]).
HELD_COLUMNS = (
    "learner_email",
    "learner_employee_id",
    "session_id",
    "status",
    "grade",
    "enrolled_on",
    "completed_on",
)
# What an enrollment can be in the report, in SmarterU's words.
REPORT_STATUSES = (
    "Enrolled",
    "Unconfirmed",
    "In Progress",
    "Warning",
    "Overdue",
    "Attending",
    "Not Attending",
    "Attended",
    "Did Not Attend",
    "Cancelled",
    "Completed",
)
# What the history that is sent to SmarterU becomes in its report.
HISTORY_STATUSES = ("Attended", "Completed", "Did Not Attend")
_LEARNERS = "Info/LearnerReport/Learner"
_WRONG_STRUCTURE = ("SU:12", "SU:13")
_SHOWN = 300
_NO_GROUP = "rollbook 6f1d: no group has this name"
_GROUP_STATUSES = ("ACTIVE", "INACTIVE")
_REPORT_COLUMNS = ("COURSE_SESSION_ID", "EMPLOYEE_ID", "USER_EMAIL", "ENROLLED_DATE", "GRADE", "COMPLETED_DATE")
# Where the report's texts stand: SmarterU's pages and recorded traffic name the e-mail and the status differently.
_REPORT_TAGS = {
    "learner_email": ("LearnerEmail", "UserEmail", "Email"),
    "learner_employee_id": ("EmployeeID",),
    "session_id": ("CourseSessionID",),
    "status": ("EnrollmentStatus", "Status"),
    "grade": ("Grade",),
    "enrolled_on": ("EnrolledDate",),
    "completed_on": ("CompletedDate",),
}


class CallRefused(Stopped):
    """SmarterU answered a reading call with an error. code: as codes.CODES has it, or as sent; empty: it told none."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(code, why)
        self.code = code
        self.why = why

    def __str__(self) -> str:
        return f"SmarterU refuses the call: {self.why}"


@dataclass(frozen=True, eq=False)
class GroupCourses:
    """The courses of one group. assignments: a frame of `group-courses`. courses: the same as a frame of `courses`."""

    assignments: pd.DataFrame
    courses: pd.DataFrame


@dataclass(frozen=True)
class ReportFilter:
    """Which enrollments the learner report shows; what is left empty does not restrict it.

    statuses: of REPORT_STATUSES. emails, employee_ids: of users, who are shown if they are in either.
    """

    group_names: Sequence[str] = ()
    statuses: Sequence[str] = ()
    emails: Sequence[str] = ()
    employee_ids: Sequence[str] = ()


def users(call: Call, first_page: int = 1, page_size: int = MOST_ROWS) -> Iterator[Page]:
    """All users, active or not, as frames of `learners`; who has neither e-mail nor employee ID is among them.

    Users that come and go while the list is read shift its pages: a user may come twice.
    """

    def request(number: int) -> bytes:
        return _users_request(number, page_size)

    for number, of, first_row, found in _pages(call, request, "Info/Users/User", first_page, page_size):
        lines = [(_email(user), _text(user, "EmployeeID"), _full_name(user)) for user in found]
        yield Page(_reference("learners", lines, first_row), number, of)


def takes_group_filter(call: Call) -> bool:
    """Whether the list of users can be asked for one group: of a name that no group has, it shows nobody.

    Where it shows somebody, the filter is ignored; where the call is refused, it is not known.
    """
    try:
        root = _answer(call, _users_request(1, 1, _NO_GROUP))
    except CallRefused as error:
        if error.code in CODES and error.code not in _WRONG_STRUCTURE:
            raise
        return False
    return root.find("Info/Users/User") is None


def group_members(call: Call, group_id: str | None, name: str, page_size: int = MOST_ROWS) -> pd.DataFrame:
    """The users of one group, as a frame of `memberships`: a call for each page. See `takes_group_filter`."""
    lines = []
    pages = _pages(call, lambda number: _users_request(number, page_size, name), "Info/Users/User", 1, page_size)
    for _, _, _, found in pages:
        keys = ((_email(user), _text(user, "EmployeeID")) for user in found)
        lines += [(group_id, name, *pair) for pair in keys if any(pair)]
    return _reference("memberships", lines)


def _users_request(number: int, page_size: int, group: str | None = None) -> bytes:
    filters: list[Tag] = [("GroupName", group)] if group else []
    return _request("listUsers", ("User", [*_page(number, page_size), ("Filters", [*filters, ("UserStatus", "All")])]))


def user_groups(call: Call, email: str | None, employee_number: str | None) -> pd.DataFrame:
    """The groups of one user, asked for by the e-mail where there is one, as a frame of `memberships`."""
    by = ("Email", email) if email else ("EmployeeID", employee_number or "")
    root = _answer(call, _request("getUserGroups", ("User", [by])))
    found = root.iterfind("Info/UserGroups/Group")
    lines = [(_text(group, "Identifier"), _text(group, "Name"), email, employee_number) for group in found]
    return _reference("memberships", lines)


def groups(call: Call) -> pd.DataFrame:
    """All groups, the active ones first, as a frame of `groups`. Two calls."""
    lines = []
    for status in _GROUP_STATUSES:
        root = _answer(call, _request("listGroups", ("Group", [("Filters", [("GroupStatus", status)])])))
        lines += [(_text(group, "GroupID"), _text(group, "Name")) for group in root.iterfind("Info/Groups/Group")]
    return _reference("groups", lines)


def group_courses(call: Call, group_id: str | None, name: str | None) -> GroupCourses:
    """The courses that are assigned to one group, asked for by the ID where it has one."""
    by = ("GroupID", group_id) if group_id else ("Name", name or "")
    root = _answer(call, _request("getGroupLearningModules", ("Group", [by])))
    found = root.iterfind("Info/LearningModules/LearningModule")
    courses = [(_text(course, "LearningModuleID"), _text(course, "Name")) for course in found]
    assignments = [(group_id, name, course_id) for course_id, _ in courses]
    return GroupCourses(_reference("group-courses", assignments), _reference("courses", courses))


def sessions(call: Call, course_id: str, course_name: str | None, *, date_format: str = DATE_FORMAT) -> pd.DataFrame:
    """The sessions of one course, as a frame of `sessions`.

    Of several dates the first one counts, and the fewest seats. A start at midnight is a date without a time.
    """
    root = _answer(call, _request("listSessions", ("LearningModule", [("LearningModuleID", course_id)])))
    found = list(root.iterfind("Info/Sessions/Session"))
    texts = [[_text(day, "StartDate") for day in session.iterfind("Dates/Date")] for session in found]
    starts = _first_starts(texts, date_format)
    lines = [
        (_text(session, "CourseSessionID"), course_id, course_name, *start, _text(session, "GradeType"), None, status)
        for session, start in zip(found, starts, strict=True)
        for status in [_text(session, "Status")]
    ]
    frame = _reference("sessions", lines)
    seats = pd.array([_seats(session) for session in found], dtype="Int64")
    return frame.assign(grade_type=normalise_grade_types(frame["grade_type"]), max_participants=seats)


def learner_report(
    call: Call,
    shown: ReportFilter | None = None,
    first_page: int = 1,
    page_size: int = MOST_ROWS,
    *,
    date_format: str = DATE_FORMAT,
) -> Iterator[Page]:
    """The enrollments that exist, as frames of HELD_COLUMNS, their statuses in Rollbook's words.

    No column of the report is known to hold the status, so ask for one status at a time: where SmarterU tells none, it
    is the one that was asked for, and missing if that were several. A status that has no certain meaning, and a date
    that can be read in two ways, are missing as well. Enrollments in no session are left out.
    """
    shown = shown or ReportFilter()
    only = shown.statuses[0] if len(shown.statuses) == 1 else None
    for page in _report_pages(call, _filters(shown), first_page, page_size):
        number, of, first_row, found = page
        yield Page(_held(found, first_row, only, date_format), number, of)


def enrollments_by_status(
    call: Call,
    shown: ReportFilter | None = None,
    first_page: int = 1,
    page_size: int = MOST_ROWS,
    *,
    date_format: str = DATE_FORMAT,
) -> Iterator[Page]:
    """The learner report, asked for one status after the other, so that each enrollment's status is known.

    shown: its `statuses` (in their order), else HISTORY_STATUSES. first_page: of the first status; the others are read
    from their beginning.
    """
    shown = shown or ReportFilter()
    for status in shown.statuses or HISTORY_STATUSES:
        only = replace(shown, statuses=[status])
        yield from learner_report(call, only, first_page, page_size, date_format=date_format)
        first_page = 1


def _report_pages(call: Call, filters: list[Tag], first_page: int, page_size: int) -> Iterator[_Found]:
    """The report's pages. Sources differ on where the columns stand: inside of the report's tag, or behind it."""
    columns: Tag = ("Columns", [("ColumnName", name) for name in _REPORT_COLUMNS])

    def inside(number: int) -> bytes:
        return _request("getLearnerReport", ("Report", [*_page(number, page_size), ("Filters", filters), columns]))

    def behind(number: int) -> bytes:
        return _request("getLearnerReport", ("Report", [*_page(number, page_size), ("Filters", filters)]), columns)

    given = False
    try:
        for page in _pages(call, inside, _LEARNERS, first_page, page_size):
            given = True
            yield page
    except CallRefused as error:
        if given or error.code not in _WRONG_STRUCTURE:
            raise
        yield from _pages(call, behind, _LEARNERS, first_page, page_size)


def _request(method: str, *parameters: Tag) -> bytes:
    tags: Tag = (
        "SmarterU",
        [("AccountAPI", ""), ("UserAPI", ""), ("Method", method), ("Parameters", parameters)],
    )
    return etree.tostring(_element(tags), xml_declaration=True, encoding="UTF-8")


def _element(tag: Tag) -> etree._Element:
    name, content = tag
    element = etree.Element(name)
    if isinstance(content, str):
        element.text = content or None
    else:
        element.extend(_element(inner) for inner in content)
    return element


def _page(number: int, size: int) -> list[Tag]:
    return [("Page", str(number)), ("PageSize", str(min(size, MOST_ROWS)))]


def _filters(shown: ReportFilter) -> list[Tag]:
    """Groups and users have to be named, or all of them asked for; a restriction that does not apply is left out."""
    named: list[Tag] = [("GroupName", name) for name in shown.group_names]
    statuses: list[Tag] = [("EnrollmentStatus", status) for status in shown.statuses]
    people: list[Tag] = [("EmailAddress", email) for email in shown.emails]
    people += [("EmployeeID", number) for number in shown.employee_ids]
    found: list[Tag] = [("Groups", [("GroupNames", named)] if named else [("GroupStatus", "All")])]
    if statuses:
        found.append(("LearningModules", [("EnrollmentStatuses", statuses)]))
    found.append(("Users", [("UserIdentifier", people)] if people else [("UserStatus", "All")]))
    return found


def _answer(call: Call, request: bytes) -> etree._Element:
    """The root of the answer; raises Stopped where it holds errors or is none."""
    try:
        root = element_of(call(request))
    except NotAnAnswer as error:
        raise Stopped(f"SmarterU's answer cannot be read. {error} Try again later.") from error
    problems = errors_of(root)
    if problems:
        raise CallRefused(problems[0].code, _describe(problems[0]))
    if text_of(root, "Result").lower() != "success":
        raise CallRefused("", "it does not say why. Try again later.")
    return root


def _describe(problem: AnswerProblem) -> str:
    """What a code means; of one that is not in the table, what SmarterU says of it."""
    known = CODES.get(problem.code)
    said = known.meaning + " " + known.remedy if known else " ".join(problem.message.split())[:_SHOWN]
    return f"{problem.code}: {said}"


def _pages(call: Call, request: Callable[[int], bytes], path: str, first_page: int, page_size: int) -> Iterator[_Found]:
    """Page after page, until one is empty or all records were seen."""
    size, number = min(page_size, MOST_ROWS), first_page
    seen, before = (first_page - 1) * size, b""
    while True:
        root = _answer(call, request(number))
        found = list(root.iterfind(path))
        content = b"".join(map(etree.tostring, found))
        # A server that knows no pages gives the same one for ever.
        if not found or content == before:
            return
        total = _number(text_of(root, "Info/TotalRecords"))
        yield number, None if total is None else math.ceil(total / size), seen + 1, found
        seen, before, number = seen + len(found), content, number + 1
        if total is not None and seen >= total:
            return


def _reference(kind: str, lines: Sequence[tuple[str | date | None, ...]], first_row: int = 1) -> pd.DataFrame:
    dtypes = {str(name): str(dtype) for name, dtype in empty_reference(kind).dtypes.items()}
    return _frame(dtypes, lines, first_row)


def _frame(dtypes: Mapping[str, str], lines: Sequence[tuple[object, ...]], first_row: int) -> pd.DataFrame:
    columns = zip(*lines, strict=True) if lines else ((),) * len(dtypes)
    frame = {name: pd.Series(list(cells), dtype=dtypes[name]) for name, cells in zip(dtypes, columns, strict=True)}
    return pd.DataFrame({"row": pd.RangeIndex(first_row, first_row + len(lines)).to_numpy("int64"), **frame})


def _text(element: etree._Element, *paths: str) -> str | None:
    """The first of the texts at these paths that is not blank."""
    return next(filter(None, (trim(text_of(element, path)) for path in paths)), None)


def _email(element: etree._Element) -> str | None:
    email = _text(element, "Email")
    return email and address(email)


def _full_name(user: etree._Element) -> str | None:
    return " ".join(filter(None, (_text(user, "GivenName"), _text(user, "Surname")))) or None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else None


def _seats(session: etree._Element) -> int | None:
    """The fewest seats that the session or one of its dates has; none at all means that there is no limit."""
    told = [_number(text_of(place, "Capacity")) for place in (session, *session.iterfind("Dates/Date"))]
    return min(filter(None, told), default=None)


def _first_starts(texts: list[list[str | None]], date_format: str) -> list[tuple[date | None, str | None]]:
    """The first day of each list of moments, and its time of day where it has one."""
    flat = pd.Series([text for several in texts for text in several], dtype="str")
    moments = iter(zip(_days(flat, date_format), clean_times(flat).values, strict=True))
    starts: list[tuple[date | None, str | None]] = []
    for several in texts:
        known = [(day, _time(time)) for day, time in (next(moments) for _ in several) if not pd.isna(day)]
        starts.append(min(known, key=lambda start: (start[0], start[1] or ""), default=(None, None)))
    return starts


def _time(time: object) -> str | None:
    return time if isinstance(time, str) and time != "00:00" else None


def _held(found: list[etree._Element], first_row: int, only: str | None, date_format: str) -> pd.DataFrame:
    lines = [tuple(_text(learner, *tags) for tags in _REPORT_TAGS.values()) for learner in found]
    frame = _frame(dict.fromkeys(HELD_COLUMNS, "str"), lines, first_row)
    if only is not None:
        frame["status"] = frame["status"].fillna(only)
    held = frame.assign(
        learner_email=addresses(frame["learner_email"]),
        status=clean_statuses(frame["status"], StatusMeaning(), {}).values,
        enrolled_on=_days(frame["enrolled_on"], date_format),
        completed_on=_days(frame["completed_on"], date_format),
    )
    return held[held["session_id"].notna()].reset_index(drop=True)


def _days(texts: pd.Series, date_format: str) -> pd.Series:
    """The days (datetime64[s]): as the format says, else what allows only one reading, in the format's order."""
    exact = pd.to_datetime(texts, format=date_format, errors="coerce").astype("datetime64[s]").dt.normalize()
    return exact.fillna(clean_dates(texts, _order(date_format), None, False, datetime.now(UTC).date(), False).values)


def _order(date_format: str) -> Order | None:
    day, month = date_format.find("%d"), date_format.find("%m")
    if min(day, month) < 0 or date_format.startswith("%Y"):
        return None
    return "DMY" if day < month else "MDY"
