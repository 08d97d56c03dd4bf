"""What Moon ERP does with a request that is allowed: it reads, enrolls, and changes enrollments."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from tests.servers.moon_answers import (
    Refused,
    Reply,
    Style,
    employee_shown,
    enrollment_shown,
    page_shown,
    session_shown,
    written,
)
from tests.servers.moon_checks import (
    EMPLOYEES,
    ENROLLMENTS,
    POST_FIELDS,
    PUT_FIELDS,
    SESSIONS,
    Query,
    Request,
    Route,
    changes_of,
    fields_of,
    filter_id,
    pair_of,
    query_of,
)
from tests.servers.moon_state import Employee, Enrollment, Id, Session, State

Kept = TypeVar("Kept", Session, Enrollment)


@dataclass(frozen=True)
class Done:
    """What a request did. written: the enrollment that was. fields: as they arrived. is_new: whether it says more."""

    reply: Reply
    written: Enrollment | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    is_new: bool = True


@dataclass(frozen=True)
class Api:
    """The company under its rules. url: the base, for the links of a page."""

    state: State
    style: Style
    url: str = ""

    def do(self, request: Request, route: Route) -> Done:
        """One request; `Refused` where it is not done."""
        if request.method == "POST":
            return self._enroll(fields_of(request, POST_FIELDS, self.style))
        if request.method == "PUT":
            return self._change(route, request)
        if route.is_list:
            return Done(self._page(route, query_of(request, route.collection, self.style)))
        return Done(self._session(route))

    def wanted(self, request: Request, route: Route) -> Sequence[Employee | Session | Enrollment]:
        """All rows of a list, of every page, in their order."""
        return self._rows(route, query_of(request, route.collection, self.style))

    def add_before(self, request: Request, route: Route) -> None:
        """Somebody adds a row that a list shows before all its others; not to a pair, which has one at most."""
        query = query_of(request, route.collection, self.style)
        first = self.style.order == "oldest"
        state = self.state
        if route.collection == EMPLOYEES:
            state.add_employee(f"{query.filters.get('search', 'EMP')}-NEW-{len(state.employees)}", first=first)
        elif route.collection == SESSIONS:
            state.add_session(11, date(2023, 5, 4), first=first)
        else:
            session_id = filter_id(query, "training_session_id", state)
            employee_id = filter_id(query, "employee_id", state)
            if session_id is not None and employee_id is not None:
                return
            state.enroll(
                state.add_employee(f"NEW-{len(state.employees)}").id if employee_id is None else employee_id,
                state.add_session(11, date(2023, 5, 4)).id if session_id is None else session_id,
                first=first,
                status=query.filters.get("status", "enrolled"),
            )

    def _page(self, route: Route, query: Query) -> Reply:
        rows = self._rows(route, query)
        start = (query.page - 1) * query.per_page
        page = rows[start : start + query.per_page]
        address = f"{self.url}{route.collection}?{urlencode({**query.filters, 'per_page': query.per_page})}"
        content = page_shown([self._shown(row) for row in page], len(rows), query.page, query.per_page, address)
        return Reply(200, written(content), tuple((row.id, row.version) for row in page if isinstance(row, Enrollment)))

    def _rows(self, route: Route, query: Query) -> Sequence[Employee | Session | Enrollment]:
        roads: dict[str, Callable[[Query], Sequence[Employee | Session | Enrollment]]]
        roads = {EMPLOYEES: self._employees, SESSIONS: self._sessions, ENROLLMENTS: self._enrollments}
        alive = [row for row in roads[route.collection](query) if not row.deleted]
        return alive if self.style.order == "oldest" else alive[::-1]

    def _employees(self, query: Query) -> Sequence[Employee]:
        wanted = query.filters.get("search")
        if wanted is None:
            return list(self.state.employees.values())
        found = self.state.search(wanted)
        if self.style.search == "number":
            return [one for one in found if wanted.casefold() in one.number.casefold()]
        return [one for one in found if self.style.search == "anything" or wanted == one.number]

    def _sessions(self, query: Query) -> Sequence[Session]:  # noqa: ARG002  the same signature as its kin
        return list(self.state.sessions.values())

    def _enrollments(self, query: Query) -> Sequence[Enrollment]:
        session_id, employee_id = (filter_id(query, name, self.state) for name in POST_FIELDS)
        rows: Sequence[Enrollment]
        if session_id is not None and employee_id is not None:
            rows = self.state.of_pair(employee_id, session_id)
        elif session_id is not None:
            rows = self.state.of_session(session_id)
        elif employee_id is not None:
            rows = self.state.of_employee(employee_id)
        else:
            rows = list(self.state.enrollments.values())
        return [one for one in rows if query.filters.get("status", one.status) == one.status]

    def _session(self, route: Route) -> Reply:
        session = _alive(self.state.sessions, self.state.id_of(route.id or ""))
        enrollments = self.state.of_session(session.id)
        shown = session_shown(session, self.style)
        if self.style.session_enrollments is None:
            return Reply(200, written({"data": shown}))
        shown[self.style.session_enrollments] = [enrollment_shown(one, self.style) for one in enrollments]
        return Reply(200, written({"data": shown}), tuple((one.id, one.version) for one in enrollments))

    def _enroll(self, fields: Mapping[str, Any]) -> Done:
        session, employee = pair_of(fields, self.state, self.style)
        there = self.state.of_pair(employee.id, session.id, deleted=self.style.deleted_blocks)
        if there:
            raise self._refused("duplicate", there[0].id)
        self._demand_seat(session)
        return self._written(self.state.enroll(employee.id, session.id), 201, fields, is_new=True)

    def _change(self, route: Route, request: Request) -> Done:
        held = _alive(self.state.enrollments, self.state.id_of(route.id or ""))
        fields = fields_of(request, PUT_FIELDS, self.style)
        changes = changes_of(fields, self.style)
        status = changes.get("status", held.status)
        if held.status in self.style.final and status != held.status:
            raise Refused(422, "final", {"status": ["final"]})
        if held.status == "cancelled" != status:
            self._demand_seat(self.state.sessions[held.session_id])
        if status == "completed" != held.status:
            held.completed_at = datetime.now(UTC)
        is_new = any(getattr(held, name) != value for name, value in changes.items())
        for name, value in changes.items():
            setattr(held, name, value)
        return self._written(held, 200, fields, is_new=is_new)

    def _demand_seat(self, session: Session) -> None:
        if session.status in self.style.closed:
            raise self._refused("closed")
        if session.max_participants is not None and self.state.seats_taken(session.id) >= session.max_participants:
            raise self._refused("full")

    def _refused(self, said: str, there: Id | None = None) -> Refused:
        style = self.style
        is_duplicate = said == "duplicate"
        about = style.duplicate_field if is_duplicate else style.full_field
        status = style.duplicate_status if is_duplicate else style.full_status
        return Refused(status, said, None if about is None else {about: [said]}, there=there)

    def _written(self, held: Enrollment, status: int, fields: Mapping[str, Any], *, is_new: bool) -> Done:
        held.version += 1
        content = written({"data": enrollment_shown(held, self.style)})
        return Done(Reply(status, content, ((held.id, held.version),)), held, fields, is_new)

    def _shown(self, row: Employee | Session | Enrollment) -> dict[str, Any]:
        if isinstance(row, Employee):
            return employee_shown(row)
        return session_shown(row, self.style) if isinstance(row, Session) else enrollment_shown(row, self.style)


def _alive(rows: Mapping[Id, Kept], wanted: Id | None) -> Kept:
    found = None if wanted is None else rows.get(wanted)
    if found is None or found.deleted:
        raise Refused(404, "not found")
    return found
