"""Connections that send no whole request are cut, and there are only so many of them."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread

import pytest

from dashboard.access.connections import BoundedProtocol
from dashboard.app import create_app
from dashboard.server import listening, server_of
from ledger.database import open_database
from rollbook.settings import Settings

HEAD = b"GET /static/icon.svg HTTP/1.1\r\nHost: 127.0.0.1\r\n"


class _Quick(BoundedProtocol):
    HEAD_SECONDS = 0.6
    IDLE_SECONDS = 0.6
    MOST = 5


@contextmanager
def _served(settings: Settings) -> Iterator[tuple[str, int]]:
    server = server_of(create_app(settings, open_database(settings.database, create=False)), _Quick)
    bound = listening("127.0.0.1", 0)
    thread = Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield bound.getsockname()
    finally:
        server.should_exit = True
        thread.join(10)
        bound.close()


@pytest.fixture
def address(tmp_path: Path, prepared_sqlite_url: str) -> Iterator[tuple[str, int]]:
    """Where a dashboard listens that is quickly out of patience."""
    with _served(Settings(database=prepared_sqlite_url, out=tmp_path)) as address:
        yield address


def _seconds_until_cut(connection: socket.socket, *pieces: bytes) -> float:
    """Send some bytes, a piece each 0.1 s, until the other side cuts."""
    connection.settimeout(5)
    begun = time.monotonic()
    try:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(0.1)
        while connection.recv(4096):
            pass
    except ConnectionError:
        pass
    return time.monotonic() - begun


@pytest.mark.parametrize(
    "pieces",
    [
        (),
        (b"G",),
        (HEAD,),
        tuple(b"X-%d: y\r\n" % number if number else HEAD for number in range(30)),
        (b"POST /failed/ignore HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\n", b"abc"),
    ],
    ids=["silent", "one byte", "half a head", "a head without end", "half a body"],
)
def test_half_a_request_is_cut(address: tuple[str, int], pieces: tuple[bytes, ...]) -> None:
    with socket.create_connection(address) as connection:
        assert 0.4 < _seconds_until_cut(connection, *pieces) < 3


def test_a_body_that_keeps_coming_is_waited_for(address: tuple[str, int]) -> None:
    """Longer than the time without a byte."""
    head = b"POST /failed/ignore HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\n"
    with socket.create_connection(address) as connection:
        connection.settimeout(5)
        connection.sendall(head)
        for _ in range(12):
            time.sleep(0.1)
            connection.sendall(b"x")
        assert connection.recv(12).startswith(b"HTTP/1.1 ")


def test_further_connections_are_told_so_and_later_ones_are_answered(address: tuple[str, int]) -> None:
    with ExitStack() as stack:
        for _ in range(_Quick.MOST):
            stack.enter_context(socket.create_connection(address))
        time.sleep(0.2)
        with socket.create_connection(address) as further:
            further.settimeout(5)
            assert further.recv(12) == b"HTTP/1.1 503"
        time.sleep(1)
        with socket.create_connection(address) as later:
            later.settimeout(5)
            later.sendall(HEAD + b"\r\n")
            assert later.recv(15) == b"HTTP/1.1 200 OK"


def test_a_connection_serves_several_requests(address: tuple[str, int]) -> None:
    """Sent one after the other, or together; between two it may be silent for longer than a head may take."""
    with socket.create_connection(address) as connection:
        connection.settimeout(5)
        for pieces in ((HEAD, b"\r\n"), (HEAD + b"\r\n" + HEAD + b"\r\n",)):
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(0.2)
            received = b""
            while received.count(b"</svg>") < sum(piece.count(b"GET") for piece in pieces):
                received += connection.recv(4096)
            time.sleep(0.9)
