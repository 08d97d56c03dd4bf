"""A process killed anywhere leaves a database that `resume` brings to where nothing had happened."""

import itertools
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy.engine import URL

from rollbook.returned import SUMMARY_SHEET
from tests.pipeline import app
from tests.pipeline.attendance import BEFORE, FIRST, write, write_history, write_settings
from tests.pipeline.killing import Fuse, at_stage, at_statements, at_steps, at_workbooks, killed, points_of
from tests.servers import fresh_database
from tests.servers.prepared import Prepared

KILLED = -9
Points = Callable[[Fuse], None]
Contents = dict[str, list[dict[str, Any]]]
_NUMBERS = itertools.count(1)


@dataclass
class Place:
    """A folder with the files, and as many databases as wanted that hold what was imported before."""

    folder: Path
    copy: Callable[[], str]
    workbook: Path | None = None

    def command(self, *words: str) -> "Command":
        """A command on a database of its own."""
        return Command(self, self.copy(), words)


@dataclass
class Command:
    """A command, the database that it works on, and the folder of its reports."""

    place: Place
    url: str
    words: tuple[str, ...]

    def __post_init__(self) -> None:
        self.out = self.place.folder / f"out-{next(_NUMBERS)}"

    @property
    def all_words(self) -> list[str]:
        """The whole command line."""
        return [*self.words, *self.shared, *(("--out", str(self.out)) if self.words[0] == "import" else ())]

    @property
    def shared(self) -> tuple[str, ...]:
        """Where the database and the settings are."""
        return ("--database", self.url, "--settings", str(self.place.folder / "rollbook.toml"))

    def run(self) -> app.Answer:
        """Undisturbed."""
        return app.run(*self.all_words)

    def killed(self, points: Points, at: int) -> None:
        """Killed at a point."""
        assert killed(self.all_words, points, at) == KILLED

    def resume(self) -> app.Answer:
        """Finish it."""
        return app.run("resume", *self.shared)

    def contents(self) -> Contents:
        """What the database holds, with the workbooks' texts."""
        return {**app.contents(self.url), "workbooks": [_texts(path) for path in sorted(self.out.glob("*/*.xlsx"))]}

    def leftovers(self) -> list[str]:
        """Files that a finished run should not leave behind."""
        known = ("failed-rows", "changes.xlsx", ".rollbook-out", ".rollbook-lock")
        left = [path for path in self.out.rglob("*") if path.is_file() and not path.name.startswith(known)]
        runs = [path.parent.name for path in self.out.glob("*/.rollbook-out")]
        locks = [path for path in self.place.folder.glob("*.lock") if any(run in path.name for run in runs)]
        return sorted(str(path) for path in [*left, *locks])


def _texts(path: Path) -> dict[str, list[list[Any]]]:
    """A workbook's cells but for those that name the run, and the time of loading."""
    book = openpyxl.load_workbook(path)
    cells = slice(1, -1 if path.name == "changes.xlsx" else None)
    return {
        sheet.title: [[None if _TIME.match(str(cell)) else cell for cell in row[cells]] for row in sheet.values]
        for sheet in book
        if sheet.title != SUMMARY_SHEET
    }


_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d \(default\)")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that are imported."""
    made = tmp_path_factory.mktemp("crash")
    write_history(made / "history")
    write(made / "before.csv", BEFORE)
    write_settings(made / "rollbook.toml")
    return made


def _import_before(folder: Path, url: str) -> Path:
    out = folder / f"before-{next(_NUMBERS)}"
    given = ("--database", url, "--settings", folder / "rollbook.toml", "--out", out)
    answer = app.run("import", folder / "before.csv", *given)
    assert answer.exit == 1
    return Path(answer.told["reports"]["failed_rows"])


@pytest.fixture(scope="module")
def sqlite_place(folder: Path) -> Place:
    """Databases that are copies of one file."""
    template = folder / "template.db"
    workbook = _import_before(folder, f"sqlite:///{template}")

    def copy() -> str:
        path = folder / f"copy-{next(_NUMBERS)}.db"
        with closing(sqlite3.connect(template)) as here, closing(sqlite3.connect(path)) as there:
            here.backup(there)
        return f"sqlite:///{path}"

    return Place(folder, copy, workbook)


