"""Every sheet below this folder is imported: what is loaded and what is refused is as its table beside it says.

`<kind>/<name>/sheet.*` is the sheet, under a name of its own where that says what is in it, or `sheet.py` builds a
workbook (`build()` gives it). `expected.csv` has a line for each record: its row, what is stored of it, and instead,
where it must fail, its code; none where the sheet is refused as a whole. `told.txt` has texts that the run must say.
Another profile than none stands in `profile.toml`.
"""

import csv
import runpy
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline import app

_HERE = Path(__file__).parent
SHEETS = sorted(path.parent for path in _HERE.glob("*/*/expected.csv"))
_STORED = """
    SELECT n.source_row AS row, e.email, e.employee_number, e.name, c.name AS course, c.course_code,
        s.session_code, s.session_date, s.session_start, n.status, n.grade, n.completed_at AS completed_on
    FROM training_enrollments n JOIN employees e ON e.id = n.employee_id
        JOIN training_sessions s ON s.id = n.training_session_id LEFT JOIN courses c ON c.id = s.course_id
"""
_BESIDE = frozenset({"expected.csv", "told.txt", "profile.toml"})
_DAYS = ("session_date", "completed_on")


@pytest.mark.parametrize("folder", SHEETS, ids=lambda path: str(path.relative_to(_HERE)))
def test_every_record_of_the_sheet_is_as_its_table_says(folder: Path, tmp_path: Path) -> None:
    """What is loaded, what fails and with which code, and what the run says beside it."""
    url = f"sqlite:///{tmp_path / 'test.db'}"
    profile = folder / "profile.toml"
    more = ("--profile", profile) if profile.exists() else ()
    said = app.printed("import", _sheet(folder, tmp_path), *more, "--database", url, "--out", tmp_path / "out")
    names, expected = _expected(folder)
    loaded = [_shown(line, names) for line in _loaded(tmp_path / "test.db")]
    failed = app.run("failures", "--database", url).told["failures"]
    codes = {(str(line["source_row"]), line["code"]) for line in failed}
    assert sorted(loaded, key=_cells) == sorted((line for line in expected if not line.get("code")), key=_cells), said
    assert codes == {(line["row"], line["code"]) for line in expected if line.get("code")}, said
    for text in _told(folder):
        assert text in said


def _sheet(folder: Path, tmp_path: Path) -> Path:
    built = folder / "sheet.py"
    if not built.exists():
        return next(path for path in folder.iterdir() if path.name not in _BESIDE)
    target = tmp_path / "sheet.xlsx"
    runpy.run_path(str(built))["build"]().save(target)
    return target


def _expected(folder: Path) -> tuple[list[str], list[dict[str, str]]]:
    """The names of the table's columns, and its lines; none where the sheet is refused as a whole."""
    with (folder / "expected.csv").open(encoding="utf-8", newline="") as file:
        lines = csv.DictReader(file)
        return list(lines.fieldnames or ()), list(lines)


def _told(folder: Path) -> list[str]:
    told = folder / "told.txt"
    return told.read_text(encoding="utf-8").splitlines() if told.exists() else []


def _loaded(database: Path) -> list[dict[str, Any]]:
    with sqlite3.connect(database) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(line) for line in connection.execute(_STORED)]


def _shown(line: dict[str, Any], names: list[str]) -> dict[str, str]:
    texts = {name: "" if value is None else str(value) for name, value in line.items()}
    texts |= {name: texts[name][:10] for name in _DAYS}
    return {name: texts.get(name, "") for name in names}


def _cells(line: dict[str, str]) -> list[str]:
    return list(line.values())
