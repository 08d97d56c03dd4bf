"""A dashboard on a real server, and a browser without a window."""

import html
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from fastapi import FastAPI

from dashboard.actions import Actions
from dashboard.app import create_app
from dashboard.server import listening, server_of
from ledger.database import open_database
from rollbook.settings import Settings
from tests.pipeline.forked import Forked

_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


def _client() -> httpx.Client:
    """A connection for each request: one that is kept may be cut by the server just when it is asked again."""
    return httpx.Client(trust_env=False, timeout=60, limits=httpx.Limits(max_keepalive_connections=0))


@dataclass
class Browser:
    """Asks for pages, keeps cookies, sends forms with the token of the page it saw last."""

    url: str
    client: httpx.Client = field(default_factory=_client)
    page: str = ""

    def get(self, path: str, headers: Mapping[str, str] | None = None, *, follow: bool = True) -> httpx.Response:
        """Ask for a page."""
        return self._saw(self.client.get(self.url + path, headers=headers, follow_redirects=follow))

    def post(
        self,
        path: str,
        fields: Mapping[str, str | list[str]] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        follow: bool = True,
    ) -> httpx.Response:
        """Send a form."""
        data = {"csrf": self.csrf, **(fields or {})}
        return self._saw(self.client.post(self.url + path, data=data, headers=headers, follow_redirects=follow))

    @property
    def csrf(self) -> str:
        """The token of the page that was seen last."""
        found = _CSRF.search(self.page)
        return found[1] if found else ""

    def form(self) -> dict[str, str]:
        """What a browser sends of the case's page that was seen last, when nothing was edited."""
        found = re.findall(r'name="(cell-[A-Z]+)"[^>]*value="([^"]*)"', self.page)
        found += re.findall(r'name="(seen)" value="([^"]*)"', self.page)
        return {name: html.unescape(value) for name, value in found}

    def hidden(self) -> dict[str, str]:
        """The hidden fields of the page that was seen last."""
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', self.page)
        return {html.unescape(name): html.unescape(value) for name, value in found}

    def text(self) -> str:
        """What the page that was seen last says, without its marks, in single spaces."""
        within = re.sub(r"</?bdi>", "", self.page)
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", within)).split())

    def _saw(self, answer: httpx.Response) -> httpx.Response:
        self.page = answer.text if answer.headers.get("content-type", "").startswith("text/html") else self.page
        return answer


@contextmanager
def dashboards(url: str, number: int, *options: str | Path) -> Iterator[list[Browser]]:
    """Browsers at as many dashboards of a database, each a process of its own."""
    processes = [Forked("dashboard", "--port", "0", "--database", url, *options) for _ in range(number)]
    try:
        lines = [process.stderr.readline() for process in processes]
        yield [_entered(line) for line in lines]
    finally:
        for process in processes:
            process.terminate()
            process.communicate(timeout=20)


def _entered(line: str) -> Browser:
    """A browser that opened the address that a start printed, with its token."""
    found = re.search(r"(http://[0-9.]+:\d+)(/\S*)", line)
    assert found is not None, line
    browser = Browser(found[1])
    browser.get(found[2])
    return browser


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The address of the application, on a port of its own."""
    server = server_of(app)
    socket = listening("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        socket.close()


@contextmanager
def opened(settings: Settings, *, acts: bool = True) -> Iterator[Browser]:
    """A browser at the dashboard of the settings' database; acts: it can repair, too."""
    engine = open_database(settings.database, create=True)
    actions = Actions(settings, engine) if acts else None
    with served(create_app(settings, engine, actions, by="Pat")) as url:
        browser = Browser(url)
        with browser.client:
            yield browser
    engine.dispose()
