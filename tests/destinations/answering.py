"""A real HTTP server that answers as a test tells it to, well or badly."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

Deed = Callable[[BaseHTTPRequestHandler], None]


def answer(body: bytes = b"", status: int = 200, **headers: str) -> Deed:
    """An answer; headers: with `_` for `-`."""

    def deed(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return deed


def raw(text: bytes) -> Deed:
    """These bytes, whatever they are; then hang up."""

    def deed(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(text)
        handler.close_connection = True

    return deed


def reset(handler: BaseHTTPRequestHandler) -> None:
    """Cut the connection hard."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True


def trickle(beginning: bytes, piece: bytes) -> Deed:
    """Send a beginning at once, then a piece every few milliseconds until the client hangs up."""

    def deed(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        try:
            handler.wfile.write(beginning)
            while True:
                handler.wfile.write(piece)
                time.sleep(0.01)
        except OSError:
            return

    return deed


class Received(NamedTuple):
    """A request. headers: by their names in lower case. path: with the query."""

    headers: dict[str, str]
    body: bytes
    method: str
    path: str


class Server(ThreadingHTTPServer):
    """Does the deeds in their order, the last one for ever; keeps what it received."""

    daemon_threads = True

    def __init__(self, deeds: tuple[Deed, ...]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.deeds = list(deeds)
        self.received: list[Received] = []
        self.connections: set[Any] = set()
        self.released = threading.Event()
        self.counting = threading.Lock()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news here."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/api"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        with server.counting:
            server.received.append(Received(headers, body, self.command, self.path))
            server.connections.add(self.client_address)
            deed = server.deeds.pop(0) if len(server.deeds) > 1 else server.deeds[0]
        deed(self)

    do_GET = do_PUT = do_POST  # noqa: N815 - the base class looks for these names

    def log_message(self, *args: object) -> None:
        """Quiet."""


@contextmanager
def served(*deeds: Deed) -> Iterator[Server]:
    with Server(deeds) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.released.set()
            server.shutdown()
            thread.join()


def silent(handler: BaseHTTPRequestHandler) -> None:
    """Say nothing until the test is over."""
    assert isinstance(handler.server, Server)
    handler.server.released.wait(10)
    handler.close_connection = True
