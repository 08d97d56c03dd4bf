"""A run that was stopped says why in one line, loads nothing, and is finished by `resume`."""

import json
import os
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from ledger.database import open_database
from ledger.lock import hold
from tests.pipeline import app
from tests.pipeline.attendance import FIRST, SECOND, write, write_settings
from tests.pipeline.killing import at_steps, killed


class Desk:
    """A folder with a file to import, and the words that every command takes."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.file = write(folder / "first.csv", FIRST)
        settings = write_settings(folder / "rollbook.toml")
        self.shared = ("--database", url, "--settings", str(settings))

    def words(self, *options: str, file: Path | None = None) -> list[str]:
        """An import's command line."""
        return ["import", str(file or self.file), *self.shared, "--out", str(self.folder / "out"), *options]

    def import_(self, *options: str, file: Path | None = None) -> app.Answer:
        """Import the file."""
        return app.run(*self.words(*options, file=file))

    def resume(self, *options: str) -> app.Answer:
        """Resume."""
        return app.run("resume", *options, *self.shared)

    def states(self) -> list[str]:
        """The states of the runs, sorted."""
        return sorted(run["state"] for run in app.contents(self.url)["runs"])

    def work_folders(self) -> list[Path]:
        """Folders that hold sheets as read, or judged parts."""
        return list((self.folder / "out").glob("*/work"))

    def left_beside_parts(self) -> list[str]:
        """What lies in them beside whole judged parts, and the lock by which they are found."""
        names = [path.name for path in (self.folder / "out").glob("*/work/**/*") if path.is_file()]
        return [name for name in names if not name.endswith((".rows.parquet", ".failures.parquet", ".lock"))]


@pytest.fixture
def desk(tmp_path: Path, sqlite_url: str) -> Desk:
    """A file and a SQLite database that does not exist yet."""
    return Desk(tmp_path, sqlite_url)


def _rows(answer: app.Answer) -> dict[str, int]:
    return {name: number for name, number in answer.told["rows"].items() if number}


STOPPED = {"read": 8, "duplicate": 1, "rejected": 4, "pending": 3}
LOADED = {"read": 8, "loaded": 3, "duplicate": 1, "rejected": 4}


def test_a_limit_stops_and_a_raised_limit_loads(desk: Desk, tmp_path: Path) -> None:
    """Nothing is loaded at the limit; in the end all is as if there had been none, the accounts too."""
    stopped = desk.import_("--max-rejected", "3")
    assert (stopped.exit, stopped.told["state"], _rows(stopped)) == (3, "stopped", STOPPED)
    assert "--max-rejected 3" in stopped.errors
    assert stopped.errors.count("\n") == 2  # the new database, and why it stopped
    assert app.enrollments(desk.url) == []
    assert desk.resume().exit == 3
    assert desk.import_("--max-rejected", "3").told["run"] == stopped.told["run"]
    ended = desk.resume(stopped.told["run"], "--max-rejected", "4")
    assert (ended.exit, _rows(ended), ended.told["cases"]) == (1, LOADED, {"new": 4, "known": 0, "closed": 0})
    undisturbed = Desk(tmp_path, f"sqlite:///{tmp_path}/other.db")
    undisturbed.import_()
    assert app.contents(desk.url) == app.contents(undisturbed.url)


def test_a_file_that_changed_meanwhile_is_told(desk: Desk) -> None:
    """What was staged of it is void: it must be imported anew."""
    assert killed(desk.words(), at_steps, 6) == -signal.SIGKILL
    write(desk.file, SECOND)
    ended = desk.resume()
    assert (ended.exit, ended.told["files"][0]["code"], _rows(ended)) == (1, "file.changed", {})
    assert app.contents(desk.url)["rows"] == []
    assert _rows(desk.import_()) == {"read": 3, "loaded": 2, "rejected": 1}


def test_a_file_that_went_meanwhile_is_told(desk: Desk) -> None:
    """The run still ends, and the others of its files load."""
    write(desk.folder / "second.csv", SECOND)
    assert killed([*desk.words(), str(desk.folder / "second.csv")], at_steps, 6) == -signal.SIGKILL
    desk.file.unlink()
    ended = desk.resume()
    assert [file["code"] for file in ended.told["files"]] == ["file.changed", None]
    assert (ended.exit, _rows(ended)) == (1, {"read": 3, "loaded": 2, "rejected": 1})


