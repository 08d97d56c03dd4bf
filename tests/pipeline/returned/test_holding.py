"""A correction never undoes another that it did not know of, and no row is loaded twice for being corrected twice."""

import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from dashboard.actions import Actions
from ledger.browse.cases import Filter
from ledger.database import open_database
from rollbook.settings import Settings
from tests.pipeline import app
from tests.pipeline.desk import Desk
from tests.pipeline.killing import at_steps, killed_call

# Its status, its day of enrollment and its grade are to be corrected.
WRONG = ("nia@example.com", "4001", "S-5", "sort of", "", "2022-02-30")
OTHER = ("oli@example.com", "4002", "S-5", "sort of", "", "2022-02-28")
CODE = "row.corrected_elsewhere"


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Desk:
    """A place with nothing in it, on each of the three databases."""
    return Desk(tmp_path, database_url)


@pytest.fixture
def lite(tmp_path: Path, sqlite_url: str) -> Desk:
    """The same on SQLite."""
    return Desk(tmp_path, sqlite_url)


def actions(desk: Desk) -> Actions:
    """What the pages of the dashboard do."""
    settings = Settings(database=desk.url, out=desk.folder / "out")
    return Actions(settings, open_database(desk.url, create=False))


def corrected(book: Path, row: int = 2, **cells: str) -> Path:
    """The workbook with other texts in a row, by header."""
    opened = openpyxl.load_workbook(book)
    sheet = opened.worksheets[0]
    headers = [cell.value for cell in sheet[1]]
    for header, text in cells.items():
        sheet.cell(row, headers.index(header.replace("_", " ")) + 1).value = text
    opened.save(book)
    return book


def book_of(answer: app.Answer) -> Path:
    """The workbook that a run left."""
    return Path(answer.told["reports"]["failed_rows"])


def case(desk: Desk, number: int = 1) -> dict[str, Any]:
    """The case of a sheet's row, counted without its header."""
    return next(case for case in app.contents(desk.url)["cases"] if case["row_no"] == number + 1)


def changes(desk: Desk) -> list[tuple[Any, ...]]:
    """What is on record of cells that were corrected."""
    lines = app.contents(desk.url)["changes"]
    return sorted(
        (line["changed_through"], line["source_column"], line["from_value"], line["to_value"])
        for line in lines
        if line["source_column"]
    )


def test_an_old_workbook_does_not_bring_a_cell_back(desk: Desk) -> None:
    """A cell that nobody touched in it stays as somebody corrected it on a page meanwhile; both corrections land."""
    book = book_of(desk.do("import", desk.sheet(WRONG)))
    actions(desk).repair({1: {"D": "attended"}}, "Pat")
    answer = desk.do("import", corrected(book, Enrolled_on="2022-02-28"))
    assert (answer.exit, answer.told["rows"]["loaded"], answer.told["cases"]["closed"]) == (0, 1, 1), answer
    (loaded,) = app.enrollments(desk.url)
    assert (loaded["status"], str(loaded["enrolled_at"])[:10]) == ("attended", "2022-02-28")
    assert changes(desk) == [
        ("dashboard", "D", "sort of", "attended"),
        ("workbook", "F", "2022-02-30", "2022-02-28"),
    ]


@pytest.mark.parametrize("day", ["2022-02-28", "2022-02-30"])
def test_of_two_corrections_of_a_cell_the_second_is_told(desk: Desk, day: str) -> None:
    """With both values, whether the rest of its row is right or not; the first stays, and is all that is on record."""
    book = book_of(desk.do("import", desk.sheet(WRONG, OTHER)))
    actions(desk).repair({1: {"D": "attended"}}, "Pat")
    corrected(book, row=3, Status="completed")
    answer = desk.do("import", corrected(book, Status="no show", Enrolled_on=day))
    assert (answer.exit, answer.told["rows"]["loaded"], answer.told["rows"]["rejected"]) == (1, 1, 1)
    assert answer.told["failures"][CODE] == 1
    told = [line for line in desk.do("failures", "last").told["failures"] if line["code"] == CODE]
    assert (told[0]["source_column"], told[0]["header"], told[0]["value"]) == ("D", "Status", "no show")
    assert "“Status” is now “attended”, and “no show” here" in told[0]["message"]
    assert (case(desk)["state"], '"D": "attended"' in case(desk)["cells"]) == ("open", True)
    kept = [("workbook", "F", "2022-02-30", "2022-02-28")] if day == "2022-02-28" else []
    other = ("workbook", "D", "sort of", "completed")
    assert changes(desk) == [("dashboard", "D", "sort of", "attended"), other, *kept]
    assert desk.do("import", corrected(book_of(answer), Enrolled_on="2022-02-28")).exit == 0
    assert [line["status"] for line in app.enrollments(desk.url)] == ["attended", "completed"]


