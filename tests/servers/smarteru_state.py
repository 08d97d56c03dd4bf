"""What the SmarterU of the tests keeps: people, groups, courses, sessions, and who is enrolled."""

import csv
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path


@dataclass
class User:
    """Somebody with an account; `email` or `employee_id` may be missing."""

    id: str
    email: str | None
    employee_id: str | None
    given_name: str = "Ann"
    surname: str = "Other"
    status: str = "Active"
    home_group: str = ""


@dataclass
class Group:
    """members: users' IDs. courses: IDs of what is assigned. assignable: whether the API user may assign under it."""

    id: str
    name: str
    status: str = "ACTIVE"
    members: set[str] = field(default_factory=set)
    courses: set[str] = field(default_factory=set)
    assignable: bool = True


@dataclass
class Course:
    """An instructor-led course."""

    id: str
    name: str


@dataclass
class Session:
    """grade_type: "Letter Grade", "Pass/Fail", "Percentage", or None where it is not graded.

    capacity: None: no end. History may be overbooked: no enrollment is refused for it.
    """

    id: str
    course_id: str
    starts: datetime | None = datetime(2023, 5, 4, 9)  # noqa: DTZ001  SmarterU writes dates without a zone
    grade_type: str | None = None
    capacity: int | None = None
    status: str = "Completed"


@dataclass(frozen=True)
class Enrollment:
    """As it arrived. status: NotAttended, Attended, Completed. enrolled_on: as written. group: its ID."""

    id: str
    user_id: str
    session_id: str
    group: str
    status: str
    grade: str | None = None
    enrolled_on: datetime | None = None


@dataclass
class State:
    """Everything, by ID. Users are added by `add_user`, which keeps the look-ups; the rest may be edited as it is.

    enrollments: by (user's ID, session's ID), in the order of their arrival.
    odd_codes: e-mail, or employee ID of who has none -> a code that no page lists, with which enrollments of that user
    are refused.
    """

    users: dict[str, User] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    courses: dict[str, Course] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    enrollments: dict[tuple[str, str], Enrollment] = field(default_factory=dict)
    odd_codes: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_email: dict[str, User] = {}
        self._by_employee_id: dict[str, User] = {}
        self._numbers = count(1001)

    def add_user(self, email: str | None, employee_id: str | None, *groups: str, name: str = "Ann Other") -> User:
        """A new account, a member of the groups with these IDs; the first is its home group."""
        given, _, surname = name.partition(" ")
        user = User(str(next(self._numbers)), email, employee_id, given, surname)
        self.users[user.id] = user
        if email:
            self._by_email[email.casefold()] = user
        if employee_id:
            self._by_employee_id[employee_id] = user
        for group in groups:
            self.groups[group].members.add(user.id)
        user.home_group = self.groups[groups[0]].name if groups else ""
        return user

    def add_group(self, group_id: str, name: str, *courses: str) -> Group:
        """A new group to which courses are assigned."""
        group = self.groups[group_id] = Group(group_id, name, courses=set(courses))
        return group

    def add_session(self, session_id: str, course_id: str, **more: object) -> Session:
        """A new session of a course, which is made where it does not exist; more: the fields of Session."""
        self.courses.setdefault(course_id, Course(course_id, f"Course {course_id}"))
        session = self.sessions[session_id] = Session(session_id, course_id, **more)  # type: ignore[arg-type]
        return session

    def user(self, *, email: str | None = None, employee_id: str | None = None) -> User | None:
        """The account of an e-mail, without regard to case, or of an employee ID."""
        if email is not None:
            return self._by_email.get(email.casefold())
        return self._by_employee_id.get(employee_id or "")

    def group(self, *, name: str | None = None, group_id: str | None = None) -> Group | None:
        """The group of a name or an ID, compared exactly."""
        if group_id is not None:
            return self.groups.get(group_id)
        return next((group for group in self.groups.values() if group.name == name), None)

    def enroll(
        self,
        user: User,
        session_id: str,
        group: str,
        status: str,
        grade: str | None = None,
        enrolled_on: datetime | None = None,
    ) -> Enrollment:
        """Put an enrollment on record, as if somebody had entered it by hand."""
        new = Enrollment(str(next(self._numbers)), user.id, session_id, group, status, grade, enrolled_on)
        self.enrollments[user.id, session_id] = new
        return new

    def held(self, who: str, session_id: str) -> Enrollment | None:
        """What a session holds for an e-mail or, where there is no such, an employee ID."""
        user = self.user(email=who) or self.user(employee_id=who)
        return self.enrollments.get((user.id, session_id)) if user else None


def sample(users: int = 8) -> State:
    """A small company, odd where real ones are: `&` in a group, IDs 7 and 007, a user without each of the two keys.

    Users u1@example.com / E1, u2@example.com / E2, … are in group G1 ("Sales & Service"), to which course C1 is
    assigned, with sessions S1 (not graded), S2 (letters), S3 (pass or fail), S4 (percentage) and S5 (one seat).
    G2 ("Labs <North>") has course C2 with session S6, and the users of odd numbers in it.
    """
    state = State()
    state.add_group("G1", "Sales & Service", "C1")
    state.add_group("G2", "Labs <North>", "C2")
    for session_id, grade_type in (("S1", None), ("S2", "Letter Grade"), ("S3", "Pass/Fail"), ("S4", "Percentage")):
        state.add_session(session_id, "C1", grade_type=grade_type)
    state.add_session("S5", "C1", capacity=1)
    state.add_session("S6", "C2")
    for number in range(1, users + 1):
        groups = ("G1", "G2") if number % 2 else ("G1",)
        state.add_user(f"u{number}@example.com", f"E{number}", *groups, name=f"User {number}")
    state.add_user(None, "007", "G1", name="No Address")
    state.add_user("no.number@example.com", None, "G1", name="No Number")
    state.add_user("O'Brien+7@Example.com", "7", "G1", name="Pat O'Brien")
    return state


def from_reference(folder: Path) -> State:
    """The company of a folder of reference data, as `rollbook reference load` reads them."""
    state = State()
    for row in _rows(folder, "groups"):
        state.add_group(row["group_id"], row["name"])
    for row in _rows(folder, "courses"):
        state.courses[row["course_id"]] = Course(row["course_id"], row["name"])
    for row in _rows(folder, "group-courses"):
        state.groups[row["group_id"]].courses.add(row["course_id"])
    for row in _rows(folder, "sessions"):
        seats = row.get("max_participants")
        state.add_session(
            row["session_id"],
            row["course_id"],
            starts=datetime.fromisoformat(row["session_date"]) + timedelta(hours=9),
            grade_type=row.get("grade_type") or None,
            capacity=int(seats) if seats else None,
        )
    for row in _rows(folder, "learners"):
        state.add_user(row["email"] or None, row["employee_number"] or None, name=row["name"])
    for row in _rows(folder, "memberships"):
        user = state.user(email=row.get("email") or None, employee_id=row.get("employee_number"))
        if user:
            group = state.groups[row["group_id"]]
            group.members.add(user.id)
            user.home_group = user.home_group or group.name
    return state


def _rows(folder: Path, kind: str) -> list[dict[str, str]]:
    with (folder / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
