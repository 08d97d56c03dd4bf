"""Failed-rows workbooks known by what they hold; no database is needed for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transforms.returned.sheet import find_returned, is_summary

if TYPE_CHECKING:
    from sources.raw_sheets import ReadFile


def is_returned(found: ReadFile) -> bool:
    """Whether the file is a failed-rows workbook, or was one."""
    if found.properties:
        return True
    tables = (sheet.table() for sheet in found.sheets)
    return any(find_returned(table) is not None or is_summary(table) for table in tables)
