"""One sheet of the failed-rows workbook: our three columns, then the sender's."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from reports.workbook.cell_formats import Looks
from reports.workbook.rows import SheetRow, note
from reports.workbook.text_sheet import TextSheet
from rollbook.returned import OUR_HEADERS, returned_cell
from rollbook.rows.problems import Problem
from rollbook.text.formulas import shown
from rollbook.text.letters import column_letter, column_number

# More comments cost more time than the rows themselves.
COMMENTS = 1_000
_OURS = len(OUR_HEADERS)
_OUR_WIDTHS = (14, 46, 46)
_NARROWEST, _WIDEST = 9, 38
# Widths are taken from the beginning of the sheet.
_MEASURED_ROWS = 300
_LINE_POINTS, _TALLEST_POINTS = 15, 405
# Marks are for Rollbook, not for people: many of them need not all be seen.
_MARK_LINES = 4
# Excel takes no list of words longer than this.
_LIST_CHARACTERS = 255
_EVERYWHERE = "A1:XFD1048576"
_COLUMNS = 16_384
_HEADER_NOTES = (
    "Do not change this column: Rollbook uses it to recognize the row when you import this workbook.",
    "What is wrong with the row. The cells that cause it are red; if it is the whole row, this cell is yellow.",
    "How to fix it. Correct the cells to the right, save, and import this workbook like any other file.",
)
# Other words are warned about and not forbidden: the profile may know them.
_DROP_DOWN = {
    "validate": "list",
    "error_type": "warning",
    "error_title": "Not a usual status here",
    "error_message": "Rollbook may not know this word. Choose one from the list if you can.",
}


@dataclass
class Desk:
    """What the sheets of one workbook share: its formats, the sheet names taken, the comments that are left."""

    workbook: Workbook
    looks: Looks
    names: set[str]
    comments: int


class FailedSheet:
    """Writes one sheet row by row; nothing but widths is kept of a row that was written."""

    def __init__(self, desk: Desk, name: str, form: Mapping[str, Any]) -> None:
        """Begin the sheet with its header row. `form`: a reports.workbook.job.SheetForm as a dict."""
        self.name, self.rows = name, 0
        self._desk, self._form, self._looks = desk, form, desk.looks
        self._never = sorted(column_number(at) for at in form["never"])
        self._sessions = frozenset(form["sessions"])
        self._columns: dict[str, int | None] = {}
        self._looks_of: dict[str, tuple[Format, Format]] = {}
        self._widths: dict[int, int] = {}
        self._sheet: TextSheet = desk.workbook.add_worksheet(name, TextSheet)
        self._sheet.set_comments_author("Rollbook")
        self._write_headers()

    def write(self, row: SheetRow) -> None:
        """Write one row below those before."""
        self.rows += 1
        looks, problems, remedies = self._looks, row.problem_text(), row.remedy_text()
        blamed = {at: found for at, found in row.blamed().items() if self._column(at) is not None}
        whole = any(not blamed.keys() & set(problem.letters) for problem in row.problems)
        points = _points(problems, remedies, len(row.marks))
        if self._desk.comments:
            self._sheet.set_row(self.rows, points)
            self._comment(blamed)
        ours = (
            (0, " ".join(row.marks), looks.mark),
            (1, problems, looks.told_bad if whole else looks.told),
            (2, remedies, looks.told),
        )
        self._sheet.write_texts(self.rows, points, [*ours, *sorted(self._cells(row, blamed), key=itemgetter(0))])

    def close(self) -> None:
        """Set what covers the whole sheet: widths, filter, frozen header, drop-downs."""
        sheet, last, texts = self._sheet, self.rows, {self._column(at) for at in self._form["ids"]}
        for column, chars in enumerate(_OUR_WIDTHS):
            sheet.set_column(column, column, chars)
        for column, chars in self._widths.items():
            look = self._looks.cell_text if column in texts else self._looks.cell
            sheet.set_column(column, column, min(max(chars + 2, _NARROWEST), _WIDEST), look)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, last, max(self._widths, default=_OURS - 1))
        sheet.ignore_errors({"number_stored_as_text": _EVERYWHERE, "two_digit_text_year": _EVERYWHERE})
        for at, words in self._form["statuses"].items():
            place, offered = self._column(at), _offered(words)
            if place is not None and offered:
                sheet.data_validation(1, place, last, place, {**_DROP_DOWN, "source": offered})
        sheet.set_tab_color("#C0504D")
        _set_page(sheet)

    def _write_headers(self) -> None:
        looks, headers = self._looks, self._form["headers"]
        for column, text in enumerate(_HEADER_NOTES):
            self._sheet.write_comment(0, column, text, _comment(text))
        cells = [(column, header, looks.our_header) for column, header in enumerate(OUR_HEADERS)]
        last = max((column_number(at) for at in headers), default=0)
        for at in map(column_letter, range(1, last + 1)):
            if (place := self._column(at)) is not None:
                text = headers.get(at) or ""
                cells.append((place, returned_cell(text), looks.their_header))
                # Room for the filter's button.
                self._widths[place] = min(len(text), 24) + 3
        self._sheet.write_texts(0, 2 * _LINE_POINTS + 4, cells)

    def _cells(self, row: SheetRow, blamed: Mapping[str, list[Problem]]) -> Iterator[tuple[int, str, Format]]:
        """The sender's cells, in any order; a blank one only where it is to blame."""
        unread = self._sessions - row.places if row.places else frozenset()
        measured = self.rows <= _MEASURED_ROWS
        for at, raw in row.cells.items():
            column = self._column(at)
            if column is None:
                continue
            text, (good, bad) = returned_cell(raw), self._looks_of[at]
            yield column, text, bad if at in blamed else self._looks.unread if at in unread else good
            if measured:
                self._widths[column] = max(self._widths.get(column, 0), len(text))
        for at in blamed.keys() - row.cells.keys():
            if (column := self._column(at)) is not None:
                yield column, "", self._looks_of[at][1]

    def _comment(self, blamed: Mapping[str, list[Problem]]) -> None:
        for at, problems in list(blamed.items())[: self._desk.comments]:
            self._desk.comments -= 1
            text = note(problems)
            self._sheet.write_comment(self.rows, self._columns[at], text, _comment(text))

    def _column(self, at: str) -> int | None:
        """Where the sender's column stands here, in the sender's order; None when it is not returned."""
        if at not in self._columns:
            number = column_number(at)
            before = bisect_left(self._never, number)
            never = before < len(self._never) and self._never[before] == number
            place = _OURS + number - 1 - before
            self._columns[at] = None if never or place >= _COLUMNS else place
            looks = self._looks
            text = at in self._form["ids"]
            self._looks_of[at] = (looks.cell_text, looks.bad_text) if text else (looks.cell, looks.bad)
        return self._columns[at]


