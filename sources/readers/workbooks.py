"""Workbooks to raw sheets, each kind by its own reader."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sources.cells.sheet_builder import Draft, write_draft
from sources.errors import Unreadable
from sources.file_kind import Kind, kind_of
from sources.readers.html_tables import read_html
from sources.readers.ods import read_ods
from sources.readers.spreadsheetml import read_spreadsheetml
from sources.readers.xls.ole import decrypted_package
from sources.readers.xls.reader import read_xls
from sources.readers.xlsb_details import read_xlsb
from sources.readers.xlsx.reader import read_xlsx

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
    if kind == "encrypted":
        path, kind = _decrypted(path, folder)
    return [write_draft(draft, folder) for draft in _READERS[kind](path)]


def _decrypted(path: Path, folder: Path) -> tuple[Path, Kind]:
    """A copy of the workbook without its encryption, below the folder, and what kind it is."""
    copy = folder / "decrypted"
    copy.write_bytes(decrypted_package(path))
    kind = kind_of(copy)
    if kind not in ("xlsx", "xlsb"):
        raise Unreadable("The file is encrypted, and its content is not a workbook. Ask its sender for a new copy.")
    return copy, kind
