"""A Moon ERP to test against: a real HTTP server, as strict as what is known of it, and able to misbehave.

It knows nothing of Rollbook: what it takes and says is written down here once more, from Moon ERP's pages and from
recorded traffic. `python -m tests.servers.moon` runs it for a trial.
"""

import argparse
import secrets
import shlex
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args
from urllib.parse import unquote

from tests.servers.listening import Handler, InFlight, Listening, running
from tests.servers.moon_answers import Refused, Reply, Style
from tests.servers.moon_api import Api, Done
from tests.servers.moon_checks import Request, Route, route_of
from tests.servers.moon_state import Employee, Enrollment, Id, Session, State, sample

__all__ = [
    "Employee",
    "Enrollment",
    "Misbehaviour",
    "MoonServer",
    "Received",
    "Session",
    "State",
    "Style",
    "Write",
    "moon_server",
    "sample",
]

# 401 to html, drop_before, late_before: the request is not processed. drop: the connection is cut without an answer.
# late: the answer comes `late` seconds after (before, after: whether the request was processed, at once;
# processed_late: it is when the time has passed). 429_bare: without Retry-After. 500_after, html_after, truncated,
# garbage, oversized: processed, and answered so, truncated: half a JSON document; cut: the body ends before its length.
# paging_gains: this page is answered, and then a row is added before all others, so that the next page repeats one.
# paging_loses: … the first row of the list is deleted, so that the next page passes over one.
# enrolls_meanwhile: a session is shown, and then somebody enrolls the first employees who are not in it, as no-shows.
# fills_meanwhile: … somebody takes all its seats. nothing: it behaves.
Misbehaviour = Literal[
    "401",
    "403",
    "404",
    "422",
    "429",
    "429_bare",
    "500_before",
    "500_after",
    "html",
    "html_after",
    "drop_before",
    "drop_after",
    "late_before",
    "late_after",
    "processed_late",
    "truncated",
    "cut",
    "garbage",
    "oversized",
    "paging_gains",
    "paging_loses",
    "enrolls_meanwhile",
    "fills_meanwhile",
    "nothing",
]
_PAGING = ("paging_gains", "paging_loses")
_MEANWHILE = ("enrolls_meanwhile", "fills_meanwhile")
_CONFIRMING = (*_PAGING, *_MEANWHILE, "nothing", None)
_REFUSALS = {
    "401": (401, "unauthenticated"),
    "403": (403, "forbidden"),
    "404": (404, "not found"),
    "422": (422, "invalid"),
    "429": (429, "too many"),
    "429_bare": (429, "too many"),
    "500_before": (500, "server"),
    "500_after": (500, "server"),
}
_MAINTENANCE = b"<!DOCTYPE html>\n<html><head><title>Maintenance</title></head><body><p>Back soon.<br></body></html>"
_PAGES = {
    "html": Reply(200, _MAINTENANCE, content_type="text/html; charset=UTF-8"),
    "html_after": Reply(200, _MAINTENANCE, content_type="text/html; charset=UTF-8"),
    "late_before": Reply(504, b"<html><h1>504 Gateway Time-out</h1></html>", content_type="text/html"),
}
_BASE = "/api"


@dataclass(frozen=True)
class Received:
    """A request. path: behind the base URL. query: as it was written. at: monotonic seconds of its arrival."""

    method: str
    path: str
    query: str
    at: float


@dataclass(frozen=True)
class Write:
    """A POST or PUT about an enrollment. fields: its body. at: monotonic seconds."""

    method: str
    enrollment_id: Id
    employee_number: str
    session_id: Id
    fields: Mapping[str, Any]
    at: float


@dataclass(frozen=True)
class _Rule:
    """A misbehaviour to come, and the requests that it may come to."""

    kind: Misbehaviour
    method: str | None
    path: str

    def applies(self, request: Request) -> bool:
        if self.kind in _PAGING and (request.method != "GET" or request.path.count("/") > 2):
            return False
        if self.kind in _MEANWHILE:
            return request.path.startswith("/hr/training-sessions/")
        return self.method in (None, request.method) and self.path in request.path


