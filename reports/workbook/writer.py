"""The failed-rows workbook: the sender's own sheets with the rows that failed, fixable and importable again.

Runs as a process of its own, beside the merge: `python -m reports.workbook.writer`. Its jobs it reads from standard
input, each a line of JSON [JOB, OUT], and answers each that is done with a line of standard output; the process may be
started before they are known, and ends after the last.
"""

import gc
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from heapq import merge
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
from xlsxwriter import Workbook

from reports.workbook.cell_formats import Looks
from reports.workbook.rows import SheetRow
from reports.workbook.sheet import COMMENTS, Desk, FailedSheet
from reports.workbook.sheet_names import sheet_name
from reports.workbook.summary_sheet import WorkbookContents, write_summary_sheet
from rollbook.returned import SUMMARY_SHEET
from rollbook.rows.problems import Problem

# Excel's 1,048,576 rows less the header.
ROWS_A_SHEET = 1_048_575


def write_failed_rows(job: Path, out: Path, *, rows_a_sheet: int = ROWS_A_SHEET) -> WorkbookContents:
    """Write the workbook of a job (see reports.workbook.job) to `out` and say what it holds."""
    about = json.loads((job / "job.json").read_text(encoding="utf-8"))
    written = WorkbookContents()
    options = {"constant_memory": True, "strings_to_urls": False, "tmpdir": str(job)}
    with Workbook(str(out), options) as workbook:
        workbook.set_properties({"title": f"Failed rows of {about['source_file']}", "author": "Rollbook"})
        for label, text in about["origin"].items():
            workbook.set_custom_property(label, text)
        desk = Desk(workbook, Looks(workbook), {SUMMARY_SHEET.casefold()}, COMMENTS)
        forms = {form["position"]: form for form in about["sheets"]}
        for position, rows in groupby(_sheet_rows(job, about["ledger"]), key=lambda row: row.sheet_position):
            _write_sheet(desk, forms[position], rows, written, rows_a_sheet)
        write_summary_sheet(workbook, desk.looks, about, written)
    return written


def _write_sheet(
    desk: Desk, form: Mapping[str, Any], rows: Iterable[SheetRow], written: WorkbookContents, rows_a_sheet: int
) -> None:
    """One of the sender's sheets; what does not fit continues on a further one."""
    sheet: FailedSheet | None = None
    for row in rows:
        if sheet is None or sheet.rows == rows_a_sheet:
            _close(sheet, form, written)
            sheet = FailedSheet(desk, sheet_name(form["name"], desk.names), form)
        sheet.write(row)
        written.add(row.problems)
    _close(sheet, form, written)


def _close(sheet: FailedSheet | None, form: Mapping[str, Any], written: WorkbookContents) -> None:
    if sheet is not None:
        sheet.close()
        written.sheets.append((sheet.name, form["name"], sheet.rows))


def _sheet_rows(job: Path, ledger: str | None) -> Iterator[SheetRow]:
    """The failed rows in order, with their problems; the records of a wide sheet's row come together."""
    records = (((line[0], line[1], 0), line) for line in _lines(job / "rows.arrow"))
    problems = (((line[0], line[1], 1), line) for line in _lines(job / "failures.arrow"))
    for (position, number), lines in groupby(merge(records, problems, key=itemgetter(0)), key=lambda pair: pair[0][:2]):
        row = SheetRow(position, number, ledger)
        seen: set[tuple[str | None, str, str]] = set()
        for (_, _, kind), line in lines:
            if kind == 0:
                row.add_record(*line[2:])
            elif (known := (line[3], line[5], line[6])) not in seen:
                seen.add(known)
                letters, header, code, message, remedy = line[3:]
                row.problems.append(Problem(code, header, letters, None, None, message, remedy))
        yield row


def _lines(path: Path) -> Iterator[tuple[Any, ...]]:
    # Not mapped: pages that were read would stay in memory.
    with pa.OSFile(str(path)) as source:
        reader = pa.ipc.open_file(source)
        for number in range(reader.num_record_batches):
            yield from zip(*(column.to_pylist() for column in reader.get_batch(number).columns), strict=True)


def main() -> int:
    """Write the workbooks of the jobs that standard input names; each is in its place when it is whole."""
    # Cells are many, small and free of cycles: looking for garbage among them is a tenth of the time.
    gc.disable()
    for line in sys.stdin:
        job, out = map(Path, json.loads(line))
        draft = out.with_suffix(".draft")
        write_failed_rows(job, draft)
        draft.replace(out)
        print(flush=True)  # noqa: T201 - it is how the process answers
        gc.collect()
    return 0


if __name__ == "__main__":
    sys.exit(main())
