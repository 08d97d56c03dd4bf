"""The wire to SmarterU: one POST a call, tried again where that may help, and no key in any message or log."""

import logging
import math
import re
import socket
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from ipaddress import ip_address
from random import SystemRandom
from threading import Timer
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote_from_bytes

import httpcore  # noqa: F401 - httpx would import it when the first batch is about to leave
import httpx

from destinations.smarteru.package import with_keys
from rollbook import __version__
from rollbook.errors import CannotBegin, Stopped, Unavailable

# No pause is longer than this many times the first one, whatever `Retry-After` asks for.
LONGEST_PAUSE = 64
_SHORTEST_SURE_KEY = 12
_SHOWN = 300
# Gzip or zlib, whichever the header of the data says.
_ANY_HEADER = zlib.MAX_WBITS | 32
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)


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


class NotAnswered(Stopped, Unavailable):
    """SmarterU gave no answer that can be read, or the way there refused the call; `resume` goes on.

    what: what happened, on one line. doubtful: False only where nothing of the call can have been processed.
    """

    def __init__(self, what: str, doubtful: bool) -> None:
        super().__init__(what, doubtful)
        self.what = what
        self.doubtful = doubtful

    def __str__(self) -> str:
        return f"SmarterU gave no answer: {self.what}. See to it, then `rollbook resume` goes on."


@dataclass(frozen=True)
class _Failed:
    """What became of a try. again: another one may help. after: seconds that the server asks to wait."""

    what: str
    doubtful: bool
    again: bool = True
    after: float = 0.0


class _Unreadable(Exception):
    """The body of an answer: longer than allowed, or packed in a way that was not asked for."""


class SmarterU:
    """Calls SmarterU over one connection, one call after the other; a context manager.

    That an account has one request in flight only is for the caller to see to. Proxies and certificates are those of
    the environment, as everywhere; the loopback is reached without a proxy. Raises CannotBegin.
    """

    def __init__(self, wire: Wire) -> None:
        check_url(wire.url)
        for library in ("httpx", "httpcore"):
            # They log what a server makes of the status line, which may be what it was sent.
            logging.getLogger(library).setLevel(logging.WARNING)
        self._wire = wire
        self._watch = _Watch(wire.timeout)
        self._http = _http_client(wire)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def call(self, xml: bytes, on_doubt: Callable[[], None] | None = None) -> Reply:
        """Send a package, whose keys are filled in here, and give SmarterU's answer, whatever it says.

        Transport errors, 429 and 5xx are tried again. on_doubt: called once, before the first try that follows one
        that may have been processed. Keys of at least 12 characters that the answer repeats are blotted out of it.
        Raises NotAnswered, and CannotBegin where the keys cannot be filled in.
        """
        package = with_keys(xml, self._wire.account_api, self._wire.user_api)
        content = b"Package=" + quote_from_bytes(package, safe="").encode("ascii")
        doubtful = False
        number = 0
        while True:
            number += 1
            told = self._try(content)
            if isinstance(told, bytes):
                return Reply(without_keys(told, self._wire.account_api, self._wire.user_api), doubtful)
            doubted, doubtful = doubtful, doubtful or told.doubtful
            if not told.again or number >= self._wire.tries:
                tries = f" (after {number} tries)" if number > 1 else ""
                raise NotAnswered(self.scrub(told.what)[:_SHOWN] + tries, doubtful)
            if on_doubt and doubtful and not doubted:
                on_doubt()
            time.sleep(_pause(self._wire.pause, number, told.after))

    def scrub(self, text: str) -> str:
        """The text without the two keys."""
        return scrub(text, self._wire.account_api, self._wire.user_api)

    def _try(self, content: bytes) -> bytes | _Failed:
        extensions = {"trace": self._watch.note}
        try:
            with (
                self._watch.on(),
                self._http.stream("POST", self._wire.url, content=content, extensions=extensions) as response,
            ):
                return self._answer(response)
        except _Unreadable as error:
            return _Failed(str(error), doubtful=True, again=False)
        except _NOT_SENT as error:
            return _Failed(self._told(error), doubtful=False)
        except (httpx.TransportError, zlib.error) as error:
            return _Failed(self._told(error), doubtful=True)

    def _answer(self, response: httpx.Response) -> bytes | _Failed:
        if not response.is_success:
            return _refusal(response)
        body = _read(response, self._wire.most_bytes)
        if self._watch.expired:  # the end of the body may be the cut
            raise httpx.ReadTimeout("cut")
        return body

    def _told(self, error: Exception) -> str:
        if self._watch.expired or isinstance(error, httpx.TimeoutException):
            return f"no answer within {self._wire.timeout:g} seconds"
        told = " ".join(str(error).split())
        if isinstance(error, httpx.RemoteProtocolError):
            told = told.partition(":")[0]  # behind it stands what the server sent, perhaps one half of a key
        return told or type(error).__name__


class _Watch:
    """Cuts the connection when a try takes too long.

    The HTTP library bounds each reading and writing: a server that sends a byte now and then would never be given up.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.expired = False
        self._socket: socket.socket | None = None

    @contextmanager
    def on(self) -> Iterator[None]:
        """Watch over what happens inside."""
        self.expired = False
        timer = Timer(self.seconds, self._expire)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()

    def note(self, event: str, info: Mapping[str, Any]) -> None:
        """Take note of the socket of a new connection (the `trace` extension of the HTTP library)."""
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")
            if self.expired:
                self._cut()

    def _expire(self) -> None:
        self.expired = True
        self._cut()

    def _cut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                # The plain shutdown: that of a TLS socket would take its keys from under the thread that reads.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def check_url(url: str) -> None:
    """Raises CannotBegin unless the URL is https, or http to this very machine, without user and password."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise CannotBegin("SmarterU's URL is none. It is usually https://api.smarteru.com/apiv2/.") from error
    if parsed.userinfo:
        raise CannotBegin("SmarterU's URL holds a user or a password. Take them out: the keys have their own settings.")
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise CannotBegin("SmarterU's URL is none. It is usually https://api.smarteru.com/apiv2/.")
    if parsed.scheme == "http" and not _is_loopback(parsed.host):
        raise CannotBegin(f"SmarterU's URL goes to {parsed.host} without TLS. Let it begin with https://.")


