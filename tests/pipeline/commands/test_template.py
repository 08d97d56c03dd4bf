"""`rollbook template`: what it writes, filled in, is read without a profile and without a question."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import create_engine, text

from reports.workbook.template_columns import template_columns
from reports.workbook.template_language import TemplateWords, languages, template_in
from tests.pipeline.desk import Desk

DATA_SHEET, HELP_SHEET = TemplateWords.data_sheet, TemplateWords.help_sheet
FILLED = {
    "Email": "cara@example.com",
    "Employee ID": "00088",
    "Name": "Cara Diaz",
    "Course": "Knots",
    "Session date": datetime(2022, 6, 7),  # noqa: DTZ001 - as spreadsheet programs have dates
    "Status": "completed",
    "Grade": 88,
    "Enrolled on": "2022-05-01",
    "Completed on": datetime(2022, 6, 8),  # noqa: DTZ001
    "Hours": 2.5,
    "Credits": 1,
    "Certificate number": "0007",
    "Expires on": "2032-06-08",
    "Comments": "well tied",
    "Site": "Ulm",
}


@pytest.fixture
def desk(tmp_path: Path, prepared_sqlite_url: str) -> Desk:
    """A desk with an empty database."""
    return Desk(tmp_path, prepared_sqlite_url)


def fill(path: Path, row: int, cells: dict[str, Any], name: str = DATA_SHEET) -> None:
    """Write cells by header into a row; a header that is not there is added."""
    book = openpyxl.load_workbook(path)
    sheet = book[name]
    headers = [cell.value for cell in sheet[1]]
    for header in set(cells) - set(headers):
        sheet.cell(1, len(headers) + 1).value = header
        headers.append(header)
    for header in headers:
        sheet.cell(row, headers.index(header) + 1).value = cells.get(str(header))
    book.save(path)


def test_a_filled_template_is_loaded_whole(desk: Desk) -> None:
    """Over one example; the other stays, and is ignored. A column that somebody added is kept beside the record."""
    path = desk.folder / "records.xlsx"
    assert desk.type("template", path).exit == 0
    fill(path, 2, FILLED)
    done = desk.do("import", path).told
    assert (done["exit"], done["rows"]["loaded"], done["rows"]["ignored"]) == (0, 1, 1), done
    assert done["kept_beside"] == {DATA_SHEET: ["Site"]}
    engine = create_engine(desk.url)
    with engine.connect() as connection:
        line = dict(connection.execute(text("SELECT * FROM v_enrollments")).mappings().one())
    engine.dispose()
    assert (line["learner_email"], line["learner_employee_id"]) == ("cara@example.com", "00088")
    assert [line[name] for name in ("course_name", "session_date", "status", "score")] == [
        *("Knots", "2022-06-07", "completed", 88.0)
    ]
    assert [line[name] for name in ("enrolled_on", "completed_on", "expires_on")] == [
        *("2022-05-01", "2022-06-08", "2032-06-08")
    ]
    assert [line[name] for name in ("hours", "credits", "certificate_number", "feedback")] == [
        *(2.5, 1.0, "0007", "well tied")
    ]
    assert json.loads(line["extra"]) == {"Site": "Ulm"}


@pytest.mark.parametrize("destination", ["database", "smarteru", "smarteru-xml", "moon", "axcelerate"])
def test_every_column_of_a_template_feeds_its_field(desk: Desk, destination: str) -> None:
    """The sheet of explanations is no table; the examples are none of anybody's records."""
    path = desk.folder / "empty.xlsx"
    desk.type("template", path, "--to", destination)
    (file,) = desk.do("inspect", path, "--to", destination).told["files"]
    data, explained = file["sheets"]
    wanted = {column.field: column.header for column in template_columns(destination)}
    assert (data["name"], data["state"], data["columns"], data["unmapped"]) == (DATA_SHEET, "read", wanted, [])
    assert (explained["name"], explained["state"]) == (HELP_SHEET, "skipped")
    checked = desk.do("check", path, "--to", destination).told
    assert (checked["rows"]["read"], checked["rows"]["ignored"]) == (0, 2)


def test_the_status_has_a_list_and_ids_keep_their_zeros(desk: Desk) -> None:
    """The list warns, and forbids nothing."""
    path = desk.folder / "records.xlsx"
    told = desk.do("template", path).told
    assert told == {"exit": 0, "path": str(path), "to": "database", "language": "en"}
    sheet = openpyxl.load_workbook(path)[DATA_SHEET]
    (rule,) = sheet.data_validations.dataValidation
    assert rule.formula1 == '"enrolled,attended,completed,cancelled,no_show"'
    assert rule.errorStyle == "warning"
    headers = [cell.value for cell in sheet[1]]
    assert sheet.cell(2, headers.index("Employee ID") + 1).number_format == "@"
    assert sheet.cell(2, headers.index("Session date") + 1).is_date


def test_nothing_is_overwritten(desk: Desk) -> None:
    """What is there may be filled in already; another kind of file could not hold it."""
    path = desk.folder / "records.xlsx"
    path.write_bytes(b"mine")
    refused = desk.type("template", path)
    assert (refused.exit, path.read_bytes()) == (2, b"mine")
    assert "exists already" in refused.errors
    assert desk.type("template", desk.folder / "records.csv").exit == 2


@pytest.mark.parametrize("language", languages())
def test_a_template_in_any_language_is_read_as_it_is_written(desk: Desk, language: str) -> None:
    """Each column feeds its field, the explanations are no table, and each status of the list is known."""
    path = desk.folder / "records.xlsx"
    assert desk.do("template", path, "--to", "smarteru", "--language", language).told["language"] == language
    words, columns = template_in(language, "smarteru")
    (file,) = desk.do("inspect", path, "--to", "smarteru").told["files"]
    data, explained = file["sheets"]
    wanted = {column.field: column.header for column in columns}
    assert (data["name"], data["columns"], data["unmapped"]) == (words.data_sheet, wanted, [])
    assert (explained["name"], explained["state"]) == (words.help_sheet, "skipped")
    headers = {column.field: column.header for column in template_in(language, "database")[1]}
    path.unlink()
    desk.type("template", path, "--language", language)
    statuses = next(column.choices for column in columns if column.choices)
    for row, status in enumerate(statuses, 2):
        cells = {"learner_employee_id": f"00{row}", "course_name": "Knots", "session_date": "2022-06-07"}
        fill(path, row, {headers[name]: text for name, text in {**cells, "status": status}.items()}, words.data_sheet)
    done = desk.do("import", path).told
    assert (done["exit"], done["rows"]["loaded"]) == (0, len(statuses)), done


def test_what_there_is_no_template_in_is_said(desk: Desk) -> None:
    """An unknown language, and aXcelerate's columns in another than English."""
    told = desk.type("template", desk.folder / "a.xlsx", "--language", "xx")
    assert (told.exit, "There is one in en, ar, de" in told.errors) == (2, True)
    assert desk.type("template", desk.folder / "a.xlsx", "--language", "de", "--to", "axcelerate").exit == 2
    assert not (desk.folder / "a.xlsx").exists()
