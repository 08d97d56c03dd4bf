"""The command line keeps its contract: what it prints where, its exit codes, and errors that name the remedy."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import URL, make_url

from cli.main import main
from tests.pipeline import app
from tests.pipeline.desk import BAD, CONFLICT, GOOD, HEADERS, Desk
from tests.servers import fresh_database

ROWS = ["read", "loaded", "updated", "unchanged", "duplicate", "rejected", "failed", "pending", "ignored"]
SECRET = "s3cret-w0rd"


@pytest.fixture
def desk(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A place with nothing in it, which is also the working directory."""
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path, sqlite_url)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a sheet with a row that fails was imported."""
    folder = tmp_path_factory.mktemp("imported")
    there = Desk(folder, f"sqlite:///{folder / 'test.db'}")
    assert there.do("import", there.sheet(GOOD, BAD)).exit == 1
    return folder


@pytest.fixture
def used_desk(desk: Desk, imported: Path) -> Desk:
    """A place with what is in that folder."""
    shutil.copytree(imported, desk.folder, dirs_exist_ok=True)
    return desk


def test_import_answers_with_one_object(desk: Desk) -> None:
    """All keys and types of the contract, in their order."""
    path = desk.sheet(GOOD, GOOD, BAD)
    answer = desk.do("import", path)
    told = answer.told
    keys = [
        "run",
        "state",
        "destination",
        "exit",
        "rows",
        "files",
        "cases",
        "created",
        "alike",
        "disputed",
        "doubtful_people",
        "not_kept",
        "failures",
    ]
    assert list(told) == [*keys, "not_checked", "unused", "kept_beside", "left_out", "reports", "seconds"]
    assert (told["state"], told["destination"], told["exit"], answer.exit) == ("with_failures", "database", 1, 1)
    assert told["rows"] == dict.fromkeys(ROWS, 0) | {"read": 3, "loaded": 1, "duplicate": 1, "rejected": 1}
    (file,) = told["files"]
    assert list(file) == ["path", "sha256", "state", "code", "failed_rows", "encoding", "delimiter", "quote", "sheets"]
    assert (file["path"], file["state"], file["code"], file["failed_rows"]) == (str(path), "done", None, 1)
    assert len(file["sha256"]) == 64
    assert file["sheets"] == [{"name": "history", "state": "read", "header_row": 1, "rows": 3}]
    assert told["cases"] == {"new": 1, "known": 0, "closed": 0}
    assert (told["created"]["learners"], told["created"]["sessions"]) == (1, 1)
    assert told["failures"] == {"date.invalid": 1, "status.unknown": 1}
    assert told["not_checked"] == ["courses", "group-courses", "groups", "learners", "memberships", "sessions"]
    assert Path(told["reports"]["failed_rows"]).is_file()
    assert isinstance(told["seconds"], float)


def test_inspect_answers_with_one_object(desk: Desk) -> None:
    """Exit 0 where all files opened, 1 where not."""
    path = desk.sheet((*GOOD, "x"), headers=(*HEADERS, "Shoe size"))
    answer = desk.do("inspect", path)
    assert list(answer.told) == ["exit", "files"]
    (file,) = answer.told["files"]
    assert list(file) == ["path", "code", "encoding", "delimiter", "quote", "sheets"]
    (sheet,) = file["sheets"]
    assert list(sheet) == ["name", "state", "header_row", "columns", "unmapped", "languages", "all_columns"]
    use = next(each for each in sheet["all_columns"] if each["header"] == "Status")
    assert list(use) == ["column", "header", "feeds", "could_be", "like_columns", "note", "samples"]
    assert (use["feeds"], use["samples"]) == ({"status": "usual header"}, ["Completed"])
    assert (sheet["columns"]["status"], sheet["unmapped"]) == ("Status", ["Shoe size"])
    desk.folder.joinpath("broken.xlsx").write_bytes(b"PK\x03\x04")
    assert desk.do("inspect", desk.folder).exit == 1


def test_exit_codes_of_an_import(desk: Desk) -> None:
    """0 all well, 1 rows or files failed, 2 it could not begin, 3 it was stopped."""
    assert desk.do("import", desk.sheet(GOOD)).exit == 0
    assert desk.do("import", desk.sheet(GOOD, BAD)).exit == 1
    assert desk.do("import", desk.folder / "none.csv").exit == 2
    stopped = desk.do("import", desk.sheet(*CONFLICT[:1], BAD, name="other.csv"), "--max-rejected", "0")
    assert (stopped.exit, stopped.told["exit"], stopped.told["state"]) == (3, 3, "stopped")
    assert stopped.told["rows"]["pending"] == 1


def test_a_broken_file_does_not_stop_the_others(desk: Desk) -> None:
    """It is reported with its code; exit 1."""
    desk.sheet(GOOD)
    desk.folder.joinpath("broken.xlsx").write_bytes(b"PK\x03\x04")
    answer = desk.do("import", desk.folder)
    assert (answer.exit, answer.told["rows"]["loaded"]) == (1, 1)
    assert {Path(file["path"]).name: (file["state"], file["code"]) for file in answer.told["files"]} == {
        "broken.xlsx": ("failed", "file.unreadable"),
        "history.csv": ("done", None),
    }
    assert answer.told["failures"] == {"file.unreadable": 1}


MISTAKES: list[tuple[str, Callable[[Desk], list[str | Path]], str]] = [
    ("import", lambda desk: [desk.folder / "histori.csv"], "history.csv"),
    ("import", lambda _: [], "import --help"),
    ("import", lambda _: ["history.csv", "--on-conflict", "newest"], "'best'"),
    ("import", lambda _: ["history.csv", "--profil", "x"], "--profile"),
    ("import", lambda _: ["history.csv", "--max-rejected-percent", "120"], "0<=x<=100"),
    ("import", lambda _: ["history.csv", "--profile", "hr.toml"], "--write-profile"),
    ("import", lambda desk: ["history.csv", "--profile", desk.text("p.toml", "[colums]\nstatus = 'X'")], "colums"),
    ("import", lambda desk: ["history.csv", "--profile", desk.text("p.toml", "[columns]\nstate = 'X'")], "status"),
    ("import", lambda desk: ["history.csv", "--profile", desk.text("p.toml", "status = ")], "TOML"),
    ("import", lambda desk: ["history.csv", "--profile", _two_that_fit(desk)], "[applies] files"),
    ("import", lambda _: ["history.csv", "--settings", "none.toml"], "none.toml"),
    (
        "import",
        lambda desk: ["history.csv", "--settings", desk.text("s.toml", "[reading]\nrows = 1")],
        "docs/settings.md",
    ),
    ("import", lambda desk: [desk.text("empty/.hidden", "x").parent], "Name files"),
    ("show", lambda _: ["no-such-run"], "rollbook runs"),
    ("undo", lambda _: ["no-such-run"], "rollbook runs"),
    ("retry", lambda _: ["no-such-run"], "rollbook runs"),
    ("resume", lambda _: ["no-such-run"], "rollbook runs"),
    ("failures ignore", lambda _: ["77", "--reason", "x"], "rollbook failures"),
    ("failures ignore", lambda _: ["seven", "--reason", "x"], "rollbook failures"),
    ("failures ignore", lambda _: ["1"], "--reason"),
    ("failures", lambda _: ["last", "--export", "failures.pdf"], ".csv"),
    ("reference load", lambda _: ["pupils", "history.csv"], "learners"),
    ("reference load", lambda _: ["courses", "history.csv"], "course_id"),
    ("imprt", lambda _: ["history.csv"], "import"),
]


def _two_that_fit(desk: Desk) -> Path:
    desk.text("both/a.toml", "")
    return desk.text("both/b.toml", "").parent


@pytest.mark.parametrize(("command", "words", "remedy"), MISTAKES, ids=[f"{m[0]} {m[2]}" for m in MISTAKES])
def test_a_mistake_is_told_in_one_line_that_names_the_remedy(
    used_desk: Desk, command: str, words: Callable[[Desk], list[str | Path]], remedy: str
) -> None:
    """Exit 2, nothing on standard output, nothing done."""
    before = app.contents(used_desk.url)
    printed = used_desk.type(command, *words(used_desk))
    assert (printed.exit, printed.out) == (2, "")
    assert len(printed.errors.splitlines()) == 1, printed.errors
    assert remedy in printed.errors
    assert app.contents(used_desk.url) == before


@pytest.mark.parametrize("command", ["runs", "show last", "failures", "resume", "undo last"])
def test_a_database_that_is_not_there_is_not_made(desk: Desk, command: str) -> None:
    """Only an import makes one."""
    printed = desk.type(command)
    assert (printed.exit, len(printed.errors.splitlines())) == (2, 1)
    assert "test.db" in printed.errors
    assert not desk.folder.joinpath("test.db").exists()


def test_an_import_says_that_it_made_a_database(desk: Desk) -> None:
    assert "test.db" in desk.type("import", desk.sheet(GOOD)).errors
    assert desk.folder.joinpath("test.db").exists()


@pytest.mark.parametrize("command", ["import", "check", "runs"])
def test_a_database_of_others_is_left_alone(desk: Desk, command: str) -> None:
    """It holds tables that are not Rollbook's; nor is a text file a database."""
    path = desk.folder / "test.db"
    words = [desk.sheet(GOOD)] if command != "runs" else []
    with closing(sqlite3.connect(path)) as there:
        there.execute("create table payroll (id integer)")
        there.commit()
    for content in (path.read_bytes(), b"Dear diary, " * 100):
        path.write_bytes(content)
        printed = desk.type(command, *words)
        assert (printed.exit, printed.out, len(printed.errors.splitlines())) == (2, "", 1), printed
        assert path.read_bytes() == content


