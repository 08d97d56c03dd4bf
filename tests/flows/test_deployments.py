"""Under Prefect the same steps give the same database, and Prefect gets to see nobody's data."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows.prefect_side import PrefectSide, state_of
from tests.pipeline import app
from tests.pipeline.attendance import FIRST, write_history, write_settings

PEOPLE = ("ana@example", "Ana Alvarez", "dora@", "Dora Diaz", "emil@", "Emil Egan", "fay(at)", "Fay Frost", "perhaps")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files to import."""
    made = tmp_path_factory.mktemp("deployments")
    write_history(made / "history")
    write_settings(made / "rollbook.toml")
    return made


@pytest.fixture(scope="module")
def flow(prefect_server: str, folder: Path) -> app.Answer:
    """What an import as a flow answered."""
    assert prefect_server
    return app.run(*_words(folder, "flow", "--prefect"))


def _words(folder: Path, name: str, *options: str) -> list[str]:
    given = ["--database", f"sqlite:///{folder / name}.db", "--settings", str(folder / "rollbook.toml")]
    return ["import", str(folder / "history"), *given, "--out", str(folder / "out"), *options]


def _contents(folder: Path, name: str) -> dict[str, list[dict[str, object]]]:
    return app.contents(f"sqlite:///{folder / name}.db")


def test_the_same_database_row_for_row(
    prefect_server: str, prefect_side: PrefectSide, flow: app.Answer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By `--prefect` and by PREFECT_API_URL, as by the command line alone."""
    assert app.run(*_words(folder, "plain")).exit == 1
    assert flow.exit == 1, flow
    assert _contents(folder, "flow") == _contents(folder, "plain")
    monkeypatch.setenv("PREFECT_API_URL", prefect_server)
    assert app.run(*_words(folder, "named")).exit == 1
    assert _contents(folder, "named") == _contents(folder, "plain")
    (run,) = prefect_side.flow_runs(f"import-history {flow.told['run']}")
    assert state_of(run) == ("COMPLETED", "11 read, 5 loaded, 1 duplicate, 5 rejected")
    tasks = prefect_side.ended_tasks(run)
    assert [task["name"] for task in tasks] == [
        "read first.csv (1 of 3)",
        "judge first.csv (1 of 3)",
        "judge first.csv (2 of 3)",
        "judge first.csv (3 of 3)",
        "read second.csv (2 of 3)",
        "judge second.csv (1 of 2)",
        "judge second.csv (2 of 2)",
        "read third.xlsx (3 of 3)",
        "decide and load",
    ]
    assert {task["state_type"] for task in tasks} == {"COMPLETED"}
    assert sorted(prefect_side.artifacts(run)) == ["failed-rows", "failures-by-rule", "progress", "summary"]


def test_a_failing_step_fails_the_flow_and_prefect_sees_nobodys_data(
    prefect_side: PrefectSide, flow: app.Answer, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The exit code and the line are those of the command line alone; no traceback.

    Neither names, parameters, states, logs nor artifacts hold a cell of a row; the failing step's neither.
    """
    assert flow.exit == 1, flow
    _refuse_loads(folder, "refused")
    refused = app.run(*_words(folder, "refused", "--prefect"))
    assert (refused.exit, refused.told) == (3, {})
    assert refused.errors.splitlines()[-1].startswith("rollbook: The database did not take the rows: no dora@example")
    assert "Traceback" not in refused.errors + "".join(capfd.readouterr())
    (run,) = _contents(folder, "refused")["runs"]
    assert (run["state"], run["rows_pending"]) == ("stopped", 8)
    name = refused.errors.split("rollbook resume ")[1].split()[0]
    (run,) = prefect_side.flow_runs(f"import-history {name}")
    assert state_of(run) == ("FAILED", "IntegrityError: see what rollbook itself says")
    assert [state_of(task) for task in prefect_side.ended_tasks(run)].count(state_of(run)) == 1
    seen = _all_that_prefect_knows(prefect_side)
    assert "import-history" in seen
    assert [text for text in PEOPLE if text.casefold() in seen.casefold()] == []


def test_without_prefect_no_prefect(folder: Path) -> None:
    """It is not imported and no server starts: the command line is instant."""
    script = f"""
import sys
from cli.main import main
assert main({_words(folder, "alone", "--quiet")!r}) == 1
assert main({_words(folder, "alone", "--quiet")!r}) == 1
loaded = [name for name in sys.modules if name.split(".")[0] in ("prefect", "uvicorn", "fastapi")]
assert not loaded, loaded
"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT")}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr


def test_a_server_that_does_not_answer(folder: Path) -> None:
    """Nothing is begun: exit 2 and one line."""
    environment = {**os.environ, "PREFECT_API_URL": "http://127.0.0.1:9/api", "PREFECT_HOME": str(folder / "prefect")}
    command = [sys.executable, "-m", "cli", *_words(folder, "none", "--quiet")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("rollbook: The Prefect server at http://127.0.0.1:9/api does not answer")
    assert _contents(folder, "none")["runs"] == []


def _refuse_loads(folder: Path, name: str) -> None:
    """A database that takes no enrollments, and says whose."""
    from ledger.database import open_database

    with open_database(f"sqlite:///{folder / name}.db", create=True).begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER refuse BEFORE INSERT ON training_enrollments "
            f"BEGIN SELECT RAISE(ABORT, 'no {FIRST[2][0]}'); END"
        )


def _all_that_prefect_knows(side: PrefectSide) -> str:
    from prefect.logging.handlers import APILogWorker

    APILogWorker.drain_all(timeout=30)
    known = side.everything()
    assert [kind for kind, told in known.items() if not told] == ["variables", "deployments"]
    assert "IntegrityError" in repr(known["task_run states"])
    return repr(known)
