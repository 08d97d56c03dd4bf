"""The methods that only read: users, groups, courses, sessions, and the learner report."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from lxml import etree

from tests.servers.smarteru_answers import Style, answer, element, moment
from tests.servers.smarteru_checks import Refused, text_of
from tests.servers.smarteru_state import Enrollment, State, User

_MOST_A_PAGE = 1000
# How the report calls the statuses of enrollSessionHistory.
REPORTED = {"NotAttended": "Did Not Attend", "Attended": "Attended", "Completed": "Completed"}
# What the report's pages list; those that are not kept here come empty.
_COLUMNS = set(
    "ALTERNATE_EMAIL COMPLETED_DATE COURSE_DURATION COURSE_SESSION_ID DIVISION DUE_DATE EMPLOYEE_ID ENROLLED_DATE "
    "GRADE GRADE_PERCENTAGE GROUP_ID GROUP_NAME LAST_ACCESSED_DATE POINTS PROGRESS ROLE_ID STARTED_DATE "
    "SUBSCRIPTION_NAME TITLE USER_EMAIL VARIANT_END_DATE VARIANT_NAME VARIANT_START_DATE".split()
)
_REPORT_STATUSES = {
    *("Enrolled", "Unconfirmed", "In Progress", "Warning", "Overdue", "Attending", "Not Attending", "Attended"),
    *("Did Not Attend", "Cancelled", "Completed"),
}
# Groups and users have to be named, or all of them asked for.
_NEEDED = (
    ("Filters/Groups/GroupStatus", "Filters/Groups/GroupNames/GroupName"),
    (
        "Filters/Users/UserStatus",
        "Filters/Users/UserIdentifier/EmailAddress",
        "Filters/Users/UserIdentifier/EmployeeID",
    ),
)
_Row = TypeVar("_Row")
# No source tells the codes with which these methods refuse: a client cannot count on any.
_REFUSAL = "RD:01"


class Reading:
    """Answers from what is kept."""

    def __init__(self, state: State, style: Style) -> None:
        self._state = state
        self._style = style
        self._methods: dict[str, Callable[[etree._Element], str]] = {
            "listUsers": self._users,
            "getUserGroups": self._groups_of_user,
            "listGroups": self._groups,
            "getGroupLearningModules": self._courses,
            "listSessions": self._sessions,
            "getLearnerReport": self._report,
        }

    def read(self, method: str, parameters: etree._Element) -> bytes:
        """The answer to a checked package; raises Refused."""
        return answer("Success", self._methods[method](parameters), (), self._style)

    def _users(self, asked: etree._Element) -> str:
        status = text_of(asked, "Filters/UserStatus") or "Active"
        users = [user for user in self._state.users.values() if status in ("All", user.status)]
        group = text_of(asked, "Filters/GroupName")
        if group is not None and self._style.group_filter == "refused":
            raise Refused("SU:13")
        if group is not None and self._style.group_filter == "taken":
            members = {user for one in self._state.groups.values() if one.name == group for user in one.members}
            users = [user for user in users if user.id in members]
        users.sort(key=lambda user: user.surname, reverse=(text_of(asked, "SortOrder") or "ASC").upper() == "DESC")
        listed = "".join(map(_user, _page(users, asked)))
        return f"<Users>{listed}</Users><TotalRecords>{len(users)}</TotalRecords>"

    def _groups_of_user(self, asked: etree._Element) -> str:
        own_id = text_of(asked, "ID")
        user = (
            self._state.users.get(own_id)
            if own_id is not None
            else self._state.user(email=text_of(asked, "Email"), employee_id=text_of(asked, "EmployeeID"))
        )
        if user is None:
            raise Refused(_REFUSAL, "The requested user does not exist.")
        groups = [group for group in self._state.groups.values() if user.id in group.members]
        listed = "".join(
            f"<Group>{element('Name', group.name)}{element('Identifier', group.id)}"
            f"{element('IsHomeGroup', '1' if group.name == user.home_group else '0')}</Group>"
            for group in groups
        )
        return f"<UserGroups>{listed}</UserGroups>"

    def _groups(self, asked: etree._Element) -> str:
        status = text_of(asked, "Filters/GroupStatus")
        groups = [group for group in self._state.groups.values() if status in (None, "", group.status)]
        listed = "".join(
            f"<Group>{element('Name', group.name)}{element('GroupID', group.id)}</Group>" for group in groups
        )
        return f"<Groups>{listed}</Groups>"

    def _courses(self, asked: etree._Element) -> str:
        group = self._state.group(name=text_of(asked, "Name"), group_id=text_of(asked, "GroupID"))
        if group is None:
            raise Refused(_REFUSAL, "The requested group does not exist.")
        courses = [self._state.courses[course] for course in sorted(group.courses)]
        listed = "".join(
            f"<LearningModule>{element('LearningModuleID', course.id)}{element('Name', course.name)}"
            f"{element('Type', 'Instructor-Led')}{element('Status', 'Active')}</LearningModule>"
            for course in courses
        )
        return f"<LearningModules>{listed}</LearningModules>"

    def _sessions(self, asked: etree._Element) -> str:
        course = text_of(asked, "LearningModuleID")
        if course not in self._state.courses:
            raise Refused(_REFUSAL, "The requested learning module does not exist.")
        listed = "".join(
            f"<Session>{element('CourseSessionID', session.id)}{element('Status', session.status)}"
            f"{element('Type', 'Instructor-Led')}{element('GradeType', session.grade_type)}"
            f"<Dates><Date>{element('StartDate', moment(session.starts))}{element('EndDate', moment(session.starts))}"
            f"</Date></Dates>{element('Capacity', None if session.capacity is None else str(session.capacity))}"
            "</Session>"
            for session in self._state.sessions.values()
            if session.course_id == course
        )
        return f"<Sessions>{listed}</Sessions>"

    def _report(self, asked: etree._Element) -> str:
        if not self._style.report:
            raise Refused(_REFUSAL, "The API user does not have permission to use this method.")
        if not all(any(text_of(asked, path) for path in paths) for paths in _NEEDED):
            raise Refused("SU:12")
        if set(_texts(asked, "Filters/LearningModules/EnrollmentStatuses/EnrollmentStatus")) - _REPORT_STATUSES:
            raise Refused(_REFUSAL, "The enrollment status is not valid.")
        rows = [row for row in self._state.enrollments.values() if self._is_asked_for(row, asked)]
        page = _page(rows, asked)
        parameters = asked.getparent()
        assert parameters is not None
        columns = [str(column.text).strip() for column in parameters.iterfind(".//ColumnName")]
        unknown = set(columns) - _COLUMNS
        if unknown:
            raise Refused(_REFUSAL, f"The column {min(unknown)} is not valid.")
        listed = "".join(self._learner(row, columns) for row in page)
        count = {"page": len(page), "total": len(rows), "none": 0}[self._style.report_rows]
        return f'<LearnerReport rows="{count}">{listed}</LearnerReport>'

    def _is_asked_for(self, row: Enrollment, asked: etree._Element) -> bool:
        """A filter that is empty or missing lets everything through."""
        user, group = self._state.users[row.user_id], self._state.groups[row.group]
        course = self._state.sessions[row.session_id].course_id
        filters = (
            (_texts(asked, "Filters/Groups//GroupName"), group.name),
            (_texts(asked, "Filters/Groups//GroupID"), group.id),
            (_texts(asked, "Filters/LearningModules/EnrollmentStatuses/*"), REPORTED[row.status]),
            (_texts(asked, "Filters/LearningModules//LearningModuleID"), course),
        )
        return all(not wanted or has in wanted for wanted, has in filters) and _is_one_of(user, asked)

    def _learner(self, row: Enrollment, columns: Sequence[str]) -> str:
        user, session = self._state.users[row.user_id], self._state.sessions[row.session_id]
        course = self._state.courses[session.course_id]
        always = {
            "ID": row.id,
            "CourseName": course.name,
            "LastName": user.surname,
            "FirstName": user.given_name,
            "LearningModuleID": course.id,
            "UserID": user.id,
            "CreatedDate": moment(session.starts),
            "ModifiedDate": moment(session.starts),
        }
        asked_for = {
            "COURSE_SESSION_ID": ("CourseSessionID", session.id),
            "EMPLOYEE_ID": ("EmployeeID", user.employee_id),
            "USER_EMAIL": ("LearnerEmail", user.email),
            "ENROLLED_DATE": ("EnrolledDate", moment(row.enrolled_on)),
            "GRADE": ("Grade", row.grade),
            "COMPLETED_DATE": ("CompletedDate", moment(session.starts) if row.status == "Completed" else None),
        }
        cells = [*always.items(), *(asked_for.get(column, (_tag(column), None)) for column in columns)]
        if self._style.status_tag:
            cells.append((self._style.status_tag, REPORTED[row.status]))
        return f"<Learner>{''.join(element(name, text) for name, text in cells)}</Learner>"


def _page(rows: Sequence[_Row], asked: etree._Element) -> Sequence[_Row]:
    page, size = text_of(asked, "Page") or "1", text_of(asked, "PageSize") or "50"
    if not (page.isdecimal() and size.isdecimal() and int(page) > 0 and 0 < int(size) <= _MOST_A_PAGE):
        raise Refused(_REFUSAL, "The page or its size is not valid.")
    first = (int(page) - 1) * int(size)
    return rows[first : first + int(size)]


def _tag(column: str) -> str:
    return "".join(word.title() for word in column.split("_")).removesuffix("Id") + "ID" * column.endswith("_ID")


def _is_one_of(user: User, asked: etree._Element) -> bool:
    """Whether the filter names the user, by whichever key, or nobody."""
    named = [_texts(asked, f"Filters/Users//{name}") for name in ("Email", "EmailAddress", "EmployeeID")]
    emails = {email.casefold() for email in named[0] + named[1]}
    return not any(named) or (user.email or "").casefold() in emails or user.employee_id in named[2]


def _texts(asked: etree._Element, path: str) -> list[str]:
    return [str(found.text).strip() for found in asked.iterfind(path) if found.text]


def _user(user: User) -> str:
    cells = (
        ("ID", user.id),
        ("Email", user.email),
        ("EmployeeID", user.employee_id),
        ("GivenName", user.given_name),
        ("Surname", user.surname),
        ("Status", user.status),
        ("HomeGroup", user.home_group),
    )
    return f"<User>{''.join(element(name, text) for name, text in cells)}</User>"
