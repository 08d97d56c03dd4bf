"""Many files in one run: whoever judges them, in whatever order, the database is the same row for row."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from ledger.database import open_database
from pipeline.import_history import import_history
from pipeline.lifecycle import FILES_A_TASK, beginning, new_work, run_files
from pipeline.open_files import OpenFiles
from pipeline.options import request_of
from pipeline.parallel.scheduler import Scheduler
from pipeline.runner import StepLabel
from pipeline.work_folder import work_folder
from rollbook.options import EngineOptions, JudgingOptions
from rollbook.settings import Settings
from tests.pipeline import app
from tests.pipeline.attendance import BEFORE, FIRST, SECOND, write, write_settings
from tests.pipeline.workers import family_of, has_ended, within, workers_of

Contents = dict[str, list[dict[str, Any]]]
T = TypeVar("T")


class Move:
    """A folder of files to migrate, in which each kind of file is, and databases to do it into."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = folder / "files"
        self.files.mkdir()
        write(self.files / "first.csv", FIRST)
        write(self.files / "second.csv", SECOND)
        (self.files / "third.xlsx").write_bytes(b"PK\x03\x04 this is no workbook")
        for number in range(4):
            rows = [
                (f"u{row}@example.com", "", "", f"S-{number}{row}", "Attended", "", "") for row in range(number * 4)
            ]
            write(self.files / f"more-{number}.csv", rows)
        # Some files have so many parts that they are opened by one process and judged by several.
        self.settings = write_settings(folder / "rollbook.toml", part_rows=2)
        self.numbers = iter(range(100))

    def words(self, url: str) -> tuple[str | Path, ...]:
        """The database, settings and reports."""
        return ("--settings", self.settings, "--database", url, "--out", self.folder / "out")

    def new_url(self) -> str:
        """A SQLite database that does not exist yet."""
        return f"sqlite:///{self.folder}/{next(self.numbers)}.db"

    def done(self, command: str, url: str, *options: str | Path) -> Contents:
        """Do it, after an import whose corrected workbook is migrated too; what the database holds then."""
        before = write(self.folder / "before.csv", BEFORE)
        answer = app.run("import", before, *self.words(url))
        shutil.copy(answer.told["reports"]["failed_rows"], self.files / "returned.xlsx")
        paths = sorted(self.files.iterdir())
        random.Random(url).shuffle(paths)
        answer = app.run(command, *paths, *self.words(url), *options, "--debug")
        assert answer.exit == 1, answer.errors
        assert not list((self.folder / "out").glob("*/work"))
        return alike(app.contents(url))


def alike(found: Contents) -> Contents:
    """Whatever the command was called, and however its workbook, which names its run, was hashed."""
    told = {
        name: [{**line, "command": ""} if "command" in line else line for line in lines]
        for name, lines in found.items()
    }
    told["files"] = [{**line, "sha256": ""} for line in told["files"]]
    return {name: sorted(lines, key=repr) for name, lines in told.items()}


@pytest.fixture
def move(tmp_path: Path) -> Move:
    """Some files."""
    return Move(tmp_path)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    """What a plain import of such files leaves."""
    move = Move(tmp_path_factory.mktemp("import"))
    return without(move, move.done("import", move.new_url()))


def without(move: Move, found: Contents) -> Contents:
    """Wherever the files lay, and whatever the runs were called."""
    place = str(move.folder)

    def bare(value: Any) -> Any:
        return re.sub(r"in run [\w-]+", "", value.replace(place, "")) if isinstance(value, str) else value

    return {
        name: sorted(({key: bare(value) for key, value in line.items()} for line in lines), key=repr)
        for name, lines in found.items()
    }


@pytest.mark.parametrize("workers", ["1", "3"])
def test_it_is_an_import(move: Move, expected: Contents, workers: str) -> None:
    """However many judge: cases, failures, parts and plans are those of `import`, in any order of the files."""
    assert without(move, move.done("migrate", move.new_url(), "--workers", workers)) == expected


def test_it_is_an_import_on_postgresql(move: Move, expected: Contents, postgresql_url: str) -> None:
    """The coordinator alone talks to the database, so it does not matter which."""
    assert without(move, move.done("migrate", postgresql_url)) == expected