def test_quiet_prints_nothing_of_success(desk: Desk) -> None:
    """Not of what was done, nor where the database is new."""
    path = desk.sheet(GOOD)
    profile = desk.folder / "new.toml"
    commands: list[tuple[str, *tuple[str | Path, ...]]] = [("check", path), ("import", path)]
    commands += [("runs",), ("show", "last")]
    commands += [("failures",), ("failures", "--export", "f.csv"), ("resume",)]
    commands += [("inspect", path, "--write-profile", profile), ("import", path)]
    for command, *words in commands:
        printed = desk.type(command, *words, "--quiet")
        assert (printed.exit, printed.out, printed.errors) == (0, "", ""), command
    assert profile.exists()


def test_quiet_says_which_file_was_not_read_to_its_end(desk: Desk) -> None:
    """The exit code alone would not say why."""
    path = desk.folder / "two.csv"
    path.write_text("Email,Session ID,Status\na@x.org,S1,attended\n\nStatus,Email\nattended,b@x.org\n")
    printed = desk.type("import", path, "--quiet")
    assert (printed.exit, printed.out, len(printed.errors.splitlines())) == (1, "", 1), printed
    assert "two.csv: Another table begins below the first, and its rows were not read: from row 4 on" in printed.errors


def test_quiet_says_in_a_line_each_what_somebody_should_hear(desk: Desk) -> None:
    """Failed rows, also those that are known, and files that failed; with the exit code that says so."""
    path = desk.sheet(GOOD, BAD, ("dan@example.com", "1004", "S-1", "perhaps", "", "2023-01-05"))
    broken = desk.folder / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04 no workbook")
    for command in ("check", "import", "import", "migrate"):
        alone = ("--workers", "1") if command == "migrate" else ()
        printed = desk.type(command, path, broken, "--quiet", *alone)
        told = printed.errors.splitlines()
        assert (printed.exit, printed.out, len(told)) == (1, "", 2), printed
        assert any("broken.xlsx: " in line for line in told)
        assert any(f"{path}: 2 rows {'would fail' if command == 'check' else 'failed'}." in line for line in told), told
    retried = desk.type("retry", "last", "--quiet")
    assert (retried.exit, len(retried.errors.splitlines())) == (1, 1), retried
    assert desk.type("inspect", broken, "--quiet").errors.count("\n") == 1
    stopped = desk.type("import", desk.sheet(BAD, name="more.csv"), "--max-rejected", "0", "--quiet")
    assert (stopped.exit, len(stopped.errors.splitlines())) == (3, 1)


