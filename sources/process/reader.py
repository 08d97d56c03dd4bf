"""Reading a file apart: a child process with limits on memory and time parses it, whatever happens to the child."""

from __future__ import annotations

import errno
import json
import logging
import os
import signal
import tempfile
import time
import weakref
from pathlib import Path
from typing import IO, Any

from rollbook.text_form import UNSAID, TextForm
from sources.errors import NO_ROOM, Unreadable, is_of_no_room, out_of_memory, out_of_time
from sources.paths import place_in_archive
from sources.process.pool import Asked, Job
from sources.raw_sheets import Member, RawSheet, ReadFile, ReadingLimits, letter

_log = logging.getLogger(__name__)
_ERRORS = "errors.txt"
_MEMORY_SIGNS = (
    "memory allocation of",
    "MemoryError",
    "out of memory",
    "Cannot allocate memory",
    "bad_alloc",
    "start new thread",
)


def read_file(path: Path, into: Path, limits: ReadingLimits, form: TextForm = UNSAID) -> ReadFile:
    """Read the file into raw sheets below the folder `into`; raises for a full disk, never for a bad file."""
    return start_reading(path, into, limits, form).result()


def start_reading(path: Path, into: Path, limits: ReadingLimits, form: TextForm = UNSAID) -> FileReading:
    """Begin to read the file in a child process and return at once; `result()` waits for it.

    form: what is known of it, should it be a text file.
    """
    return FileReading(path, into, limits, form)


def list_archive(path: Path, into: Path, limits: ReadingLimits) -> tuple[Member, ...]:
    """The files of an archive, by name; none of a file that is none, or that cannot be unpacked: reading it says why.

    Raises OSError as reading does.
    """
    try:
        answer = _Question(Asked(path.absolute(), lists=True), into, limits).answer()
    except Unreadable:
        return ()
    return tuple(Member(**member) for member in answer["members"])


class _Question:
    """One file looked at by a child. The child is ended when this object is, at the latest with this process."""

    def __init__(self, asked: Asked, into: Path, limits: ReadingLimits) -> None:
        self._path = asked.path
        self._limits = limits
        self._failure: Unreadable | None = None
        self._stat: tuple[int, int] | None = None
        try:
            self._stat = _look_at(self._path)
        except Unreadable as error:
            self._failure = error
            return
        into.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix="read-", dir=into)).resolve()
        self._deadline = time.monotonic() + limits.seconds
        self._job = Job(asked, self.folder, self.folder / _ERRORS, limits)
        self._finalizer = weakref.finalize(self, self._job.end)

    def answer(self) -> dict[str, Any]:
        """Wait for the child, within the time limit; raises Unreadable, and OSError where the disk is full."""
        try:
            return self._waited()
        except Unreadable as error:
            if error.code == NO_ROOM:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.folder)) from None
            raise

    def cancel(self) -> None:
        """End the child; the files that it wrote stay."""
        if self._failure is None:
            self._finalizer()

    def _waited(self) -> dict[str, Any]:
        if self._failure is not None:
            raise self._failure
        try:
            exit_code = self._job.wait(self._deadline)
        except TimeoutError:
            raise out_of_time(self._limits.seconds) from None
        finally:
            self._finalizer()
        answer = self._told(exit_code)
        if _look_at(self._path) != self._stat:
            raise Unreadable(
                "The file changed while it was read. Wait until it is written, then import it again.", "file.changed"
            )
        if "code" in answer:
            raise Unreadable(answer["message"], answer["code"])
        return answer

    def _told(self, exit_code: int) -> dict[str, Any]:
        errors = (self.folder / _ERRORS).read_bytes()[-20_000:].decode(errors="replace")
        if errors:
            _log.debug("%s: the child ended with %s: %s", self._path, exit_code, errors)
        result = self.folder / "result.json"
        if exit_code == 0 and result.exists():
            answer: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
            return answer
        raise _why_it_died(exit_code, errors, self._limits)


class FileReading:
    """One file, or one of an archive, being read."""

    def __init__(self, path: Path, into: Path, limits: ReadingLimits, form: TextForm) -> None:
        file, member = place_in_archive(path.absolute())
        self._question = _Question(Asked(file, member, form=form), into, limits)

    def result(self) -> ReadFile:
        """Wait for the child, within the time limit, and return what it read or why it could not.

        Raises OSError where there is no room to read the file into, which no file is to blame for.
        """
        try:
            answer = self._question.answer()
        except Unreadable as error:
            return ReadFile(code=error.code, message=error.message)
        return _read_file(answer, self._question.folder)

    def cancel(self) -> None:
        """End the child; the files that it wrote stay."""
        self._question.cancel()


def _look_at(path: Path) -> tuple[int, int]:
    """Size and time of change; raises Unreadable for whatever the file system refuses."""
    try:
        if path.is_dir():
            raise Unreadable(f"{path.name} is a folder. Name the files in it, or the folder itself.")
        with path.open("rb") as file:
            _refuse_locked(file)
            stat = os.fstat(file.fileno())
            return stat.st_size, stat.st_mtime_ns
    except OSError as error:
        raise _refused(error) from error


def _refuse_locked(file: IO[bytes]) -> None:
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            raise
        return  # a file system without locks
    fcntl.flock(file, fcntl.LOCK_UN)


def _refused(error: OSError) -> Unreadable:
    if isinstance(error, FileNotFoundError):
        return Unreadable("The file is gone. Put it back, or leave it out.", "file.changed")
    if error.errno in (errno.EAGAIN, errno.EBUSY, errno.ETXTBSY) or getattr(error, "winerror", None) in (32, 33):
        return Unreadable("Another program has the file open. Close it there and import the file again.", "file.locked")
    if isinstance(error, PermissionError):
        return Unreadable("No permission to read the file. Grant it to the user who runs the import.")
    return Unreadable(f"The system cannot read the file ({error.strerror}). Copy it to a local disk and import that.")


def _why_it_died(code: int, errors: str, limits: ReadingLimits) -> Unreadable:
    if is_of_no_room(errors):
        return Unreadable("The disk is too full to read the file.", NO_ROOM)
    if any(sign in errors for sign in _MEMORY_SIGNS) or code == -getattr(signal, "SIGKILL", 9):
        return out_of_memory(limits.memory_mib)
    if code == -getattr(signal, "SIGALRM", 14):
        return out_of_time(limits.seconds)
    return Unreadable(
        "The parser broke down on the file, which is damaged or of an unusual kind. "
        "Open it in a spreadsheet program, save it as .xlsx and import that."
    )


def _read_file(answer: dict[str, Any], folder: Path) -> ReadFile:
    form = TextForm(**answer["form"]) if "form" in answer else None
    sheets = tuple(
        RawSheet(
            name=sheet["name"],
            position=sheet["position"],
            visible=sheet["visible"],
            arrow=folder / f"{sheet['position']}.arrow",
            rows=sheet["rows"],
            letters=tuple(sheet["letters"] if "letters" in sheet else map(letter, range(sheet["width"]))),
            from_workbook=answer["from_workbook"],
            form=form,
            key=tuple(sheet.get("key", ())),
        )
        for sheet in answer["sheets"]
    )
    return ReadFile(sheets, form=form, properties=answer.get("properties", {}), sha256=answer.get("sha256"))
