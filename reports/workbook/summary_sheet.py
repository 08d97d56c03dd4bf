"""The last sheet of the failed-rows workbook: what it is, what is wrong, how to go on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from reports.text import column_name, count_noun
from reports.workbook.cell_formats import Looks
from reports.workbook.rows import with_header
from rollbook.returned import SUMMARY_SHEET, SUMMARY_TITLE, returned_cell
from rollbook.rows.problems import Problem
from rollbook.rows.remedies import for_the_sender

_HOW = (
    "Go through the rows of the other sheets. “Problems” says what is wrong, “What to do” how to fix it.",
    "Correct the red cells (or any other) in your own columns. If you are not sure about a cell, leave it as it is.",
    "Do not change the column “Rollbook row”. You can sort, filter and delete rows; a deleted row stays open.",
    "Save the workbook, and put it into the drop folder or return it to the person who sent it to you.",
    "Fixed rows are loaded and their cases closed. The others come back with the same problems. Nothing else changes.",
)
_ADMINISTRATOR = "Import this workbook like any other file, into the database that is named above."


@dataclass
class Example:
    """A rule as the summary tells it: one message, its remedy, and how many problems it found."""

    message: str
    remedy: str
    count: int = 0


@dataclass
class WorkbookContents:
    """What the workbook holds: rows, problems, by code, and (sheet here, the sender's sheet, rows)."""

    rows: int = 0
    problems: int = 0
    by_code: dict[str, Example] = field(default_factory=dict)
    sheets: list[tuple[str, str, int]] = field(default_factory=list)

    def add(self, problems: Iterable[Problem]) -> None:
        """Count one row."""
        self.rows += 1
        for problem in problems:
            self.problems += 1
            self.by_code.setdefault(problem.code, Example(with_header(problem), problem.remedy)).count += 1


# No table of usual headers knows these words: read as a file, this sheet holds no record.
_RULE_HEADERS = ("Code", "Problems", "Example of what is wrong", "What to do", "The rule")
_SHEET_HEADERS = ("Sheet here", "Rows here", "Sheet in your file")


def write_summary_sheet(workbook: Workbook, looks: Looks, about: Mapping[str, Any], written: WorkbookContents) -> None:
    """Add the summary. `about`: the job's `job.json`."""
    page = _Page(workbook.add_worksheet(SUMMARY_SHEET), looks)
    page.line(SUMMARY_TITLE, looks.title, points=27)
    page.line(f"{count_noun(written.rows, 'row')} with {count_noun(written.problems, 'problem')}", looks.plain)
    page.skip()
    page.pair("From the file", about["source_file"])
    for label, text in about["origin"].items():
        page.pair(label, text)
    page.skip()
    page.line("How to use this workbook", looks.heading)
    for number, text in enumerate(_HOW, 1):
        page.pair(f"Step {number}", text)
    page.pair("Administrator", _ADMINISTRATOR)
    page.pair("Red", "A cell that causes a problem. Rest the pointer on it to see why.", looks.bad)
    page.pair("Yellow", "The problem is in the row as a whole, or in a cell that is not shown here.", looks.warned)
    page.skip()
    page.line("What is wrong", looks.heading)
    page.table(_RULE_HEADERS, _rules(written, about["meanings"]))
    page.skip()
    page.line("Where", looks.heading)
    page.table(_SHEET_HEADERS, [(here, rows, theirs) for here, theirs, rows in written.sheets])
    kept = [sheet for sheet in about["sheets"] if sheet["kept"]]
    unkept = [sheet for sheet in about["sheets"] if not sheet["kept"]]
    _write_columns(page, looks, "Columns that are kept beside each row", kept, "unused")
    _write_columns(page, looks, "Columns that are not used", unkept, "unused")
    _write_columns(page, looks, "Columns that are left out on purpose", about["sheets"], "left_out")


def _write_columns(page: "_Page", looks: Looks, title: str, sheets: Sequence[Mapping[str, Any]], which: str) -> None:
    """List the columns of each sheet, where one has such columns."""
    named = {sheet["name"]: ", ".join(map(column_name, sheet[which])) for sheet in sheets if sheet[which]}
    if named:
        page.skip()
        page.line(title, looks.heading)
    for name, headers in named.items():
        page.pair(name, headers)


def _rules(written: WorkbookContents, meanings: Mapping[str, str]) -> list[tuple[str | int, ...]]:
    most_first = sorted(written.by_code.items(), key=lambda pair: (-pair[1].count, pair[0]))
    return [
        (code, example.count, example.message, for_the_sender(example.remedy), meanings.get(code, ""))
        for code, example in most_first
    ]


class _Page:
    """Writes from top to bottom."""

    def __init__(self, sheet: Worksheet, looks: Looks) -> None:
        self._sheet, self._looks, self._row = sheet, looks, 0
        sheet.hide_gridlines(2)
        for column, width in enumerate((24, 12, 50, 50, 50)):
            sheet.set_column(column, column, width)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)

    def skip(self) -> None:
        self._row += 1

    def line(self, text: str, look: Format, points: float = 20) -> None:
        self._sheet.set_row(self._row, points)
        self._sheet.write_string(self._row, 0, text, look)
        self._row += 1

    def pair(self, label: str, text: str, look: Format | None = None) -> None:
        self._sheet.write_string(self._row, 0, label, look or self._looks.label)
        self._sheet.write_string(self._row, 1, returned_cell(text), self._looks.flowing)
        self._row += 1

    def table(self, headers: Sequence[str], lines: Iterable[Sequence[str | int]]) -> None:
        for column, header in enumerate(headers):
            self._sheet.write_string(self._row, column, header, self._looks.table_header)
        for line in lines:
            self._row += 1
            self._table_line(line)
        self._row += 1

    def _table_line(self, line: Sequence[str | int]) -> None:
        longest = max(len(str(cell)) for cell in line)
        self._sheet.set_row(self._row, min(405, 15 * -(-longest // 48) + 2))
        for column, cell in enumerate(line):
            if isinstance(cell, int):
                self._sheet.write_number(self._row, column, cell, self._looks.number)
            elif cell:
                self._sheet.write_string(self._row, column, returned_cell(cell), self._looks.told)
            else:
                self._sheet.write_blank(self._row, column, None, self._looks.told)
