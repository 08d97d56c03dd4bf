"""One connection to a system behind HTTP: a request within its time, an answer within its size, and what went wrong."""

import logging
import math
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from random import SystemRandom
from typing import Any, TypeVar

import httpcore  # noqa: F401 - httpx would import it when the first request is about to leave
import httpx

from destinations.http.redact import one_line
from rollbook import __version__
from rollbook.errors import CannotBegin
from rollbook.text.hosts import is_loopback

T = TypeVar("T")

# No pause is longer than this many times the first one, whatever `Retry-After` asks for.
LONGEST_PAUSE = 64
# Gzip or zlib, whichever the header of the data says.
_ANY_HEADER = zlib.MAX_WBITS | 32
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
# What OpenSSL says of a certificate whose issuer it does not know: X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT and its kin.
_UNKNOWN_AUTHORITY = (2, 18, 19, 20, 21)


@dataclass(frozen=True)
class Failure:
    """What became of a try, not yet scrubbed. doubtful: it may have been processed. again: another one may help.

    after: seconds that the server asks to wait.
    """

    what: str
    doubtful: bool
    again: bool = True
    after: float = 0.0


class UnreadableBody(Exception):
    """The body of an answer: longer than allowed, or packed in a way that was not asked for."""


class Watch:
    """Cuts the connections of exchanges that take too long, many at once; all have the same `seconds`.

    The HTTP library bounds each reading and writing: a server that sends a byte now and then would never be given up.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._in_flight: dict[Line, float] = {}  # in the order of their deadlines, as all have the same time
        self._changed = threading.Condition()
        self._is_watching = False

    @contextmanager
    def over(self, line: "Line") -> Iterator[None]:
        """Watch over what happens inside."""
        with self._changed:
            line.expired = False
            self._in_flight[line] = time.monotonic() + self.seconds
            if not self._is_watching:
                self._is_watching = True
                threading.Thread(target=self._run, name="watch", daemon=True).start()
        try:
            yield
        finally:
            with self._changed:
                self._in_flight.pop(line, None)

    def close(self) -> None:
        """Nothing is watched any more."""
        with self._changed:
            self._changed.notify()

    def _run(self) -> None:
        """Sleep to the next deadline; end when nothing is in flight any more. A quick exchange never wakes it."""
        with self._changed:
            while self._in_flight:
                line, deadline = next(iter(self._in_flight.items()))
                wait = deadline - time.monotonic()
                if wait > 0:
                    self._changed.wait(wait)
                else:
                    del self._in_flight[line]
                    line.cut()
            self._is_watching = False


class Line:
    """One connection, kept open, for one exchange at a time.

    Proxies and certificates are those of the environment, as everywhere; the loopback is reached without a proxy. A
    certificate that is not trusted fails at once: no other try would change it.
    expired: the exchange took too long and was cut. Raises CannotBegin.
    """

    def __init__(
        self, url: str, watch: Watch, headers: Mapping[str, str] | None = None, verify: ssl.SSLContext | None = None
    ) -> None:
        self.expired = False
        self._watch = watch
        self._socket: socket.socket | None = None
        self._http = _http_client(url, watch.seconds, headers or {}, verify)

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def send(
        self,
        method: str,
        url: str,
        read: Callable[[httpx.Response], T],
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T | Failure:
        """Send a request and hand its answer, whose body is not read yet, to `read`; what goes wrong is a Failure."""
        try:
            with (
                self._watch.over(self),
                self._http.stream(
                    method, url, content=content, headers=headers, extensions={"trace": self._note}
                ) as response,
            ):
                told = read(response)
                if self.expired:  # the end of the body may be the cut
                    raise httpx.ReadTimeout("cut")
                return told
        except UnreadableBody as error:
            return Failure(str(error), doubtful=True, again=False)
        except _NOT_SENT as error:
            untrusted = _untrusted(error)
            return Failure(untrusted or self._describe(error), doubtful=False, again=not untrusted)
        except (httpx.TransportError, zlib.error) as error:
            return Failure(self._describe(error), doubtful=True)

    def cut(self) -> None:
        """The time is over."""
        self.expired = True
        self._shut()

    def _note(self, event: str, info: Mapping[str, Any]) -> None:
        """Take note of the socket of a new connection (the `trace` extension of the HTTP library)."""
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")
            if self.expired:
                self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                # The plain shutdown: that of a TLS socket would take its keys from under the thread that reads.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _describe(self, error: Exception) -> str:
        if self.expired or isinstance(error, httpx.TimeoutException):
            return f"no answer within {self._watch.seconds:g} seconds"
        told = one_line(str(error))
        if isinstance(error, httpx.ProtocolError):
            told = told.partition(":")[0]  # behind it stands what was sent, perhaps one half of a key
        return told or type(error).__name__


def check_url(url: str, system: str, example: str) -> None:
    """Raises CannotBegin unless the URL is https, or http to this very machine, without user and password.

    system: its name, for the message; example: a URL as it is usual.
    """
    none = f"{system}'s URL is not valid. It usually looks like {example}."
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise CannotBegin(none) from error
    if parsed.userinfo:
        raise CannotBegin(
            f"{system}'s URL holds a user or a password. Take them out: the keys have their own settings."
        )
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise CannotBegin(none)
    if parsed.scheme == "http" and not is_loopback(parsed.host):
        raise CannotBegin(f"{system}'s URL goes to {parsed.host} without TLS. Let it begin with https://.")


def certificates(url: str) -> ssl.SSLContext:
    """The trusted certificates, for all lines to this URL; none where it asks for none. Raises CannotBegin.

    To load them takes its time.
    """
    if httpx.URL(url).scheme == "http":
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        return httpx.create_ssl_context()
    except OSError as error:
        raise _unusable(error) from None


def _http_client(url: str, timeout: float, headers: Mapping[str, str], verify: ssl.SSLContext | None) -> httpx.Client:
    for library in ("httpx", "httpcore"):
        # They log what a server makes of the status line, which may be what it was sent.
        logging.getLogger(library).setLevel(logging.WARNING)
    try:
        return httpx.Client(
            timeout=timeout,
            limits=httpx.Limits(max_connections=1),
            trust_env=not is_loopback(httpx.URL(url).host),
            verify=verify or certificates(url),
            headers={"Accept-Encoding": "gzip", "User-Agent": f"rollbook/{__version__}", **headers},
        )
    except (ImportError, ValueError, OSError, httpx.InvalidURL) as error:
        raise _unusable(error) from None


def _unusable(error: Exception) -> CannotBegin:
    return CannotBegin(
        f"The environment's proxy or certificates cannot be used: {type(error).__name__}. "
        "Correct HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE or SSL_CERT_DIR."
    )


def _untrusted(error: BaseException | None) -> str | None:
    """What is wrong with the server's certificate, and what to do, where that is what went wrong."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    if error is None:
        return None
    told = f"its certificate is not trusted ({one_line(error.verify_message)})"
    if error.verify_code not in _UNKNOWN_AUTHORITY:
        return told
    return f"{told}; if it is the right one, set SSL_CERT_FILE to a file with the certificate of who issued it"


