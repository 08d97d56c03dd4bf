"""The processes that write failed-rows workbooks: started once, kept for the run after, replaced where one is gone.

Such a process (`reports.workbook.writer`) ends when its standard input closes, so with this process, however that ends.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO

from rollbook.installation import PACKAGES


class Writer:
    """A process that writes one workbook after the other."""

    def __init__(self) -> None:
        """Start it; it makes itself ready meanwhile."""
        # In a session of its own, Ctrl-C reaches only us, and we end it; what it complains of is no user's business.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "sources.process.lean", "reports.workbook.writer"],
            cwd=PACKAGES,
            start_new_session=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._owed = 0

    def give(self, job: Path, out: Path) -> None:
        """Let it write the workbook of a job; where it died, the workbook is not there in the end."""
        self._owed += 1
        told = _end_of(self._process.stdin)
        with suppress(BrokenPipeError):
            told.write(json.dumps([str(job.resolve()), str(out.resolve())]).encode() + b"\n")
            told.flush()

    def wait(self) -> None:
        """Wait until all that it was given is written, or it is gone."""
        while self._owed and _end_of(self._process.stdout).readline():
            self._owed -= 1

    def is_ready(self) -> bool:
        """Whether it lives and owes nothing."""
        return not self._owed and self._process.poll() is None

    def end(self) -> None:
        """End it, whatever it is at."""
        self._process.kill()
        with suppress(BrokenPipeError):
            self._process.communicate()

    def disown(self) -> None:
        """Leave it to the process that this one is a fork of: there is nothing to end nor to wait for."""
        self._process.returncode = 0


def _end_of(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


# No lock: one operation takes a writer out or puts it in.
_idle: list[Writer] = []


def ready_writer() -> Writer:
    """A writer that owes nothing: the one that was kept, or a new one."""
    with suppress(IndexError):
        kept = _idle.pop()
        if kept.is_ready():
            return kept
        kept.end()
    return Writer()


def keep(writer: Writer) -> None:
    """Keep it for the next run; end it where it is still at work or one is kept already."""
    if writer.is_ready() and not _idle:
        _idle.append(writer)
    else:
        writer.end()


def end_idle() -> None:
    """End the writer that is kept."""
    while _idle:
        _idle.pop().end()


def _disown_all() -> None:
    """Two processes must not speak to one writer, nor hold its standard input open."""
    for writer in _idle:
        writer.disown()
    _idle.clear()


atexit.register(end_idle)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_disown_all)
