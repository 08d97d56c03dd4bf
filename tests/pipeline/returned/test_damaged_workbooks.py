"""A failed-rows workbook that people and programs worked on: given back to its rows, or refused; never new data."""

import csv
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from rollbook.returned import OUR_HEADERS, SUMMARY_SHEET
from tests.pipeline import app
from tests.pipeline.attendance import write
from tests.pipeline.shell import Shell

HEADERS = ("Email", "Employee ID", "Session ID", "Status", "Grade", "Remarks")
ROWS = (
    ("ida@example.com", "0071", "S-1", "Completed", "81", "fine"),
    ("jo@example.com", "0072", "S-1", "perhaps", "82", "asked twice"),
    ("kim@example.com", "0073", "S-1", "maybe", "83", ""),
    ("lou@example.com", "0074", "S-2", "Attended", "", "2023-02-31"),
    ("max@example", "0075", "S-2", "Attended", "", "left early"),
)
Book = Any


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database into which three of five rows failed to come."""
    folder = tmp_path_factory.mktemp("first")
    answer = do(folder, "import", write(folder / "trainings.csv", ROWS, HEADERS))
    assert (answer.told["rows"]["loaded"], answer.told["rows"]["rejected"]) == (2, 3)
    Path(answer.told["reports"]["failed_rows"]).rename(folder / "failed-rows.xlsx")
    return folder


@pytest.fixture
def home(first: Path, tmp_path: Path) -> Path:
    """A copy of that folder: its database has the name of the first."""
    shutil.copytree(first, tmp_path / "home")
    return tmp_path / "home"


def do(folder: Path, command: str, *words: str | Path, database: str = "rollbook.db") -> app.Answer:
    """Run a command."""
    url = f"sqlite:///{folder / database}"
    return app.run(command, *words, "--database", url, "--out", folder / "out")


def changed(home: Path, change: Callable[[Book], None], name: str = "changed.xlsx") -> Path:
    """The workbook with jo's status corrected, after somebody changed it."""
    book = openpyxl.load_workbook(home / "failed-rows.xlsx")
    rows = book["trainings"]
    place = next(row for row in range(2, 9) if rows.cell(row, 4).value == "jo@example.com")
    rows.cell(place, 7).value = "Completed"
    change(book)
    book.save(home / name)
    return home / name


def bare(book: Book) -> None:
    """Google Sheets, and many libraries, write no properties of our own."""
    book.custom_doc_props.props.clear()


def without_columns(*headers: str) -> Callable[[Book], None]:
    """Columns deleted."""

    def change(book: Book) -> None:
        rows = book["trainings"]
        for header in headers:
            rows.delete_cols([cell.value for cell in rows[1]].index(header) + 1)

    return change


def cleared(book: Book) -> None:
    """The column of the marks emptied."""
    for row in range(2, 9):
        book["trainings"].cell(row, 1).value = None


def as_numbers(book: Book) -> None:
    """The marks read as something else by another program."""
    for row in range(2, 9):
        book["trainings"].cell(row, 1).value = 45_000 + row


def sorted_upside_down(book: Book) -> None:
    """The rows in another order."""
    rows = book["trainings"]
    texts = [[cell.value for cell in row] for row in rows.iter_rows(min_row=2)]
    for place, line in enumerate(reversed(texts), 2):
        for column, text in enumerate(line, 1):
            rows.cell(place, column).value = text


def renamed(book: Book) -> None:
    """Both sheets under other names, in another order."""
    book["trainings"].title, book[SUMMARY_SHEET].title = "Tabelle1", "Tabelle2"
    book.move_sheet("Tabelle2", -1)


def without_summary(book: Book) -> None:
    """The summary sheet deleted."""
    del book[SUMMARY_SHEET]


def moved(book: Book) -> None:
    """Our columns behind the sender's."""
    rows = book["trainings"]
    texts = [[cell.value for cell in row] for row in rows.iter_rows()]
    for place, line in enumerate(texts, 1):
        for column, text in enumerate([*line[3:], *line[:3]], 1):
            rows.cell(place, column).value = text


def both(*changes: Callable[[Book], None]) -> Callable[[Book], None]:
    """One after the other."""

    def change(book: Book) -> None:
        for each in changes:
            each(book)

    return change


