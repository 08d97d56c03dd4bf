"""Served and deployed against a real Prefect server: the schedule fires, and a crash costs nothing."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from pathlib import Path

import fsspec
import psutil
import pytest
from sqlalchemy import create_engine, func, select

from cli.main import main
from flows.serve import made
from ledger.database import open_database
from ledger.lock import hold
from ledger.tables import rollbook_drops, rollbook_runs, training_enrollments
from rollbook.settings import Settings
from tests.flows.prefect_side import PrefectSide, end, state_of, until
from tests.pipeline.attendance import FIRST, SECOND, write

ROOT = Path(__file__).resolve().parents[2]
# The sixth field are seconds.
EVERY_FEW_SECONDS = "* * * * * */4"
NEVER = "0 0 29 2 *"
MANY = 3_000
PEOPLE = ("dora@example", "Dora Diaz", "fay(at)", "hana@example", "Hana Horn")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A place to serve from: settings and an empty drop folder."""
    (tmp_path / "drop").mkdir()
    _set(tmp_path, EVERY_FEW_SECONDS)
    return tmp_path


def _set(folder: Path, cron: str, part_rows: int = 1000) -> None:
    lines = ["[nightly]", "settled_seconds = 0.1", "folder = 'drop'", f"cron = '{cron}'"]
    lines += ["[deliver]", f"cron = '{NEVER}'", "[reading]", f"part_rows = {part_rows}"]
    lines += ["[prefect]", f"deployment = '{folder.name}'"]
    (folder / "rollbook.toml").write_text("\n".join(lines))


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'rollbook.db'}"


@contextmanager
def _served(folder: Path, server: PrefectSide) -> Iterator["subprocess.Popen[str]"]:
    """`rollbook serve` as a process of its own."""
    command = [sys.executable, "-m", "cli", "serve", "--create", "--database", _url(folder)]
    environment = {**server.environment, "PYTHONPATH": str(ROOT)}
    with (
        (folder / "serve.log").open("a") as log,
        subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=log, text=True, start_new_session=True
        ) as process,
    ):
        try:
            yield process
        finally:
            end(process)


def _kill_all(process: "subprocess.Popen[str]") -> None:
    """SIGKILL to it and to whatever it started, as when the machine goes down; to it first, or it would tell."""
    parent = psutil.Process(process.pid)
    family = [parent, *parent.children(recursive=True)]
    for member in family:
        member.kill()
    psutil.wait_procs(family, timeout=20)


def test_the_schedule_fires_and_prefect_shows_what_came_of_it(real_prefect: PrefectSide, folder: Path) -> None:
    """Served, dropped, imported at the next firing; state, names and artifacts come back over the API."""
    write(folder / "drop" / "first.csv", FIRST)
    write(folder / "drop" / "second.csv", SECOND)
    name = f"nightly-import {folder / 'drop'}"
    with _served(folder, real_prefect):
        run = until(lambda: _ended(real_prefect, name), "the run")
    assert state_of(run) == ("COMPLETED", "11 read, 5 loaded, 1 duplicate, 5 rejected")
    assert run["auto_scheduled"] is True
    tasks = real_prefect.ended_tasks(run)
    assert [task["name"] for task in tasks] == [
        f"look into {folder / 'drop'}",
        "import first.csv (1 of 2)",
        "read first.csv",
        "judge first.csv",
        "decide and load",
        "import second.csv (2 of 2)",
        "read second.csv",
        "judge second.csv",
        "decide and load",
    ]
    assert {task["state_type"] for task in tasks} == {"COMPLETED"}
    shown = real_prefect.artifacts(run)
    assert sorted(shown) == ["failed-rows", "failures-by-rule", "progress", "summary"]
    assert "**5 rows failed.**" in shown["summary"]
    assert shown["summary"].count("| first.csv |") == 1
    assert '"rule": "enrollment.conflict", "problems": "2"' in shown["failures-by-rule"]
    assert shown["progress"] == 100
    assert shown["failed-rows"].count("failed-rows.xlsx") == 2
    assert sorted(path.name for path in (folder / "drop" / "done").iterdir()) == [
        "first.csv",
        "first.failed-rows.xlsx",
        "second.csv",
        "second.failed-rows.xlsx",
    ]
    seen = repr(real_prefect.everything()).casefold()
    assert [text for text in PEOPLE if text.casefold() in seen] == []


def _ended(server: PrefectSide, name: str) -> dict[str, object] | None:
    ended = [run for run in server.flow_runs(name) if run["state_type"] in ("COMPLETED", "FAILED")]
    return ended[0] if ended else None