def test_two_who_correct_a_cell_alike_are_not_held_up(lite: Desk) -> None:
    """Nothing is contested where both say the same."""
    book = book_of(lite.do("import", lite.sheet(WRONG)))
    actions(lite).repair({1: {"D": "attended"}}, "Pat")
    assert lite.do("import", corrected(book, Status="attended", Enrolled_on="2022-02-28")).exit == 0


def test_a_workbook_that_shows_a_correction_may_change_it(lite: Desk) -> None:
    """Downloaded after it, as it stands then; and one that a later run wrote of the same cells as they came first."""
    lite.do("import", lite.sheet(WRONG))
    pages = actions(lite)
    pages.repair({1: {"D": "attended"}}, "Pat")
    book = pages.export(Filter(), "xlsx")
    answer = lite.do("import", corrected(book, Status="sort of"))
    assert (answer.exit, CODE in answer.told["failures"]) == (1, False)
    assert '"D": "sort of"' in case(lite)["cells"]
    pages.repair({1: {"D": "attended"}}, "Pat")
    again = book_of(lite.do("import", lite.sheet(WRONG, name="again.csv")))
    answer = lite.do("import", corrected(again, Enrolled_on="2022-02-28"))
    assert (answer.exit, answer.told["failures"]) == (0, {})
    assert [line["status"] for line in app.enrollments(lite.url)] == ["attended"]


def test_columns_in_another_order_are_compared_by_header(lite: Desk) -> None:
    """The workbook of a sheet with the same cells under the same headers elsewhere."""
    lite.do("import", lite.sheet(WRONG))
    turned = (*WRONG[:3], WRONG[4], WRONG[3], WRONG[5])
    headers = ("Email", "Employee ID", "Session ID", "Grade", "Status", "Enrolled on")
    book = book_of(lite.do("import", lite.sheet(turned, name="turned.csv", headers=headers)))
    actions(lite).repair({1: {"D": "attended"}}, "Pat")
    assert lite.do("import", corrected(book, Enrolled_on="2022-02-28")).exit == 0
    assert [line["status"] for line in app.enrollments(lite.url)] == ["attended"]


def test_an_old_workbook_does_not_enroll_a_fixed_row_once_more(desk: Desk) -> None:
    """In another session than the one in which it was loaded; as it was loaded, it changes nothing."""
    book = book_of(desk.do("import", desk.sheet(OTHER)))
    actions(desk).repair({1: {"C": "S-6", "D": "attended"}}, "Pat")
    answer = desk.do("import", corrected(book, Session_ID="S-7", Status="attended"))
    assert (answer.exit, answer.told["failures"]) == (1, {CODE: 1})
    assert [line["session_code"] for line in app.enrollments(desk.url)] == ["S-6"]
    assert desk.do("check", corrected(book, Session_ID="S-8")).told["failures"] == {CODE: 1}
    assert desk.do("import", corrected(book, Session_ID="S-6")).told["rows"]["unchanged"] == 1
    profile = desk.text("p.toml", '[values.status]\n"sort of" = "attended"\n')
    old = book_of(desk.do("import", desk.sheet((*OTHER[:2], "S-9", *OTHER[3:]), name="two.csv")))
    desk.do("retry", "last", "--profile", profile)
    answer = desk.do("import", corrected(old, Session_ID="S-10", Status="attended"))
    assert answer.told["failures"] == {CODE: 1}
    assert [line["session_code"] for line in app.enrollments(desk.url)] == ["S-6", "S-9"]


def repair(url: str, out: Path, cells: dict[str, str]) -> None:
    """Correct the first case as a page does."""
    Actions(Settings(database=url, out=out), open_database(url, create=False)).repair({1: cells}, "Kim")


