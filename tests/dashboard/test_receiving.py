"""Uploads as they come: names made harmless, bounds kept, memory flat, nothing left of what came to nothing."""

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.receiving import MOST_AT_ONCE, Doors, TooMany, free_name, plain_name
from rollbook.settings import DashboardSettings, Settings
from tests.dashboard.serving import Browser, opened
from tests.dashboard.uploading import send, uploaded

SHEET = "Email,Session ID,Status\nann@example.com,S-1,attended\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation that takes 3 MiB at a time."""
    return Settings(
        database=f"sqlite:///{tmp_path / 'test.db'}",
        out=tmp_path / "out",
        dashboard=DashboardSettings(upload_mib=3),
    )


@pytest.fixture
def browser(settings: Settings) -> Iterator[Browser]:
    """A dashboard there."""
    with opened(settings) as browser:
        yield browser


def _left(settings: Settings) -> list[str]:
    folder = settings.out / "uploads"
    return [path.name for path in folder.iterdir()] if folder.exists() else []


@given(st.text())
def test_any_name_is_one_of_a_file(name: str) -> None:
    """Of this folder, on any disk, and shown."""
    plain = plain_name(name)
    assert plain == os.path.basename(plain) != ""  # noqa: PTH119 - of a name that is no path
    assert plain not in (".", "..")
    assert not plain.startswith((".", "~"))
    assert len(plain.encode()) <= 200
    assert "\\" not in plain
    assert plain.isprintable() or not name.isprintable()


@given(st.lists(st.text(alphabet="aA.", max_size=4), max_size=12))
def test_two_files_never_have_one_name(names: list[str]) -> None:
    """Also where a disk does not tell upper case from lower case."""
    taken: list[str] = []
    for name in names:
        taken.append(free_name(plain_name(name), taken))
    assert len({name.casefold() for name in taken}) == len(names)


def test_names_keep_what_they_say() -> None:
    assert plain_name("März 2026.xlsx") == "März 2026.xlsx"
    assert free_name("march.csv", ["March.csv"]) == "march (2).csv"
    assert plain_name("é" * 300 + ".xlsx").endswith(".xlsx")


def test_more_than_the_bound_is_refused(browser: Browser, settings: Settings) -> None:
    """By what the request says of itself, before anything is read, and by what comes; nothing of it stays."""
    answer = send(browser, {"large.csv": b"x" * (3 * 2**20 + 1)})
    assert answer.status_code == 413
    assert "larger than 3 MiB" in browser.text()
    assert _left(settings) == []
    head = f"POST /import HTTP/1.1\r\nHost: localhost\r\nCookie: {_cookie(browser)}\r\nContent-Length: {10**12}\r\n"
    head += "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    assert _asked(browser, head.encode()).startswith(b"HTTP/1.1 413")


def test_a_body_of_unknown_length_is_bounded(browser: Browser, settings: Settings) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n' + browser.csrf.encode() + b"\r\n"
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        for _ in range(64):
            yield b"x" * 2**16

    browser.get("/import")
    kind = {"content-type": "multipart/form-data; boundary=b"}
    answer = browser.client.post(browser.url + "/import", content=pieces(), headers=kind)
    assert answer.status_code == 413
    assert _left(settings) == []


def _cookie(browser: Browser) -> str:
    browser.get("/import")
    (cookie,) = browser.client.cookies.jar
    return f"{cookie.name}={cookie.value}"


def _asked(browser: Browser, head: bytes) -> bytes:
    """What is answered to the head of a request whose body never comes."""
    host, port = browser.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as wire:
        wire.sendall(head)
        return wire.recv(2**16)


