"""Processes that kill themselves at a chosen point of a command: a real SIGKILL, nothing is cleaned up."""

import os
import signal
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import Any

import pyarrow.parquet
from sqlalchemy import Engine, event

import ledger.sql.bulk
import pipeline.runner
from cli.main import main
from pipeline.output.failed_rows import Workbooks
from pipeline.runner import StepLabel
from stage.database import Stage
from stage.part_files import PartFiles
from tests.pipeline.forked import FORK


class Fuse:
    """Counts points of a command as they are passed, and kills the process at one of them (0: never)."""

    def __init__(self, burns_at: int) -> None:
        self._left = burns_at
        self.passed: list[str] = []

    def __call__(self, point: str) -> None:
        """Pass a point."""
        self.passed.append(point)
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def at_steps(fuse: Fuse) -> None:
    """Points: before and after every step."""

    def runner(told: StepLabel, step: Callable[..., Any], *arguments: Any) -> Any:
        fuse(f"before {told}")
        result = step(*arguments)
        fuse(f"after {told}")
        return result

    pipeline.runner.plain = runner


def at_statements(fuse: Fuse) -> None:
    """Points: before every statement that writes what lasts, every commit, and around rows that go in in bulk."""

    def statement(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        words = text.split()[:3]
        if words[0] in ("INSERT", "UPDATE", "DELETE", "TRUNCATE"):
            fuse(" ".join(words))

    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "commit", lambda _connection: fuse("COMMIT"))
    for name, road in list(ledger.sql.bulk._ROADS.items()):
        ledger.sql.bulk._ROADS[name] = _fused(fuse, road)


def _fused(fuse: Fuse, road: Callable[..., None]) -> Callable[..., None]:
    def go(connection: Any, table: Any, rows: Any) -> None:
        if "TEMPORARY" in table._prefixes:
            road(connection, table, rows)
            return
        fuse(f"before bulk {table.name}")
        road(connection, table, rows)
        fuse(f"after bulk {table.name}")

    return go


def at_stage(fuse: Fuse) -> None:
    """Points: around each file of a part, written and then named, and around every file of SQL that decides."""
    around(fuse, (pyarrow.parquet, "write_table"), (PartFiles, "write"), (Stage, "run"), (PartFiles, "forget_all"))


def at_workbooks(fuse: Fuse) -> None:
    """Points: while the workbooks are being written after the commit, and when they are in their place."""
    around(fuse, (Workbooks, "publish"))


def around(fuse: Fuse, *steps: tuple[Any, str]) -> None:
    """Points before and after each of these: (module or class, name of its function)."""
    for owner, name in steps:
        setattr(owner, name, _around(fuse, name, getattr(owner, name)))


def _around(fuse: Fuse, name: str, step: Callable[..., Any]) -> Callable[..., Any]:
    def go(*arguments: Any, **named: Any) -> Any:
        fuse(f"before {name}")
        result = step(*arguments, **named)
        fuse(f"after {name}")
        return result

    return go


def killed(words: list[str], points: Callable[[Fuse], None], at: int) -> int:
    """Run a command in a process that kills itself at the point of that number; how it ended (-9: killed)."""
    process = FORK.Process(target=_run, args=(words, points, at, None, dict(os.environ)))
    process.start()
    process.join(60)
    assert process.exitcode is not None
    return process.exitcode


def killed_call(
    call: Callable[..., object], arguments: tuple[Any, ...], points: Callable[[Fuse], None], at: int
) -> int:
    """The same, of a function that a module has."""
    process = FORK.Process(target=_call, args=(call, arguments, points, at))
    process.start()
    process.join(60)
    assert process.exitcode is not None
    return process.exitcode


def _call(call: Callable[..., object], arguments: tuple[Any, ...], points: Callable[[Fuse], None], at: int) -> None:
    points(Fuse(at))
    call(*arguments)
    os._exit(0)


def points_of(words: list[str], points: Callable[[Fuse], None]) -> list[str]:
    """The points that a command passes when nobody disturbs it."""
    receiver, sender = FORK.Pipe(duplex=False)
    process = FORK.Process(target=_run, args=(words, points, 0, sender, dict(os.environ)))
    process.start()
    passed: list[str] = receiver.recv()
    process.join(60)
    return passed


def _run(words: list[str], points: Callable[[Fuse], None], at: int, sender: Any, environment: dict[str, str]) -> None:
    os.environ.update(environment)  # that of the process that all are forked from is older
    fuse = Fuse(at)
    points(fuse)
    errors = StringIO()
    with redirect_stdout(StringIO()), redirect_stderr(errors):
        ended = main([*words, "--json"])
    if sender is not None:
        sender.send(fuse.passed)
    print(errors.getvalue(), end="")
    os._exit(ended)
