"""The wire to SmarterU: one POST a call, tried again where that may help, and no key in any message or log."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import quote_from_bytes

import httpx

from destinations.http import connection
from destinations.http.connection import LONGEST_PAUSE, Failure, Line, Watch, pause_before, read_body, refusal
from destinations.http.json_client import NotAnswered
from destinations.http.redact import SHOWN, scrub, without_keys
from destinations.smarteru.answers import NotAnAnswer, element_of
from destinations.smarteru.package import with_keys

_TOO_LARGE = (
    "HTTP status 413 (Request Entity Too Large): the request is too large for the server. Set a smaller `batch_size` "
    "under [smarteru]"
)

__all__ = ["LONGEST_PAUSE", "Reply", "SmarterU", "Wire", "check_url", "scrub", "without_keys"]


@dataclass(frozen=True)
class Wire:
    """Where and how to call.

    url: checked by `check_url`. account_api, user_api: the two keys.
    timeout: seconds that one try may take. tries: how often a call is tried at most.
    pause: seconds before the second try, doubled before each further one; at most LONGEST_PAUSE times this, so that a
        call never takes longer than tries x (timeout + LONGEST_PAUSE x pause).
    most_bytes: an answer above this size, unpacked, is not read to its end.
    """

    url: str
    account_api: str = field(repr=False)
    user_api: str = field(repr=False)
    timeout: float
    tries: int
    pause: float
    most_bytes: int


@dataclass(frozen=True)
class Reply:
    """An answer. doubtful: a try before the one that it answers may have reached SmarterU and been processed."""

    body: bytes
    doubtful: bool


class LostAnswer(NotAnswered):
    """The connection broke, no answer came in time, or what came is no answer of SmarterU's.

    Where that is so again and again, the request's own content or length may be why.
    """


class CallBarred(NotAnswered):
    """A status from 400 to 499: the way to SmarterU does not let calls through; no other call is worth a try."""


class SmarterU:
    """Calls SmarterU over one connection, one call after the other; a context manager.

    That an account has one request in flight only is for the caller to see to. Proxies and certificates are those of
    the environment, as everywhere; the loopback is reached without a proxy. Raises CannotBegin.
    """

    def __init__(self, wire: Wire) -> None:
        check_url(wire.url)
        self._wire = wire
        self._status = 0
        self._watch = Watch(wire.timeout)
        self._line = Line(wire.url, self._watch, {"Content-Type": "application/x-www-form-urlencoded"})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._line.close()
        self._watch.close()

    def call(self, xml: bytes, on_doubt: Callable[[], None] | None = None, *, tries: int | None = None) -> Reply:
        """Send a package, whose keys are filled in here, and give SmarterU's answer, whatever it says.

        Transport errors, 429, 5xx and what is no answer of SmarterU's, such as a page of HTML, are tried again.
        on_doubt: called once, before the first try that follows one that may have been processed. Keys of at least 12
        characters that the answer repeats are blotted out of it. tries: instead of the wire's.
        Raises NotAnswered (LostAnswer, CallBarred), and CannotBegin where the keys cannot be filled in.
        """
        package = with_keys(xml, self._wire.account_api, self._wire.user_api)
        content = b"Package=" + quote_from_bytes(package, safe="").encode("ascii")
        doubtful = False
        number = 0
        while True:
            number += 1
            self._status = 0
            told = self._line.send("POST", self._wire.url, self._answer, content)
            if isinstance(told, bytes):
                return Reply(told, doubtful)
            doubted, doubtful = doubtful, doubtful or told.doubtful
            if not told.again or number >= (tries or self._wire.tries):
                after = f" (after {number} tries)" if number > 1 else ""
                raise self._kind()("SmarterU", self.scrub(told.what)[:SHOWN] + after, doubtful)
            if on_doubt and doubtful and not doubted:
                on_doubt()
            time.sleep(pause_before(self._wire.pause, number, told.after))

    def scrub(self, text: str) -> str:
        """The text without the two keys."""
        return scrub(text, self._wire.account_api, self._wire.user_api)

    def _kind(self) -> type[NotAnswered]:
        """What kind of error the last try was."""
        if not 400 <= self._status < 600:
            return LostAnswer
        return CallBarred if self._status < 500 else NotAnswered

    def _answer(self, response: httpx.Response) -> bytes | Failure:
        """The body. SmarterU itself answers 200 whatever happens: another status is not its word."""
        self._status = response.status_code
        if self._status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return Failure(_TOO_LARGE, doubtful=False, again=False)
        if not response.is_success:
            return refusal(self._status, response.headers.get("Retry-After", ""))
        body = without_keys(read_body(response, self._wire.most_bytes), self._wire.account_api, self._wire.user_api)
        try:
            element_of(body, most_bytes=self._wire.most_bytes)
        except NotAnAnswer as error:
            return Failure(f"what came back is {error.why}. It begins: {error.beginning or '(nothing)'}", doubtful=True)
        return body


def check_url(url: str) -> None:
    """Raises CannotBegin unless the URL is https, or http to this very machine, without user and password."""
    connection.check_url(url, "SmarterU", "https://api.smarteru.com/apiv2/")