@pytest.fixture(scope="module")
def postgresql_place(folder: Path, postgresql: URL) -> Iterator[Place]:
    """Databases that are copies of one database."""
    with ExitStack() as stack:
        template = f"crash_template_{next(_NUMBERS)}"
        url = stack.enter_context(fresh_database(postgresql, template))
        _import_before(folder, url)

        def copy() -> str:
            name = f"crash_{next(_NUMBERS)}"
            return stack.enter_context(fresh_database(postgresql, name, template=template))

        yield Place(folder, copy)


@pytest.fixture(scope="module")
def mariadb_place(folder: Path, prepared: Prepared) -> Iterator[Place]:
    """Databases that each import by themselves what was there before."""
    with ExitStack() as stack:

        def copy() -> str:
            url = stack.enter_context(prepared.one("mariadb", folder))
            _import_before(folder, url)
            return url

        yield Place(folder, copy)


def _import(place: Place, files: str = "history/first.csv") -> Command:
    return place.command("import", str(place.folder / files), "--on-existing", "update")


def _undisturbed(command: Command) -> Contents:
    assert command.run().exit == 1
    assert command.leftovers() == []
    return command.contents()


@pytest.fixture(scope="module")
def undisturbed(sqlite_place: Place) -> Contents:
    """What the import of the first file leaves when nobody disturbs it; the same on every database."""
    return _undisturbed(_import(sqlite_place))


