"""What the Moon ERP of the tests keeps: employees, training sessions, and who is enrolled."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import accumulate, count
from typing import Any, Literal, TypeVar

Id = int | str
EnrollmentStatus = Literal["enrolled", "attended", "completed", "cancelled", "no_show"]
SessionStatus = Literal["scheduled", "in_progress", "completed", "cancelled"]


@dataclass
class Employee:
    """more: fields that no page documents, shown as they are. deleted: softly, as Moon ERP does it."""

    id: Id
    number: str
    more: dict[str, Any] = field(default_factory=dict)
    deleted: bool = False


@dataclass
class Session:
    """max_participants: None: no end."""

    id: Id
    program_id: Id
    held_on: date
    starts: time | None = time(9)
    ends: time | None = time(17)
    location: str | None = "Hall 2"
    trainer: str | None = "R. Adler"
    max_participants: int | None = None
    status: SessionStatus = "completed"
    notes: str | None = None
    deleted: bool = False


@dataclass
class Enrollment:
    """version: how often a request wrote it. last_put: the fields of the last PUT."""

    id: Id
    session_id: Id
    employee_id: Id
    status: EnrollmentStatus = "enrolled"
    attendance_confirmed: bool = False
    score: Decimal | None = None
    feedback: str | None = None
    enrolled_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    completed_at: datetime | None = None
    deleted: bool = False
    version: int = 0
    last_put: Mapping[str, Any] | None = None


Record = TypeVar("Record", Employee, Session, Enrollment)


@dataclass
class State:
    """Everything, by ID, in the order in which lists show it. The records may be edited; new ones go through `add_…`.

    ids: whether IDs are numbers or text; no page says.
    """

    ids: Literal["numbers", "text"] = "numbers"
    employees: dict[Id, Employee] = field(default_factory=dict)
    sessions: dict[Id, Session] = field(default_factory=dict)
    enrollments: dict[Id, Enrollment] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._numbers = {"employee": count(1001), "session": count(301), "enrollment": count(500_001)}
        self._of_session: defaultdict[Id, list[Enrollment]] = defaultdict(list)
        self._of_employee: defaultdict[Id, list[Enrollment]] = defaultdict(list)
        self._of_pair: defaultdict[tuple[Id, Id], list[Enrollment]] = defaultdict(list)
        self._by_number: dict[str, Employee] = {}
        self._searched: _Searched | None = None

    def add_employee(self, number: str, *, first: bool = False, **more: Any) -> Employee:
        """A new employee; first: lists show it before all others."""
        employee = self._by_number[number] = Employee(self._next_id("employee"), number, more)
        self.employees = _with(self.employees, employee, first=first)
        self._searched = None
        return employee

    def add_session(self, program_id: Id, held_on: date, *, first: bool = False, **more: Any) -> Session:
        """A new session of a program; more: the fields of Session."""
        session = Session(self._next_id("session"), program_id, held_on, **more)
        self.sessions = _with(self.sessions, session, first=first)
        return session

    def enroll(self, employee_id: Id, session_id: Id, *, first: bool = False, **more: Any) -> Enrollment:
        """Put an enrollment on record, as if somebody had entered it by hand; more: the fields of Enrollment."""
        enrollment = Enrollment(self._next_id("enrollment"), session_id, employee_id, **more)
        self.enrollments = _with(self.enrollments, enrollment, first=first)
        for index in (
            self._of_session[session_id],
            self._of_employee[employee_id],
            self._of_pair[employee_id, session_id],
        ):
            index.insert(0 if first else len(index), enrollment)
        return enrollment

    def id_of(self, text: str) -> Id | None:
        """The ID that a piece of a URL writes; None: it writes none."""
        if self.ids == "text":
            return text
        return int(text) if text.isascii() and text.isdigit() else None

    def employee(self, number: str) -> Employee:
        """The one with this number, compared exactly."""
        return self._by_number[number]

    def held(self, number: str, session_id: Id) -> Enrollment | None:
        """What a session holds for an employee's number, unless it is deleted."""
        return next(iter(self.of_pair(self._by_number[number].id, session_id)), None)

    def of_pair(self, employee_id: Id, session_id: Id, *, deleted: bool = False) -> list[Enrollment]:
        """The enrollments of an employee in a session: one at most, and with `deleted` the deleted ones too."""
        return [one for one in self._of_pair.get((employee_id, session_id), ()) if deleted or not one.deleted]

    def of_session(self, session_id: Id) -> list[Enrollment]:
        """The enrollments of a session that are not deleted, the cancelled ones among them."""
        return [one for one in self._of_session.get(session_id, ()) if not one.deleted]

    def of_employee(self, employee_id: Id) -> list[Enrollment]:
        """The enrollments of an employee that are not deleted, the cancelled ones among them."""
        return [one for one in self._of_employee.get(employee_id, ()) if not one.deleted]

    def seats_taken(self, session_id: Id) -> int:
        """How many hold a seat in a session: all but the cancelled ones."""
        return sum(one.status != "cancelled" for one in self.of_session(session_id))

    def search(self, wanted: str) -> list[Employee]:
        """Those in whose number or other text the wanted text stands somewhere, without regard to case."""
        if self._searched is None:
            self._searched = _Searched(list(self.employees.values()))
        return self._searched.find(wanted.casefold())

    def _next_id(self, kind: str) -> Id:
        number = next(self._numbers[kind])
        return number if self.ids == "numbers" else f"{kind[:2]}-{number:x}"


