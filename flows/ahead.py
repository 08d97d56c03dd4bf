"""Judging ahead: of large files, a process of its own judges the next parts while this one stages those before.

Judging is plain functions, and both it and the database's drivers hold Python's interpreter; only the run's own process
talks to the database. The process is an aid: where it is gone, parts are judged here.
"""

from __future__ import annotations

import pickle
import signal
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor
    from pathlib import Path

    from flows.sheets import OpenSheet
    from flows.work import Work
    from ledger.staging import JudgedPart, Part
    from validators.context import Context


class Ahead:
    """At most one part beyond the one asked for is judged, so memory holds three."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._process: ProcessPoolExecutor | None = None
        self._begun: dict[int, Future[Path]] = {}
        self._told: tuple[OpenSheet, bytes] | None = None

    def start(self) -> None:
        """Start the process; it imports what it needs while the file is read."""
        self._process = judging_process()
        with _uninterrupted():
            self._process.submit(_make_ready)

    def take(self, part: Part, following: Part | None) -> JudgedPart:
        """The judged part; the one that follows it in the same file is begun."""
        from flows.judging import judge_part

        sheet, context = self._asked(part)
        if self._process is not None and sheet.raw is not None:
            try:
                begun = self._begin(part)
                if following is not None and following.file_no == part.file_no:
                    self._begin(following)
                return _taken(begun.result())
            except BrokenProcessPool:
                self.close()
            finally:
                self._begun.pop(part.part_id, None)
        return judge_part(sheet, part, context)

    def close(self) -> None:
        """Let go of the process and of what was begun and not taken."""
        if self._process is not None:
            self._process.shutdown(cancel_futures=True)
            self._process = None
        self._begun.clear()

    def _asked(self, part: Part) -> tuple[OpenSheet, Context]:
        return self._work.sheets(part.file_no)[part.sheet_position], self._work.context(part.file_no)

    def _begin(self, part: Part) -> Future[Path]:
        assert self._process is not None
        if part.part_id not in self._begun:
            into = self._work.work_folder / f"{part.part_id}.judged"
            self._begun[part.part_id] = self._process.submit(_judge, self._pickled(*self._asked(part)), part, into)
        return self._begun[part.part_id]

    def _pickled(self, sheet: OpenSheet, context: Context) -> bytes:
        """What all parts of a sheet are judged by, as its file holds it: without what was looked up of it so far."""
        if self._told is None or self._told[0] is not sheet:
            assert sheet.raw is not None
            self._told = sheet, pickle.dumps((replace(sheet, raw=replace(sheet.raw)), context))
        return self._told[1]


def judging_process() -> ProcessPoolExecutor:
    """A process that judges parts. It ends with this one, however this one ends."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    return ProcessPoolExecutor(1, get_context("spawn"), _end_with_parent)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """A process started meanwhile does not hear Ctrl-C: its parent ends it, and says why."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with_parent() -> None:
    import os
    from multiprocessing import parent_process
    from threading import Thread

    parent = parent_process()
    assert parent is not None

    def wait() -> None:
        parent.join()
        os._exit(1)

    Thread(target=wait, daemon=True).start()


def _make_ready() -> None:
    import flows.judging  # noqa: F401 - imported so that the first part need not wait for it


@lru_cache(maxsize=1)
def _understood(told: bytes) -> tuple[OpenSheet, Context]:
    sheet: OpenSheet
    context: Context
    sheet, context = pickle.loads(told)  # noqa: S301 - our parent's own words
    return sheet, context


def _judge(told: bytes, part: Part, into: Path) -> Path:
    """A pipe would hold the process up until the other side has read all of it; a file does not."""
    from flows.judging import judge_part

    sheet, context = _understood(told)
    with into.open("wb") as file:
        pickle.dump(judge_part(sheet, part, context), file, protocol=5)
    return into


def _taken(path: Path) -> JudgedPart:
    judged: JudgedPart = pickle.loads(path.read_bytes())  # noqa: S301 - our child's own words
    path.unlink()
    return judged
