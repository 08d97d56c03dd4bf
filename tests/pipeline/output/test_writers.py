"""Writers of workbooks: one is kept for the run after, and none is left behind at work or dead."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from pipeline.output import writers
from pipeline.output.writers import Writer, end_idle, keep, ready_writer
from tests.reports.jobs import make_job, problem, record

CELLS = {"A": "ana@example.com"}
# A process that is forked while it keeps a writer: the fork's is another, and the first one lives on.
FORKED = """
import os
from pipeline.output.writers import keep, ready_writer
first = ready_writer()
keep(first)
if os.fork() == 0:
    other = ready_writer()
    different = other._process.pid != first._process.pid
    other.end()
    os._exit(0 if different else 1)
_, status = os.wait()
print(os.waitstatus_to_exitcode(status), ready_writer() is first, first.is_ready())
first.end()
"""


@pytest.fixture(autouse=True)
def none_kept() -> Iterator[None]:
    """Each test starts its own."""
    end_idle()
    yield
    end_idle()


def _job(folder: Path) -> Path:
    folder.mkdir()
    return make_job(folder, [record(12, CELLS)], [problem(12, "A", "No.")])


def test_one_writer_writes_for_one_run_after_the_other(tmp_path: Path) -> None:
    first = ready_writer()
    for name in "ab":
        writer = ready_writer() if name == "b" else first
        writer.give(_job(tmp_path / name), tmp_path / name / "out.xlsx")
        writer.wait()
        assert (tmp_path / name / "out.xlsx").exists()
        keep(writer)
        assert writer is first


def test_two_runs_at_once_have_a_writer_each_and_one_is_kept() -> None:
    one, two = ready_writer(), ready_writer()
    assert one is not two
    keep(one)
    keep(two)
    assert (one.is_ready(), two.is_ready()) == (True, False)


def test_a_writer_at_work_is_not_kept(tmp_path: Path) -> None:
    """A run that failed does not wait for its workbooks."""
    writer = ready_writer()
    writer.give(_job(tmp_path / "a"), tmp_path / "a" / "out.xlsx")
    keep(writer)
    assert ready_writer() is not writer
    assert not psutil.pid_exists(writer._process.pid)


def test_a_writer_that_died_is_replaced(tmp_path: Path) -> None:
    """Whether it dies when it is kept, or at a workbook, of which none is left."""
    kept = ready_writer()
    keep(kept)
    kept._process.kill()
    kept._process.wait()
    following = ready_writer()
    assert following is not kept
    (tmp_path / "not a job").mkdir()
    following.give(tmp_path / "not a job", tmp_path / "out.xlsx")
    following.wait()
    keep(following)
    assert (following.is_ready(), writers._idle, list(tmp_path.glob("*.xlsx"))) == (False, [], [])


def test_a_fork_leaves_the_writer_to_its_parent() -> None:
    done = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, check=True)
    assert done.stdout == "0 True True\n"


def test_it_ends_with_its_process() -> None:
    program = (
        "import os; from pipeline.output.writers import *; w = ready_writer();"
        " print(w._process.pid, flush=True); os._exit(0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    pid = json.loads(done.stdout)
    if psutil.pid_exists(pid):
        psutil.wait_procs([psutil.Process(pid)], timeout=30)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_new_writer_is_ready() -> None:
    writer = Writer()
    assert writer.is_ready()
    writer.end()
    assert not writer.is_ready()
