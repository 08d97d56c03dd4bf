"""What Moon ERP's documentation lets a request hold; everything else is refused."""

import json
import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NoReturn, get_args
from urllib.parse import parse_qsl

from tests.servers.moon_answers import Refused, Style
from tests.servers.moon_state import Employee, EnrollmentStatus, Id, Session, State

_HR = "/hr/"
EMPLOYEES, SESSIONS, ENROLLMENTS = "/hr/employees", "/hr/training-sessions", "/hr/training-enrollments"
# Path, and whether an ID follows it -> the methods that are documented.
_METHODS = {
    (EMPLOYEES, False): ("GET",),
    (SESSIONS, False): ("GET",),
    (SESSIONS, True): ("GET",),
    (ENROLLMENTS, False): ("GET", "POST"),
    (ENROLLMENTS, True): ("PUT",),
}
_FILTERS = {
    EMPLOYEES: frozenset({"search"}),
    SESSIONS: frozenset[str](),
    ENROLLMENTS: frozenset({"training_session_id", "employee_id", "status"}),
}
_PAGING = frozenset({"page", "per_page"})
_DEFAULT_PER_PAGE = 15
POST_FIELDS = ("training_session_id", "employee_id")
PUT_FIELDS = ("status", "attendance_confirmed", "score", "feedback")
_STATUSES = get_args(EnrollmentStatus)
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True)
class Request:
    """A request as it arrived. path: behind the base URL, without the query. headers: by their names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Route:
    """Where a request goes. id: what stands behind the collection's path."""

    collection: str
    id: str | None

    @property
    def is_list(self) -> bool:
        """Whether it reads page by page."""
        return self.id is None


@dataclass(frozen=True)
class Query:
    """The parameters of a list. filters: those that are not blank."""

    filters: Mapping[str, str]
    page: int
    per_page: int


def route_of(request: Request, style: Style) -> Route:
    """The route, if there is such a path with this method."""
    collection, _, number = request.path.removeprefix(_HR).partition("/")
    route = Route(f"{_HR}{collection}", number or None)
    methods = _METHODS.get((route.collection, not route.is_list))
    if methods is None or not request.path.startswith(_HR) or request.path.endswith("/") or "/" in number:
        raise Refused(404, "not found")
    if request.method not in methods:
        if request.method == "GET" and style.by_id == 404:
            raise Refused(404, "not found")
        raise Refused(405, "no method", headers={"Allow": ", ".join(methods)})
    return route


def query_of(request: Request, collection: str, style: Style) -> Query:
    """The parameters of a list, each once; a blank one is none."""
    pairs = [(name, text) for name, text in parse_qsl(request.query, keep_blank_values=True) if text.strip()]
    given = dict(pairs)
    _refuse_surplus([name for name, _ in pairs], _FILTERS[collection] | _PAGING, style)
    sizes = {name: given.get(name, default) for name, default in (("page", "1"), ("per_page", str(_DEFAULT_PER_PAGE)))}
    wrong = [name for name, text in sizes.items() if not (text.isascii() and text.isdigit() and int(text))]
    if wrong:
        raise Refused(422, "wrong", {name: ["wrong"] for name in wrong})
    per_page = min(int(sizes["per_page"]), style.per_page_most or int(sizes["per_page"]))
    if collection != ENROLLMENTS and not style.per_page_elsewhere:
        per_page = _DEFAULT_PER_PAGE
    filters = {name: text for name, text in given.items() if name in _FILTERS[collection]}
    if filters.get("status", "enrolled") not in _STATUSES:
        raise Refused(422, "wrong", {"status": ["wrong"]})
    return Query(filters, int(sizes["page"]), per_page)


def filter_id(query: Query, name: str, state: State) -> Id | None:
    """The ID to filter by; None: no such filter."""
    text = query.filters.get(name)
    found = None if text is None else state.id_of(text)
    if text is not None and found is None:
        raise Refused(422, "wrong", {name: ["wrong"]})
    return found


def fields_of(request: Request, known: Collection[str], style: Style) -> dict[str, Any]:
    """What a JSON body holds."""
    if request.headers.get("content-type", "").partition(";")[0].strip().casefold() != "application/json":
        raise Refused(415, "no json")
    try:
        fields = json.loads(request.body, parse_constant=_no_number)
    except ValueError as broken:
        raise Refused(400, "no json") from broken
    if not isinstance(fields, dict):
        raise Refused(400, "no json")
    _refuse_surplus(list(fields), known, style)
    return {name: value for name, value in fields.items() if name in known}


def pair_of(fields: Mapping[str, Any], state: State, style: Style) -> tuple[Session, Employee]:
    """The session and the employee that a POST names."""
    errors: dict[str, list[str]] = {}
    for name in POST_FIELDS:
        if fields.get(name) in (None, ""):
            errors[name] = ["required"]
        elif not _is_id(fields[name], state):
            errors[name] = ["wrong"]
    if errors:
        raise Refused(422, next(iter(errors.values()))[0], errors)
    session = state.sessions.get(fields["training_session_id"])
    employee = state.employees.get(fields["employee_id"])
    missing = [name for name, one in zip(POST_FIELDS, (session, employee), strict=True) if one is None or one.deleted]
    if missing and style.unknown_on_post == 404:
        raise Refused(404, "not found")
    if missing or session is None or employee is None:
        raise Refused(422, "wrong", {name: ["wrong"] for name in missing})
    return session, employee


def changes_of(fields: Mapping[str, Any], style: Style) -> dict[str, Any]:
    """The attributes of an enrollment that a PUT sets; score: a Decimal with two places."""
    errors: defaultdict[str, list[str]] = defaultdict(list)
    if style.put == "whole":
        for name in PUT_FIELDS:
            if name not in fields:
                errors[name].append("required")
    changes = {"attendance_confirmed": False, "score": None, "feedback": None} if style.put == "clearing" else {}
    for name, value in fields.items():
        if _fits(name, value, style):
            changes[name] = _score(value) if name == "score" else value
        else:
            errors[name].append("wrong")
    if errors:
        raise Refused(422, next(iter(errors.values()))[0], errors)
    return changes


def _fits(name: str, value: Any, style: Style) -> bool:
    if name == "status":
        return value in _STATUSES
    if name == "attendance_confirmed":
        return isinstance(value, bool)
    if name == "feedback":
        return value is None or isinstance(value, str)
    if value is None:
        return True
    return (
        not isinstance(value, bool) and bool(_NUMBER.fullmatch(str(value))) and 0 <= _score(value) <= style.score_most
    )


def _score(value: Any) -> Any:
    return None if value is None else Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _is_id(value: Any, state: State) -> bool:
    return isinstance(value, str if state.ids == "text" else int) and not isinstance(value, bool)


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def _refuse_surplus(names: list[str], known: Collection[str], style: Style) -> None:
    surplus = [name for name in names if name not in known or names.count(name) > 1]
    if surplus and style.surplus == "refused":
        raise Refused(422, "surplus", {name: ["surplus"] for name in surplus})