def test_a_file_that_changes_before_it_is_read_is_told(desk: Desk) -> None:
    """What is recorded as the file's content is what was read."""
    assert killed(desk.words(), at_steps, 1) == -signal.SIGKILL
    write(desk.file, SECOND)
    assert desk.resume().told["files"][0]["code"] == "file.changed"


def test_nothing_to_resume(desk: Desk) -> None:
    """No run that is unfinished is no error; a run that has ended is."""
    ended = desk.import_()
    nothing = desk.resume()
    assert (nothing.exit, nothing.told) == (0, {"exit": 0, "runs": []})
    refused = desk.resume(ended.told["run"])
    told = f"rollbook: Run {ended.told['run']} is with_failures: there is nothing to resume.\n"
    assert (refused.exit, refused.told, refused.errors) == (2, {}, told)


def test_several_unfinished_runs_are_resumed_together(desk: Desk) -> None:
    """The oldest first; the exit code is the worst."""
    second = write(desk.folder / "second.csv", SECOND[:1])
    assert killed(desk.words(), at_steps, 4) == -signal.SIGKILL
    assert killed(desk.words(file=second), at_steps, 2) == -signal.SIGKILL
    ended = desk.resume()
    assert (ended.exit, [run["exit"] for run in ended.told["runs"]]) == (1, [1, 0])
    assert [_rows(app.Answer(0, run, "")) for run in ended.told["runs"]] == [LOADED, {"read": 1, "loaded": 1}]
    assert desk.work_folders() == []


def test_what_a_killed_run_left_on_disk_goes_with_the_next_command(desk: Desk) -> None:
    """The sheets as read hold people's data, also those of a `check`, which nobody resumes."""
    check = ["check", *desk.words()[1:]]
    assert killed(check, at_steps, 4) == -signal.SIGKILL
    (of_the_check,) = desk.work_folders()
    assert killed(desk.words(), at_steps, 4) == -signal.SIGKILL
    (of_the_import,) = desk.work_folders()
    assert of_the_import != of_the_check
    assert desk.import_(file=write(desk.folder / "second.csv", SECOND)).exit == 1
    assert desk.work_folders() == []
    assert desk.resume().exit == 1


def test_a_live_run_is_refused(desk: Desk) -> None:
    """Another process is on it: exit 2, and nothing is touched; with others to resume it is passed over."""
    assert killed(desk.words(), at_steps, 4) == -signal.SIGKILL
    engine = open_database(desk.url, create=False)
    with engine.connect() as connection:
        name = connection.scalar(text("SELECT run_id FROM rollbook_runs"))
    with hold(engine, f"run:{name}"):
        for refused in (desk.resume(str(name)), desk.resume()):
            told = f"rollbook: Run {name} is being worked on by another process. Wait for it to end.\n"
            assert (refused.exit, refused.told, refused.errors) == (2, {}, told)
        assert killed(desk.words(file=write(desk.folder / "second.csv", SECOND)), at_steps, 2) == -signal.SIGKILL
        passed = desk.resume()
        assert (passed.exit, _rows(passed)) == (1, {"read": 3, "loaded": 2, "rejected": 1})
        assert str(name) in passed.errors
        again = desk.import_()
        assert (again.exit, _rows(again)) == (1, LOADED)
    assert _rows(desk.resume()) == {"read": 8, "unchanged": 3, "duplicate": 1, "rejected": 4}


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_or_a_stop_ends_with_3_and_resume_finishes(desk: Desk, stop: signal.Signals) -> None:
    """One line, no traceback, neither of ours nor of a child's; only judged parts are left on disk."""
    engine = open_database(desk.url, create=True)
    with hold(engine, "load"):
        process = app.start(*desk.words())
        _wait_for(lambda: _has_staged(desk))
        os.kill(process.pid, stop)
        out, errors = process.communicate(timeout=30)
    assert (process.returncode, out) == (3, "")
    told = errors.lstrip("\n")  # click ends the line that shows ^C
    assert told.startswith("rollbook: interrupted. `rollbook resume --")
    assert f" --database {desk.url}` finishes a run that had begun: no row is lost or loaded twice.\n" in told
    assert (app.enrollments(desk.url), desk.left_beside_parts()) == ([], [])
    ended = desk.resume()
    assert (ended.exit, _rows(ended)) == (1, LOADED)


