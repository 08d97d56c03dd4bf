"""A web server that takes what is posted to it, and answers as it is told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Posted:
    """A request as it came."""

    path: str
    headers: Message
    body: bytes


class Hook:
    """What came, the oldest first. statuses: what the next requests are answered with; 200 when there are no more."""

    def __init__(self) -> None:
        self.received: list[Posted] = []
        self.statuses: list[int] = []
        self.url = ""


@contextmanager
def hook() -> Iterator[Hook]:
    """A running server on a free port of the loopback."""
    there = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            there.received.append(Posted(self.path, self.headers, body))
            self.send_response(there.statuses.pop(0) if there.statuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    there.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield there
    finally:
        server.shutdown()
        server.server_close()