def test_check_writes_nothing_but_its_reports(desk: Desk) -> None:
    """Neither into a database that exists nor one that does not; it tells what an import then does."""
    path = desk.sheet(GOOD, BAD, *CONFLICT)
    checked = desk.do("check", path)
    assert not desk.folder.joinpath("test.db").exists()
    assert (checked.told["state"], checked.exit) == ("checked", 1)
    desk.do("import", desk.sheet(GOOD, name="before.csv"))
    before = desk.folder.joinpath("test.db").read_bytes()
    checked = desk.do("check", path)
    assert desk.folder.joinpath("test.db").read_bytes() == before
    done = desk.do("import", path)
    for name in ("rows", "failures", "not_checked", "created"):
        assert checked.told[name] == done.told[name], name


def test_nothing_of_a_run_stays_but_its_reports(desk: Desk) -> None:
    """The sheets as read hold people's data. What a check found is a report: no ledger holds it."""
    desk.do("import", desk.sheet(GOOD, BAD))
    desk.do("check", desk.sheet(GOOD, name="good.csv"))
    left = [path.name for path in desk.folder.joinpath("out").rglob("*") if path.is_file()]
    assert sorted(left) == [".rollbook-lock", ".rollbook-out", "check-rows.parquet", "failed-rows.xlsx"]