def test_judged_parts_that_go_meanwhile_stop_the_run(desk: Desk) -> None:
    """Somebody cleaned up while it waited for another run: nothing is loaded of the rest, and resume reads again."""
    engine = open_database(desk.url, create=True)
    with hold(engine, "load"):
        process = app.start(*desk.words())
        _wait_for(lambda: _has_staged(desk))
        next(desk.folder.glob("out/*/work/parts/*.rows.parquet")).unlink()
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 3
    assert "rollbook: 1 of 3 judged parts are missing from " in errors
    assert app.enrollments(desk.url) == []
    ended = desk.resume()
    assert (ended.exit, _rows(ended)) == (1, LOADED)


def _has_staged(desk: Desk) -> bool:
    return len(list(desk.folder.glob("out/*/work/parts/*.rows.parquet"))) == 3


def _wait_for(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.05)


SQLITE_TRIGGER = """CREATE TRIGGER refuse BEFORE INSERT ON training_enrollments
BEGIN SELECT RAISE(ABORT, 'no more enrollments'); END"""
POSTGRESQL_TRIGGER = """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'no more enrollments' USING DETAIL = 'dora@example.com'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON training_enrollments FOR EACH ROW EXECUTE FUNCTION refuse()"""
MARIADB_TRIGGER = """CREATE TRIGGER refuse BEFORE INSERT ON training_enrollments FOR EACH ROW
SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no more enrollments'"""


def test_what_the_database_refuses_to_load_is_pending(tmp_path: Path, prepared_url: str) -> None:
    """Exit 3, one line without anybody's data, every accepted row pending; resume loads when the reason is gone."""
    desk = Desk(tmp_path, prepared_url)
    trigger = {"sqlite": SQLITE_TRIGGER, "postgresql": POSTGRESQL_TRIGGER, "mariadb": MARIADB_TRIGGER}
    engine = open_database(desk.url, create=False)
    with engine.begin() as connection:
        connection.exec_driver_sql(trigger[engine.dialect.name])
    refused = desk.import_()
    assert (refused.exit, refused.told, refused.errors.count("\n")) == (3, {}, 1), refused
    assert "did not take the rows" in refused.errors
    assert "no more enrollments" in refused.errors
    assert "dora" not in refused.errors
    (run,) = app.contents(desk.url)["runs"]
    assert (run["state"], run["rows_pending"], run["rows_rejected"]) == ("stopped", 6, 2)
    assert (app.enrollments(desk.url), desk.left_beside_parts()) == ([], [])
    with engine.begin() as connection:
        on = " ON training_enrollments" if prepared_url.startswith("postgresql") else ""
        connection.exec_driver_sql(f"DROP TRIGGER refuse{on}")
    ended = desk.resume()
    assert (ended.exit, _rows(ended)) == (1, LOADED)


def test_a_server_that_ends_the_connection(tmp_path: Path, postgresql_url: str, monkeypatch: Any) -> None:
    """The run's connection is cut while its failed rows are kept, and while it loads."""
    desk = Desk(tmp_path, postgresql_url)
    open_database(desk.url, create=True)
    for table in ("rollbook_rows", "training_enrollments"):
        _cut_at(monkeypatch, table, postgresql_url)
        cut = desk.import_()
        monkeypatch.undo()
        last = cut.errors.splitlines()[-1]
        assert (cut.exit, cut.told, last.startswith("rollbook: The database did not take the rows: ")) == (
            3,
            {},
            True,
        ), cut
        assert "Nothing was loaded. Then: rollbook resume" in last
        assert app.enrollments(desk.url) == []
        assert desk.states() == ["stopped"]
    assert _rows(desk.resume()) == LOADED


def _cut_at(monkeypatch: Any, table: str, url: str) -> None:
    """End every session of the database but ours just before rows go into a table."""
    import ledger.sql.bulk

    road = ledger.sql.bulk._ROADS["postgresql"]

    def cut(connection: Any, into: Any, rows: Any) -> None:
        if into.name == table:
            with closing(create_engine(url).raw_connection()) as other:
                others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                other.cursor().execute(f"{others} AND pid <> pg_backend_pid()")
        road(connection, into, rows)

    monkeypatch.setitem(ledger.sql.bulk._ROADS, "postgresql", cut)


