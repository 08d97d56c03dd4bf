"""Tables below each other in one sheet, from the file to the database and back."""

import sqlite3
from pathlib import Path

import openpyxl

from tests.pipeline.test_round_trip import Desk, workbook_of

SHEET = """Course: Ropes,,
Date: 2024-03-01,,
Email,Name,Status
ann@example.com,Ann,attended
bob@example.com,Bob,perhaps
,,
Course: Knots,,
Date: 2024-03-02,,
Email,Name,Status
ann@example.com,Ann,perhaps
cy@example.com,Cy,attended
"""


def _loaded(folder: Path) -> list[tuple[str, str, str]]:
    sql = """SELECT c.name, e.email, n.status FROM training_enrollments n JOIN employees e ON e.id = n.employee_id
        JOIN training_sessions s ON s.id = n.training_session_id JOIN courses c ON c.id = s.course_id"""
    with sqlite3.connect(folder / "test.db") as connection:
        return sorted(connection.execute(sql))


def test_failed_rows_of_each_table_return_to_their_own_session(tmp_path: Path) -> None:
    """Corrected in the workbook, or tried again; a second import of the same sheet changes nothing."""
    desk, sheet = Desk(tmp_path), tmp_path / "history.csv"
    sheet.write_text(SHEET, encoding="utf-8")
    first = desk.do("import", sheet)
    assert _loaded(tmp_path) == [("Knots", "cy@example.com", "attended"), ("Ropes", "ann@example.com", "attended")]
    assert first.told["rows"]["rejected"] == 2

    desk.do("retry", first.told["run"])
    assert len(_loaded(tmp_path)) == 2
    desk.do("import", _corrected(workbook_of(first)))
    assert _loaded(tmp_path) == [
        ("Knots", "ann@example.com", "completed"),
        ("Knots", "cy@example.com", "attended"),
        ("Ropes", "ann@example.com", "attended"),
        ("Ropes", "bob@example.com", "completed"),
    ]
    assert desk.do("import", sheet).told["rows"]["loaded"] == 0


def _corrected(path: Path) -> Path:
    book = openpyxl.load_workbook(path)
    for cell in (cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value == "perhaps"):
        cell.value = "completed"
    book.save(path.with_name("corrected.xlsx"))
    return path.with_name("corrected.xlsx")