def scrub(text: str, *keys: str) -> str:
    """The text with every key made `***`, be it as it is, percent-encoded, in XML or as Python shows bytes."""
    for key in keys:
        if key:
            text = re.sub(_SPLIT.join(map(_any_spelling, key)), "***", text)
    return text


def without_keys(body: bytes, *keys: str) -> bytes:
    """An answer without the keys that it repeats. Short keys are left: `test` may be a part of any name."""
    sure = [key for key in keys if len(key) >= _SHORTEST_SURE_KEY]
    if not any(octet in body for octet in _SPELLS) and not any(key.encode() in body for key in sure):
        return body
    text = body.decode("utf-8", errors="surrogateescape")
    return scrub(text, *sure).encode("utf-8", errors="surrogateescape")


def _any_spelling(letter: str) -> str:
    """A pattern of what may stand for one character of a key."""
    entities = [f"&{name};" for name, stands_for in _ENTITIES.items() if stands_for == letter]
    spelled = [
        *map(_or_percent, entities),
        f"(?i:{_or_percent('&#')}0*{ord(letter)}{_or_percent(';')})",
        f"(?i:{_or_percent('&#')}x0*{ord(letter):x}{_or_percent(';')})",
        "".join(rf"(?i:\\x{octet:02x})" for octet in _octets(letter)),
        re.escape("\\" + letter) if letter in "\\'\"" else r"\+" if letter == " " else "",
        _or_percent(letter),
    ]
    return f"(?:{'|'.join(filter(None, spelled))})"


def _or_percent(text: str) -> str:
    """A pattern of a text, each character as it is or percent-encoded."""
    return "".join(
        f"(?:{''.join(f'(?i:%{octet:02x})' for octet in _octets(letter))}|{re.escape(letter)})" for letter in text
    )


def _octets(letter: str) -> bytes:
    return letter.encode("utf-8", errors="surrogatepass")


_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
# What another spelling of a key than the plain one cannot do without, `+` being that of a blank.
_SPELLS = (b"&", b"%", b"\\", b"]]><![CDATA[", b"+")
# Where `]]>` stands in a text, its CDATA section is ended and begun anew.
_SPLIT = f"(?:{_or_percent(']]><![CDATA[')})?"


def _http_client(wire: Wire) -> httpx.Client:
    try:
        return httpx.Client(
            timeout=wire.timeout,
            limits=httpx.Limits(max_connections=1),
            trust_env=not _is_loopback(httpx.URL(wire.url).host),
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept-Encoding": "gzip",
                "User-Agent": f"rollbook/{__version__}",
            },
        )
    except (ImportError, ValueError, OSError, httpx.InvalidURL) as error:
        raise CannotBegin(
            f"The environment's proxy or certificates cannot be used: {type(error).__name__}. "
            "Correct HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE or SSL_CERT_DIR."
        ) from None


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _read(response: httpx.Response, most_bytes: int) -> bytes:
    """The body, unpacked step by step so that a small answer cannot become a large one."""
    packing = response.headers.get("Content-Encoding", "identity").strip().lower()
    if packing not in ("gzip", "x-gzip", "deflate", "identity", ""):
        raise _Unreadable("the answer is packed in a way that was not asked for")
    unpacker = None if packing in ("identity", "") else zlib.decompressobj(_ANY_HEADER)
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk if unpacker is None else unpacker.decompress(chunk, most_bytes + 1 - len(body))
        if len(body) > most_bytes:
            raise _Unreadable(f"the answer is longer than {most_bytes:,} bytes")
    if unpacker and not unpacker.eof:
        raise zlib.error("the packed answer ends too early")
    return bytes(body)


def _refusal(response: httpx.Response) -> _Failed:
    """What a status that is no success means: SmarterU itself answers 200 whatever happens."""
    status = response.status_code
    try:
        name = f" ({HTTPStatus(status).phrase})"
    except ValueError:
        name = ""
    again = status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    refused = status == HTTPStatus.TOO_MANY_REQUESTS
    after = _seconds_to_wait(response.headers.get("Retry-After", ""))
    return _Failed(f"HTTP status {status}{name}", doubtful=not refused, again=again, after=after)


def _seconds_to_wait(retry_after: str) -> float:
    """The seconds of a `Retry-After`, which holds a number or a date (RFC 9110, 10.2.3); 0 where it is neither."""
    try:
        seconds = float(retry_after)
    except ValueError:
        seconds = _seconds_until(retry_after)
    return seconds if math.isfinite(seconds) and seconds > 0 else 0.0


def _seconds_until(text: str) -> float:
    try:
        then = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return (then.replace(tzinfo=then.tzinfo or UTC) - datetime.now(UTC)).total_seconds()


def _pause(first: float, number: int, after: float) -> float:
    """Seconds before the next try, the `number`th being over: doubled each time, with jitter, or as asked for."""
    longest = first * LONGEST_PAUSE
    own = min(math.ldexp(first, min(number - 1, 32)), longest) * SystemRandom().uniform(0.5, 1.0)
    return min(max(own, after), longest)
