"""Large files are judged in a process of its own: with the same result, whatever becomes of that process."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

import flows.ahead
import flows.work
from flows.ahead import Ahead, judging_process
from tests.flows import app
from tests.flows.attendance import FIRST, SECOND, write, write_settings


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The judging processes that were started; every file counts as large."""
    processes: list[Any] = []

    def start() -> Any:
        processes.append(judging_process())
        return processes[-1]

    monkeypatch.setattr(flows.ahead, "judging_process", start)
    monkeypatch.setattr(flows.work, "LARGE_FILE_BYTES", 1)
    return processes


def imported(folder: Path, name: str) -> dict[str, list[dict[str, Any]]]:
    """What the database holds after an import of two files in parts of two rows."""
    write(folder / "first.csv", FIRST)
    write(folder / "second.csv", SECOND)
    settings = write_settings(folder / "rollbook.toml", part_rows=2)
    url = f"sqlite:///{folder / name}.db"
    words = ("--settings", settings, "--database", url, "--out", folder / "out")
    answer = app.run("import", *sorted(folder.glob("*.csv")), *words)
    assert answer.exit == 1, answer.errors
    return app.contents(url)


def test_a_process_judges_as_we_do(tmp_path: Path, begun: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    apart = imported(tmp_path, "apart")
    assert len(begun) == 1
    monkeypatch.setattr(flows.work, "LARGE_FILE_BYTES", 2**40)
    assert apart == imported(tmp_path, "here")
    assert len(begun) == 1
    assert not list((tmp_path / "out").glob("*/work"))


@pytest.mark.parametrize("after", [1, 2, 3])
def test_parts_are_judged_here_where_the_process_died(
    tmp_path: Path, begun: list[Any], monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    monkeypatch.setattr(flows.work, "LARGE_FILE_BYTES", 2**40)
    expected = imported(tmp_path, "here")
    monkeypatch.setattr(flows.work, "LARGE_FILE_BYTES", 1)
    taken: list[int] = []

    def take(self: Ahead, *asked: Any) -> Any:
        judged = _take(self, *asked)
        taken.append(1)
        if len(taken) == after:
            os.kill(begun[0].submit(os.getpid).result(), signal.SIGKILL)
        return judged

    _take = Ahead.take
    monkeypatch.setattr(Ahead, "take", take)
    assert imported(tmp_path, "apart") == expected
    assert len(taken) > after


def test_ctrl_c_is_not_its_business() -> None:
    with judging_process() as process:
        with flows.ahead._uninterrupted():
            number = process.submit(os.getpid).result()
        os.kill(number, signal.SIGINT)
        assert process.submit(os.getpid).result() == number


_PARENT = """
import os, time
from flows.ahead import judging_process
if __name__ == "__main__":
    print(judging_process().submit(os.getpid).result(), flush=True)
    time.sleep(60)
"""


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(_PARENT, encoding="utf-8")
    root = Path(flows.ahead.__file__).parent.parent
    parent = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(root)}
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert psutil.pid_exists(child)
    parent.kill()
    parent.communicate()
    assert _within(10, lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE)


def _within(seconds: float, is_so: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