GIVEN_BACK = {
    "sorted": sorted_upside_down,
    "renamed": renamed,
    "bare": bare,
    "bare, renamed, without its summary": both(renamed, bare, lambda book: book.remove(book["Tabelle2"])),
    "our columns moved": moved,
    "without problems and remedies": without_columns("Problems", "What to do"),
    "without marks": without_columns("Rollbook row"),
    "without any of our columns": without_columns(*OUR_HEADERS),
    "without any of our columns, by its summary": both(without_columns(*OUR_HEADERS), bare),
    "cleared": cleared,
    "cleared, by its summary": both(cleared, bare),
    "cleared, by its properties": both(cleared, without_summary),
    "numbers": as_numbers,
    "without a column of the sender's": without_columns("Remarks"),
    "without columns of the sender's and ours": without_columns("Grade", "Rollbook row", "Problems"),
}


@pytest.mark.parametrize("damage", GIVEN_BACK)
def test_what_can_be_recognized_is_given_back_to_its_rows(home: Path, damage: str) -> None:
    """The corrected row is loaded with all that it held, its case closes, the two others stay as they were."""
    answer = do(home, "import", changed(home, GIVEN_BACK[damage]))
    assert answer.told["rows"] | {"ignored": 0} == {
        **dict.fromkeys(answer.told["rows"], 0),
        "read": 3,
        "loaded": 1,
        "rejected": 2,
    }, answer
    assert answer.told["cases"] == {"new": 0, "known": 2, "closed": 1}
    (jo,) = [line for line in app.enrollments(f"sqlite:///{home / 'rollbook.db'}") if line["email"] == "jo@example.com"]
    assert (jo["employee_number"], jo["grade"], jo["source_row"]) == ("0072", "82", 3)
    assert (jo["feedback"], Path(jo["source_file"]).name) == ("asked twice", "trainings.csv")


