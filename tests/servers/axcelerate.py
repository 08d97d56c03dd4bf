"""An aXcelerate to test against: a real HTTP server that is as strict as is known, and can misbehave.

It knows nothing of Rollbook: what it takes and says is written down here once more. What is not on record is a style
(axcelerate_answers.Style). `python -m tests.servers.axcelerate` runs it for a trial.
"""

import argparse
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from tests.servers.axcelerate_answers import (
    ODD_DISPLAYS,
    REPORT_FIELDS,
    Answer,
    Refused,
    ReportField,
    Style,
    called,
    refusal,
)
from tests.servers.axcelerate_checks import Asked, Request, fields_of
from tests.servers.axcelerate_reading import Reading
from tests.servers.axcelerate_state import Class, Enrolment, Module, State, Unit, sample
from tests.servers.axcelerate_writing import Content, Key, Writing
from tests.servers.listening import Handler, InFlight, Listening, running

__all__ = [
    "ENROLMENT",
    "ENROLMENTS",
    "MODULES",
    "ODD_DISPLAYS",
    "REPORT_FIELDS",
    "REPORT_RUN",
    "AxcelerateServer",
    "Class",
    "Enrolment",
    "Misbehaviour",
    "Module",
    "Received",
    "ReportField",
    "State",
    "Style",
    "Unit",
    "Write",
    "axcelerate_server",
    "called",
    "sample",
]

ENROLMENTS, ENROLMENT = "/course/enrolments", "/course/enrolment"
REPORT_RUN, MODULES = "/report/run", "/v2/learningPlan/modules/enrolments"
_BASE = "/api"
# Which fields each request may have. Others are ignored, and noted.
_FIELDS: dict[tuple[str, str], str] = {
    ("GET", ENROLMENTS): "contactID instanceID type offset limit",
    ("PUT", ENROLMENT): (
        "contactID instanceID subjectCode programInstanceID type competent activityStartDate activityEndDate"
    ),
    ("POST", REPORT_RUN): "reportReference selectedViewFields selectedFilterFields",
    ("GET", "/report/fields"): "reportReference",
    ("GET", "/report/field"): "fieldReference",
    ("PUT", MODULES): "contactId enrolId classId moduleEnrolmentId accessOverride startDate endDate useCache",
}
# drop: the connection is cut without an answer. late: the answer comes `late` seconds after (before, after: whether the
# request was processed, at once; processed_late: it is when the time has passed). cut: the body ends before its length.
# 401, 403, 404, html, 500_…, 429: as they say; 429_bare: without Retry-After. 412_in_200, upper_case: a refusal inside
# of HTTP 200, and one whose keys are in upper case. empty_204, truncated, oversized, garbage, html_after: processed,
# and the answer is nothing, a part of one, one with more than `oversize` bytes, noise, a page. paging_shifts: of a list
# of enrolments, the first record moves to the end just before this page.
Misbehaviour = Literal[
    "401",
    "403",
    "404",
    "412_in_200",
    "upper_case",
    "429",
    "429_bare",
    "500_before",
    "500_after",
    "html",
    "html_after",
    "empty_204",
    "drop_before",
    "drop_after",
    "late_before",
    "late_after",
    "processed_late",
    "truncated",
    "cut",
    "garbage",
    "oversized",
    "paging_shifts",
]
_PAGE = b"<!DOCTYPE html>\n<html><head><title>Maintenance</title></head><body><p>Back soon.<br></body></html>"
_REFUSED = Refused(412, "The request could not be processed")
# What a request that was not processed is answered with.
_UNPROCESSED: dict[str, Answer] = {
    "401": refusal(Refused(401, "Unauthorised"), Style()),
    "403": refusal(Refused(403, "Forbidden"), Style()),
    "404": refusal(Refused(404, "Not found"), Style()),
    "412_in_200": refusal(_REFUSED, Style(error_status="200")),
    "upper_case": refusal(_REFUSED, Style(error_keys="upper")),
    "429": Answer(429, b"Too Many Requests"),
    "429_bare": Answer(429, b"Too Many Requests"),
    "500_before": Answer(500, b"Internal Server Error"),
    "html": Answer(200, _PAGE),
    "late_before": Answer(504, b"Gateway Time-out"),
}
# What replaces the answer to a request that was processed.
_REPLACED: dict[str, Answer] = {
    "500_after": Answer(500, b"Internal Server Error"),
    "html_after": Answer(200, _PAGE),
    "empty_204": Answer(204),
    "garbage": Answer(200, bytes(range(256)) * 4),
}
# After these, an answer that reaches the client says what it should.
_CLEAR = (None, "late_after", "processed_late")


@dataclass(frozen=True)
class Received:
    """A request. path: behind the base. fields: as they counted, so those of a JSON body are none. at: monotonic."""

    method: str
    path: str
    fields: dict[str, str]
    at: float


