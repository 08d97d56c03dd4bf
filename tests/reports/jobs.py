"""Small jobs, and the workbooks they make."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa

from reports.workbook.job import PROBLEM_COLUMNS, ROW_COLUMNS, SheetForm, failed_rows_job
from reports.workbook.writer import write_failed_rows
from rollbook.returned import Origin

Record = tuple[int, int, int, int | None, Mapping[str, str]]
Told = tuple[int, int, int, str | None, str | None, str, str, str]

HEADERS = {"A": "Employee ID", "B": "E-mail", "C": "Status", "D": "Score"}
HISTORY = SheetForm(0, "Attendance", HEADERS, ids=["A"], statuses={"C": ["attended", "completed"]})


def fingerprint(case: int | None) -> str:
    """32 hex digits of a case."""
    return f"{case or 0:04x}" * 8


def record(row: int, cells: Mapping[str, str], *, sheet: int = 0, col: int = 0, case: int | None = 1) -> Record:
    """A failed record."""
    return sheet, row, col, case, cells


def problem(
    row: int,
    at: str | None,
    message: str,
    *,
    sheet: int = 0,
    col: int = 0,
    header: str | None = None,
    code: str = "status.unknown",
    remedy: str = "Mend it.",
) -> Told:
    """A problem of a record."""
    return sheet, row, col, at, header, code, message, remedy


def make_job(
    folder: Path, records: Sequence[Record], problems: Sequence[Told], sheets: Sequence[SheetForm] = (HISTORY,)
) -> Path:
    """The job of these records and problems."""
    rows = [
        (sheet, row, col, case, fingerprint(case), json.dumps(cells), None) for sheet, row, col, case, cells in records
    ]
    return failed_rows_job(
        folder / "job",
        _in_order(rows, ROW_COLUMNS),
        _in_order(problems, PROBLEM_COLUMNS),
        sheets,
        origin=Origin(("261121-k3f8q",), "k7mq2x", "sqlite:////srv/rollbook.db"),
        source_file="drop/history.xlsx",
        meanings={"status.unknown": "The status is a word that is known."},
    )


def _in_order(lines: Sequence[tuple[Any, ...]], columns: Mapping[str, str]) -> list[pa.Table]:
    """The lines by sheet, row and col, two a piece."""
    ordered = sorted(lines, key=lambda line: line[:3])
    pieces = [ordered[start : start + 2] for start in range(0, len(ordered), 2)]
    return [pa.Table.from_pylist([dict(zip(columns, line, strict=True)) for line in piece]) for piece in pieces]


def write(
    folder: Path,
    records: Sequence[Record],
    problems: Sequence[Told],
    sheets: Sequence[SheetForm] = (HISTORY,),
    **options: int,
) -> openpyxl.Workbook:
    """The workbook of these records and problems, as openpyxl reads it."""
    out = folder / "failed-rows.xlsx"
    write_failed_rows(make_job(folder, records, problems, sheets), out, **options)
    return openpyxl.load_workbook(out)
