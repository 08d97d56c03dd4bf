"""What the tests of this room read and write with."""

from pathlib import Path
from typing import Any

from sources.reading import read_file
from sources.sheets import Limits, RawSheet, ReadFile

LIMITS = Limits(memory_mib=1024, seconds=60)


def read(path: Path, limits: Limits = LIMITS) -> ReadFile:
    """The file, read in a child process beside it."""
    return read_file(path, path.parent / "read", limits)


def only_sheet(path: Path) -> RawSheet:
    """The one sheet of a file that must be readable."""
    result = read(path)
    assert (result.code, result.message) == (None, None)
    assert len(result.sheets) == 1
    return result.sheets[0]


def cells(sheet: RawSheet) -> list[list[Any]]:
    """The rows as lists: row number, then the cells."""
    return [list(row.values()) for row in sheet.table().to_pylist()]


def marks(sheet: RawSheet) -> list[tuple[int, str | None, str]]:
    """The marks as tuples."""
    found = sheet.marks.astype(object).where(sheet.marks.notna(), None)
    return list(found.itertuples(index=False, name=None))