def _with(records: dict[Id, Record], new: Record, *, first: bool) -> dict[Id, Record]:
    if first:
        return {new.id: new, **records}
    records[new.id] = new
    return records


class _Searched:
    """All text of all employees in one: a search is one pass over it, however many there are."""

    def __init__(self, employees: list[Employee]) -> None:
        texts = ["\t".join([one.number, *map(str, one.more.values())]).casefold() + "\n" for one in employees]
        self._employees = employees
        self._starts = [0, *accumulate(map(len, texts))]
        self._text = "".join(texts)

    def find(self, wanted: str) -> list[Employee]:
        found = []
        at = self._text.find(wanted)
        while 0 <= at < len(self._text):
            row = bisect_right(self._starts, at) - 1
            found.append(self._employees[row])
            at = self._text.find(wanted, self._starts[row + 1])
        return found


def sample(employees: int = 8, ids: Literal["numbers", "text"] = "numbers") -> State:
    """A small company, odd where real ones are: numbers that hold others, leading zeros, a row that was deleted.

    Employees EMP-0001 (ID 1001), EMP-0002 (1002), …, and after them EMP-0001-B, 00417, 417, and GONE-1, who is
    deleted. Sessions of program 11: 301 (20 seats), 302 (no end), 303 (one seat), 304 (cancelled); of program 12, the
    first on the same day as 301: 305 (two seats), 306 (scheduled, no end), and 307, which is deleted.
    """
    state = State(ids)
    state.add_session(11, date(2023, 5, 4), max_participants=20)
    state.add_session(11, date(2023, 9, 19), location=None, trainer=None, notes="Kälte & Wärme")
    state.add_session(11, date(2024, 3, 12), max_participants=1, starts=time(13, 30))
    state.add_session(11, date(2024, 3, 19), status="cancelled")
    state.add_session(12, date(2023, 5, 4), max_participants=2)
    state.add_session(12, date(2030, 1, 8), status="scheduled", starts=None, ends=None)
    state.add_session(12, date(2023, 9, 19), deleted=True)
    for number in range(1, employees + 1):
        state.add_employee(f"EMP-{number:04}")
    for other in ("EMP-0001-B", "00417", "417"):
        state.add_employee(other)
    state.add_employee("GONE-1").deleted = True
    return state