@pytest.mark.parametrize("at", [1, 3, 5])
def test_a_killed_repair_is_resumed_after_another_was_loaded(lite: Desk, at: int) -> None:
    """Wherever it was killed: the second stays, the first is told with both values, and nobody is enrolled twice."""
    lite.do("import", lite.sheet(OTHER))
    late = {"C": "S-6", "D": "attended"}
    assert killed_call(repair, (lite.url, lite.folder / "out", late), at_steps, at) == -9
    actions(lite).repair({1: {"C": "S-7", "D": "attended"}}, "Pat")
    resumed = lite.do("resume")
    assert (resumed.exit, resumed.told["failures"]) == (1, {CODE: 1}), resumed
    assert [line["session_code"] for line in app.enrollments(lite.url)] == ["S-7"]
    assert (case(lite)["state"], lite.do("resume").exit) == ("fixed", 0)


def test_a_killed_repair_does_not_undo_one_that_failed_again(lite: Desk) -> None:
    """Its case is still open, and holds the later value; the same correction of both is no contest."""
    lite.do("import", lite.sheet(WRONG))
    late = {"D": "no show", "F": "2022-02-28"}
    assert killed_call(repair, (lite.url, lite.folder / "out", late), at_steps, 5) == -9
    actions(lite).repair({1: {"D": "attended"}}, "Pat")
    assert lite.do("resume").told["failures"] == {CODE: 1}
    assert (case(lite)["state"], '"D": "attended"' in case(lite)["cells"]) == ("open", True)
    assert app.enrollments(lite.url) == []
    assert killed_call(repair, (lite.url, lite.folder / "out", {"F": "2022-02-28"}), at_steps, 3) == -9
    actions(lite).repair({1: {"E": "70"}}, "Pat")
    assert lite.do("resume").exit in (0, 1)


def test_two_who_settle_a_conflict_in_opposite_ways(desk: Desk) -> None:
    """The second is told what is stored, and that it differs; the first stays, also on record."""
    rows = [("ned@example.com", "4003", "S-6", status, "", "2022-02-28") for status in ("attended", "no show")]
    book = book_of(desk.do("import", desk.sheet(*rows)))
    second = Path(shutil.copy(book, book.with_name("second.xlsx")))
    assert desk.do("import", corrected(book, row=3, Status="attended")).exit == 0
    answer = desk.do("import", corrected(second, Status="no show"))
    assert (answer.told["failures"], answer.told["rows"]["unchanged"]) == ({CODE: 1}, 1)
    (told,) = desk.do("failures", "last").told["failures"]
    assert "“Status” is now “attended”, and “no show” here; run " in told["message"]
    assert app.enrollments(desk.url)[0]["status"] == "attended"
    assert [line[1:] for line in changes(desk)] == [("D", "no show", "attended")]
    assert "Where the stored enrollments are right, nothing needs to be corrected." in desk.type("import", second).out


@pytest.mark.parametrize("door", ["workbook", "page"])
def test_an_id_is_corrected_to_the_stored_one_that_it_looks_like(desk: Desk, door: str) -> None:
    """Greek and Cyrillic ones, which alone in a sheet might be Latin; what is not stored stays refused."""
    headers = ("Employee ID", "Session ID", "Status")
    desk.do("import", desk.sheet(("ВОР-2", "ΚΑ-9", "attended"), ("ЖУК-1", "ΩΣ-1", "attended"), headers=headers))
    rows = [("BOP-2", "S-6", "attended"), ("72", "KA-9", "attended"), ("73", "KA-9", "attended")]
    first = desk.do("import", desk.sheet(*rows, name="more.csv", headers=headers))
    assert first.told["failures"] == {"learner.lookalike": 1, "value.lookalike": 2}
    if door == "workbook":
        book = corrected(Path(first.told["reports"]["failed_rows"]), 2, **{"Employee ID": "ВОР-2"})
        book = corrected(book, 3, **{"Session ID": "ΚΑ-9"})
        last = desk.do("import", corrected(book, 4, **{"Session ID": "ΚΑ-8"}))
        assert (last.told["rows"]["loaded"], last.told["failures"]) == (2, {"value.lookalike": 1})
    else:
        actions(desk).repair({1: {"A": "ВОР-2"}, 2: {"B": "ΚΑ-9"}, 3: {"B": "ΚΑ-8"}}, "Pat")
    found = {(row["employee_number"], row["session_code"]) for row in app.enrollments(desk.url)}
    assert found == {("ВОР-2", "ΚΑ-9"), ("ЖУК-1", "ΩΣ-1"), ("ВОР-2", "S-6"), ("72", "ΚΑ-9")}
