"""The per-block files beside a batch: whose row each block is, and what became of it."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from rollbook.text.formulas import neutralised

_WHOSE = ("block", "file", "sheet", "row", "column", "learner", "session")
# `removed`: characters that no XML may hold, and the tag that they were taken out of.
INDEX_COLUMNS = (*_WHOSE, "removed")
REPORT_COLUMNS = (*_WHOSE, "outcome", "code", "message")
# Of a system that takes rows one by one; the message tells what it could not keep, too.
ROW_COLUMNS = REPORT_COLUMNS[1:]
# Of what `undo` could not take back.
LEFT_COLUMNS = (*_WHOSE[1:], "reason")


def write_blocks(path: Path, columns: Sequence[str], lines: Iterable[Sequence[object]]) -> Path:
    """Write a CSV of blocks (INDEX_COLUMNS, REPORT_COLUMNS, ROW_COLUMNS or LEFT_COLUMNS).

    UTF-8 with a byte order mark; text runs as no formula. It is written beside and renamed, so that a crash leaves no
    half of it.
    """
    draft = path.with_name(f"~{path.name}")
    with draft.open("w", encoding="utf-8-sig", newline="", errors="backslashreplace") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([neutralised(cell) if isinstance(cell, str) else cell for cell in line] for line in lines)
    return draft.replace(path)
