"""The processes that files are read in: started once, kept for the file after, replaced where one is gone.

Such a process (`sources.process.child`) reads one file at a time, each in a fork of its own. It ends when its standard
input closes, so with this process, however that ends. Where a fork may not be safe (not on Linux), a process reads one
file.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import time
import weakref
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from rollbook.installation import PACKAGES
from rollbook.text_form import UNSAID, TextForm
from sources.raw_sheets import ReadingLimits

# All that the process gets to know of the environment: no address, no password, no token.
_KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
# Few arenas, threads and pools: each reserves address space, which the limit counts. A fork must meet no thread at all.
_ADDED = {
    "PYTHONPATH": str(PACKAGES),
    "PYTHONUTF8": "1",
    "MALLOC_ARENA_MAX": "2",
    "OPENBLAS_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
_FORKS = sys.platform == "linux"
# A run reads one file and, ahead of it, the next.
_IDLE_AT_MOST = 2
_DYING_SECONDS = 10


class Server:
    """A process that reads files, with its fork in a process group of its own: both are ended as one."""

    def __init__(self, errors: Path) -> None:
        """Start it; what it says of a start that fails is written to the file `errors`."""
        with errors.open("ab") as file:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "sources.process.lean",
                    "sources.process.child",
                    "serve" if _FORKS else "once",
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                bufsize=0,
                env={name: os.environ[name] for name in _KEPT if name in os.environ} | _ADDED,
                cwd=PACKAGES.anchor,  # no folder that somebody wants to remove
                process_group=0 if _FORKS else None,
            )
        self._told = b""
        self.is_used = False
        _servers.add(self)

    def give(self, line: bytes) -> None:
        """Let it begin a job; that it is gone is told by `next`."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(line)

    def next(self, deadline: float) -> dict[str, int]:
        """What it tells next, nothing where it is gone; raises TimeoutError at the deadline (monotonic seconds)."""
        assert self._process.stdout is not None
        if not _FORKS:
            self._wait(deadline)
            return {}
        while b"\n" not in self._told:
            if not _polled(self._process.stdout.fileno(), select.POLLIN, deadline - time.monotonic()):
                raise TimeoutError
            block = os.read(self._process.stdout.fileno(), 4096)
            if not block:
                return {}
            self._told += block
        line, _, self._told = self._told.partition(b"\n")
        told: dict[str, int] = json.loads(line)
        return told

    def is_alive(self) -> bool:
        """Whether it may be given a job. Asked between jobs only: a process that is waited for loses its group."""
        return self._process.poll() is None

    def end(self) -> int:
        """End the process and its fork, unless they ended by themselves, and wait for both; its exit code."""
        if self._process.returncode is None:
            # The process is not waited for yet, so its number, which is the group's too, can be nobody else's.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL) if _FORKS else self._process.kill()
            if _FORKS:
                self._wait_for_fork()
        self._close()
        return self._process.wait()

    def disown(self) -> None:
        """Leave it to the process that this one is a fork of: there is nothing to end nor to wait for."""
        self._process.returncode = 0
        self._close()

    def _wait(self, deadline: float) -> None:
        try:
            self._process.wait(max(deadline - time.monotonic(), 0.0))
        except subprocess.TimeoutExpired:
            raise TimeoutError from None

    def _wait_for_fork(self) -> None:
        """Both hold the other side of its standard input; what a disk that hangs holds up is not waited for long."""
        assert self._process.stdin is not None
        _polled(self._process.stdin.fileno(), 0, _DYING_SECONDS)

    def _close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()


_servers: weakref.WeakSet[Server] = weakref.WeakSet()
# No lock: the interpreter may give a reading up, and its server come back here, in the midst of any line.
_idle: list[Server] = []


@dataclass(frozen=True)
class Asked:
    """What is asked of a server.

    member: of an archive, which of its files is read. lists: its files are asked for, and nothing is read.
    form: what is known of the file, should it be a text file.
    """

    path: Path
    member: str | None = None
    lists: bool = False
    form: TextForm = UNSAID


class Job:
    """One file, given to a server."""

    def __init__(self, asked: Asked, into: Path, errors: Path, limits: ReadingLimits) -> None:
        """Begin to read into the folder `into` and return at once; complaints go to the file `errors`."""
        errors.touch()
        paths = {"path": str(asked.path), "member": asked.member, "lists": asked.lists}
        paths |= {"into": str(into), "errors": str(errors)}
        limited = {"memory_mib": limits.memory_mib, "seconds": limits.seconds}
        self._line = json.dumps(paths | limited | {"form": asdict(asked.form)}).encode() + b"\n"
        self._errors = errors
        self._exit_code: int | None = None
        self._is_told = False
        self._server = _idle_server() or Server(errors)
        self._server.give(self._line)

    def wait(self, deadline: float) -> int:
        """The exit code of the process that reads the file; raises TimeoutError at the deadline (monotonic seconds)."""
        if self._exit_code is None:
            ended = self._begun(deadline) and self._server.next(deadline)
            self._is_told = bool(ended)
            self._exit_code = ended["exit"] if ended else self._server.end()
        return self._exit_code

    def end(self) -> None:
        """Keep the server for the next file; where it has not told the end of this one, end it and the reading."""
        self._server.is_used = True
        if self._is_told and len(_idle) < _IDLE_AT_MOST:
            _idle.append(self._server)
            return
        exit_code = self._server.end()
        self._exit_code = exit_code if self._exit_code is None else self._exit_code

    def _begun(self, deadline: float) -> dict[str, int]:
        begun = self._server.next(deadline)
        if begun or not self._server.is_used:
            return begun
        # It was gone before it got to this file.
        self._server.end()
        self._server = Server(self._errors)
        self._server.give(self._line)
        return self._server.next(deadline)


def start_early() -> None:
    """Start a server before there is a file for it: it gets ready while this process imports what it needs itself."""
    if not _idle:
        server = Server(Path(os.devnull))
        server.is_used = True  # if its start fails, the file gets another, which says why
        _idle.append(server)


def end_idle() -> None:
    """End the servers that have nothing to do."""
    while server := _idle_server():
        server.end()


def _idle_server() -> Server | None:
    while True:
        try:
            server = _idle.pop()
        except IndexError:
            return None
        if server.is_alive():
            return server
        server.end()


def _polled(file: int, event: int, seconds: float) -> bool:
    """Whether the event, or the end of the other side, comes in time."""
    watched = select.poll()
    watched.register(file, event)
    return bool(watched.poll(max(seconds, 0.0) * 1000))


def _disown_all() -> None:
    """Two processes must not speak to one server, nor hold its standard input open."""
    _idle.clear()
    for server in _servers:
        server.disown()


atexit.register(end_idle)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_disown_all)
