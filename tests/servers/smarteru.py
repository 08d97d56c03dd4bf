"""A SmarterU to test against: a real HTTP server that judges as strictly as the documentation, and can misbehave.

It knows nothing of Rollbook: what it takes and says is written down here once more, from SmarterU's pages and from
recorded traffic. `python -m tests.servers.smarteru` runs it for a trial.
"""

import argparse
import gzip
import secrets
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from lxml import etree

from tests.servers.listening import Handler, InFlight, Listening, running
from tests.servers.smarteru_answers import Problem, Style, answer
from tests.servers.smarteru_checks import Refused, package_of, parameters_of, root_of, text_of
from tests.servers.smarteru_history import MESSAGES, History, Processed, Sent, blocks_of, without_names
from tests.servers.smarteru_reading import Reading
from tests.servers.smarteru_state import Course, Enrollment, Group, Session, State, User, from_reference, sample

__all__ = [
    "Course",
    "Enrollment",
    "Group",
    "Misbehaviour",
    "Received",
    "Session",
    "SmarterUServer",
    "State",
    "Style",
    "User",
    "from_reference",
    "sample",
    "smarteru_server",
]

HISTORY = "enrollSessionHistory"
# drop: the connection is cut without an answer. late: the answer comes `late` seconds after (before, after: whether the
# request was processed, at once; processed_late: it is when the time has passed). cut: the body ends before its length.
# html, 500_…, 429: as they say. truncated, oversized, garbage: processed, and the body is half an answer, more than
# `oversize` bytes of one, or noise. success_with_errors: Result says Success, and the last block is refused where all
# were good. esh26_without_block: somebody enrolls the first good block's learner just before, and no message says whom.
Misbehaviour = Literal[
    "drop_before",
    "drop_after",
    "late_before",
    "late_after",
    "processed_late",
    "429",
    "500_before",
    "500_after",
    "html",
    "html_after",
    "truncated",
    "cut",
    "oversized",
    "garbage",
    "success_with_errors",
    "esh26_without_block",
]
# What a request that was not processed is answered with: status and body.
_UNPROCESSED = {
    "429": (429, b"Too Many Requests"),
    "500_before": (500, b"Internal Server Error"),
    "late_before": (504, b"Gateway Time-out"),
    "html": (
        200,
        b"<!DOCTYPE html>\n<html><head><title>Maintenance</title></head><body><p>Back soon.<br></body></html>",
    ),
}
_NOT_CONFIRMING = frozenset(get_args(Misbehaviour)) - {"success_with_errors", "esh26_without_block"}


@dataclass(frozen=True)
class Received:
    """A request. method: as its XML says, empty where that cannot be read. blocks: how many. at: monotonic seconds."""

    method: str
    blocks: int
    at: float


@dataclass(frozen=True)
class Reply:
    """What goes out. cut: only half of it does. sure: the keys of the enrollments that the client may now count on."""

    status: int
    body: bytes
    cut: bool = False
    sure: frozenset[tuple[str, str]] = frozenset()


