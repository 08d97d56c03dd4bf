"""The folder in which a run keeps the sheets as read: it goes with the process that works in it, even a killed one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rollbook.errors import CannotBegin
from sources.finding import OUTPUT_MARK

WORK = "work"
_LOCK = ".lock"


@contextmanager
def work_folder(run_folder: Path) -> Iterator[None]:
    """Make `work/` in the folder of a run's reports and hold it while inside; nothing of it stays.

    What killed processes left of other runs beside it goes too: those folders hold people's data, and nobody locks them
    any more. Raises CannotBegin where the folder cannot be written.
    """
    from filelock import FileLock

    folder = run_folder / WORK
    with _told_plainly(run_folder):
        _sweep(run_folder.parent)
        folder.mkdir(parents=True, exist_ok=True)
        (run_folder / OUTPUT_MARK).touch()
        lock = FileLock(folder / _LOCK, timeout=10)
        lock.acquire()
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()
        _leave_if_empty(run_folder)


@contextmanager
def _told_plainly(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotBegin(f"{folder} cannot be written ({error.strerror}). Name another folder with --out.") from None


def _sweep(out: Path) -> None:
    from filelock import FileLock, Timeout

    for place in out.glob(f"*/{WORK}/{_LOCK}"):
        with suppress(Timeout, OSError), FileLock(place, timeout=0):
            shutil.rmtree(place.parent, ignore_errors=True)
            _leave_if_empty(place.parent.parent)


def _leave_if_empty(run_folder: Path) -> None:
    """A run without reports leaves no folder."""
    with suppress(OSError):
        if [path.name for path in run_folder.iterdir()] == [OUTPUT_MARK]:
            (run_folder / OUTPUT_MARK).unlink()
            run_folder.rmdir()
