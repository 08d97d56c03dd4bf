"""What the tests of this room read and write with."""

import time
from pathlib import Path
from typing import Any

import psutil

from sources.process.reader import read_file
from sources.raw_sheets import RawSheet, ReadFile, ReadingLimits

LIMITS = ReadingLimits(memory_mib=1024, seconds=60)


def read(path: Path, limits: ReadingLimits = LIMITS) -> ReadFile:
    """The file, read in a child process beside it."""
    return read_file(path, path.parent / "read", limits)


def servers() -> list[psutil.Process]:
    """The processes of this one that read files."""
    return [
        process for process in psutil.Process().children() if "sources.process.child" in " ".join(process.cmdline())
    ]


def fork(of: psutil.Process | None = None) -> psutil.Process:
    """The one process that reads a file now, for the server named or the only one: waited for until it is there."""
    (server,) = servers() if of is None else [of]
    for _ in range(1000):
        if forks := server.children():
            return forks[0]
        time.sleep(0.01)
    raise AssertionError("Nothing is read.")


def assert_gone(*pids: int) -> None:
    """They end, within seconds."""
    for _ in range(500):
        if not any(is_there(pid) for pid in pids):
            return
        time.sleep(0.01)
    raise AssertionError(f"{[pid for pid in pids if is_there(pid)]} are left behind.")


def is_there(pid: int) -> bool:
    """Whether the process runs; one that ended may wait for the system to take notice."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def only_sheet(path: Path) -> RawSheet:
    """The one sheet of a file that must be readable."""
    result = read(path)
    assert (result.code, result.message) == (None, None)
    assert len(result.sheets) == 1
    return result.sheets[0]


def cells(sheet: RawSheet) -> list[list[Any]]:
    """The rows as lists: row number, then the cells."""
    return [list(row.values()) for row in sheet.table().to_pylist()]


def cells_at(sheet: RawSheet, row: int) -> dict[str, Any]:
    """The cells of one row by their letters."""
    (found,) = sheet.part(row, row).to_dict("records")
    return {str(letter): text for letter, text in found.items()}


def marks(sheet: RawSheet) -> list[tuple[int, str | None, str]]:
    """The marks as tuples."""
    found = sheet.marks.astype(object).where(sheet.marks.notna(), None)
    return list(found.itertuples(index=False, name=None))
