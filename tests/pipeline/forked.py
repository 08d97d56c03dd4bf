"""Commands as processes of their own that begin at once: forks of a process that has imported all that they need.

Such a process has its own number, environment, folder and streams, hears signals, can be killed, and ends with the
command's exit code. That commands work where Python itself is started is shown by the tests that use `app.start`.
"""

import atexit
import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from subprocess import TimeoutExpired
from threading import Thread
from typing import TextIO

from cli.main import main

FORK = multiprocessing.get_context("forkserver")
# Loaded once, in the process that all the others are forked from before it has any thread.
FORK.set_forkserver_preload(["tests.pipeline.preloaded", "tests.pipeline.killing"])
_SECONDS = 60.0


class Forked:
    """A command in a process of its own. pid: the number of the process; stdout, stderr: what it prints."""

    def __init__(self, *words: str | Path) -> None:
        out, sends_out = FORK.Pipe(duplex=False)
        errors, sends_errors = FORK.Pipe(duplex=False)
        given = (list(map(str, words)), dict(os.environ), str(Path.cwd()), sends_out, sends_errors)
        self._process = FORK.Process(target=_be_command, args=given)
        self._process.start()
        for end in (sends_out, sends_errors):
            end.close()
        self.stdout, self.stderr = _text(out), _text(errors)

    @property
    def pid(self) -> int:
        """The number of the process."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Its exit code, or the negative number of the signal that ended it; None while it lives."""
        return self._process.exitcode

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._process.terminate()

    def communicate(self, timeout: float = _SECONDS) -> tuple[str, str]:
        """All that it printed, when it has ended; raises TimeoutExpired."""
        told = ["", ""]

        def read(place: int, stream: TextIO) -> None:
            told[place] = stream.read()

        readers = [Thread(target=read, args=pair, daemon=True) for pair in enumerate((self.stdout, self.stderr))]
        for reader in readers:
            reader.start()
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise TimeoutExpired("rollbook", timeout)
        for reader in readers:
            reader.join(timeout)
        return told[0], told[1]


def _text(received: "Connection") -> TextIO:
    with received:
        return open(os.dup(received.fileno()), encoding="utf-8")  # noqa: PTH123 - as long as the process


def _written_to(number: int) -> TextIO:
    return open(number, "w", encoding="utf-8", closefd=False)


def _be_command(
    words: list[str], environment: Mapping[str, str], folder: str, out: "Connection", errors: "Connection"
) -> None:
    """Be what `python -m cli` is: its streams, signals and end."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, sender in enumerate((out, errors), 1):
        os.dup2(sender.fileno(), number)
        sender.close()
    sys.stdout, sys.stderr = _written_to(1), _written_to(2)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["rollbook", *words]
    ended = main(words)
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(ended)
