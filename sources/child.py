"""The child process that reads one file: parsers abort, hang and eat memory, and only this process pays for it.

The job comes as JSON on standard input: path, into (a folder of its own), memory_mib, seconds. The answer is
`result.json` in that folder; without one the parent tells from the exit code what happened.
"""

import gc
import json
import signal
import sys
import traceback
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

import fastexcel  # noqa: F401 - loaded here, so that it counts as what the process has at its start
import pyarrow.compute  # noqa: F401 - likewise

from sources.sniffing import kind_of
from sources.unreadable import Unreadable, damaged, out_of_memory


class _NoPandas(MetaPathFinder):
    """Lets pyarrow do without pandas, which it would import at its first list: a third of a second, for nothing."""

    def find_spec(self, fullname: str, *_: object) -> None:
        """Refuse pandas; the other finders look for the rest."""
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname, name=fullname)


def main() -> None:
    """Read the one file of the job."""
    job = json.load(sys.stdin)
    sys.meta_path.insert(0, _NoPandas())
    # Rows are lists of texts, in no cycles: looking for some takes a third of the time of a large CSV file.
    gc.disable()
    _limit_memory(job["memory_mib"])
    if hasattr(signal, "alarm"):
        # Should the parent be gone, nobody else ends a parser that hangs.
        signal.alarm(job["seconds"] + 5)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    into = Path(job["into"])
    result = _result(Path(job["path"]), into, job["memory_mib"])
    draft = into / "result.draft"
    draft.write_text(json.dumps(result), encoding="utf-8")
    draft.replace(into / "result.json")


def _result(path: Path, into: Path, memory_mib: int) -> dict[str, Any]:
    try:
        return read(path, into)
    except Unreadable as error:
        told = error
    except MemoryError:
        told = out_of_memory(memory_mib)
    except Exception as error:  # noqa: BLE001 - parsers fail on damaged files in every way there is
        traceback.print_exc()
        told = damaged(error)
    return {"code": told.code, "message": told.message}


def read(path: Path, into: Path) -> dict[str, Any]:
    """Write the file's sheets into the folder; the description of each, in the order of the file."""
    kind = kind_of(path)
    if kind == "text":
        from sources.delimited import read_delimited

        sheet = read_delimited(path, into / "0.arrow")
        form = {name: sheet.pop(name) for name in ("encoding", "delimiter")}
        return {"sheets": [{**sheet, "position": 0, "visible": True}], "from_workbook": False, **form}
    from sources.workbooks import read_workbook

    return {"sheets": read_workbook(path, kind, into), "from_workbook": True}


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