def saved_as_csv(home: Path, sheet: str, change: Callable[[Book], None] = bare) -> Path:
    """One sheet of the changed workbook as CSV."""
    book = openpyxl.load_workbook(changed(home, change))
    with (home / "saved.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["" if cell is None else cell for cell in row] for row in book[sheet].values])
    return home / "saved.csv"


def test_saved_as_csv_its_rows_are_still_known(home: Path) -> None:
    """By the marks, which name the database too."""
    answer = do(home, "import", saved_as_csv(home, "trainings"))
    assert (answer.told["rows"]["loaded"], answer.told["cases"]["closed"]) == (1, 1)
    refused = do(home, "import", home / "saved.csv", database="other.db")
    assert refused.exit == 2
    assert not (home / "other.db").exists()


REFUSED = {
    "nothing but our headers": both(cleared, bare, without_summary),
    "nothing but problems and remedies": both(without_columns("Rollbook row"), bare, without_summary),
    "no rows": lambda book: book.remove(book["trainings"]),
    "a row that was never there": both(
        cleared, lambda book: book["trainings"].append(["", "", "", "zoe@example.com", "9", "S-1", "Attended", "", ""])
    ),
}


@pytest.mark.parametrize("damage", REFUSED)
def test_what_cannot_be_recognized_is_refused(home: Path, damage: str) -> None:
    """Nothing is loaded and no case is opened, and it is said what to do."""
    answer = do(home, "import", changed(home, REFUSED[damage]))
    assert answer.exit == 1
    assert answer.told["files"][0]["code"] == "file.damaged_workbook", answer
    assert answer.told["rows"]["read"] == 0
    assert len(app.enrollments(f"sqlite:///{home / 'rollbook.db'}")) == 2


def test_zeros_lost_on_the_way_and_marks_sorted_apart(home: Path) -> None:
    """The first are known to be no correction; the others are refused, and nothing is loaded for another row."""

    def sorted_apart(book: Book) -> None:
        rows = book["trainings"]
        marks = [rows.cell(row, 1).value for row in range(2, 5)]
        for row, mark in zip(range(2, 5), [*marks[1:], marks[0]], strict=True):
            rows.cell(row, 1).value = mark

    def as_numbers(book: Book) -> None:
        for row in range(2, 5):
            book["trainings"].cell(row, 5).value = int(book["trainings"].cell(row, 5).value)

    refused = do(home, "import", changed(home, sorted_apart)).told
    assert refused["failures"] == {"file.damaged_workbook": 1}
    assert refused["rows"]["read"] == 0
    loaded = do(home, "import", changed(home, as_numbers, "numbers.xlsx")).told
    assert (loaded["rows"]["loaded"], loaded["created"]["learners"]) == (1, 1)
    with sqlite3.connect(home / "rollbook.db") as database:
        numbers = database.execute("SELECT employee_number FROM employees ORDER BY 1").fetchall()
    assert [number for (number,) in numbers] == ["0071", "0072", "0074"]


def test_the_summary_is_never_read(home: Path) -> None:
    """Not as a file of its own either."""
    answer = do(home, "import", saved_as_csv(home, SUMMARY_SHEET))
    assert answer.told["files"][0]["code"] == "file.damaged_workbook"
    assert answer.told["rows"]["read"] == 0


@pytest.mark.parametrize("damage", ["bare", "without marks", "cleared", "without any of our columns"])
def test_another_database_refuses_it_with_the_command_that_fits(first: Path, home: Path, damage: str) -> None:
    """None is made for it; one that is there stays as it was; the command, pasted elsewhere, finds the first one."""
    path = changed(home, GIVEN_BACK[damage], "some body's.xlsx")
    refused = do(home, "import", path, database="other.db")
    assert refused.exit == 2
    assert not (home / "other.db").exists()
    do(home, "import", write(home / "more.csv", ROWS[:1], HEADERS), database="other.db")
    before = app.contents(f"sqlite:///{home / 'other.db'}")
    answer = do(home, "import", path, database="other.db")
    assert (answer.exit, answer.told["files"][0]["code"]) == (1, "file.other_database")
    after = app.contents(f"sqlite:///{home / 'other.db'}")
    same = ("enrollments", "employees", "sessions", "cases", "rows", "changes")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    command = refused.errors.strip().rpartition("there: rollbook import ")[2]
    assert f"--database sqlite:///{first / 'rollbook.db'}" in command
    (home / "shell").mkdir()
    checked = Shell(home / "shell").paste(f"rollbook check {command}")
    assert checked.exit == 1, checked.errors
    assert checked.told["rows"]["loaded"] == 1


def test_neither_inspect_nor_reference_data_takes_it_for_a_sheet(home: Path) -> None:
    """Its columns are the sender's, but its rows are cases."""
    told = app.run("inspect", home / "failed-rows.xlsx").told
    assert {sheet["state"] for sheet in told["files"][0]["sheets"]} == {"skipped"}
    loading = do_reference(home, home / "failed-rows.xlsx")
    assert loading.exit == 2
    assert "failed rows" in loading.errors


def do_reference(home: Path, path: Path) -> app.Answer:
    """Load reference data."""
    return app.run("reference", "load", "learners", path, "--database", f"sqlite:///{home / 'rollbook.db'}")


def test_two_columns_under_one_header_of_which_one_was_deleted_are_refused(tmp_path: Path) -> None:
    """Nobody can tell which of them is left."""
    headers = ("Email", "Session ID", "Status", "Note", "Note", "Grade")
    rows = [("ida@example.com", "S-1", "perhaps", "left", "right", "80")]
    first = do(tmp_path, "import", write(tmp_path / "twice.csv", rows, headers))
    book = openpyxl.load_workbook(first.told["reports"]["failed_rows"])
    book["twice"].delete_cols(7)
    book["twice"].cell(2, 6).value = "Completed"
    book.save(tmp_path / "less.xlsx")
    answer = do(tmp_path, "import", tmp_path / "less.xlsx")
    assert answer.told["files"][0]["code"] == "file.damaged_workbook", answer


def test_a_value_that_stands_alone_is_no_reason_to_take_a_row_for_another(home: Path) -> None:
    """Rows that were alike in all but what was to be corrected are refused without their marks."""

    def alike(book: Book) -> None:
        rows: Any = book["trainings"]
        for column in range(4, 10):
            rows.cell(3, column).value = rows.cell(2, column).value
        cleared(book)

    assert do(home, "import", changed(home, alike)).told["rows"]["loaded"] == 0