def read_body(response: httpx.Response, most_bytes: int) -> bytes:
    """The body, unpacked step by step so that a small answer cannot become a large one; raises Unreadable."""
    packing = response.headers.get("Content-Encoding", "identity").strip().lower()
    if packing not in ("gzip", "x-gzip", "deflate", "identity", ""):
        raise UnreadableBody("the answer is packed in a way that was not asked for")
    unpacker = None if packing in ("identity", "") else zlib.decompressobj(_ANY_HEADER)
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk if unpacker is None else unpacker.decompress(chunk, most_bytes + 1 - len(body))
        if len(body) > most_bytes:
            raise UnreadableBody(f"the answer is longer than {most_bytes:,} bytes")
    if unpacker and not unpacker.eof:
        raise zlib.error("the packed answer ends too early")
    return bytes(body)


def refusal(status: int, retry_after: str = "") -> Failure:
    """What a status means that is no answer to the request. retry_after: the header of that name."""
    refused = status == HTTPStatus.TOO_MANY_REQUESTS
    again = refused or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    told = f"HTTP status {named(status)}"
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        told += ": a request is larger than it takes; a smaller `batch_size` makes requests smaller"
    return Failure(told, doubtful=not refused, again=again, after=_seconds_to_wait(retry_after))


def named(status: int) -> str:
    """A status with its name, where it has one: `429 (Too Many Requests)`."""
    try:
        return f"{status} ({HTTPStatus(status).phrase})"
    except ValueError:
        return str(status)


def pause_before(first: float, number: int, after: float = 0.0) -> float:
    """Seconds before the next try, the `number`th being over: doubled each time, with jitter, or as asked for."""
    longest = first * LONGEST_PAUSE
    own = min(math.ldexp(first, min(number - 1, 32)), longest) * SystemRandom().uniform(0.5, 1.0)
    return min(max(own, after), longest)


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
