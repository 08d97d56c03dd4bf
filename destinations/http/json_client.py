"""The wire to systems that speak JSON over HTTP: a request tried again where that is safe, and no secret anywhere.

What the caller must know is in what a call gives or raises: an Answer, a request that nobody answers (NotAnswered), a
write that may have been done (InDoubt), or credentials that are refused (Stopped).
"""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count
from types import TracebackType
from typing import Any, NamedTuple, NoReturn, Self
from urllib.parse import urlencode

import httpx

from destinations.http.connection import (
    LONGEST_PAUSE,
    Failure,
    Line,
    Watch,
    certificates,
    check_url,
    named,
    pause_before,
    read_body,
    refusal,
)
from destinations.http.redact import scrub, shown
from rollbook.errors import CannotBegin, Stopped, Unavailable

__all__ = [
    "LONGEST_PAUSE",
    "Answer",
    "ApiWire",
    "InDoubt",
    "JsonApi",
    "NotAnswered",
    "Parameters",
    "check_url",
    "scrub",
]

# Of a query or a form: by name, or as pairs where a name comes more than once.
Parameters = Mapping[str, str | int] | Sequence[tuple[str, str | int]]


@dataclass(frozen=True)
class ApiWire:
    """Where and how to call.

    system: its name, for messages. url: the base without a trailing slash, checked by `check_url`.
    headers: of each request. secrets: what no message may repeat.
    credentials: the remedy where they are refused, a sentence such as “Set ROLLBOOK_MOON_TOKEN to a token that may …”.
    timeout: seconds that one try may take. tries: how often a request is tried at most.
    pause: seconds before the second try, doubled before each further one; at most LONGEST_PAUSE times this.
    most_bytes: an answer above this size, unpacked, is not read to its end. at_once: requests in flight at most.
    """

    system: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    credentials: str
    timeout: float
    tries: int
    pause: float
    most_bytes: int
    at_once: int


class Answer(NamedTuple):
    """A readable answer: of success, or a refusal of this very request (4xx).

    status: the effective one, see JsonApi. content: the parsed JSON; None where the body is empty.
    """

    status: int
    content: Any


class NotAnswered(Stopped, Unavailable):
    """A system gave no answer that can be read, or the way there refused the call; `resume` goes on.

    system: its name. what: what happened, on one line. doubtful: False only where nothing can have been processed.
    """

    def __init__(self, system: str, what: str, doubtful: bool) -> None:
        super().__init__(system, what, doubtful)
        self.system = system
        self.what = what
        self.doubtful = doubtful

    def __str__(self) -> str:
        return f"{self.system} gave no answer: {self.what}. Fix this, then continue with `rollbook resume`."


