"""The process that works on an upload: started, watched, ended. It outlives the page, and the dashboard."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import psutil

from ledger.database import absolute, parse_url
from pipeline.uploads.store import ENDED, JOB, PROGRESS, Upload, Uploads, read_json, write_json
from rollbook.errors import CannotBegin, Unavailable

if TYPE_CHECKING:
    from pathlib import Path

    from rollbook.settings import Settings

What = Literal["check", "import"]
# So many work at the same time.
MOST_AT_ONCE = 4
_PATIENCE_SECONDS = 10


class TooManyAtWork(CannotBegin, Unavailable):
    """So many uploads are being worked on that no other may begin."""


@dataclass(frozen=True)
class JobState:
    """what: `check` or `import`; None where nothing was begun. running: a process works on it.

    error: why it ended without a result, in a line for people; None where it did not. died: it ended and left nothing.
    progress: what it said last: verb, file, number, total.
    """

    what: What | None = None
    running: bool = False
    died: bool = False
    error: str | None = None
    progress: dict[str, Any] | None = None


def start(uploads: Uploads, upload: Upload, settings: Settings, what: What) -> None:
    """Begin to check or import an upload; raises CannotBegin where somebody is at it, and TooManyAtWork."""
    folder = uploads.place(upload)
    if state_of(folder).running:
        raise CannotBegin("These files are being worked on. Wait until that has ended.")
    if sum(state_of(uploads.place(other)).running for other in uploads.all()) >= MOST_AT_ONCE:
        raise TooManyAtWork(f"{MOST_AT_ONCE} uploads are being worked on. Try again in a moment.")
    for name in (ENDED, PROGRESS):
        (folder / name).unlink(missing_ok=True)
    pid = spawn(json.dumps(_told(folder, settings, what)))
    write_json(folder / JOB, {"what": what, "pid": pid, "begun": _begun(pid)})


def spawn(told: str) -> int:
    """Begin a process that does what it is told; its number."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "pipeline.uploads.job"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # what ends the dashboard does not end an import
    )
    assert process.stdin is not None
    with suppress(BrokenPipeError), process.stdin as stream:
        stream.write(told.encode())
    return process.pid


def _told(folder: Path, settings: Settings, what: What) -> dict[str, Any]:
    """What the process has to know; the database's password is in no argument and no file."""
    plain = settings.model_dump(mode="json")
    database = absolute(parse_url(settings.database)).render_as_string(hide_password=False)
    return {"folder": str(folder), "what": what, "settings": {**plain, "database": database}}


def state_of(folder: Path) -> JobState:
    """How it stands with the process of an upload."""
    job = read_json(folder / JOB)
    if not job:
        return JobState()
    ended = read_json(folder / ENDED)
    if ended:
        return JobState(job["what"], error=ended.get("error"))
    if _is_alive(job):
        return JobState(job["what"], running=True, progress=read_json(folder / PROGRESS) or None)
    ended = read_json(folder / ENDED)  # it may have ended just now
    return JobState(job["what"], died=not ended, error=ended.get("error"))


def end(folder: Path) -> None:
    """End the process of an upload, and wait until it has let go of the files."""
    job = read_json(folder / JOB)
    if not job or not _is_alive(job):
        return
    with suppress(psutil.Error):
        process = psutil.Process(job["pid"])
        process.terminate()
        process.wait(_PATIENCE_SECONDS)


def wait_for(folder: Path, seconds: float) -> JobState:
    """How it stands when the process has ended, or after so many seconds."""
    until = time.monotonic() + seconds
    while (state := state_of(folder)).running and time.monotonic() < until:
        time.sleep(0.05)
    return state


def _begun(pid: int) -> float:
    with suppress(psutil.Error):
        return psutil.Process(pid).create_time()
    return 0.0


def _is_alive(job: dict[str, Any]) -> bool:
    """Whether the process is there; another with the same number is not it."""
    with suppress(psutil.Error):
        process = psutil.Process(job["pid"])
        return bool(process.create_time() == job["begun"] and process.status() != psutil.STATUS_ZOMBIE)
    return False