def _spread(points: list[str], number: int) -> list[int]:
    """Numbers of points: all commits of something, and of the others as many as are wanted, far apart."""
    pairs = enumerate(itertools.pairwise(points), 2)
    commits = [place for place, pair in pairs if pair[1] == "COMMIT" and pair[0] != "COMMIT"]
    others = [place for place, point in enumerate(points, 1) if point != "COMMIT"]
    return sorted(commits + others[:: max(len(others) // number, 1)])


def _finish(command: Command) -> app.Answer:
    """What a user does after a crash: resume; import again where there is no run yet. The run as it ended."""
    begun = app.contents(command.url)["runs"]
    answer = command.resume()
    if answer.told.get("runs") == []:
        answer = command.run() if len(begun) == 1 else app.run("show", "last", *command.shared)
    return answer


def _check(commands: Iterator[tuple[Command, int]], points: Points, undisturbed: Contents) -> None:
    for command, at in commands:
        command.killed(points, at)
        answer = _finish(command)
        assert answer.told["exit"] == 1, (at, answer)
        assert command.leftovers() == [], at
        _compare(command.contents(), undisturbed, at)


def _compare(found: Contents, undisturbed: Contents, at: int) -> None:
    for table, lines in undisturbed.items():
        assert found[table] == lines, f"{table}, killed at point {at}"


def test_the_history_has_every_kind_of_row(undisturbed: Contents) -> None:
    """Else the other tests would tell little."""
    (_before, run) = undisturbed["runs"]
    counts = {name: number for name, number in run.items() if name.startswith(("rows_", "cases_")) and number}
    assert counts == {
        "rows_read": 8,
        "rows_loaded": 1,
        "rows_updated": 1,
        "rows_unchanged": 1,
        "rows_duplicate": 1,
        "rows_rejected": 4,
        "cases_new": 3,
        "cases_known": 1,
    }


def test_killed_between_any_steps(sqlite_place: Place) -> None:
    """Each step commits what it did and may be done again; after one step is before the next."""
    undisturbed = _undisturbed(_import(sqlite_place, "history"))
    steps = points_of(_import(sqlite_place, "history").all_words, at_steps)
    assert len(steps) == 2 * (3 + 3 + 2 + 1), steps  # files, parts of the first, parts of the second, the load
    chosen = [1, 3, 5, 9, 11, 15, 17, 18]
    _check(((_import(sqlite_place, "history"), at) for at in chosen), at_steps, undisturbed)


def test_killed_at_any_statement_on_sqlite(sqlite_place: Place, undisturbed: Contents) -> None:
    """Staging, deciding, loading and reporting leave nothing half done."""
    chosen = _spread(points_of(_import(sqlite_place).all_words, at_statements), 5)
    _check(((_import(sqlite_place), at) for at in chosen), at_statements, undisturbed)


def test_killed_at_any_statement_on_postgresql(postgresql_place: Place, undisturbed: Contents) -> None:
    """The same on a server that goes on living, and that sees the lost connection later."""
    chosen = _spread(points_of(_import(postgresql_place).all_words, at_statements), 6)[::2]
    _check(((_import(postgresql_place), at) for at in chosen), at_statements, undisturbed)


def test_killed_at_some_statements_on_mariadb(mariadb_place: Place, undisturbed: Contents) -> None:
    """The same where DDL would commit."""
    chosen = _spread(points_of(_import(mariadb_place).all_words, at_statements), 4)[-5::2]
    _check(((_import(mariadb_place), at) for at in chosen), at_statements, undisturbed)


def _of_stage(points: list[str], number: int) -> list[int]:
    """Numbers of points: around each file of the first part, so many while it is decided, and the last."""
    files = [at for at, point in enumerate(points, 1) if point.endswith((" write_table", " write"))][:6]
    deciding = [at for at, point in enumerate(points, 1) if point.endswith(" run")]
    return [*files, *deciding[:: max(len(deciding) // number, 1)], points.index("before forget_all") + 1]


def test_killed_at_any_point_of_the_stage_on_sqlite(sqlite_place: Place, undisturbed: Contents) -> None:
    """A part half written, or between its files, or whole; while it is decided; after the commit."""
    chosen = _of_stage(points_of(_import(sqlite_place).all_words, at_stage), 5)
    _check(((_import(sqlite_place), at) for at in chosen), at_stage, undisturbed)


def test_killed_at_any_point_of_the_stage_on_postgresql(postgresql_place: Place, undisturbed: Contents) -> None:
    """The same on a server that goes on living."""
    chosen = _of_stage(points_of(_import(postgresql_place).all_words, at_stage), 3)[1::3]
    _check(((_import(postgresql_place), at) for at in chosen), at_stage, undisturbed)


def test_killed_at_some_points_of_the_stage_on_mariadb(mariadb_place: Place, undisturbed: Contents) -> None:
    """The same where DDL would commit."""
    chosen = _of_stage(points_of(_import(mariadb_place).all_words, at_stage), 3)[-3::2]
    _check(((_import(mariadb_place), at) for at in chosen), at_stage, undisturbed)


def _killed_while_deciding(place: Place) -> tuple[Command, int]:
    """A command that has judged all its parts, and the point at which it was killed."""
    command = _import(place, "history")
    at = points_of(_import(place, "history").all_words, at_stage).index("before run") + 2
    command.killed(at_stage, at)
    return command, at


def test_resume_takes_the_parts_that_are_there(sqlite_place: Place) -> None:
    """None is judged again: the files stay as they are until the run ends, and then they go."""
    command, _ = _killed_while_deciding(sqlite_place)
    parts = {path: path.stat().st_mtime_ns for path in command.out.glob("*/work/parts/*")}
    assert len(parts) == 2 * 5
    resumed = Command(sqlite_place, command.url, ("resume",))
    resumed.killed(at_stage, 2)
    assert {path: path.stat().st_mtime_ns for path in command.out.glob("*/work/parts/*")} == parts
    assert _finish(command).told["exit"] == 1
    assert command.leftovers() == []


def test_a_run_whose_folder_is_gone_is_resumed_from_its_files(sqlite_place: Place) -> None:
    """As on another machine: the files are read again."""
    undisturbed = _undisturbed(_import(sqlite_place, "history"))
    command, at = _killed_while_deciding(sqlite_place)
    shutil.rmtree(next(command.out.glob("*/work")))
    assert _finish(command).told["exit"] == 1
    assert command.leftovers() == []
    _compare(command.contents(), undisturbed, at)


def test_the_next_run_takes_what_a_killed_one_left(sqlite_place: Place) -> None:
    """Judged parts hold people's data: nobody waits for `resume` with them. It reads the files again, then."""
    undisturbed = _undisturbed(_import(sqlite_place, "history"))
    command, _ = _killed_while_deciding(sqlite_place)
    left = next(command.out.glob("*/work"))
    other = _import(sqlite_place, "before.csv")
    other.out = command.out
    assert other.run().exit == 1
    assert not left.exists()
    assert _finish(command).told["exit"] == 1
    assert command.contents()["enrollments"] == undisturbed["enrollments"]


def test_the_same_import_again_finishes_what_was_killed(sqlite_place: Place) -> None:
    """Who does not know `resume` imports again: the broken run is taken up, and there is one run, not two."""
    undisturbed = _undisturbed(_import(sqlite_place, "history"))
    for at in (9, 17):
        command = _import(sqlite_place, "history")
        command.killed(at_steps, at)
        answer = command.run()
        assert (answer.exit, "did not end. It is finished now" in answer.errors) == (1, True), answer
        assert command.leftovers() == []
        _compare(command.contents(), undisturbed, at)


def test_a_run_killed_before_its_workbook_was_written_gets_it(sqlite_place: Place, undisturbed: Contents) -> None:
    """The rows are loaded then; `resume` or the same import again writes the reports."""
    for at, finish in itertools.product((1, 2), (Command.resume, Command.run)):
        command = _import(sqlite_place)
        command.killed(at_workbooks, at)
        answer = finish(command)
        assert answer.exit == 1, answer
        assert Path(answer.told["reports"]["failed_rows"]).name == "failed-rows.xlsx"
        assert command.leftovers() == []
        found = command.contents()
        if finish is Command.resume:
            _compare(found, undisturbed, at)
        else:  # a further run tells that all is known
            assert found["workbooks"] == undisturbed["workbooks"]
            assert found["enrollments"] == undisturbed["enrollments"]
            assert len(found["runs"]) == 3
        assert command.resume().told == {"exit": 0, "runs": []}


def test_killed_while_a_mended_workbook_is_imported(sqlite_place: Place) -> None:
    """Repairs are recorded once, their cases close once."""
    mended = _mended(sqlite_place)
    undisturbed = _undisturbed_mending(mended)
    assert [case["state"] for case in undisturbed["cases"]].count("fixed") == 1
    assert len(undisturbed["changes"]) == 1
    for at in _spread(points_of(mended().all_words, at_statements), 3)[1::2]:
        command = mended()
        command.killed(at_statements, at)
        assert _finish(command).told["exit"] == 1
        assert command.leftovers() == []
        _compare(command.contents(), undisturbed, at)


def _mended(place: Place) -> Callable[[], Command]:
    """Imports of the workbook of what was imported before, with its one row corrected."""
    assert place.workbook is not None
    book = openpyxl.load_workbook(place.workbook)
    for row in book["before"].iter_rows():
        for cell in row:
            if cell.value == "perhaps":
                cell.value = "Attended"
    book["before"].append([None, None, None, *FIRST[-1]])  # and a new row that is wrong
    path = place.folder / "mended.xlsx"
    book.save(path)
    return lambda: place.command("import", str(path))


def _undisturbed_mending(mended: Callable[[], Command]) -> Contents:
    return _undisturbed(mended())


def test_killed_during_undo(sqlite_place: Place, undisturbed: Contents) -> None:
    """All is taken back or nothing; then the same command takes it back."""

    def imported() -> Command:
        command = _import(sqlite_place)
        assert command.run().exit == 1
        return Command(sqlite_place, command.url, ("undo", "last"))

    command = imported()
    points = points_of(command.all_words, at_statements)
    undone = app.contents(command.url)
    assert [run["state"] for run in undone["runs"]] == ["undone", "with_failures"]
    for at in (len(points) // 2, len(points)):
        command = imported()
        command.killed(at_statements, at)
        half = app.contents(command.url)
        assert half["enrollments"] == undisturbed["enrollments"]
        assert command.run().exit == 0
        _compare(app.contents(command.url), undone, at)
        assert command.leftovers() == []
