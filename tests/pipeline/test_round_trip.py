"""The failed-rows workbook: untouched it changes nothing, corrected it mends what was corrected."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import Phase, given, settings

from rollbook.returned import SUMMARY_SHEET
from tests.pipeline import app, messy
from tests.pipeline.attendance import write
from tests.pipeline.messy import EXAMPLES

HEADERS = ("Email", "Employee ID", "Session ID", "Status", "Grade", "Enrolled on", "Remarks")
ODD = (
    ("ana@example.com", "0071", "S-1", "Completed", "92%", "2023-01-05", "=SUM(A1:A9)"),
    ("ben@example.com", "007", "S-1", "perhaps", "92%", "2023-01-05", "=1+1"),
    ("cy@example.com", "0073", "S\x01-1", "Attended", "", "2023-01-05", "bell\x07"),
    ("@dora", "0074", "S-2", "-", "", "2023-01-05", "'=quoted"),
    ("emil@example.com", "0075", "S-2", "Attended", "", "#DIV/0!", "+49 30 1234"),
    ("fay@example.com", "0076", "S-2", "Attended", "", "2023-01-05", "one"),
    ("fay@example.com", "0076", "S-2", "Cancelled", "", "2023-01-05", "two\nlines"),
    ("gus@example.com", "0077", "S-2", "Attended", "", "2023-02-30", "", "one too many"),
    ("hana@example.com", "0078", "", "Attended", "", "03/04/2023", "_x0041_"),
    ("ivo@example.com", "=0079", "S-3", "  ", "", "2023-01-05", "\u00a0 blank \t"),
)


class Desk:
    """One person's place: a database, a folder of reports, and what she does there."""

    def __init__(self, folder: Path, name: str = "test.db") -> None:
        self.folder = folder
        self.url = f"sqlite:///{folder / name}"

    def do(self, command: str, *words: str | Path) -> app.Answer:
        """Run a command here; it must answer."""
        out = ("--out", self.folder / "out") if command in ("import", "check", "retry") else ()
        answer = app.run(command, *words, "--database", self.url, *out, "--debug")
        assert answer.told, answer
        return answer

    def exit_of(self, command: str, *words: str | Path) -> int:
        """Run a command here that may refuse; its exit code."""
        return app.run(command, *words, "--database", self.url, "--out", self.folder / "out").exit

    def failures(self, answer: app.Answer) -> list[tuple[Any, ...]]:
        """What was told of a run's failed rows, in order of place."""
        lines = self.do("failures", answer.told["run"]).told["failures"]
        return sorted((tuple(line[name] for name in TOLD) for line in lines), key=repr)

    def states(self) -> dict[int, str]:
        """The state of every case."""
        return {case["row_no"]: case["state"] for case in app.contents(self.url)["cases"]}


TOLD = ("source_file", "source_sheet", "source_row", "source_column", "header", "value", "code", "message", "remedy")


def workbook_of(answer: app.Answer) -> Path:
    """The one failed-rows workbook of a run."""
    return Path(answer.told["reports"]["failed_rows"])


def workbooks_of(answer: app.Answer) -> list[Path]:
    """The failed-rows workbooks of a run."""
    path = Path(answer.told["reports"].get("failed_rows", "nowhere"))
    return sorted(path.glob("*.xlsx")) if path.is_dir() else [path] if path.exists() else []


def edited(path: Path, edit: Callable[[Any], None], name: str = "corrected.xlsx") -> Path:
    """A copy of a workbook whose first sheet of rows was edited."""
    book = openpyxl.load_workbook(path)
    edit(next(sheet for sheet in book if sheet.title != SUMMARY_SHEET))
    target = path.with_name(name)
    book.save(target)
    return target