def test_an_upload_without_the_token_writes_nothing(browser: Browser, settings: Settings) -> None:
    """Not before it, not behind its file, not from another site."""
    browser.get("/import")
    token = browser.csrf
    part = ("file", ("a.csv", SHEET))
    for fields, headers in (({}, {}), ({"csrf": "x"}, {}), ({"csrf": token}, {"origin": "http://evil.example"})):
        answer = browser.client.post(browser.url + "/import", data=fields, files=[part], headers=headers)
        assert answer.status_code == 403
    behind = [part, ("csrf", (None, token))]
    assert browser.client.post(browser.url + "/import", files=behind).status_code == 403
    assert _left(settings) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nothing of the kind",
        b"--b\r\n",
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\ncut off',
        b"--b\r\n" + b"X: y\r\n" * 100 + b"\r\n",
        b"--b\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"--b\r\nContent-Disposition: form-data; name=x\r\n\r\n" + b"x" * 100_000 + b"\r\n--b--\r\n",
    ],
)
def test_what_is_no_form_is_refused(browser: Browser, settings: Settings, body: bytes) -> None:
    browser.get("/import")
    token = b'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n' + browser.csrf.encode() + b"\r\n"
    for start in (b"", token):
        kind = {"content-type": "multipart/form-data; boundary=b"}
        answer = browser.client.post(browser.url + "/import", content=start + body, headers=kind)
        assert answer.status_code in (400, 403)
    assert browser.client.post(browser.url + "/import", data={"csrf": browser.csrf}).status_code == 400
    assert _left(settings) == []


def test_a_form_without_a_file_says_so(browser: Browser, settings: Settings) -> None:
    """Browsers send an empty name where none was chosen."""
    browser.get("/import")
    answer = browser.client.post(browser.url + "/import", data={"csrf": browser.csrf}, files=[("file", ("", b""))])
    assert (answer.status_code, "No file was chosen" in answer.text) == (400, True)
    assert _left(settings) == []


def test_only_so_many_send_at_a_time() -> None:
    doors = Doors()
    entered = [doors.entered() for _ in range(MOST_AT_ONCE)]
    for one in entered:
        one.__enter__()
    with pytest.raises(TooMany), doors.entered():
        pass
    entered[0].__exit__(None, None, None)
    with doors.entered():
        pass


def test_a_sender_who_leaves_leaves_nothing(browser: Browser, settings: Settings) -> None:
    """The connection breaks in the middle of a file."""
    host, port = browser.url.removeprefix("http://").split(":")
    cookie = _cookie(browser)
    body = f'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{browser.csrf}\r\n'
    body += '--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nEmail'
    head = f"POST /import HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nContent-Length: 100000\r\n"
    head += "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=20) as wire:
        wire.sendall((head + body).encode())
        _until(lambda: _left(settings) != [])
    _until(lambda: _left(settings) == [])


def _until(holds: object) -> None:
    waited = threading.Event()
    for _ in range(200):
        if holds():  # type: ignore[operator]
            return
        waited.wait(0.05)
    raise AssertionError("it does not come about")


def test_a_large_upload_takes_no_memory(tmp_path: Path) -> None:
    """200 MiB go to disk as they come."""
    settings = Settings(database=f"sqlite:///{tmp_path / 'test.db'}", out=tmp_path / "out")
    block = b"x" * 2**20
    with opened(settings) as browser:
        uploaded(browser, {"small.csv": SHEET})  # what is loaded once is loaded
        browser.get("/import")
        token, process, peaks = browser.csrf.encode(), psutil.Process(), list[int]()

        def pieces() -> Iterator[bytes]:
            yield b'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n' + token + b"\r\n"
            yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="large.bin"\r\n\r\n'
            for _ in range(200):
                peaks.append(process.memory_info().rss)
                yield block
            yield b"\r\n--b--\r\n"

        kind = {"content-type": "multipart/form-data; boundary=b"}
        answer = browser.client.post(browser.url + "/import", content=pieces(), headers=kind, follow_redirects=False)
        assert answer.status_code == 303
        folder = settings.out / answer.headers["location"].replace("/import/", "uploads/")
        assert (folder / "files" / "large.bin").stat().st_size == 200 * 2**20
        assert max(peaks) - peaks[0] < 40 * 2**20
        browser.post(f"{answer.headers['location']}/discard")
        assert not folder.exists()
