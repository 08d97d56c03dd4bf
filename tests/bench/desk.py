"""Commands on one database, each of them measured."""

import csv
import io
import json
from collections.abc import Callable, Iterable
from contextlib import redirect_stderr, redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
from sqlalchemy import Table, select, update

from cli.main import main
from ledger.database import open_database, reading
from ledger.sql.bulk import insert_frame
from ledger.tables import rollbook_cases, rollbook_runs

Line = Iterable[object]
Measure = Callable[[str, Callable[[], int]], int]
# A cell of any other status is no status word.
HEADERS = ("E-mail", "Employee ID", "Session ID", "Status")
_LONG_AGO = datetime(2020, 1, 1)  # noqa: DTZ001  moments of the ledger have no zone


class Desk:
    """Sheets of `size` rows, and commands that read them.

    measure: is given a command's name and what does it, and keeps what that costs.
    """

    def __init__(self, folder: Path, url: str, size: int, measure: Measure) -> None:
        self.folder, self.url, self.size, self._measure = folder, url, size, measure

    def sheet(self, name: str, lines: Iterable[Line], headers: Line = HEADERS) -> str:
        """The path of a new sheet."""
        path = self.folder / f"{name}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([headers, *lines])
        return str(path)

    def profile(self, name: str, content: str) -> tuple[str, str]:
        """The option that names a new profile."""
        path = self.folder / f"{name}.toml"
        path.write_text(content, encoding="utf-8")
        return "--profile", str(path)

    def rows(self, keys: str, status: str = "Attended", shift: int = 0) -> list[tuple[str, ...]]:
        """As many learners as sessions as rows. keys: see `learner`. shift: each in the session of another."""
        return [
            (*learner(keys, number), f"S-{(number + shift) % self.size:06d}", status) for number in range(self.size)
        ]

    def do(self, name: str, *command: str, **expected: int) -> Any:
        """Run a command; what it answers. expected: rows by outcome, so that a shape is what it is called."""
        out, errors = io.StringIO(), io.StringIO()
        words = [*command, "--database", self.url, "--json"]
        with redirect_stdout(out), redirect_stderr(errors):
            code = self._measure(name, lambda: main(words))
        told = json.loads(out.getvalue() or "{}")
        stopped = code == 3 and told.get("state") == "stopped"
        if (code > 1 and not stopped) or any(told["rows"][outcome] != rows for outcome, rows in expected.items()):
            answer = f"{out.getvalue()[:2000]} {errors.getvalue()[:1000]}"
            raise RuntimeError(f"{name}: {' '.join(words)[:300]} ended with {code}: {answer}")
        return told

    def judge(self, name: str, *command: str, **expected: int) -> Any:
        """The same, of a command that judges rows and writes reports."""
        out = ("--out", str(self.folder / "out"), "--max-rejected-percent", "100")
        return self.do(name, *command, *out, **expected)

    def repaired(self, workbook: str, wrong: str, right: str) -> str:
        """The path of a workbook that holds another word in every cell of a wrong one."""
        book = openpyxl.load_workbook(workbook)
        for row in (row for sheet in book for row in sheet.iter_rows()):
            for cell in row:
                if cell.value == wrong:
                    cell.value = right
        path = self.folder / "repaired.xlsx"
        book.save(path)
        return str(path)

    def fill(self, table: Table, **columns: Any) -> None:
        """Put lines into a table of the database."""
        engine = open_database(self.url, create=True)
        with engine.begin() as connection:
            insert_frame(connection, table, pd.DataFrame(columns))

    def cases_of(self, run_id: str) -> list[str]:
        """The IDs of the cases that a run met first."""
        engine = open_database(self.url, create=False)
        query = select(rollbook_cases.c.case_id).where(rollbook_cases.c.first_run_id == run_id)
        with reading(engine) as connection:
            return [str(case_id) for case_id in connection.scalars(query)]

    def grow_old(self) -> None:
        """All runs and cases are of long ago."""
        engine = open_database(self.url, create=False)
        with engine.begin() as connection:
            for table in (rollbook_runs, rollbook_cases):
                moments = [column.name for column in table.c if column.name in _MOMENTS]
                connection.execute(update(table).values(dict.fromkeys(moments, _LONG_AGO)))


_MOMENTS = ("started_at", "finished_at", "first_seen", "last_seen", "fixed_at")


def learner(keys: str, number: int) -> tuple[str, str]:
    """E-mail and employee ID. keys: `e` for the one, `n` for the other."""
    mail = f"learner.{number:06d}@example.com" if "e" in keys else ""
    return mail, f"E{number:06d}" if "n" in keys else ""
