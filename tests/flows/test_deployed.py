"""Under Prefect the same steps give the same database, and Prefect gets to see nobody's data."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows import app
from tests.flows.attendance import FIRST, write_history, write_settings

PEOPLE = ("ana@example", "Alvarez", "dora", "Diaz", "emil", "Egan", "fay(at)", "Frost", "1004", "perhaps")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files to import."""
    write_history(tmp_path / "history")
    write_settings(tmp_path / "rollbook.toml")
    return tmp_path


def _words(folder: Path, name: str, *options: str) -> list[str]:
    given = ["--database", f"sqlite:///{folder / name}.db", "--settings", str(folder / "rollbook.toml")]
    return ["import", str(folder / "history"), *given, "--out", str(folder / "out"), *options]


def _contents(folder: Path, name: str) -> dict[str, list[dict[str, object]]]:
    return app.contents(f"sqlite:///{folder / name}.db")


def test_the_same_database_row_for_row(prefect_server: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By `--prefect` and by PREFECT_API_URL, as by the command line alone."""
    assert app.run(*_words(folder, "plain")).exit == 1
    flow = app.run(*_words(folder, "flow", "--prefect"))
    assert flow.exit == 1, flow
    assert _contents(folder, "flow") == _contents(folder, "plain")
    monkeypatch.setenv("PREFECT_API_URL", prefect_server)
    assert app.run(*_words(folder, "named")).exit == 1
    assert _contents(folder, "named") == _contents(folder, "plain")
    assert [_state_of(answer) for answer in _flow_runs(flow)] == [("COMPLETED", None)]
    assert len(_task_runs(flow)) == 9
    assert {task["state_type"] for task in _task_runs(flow)} == {"COMPLETED"}


def test_prefect_sees_nobodys_data(prefect_server: str, folder: Path) -> None:
    """Neither names, parameters, states, logs nor artifacts hold a cell of a row; a failing step's neither."""
    assert prefect_server
    assert app.run(*_words(folder, "flow", "--prefect")).exit == 1
    _refuse_loads(folder, "refused")
    refused = app.run(*_words(folder, "refused", "--prefect"))
    assert refused.exit == 3
    seen = _all_that_prefect_knows()
    assert "import-history" in seen
    assert [text for text in PEOPLE if text.casefold() in seen.casefold()] == []


def test_a_failing_step_fails_the_flow_and_the_command(
    prefect_server: str, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The exit code and the line are those of the command line alone; no traceback."""
    assert prefect_server
    _refuse_loads(folder, "refused")
    refused = app.run(*_words(folder, "refused", "--prefect"))
    assert (refused.exit, refused.told) == (3, {})
    assert refused.errors.splitlines()[-1].startswith("rollbook: The database did not take the rows: no dora@example")
    assert "Traceback" not in refused.errors + "".join(capfd.readouterr())
    (run,) = _contents(folder, "refused")["runs"]
    assert (run["state"], run["rows_pending"]) == ("stopped", 8)
    name = refused.errors.split("rollbook resume ")[1].strip()
    failed = app.Answer(3, {"run": name}, "")
    told = ("FAILED", "IntegrityError: see what rollbook itself says")
    assert [_state_of(run) for run in _flow_runs(failed)] == [told]
    assert [_state_of(run) for run in _task_runs(failed)].count(told) == 1


def test_without_prefect_no_prefect(folder: Path) -> None:
    """It is not imported and no server starts: the command line is instant."""
    script = f"""
import sys
from flows.cli import main
assert main({_words(folder, "plain", "--quiet")!r}) == 1
assert main({_words(folder, "plain", "--quiet")!r}) == 1
loaded = [name for name in sys.modules if name.split(".")[0] in ("prefect", "uvicorn", "fastapi")]
assert not loaded, loaded
"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT")}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_server_that_does_not_answer(folder: Path) -> None:
    """Nothing is begun: exit 2 and one line."""
    environment = {**os.environ, "PREFECT_API_URL": "http://127.0.0.1:9/api", "PREFECT_HOME": str(folder / "prefect")}
    command = [sys.executable, "-m", "flows", *_words(folder, "none", "--quiet")]
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


def _flow_runs(answer: app.Answer) -> list[dict[str, object]]:
    return _asked("/flow_runs/filter", {"flow_runs": {"name": {"like_": str(answer.told["run"])}}})


def _task_runs(answer: app.Answer) -> list[dict[str, object]]:
    return _asked("/task_runs/filter", {"flow_runs": {"name": {"like_": str(answer.told["run"])}}})


def _state_of(run: dict[str, object]) -> tuple[object, object]:
    state = run["state"]
    assert isinstance(state, dict)
    return state["type"], state["message"]


def _asked(path: str, body: dict[str, object]) -> list[dict[str, object]]:
    from prefect import get_client

    with get_client(sync_client=True) as client:
        found: list[dict[str, object]] = client._client.post(path, json=body).json()
    return found


def _all_that_prefect_knows() -> str:
    from prefect.logging.handlers import APILogWorker

    APILogWorker.drain_all(timeout=30)
    kinds = ("flows", "flow_runs", "task_runs", "logs", "artifacts", "variables")
    answers = {kind: _asked(f"/{kind}/filter", {}) for kind in kinds}
    for kind in ("flow_runs", "task_runs"):
        histories = [_asked_states(kind, str(run["id"])) for run in answers[kind]]
        answers[f"{kind} states"] = [state for history in histories for state in history]
    assert [kind for kind, told in answers.items() if not told] == ["artifacts", "variables"]
    assert "IntegrityError" in repr(answers["task_runs states"])
    return repr(answers)


def _asked_states(kind: str, run_id: str) -> list[dict[str, object]]:
    from prefect import get_client

    with get_client(sync_client=True) as client:
        found: list[dict[str, object]] = client._client.get(
            f"/{kind.removesuffix('s')}_states/", params={f"{kind.removesuffix('s')}_id": run_id}
        ).json()
    return found
