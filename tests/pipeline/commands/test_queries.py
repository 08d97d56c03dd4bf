"""Rows of a legacy database: `--query FILE.sql --key COLUMNS`, and as a source of the settings."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from tests.pipeline import app
from tests.pipeline.commands.test_nightly import Desk
from tests.pipeline.killing import at_statements, killed, points_of
from tests.pipeline.test_round_trip import correct, edited, workbook_of

SQL = 'SELECT no, mail AS "E-mail", course AS "Course", held AS "Date", result AS "Status" FROM attended ORDER BY no\n'
ROWS = (
    (101, "ann@example.com", "Fire Safety", "2020-03-01", "Completed"),
    (205, "ben@example.com", "Fire Safety", "2020-03-01", "Attended"),
    (309, "cleo@example.com", "First Aid", "2020-04-13", "Turned up"),
)


class Legacy(Desk):
    """A desk beside a legacy database. address: of the latter, without its password."""

    def __init__(self, folder: Path, url: str) -> None:
        super().__init__(folder)
        self.legacy = url
        parsed = make_url(url)
        self.password = str(parsed.password or "")
        self.address = parsed._replace(password=None, drivername=parsed.get_backend_name()).render_as_string()
        self.sql = folder / "attended.sql"
        quote = "`" if "mariadb" in url else '"'
        self.sql.write_text(SQL.replace('"', quote), encoding="utf-8")
        self.do(
            "CREATE TABLE attended (no INTEGER, mail VARCHAR(80), course VARCHAR(80), held DATE, result VARCHAR(20))"
        )
        for row in ROWS:
            self.do(f"INSERT INTO attended VALUES {row!r}")

    def do(self, statement: str) -> None:
        """Change the legacy database."""
        engine = create_engine(self.legacy)
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()

    def words(self, command: str = "import") -> list[str]:
        """A command about the query."""
        asked = [command, self.address, "--query", str(self.sql), "--key", "no"]
        return [*asked, "--out", str(self.folder / "out"), *map(str, self.shared)]

    def ask(self, command: str = "import", *words: str) -> app.Answer:
        """Run it."""
        return app.run(*self.words(command), *words)

    def copies(self) -> list[Path]:
        """What is left of copies."""
        return list((self.folder / "out" / "fetched").rglob("*"))


@pytest.fixture
def legacy(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Legacy:
    """One on each of the three databases."""
    made = Legacy(tmp_path, database_url)
    if made.password:
        monkeypatch.setenv("ROLLBOOK_SOURCE_PASSWORD", made.password)
        monkeypatch.setenv("ROLLBOOK_SOURCE_OLD_PASSWORD", made.password)
    return made


@pytest.fixture
def small(sqlite_url: str, tmp_path: Path) -> Legacy:
    """One in a file."""
    return Legacy(tmp_path, sqlite_url)


def test_the_printed_command_begins_a_profile_of_the_query(legacy: Legacy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pasted anywhere, it asks the database again."""
    legacy.sql.write_text("SELECT no, mail FROM attended ORDER BY no", encoding="utf-8")
    monkeypatch.chdir(legacy.folder)
    legacy.address = legacy.address.replace(f"sqlite:///{legacy.folder}/", "sqlite:///")
    asked = app.printed(*legacy.words("check"))
    (folder := legacy.folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder)
    words = shlex.split(asked.partition("down in a profile: ")[2].partition(" Complete that")[0])
    assert app.run(*words[1:]).exit == 0
    assert (folder / "attended.toml").exists()


def test_rows_are_imported_and_a_failed_one_bears_its_key(legacy: Legacy) -> None:
    answer = legacy.ask()
    assert answer.exit == 1
    assert (answer.told["rows"]["loaded"], answer.told["failures"]) == (2, {"status.unknown": 1})
    (file,) = answer.told["files"]
    assert file["path"].endswith("/attended.sql")
    failed = app.run("failures", "last", *legacy.shared).told["failures"]
    assert [(line["source_row"], line["source_sheet"], line["key"]) for line in failed] == [
        (4, "attended.sql", "no 309")
    ]
    assert "attended.sql, cell E4 of no 309 (Status): Turned up" in app.printed("failures", "last", *legacy.shared)
    assert legacy.copies() == []