@lru_cache(maxsize=1_024)
def _lines(text: str, width: int) -> int:
    """Lines that a text takes when it is broken between words, in a column of `width` characters."""
    lines = 0
    for paragraph in text.split("\n"):
        lines += 1
        if len(paragraph) <= width:
            continue
        used = -1
        for word in map(len, paragraph.split(" ")):
            used += word + 1
            if used > width:
                lines += 1 + (word - 1) // width if used > word else word // width
                used = word % width
    return lines


def _points(problems: str, remedies: str, marks: int) -> int:
    """The row's height: set and not left to the program, which would stretch the comments along with the rows."""
    lines = max(_lines(problems, _OUR_WIDTHS[1]), _lines(remedies, _OUR_WIDTHS[2]), min(-(-marks // 2), _MARK_LINES))
    return min(lines * _LINE_POINTS + 4, _TALLEST_POINTS)


def _comment(text: str) -> dict[str, Any]:
    return {"width": 300, "height": 18 * _lines(text, 46) + 14, "font_size": 9, "color": "#FFFBE6"}


def _offered(words: Sequence[str]) -> list[str]:
    """As many of the words as a list holds; a comma would part it, a quotation mark end it."""
    offered: list[str] = []
    for word in map(shown, words):
        if not set(word) & set(',"\n') and len(",".join([*offered, word])) <= _LIST_CHARACTERS:
            offered.append(word)
    return offered


def _set_page(sheet: Worksheet) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.5)
    sheet.set_footer("&L&A&RPage &P of &N")