def test_a_full_disk(desk: Desk) -> None:
    """SQLite says that it is full, in the middle of loading; with room again the run goes on."""
    open_database(desk.url, create=True)
    path = desk.url.removeprefix("sqlite:///")
    big = write(
        desk.folder / "big.csv", [(f"x{n}@example.com", "", "", "S-1", "Attended", "", "") for n in range(2000)]
    )
    settings = write_settings(desk.folder / "rollbook.toml", part_rows=500)
    assert settings.exists()
    with closing(sqlite3.connect(path)) as raw:
        pages = raw.execute("PRAGMA page_count").fetchone()[0]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("ledger.database._prepare_sqlite", _full_at(pages + 20))
        full = desk.import_(file=big)
    assert (full.exit, full.told, full.errors.count("\n")) == (3, {}, 1), full
    assert "disk is full" in full.errors
    assert desk.left_beside_parts() == []
    ended = desk.resume()
    assert (ended.exit, _rows(ended)) == (0, {"read": 2000, "loaded": 2000})
    assert desk.work_folders() == []


def _full_at(pages: int) -> Callable[[Any], None]:
    from sqlalchemy import event

    from ledger.database import _prepare_sqlite

    def prepare(engine: Any) -> None:
        _prepare_sqlite(engine)
        event.listen(engine, "connect", lambda raw, _record: raw.execute(f"PRAGMA max_page_count={pages}"))

    return prepare


def test_no_room_for_the_reports(desk: Desk) -> None:
    """A folder of reports that is a file: nothing is begun."""
    (desk.folder / "out").write_text("in the way")
    refused = desk.import_()
    assert (refused.exit, refused.errors.count("\n")) == (2, 2), refused
    assert "--out" in refused.errors
    assert desk.states() == []


def test_the_reports_of_a_run_that_is_resumed_go_where_one_says(desk: Desk) -> None:
    """What was judged goes along, so that the file is not needed again; the run keeps its new folder."""
    assert killed(desk.words(), at_steps, 6) == -signal.SIGKILL
    elsewhere = desk.folder / "elsewhere"
    (desk.folder / "out.txt").write_text("in the way")
    refused = desk.resume("--out", str(desk.folder / "out.txt"))
    assert (refused.exit, "--out" in refused.errors) == (2, True), refused
    stopped = desk.resume("--out", str(elsewhere))
    workbook = Path(stopped.told["reports"]["failed_rows"])
    assert (_rows(stopped), workbook.is_file(), elsewhere in workbook.parents) == (LOADED, True, True), stopped
    assert list(desk.folder.glob("out/*/work")) == []
    assert list(elsewhere.glob("*/work")) == []


def test_judged_parts_go_along_to_another_folder(desk: Desk) -> None:
    """They are there once, and the run can be resumed from them though its file is gone."""
    stopped = desk.import_("--max-rejected", "3")
    run = stopped.told["run"]
    parts = sorted(path.name for path in desk.folder.glob(f"out/{run}/work/parts/*"))
    assert parts
    elsewhere = desk.folder / "elsewhere"
    assert desk.resume(run, "--out", str(elsewhere)).exit == 3
    assert sorted(path.name for path in elsewhere.glob(f"{run}/work/parts/*")) == parts
    assert list(desk.folder.glob("out/*/work")) == []
    ended = desk.resume(run, "--max-rejected", "4")
    assert (ended.exit, _rows(ended)) == (1, LOADED), ended
    assert elsewhere in Path(ended.told["reports"]["failed_rows"]).parents


def test_a_folder_of_reports_inside_the_folder_of_files_is_not_read(desk: Desk) -> None:
    """Our own workbooks come back only when they are named."""
    inside = desk.folder / "files"
    inside.mkdir()
    shutil.move(desk.file, inside / "first.csv")
    words = ("import", str(inside), *desk.shared, "--out", str(inside / "reports"))
    assert len(app.run(*words).told["files"]) == 1
    assert len(app.run(*words).told["files"]) == 1
    elsewhere = ("import", str(inside), *desk.shared, "--out", str(desk.folder / "out"))
    assert len(app.run(*elsewhere).told["files"]) == 1


def test_the_same_import_twice_at_once(desk: Desk) -> None:
    """Each is a run of its own: one loads, the other finds all unchanged."""
    ended = [process.communicate(timeout=60) for process in [app.fork(*desk.words()) for _ in range(2)]]
    assert all(out for out, _ in ended), [errors for _, errors in ended]
    rows = [_rows(app.Answer(0, json.loads(out), "")) for out, _ in ended]
    assert sorted(rows, key=repr) == [LOADED, {"read": 8, "unchanged": 3, "duplicate": 1, "rejected": 4}]
    assert len(app.enrollments(desk.url)) == 3
    assert desk.work_folders() == []