@dataclass
class Write:
    """What was written to a unit or a module, by a request that was not refused.

    key: ("s", contact, class, unit's ID), ("w", "p" or "el", contact, instance) or ("module", its ID).
    content: the fields that changed it, as they came. confirmed: whether an answer said so beyond doubt.
    """

    key: Key
    content: Content
    at: float
    confirmed: bool = False


@dataclass(frozen=True)
class Reply:
    """What goes out. cut: only half of its body does. write: what the client may now count on."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    cut: bool = False
    write: Write | None = None


@dataclass
class AxcelerateServer(InFlight):
    """What a test sets and looks at; `axcelerate_server` makes and starts one.

    url: with the base path, over plain HTTP on the loopback. state: to be edited at any time.
    requests: all, in the order of arrival. in_flight_most: the greatest number of requests at once; one that is late
    counts until its end, whether or not the client still waits for it.
    writes: all, in their order. double_sends: keys that were written again with the same content, when the last write
    to them had been confirmed with it. unknown_fields: path and name of each field that came and has no meaning.
    permitted: whether the keys may do what is asked (else 403). most_at_once: more requests than that are answered 429.
    pause: seconds that each request takes. late: see Misbehaviour. retry_after: what goes with a 429.
    oversize: bytes of an oversized answer.
    """

    state: State = field(default_factory=sample)
    style: Style = field(default_factory=Style)
    api_token: str = "API-0123456789ABCDEF"
    ws_token: str = "WS-*user<&>key'\"%+ 0123456789"
    permitted: bool = True
    most_at_once: int | None = None
    pause: float = 0.0
    late: float = 0.6
    retry_after: str | None = "0"
    oversize: int = 17 * 2**20
    url: str = ""
    requests: list[Received] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    double_sends: list[Key] = field(default_factory=list)
    unknown_fields: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._to_come: list[tuple[str | None, str | None, Misbehaviour]] = []
        self._last: dict[Key, Write] = {}
        self._counting, self._processing = threading.Lock(), threading.Lock()
        self.closing = threading.Event()

    def misbehave(self, *kinds: Misbehaviour, method: str | None = None, path: str | None = None) -> None:
        """What happens to the next requests of a method to a path (None: any), one each; then it behaves again.

        `paging_shifts` waits for a list of enrolments, whatever is said.
        """
        for kind in kinds:
            if kind not in get_args(Misbehaviour):
                raise ValueError(f"{kind!r} is no misbehaviour")
        self._to_come += [
            ("GET", ENROLMENTS, kind) if kind == "paging_shifts" else (method, path, kind) for kind in kinds
        ]

    def written(self, *key: int | str) -> list[Content]:
        """What was written to a unit or a module, in its order; key: that of a Write."""
        return [write.content for write in self.writes if write.key == key]

    def reply(self, request: Request) -> Reply | None:
        """The answer to a request; None: the connection is to be cut."""
        is_one_too_many = self.most_at_once is not None and self._in_flight > self.most_at_once
        self.closing.wait(self.pause)
        path = request.path.removeprefix(_BASE) if request.path.startswith(f"{_BASE}/") else ""
        known = _FIELDS.get((request.method, path), "").split()
        fields = fields_of(request, known, self.style)
        with self._counting:
            self.requests.append(Received(request.method, path or request.path, fields, time.monotonic()))
            self.unknown_fields += [(path, name) for name in fields if known and name not in known]
            kind = "429" if is_one_too_many else self._next(request.method, path)
        return self._misbehaved(kind, lambda: self._processed(request, path, Asked(fields), kind))

    def confirm(self, write: Write) -> None:
        """An answer went out that says this is written."""
        with self._processing:
            write.confirmed = True

    def _next(self, method: str, path: str) -> Misbehaviour | None:
        for place, (of_method, of_path, kind) in enumerate(self._to_come):
            if of_method in (None, method) and of_path in (None, path):
                del self._to_come[place]
                return kind
        return None

    def _misbehaved(
        self, kind: Misbehaviour | None, process: Callable[[], tuple[Answer, Write | None]]
    ) -> Reply | None:
        if kind in ("late_before", "processed_late"):
            self.closing.wait(self.late)
        if kind == "drop_before":
            return None
        if kind in _UNPROCESSED:
            wait = self.retry_after if kind == "429" else None
            answer = _UNPROCESSED[kind]
            return Reply(answer.status, answer.body, (("Retry-After", wait),) if wait is not None else ())
        with self._processing:
            answer, write = process()
        if kind == "late_after":
            self.closing.wait(self.late)
        if kind == "drop_after":
            return None
        spoiled = self._spoiled(kind, answer)
        return Reply(spoiled.status, spoiled.body, (), kind == "cut", write if kind in _CLEAR else None)

    def _processed(
        self, request: Request, path: str, asked: Asked, kind: Misbehaviour | None
    ) -> tuple[Answer, Write | None]:
        try:
            self._check_tokens(request)
            return self._done(request.method, path, asked, shifts=kind == "paging_shifts")
        except Refused as refused:
            return refusal(refused, self.style), None

    def _check_tokens(self, request: Request) -> None:
        for name, token in (("apitoken", self.api_token), ("wstoken", self.ws_token)):
            if request.headers.get(name) != token:
                raise Refused(self.style.bad_token, f"The {name} is not valid")
        if not self.permitted:
            raise Refused(403, "The user does not have permission")

    def _done(self, method: str, path: str, asked: Asked, *, shifts: bool) -> tuple[Answer, Write | None]:
        reading, writing = Reading(self.state, self.style), Writing(self.state, self.style)
        if (method, path) == ("GET", ENROLMENTS):
            return reading.enrolments(asked, shifts=shifts), None
        if method == "PUT" and path in (ENROLMENT, MODULES):
            if not asked.fields and self.style.ignored_body == "success":
                return Writing.success(), None
            key, content, answer = writing.enrolment(asked) if path == ENROLMENT else writing.module(asked)
            return answer, self._noted(Write(key, content, time.monotonic()))
        read = {
            ("POST", REPORT_RUN): reading.report,
            ("GET", "/report/fields"): reading.fields,
            ("GET", "/report/field"): reading.field,
        }.get((method, path))
        if read is None:
            raise Refused(404, "The resource was not found")
        return read(asked), None

    def _noted(self, write: Write) -> Write:
        last = self._last.get(write.key)
        if last is not None and last.confirmed and last.content == write.content:
            self.double_sends.append(write.key)
        self._last[write.key] = write
        self.writes.append(write)
        return write

    def _spoiled(self, kind: Misbehaviour | None, answer: Answer) -> Answer:
        if kind == "truncated":
            return Answer(answer.status, answer.body[: len(answer.body) * 2 // 3])
        if kind == "oversized":
            return Answer(answer.status, b" " * self.oversize + answer.body)
        return _REPLACED.get(kind or "", answer)


class _Handler(Handler):
    server: "_HttpServer"

    def serve(self) -> None:
        """One request, and its answer unless the client is gone."""
        axcelerate = self.server.axcelerate
        # Over before the answer leaves: a client may send again as soon as it has read it.
        with axcelerate.flight():
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            address = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = axcelerate.reply(Request(self.command, address.path, address.query, headers, body))
        if reply is None or axcelerate.closing.is_set() or self.is_left():
            self.close_connection = True
            return
        if reply.write:
            axcelerate.confirm(reply.write)
        with suppress(OSError):
            self._send(reply)

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        if reply.status != 204:  # which has neither type nor length
            self.send_header("Content-Type", "text/html" if reply.body == _PAGE else "application/json;charset=UTF-8")
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.write_body(reply.body, cut=reply.cut)


class _HttpServer(Listening):
    def __init__(self, axcelerate: AxcelerateServer, port: int) -> None:
        super().__init__(_Handler, port)
        self.axcelerate = axcelerate
        self.closing = axcelerate.closing


@contextmanager
def axcelerate_server(*, port: int = 0, **options: Any) -> Iterator[AxcelerateServer]:
    """A running server on a free port of the loopback; options: the fields of AxcelerateServer."""
    axcelerate = AxcelerateServer(**options)
    server = _HttpServer(axcelerate, port)
    axcelerate.url = f"{server.address}{_BASE}"
    with running(server):
        yield axcelerate


def main() -> None:
    """Run it until it is interrupted, and say how to reach it."""
    parser = argparse.ArgumentParser(description="An aXcelerate for trials; what it holds is gone when it ends.")
    parser.add_argument("--port", type=int, default=8803)
    parser.add_argument("--contacts", type=int, default=100, help="how many contacts the sample organisation has")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds that each request takes at least")
    parser.add_argument("--misbehave", nargs="*", default=[], choices=get_args(Misbehaviour), metavar="KIND")
    asked = parser.parse_args()
    tokens = {"api_token": secrets.token_hex(16), "ws_token": secrets.token_hex(16)}
    with axcelerate_server(port=asked.port, state=sample(asked.contacts), pause=asked.pause, **tokens) as axcelerate:
        axcelerate.misbehave(*asked.misbehave)
        print(f"export ROLLBOOK_AXCELERATE_URL={axcelerate.url}")
        print(f"export ROLLBOOK_AXCELERATE_API_TOKEN={axcelerate.api_token}")
        print(f"export ROLLBOOK_AXCELERATE_WS_TOKEN={axcelerate.ws_token}", flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
        print(f"{len(axcelerate.requests)} requests, {len(axcelerate.writes)} writes")


if __name__ == "__main__":
    main()