def correct(sheet: Any, row: int, header: str, value: Any) -> None:
    """Put a value into the cell of a row of the workbook, by its header."""
    headers = [cell.value for cell in sheet[1]]
    sheet.cell(row, headers.index(header) + 1).value = value


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A place with nothing in it."""
    return Desk(tmp_path)


# An example takes seconds: to shrink one takes minutes.
@settings(max_examples=EXAMPLES, phases=[Phase.explicit, Phase.generate])
@given(messy.histories(disputes=True))
def test_untouched_workbooks_give_the_same_failures(files: list[messy.File]) -> None:
    """Column, value, code, message and remedy of every failed row come again, and nothing else happens."""
    folder = Path(tempfile.mkdtemp(prefix="round-trip-"))
    try:
        desk, paths = Desk(folder), messy.write_all(folder / "files", files)
        first = desk.do("import", *paths, "--profile", folder / "files" / "profiles")
        before = app.contents(desk.url)
        workbooks = workbooks_of(first)
        if workbooks:
            again = desk.do("import", *workbooks)
            assert desk.failures(again) == desk.failures(first)
            assert _lasting(app.contents(desk.url)) == _lasting(before)
            assert again.told["rows"]["rejected"] == again.told["rows"]["read"] == first.told["rows"]["rejected"]
            assert (again.told["cases"]["new"], again.told["cases"]["closed"]) == (0, 0)
    finally:
        shutil.rmtree(folder)


def test_what_was_said_of_the_file_is_not_said_of_its_workbook(desk: Desk) -> None:
    """Another table below, grades beyond 100: the workbook holds neither, and once corrected nothing is left to do."""
    rows = [("ana@example.com", "S-1", "perhaps", "92"), ("ben@example.com", "S-1", "Attended", "140")]
    table = [("Employee ID", "Attendance"), ("71", "Attended")]
    path = write(desk.folder / "two.csv", [*rows, (), *table], ("Email", "Session ID", "Status", "Score"))
    first = desk.do("import", path)
    assert (first.exit, first.told["files"][0]["code"]) == (1, "file.other_table")
    again = desk.do("import", edited(workbook_of(first), lambda sheet: correct(sheet, 2, "Status", "Attended")))
    assert (again.exit, again.told["files"][0]["code"], again.told["cases"]["closed"]) == (0, None, 1)


def _lasting(found: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    cases = [{name: told for name, told in case.items() if name != "times"} for case in found["cases"]]
    return {name: found[name] for name in ("enrollments", "employees", "sessions", "changes")} | {"cases": cases}


def _saved(path: Path) -> Path:
    return edited(path, lambda _: None, "saved.xlsx")


@pytest.mark.parametrize("on_the_way", [lambda path: path, _saved], ids=["untouched", "saved by another program"])
def test_odd_texts_come_back_as_they_were(desk: Desk, on_the_way: Callable[[Path], Path]) -> None:
    """Formulas, control characters, error texts, leading zeros, percentages, conflicts, lines with a cell too many."""
    first = desk.do("import", write(desk.folder / "odd.csv", ODD, HEADERS))
    assert first.told["rows"]["rejected"] == 9
    before = app.contents(desk.url)
    again = desk.do("import", on_the_way(workbook_of(first)))
    assert desk.failures(again) == desk.failures(first)
    assert _lasting(app.contents(desk.url)) == _lasting(before)
    assert again.told["cases"] == {"new": 0, "known": 9, "closed": 0}


def _history(desk: Desk) -> app.Answer:
    return desk.do("import", write(desk.folder / "odd.csv", ODD, HEADERS))


def _row_of(sheet: Any, email: str) -> int:
    return next(row for row in range(2, sheet.max_row + 1) if email in [cell.value for cell in sheet[row]])


def test_corrected_rows_load_where_they_came_from(desk: Desk) -> None:
    """Their cases close, they keep their first file, sheet and row; what was not corrected stays as it is."""
    first = _history(desk)

    def mend(sheet: Any) -> None:
        correct(sheet, _row_of(sheet, "ben@example.com"), "Status", "Completed")
        sheet.delete_rows(_row_of(sheet, "emil@example.com"))

    answer = desk.do("import", edited(workbook_of(first), mend))
    assert answer.told["rows"] | {"loaded": 1, "rejected": 7, "read": 8} == answer.told["rows"]
    assert answer.told["cases"] == {"new": 0, "known": 7, "closed": 1}
    states = desk.states()
    assert [row for row, state in states.items() if state == "fixed"] == [3]
    assert states[6] == "open"  # deleted from the workbook
    (ben,) = [line for line in app.enrollments(desk.url) if line["email"] == "ben@example.com"]
    assert (ben["employee_number"], ben["grade"], ben["feedback"]) == ("007", "92", "=1+1")
    place = (str(desk.folder / "odd.csv"), "odd", 3)
    assert (ben["source_file"], ben["source_sheet"], ben["source_row"]) == place
    (change,) = app.contents(desk.url)["changes"]
    assert [change[name] for name in ("source_column", "from_value", "to_value")] == ["D", "perhaps", "Completed"]
    assert desk.do("show", first.told["run"]).told["rows"] == first.told["rows"]


def test_a_correction_may_take_two_attempts(desk: Desk) -> None:
    """What was mended wrongly keeps its corrections in the next workbook, and loads when that is mended."""
    first = _history(desk)

    def badly(sheet: Any) -> None:
        row = _row_of(sheet, "hana@example.com")
        correct(sheet, row, "Session ID", "S-9")
        correct(sheet, row, "Enrolled on", "2023-02-31")

    second = desk.do("import", edited(workbook_of(first), badly))
    assert second.told["rows"]["loaded"] == 0

    def well(sheet: Any) -> None:
        row = _row_of(sheet, "hana@example.com")
        assert "S-9" in [cell.value for cell in sheet[row]]
        correct(sheet, row, "Enrolled on", "2023-02-28")

    third = desk.do("import", edited(workbook_of(second), well, "again.xlsx"))
    assert (third.told["rows"]["loaded"], third.told["cases"]["closed"], third.told["cases"]["new"]) == (1, 1, 0)
    (hana,) = [line for line in app.enrollments(desk.url) if line["email"] == "hana@example.com"]
    assert (hana["session_code"], str(hana["enrolled_at"])[:10], hana["source_row"]) == ("S-9", "2023-02-28", 10)


def test_settling_one_of_two_conflicting_rows_closes_both(desk: Desk) -> None:
    """The row that was left in the workbook is the one that counts."""
    first = _history(desk)

    def choose(sheet: Any) -> None:
        sheet.delete_rows(_row_of(sheet, "two\nlines"))

    answer = desk.do("import", edited(workbook_of(first), choose))
    assert answer.told["rows"]["loaded"] == 1
    (fay,) = [line for line in app.enrollments(desk.url) if line["email"] == "fay@example.com"]
    assert fay["feedback"] == "one"
    assert [desk.states()[row] for row in (7, 8)] == ["fixed", "fixed"]


def test_a_row_id_that_is_repeated_or_foreign_makes_an_ordinary_row(desk: Desk) -> None:
    """Somebody copied a row of the workbook, or typed one of her own."""
    first = _history(desk)

    def copied(sheet: Any) -> None:
        row = _row_of(sheet, "ben@example.com")
        mark = sheet.cell(row, 1).value
        correct(sheet, row, "Status", "Completed")
        sheet.append([mark, "", "", "new@example.com", "88", "S-1", "Attended"])
        sheet.append(["99999-abcd", "", "", "more@example.com", "89", "S-1", "Attended"])
        sheet.append(["", "", "", "most@example.com", "90", "S-1", "Attended"])

    answer = desk.do("import", edited(workbook_of(first), copied))
    assert (answer.told["rows"]["loaded"], answer.told["cases"]["closed"], answer.told["cases"]["new"]) == (4, 1, 0)
    places = {line["email"]: (Path(line["source_file"]).name, line["source_row"]) for line in app.enrollments(desk.url)}
    assert places["ben@example.com"] == ("odd.csv", 3)
    assert places["new@example.com"] == ("corrected.xlsx", 11)


@pytest.mark.parametrize("there", [False, True])
def test_a_workbook_of_a_check_can_be_corrected(desk: Desk, there: bool) -> None:
    """A check opens no cases, whether there is a database yet or not."""
    path = write(desk.folder / "odd.csv", ODD, HEADERS)
    if there:
        desk.do(
            "import",
            write(desk.folder / "first.csv", [("zoe@example.com", "1", "S-9", "Attended", "", "", "")], HEADERS),
        )
    told = desk.do("check", path)

    def mend(sheet: Any) -> None:
        correct(sheet, _row_of(sheet, "ben@example.com"), "Status", "Completed")

    answer = desk.do("import", edited(workbook_of(told), mend))
    assert (answer.told["rows"]["read"], answer.told["rows"]["loaded"]) == (9, 1), answer
    codes = told.told["failures"]
    still = codes.keys() - {"status.unknown", "row.ragged"}
    assert {code: answer.told["failures"].get(code) for code in still} == {code: codes[code] for code in still}
    (ben,) = [line for line in app.enrollments(desk.url) if line["email"] == "ben@example.com"]
    assert (ben["employee_number"], ben["feedback"]) == ("007", "=1+1")
    # What a check found of a database is no other one's.
    assert Desk(desk.folder, "third.db").exit_of("import", workbook_of(told)) == (2 if there else 1)


def test_only_the_failed_cells_of_a_wide_sheet_come_back(desk: Desk) -> None:
    """A good cell of the same line is loaded once, whatever the workbook shows of it."""
    lines = [("Ana", "ana@example.com", "71", "Attended", "?!", "Absent"), ("Ben", "nobody", "", "P", "", "P")]
    path = write(desk.folder / "wide.csv", lines, ("Name", "Email", "Employee ID", *messy.DAYS))
    profile = desk.folder / "wide.toml"
    profile.write_text(messy.WIDE_PROFILE, encoding="utf-8")
    first = desk.do("import", path, "--profile", profile)
    assert (first.told["rows"]["read"], first.told["rows"]["loaded"], first.told["rows"]["rejected"]) == (5, 2, 3)

    def mend(sheet: Any) -> None:
        correct(sheet, _row_of(sheet, "ana@example.com"), messy.DAYS[1], "Attended")

    answer = desk.do("import", edited(workbook_of(first), mend))
    assert (answer.told["rows"]["read"], answer.told["rows"]["loaded"]) == (3, 1)
    assert answer.told["cases"] == {"new": 0, "known": 2, "closed": 1}
    assert len(app.enrollments(desk.url)) == 3