def test_killed_in_the_middle_and_served_again(real_prefect: PrefectSide, folder: Path) -> None:
    """The run that was killed is marked as crashed, and the next takes the file up: it is processed exactly once."""
    _set(folder, EVERY_FEW_SECONDS, part_rows=100)
    rows = [(f"u{number}@example.com", f"{number}", "", "S-1", "Attended", "", "") for number in range(MANY)]
    write(folder / "drop" / "many.csv", rows)
    name = f"nightly-import {folder / 'drop'}"
    with _served(folder, real_prefect) as process:
        until(lambda: _parts_judged(real_prefect, name) > 2, "the middle of the run")
        _kill_all(process)
    assert (folder / "drop" / "many.csv").exists()
    (killed,) = [run for run in real_prefect.flow_runs(name) if run["state_type"] == "RUNNING"]
    with _served(folder, real_prefect):
        until((folder / "drop" / "done" / "many.csv").exists, "the file in done/", 90)
        until(lambda: _ended(real_prefect, name), "the run that took it up")
    (marked,) = [each for each in real_prefect.flow_runs(name) if each["id"] == killed["id"]]
    assert state_of(marked) == ("CRASHED", "The process that ran it is gone. The next run takes up what it left.")
    assert "1 of the runs that an earlier `rollbook serve` left" in (folder / "serve.log").read_text()
    with create_engine(_url(folder)).connect() as connection:
        (run,) = connection.execute(select(rollbook_runs)).mappings()
        (drop,) = connection.execute(select(rollbook_drops)).mappings()
        assert (run["state"], run["rows_loaded"], drop["state"]) == ("completed", MANY, "done")
        assert connection.scalar(select(func.count()).select_from(training_enrollments)) == MANY


def _parts_judged(server: PrefectSide, name: str) -> int:
    running = [run for run in server.flow_runs(name) if run["state_type"] == "RUNNING"]
    judged = [task for run in running for task in server.tasks(run) if str(task["name"]).startswith("judge")]
    return sum(task["state_type"] == "COMPLETED" for task in judged)


def test_prefect_yaml(real_prefect: PrefectSide, folder: Path) -> None:
    """As it stands in the repository it deploys both flows, and a worker of a process pool runs them."""
    shutil.copy(ROOT / "prefect.yaml", folder)
    open_database(_url(folder), create=True)
    write(folder / "drop" / "second.csv", SECOND)
    real_prefect.environment["ROLLBOOK_DATABASE_URL"] = _url(folder)
    real_prefect.add_process_pool("rollbook")
    real_prefect.prefect("deploy", "--all", folder=folder)
    deployed = {each["name"]: each for each in real_prefect.asked("deployments") if each["work_pool_name"]}
    assert sorted(deployed) == ["hourly", "nightly"]
    for each in deployed.values():
        assert each["schedules"][0]["schedule"]["timezone"] == "Europe/Paris"
        assert each["global_concurrency_limit"]["limit"] == 1
        assert each["concurrency_options"]["collision_strategy"] == "ENQUEUE"
    described = deployed["nightly"]["parameter_openapi_schema"]["properties"]["folder"]["description"]
    assert described.startswith("The drop folder")
    real_prefect.start_run(deployed["nightly"])
    real_prefect.prefect("worker", "start", "--pool", "rollbook", "--run-once", folder=folder)
    run = until(lambda: _ended(real_prefect, "nightly-import drop"), "the run")
    assert state_of(run) == ("COMPLETED", "3 read, 2 loaded, 1 rejected")
    assert (folder / "drop" / "done" / "second.csv").exists()
    assert sorted(real_prefect.artifacts(run)) == ["failed-rows", "failures-by-rule", "progress", "summary"]


def test_what_serve_needs(real_prefect: PrefectSide, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is told in one line, and nothing is begun."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    monkeypatch.chdir(folder)
    words = ("serve", "--database", _url(folder))
    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        assert refusal(*words).startswith("Which Prefect server? Set PREFECT_API_URL")
    with temporary_settings({PREFECT_API_URL: real_prefect.url}):
        assert refusal(*words, "--folder", "nowhere").startswith("There is no folder nowhere.")
        assert "There is no database" in refusal(*words)
        engine = open_database(_url(folder), create=True)
        with hold(engine, "serve"):
            assert refusal(*words).startswith("Another `rollbook serve` is at work")
        _set(folder, "soon")
        assert refusal(*words).startswith("The schedule cannot be read: Invalid cron")
        (folder / "rollbook.toml").write_text("")
        assert refusal(*words).startswith("Which folder? Name it")
    assert os.listdir(folder / "drop") == []  # noqa: PTH208 - the names alone


def refusal(*words: str) -> str:
    """The line in which a command says why it does not begin."""
    errors = StringIO()
    with redirect_stderr(errors):
        assert main([*words]) == 2, errors.getvalue()
    return errors.getvalue().splitlines()[-1].removeprefix("rollbook: ")


def test_no_secret_is_a_parameter(folder: Path, real_prefect: PrefectSide, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Prefect is told of a deployment are paths; an address with a password is refused."""
    for deployment in made(Settings(database="postgresql://me:secret@db/training"), "s3://drop", None):
        assert "secret" not in repr(deployment)
    from prefect.settings import PREFECT_API_URL, temporary_settings

    monkeypatch.chdir(folder)
    fsspec.filesystem("memory").mkdir("/me:secret@there/drop")
    with temporary_settings({PREFECT_API_URL: real_prefect.url}):
        told = refusal("serve", "--create", "--folder", "memory://me:secret@there/drop", "--database", _url(folder))
    assert told.startswith("The memory:// address contains a password, which others could read. Remove it.")
