"""Faults of Rollbook's own in one file: the file fails as `file.fault`, the others go on."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from rollbook import __version__
from rollbook.errors import RollbookError
from rollbook.installation import PACKAGES
from sources.paths import OUTPUT_MARK

if TYPE_CHECKING:
    from types import TracebackType

    from pipeline.run_context import RunContext

T = TypeVar("T")
FAULT = "file.fault"


@dataclass(frozen=True)
class Fault:
    """An exception as it may be shown and stored: the text of exceptions may hold cells, so none of it is kept.

    kind: the exception's type. place: the module, line and function of ours that it came from. trace: the traceback.
    """

    kind: str
    place: str
    trace: str

    def message(self, report: Path) -> str:
        """What a person is told. report: the file that has the traceback."""
        return (
            f"Rollbook failed on this file ({self.kind} in {self.place}): this is a bug, and the file may be fine. "
            f"Nothing in it was loaded. Report the bug and attach {report}, which contains no cell of the file. "
            "Try again after Rollbook is updated."
        )


class FileFault(Exception):
    """A fault met in another process or in a step over all files. file_no: whose; 0 where the catcher knows."""

    def __init__(self, fault: Fault, file_no: int = 0) -> None:
        super().__init__(fault, file_no)
        self.fault = fault
        self.file_no = file_no


def fault_of(error: Exception) -> Fault:
    """The fault that an exception is; raises the exception where the database, the disk or a limit stops the run."""
    from sqlalchemy.exc import DBAPIError

    if isinstance(error, FileFault):
        return error.fault
    # Arrow raises plain OSErrors, without a number, for content that it cannot understand.
    of_the_system = isinstance(error, OSError) and (error.errno is not None or type(error) is not OSError)
    if of_the_system or isinstance(error, RollbookError | DBAPIError):
        raise error
    return Fault(type(error).__qualname__, _place(error.__traceback__), _trace(error))


@contextmanager
def raising_faults(file_no: int = 0) -> Iterator[None]:
    """Whatever goes wrong inside is raised as FileFault, which travels between processes and tells no cell."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - what is no fault, fault_of raises again
        raise FileFault(fault_of(error), file_no) from None


def contained(work: RunContext, file_no: int, step: Callable[..., T], *arguments: Any) -> T | None:
    """What a step over a file gives back; None where a fault failed the file, and nothing else."""
    try:
        return step(*arguments)
    except Exception as error:  # noqa: BLE001 - what is no fault, fault_of raises again
        fail_by_fault(work, file_no, fault_of(error))
        return None


def fail_by_fault(work: RunContext, file_no: int, fault: Fault) -> None:
    """Record that a fault of ours failed a file, and write its traceback into the run's folder."""
    from pipeline.record import fail_file

    file = work.files[file_no]
    report = write_report(fault, work.folder / f"fault-{file_no:04}.txt", f"run {work.run_id}, {file.path}")
    fail_file(work, file, FAULT, fault.message(report))


def write_report(fault: Fault, path: Path, about: str) -> Path:
    """Write what is to be sent with a bug report; the file's path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    (path.parent / OUTPUT_MARK).touch()
    path.write_text(f"Rollbook {__version__}: {about}\n\n{fault.trace}", encoding="utf-8")
    return path


def _place(trace: TracebackType | None) -> str:
    """The innermost line of ours that was at work."""
    frames = traceback.extract_tb(trace)
    ours = [
        frame for frame in frames if Path(frame.filename).is_relative_to(PACKAGES) and ".venv" not in frame.filename
    ]
    last = (ours or list(frames))[-1]
    name = Path(last.filename)
    shown = name.relative_to(PACKAGES).as_posix() if ours else name.name
    return f"{shown}, line {last.lineno}, {last.name}"


def _trace(error: BaseException) -> str:
    """The traceback without the exceptions' texts, each exception below what it came from."""
    parts = []
    cause: BaseException | None = error
    while cause is not None:
        frames = "".join(traceback.format_tb(cause.__traceback__))
        parts.append(f"{frames}{type(cause).__qualname__}\n")
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return "\n".join(reversed(parts))