def test_a_killed_worker_costs_nothing(move: Move, expected: Contents, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it was at is done again."""
    killed: list[int] = []

    def open_(self: Scheduler, *asked: Any) -> Any:
        judged = _open(self, *asked)
        if judged is not None and len(killed) < 3:
            worker = workers_of(os.getpid())[-1]
            worker.kill()
            killed.append(worker.pid)
        return judged

    _open = Scheduler.open
    monkeypatch.setattr(Scheduler, "open", open_)
    assert without(move, move.done("migrate", move.new_url(), "--workers", "2")) == expected
    assert len(set(killed)) == 3


# Processes that are spawned import the main module first: this one's judging kills whoever does it to certain files.
_DEADLY = """
import os, signal, sys
import pipeline.parallel.worker
from cli.main import main

_judge = pipeline.parallel.worker.judge_part

def judge(sheet, part, context):
    if "deadly" in part.source_file:
        os.kill(os.getpid(), signal.SIGKILL)
    return _judge(sheet, part, context)

pipeline.parallel.worker.judge_part = judge

if __name__ == "__main__":
    sys.exit(main())
"""


def test_a_file_that_kills_every_worker_is_told(tmp_path: Path) -> None:
    """It costs only itself: the others load. So does one of many parts."""
    script = tmp_path / "deadly.py"
    script.write_text(_DEADLY, encoding="utf-8")
    for name, rows in (("a", 6), ("deadly-few", 2), ("deadly-many", 6), ("z", 6)):
        write(
            tmp_path / f"{name}.csv",
            [(f"{name}{row}@example.com", "", "", "S-1", "Attended", "", "") for row in range(rows)],
        )
    url, settings = f"sqlite:///{tmp_path}/test.db", write_settings(tmp_path / "rollbook.toml", 1)
    words = ("migrate", *sorted(tmp_path.glob("*.csv")), "--settings", settings, "--database", url, "--workers", "2")
    command = [sys.executable, str(script), *map(str, words), "--out", str(tmp_path / "out"), "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=_ENVIRONMENT)
    assert (done.returncode, done.stderr.count("\n")) == (1, 2), done.stderr
    assert done.stderr.count("Every process that read or checked this file crashed.") == 2
    assert {line["source_file"].rsplit("/", 1)[-1] for line in app.enrollments(url)} == {"a.csv", "z.csv"}
    codes = {line["path"].rsplit("/", 1)[-1]: line["code"] for line in app.contents(url)["files"]}
    lost = dict.fromkeys(("deadly-few.csv", "deadly-many.csv"), "file.unreadable")
    assert codes == {"a.csv": None, "z.csv": None} | lost


_ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(app.__file__).resolve().parents[2])}


class Many:
    """Many small files, 5 of them broken."""

    def __init__(self, folder: Path, number: int) -> None:
        self.files = folder / "files"
        self.files.mkdir()
        self.url = f"sqlite:///{folder}/many.db"
        self.number = number
        self.broken = (0, number // 4, number // 2, number - 2, number - 1)
        for file in range(number):
            row = (f"u{file}@example.com", "", "", f"S-{file % 7}", "Attended", "", "")
            path = self.files / f"{file:03}.csv"
            if file in self.broken:
                path.with_suffix(".xlsx").write_bytes(b"PK\x03\x04 this is no workbook")
            else:
                write(path, [row])
        self.words = ("migrate", self.files, "--workers", "2", "--database", self.url, "--out", folder / "out")
        self.resumed = ("resume", "--database", self.url)

    def assert_loaded(self, answer: app.Answer) -> None:
        """All but 5 are loaded, the 5 are named."""
        assert (answer.exit, answer.told["state"]) == (1, "with_failures"), answer.errors
        named = [Path(file["path"]).name for file in answer.told["files"] if file["code"] == "file.unreadable"]
        assert named == [f"{number:03}.xlsx" for number in self.broken]
        rows = {name: number for name, number in answer.told["rows"].items() if number}
        assert rows == {"read": self.number - 5, "loaded": self.number - 5}
        assert len(app.enrollments(self.url)) == self.number - 5


@pytest.fixture
def many(tmp_path: Path) -> Many:
    """More than two tasks of a runner."""
    return Many(tmp_path, 60)


def test_60_files_of_which_5_are_broken(many: Many) -> None:
    """By its limits none is loaded; `resume` with higher ones loads those that can be read."""
    stopped = app.run(*many.words, "--max-failed-files", "4")
    assert (stopped.exit, stopped.told["rows"]["pending"], app.enrollments(many.url)) == (3, 55, [])
    many.assert_loaded(app.run(*many.resumed, "--max-failed-files", "5", "--workers", "1"))


@pytest.fixture
def begun(many: Many) -> Iterator["subprocess.Popen[str]"]:
    """A migration that is in the middle of its files."""
    process = app.start(*many.words)
    assert within(60, lambda: _is_staged(many, 10))
    yield process
    process.kill()
    process.communicate()


def _is_staged(many: Many, number: int) -> bool:
    return len(list(many.files.parent.glob("out/*/work/parts/*.rows.parquet"))) >= number


def test_a_killed_coordinator(many: Many, begun: "subprocess.Popen[str]") -> None:
    """Its workers go with it, and `resume` does the rest."""
    workers = family_of(begun.pid)
    assert len(workers_of(begun.pid)) == 2
    begun.kill()
    begun.wait()
    assert within(10, lambda: all(map(has_ended, workers)))
    assert app.enrollments(many.url) == []
    many.assert_loaded(app.run(*many.resumed))


def test_ctrl_c(many: Many, begun: "subprocess.Popen[str]") -> None:
    """It ends all that was begun, says how to go on, and nothing is loaded."""
    family = family_of(begun.pid)
    assert len(family) > 2
    for number in (begun.pid, *(process.pid for process in family)):  # a terminal tells the whole group
        os.kill(number, signal.SIGINT)
    out, errors = begun.communicate(timeout=20)
    assert (begun.returncode, out) == (3, "")
    assert errors.splitlines()[-1].startswith("rollbook: interrupted.")
    assert "Traceback" not in errors
    assert within(10, lambda: all(map(has_ended, family)))
    assert app.enrollments(many.url) == []


def test_one_engine_at_a_time(tmp_path: Path) -> None:
    """Both options together are a mistake, and so is an address where nobody answers; nothing was done."""
    file = write(tmp_path / "a.csv", FIRST)
    url = f"sqlite:///{tmp_path}/test.db"
    both = app.run("migrate", file, "--workers", "2", "--dask", "tcp://127.0.0.1:1", "--database", url)
    nobody = app.run("migrate", file, "--dask", "tcp://127.0.0.1:1", "--database", url)
    assert (both.exit, nobody.exit) == (2, 2)
    assert "not both" in both.errors
    assert "No Dask scheduler answers at tcp://127.0.0.1:1" in nobody.errors
    assert not (tmp_path / "test.db").exists()


def test_the_same_files_again_are_answered_from_the_ledger(move: Move) -> None:
    """However many judged them."""
    url = move.new_url()
    paths = sorted(move.files.iterdir())
    first = app.run("migrate", *paths, *move.words(url), "--workers", "1")
    again = app.run("migrate", *paths, *move.words(url))
    assert again.told["rows"]["unchanged"] == first.told["rows"]["loaded"] > 0
    states = [run["state"] for run in app.contents(url)["runs"]]
    assert states == ["with_failures"] * 2
    assert len({line["command"] for line in app.contents(url)["parts"]}) == 1


def test_a_runner_is_told_of_groups(many: Many) -> None:
    """A task of Prefect's for each small file would cost more than the file."""
    steps: list[str] = []

    def runner(told: StepLabel, step: Callable[..., T], *arguments: Any) -> T:
        steps.append(str(told))
        return step(*arguments)

    judging = JudgingOptions(out=many.files.parent / "out")
    request = request_of("migrate", Settings(database=many.url), [str(many.files)], judging, EngineOptions(workers=1))
    with open_database(many.url, create=True).connect() as connection:
        work = new_work(connection, request)
        work.files_a_step = FILES_A_TASK
        with work_folder(work.folder):
            beginning(run_files(sorted(many.files.iterdir()), request))(work)
            opened = OpenFiles(work)
            opened.read_ahead()
            import_history(opened, runner)
            opened.close()
    assert len(app.enrollments(many.url)) == 55
    assert steps == [
        "judge 000.xlsx to 024.csv (1 of 3)",
        "judge 025.csv to 049.csv (2 of 3)",
        "judge 050.csv to 059.xlsx (3 of 3)",
        "decide and load",
    ]
