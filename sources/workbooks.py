"""Workbooks to raw sheets, each kind by its own reader."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sources.drafts import Draft, write_draft
from sources.html_tables import read_html
from sources.ods import read_ods
from sources.sniffing import Kind
from sources.spreadsheetml import read_spreadsheetml
from sources.xls import read_xls
from sources.xlsb import read_xlsb
from sources.xlsx import read_xlsx

_READERS: dict[Kind, Callable[[Path], Iterator[Draft]]] = {
    "xlsx": read_xlsx,
    "xlsb": read_xlsb,
    "xls": read_xls,
    "ods": read_ods,
    "html": read_html,
    "spreadsheetml": read_spreadsheetml,
}


def read_workbook(path: Path, kind: Kind, folder: Path) -> list[dict[str, Any]]:
    """Write every sheet below the folder; the description of each, in the order of the file.

    Raises Unreadable, or whatever a parser raises on a damaged file.
    """
    return [write_draft(draft, folder) for draft in _READERS[kind](path)]