def test_no_bar_is_drawn_into_a_pipe(desk: Desk) -> None:
    """Standard output holds the object and nothing else; standard error what a log can keep."""
    process = app.start("import", desk.sheet(GOOD, BAD), "--database", desk.url, "--out", desk.folder / "out")
    out, errors = process.communicate(timeout=60)
    assert json.loads(out)["exit"] == process.returncode == 1
    assert errors == f"Created a new database: {desk.url}\n"


def test_the_password_of_a_database_is_told_nowhere(desk: Desk, postgresql: URL) -> None:
    """Not on the screen, in an error, the ledger or a report."""
    with fresh_database(postgresql, "secrets") as url:
        there = Desk(desk.folder, make_url(url).set(password=SECRET).render_as_string(hide_password=False))
        path = there.sheet(GOOD, BAD)
        told = [there.type(*words) for words in (("import", path), ("check", path), ("runs",), ("show", "last"))]
        told.append(there.type("failures", "--export", "failures.json"))
        told.append(Desk(desk.folder, f"postgresql://u:{SECRET}@127.0.0.1:1/x").type("import", path))
        told.append(Desk(desk.folder, f"postgresql://u:{SECRET}@127.0.0.1:1/x").type("runs"))
        told.append(Desk(desk.folder, f"oracle://u:{SECRET}@127.0.0.1:1/x").type("import", path))
        assert [printed.exit for printed in told[:5]] == [1, 1, 0, 0, 0], told
        assert all(printed.exit in (2, 3) and len(printed.errors.splitlines()) == 1 for printed in told[5:]), told
        assert SECRET not in repr(told)
        assert SECRET not in repr(_everything(url))
    assert [name for name, content in desk.files().items() if SECRET.encode() in content] == []


def _everything(url: str) -> list[Any]:
    from sqlalchemy import MetaData, create_engine, select

    engine, tables = create_engine(url), MetaData()
    with engine.connect() as connection:
        tables.reflect(connection)
        found = [connection.execute(select(table)).all() for table in tables.sorted_tables]
    engine.dispose()
    return found


@pytest.mark.parametrize("words", [[], ["reference"], ["smarteru"]])
def test_a_group_alone_shows_its_help(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """As help, line by line; nothing was done, so it is no success."""
    assert main(words) == 2
    alone = capsys.readouterr()
    assert main([*words, "--help"]) == 0
    assert alone == capsys.readouterr()
    assert len(alone.out.splitlines()) > 5


def test_help_keeps_the_lines_of_its_examples_and_groups_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["failures", "--help"]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert {"rollbook failures ignore CASE… --reason TEXT", "rollbook failures reopen CASE…"} <= set(lines)
    assert "\\" not in "".join(lines)
    assert main(["import", "--help"]) == 0
    told = capsys.readouterr().out
    groups = [line for line in told.splitlines() if line.endswith(":") and not line.startswith((" ", "Usage"))]
    assert groups == ["Files:", "Rows:", "Limits:", "Output:", "Options:"]
