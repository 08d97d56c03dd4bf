"""The two keys are told nowhere: no file, log, ledger row, report or screen holds them, in whatever spelling."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape as in_html
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote
from xml.sax.saxutils import escape

import pytest

from tests.pipeline.desk import Printed
from tests.pipeline.leaking import everything, found_keys, spellings
from tests.pipeline.smarteru_desk import SmarterUDesk, mail, row, smarteru_desk

ROWS = (row(mail(1)), row("stranger@example.com"), row(mail(3), "S4", "Completed", "150"))
# What a server may make of a package and of the request that held it.
_ERROR = (
    "<?xml version='1.0'?><SmarterU><Result>Failed</Result><Info/><Errors><Error><ErrorID>{code}</ErrorID>"
    "<ErrorMessage>Enrollment [1] - got {told}</ErrorMessage></Error></Errors></SmarterU>"
)
ECHOES: dict[str, Callable[[str, str], str]] = {
    "html": lambda package, _: f"<html><body><pre>{in_html(package)}</pre></body></html>",
    "html as it is": lambda package, _: f"<html><body>{package}</body></html>",
    "html of the body": lambda _, body: f"<html><body>Bad request: {body}</body></html>",
    "text": lambda package, _: package,
    "a block": lambda package, _: _ERROR.format(code="ESH:12", told=escape(package)),
    "a block, of the body": lambda _, body: _ERROR.format(code="ESH:12", told=body),
    "the call": lambda package, _: _ERROR.format(code="SU:10", told=f"<![CDATA[{package.replace(']]>', '')}]]>"),
    "a code": lambda package, _: _ERROR.format(code=escape(package), told="nothing"),
}


@contextmanager
def echoing(echo: Callable[[str, str], str], status: int = 200) -> Iterator[str]:
    """A server that answers everything with what it was sent; its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            content = echo(parse_qs(body)["Package"][0], body).encode()
            # A status line of its own making, too.
            self.send_response(status, quote(content.decode()[:2000]))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class names it so
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/apiv2/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[SmarterUDesk]:
    """A desk in a folder of its own, all that is logged being kept."""
    caplog.set_level(logging.DEBUG)
    folder = tmp_path / "desk"
    folder.mkdir()
    with smarteru_desk(folder, f"sqlite:///{folder / 'test.db'}", monkeypatch) as made:
        made.settings(tries=2)
        yield made


def leaks(desk: SmarterUDesk, printed: list[Printed], log: str) -> list[tuple[str, bytes]]:
    """Where a key stands, and how."""
    return found_keys(desk, (desk.server.account_api, desk.server.user_api), printed, log)


def test_a_key_that_is_written_down_is_found(desk: SmarterUDesk) -> None:
    """Else the other tests would tell nothing: in a file, a workbook, a table, in each spelling."""
    desk.send(row(mail(1)))
    assert leaks(desk, [], "") == []
    for text in spellings(desk.server.user_api):
        (desk.folder / "leak.txt").write_bytes(b"<" + text + b">")
        assert "leak.txt" in str(leaks(desk, [], ""))
    (desk.folder / "leak.txt").unlink()
    assert leaks(desk, [Printed(0, f"x{desk.server.account_api}x", "")], "")[0][0] == "output 0"
    desk.rows(row(mail(2), group=f"Group {desk.server.account_api}"), name="leak.csv")
    desk.do("import", desk.folder / "leak.csv", "--to", "smarteru-xml")
    (desk.folder / "leak.csv").unlink()
    assert {"table rollbook_rows", "test.db"} <= {name.rsplit("/", 1)[-1] for name, _ in leaks(desk, [], "")}


def test_after_runs_that_end_well_and_badly(
    desk: SmarterUDesk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Taken, refused, stopped, resumed, emitted and shown."""
    server, printed = desk.server, []
    path = desk.rows(*ROWS)
    printed.append(desk.type("import", path, "--to", "smarteru", "--debug"))
    server.misbehave("html", "truncated", "500_after", "garbage", "drop_after", "429", "oversized")
    printed.append(desk.type("import", desk.rows(row(mail(2)), name="two.csv"), "--to", "smarteru", "--debug"))
    printed.append(desk.type("import", desk.rows(row(mail(4)), name="emitted.csv"), "--to", "smarteru-xml"))
    printed += [desk.type("resume", "--debug") for _ in range(4)]
    server.permitted = False
    printed.append(desk.type("smarteru send", "last"))
    server.permitted = True
    with monkeypatch.context() as patched:
        patched.setenv("ROLLBOOK_SMARTERU_USER_API", server.user_api + "x")
        printed.append(desk.type("resume"))
    printed += [
        desk.type(*words) for words in (("resume",), ("show", "last"), ("runs",), ("failures",), ("retry", "last"))
    ]
    assert {one.exit for one in printed} >= {0, 1, 3}
    assert len(server.requests) >= 10
    assert leaks(desk, printed, caplog.text) == []


@pytest.mark.parametrize("name", ECHOES)
def test_after_an_answer_that_repeats_the_request(
    desk: SmarterUDesk, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As a page, as text, as the error of a block, of the call or in place of its code."""
    with echoing(ECHOES[name]) as url:
        monkeypatch.setenv("ROLLBOOK_SMARTERU_URL", url)
        printed = [desk.type("import", desk.rows(row(mail(1)), row(mail(2))), "--to", "smarteru", "--debug")]
    printed.append(desk.type("show", "last"))
    assert "***" in f"{printed}{everything(desk)['table rollbook_deliveries']!r}" or "SmarterU gave no answer" in str(
        printed
    )
    assert printed[0].exit in (1, 3)
    assert leaks(desk, printed, caplog.text) == []


def test_after_a_status_that_repeats_the_request(
    desk: SmarterUDesk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """In its line and its body; neither is told."""
    with echoing(ECHOES["html"], status=400) as url:
        monkeypatch.setenv("ROLLBOOK_SMARTERU_URL", url)
        printed = [desk.type("import", desk.rows(row(mail(1))), "--to", "smarteru", "--debug")]
    assert (printed[0].exit, "HTTP status 400" in str(printed)) == (3, True)
    assert leaks(desk, printed, caplog.text) == []


def test_after_an_answer_taken_in_by_hand(desk: SmarterUDesk, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever sent the batch has filled in the keys, and the answer may repeat them."""
    batch = desk.of_run(desk.emit(row(mail(1)))) / "smarteru-0001.xml"
    filled = f"<AccountAPI>{desk.server.account_api}</AccountAPI><UserAPI>{escape(desk.server.user_api)}</UserAPI>"
    page, said = tmp_path / "page.html", tmp_path / "answer.xml"
    page.write_text(ECHOES["html"](filled, ""), encoding="utf-8")
    said.write_text(ECHOES["a block"](filled, ""), encoding="utf-8")
    printed = [desk.type("smarteru answer", batch, path) for path in (page, said)]
    assert [one.exit for one in printed] == [2, 1]
    assert b"***" in everything(desk)["table rollbook_failures"]
    assert leaks(desk, printed, caplog.text) == []
