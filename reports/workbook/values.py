"""The workbook of texts that are not understood, with a column for what each means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from reports.workbook.cell_formats import Looks

VALUES_SHEET, FILES_SHEET, HELP_SHEET, _CHOICES_SHEET = "Values", "Files", "How to fill it in", "Choices"
HEADERS = ("Field", "Text in the sheets", "Rows", "Why it was not understood", "Means")
FILE_LABEL, PROFILE_LABEL = "File", "Profile"
_WIDTHS = (16, 34, 8, 70, 30)
_HINTS = (
    "Write into the yellow column “Means” what each text means. Where there is a list, choose from it.",
    "Leave the cell blank if you do not know it. Such rows are still rejected.",
    "Change nothing else. Save the workbook, then: rollbook values --apply, with the name of the workbook",
)


@dataclass(frozen=True)
class UnknownValue:
    """A text that is not understood. field: as profiles name it; rows: in so many rows; why: what was said of it."""

    field: str
    text: str
    rows: int
    why: str


def write_values(
    path: Path,
    values: Sequence[UnknownValue],
    choices: Mapping[str, Sequence[str]],
    files: Sequence[str],
    profile: str | None,
) -> None:
    """Write the workbook.

    values: those of a field beside each other. choices: field -> what its drop-down offers. files: where the texts come
    from. profile: the one that they were read under, if it is a file.
    """
    with Workbook(path, {"strings_to_urls": False}) as workbook:
        looks = Looks(workbook)
        _write_values(workbook.add_worksheet(VALUES_SHEET), values, looks)
        _write_help(workbook.add_worksheet(HELP_SHEET), looks)
        _write_files(workbook.add_worksheet(FILES_SHEET), files, profile, looks)
        lists = workbook.add_worksheet(_CHOICES_SHEET)
        lists.hide()
        offered = _write_choices(lists, choices)
        _add_drop_downs(workbook.get_worksheet_by_name(VALUES_SHEET), values, offered)


def _write_values(sheet: Worksheet, values: Sequence[UnknownValue], looks: Looks) -> None:
    sheet.freeze_panes(1, 0)
    for place, (header, width) in enumerate(zip(HEADERS, _WIDTHS, strict=True)):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, header, looks.our_header if header == HEADERS[-1] else looks.table_header)
    for row, value in enumerate(values, 1):
        sheet.write_string(row, 0, value.field, looks.told)
        sheet.write_string(row, 1, value.text, looks.cell_text)
        sheet.write_number(row, 2, value.rows, looks.number)
        sheet.write_string(row, 3, value.why, looks.told)
        sheet.write_blank(row, 4, None, looks.warned)


def _write_help(sheet: Worksheet, looks: Looks) -> None:
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 100)
    sheet.write_string(0, 0, HELP_SHEET, looks.title)
    for row, hint in enumerate(_HINTS, 2):
        sheet.write_string(row, 0, hint, looks.flowing)


def _write_files(sheet: Worksheet, files: Sequence[str], profile: str | None, looks: Looks) -> None:
    sheet.set_column(0, 0, 12)
    sheet.set_column(1, 1, 90)
    told = [(FILE_LABEL, file) for file in files] + ([(PROFILE_LABEL, profile)] if profile else [])
    for row, (label, text) in enumerate(told):
        sheet.write_string(row, 0, label, looks.label)
        sheet.write_string(row, 1, text, looks.flowing)


def _write_choices(sheet: Worksheet, choices: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Field -> the range that holds its choices; a list within a drop-down may not be longer than 255 characters."""
    ranges = {}
    for place, (field, texts) in enumerate((field, texts) for field, texts in choices.items() if texts):
        for row, text in enumerate(texts):
            sheet.write_string(row, place, text)
        column = xl_col_to_name(place, col_abs=True)
        ranges[field] = f"={_CHOICES_SHEET}!{column}$1:{column}${len(texts)}"
    return ranges


def _add_drop_downs(sheet: Worksheet, values: Sequence[UnknownValue], offered: Mapping[str, str]) -> None:
    first = 1
    for field, same in groupby(values, key=lambda value: value.field):
        last = first + len(list(same)) - 1
        if field in offered:
            form = {"validate": "list", "source": offered[field], "error_type": "warning", "error_title": field}
            form["error_message"] = "This is not in the list. Keep it only if you know that it is understood."
            sheet.data_validation(first, 4, last, 4, form)
        first = last + 1
