"""The folder in which a run works: its sheets as read and its judged parts. It goes when the run ends."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from rollbook.errors import CannotBegin
from sources.paths import OUTPUT_MARK

if TYPE_CHECKING:
    from filelock import BaseFileLock

WORK = "work"
PARTS = "parts"
_LOCK = ".lock"
_OUT_LOCK = ".rollbook-lock"
_SECONDS_TO_WAIT = 60


@contextmanager
def work_folder(run_folder: Path) -> Iterator[None]:
    """Make `work/` in the folder of a run's reports and hold it while inside; of it only judged parts stay.

    They are what `resume` goes on with; whoever ends the run removes them. What processes left of other
    runs beside it goes too: those folders hold people's data, and nobody locks them any more. Raises CannotBegin where
    the folder cannot be written.
    """
    folder = run_folder / WORK
    with _plain_errors(run_folder), _alone_in(run_folder.parent):
        _sweep(run_folder)
        lock = _made(run_folder)
    try:
        yield
    finally:
        _empty(folder)
        with suppress(OSError), _alone_in(run_folder.parent):
            if not (folder / PARTS).exists():
                _remove(folder)
        lock.release()


def move_parts(former: Path, run_folder: Path) -> None:
    """Take a run's judged parts along when its reports go to another folder; the former work folder goes.

    Raises CannotBegin where the new folder cannot be written. Nobody else may be at work on the run.
    """
    there, here = former / WORK / PARTS, run_folder / WORK / PARTS
    if not there.is_dir() or run_folder.resolve() == former.resolve():
        return
    with _plain_errors(run_folder), _alone_in(run_folder.parent):
        here.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.rmtree(here, ignore_errors=True)
        shutil.move(there, here)
    with suppress(OSError), _alone_in(former.parent):
        _remove(former / WORK)


def _empty(folder: Path) -> None:
    """Leave the parts alone, and the lock by which they are found."""
    for path in folder.iterdir() if folder.exists() else ():
        if path.name not in (PARTS, _LOCK):
            shutil.rmtree(path, ignore_errors=True)
            path.unlink(missing_ok=True)


@contextmanager
def _plain_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotBegin(f"{folder} cannot be written ({error.strerror}). Name another folder with --out.") from None


@contextmanager
def _alone_in(out: Path) -> Iterator[None]:
    """Nobody else makes or removes work folders meanwhile.

    A folder is there before its lock is held: whoever sweeps in between would take it for a killed process's.
    """
    from filelock import FileLock

    out.mkdir(parents=True, exist_ok=True)
    with FileLock(out / _OUT_LOCK, timeout=_SECONDS_TO_WAIT):
        yield


def _made(run_folder: Path) -> BaseFileLock:
    """Make the run's work folder; its lock, held."""
    from filelock import FileLock

    run_folder.mkdir(parents=True, exist_ok=True)
    (run_folder / WORK).mkdir(mode=0o700, exist_ok=True)
    (run_folder / OUTPUT_MARK).touch()
    lock = FileLock(run_folder / WORK / _LOCK, timeout=0)
    lock.acquire()
    return lock


def _sweep(run_folder: Path) -> None:
    """Remove the work folders of other runs that nobody holds."""
    from filelock import FileLock, Timeout

    for place in run_folder.parent.glob(f"*/{WORK}/{_LOCK}"):
        if place.parent.parent == run_folder:
            continue
        with suppress(Timeout, OSError), FileLock(place, timeout=0):
            _remove(place.parent)


def _remove(folder: Path) -> None:
    """Remove a work folder; a run without reports leaves none of its own either."""
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        if [path.name for path in folder.parent.iterdir()] == [OUTPUT_MARK]:
            (folder.parent / OUTPUT_MARK).unlink()
            folder.parent.rmdir()
