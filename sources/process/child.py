"""The process that reads files: parsers abort, hang and eat memory, and only a fork of this process pays for it.

`serve`: jobs come as JSON on standard input, one a line: path, member (of an archive: which of its files; else none),
lists (whether an archive's files are asked for), into (a folder of its own), errors (a file), memory_mib, seconds, form
(what is known of a text file). A fork reads the file; its number, and at its end its exit code, are told
on standard output, each as a line of JSON. The sheets are described in `result.json` in the folder; without one the
exit code tells what happened.
`once`: the process itself reads the file of the one job and ends.
"""

import gc
import hashlib
import json
import os
import select
import signal
import sys
import traceback
from contextlib import suppress
from dataclasses import asdict
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

import fastexcel  # noqa: F401 - loaded here, so that it counts as what the process has at its start
import pyarrow.compute  # noqa: F401 - the same

from rollbook.addresses import recorded
from rollbook.text_form import UNSAID, TextForm
from sources.archives import members_of, nothing_taken, unpack
from sources.errors import PlainArchive, Unreadable, damaged, out_of_memory
from sources.file_kind import Kind, kind_of
from sources.our_properties import our_properties
from sources.queries.query_file import read_query_file
from sources.readers.workbooks import read_workbook
from sources.text.delimited import read_delimited

Job = dict[str, Any]
_IDLE_SECONDS = 60


def main() -> None:
    """Read the file of the one job, or those of all jobs until nobody asks any more."""
    if sys.argv[1:] == ["serve"]:
        _serve()
    else:
        _read_job(json.loads(sys.stdin.buffer.readline()))


def _serve() -> None:
    """Read the files of all jobs. From the second on, all that some file may need is loaded for all forks at once."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.freeze()  # looking for garbage, here or in a fork, would copy the pages that both share
    for number, job in enumerate(iter(_next_job, None)):
        if number == 1:
            import_module("sources.text.judge_encodings")
            gc.freeze()
        _complain_to(job["errors"])
        _read_apart(job)
        _complain_to(os.devnull)


def _next_job() -> Job | None:
    """The next job; none where standard input was closed, or nothing came for long."""
    asked, _, _ = select.select([0], [], [], _IDLE_SECONDS)
    line = sys.stdin.buffer.readline() if asked else b""
    return json.loads(line) if line else None


def _complain_to(path: str) -> None:
    file = os.open(path, os.O_WRONLY | os.O_APPEND)
    os.dup2(file, 2)
    os.close(file)


def _read_apart(job: Job) -> None:
    """Let a fork read the file and wait for it; where nobody waits for the answer any more, end it."""
    ends, held = os.pipe()  # the fork holds one side, which closes with it
    fork = os.fork()
    if fork == 0:
        _be_fork(job)
    os.close(held)
    _report(pid=fork)
    heard, _, _ = select.select([0, ends], [], [])
    if ends not in heard:  # standard input was closed
        os.kill(fork, signal.SIGKILL)
    os.close(ends)
    _, status = os.waitpid(fork, 0)
    _report(exit=os.waitstatus_to_exitcode(status))


def _report(**said: int) -> None:
    with suppress(BrokenPipeError):  # nobody listens: standard input is closed too
        os.write(1, json.dumps(said).encode() + b"\n")


def _be_fork(job: Job) -> NoReturn:
    code = 1
    try:
        os.dup(0)  # that this side of the pipe is held tells the other one that this process is still there
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        os.chdir(job["into"])
        _read_job(job)
        code = 0
    except BaseException:  # noqa: BLE001 - it must not go on as the process that it is a fork of
        traceback.print_exc()
    finally:
        os._exit(code)


def _read_job(job: Job) -> None:
    # Rows are lists of texts, in no cycles: looking for some takes a third of the time of a large CSV file.
    gc.disable()
    _limit_memory(job["memory_mib"])
    if hasattr(signal, "alarm"):
        # Should the parent be gone, nobody else ends a parser that hangs.
        signal.alarm(job["seconds"] + 5)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    into = Path(job["into"])
    result = _result(Path(job["path"]), into, job)
    draft = into / "result.draft"
    draft.write_text(json.dumps(result), encoding="utf-8")
    draft.replace(into / "result.json")


def _result(path: Path, into: Path, job: Job) -> dict[str, Any]:
    try:
        if job["lists"]:
            return listed(path)
        return read(path, into, TextForm(**job["form"]), job["member"])
    except Unreadable as error:
        told = error
    except MemoryError:
        told = out_of_memory(job["memory_mib"])
    except Exception as error:  # noqa: BLE001 - parsers fail on damaged files in every way there is
        traceback.print_exc()
        # A thread's stack needs memory too.
        told = out_of_memory(job["memory_mib"]) if "start new thread" in str(error) else damaged(error)
    return {"code": told.code, "message": told.message}


def listed(path: Path) -> dict[str, Any]:
    """The files of an archive; none of a workbook, which may be zipped too, and of what is refused when it is read."""
    try:
        kind_of(path)
    except PlainArchive:
        return {"members": [asdict(member) for member in members_of(path)]}
    except Unreadable:
        pass
    return {"members": []}


def read(path: Path, into: Path, form: TextForm = UNSAID, member: str | None = None) -> dict[str, Any]:
    """Write the file's sheets into the folder; the description of each, in the order of the file.

    member: of an archive, which of its files is read.
    """
    if member is None:
        return _read(path, _kind_of(path), into, form)
    unpacked = unpack(path, member, into / "member")
    with unpacked.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    kind = kind_of(unpacked)
    read_sheets = _read(unpacked, kind, into, form)
    unpacked.unlink()
    if kind == "text":  # whose one sheet is named as the file
        read_sheets["sheets"][0]["name"] = recorded(PurePosixPath(member).stem)
    return {**read_sheets, "sha256": digest}


def _read(path: Path, kind: Kind, into: Path, form: TextForm) -> dict[str, Any]:
    if kind == "text":
        sheet, taken = read_delimited(path, into / "0.arrow", form)
        described = {**sheet, "position": 0, "visible": True}
        return {"sheets": [described], "from_workbook": False, "form": asdict(taken)}
    if kind == "query":
        return {"sheets": [read_query_file(path, into)], "from_workbook": True}
    return {"sheets": read_workbook(path, kind, into), "from_workbook": True, "properties": our_properties(path)}


def _kind_of(path: Path) -> Kind:
    """The kind of a file; of an archive, why none of its files is read."""
    try:
        return kind_of(path)
    except PlainArchive as error:
        names = [member.name for member in members_of(path)]
        raise nothing_taken(names) from error


def _limit_memory(memory_mib: int) -> None:
    """Limit the address space to what the process has now and `memory_mib` more, where the system can."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        limit = pages * resource.getpagesize() + memory_mib * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, OSError, ValueError):
        return


if __name__ == "__main__":
    main()
