"""The job of writing one failed-rows workbook: a folder that the writing process reads.

    job.json        origin {label: text}, ledger, source_file, meanings {code: what the rule checks},
                    sheets [a SheetForm each]
    rows.arrow      Arrow IPC file, a line a failed record: ROW_COLUMNS
    failures.arrow  Arrow IPC file, a line a problem: PROBLEM_COLUMNS

Both tables are in the order of sheet, row and col, in batches of at most 10,000 lines; whoever reads or writes them
holds no more in memory.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rollbook.returned import Origin

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH = 10_000

# `sheet_position` says which SheetForm; `row` as the spreadsheet program shows it; `col` 0, or the 1-based number of
# the session's column in a wide sheet; `cells` {letter: text} and `marks` {letter: kind} are JSON text.
ROW_COLUMNS: dict[str, str] = {
    "sheet_position": "int64",
    "row": "int64",
    "col": "int64",
    "case_id": "int64",
    "fingerprint": "string",
    "cells": "string",
    "marks": "string",
}
# `source_column`: letter(s) of the blamed cell; missing where the whole row is to blame.
PROBLEM_COLUMNS: dict[str, str] = {
    "sheet_position": "int64",
    "row": "int64",
    "col": "int64",
    "source_column": "string",
    "header": "string",
    "code": "string",
    "message": "string",
    "remedy": "string",
}


@dataclass(frozen=True)
class SheetForm:
    """How one of the sender's sheets looks in the workbook.

    headers: letter -> header text, in any order; a letter without one has a blank header.
    never: letters that are not returned. ids: letters whose cells are formatted as text.
    statuses: letter -> the words that its drop-down offers. sessions: the letters of a wide sheet's sessions.
    unused: the headers of the columns that feed no field, the fullest first; kept: whether their cells are kept beside
        the records. left_out: the headers of those that the profile says to leave out.
    """

    position: int
    name: str
    headers: Mapping[str, str]
    never: Sequence[str] = ()
    ids: Sequence[str] = ()
    statuses: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sessions: Sequence[str] = ()
    unused: Sequence[str] = ()
    kept: bool = False
    left_out: Sequence[str] = ()


def failed_rows_job(
    folder: Path,
    rows: "Iterable[pa.Table]",
    failures: "Iterable[pa.Table]",
    sheets: Sequence[SheetForm],
    *,
    origin: Origin,
    source_file: str,
    meanings: Mapping[str, str] | None = None,
) -> Path:
    """Write the job of one source file into `folder` (made if missing) and return the folder.

    rows: ROW_COLUMNS, `case_id` missing where the ledger has no case yet. failures: PROBLEM_COLUMNS. Both table by
        table, in the order of sheet, row and col.
    origin: where the rows come from, which the workbook says. meanings: {code: what the rule checks}, for the summary
        sheet.
    """
    folder.mkdir(parents=True, exist_ok=True)
    job = {
        "origin": origin.to_labels(),
        "ledger": origin.ledger,
        # A path of the file system may hold bytes that are no text.
        "source_file": source_file.encode("utf-8", "replace").decode(),
        "meanings": dict(meanings or {}),
        "sheets": [asdict(sheet) for sheet in sheets],
    }
    (folder / "job.json").write_text(json.dumps(job, ensure_ascii=False), encoding="utf-8")
    _write(rows, ROW_COLUMNS, folder / "rows.arrow")
    _write(failures, PROBLEM_COLUMNS, folder / "failures.arrow")
    return folder


def _write(tables: "Iterable[pa.Table]", columns: Mapping[str, str], path: Path) -> None:
    import pyarrow as pa

    types = {"int64": pa.int64(), "string": pa.string()}
    schema = pa.schema([(name, types[kind]) for name, kind in columns.items()])
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        for table in tables:
            writer.write_table(table.cast(schema), max_chunksize=_BATCH)
