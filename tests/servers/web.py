"""A web server that has files, refuses, leads on, dawdles and breaks off."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.servers.listening import Handler, Listening, running


@dataclass
class Page:
    """What a path answers. length: what it says that its length is, where that is not so; -1: nothing."""

    content: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    pause: float = 0.0


class _Handler(Handler):
    server: Web

    def serve(self) -> None:
        """Answer with the page of the path."""
        self.server.asked.append((self.path, dict(self.headers)))
        page = self.server.pages.get(self.path, Page(status=404))
        if not page.content and page.status == 200:
            page = Page(status=404)
        self.send_response(page.status)
        length = len(page.content) if page.length is None else page.length
        told = {"Content-Length": str(length)} if length >= 0 else {"Connection": "close"}
        for name, value in {**told, **page.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        for start in range(0, len(page.content), max(len(page.content) // 10, 1)):
            self.wfile.write(page.content[start : start + max(len(page.content) // 10, 1)])
            self.wfile.flush()
            time.sleep(page.pause)
        if length != len(page.content):
            self.close_connection = True


class Web(Listening):
    """The server. pages: by path and query. asked: (path, headers) of all requests."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.pages: dict[str, Page] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []


@contextmanager
def web() -> Iterator[Web]:
    """A server without a page."""
    server = Web()
    with running(server):
        yield server