@dataclass
class SmarterUServer(InFlight):
    """What a test sets and looks at; `smarteru_server` makes and starts one.

    url: with the path, over plain HTTP on the loopback. state: the company, to be edited at any time.
    requests: all, in the order of arrival. in_flight_most: the greatest number of requests at once; one that is late
    counts until its end, whether or not the client still waits for it.
    last_package: the XML as it arrived. double_sends: keys of enrollments that arrived again after they were taken and
    an answer said so beyond doubt.
    date_format: that of EnrolledDate. permitted: whether the API user may enroll (else ESH:11).
    pause: seconds that each request takes. late: see Misbehaviour. retry_after: what goes with a 429.
    oversize: bytes of an oversized answer, unpacked.
    pages_for: texts; a page of HTML comes instead of an answer where a request holds one of them.
    most_blocks: a request with more gets a page of HTML, or status 413 where `says_too_large`.
    """

    state: State = field(default_factory=sample)
    style: Style = field(default_factory=Style)
    account_api: str = "ACCOUNT0123456789ABCDEF0123456789"
    user_api: str = "*user<&>key'\"%+ 0123456789"
    date_format: str = "%Y-%m-%d"
    permitted: bool = True
    pause: float = 0.0
    late: float = 0.6
    retry_after: str | None = "0"
    oversize: int = 17 * 2**20
    pages_for: set[str] = field(default_factory=set)
    most_blocks: int | None = None
    says_too_large: bool = False
    url: str = ""
    requests: list[Received] = field(default_factory=list)
    double_sends: list[tuple[str, str]] = field(default_factory=list)
    last_package: bytes = b""

    def __post_init__(self) -> None:
        self._to_come: dict[str, deque[Misbehaviour]] = defaultdict(deque)
        self._confirmed: set[tuple[str, str]] = set()
        self._counting, self._processing = threading.Lock(), threading.Lock()
        self.closing = threading.Event()

    @property
    def users(self) -> dict[str, User]:
        """By SmarterU's ID."""
        return self.state.users

    @property
    def groups(self) -> dict[str, Group]:
        """By GroupID."""
        return self.state.groups

    @property
    def courses(self) -> dict[str, Course]:
        """By LearningModuleID."""
        return self.state.courses

    @property
    def sessions(self) -> dict[str, Session]:
        """By CourseSessionID."""
        return self.state.sessions

    @property
    def enrollments(self) -> dict[tuple[str, str], Enrollment]:
        """By (user's ID, session's ID)."""
        return self.state.enrollments

    def held(self, who: str, session_id: str) -> Enrollment | None:
        """What a session holds for an e-mail or an employee ID."""
        return self.state.held(who, session_id)

    def misbehave(self, *kinds: Misbehaviour, method: str = HISTORY) -> None:
        """What happens to the next requests of a method, one each; then it behaves again."""
        for kind in kinds:
            if kind not in get_args(Misbehaviour):
                raise ValueError(f"{kind!r} is no misbehaviour")
        self._to_come[method].extend(kinds)

    def reply(self, http_method: str, content_type: str, body: bytes) -> Reply | None:
        """The answer to a request; None: the connection is to be cut."""
        self.closing.wait(self.pause)
        try:
            self.last_package = package_of(http_method, content_type, body)
            root = root_of(self.last_package)
        except Refused as refused:
            self.requests.append(Received("", 0, time.monotonic()))
            return Reply(200, self._refusal(refused))
        method = text_of(root, "Method") or ""
        blocks = len(root.findall("Parameters/LearningModuleEnrollment/Enrollment"))
        self.requests.append(Received(method, blocks, time.monotonic()))
        if any(text.encode() in self.last_package for text in self.pages_for):
            return Reply(*_UNPROCESSED["html"])
        if self.most_blocks is not None and blocks > self.most_blocks:
            return Reply(413 if self.says_too_large else 200, _UNPROCESSED["html"][1])
        waiting = self._to_come[method]
        return self._misbehaved(waiting.popleft() if waiting else None, root)

    def confirm(self, sure: frozenset[tuple[str, str]]) -> None:
        """An answer went out that says these enrollments are taken."""
        self._confirmed |= sure

    def _misbehaved(self, kind: Misbehaviour | None, root: etree._Element) -> Reply | None:
        if kind in ("late_before", "processed_late"):
            self.closing.wait(self.late)
        if kind == "drop_before":
            return None
        if kind in _UNPROCESSED:
            return Reply(*_UNPROCESSED[kind])
        with self._processing:
            done = self._processed(root, kind)
        if kind == "late_after":
            self.closing.wait(self.late)
        if kind == "drop_after":
            return None
        sure = frozenset[tuple[str, str]]() if kind in _NOT_CONFIRMING else done.sure
        status = 500 if kind == "500_after" else 200
        return Reply(status, self._spoiled(kind, done.body), kind == "cut", sure)

    def _processed(self, root: etree._Element, kind: Misbehaviour | None) -> Processed:
        try:
            parameters = parameters_of(
                root, self.account_api, self.user_api, columns_behind=self.style.report_columns == "behind"
            )
            method = text_of(root, "Method") or ""
            if method != HISTORY:
                return Processed(Reading(self.state, self.style).read(method, parameters))
            if not self.permitted:
                raise Refused("ESH:11", MESSAGES["ESH:11"])
            return self._enrolled(blocks_of(parameters), kind)
        except Refused as refused:
            return Processed(self._refusal(refused))

    def _enrolled(self, blocks: list[Sent], kind: Misbehaviour | None) -> Processed:
        history = History(self.state, self.style, self.date_format)
        self.double_sends += [key for key in history.keys(blocks) if key in self._confirmed]
        good = [block for block in blocks if history.is_good(block)]
        if kind == "esh26_without_block":
            if good:
                history.take(good[0])
            return History(self.state, without_names(self.style), self.date_format).enroll(blocks)
        done = history.enroll(blocks, refuse_last=kind == "success_with_errors" and len(good) == len(blocks))
        if kind != "success_with_errors":
            return done
        body = done.body.replace(b"<Result>Failed</Result>", b"<Result>Success</Result>", 1)
        return Processed(body, done.sure)

    def _spoiled(self, kind: Misbehaviour | None, body: bytes) -> bytes:
        if kind == "truncated":
            return body[: len(body) * 2 // 3]
        if kind == "oversized":
            return body.replace(b"<Result>", b" " * self.oversize + b"<Result>", 1)
        if kind == "garbage":
            return bytes(range(256)) * 4
        if kind == "html_after":
            return _UNPROCESSED["html"][1]
        return b"Internal Server Error" if kind == "500_after" else body

    def _refusal(self, refused: Refused) -> bytes:
        return answer("Failed", "", [Problem(refused.code, refused.message)], self.style)


class _Handler(Handler):
    server: "_HttpServer"

    def serve(self) -> None:
        """The request's answer, where the server still has a client."""
        smarteru = self.server.smarteru
        # Over before the answer leaves: a client may send again as soon as it has read it.
        with smarteru.flight():
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            reply = smarteru.reply(self.command, self.headers.get("Content-Type", ""), body)
        if reply is None or smarteru.closing.is_set() or self.is_left():
            self.close_connection = True
            return
        smarteru.confirm(reply.sure)
        with suppress(OSError):
            self._send(reply)

    def _send(self, reply: Reply) -> None:
        packed = "gzip" in self.headers.get("Accept-Encoding", "")
        content = gzip.compress(reply.body, compresslevel=1) if packed else reply.body
        self.send_response(reply.status)
        self.send_header("Content-Type", "text/html;charset=UTF-8")
        if packed:
            self.send_header("Content-Encoding", "gzip")
        if reply.status == 429 and self.server.smarteru.retry_after is not None:
            self.send_header("Retry-After", self.server.smarteru.retry_after)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.write_body(content, cut=reply.cut)


class _HttpServer(Listening):
    def __init__(self, smarteru: SmarterUServer, port: int) -> None:
        super().__init__(_Handler, port)
        self.smarteru = smarteru
        smarteru.url = f"{self.address}/apiv2/"
        smarteru.closing = self.closing


@contextmanager
def smarteru_server(*, port: int = 0, **options: Any) -> Iterator[SmarterUServer]:
    """A running server on a free port of the loopback; options: the fields of SmarterUServer."""
    smarteru = SmarterUServer(**options)
    with running(_HttpServer(smarteru, port)):
        yield smarteru


def main() -> None:
    """Run it until it is interrupted, and say how to reach it."""
    parser = argparse.ArgumentParser(description="A SmarterU for trials; what it holds is gone when it ends.")
    parser.add_argument("--port", type=int, default=8801)
    parser.add_argument("--users", type=int, default=100, help="how many users the sample company has")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds that each request takes at least")
    parser.add_argument("--reference", type=Path, help="a folder of reference data instead of the sample company")
    parser.add_argument("--misbehave", nargs="*", default=[], choices=get_args(Misbehaviour), metavar="KIND")
    asked = parser.parse_args()
    state = from_reference(asked.reference) if asked.reference else sample(asked.users)
    keys = {"account_api": secrets.token_hex(16), "user_api": secrets.token_hex(16)}
    with smarteru_server(port=asked.port, state=state, pause=asked.pause, **keys) as smarteru:
        smarteru.misbehave(*asked.misbehave)
        print(f"export ROLLBOOK_SMARTERU_URL={smarteru.url}")
        print(f"export ROLLBOOK_SMARTERU_ACCOUNT_API={smarteru.account_api}")
        print(f"export ROLLBOOK_SMARTERU_USER_API={smarteru.user_api}", flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
        print(f"{len(smarteru.requests)} requests, {len(smarteru.enrollments)} enrollments")


if __name__ == "__main__":
    main()
