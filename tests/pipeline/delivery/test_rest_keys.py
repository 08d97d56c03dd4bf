"""The tokens of Moon ERP and aXcelerate are told nowhere, whatever the system answers."""

import html
import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.leaking import found_keys
from tests.pipeline.rest_desk import AxcelerateDesk, RestDesk, axcelerate_desk, axcelerate_row, moon_desk, moon_row

# What a server may make of the headers of a request: status, type of content, body.
Echo = tuple[int, str, Callable[[str], str]]
ECHOES: dict[str, Echo] = {
    "a page": (200, "text/html", lambda told: f"<html><pre>{html.escape(told)}</pre></html>"),
    "a page of errors": (500, "text/html", lambda told: f"<html>{told}</html>"),
    "an error": (
        422,
        "application/json",
        lambda told: json.dumps({"message": told, "errors": {"employee_id": [told]}}),
    ),
    "an error inside 200": (200, "application/json", lambda told: json.dumps({"error": True, "messages": told})),
    "not found": (404, "application/json", lambda told: json.dumps({"message": told, "details": told})),
    "no permission": (403, "application/json", lambda told: json.dumps({"message": told})),
    "text": (200, "text/plain", lambda told: told),
}


@contextmanager
def echoing(echo: Echo) -> Iterator[str]:
    """A server that answers everything with the headers that it was sent; its URL."""
    status, kind, body_of = echo

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = body_of("; ".join(f"{name}: {text}" for name, text in self.headers.items())).encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = _answer  # noqa: N815 - the base class names them so

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - likewise
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/api"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(params=[moon_desk, axcelerate_desk], ids=["moon", "axcelerate"])
def desk(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> Iterator[RestDesk]:
    """A desk in a folder of its own, all that is logged being kept."""
    caplog.set_level(logging.DEBUG)
    folder = tmp_path / "desk"
    folder.mkdir()
    with request.param(folder, f"sqlite:///{folder / 'test.db'}", monkeypatch) as made:
        made.settings(tries=2)
        yield made


def _rows(desk: RestDesk) -> list[tuple[str, ...]]:
    if isinstance(desk, AxcelerateDesk):
        return [axcelerate_row(1001), axcelerate_row(1002, 9001, "51"), axcelerate_row(77)]
    return [moon_row(1), moon_row(2, 302, "Completed", "80"), moon_row("EMP-0000")]


def test_after_runs_that_end_well_and_badly(
    desk: RestDesk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Taken, refused, stopped, resumed, undone, synced and shown."""
    server: Any = desk.server  # type: ignore[attr-defined]
    server.misbehave("html", "500_after", "garbage", "drop_after", "429", "oversized")
    printed = [desk.type("import", desk.rows(*_rows(desk)), "--to", desk.system, "--debug")]
    printed += [desk.type("resume", "--debug") for _ in range(3)]
    name = "ROLLBOOK_MOON_TOKEN" if desk.system == "moon" else "ROLLBOOK_AXCELERATE_WS_TOKEN"
    with monkeypatch.context() as patched:
        patched.setenv(name, desk.keys[-1] + "x")
        again = desk.rows(*_rows(desk)[:1], name="again.csv")
        printed.append(desk.type("import", again, "--to", desk.system, "--debug"))
    commands = ("resume", "show last", "runs", "failures", f"reference sync {desk.system}")
    printed += [desk.type(*words.split(), "--debug") for words in commands]
    printed.append(desk.type("undo", "last"))  # of a run that loaded nothing: it is refused
    assert {one.exit for one in printed} >= {0, 3}
    assert found_keys(desk, desk.keys, printed, caplog.text) == []


@pytest.mark.parametrize("name", ECHOES)
def test_after_an_answer_that_repeats_the_headers(
    desk: RestDesk, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As a page, as an error of any kind, as what was asked for."""
    with echoing(ECHOES[name]) as url:
        monkeypatch.setenv(f"ROLLBOOK_{desk.system.upper()}_URL", url)
        printed = [desk.type("import", desk.rows(*_rows(desk)), "--to", desk.system, "--debug")]
        printed.append(desk.type("reference sync", desk.system))
    printed += [desk.type("show", "last"), desk.type("failures")]
    assert printed[0].exit in (1, 3)
    assert found_keys(desk, desk.keys, printed, caplog.text) == []