@dataclass
class MoonServer(InFlight):
    """What a test sets and looks at; `moon_server` makes and starts one.

    url: the base, over plain HTTP on the loopback. state: the company, to be edited at any time.
    may_read, may_write: whether the token allows it (else 403).
    pause: seconds that each request takes; they wait side by side. late: see Misbehaviour.
    retry_after: what goes with a 429. refused_field: whose error a 422 by misbehaviour is. oversize: bytes of an
    oversized answer.
    requests: all, in the order of arrival. in_flight_most: the greatest number of requests at once; one that is late
    counts until its end, whether or not the client still waits for it. writes: what was written, in that order.
    entered: what somebody else enrolled meanwhile, by the employee's number and the session.
    double_writes: a POST for a pair of which an answer had shown that it is enrolled, and a PUT that says the same as
    the last one and changes nothing, after an answer had shown what that one wrote.
    """

    state: State = field(default_factory=sample)
    style: Style = field(default_factory=Style)
    token: str = "7|moonTestToken0123456789abcdefABCDEF"
    may_read: bool = True
    may_write: bool = True
    pause: float = 0.0
    late: float = 0.6
    retry_after: str = "0"
    refused_field: str = "status"
    oversize: int = 17 * 2**20
    url: str = ""
    requests: list[Received] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    double_writes: list[Write] = field(default_factory=list)
    entered: list[tuple[str, Id]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._to_come: list[_Rule] = []
        self._confirmed: dict[Id, int] = {}
        self._counting, self._processing = threading.Lock(), threading.Lock()
        self.closing = threading.Event()

    @property
    def employees(self) -> dict[Id, Employee]:
        """By ID."""
        return self.state.employees

    @property
    def sessions(self) -> dict[Id, Session]:
        """By ID."""
        return self.state.sessions

    @property
    def enrollments(self) -> dict[Id, Enrollment]:
        """By ID, those that are deleted too."""
        return self.state.enrollments

    def held(self, number: str, session_id: Id) -> Enrollment | None:
        """What a session holds for an employee's number."""
        return self.state.held(number, session_id)

    def writes_of(self, number: str, session_id: Id) -> list[Write]:
        """What was written about an employee in a session."""
        return [one for one in self.writes if (one.employee_number, one.session_id) == (number, session_id)]

    def misbehave(self, *kinds: Misbehaviour, method: str | None = None, path: str = "") -> None:
        """What happens to the next requests, one each; then it behaves again.

        method: only those with it. path: only those whose path holds this, such as "training-enrollments".
        """
        for kind in kinds:
            if kind not in get_args(Misbehaviour):
                raise ValueError(f"{kind!r} is no misbehaviour")
        with self._counting:
            self._to_come += [_Rule(kind, method, path) for kind in kinds]

    def reply(self, request: Request) -> Reply | None:
        """The answer to a request; None: the connection is to be cut."""
        self.requests.append(Received(request.method, request.path, request.query, time.monotonic()))
        if self.pause:
            self.closing.wait(self.pause)
        kind = self._kind_for(request)
        if kind in ("late_before", "processed_late"):
            self.closing.wait(self.late)
        if kind == "drop_before":
            return None
        if kind in ("401", "403", "404", "422", "429", "429_bare", "500_before", "html", "late_before"):
            return self._instead(kind, request)
        with self._processing:
            reply = self._processed(request, kind)
        if kind == "late_after":
            self.closing.wait(self.late)
        return None if kind == "drop_after" else self._spoiled(kind, request, reply)

    def confirm(self, reply: Reply) -> None:
        """An answer goes out whole: the client knows of the enrollments in it."""
        with self._processing:
            for number, version in reply.shown:
                self._confirmed[number] = max(version, self._confirmed.get(number, 0))

    def _kind_for(self, request: Request) -> Misbehaviour | None:
        with self._counting:
            rule = next((rule for rule in self._to_come if rule.applies(request)), None)
            if rule:
                self._to_come.remove(rule)
        return rule.kind if rule else None

    def _processed(self, request: Request, kind: Misbehaviour | None) -> Reply:
        if "application/json" not in request.headers.get("accept", ""):
            return Reply(302, b"<html>Redirecting</html>", headers={"Location": "/login"}, content_type="text/html")
        api = Api(self.state, self.style, self.url)
        try:
            route = route_of(request, self.style)
            self._admit(request)
            done = api.do(request, route)
        except Refused as refused:
            if refused.there in self._confirmed:
                self.double_writes.append(self._write(request, self.enrollments[refused.there], {}))
            return refused.reply(_language(request), self.style)
        self._note(request, done)
        if kind in _PAGING:
            self._shift(api, request, route, kind)
        if kind in _MEANWHILE:
            self._interfere(self.state.id_of(route.id or ""), kind)
        return done.reply

    def _admit(self, request: Request) -> None:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            raise Refused(401, "unauthenticated")
        if not (self.may_read if request.method == "GET" else self.may_write):
            raise Refused(403, "forbidden")

    def _note(self, request: Request, done: Done) -> None:
        held = done.written
        if held is None:
            return
        write = self._write(request, held, done.fields)
        self.writes.append(write)
        is_told = self._confirmed.get(held.id) == held.version - 1
        if request.method == "PUT" and is_told and not done.is_new and held.last_put == done.fields:
            self.double_writes.append(write)
        held.last_put = done.fields if request.method == "PUT" else None

    def _write(self, request: Request, held: Enrollment, fields: Mapping[str, Any]) -> Write:
        number = self.employees[held.employee_id].number
        return Write(request.method, held.id, number, held.session_id, fields, time.monotonic())

    def _shift(self, api: Api, request: Request, route: Route, kind: Misbehaviour | None) -> None:
        if kind == "paging_gains":
            api.add_before(request, route)
            return
        for row in api.wanted(request, route)[:1]:
            row.deleted = True

    def _interfere(self, session_id: Id | None, kind: Misbehaviour | None) -> None:
        assert session_id is not None
        session, state = self.sessions[session_id], self.state
        if kind == "fills_meanwhile":
            for _ in range(state.seats_taken(session.id), session.max_participants or 0):
                state.enroll(state.add_employee(f"NEW-{len(self.employees)}").id, session.id)
            return
        absent = [one for one in self.employees.values() if not state.of_pair(one.id, session.id) and not one.deleted]
        seats = (
            len(absent)
            if session.max_participants is None
            else session.max_participants - state.seats_taken(session.id)
        )
        for one in absent[: min(2, max(seats, 0))]:
            state.enroll(one.id, session.id, status="no_show", feedback="theirs")
            self.entered.append((one.number, session.id))

    def _spoiled(self, kind: Misbehaviour | None, request: Request, reply: Reply) -> Reply:
        if kind in _CONFIRMING:
            return reply
        reply = replace(reply, shown=(), cut=kind == "cut")
        if kind == "truncated":
            return replace(reply, body=reply.body[: len(reply.body) * 2 // 3])
        if kind == "oversized":
            return replace(reply, body=b"{" + b" " * self.oversize + reply.body[1:])
        if kind == "garbage":
            return replace(reply, body=bytes(range(256)) * 4)
        return self._instead(kind, request) if kind in ("500_after", "html_after") else reply

    def _instead(self, kind: Misbehaviour, request: Request) -> Reply:
        """An answer that says nothing of what the request asked for."""
        if kind in _PAGES:
            return _PAGES[kind]
        status, said = _REFUSALS[kind]
        errors = {self.refused_field: ["wrong"]} if kind == "422" else None
        headers = {"Retry-After": self.retry_after} if kind == "429" else None
        return Refused(status, said, errors, headers).reply(_language(request), self.style)


def _language(request: Request) -> str:
    return request.headers.get("accept-language", "")


class _Handler(Handler):
    server: "_HttpServer"

    def serve(self) -> None:
        """One request, and its answer unless the client is gone."""
        moon = self.server.moon
        # Over before the answer leaves: a client may send again as soon as it has read it.
        with moon.flight():
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            reply = self._reply(body)
        if reply is None or moon.closing.is_set() or self.is_left():
            self.close_connection = True
            return
        moon.confirm(reply)
        with suppress(OSError):
            self._send(reply)

    def _reply(self, body: bytes) -> Reply | None:
        target, _, query = self.path.partition("?")
        headers = {name.casefold(): value for name, value in self.headers.items()}
        path = unquote(target.removeprefix(_BASE)) if target.startswith(f"{_BASE}/") else target
        return self.server.moon.reply(Request(self.command, path, query, headers, body))

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.write_body(reply.body, cut=reply.cut)


class _HttpServer(Listening):
    def __init__(self, moon: MoonServer, port: int) -> None:
        super().__init__(_Handler, port)
        self.moon = moon
        moon.closing = self.closing
        moon.url = f"{self.address}{_BASE}"


@contextmanager
def moon_server(*, port: int = 0, **options: Any) -> Iterator[MoonServer]:
    """A running server on a free port of the loopback; options: the fields of MoonServer."""
    moon = MoonServer(**options)
    with running(_HttpServer(moon, port)):
        yield moon


def main() -> None:
    """Run it until it is interrupted, and say how to reach it."""
    parser = argparse.ArgumentParser(description="A Moon ERP for trials; what it holds is gone when it ends.")
    parser.add_argument("--port", type=int, default=8802)
    parser.add_argument("--employees", type=int, default=100, help="how many employees the sample company has")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds that each request takes at least")
    parser.add_argument("--misbehave", nargs="*", default=[], choices=get_args(Misbehaviour), metavar="KIND")
    asked = parser.parse_args()
    token = f"1|{secrets.token_hex(20)}"
    with moon_server(port=asked.port, state=sample(asked.employees), pause=asked.pause, token=token) as moon:
        moon.misbehave(*asked.misbehave)
        print(f"export ROLLBOOK_MOON_URL={moon.url}")
        print(f"export ROLLBOOK_MOON_TOKEN={shlex.quote(moon.token)}", flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
        print(f"{len(moon.requests)} requests, {len(moon.enrollments)} enrollments")


if __name__ == "__main__":
    main()
