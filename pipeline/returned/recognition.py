"""Failed-rows workbooks known by what they hold; no database is needed for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from transforms.returned.sheet import find_returned, is_summary, marks_of, origin_of

if TYPE_CHECKING:
    from rollbook.returned import Origin
    from rollbook.settings import ReadingSettings
    from sources.raw_sheets import ReadFile


def is_returned(found: ReadFile) -> bool:
    """Whether the file is a failed-rows workbook, or was one."""
    if found.properties:
        return True
    tables = (sheet.table() for sheet in found.sheets)
    return any(find_returned(table) is not None or is_summary(table) for table in tables)


def origin(found: ReadFile) -> Origin:
    """Where the rows of a failed-rows workbook come from; what it does not say any more is None."""
    tables = [sheet.table() for sheet in found.sheets]
    said = origin_of(found.properties, tables)
    marks = [mark for table in tables if (form := find_returned(table)) for mark in marks_of(table, form)]
    ledger = said.ledger or next((mark.ledger for mark in marks if mark.ledger), None)
    return replace(said, ledger=ledger, is_check=said.is_check or any(mark.case_id is None for mark in marks))


def origin_of_file(path: Path, limits: ReadingSettings) -> Origin | None:
    """The same of a file; None of one that is no failed-rows workbook, or that cannot be read."""
    from sources.process.reader import read_file
    from sources.raw_sheets import ReadingLimits

    with TemporaryDirectory(prefix="rollbook-") as folder:
        found = read_file(path, Path(folder), ReadingLimits(limits.memory_mib, limits.seconds))
        return origin(found) if found.code is None and is_returned(found) else None