def test_no_password_is_kept_anywhere(legacy: Legacy) -> None:
    answer = legacy.ask()
    kept = json.dumps([answer.told, app.contents(legacy.url)], default=str) + answer.errors
    assert not legacy.password or f":{legacy.password}@" not in kept


def test_the_same_answer_again_is_known(small: Legacy) -> None:
    small.ask()
    again = small.ask()
    assert (again.told["rows"]["unchanged"], again.told["files"][0]["state"]) == (2, "unchanged")
    small.do("UPDATE attended SET result = 'No show' WHERE no = 309")
    third = small.ask()
    assert (third.exit, third.told["rows"]["loaded"], third.told["rows"]["unchanged"]) == (0, 1, 2)


def test_check_and_inspect_take_a_query_too(small: Legacy) -> None:
    checked = small.ask("check")
    assert (checked.told["state"], checked.told["rows"]["loaded"]) == ("checked", 2)
    inspected = app.run("inspect", small.address, "--query", small.sql, "--key", "no")
    (sheet,) = inspected.told["files"][0]["sheets"]
    assert sheet["columns"]["learner_email"] == "E-mail"
    assert small.copies() == []


def test_a_broken_off_run_goes_on_from_its_copy(small: Legacy) -> None:
    """The database is not asked again: its answer may be another by now."""
    passed = points_of(small.words(), at_statements)
    at = next(number for number, point in enumerate(passed, 1) if "rollbook_parts" in point)
    small.url = f"sqlite:///{small.folder / 'second.db'}"
    killed(small.words(), at_statements, at)
    small.do("DELETE FROM attended")
    ended = app.run("resume", *small.shared)
    assert ended.told["rows"]["loaded"] == 2
    assert small.copies() == []


def test_a_failed_row_is_corrected_by_its_workbook(small: Legacy) -> None:
    workbook = edited(workbook_of(small.ask()), lambda sheet: correct(sheet, 2, "Status", "Attended"))
    again = app.run("import", workbook, "--out", small.folder / "out", *small.shared)
    assert (again.exit, again.told["rows"]["loaded"], again.told["cases"]["closed"]) == (0, 1, 1)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--query", "{sql}"], "Write both: --query FILE.sql, and --key COLUMNS"),
        (["--key", "no"], "Write both"),
        ([], "A database needs a query: --query FILE.sql"),
        (["--query", "nowhere.sql", "--key", "no"], "cannot be read"),
    ],
)
def test_what_is_missing_is_said(small: Legacy, words: list[str], told: str) -> None:
    given = [word.format(sql=small.sql) for word in words]
    answer = app.run("import", small.address, *given, *small.shared)
    assert (answer.exit, told in answer.errors) == (2, True), answer.errors


def test_a_query_of_a_file_is_refused(small: Legacy) -> None:
    answer = app.run("import", small.put("a.csv"), "--query", small.sql, "--key", "no", *small.shared)
    assert (answer.exit, "--query is for a database" in answer.errors) == (2, True)


def test_a_query_that_fails_begins_no_run(small: Legacy) -> None:
    small.sql.write_text("SELECT no FROM nowhere")
    answer = small.ask()
    assert (answer.exit, "attended.sql failed: no such table: nowhere" in answer.errors) == (2, True)
    assert not (small.folder / "rollbook.db").exists()


def test_a_source_is_asked_each_night(legacy: Legacy) -> None:
    table: dict[str, Any] = {"address": legacy.address, "query": str(legacy.sql), "key": "no"}
    legacy.set("[source.old]", *(f"{name} = {json.dumps(value)}" for name, value in table.items()))
    nights = []
    for change in (None, None, "UPDATE attended SET result = 'Attended' WHERE no = 309"):
        if change:
            legacy.do(change)
        answer = app.run("nightly", "--create", "--out", legacy.folder / "out", *legacy.shared)
        nights.append((answer.exit, [run["rows"]["loaded"] for run in answer.told["runs"]]))
    assert nights == [(1, [2]), (0, []), (0, [1])]
    assert [line[1] for line in legacy.drops()] == ["done", "skipped", "done"]
