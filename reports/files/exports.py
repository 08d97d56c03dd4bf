"""The failed rows of a run as a file: `rollbook failures RUN --export PATH.xlsx|.csv|.json`."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from reports.files.whole_file import whole_file
from reports.terminal.failures import plain_lines
from reports.workbook.text_sheet import TextSheet
from rollbook.errors import CannotBegin
from rollbook.returned import returned_cell
from rollbook.text.formulas import neutralised

_WIDTHS = {"source_file": 30, "value": 24, "message": 50, "remedy": 50, "header": 20, "failed_at": 19, "suggestion": 30}
_ROWS_A_SHEET = 1_048_575


def export_failures(failures: pd.DataFrame, path: Path, *, run: str) -> Path:
    """Write the lines of v_failed_rows (its columns, in its order, then others) to `path`; its ending chooses the form.

    CSV is UTF-8 with a byte order mark, so that a spreadsheet program reads it right; there and in .xlsx text that it
    would run as a formula is neutralised. JSON is one object, {"run", "failures": […]}, with the texts as they are.
    Raises CannotBegin for another ending, or where `path` cannot be written.
    """
    write = _FORMS.get(path.suffix.lower())
    if write is None:
        raise CannotBegin(f"{path}: the ending must be .xlsx, .csv or .json.")
    with whole_file(path) as draft:
        write(failures, draft, run)
    return path


def _write_csv(failures: pd.DataFrame, path: Path, _run: str) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(failures.columns)
        for line in plain_lines(failures):
            writer.writerow([_csv_cell(value) for value in line.values()])


def _csv_cell(value: Any) -> Any:
    return neutralised(value.replace("\0", "\u2400")) if isinstance(value, str) else value


def _write_json(failures: pd.DataFrame, path: Path, run: str) -> None:
    whole = {"run": run, "failures": plain_lines(failures)}
    path.write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")


def _write_workbook(failures: pd.DataFrame, path: Path, _run: str) -> None:
    from xlsxwriter import Workbook

    with Workbook(str(path), {"constant_memory": True}) as workbook:
        bold = workbook.add_format({"bold": True, "bg_color": "#DDE7EC", "valign": "vcenter"})
        plain = workbook.add_format({"valign": "top"})
        for start in range(0, max(len(failures), 1), _ROWS_A_SHEET):
            here = failures.iloc[start : start + _ROWS_A_SHEET]
            sheet: TextSheet = workbook.add_worksheet(f"Failed rows {start // _ROWS_A_SHEET + 1}", TextSheet)
            _set_up(sheet, list(failures.columns), len(here))
            sheet.write_texts(0, 20, [(at, name, bold) for at, name in enumerate(failures.columns)])
            for number, line in enumerate(plain_lines(here), 1):
                sheet.write_texts(number, 15, [(at, _text(value), plain) for at, value in enumerate(line.values())])


def _set_up(sheet: TextSheet, columns: list[str], rows: int) -> None:
    for at, name in enumerate(columns):
        sheet.set_column(at, at, _WIDTHS.get(name, max(12, len(name) + 2)))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, rows, len(columns) - 1)
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})


def _text(value: Any) -> str:
    return "" if value is None else returned_cell(str(value))


_FORMS: dict[str, Callable[[pd.DataFrame, Path, str], None]] = {
    ".xlsx": _write_workbook,
    ".csv": _write_csv,
    ".json": _write_json,
}
