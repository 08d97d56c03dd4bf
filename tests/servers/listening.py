"""What a server of the tests does below its own rules: it listens, cuts connections, and is quiet about hang-ups."""

import errno
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class InFlight:
    """Counts the requests that are being worked on. in_flight_most: the greatest number of them at once."""

    in_flight_most = 0
    _in_flight = 0
    _counting: threading.Lock

    @contextmanager
    def flight(self) -> Iterator[None]:
        """A request that is being worked on."""
        with self._counting:
            self._in_flight += 1
            self.in_flight_most = max(self.in_flight_most, self._in_flight)
        try:
            yield
        finally:
            with self._counting:
                self._in_flight -= 1


class Handler(BaseHTTPRequestHandler):
    """A connection that is kept open; subclasses say how a request of any method is served."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # the head and the body leave together: no waiting for an acknowledgement between them
    disable_nagle_algorithm = True
    server: "Listening"

    def setup(self) -> None:
        """Note the connection, so that the server can cut it."""
        super().setup()
        self.server.open_sockets.add(self.connection)

    def finish(self) -> None:
        """Forget it."""
        with suppress(OSError):
            super().finish()
        self.server.open_sockets.discard(self.connection)

    def serve(self) -> None:
        """Read the request's body and answer."""
        raise NotImplementedError

    def do_GET(self) -> None:
        """See serve."""
        self.serve()

    def do_POST(self) -> None:
        """See serve."""
        self.serve()

    def do_PUT(self) -> None:
        """See serve."""
        self.serve()

    def do_PATCH(self) -> None:
        """See serve."""
        self.serve()

    def do_DELETE(self) -> None:
        """See serve."""
        self.serve()

    def write_body(self, content: bytes, *, cut: bool) -> None:
        """Send the body; or half of it, and hang up."""
        self.wfile.write(content[: len(content) // 2] if cut else content)
        self.wfile.flush()
        self.close_connection = self.close_connection or cut

    def is_left(self) -> bool:
        """Whether the client has given up and gone."""
        try:
            return not len(self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except BlockingIOError:
            return False
        except OSError:
            return True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class names it so
        """Say nothing: a request holds keys."""


class Listening(ThreadingHTTPServer):
    """A thread for each connection, on the loopback; port 0: a free one. closing: set when the server ends."""

    daemon_threads = True
    request_queue_size = 128  # as many clients may knock at once

    def __init__(self, handler: type[Handler], port: int = 0) -> None:
        try:
            super().__init__(("127.0.0.1", port), handler)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            told = f"Port {port} is already in use, perhaps by another trial server. Stop that one, or use --port 0."
            raise SystemExit(told) from None
        self.open_sockets: set[socket.socket] = set()
        self.closing = threading.Event()

    @property
    def address(self) -> str:
        """Where it is reached, without a path."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client may hang up at any time."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        """Answer nothing more, and cut the connections that clients keep open."""
        self.closing.set()
        self.shutdown()
        for connection in list(self.open_sockets):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


@contextmanager
def held_port() -> Iterator[int]:
    """A free port that is bound until the end of the block: a server may listen at it, and nobody else is given it."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@contextmanager
def running(server: Listening) -> Iterator[None]:
    """It serves in a thread of its own until the end of the block."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.stop()
        thread.join()
