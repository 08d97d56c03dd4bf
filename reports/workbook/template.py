"""The template: an empty workbook with the usual headers, example rows, a drop-down, and a sheet that explains them."""

from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from reports.workbook.cell_formats import Looks
from reports.workbook.template_columns import TemplateColumn
from reports.workbook.template_language import ENGLISH, TemplateWords, template_in

# Rows that have their formats and drop-downs; more can be added below.
_ROWS = 5_000


def write_template(path: Path, destination: str, language: str = ENGLISH) -> None:
    """Write the template for a destination, as `--to` names it; raises NoTemplate. path: where nothing is yet."""
    words, columns = template_in(language, destination)
    with Workbook(path) as workbook:
        looks = Looks(workbook)
        _write_data(workbook, workbook.add_worksheet(words.data_sheet), looks, columns, words)
        _write_help(workbook.add_worksheet(words.help_sheet), looks, columns, words)


def _write_data(
    workbook: Workbook, sheet: Worksheet, looks: Looks, columns: Sequence[TemplateColumn], words: TemplateWords
) -> None:
    formats = {"plain": None, "text": "@", "date": "yyyy-mm-dd"}
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(columns):
        code = {"num_format": formats[column.look]} if formats[column.look] else {}
        sheet.set_column(place, place, max(12, len(column.header) + 4), workbook.add_format(code))
        sheet.write_string(0, place, column.header, looks.their_header)
        sheet.write_comment(0, place, column.explained)
        gray = workbook.add_format({"font_color": "#8A959B", **code})
        for row, text in enumerate(column.examples, 1):
            if column.look == "date" and text:
                sheet.write_datetime(row, place, datetime.combine(date.fromisoformat(text), time()), gray)
            elif text:
                sheet.write_string(row, place, text, gray)
        if column.choices:
            sheet.data_validation(1, place, _ROWS, place, _drop_down(column, words))


def _drop_down(column: TemplateColumn, words: TemplateWords) -> dict[str, object]:
    """A list that warns and does not forbid: other words may be known too."""
    return {
        "validate": "list",
        "source": list(column.choices),
        "error_type": "warning",
        "error_title": column.header,
        "error_message": words.unlisted,
    }


def _write_help(sheet: Worksheet, looks: Looks, columns: Sequence[TemplateColumn], words: TemplateWords) -> None:
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 36)
    sheet.set_column(1, 1, 90)
    sheet.write_string(0, 0, words.title, looks.title)
    for row, hint in enumerate(words.hints, 2):
        sheet.write_string(row, 0, f"{words.step} {row - 1}", looks.label)
        sheet.write_string(row, 1, hint, looks.flowing)
    first = len(words.hints) + 3
    sheet.write_string(first, 0, words.column, looks.table_header)
    sheet.write_string(first, 1, words.what, looks.table_header)
    for row, column in enumerate(columns, first + 1):
        choices = f" {words.one_of}: {', '.join(column.choices)}." if column.choices else ""
        sheet.write_string(
            row, 0, f"{words.the_column} “{column.header}”", looks.told
        )  # as a header it would begin a table
        sheet.write_string(row, 1, column.explained + choices, looks.told)
