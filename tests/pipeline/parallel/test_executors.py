"""Processes that do tasks: replaced when they die, ended with their parent, deaf to Ctrl-C."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

import pipeline.parallel.executors
from pipeline.parallel.executors import Lost, Processes, reach
from rollbook.errors import CannotBegin
from rollbook.installation import PACKAGES
from tests.pipeline.workers import has_ended, within, workers_of


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """Two of them."""
    made = Processes(2, tmp_path, warm="os")
    yield made
    made.close()


def test_a_task_that_kills_its_process_costs_only_itself(processes: Processes, tmp_path: Path) -> None:
    """Those beside it and after it are done, and what is shared is there again."""
    name = str(tmp_path / "common")
    processes.share(name, b"\x80\x04K\x07.")  # 7
    before, deadly, after = (
        processes.submit(pipeline.parallel.executors.shared, name),
        processes.submit(os.kill, os.getpid(), 0),
        processes.submit(os._exit, 9),
    )
    assert before.result() == 7
    assert deadly.result() is None
    with pytest.raises(Lost):
        after.result()
    assert processes.submit(pipeline.parallel.executors.shared, name).result() == 7
    assert [path.name for path in tmp_path.iterdir()] == ["common"]


def test_idle_processes_that_were_killed_are_replaced(processes: Processes) -> None:
    """With all of them gone at once the pool itself is made anew."""
    for _ in range(3):
        processes.submit(os.getpid).result()
        for worker in workers_of(os.getpid()):
            worker.kill()
        try:
            processes.submit(os.getpid).result()
        except Lost:
            continue


def test_what_a_task_raises_is_raised(processes: Processes) -> None:
    """A fault is no death."""
    with pytest.raises(ZeroDivisionError):
        processes.submit(divmod, 1, 0).result()


def test_ctrl_c_is_not_their_business(processes: Processes) -> None:
    """Whoever pressed it means us; we end them."""
    number = processes.submit(os.getpid).result()
    for worker in workers_of(os.getpid()):
        os.kill(worker.pid, signal.SIGINT)
    assert processes.submit(os.getpid).result() in {worker.pid for worker in workers_of(os.getpid())}
    assert psutil.pid_exists(number)


_PARENT = """
import os, sys, time
from pathlib import Path
from pipeline.parallel.executors import Processes
if __name__ == "__main__":
    print(Processes(1, Path(sys.argv[1]), warm="os").submit(os.getpid).result(), flush=True)
    time.sleep(60)
"""


def test_they_end_with_their_parent(tmp_path: Path) -> None:
    """However it ends."""
    script = tmp_path / "parent.py"
    script.write_text(_PARENT, encoding="utf-8")
    root = PACKAGES
    command = [sys.executable, str(script), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    assert within(10, lambda: has_ended(child))


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "127.0.0.1:1", "tcp://", "tcp://127.0.0.1:port"])
def test_a_wrong_address_is_told_at_once(address: str) -> None:
    """Dask itself would look for a scheduler for half a minute."""
    with pytest.raises(CannotBegin, match="No Dask scheduler answers at"):
        reach(address)
