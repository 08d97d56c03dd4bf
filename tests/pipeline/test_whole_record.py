"""Every column of a sheet is kept: in its field, or beside the record, but for those that the profile leaves out."""

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import create_engine, text

from rollbook.returned import SUMMARY_SHEET
from tests.pipeline.desk import Desk

HEADERS = ("Email", "Session ID", "Status", "Site", "Expires on", "Certificate No", "Hours", "Room", "PIN")
ANA = ("ana@example.com", "K-7", "Completed", "Ulm", "2033-04-05", "000815", "1:30", "12", "9911")
BEN = ("ben@example.com", "K-7", "perhaps", "Bonn", "Never", "", "6.5", "14", "9922")
PROFILE = '[columns]\nnever = ["PIN"]\nignore = ["Room"]\n'


def attendances(url: str) -> dict[str, dict[str, Any]]:
    """What the view shows of each learner; what stands beside as a mapping."""
    engine = create_engine(url)
    with engine.connect() as connection:
        lines = [dict(line) for line in connection.execute(text("SELECT * FROM v_enrollments")).mappings()]
    engine.dispose()
    return {line["learner_email"]: {**line, "extra": json.loads(line["extra"] or "null")} for line in lines}


@pytest.fixture
def desk(tmp_path: Path, prepared_url: str) -> Desk:
    """A desk with a profile, on each database."""
    place = Desk(tmp_path, prepared_url)
    place.text("sheet.toml", PROFILE)
    return place


def corrected(workbook: str, status: str) -> Path:
    """The failed-rows workbook with another status in its first row."""
    book = openpyxl.load_workbook(workbook)
    sheet = next(one for one in book if one.title != SUMMARY_SHEET)
    headers = [cell.value for cell in sheet[1]]
    sheet.cell(2, headers.index("Status") + 1).value = status
    path = Path(workbook).with_name("back.xlsx")
    book.save(path)
    return path


def test_a_record_is_kept_whole_by_every_road(desk: Desk) -> None:
    """Loaded, corrected in the workbook, updated, and put back by `undo`."""
    profile = ("--profile", desk.folder / "sheet.toml")
    first = desk.do("import", desk.sheet(ANA, BEN, headers=HEADERS), *profile)
    assert (first.told["kept_beside"], first.told["left_out"]) == ({"history": ["Site"]}, {"history": ["Room", "PIN"]})
    ana = attendances(desk.url)["ana@example.com"]
    assert (str(ana["expires_on"]), ana["certificate_number"], ana["hours"]) == ("2033-04-05", "000815", 1.5)
    assert ana["extra"] == {"Site": "Ulm"}

    desk.do("import", corrected(first.told["reports"]["failed_rows"], "Attended"), *profile)
    ben = attendances(desk.url)["ben@example.com"]
    assert (ben["hours"], ben["expires_on"], ben["extra"], ben["source_row"]) == (6.5, None, {"Site": "Bonn"}, 3)

    moved = (*ANA[:3], "Kiel", "", "", "2", "13", "")
    same = desk.do("import", desk.sheet((*ANA[:3], "Kiel", *ANA[4:]), name="same.csv", headers=HEADERS), *profile)
    assert same.told["rows"]["unchanged"] == 1
    update = ("--on-existing", "update", *profile)
    later = desk.do("import", desk.sheet(moved, name="later.csv", headers=HEADERS), *update)
    assert later.told["rows"]["updated"] == 1
    now = attendances(desk.url)["ana@example.com"]
    assert (str(now["expires_on"]), now["certificate_number"], now["hours"]) == ("2033-04-05", "000815", 2.0)
    assert now["extra"] == {"Site": "Kiel"}
    desk.do("undo", later.told["run"])
    assert attendances(desk.url)["ana@example.com"] == ana


def test_a_failed_row_is_retried_with_the_columns_that_todays_profile_keeps(desk: Desk) -> None:
    """Its cells were all stored but for those that never are."""
    first = desk.do("import", desk.sheet(BEN, headers=HEADERS), "--profile", desk.folder / "sheet.toml")
    today = desk.text("today.toml", '[columns]\nnever = ["PIN"]\n[values.status]\nperhaps = "no_show"\n')
    again = desk.do("retry", first.told["run"], "--profile", today)
    assert again.told["rows"]["loaded"] == 1, again.told
    assert attendances(desk.url)["ben@example.com"]["extra"] == {"Site": "Bonn", "Room": "14"}


def test_people_are_told_what_becomes_of_each_column(desk: Desk) -> None:
    """On the page of the run, of a check and of `show`, and in the failed-rows workbook."""
    sheet, profile = desk.sheet(ANA, BEN, headers=HEADERS), desk.folder / "sheet.toml"
    kept = "kept beside the records, in no field of their own: Site"
    left_out = "left out, as the profile says: Room and PIN"
    for said in (
        desk.type("check", sheet, "--profile", profile),
        desk.type("import", sheet, "--profile", profile),
        desk.type("show", "last"),
    ):
        assert kept in said.out
        assert left_out in said.out
    told = desk.do("show", "last").told
    page = openpyxl.load_workbook(told["reports"]["failed_rows"])[SUMMARY_SHEET]
    lines = [[cell for cell in line if cell is not None] for line in page.iter_rows(values_only=True)]
    assert lines[lines.index(["Columns that are kept beside each row"]) + 1] == ["history", "Site"]
    assert lines[lines.index(["Columns that are left out on purpose"]) + 1] == ["history", "Room, PIN"]


def test_certificates_that_were_renewed_do_not_expire_again(desk: Desk) -> None:
    """Of a learner and a course the last one counts."""
    headers = ("Email", "Course", "Date", "Status", "Valid until")
    rows = (
        ("ana@example.com", "Knots", "2019-05-02", "Completed", "2021-05-02"),
        ("ana@example.com", "Knots", "2021-04-02", "Completed", "2023-04-02"),
        ("ana@example.com", "Ropes", "2021-04-02", "Completed", "2022-04-02"),
        ("ben@example.com", "Knots", "2021-04-02", "Cancelled", "2024-04-02"),
    )
    desk.do("import", desk.sheet(*rows, headers=headers))
    engine = create_engine(desk.url)
    query = "SELECT course_name, expires_on, days_left FROM v_expiring ORDER BY course_name"
    with engine.connect() as connection:
        found = [tuple(line) for line in connection.execute(text(query))]
    engine.dispose()
    assert [(name, str(day)) for name, day, _ in found] == [("Knots", "2023-04-02"), ("Ropes", "2022-04-02")]
    assert found[0][2] - found[1][2] == 365