class InDoubt(Exception):
    """A write may have been processed: no readable answer came. what: what happened instead, on one line."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


def _as_it_came(status: int, content: Any) -> int:  # noqa: ARG001 - the signature of all that tell a status
    return status


class JsonApi:
    """Calls a system, from many threads at once; a context manager.

    status_of: the effective status from HTTP's and the parsed body, for systems that tell errors inside of a 200.
    Raises CannotBegin where the environment's proxy or certificates, or the credentials' characters, cannot be used.
    """

    def __init__(self, wire: ApiWire, status_of: Callable[[int, Any], int] = _as_it_came) -> None:
        self._wire = wire
        self._status_of = status_of
        self._headers = {"Accept": "application/json", **_sendable(wire)}
        self._verify = certificates(wire.url)
        self._watch = Watch(wire.timeout)
        # A line each for those in flight, not a shared pool: it must be known whose socket is to be cut.
        self._slots = threading.BoundedSemaphore(wire.at_once)
        self._free = deque([self._new_line()])
        self._not_before = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._free:
            self._free.pop().close()
        self._watch.close()

    def read(
        self, method: str, path: str, *, query: Parameters | None = None, form: Parameters | None = None
    ) -> Answer:
        """Ask for something; may be repeated, so whatever is not a readable answer is tried again.

        path: behind the base URL, percent-encoded. Raises NotAnswered, and Stopped for refused credentials.
        """
        return self._call(_Request(method, self._url(path, query), *_body(None, form)), is_write=False)

    def write(self, method: str, path: str, *, json: object = None, form: Parameters | None = None) -> Answer:
        """Change something. Tried again only where it surely was not processed: nobody reached, or 429.

        json: what the body is to hold, or form: its fields. Raises InDoubt at once where it may have been processed,
        NotAnswered where it was not, and Stopped for refused credentials.
        """
        return self._call(_Request(method, self._url(path, None), *_body(json, form)), is_write=True)

    def pause(self, number: int) -> None:
        """Wait as long as fits before the next try of something, the `number`th (from 1) being over."""
        time.sleep(pause_before(self._wire.pause, number))

    def scrub(self, text: str) -> str:
        """Foreign text as people may see it: without secrets, on one line, of at most 300 characters."""
        return shown(text, *self._wire.secrets)

    def _call(self, request: "_Request", *, is_write: bool) -> Answer:
        doubtful = False
        for number in count(1):
            told = self._try(request)
            if isinstance(told, Answer):
                return told
            if is_write and told.doubtful:
                raise InDoubt(self.scrub(told.what))
            doubtful = doubtful or told.doubtful
            if number >= self._wire.tries or not (told.again or told.doubtful):
                tries = f" (after {number} tries)" if number > 1 else ""
                raise NotAnswered(self._wire.system, self.scrub(told.what) + tries, doubtful)
            time.sleep(pause_before(self._wire.pause, number, told.after))
        raise AssertionError("unreachable")

    def _try(self, request: "_Request") -> Answer | Failure:
        with self._line() as line:
            self._wait_for_turn()
            told = line.send(request.method, request.url, self._answer, request.content, request.headers)
        if isinstance(told, Failure) and told.after:
            # What one is asked to wait concerns all.
            then = time.monotonic() + min(told.after, self._wire.pause * LONGEST_PAUSE)
            self._not_before = max(self._not_before, then)
        return told

    def _wait_for_turn(self) -> None:
        while (wait := self._not_before - time.monotonic()) > 0:
            time.sleep(wait)

    @contextmanager
    def _line(self) -> Iterator[Line]:
        with self._slots:
            try:
                line = self._free.pop()  # the one used last: its connection is the least likely to be closed
            except IndexError:
                line = self._new_line()
            try:
                yield line
            finally:
                self._free.append(line)

    def _new_line(self) -> Line:
        return Line(self._wire.url, self._watch, self._headers, self._verify)

    def _url(self, path: str, query: Parameters | None) -> str:
        return f"{self._wire.url}{path}?{urlencode(query)}" if query else f"{self._wire.url}{path}"

    def _answer(self, response: httpx.Response) -> Answer | Failure:
        retry_after = response.headers.get("Retry-After", "")
        status = response.status_code
        failure = self._failure(status, retry_after)
        if failure:
            return failure
        body = read_body(response, self._wire.most_bytes)
        try:
            content = _content(body)
        except (ValueError, RecursionError):
            return Failure(f"HTTP status {named(status)} with an answer that is not JSON", doubtful=True)
        status = self._status_of(status, content)
        return self._failure(status, retry_after) or Answer(status, content)

    def _failure(self, status: int, retry_after: str) -> Failure | None:
        """None: it is an answer. Raises Stopped where no request at all will be answered."""
        wire = self._wire
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            told = f"{wire.system} refuses the credentials: HTTP status {named(status)}."
            raise Stopped(f"{told} {wire.credentials} Then continue with `rollbook resume`.")
        if 300 <= status < 400:
            told = f"{wire.system} answers from another address: HTTP status {named(status)}."
            raise Stopped(
                f"{told} Correct its URL, which is not followed elsewhere; then continue with `rollbook resume`."
            )
        if status < 200 or status >= 500 or status == HTTPStatus.TOO_MANY_REQUESTS:
            return refusal(status, retry_after)
        return None


class _Request(NamedTuple):
    method: str
    url: str
    content: bytes | None
    headers: Mapping[str, str] | None


def _body(content: object, form: Parameters | None) -> tuple[bytes | None, Mapping[str, str] | None]:
    if form is not None:
        return urlencode(form).encode("ascii"), {"Content-Type": "application/x-www-form-urlencoded"}
    if content is not None:
        return json.dumps(content, allow_nan=False).encode("ascii"), {"Content-Type": "application/json"}
    return None, None


def _content(body: bytes) -> Any:
    return json.loads(body, parse_constant=_no_number) if body.strip() else None


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def _sendable(wire: ApiWire) -> Mapping[str, str]:
    """The headers; raises CannotBegin where one holds what no header may, as a token with its line end."""
    for name, text in wire.headers.items():
        if not text.isascii() or not text.isprintable() or text != text.strip():
            raise CannotBegin(
                f"The header {name} for {wire.system} cannot be sent: it has line breaks, spaces at an end, or "
                f"unusual characters. {wire.credentials}"
            )
    return wire.headers
