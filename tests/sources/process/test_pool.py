"""Servers that read one file after the other: kept, replaced, and never left behind, whatever happens to a file."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from sources.process import pool
from sources.process.pool import Asked, Job, end_idle, start_early
from sources.process.reader import start_reading
from sources.raw_sheets import ReadingLimits
from tests.sources.reading_of import LIMITS, assert_gone, cells, fork, is_there, read, servers
from tests.sources.workbook_files import xlsx_of

ROW = '<row r="1"><c r="A1" t="inlineStr"><is><t>{}</t></is></c></row>'
# A parser asked for this sheet wants half a terabyte.
# A process of its own, whose reading hangs: it tells its server and the fork.
HANGING = """
import sys, time
from pathlib import Path
from sources.process.pool import Asked, Job
from sources.raw_sheets import ReadingLimits
from tests.sources.reading_of import fork, servers
path, folder = map(Path, sys.argv[1:])
job = Job(Asked(path), folder, folder / "errors.txt", ReadingLimits(memory_mib=256, seconds=60))
print(servers()[0].pid, fork().pid, flush=True)
time.sleep(60)
"""
# A process that read a file, was forked, and is gone: its server, and what the fork says of a reading of its own.
FORKED = """
import os, sys, time
from pathlib import Path
from tests.sources.reading_of import read, servers
path = Path(sys.argv[1])
assert read(path).code is None
before = servers()[0].pid
if os.fork() == 0:
    assert read(path).code is None
    print(before, servers()[0].pid, flush=True)
    sys.stdin.read()
    os._exit(0)
os.wait()
"""


@pytest.fixture(autouse=True)
def no_idle_servers() -> Iterator[None]:
    """Each test starts its own."""
    end_idle()
    yield
    end_idle()


def book(folder: Path, text: str = "a") -> Path:
    """A workbook of one cell."""
    return xlsx_of(folder / f"{text}.xlsx", ROW.format(text))


def hanging(folder: Path, seconds: int = 60) -> Job:
    """A job that never ends by itself: nobody writes into the pipe that it reads."""
    path = folder / "pipe"
    os.mkfifo(path)
    return Job(Asked(path), folder, folder / "errors.txt", ReadingLimits(memory_mib=256, seconds=seconds))


def server() -> psutil.Process:
    """The only one."""
    (only,) = servers()
    return only


def soon() -> float:
    """A deadline."""
    return time.monotonic() + 20


def test_one_server_reads_one_file_after_the_other(tmp_path: Path) -> None:
    """Of any kind, each seeing its own."""
    table = tmp_path / "history.csv"
    table.write_text("id,status\n1,Attended\n")
    assert cells(read(book(tmp_path)).sheets[0]) == [[1, "a"]]
    first = server()
    assert cells(read(table).sheets[0]) == [[1, "id", "status"], [2, "1", "Attended"]]
    assert cells(read(book(tmp_path, "b")).sheets[0]) == [[1, "b"]]
    assert server() == first
    assert first.children() == []


def test_a_server_has_one_thread_and_holds_nothing(tmp_path: Path) -> None:
    """A fork of several threads is not safe; an open file or folder would be in somebody's way."""
    for number in range(2):
        assert read(book(tmp_path, str(number))).code is None
    assert server().num_threads() == 1
    assert (server().cwd(), server().open_files()) == ("/", [])


def test_two_readings_at_once_have_a_server_each(tmp_path: Path) -> None:
    """Of three, two are kept."""
    readings = [start_reading(book(tmp_path, text), tmp_path / "read", LIMITS) for text in "abc"]
    assert len(servers()) == 3
    found = [reading.result() for reading in readings]
    assert [cells(file.sheets[0]) for file in found] == [[[1, "a"]], [[1, "b"]], [[1, "c"]]]
    assert len(servers()) == 2


def test_a_file_that_asks_for_too_much_does_not_disturb_the_next(tmp_path: Path) -> None:
    """Nor do its limits."""
    assert read(book(tmp_path), ReadingLimits(memory_mib=8, seconds=60)).code == "file.too_large"
    first = server()
    assert first.rlimit(psutil.RLIMIT_AS) == psutil.Process().rlimit(psutil.RLIMIT_AS)
    assert cells(read(book(tmp_path)).sheets[0]) == [[1, "a"]]
    assert server() == first


def test_a_killed_fork_does_not_disturb_the_next_file(tmp_path: Path) -> None:
    """The same server goes on."""
    job = hanging(tmp_path)
    first = server()
    fork().kill()
    assert job.wait(soon()) == -signal.SIGKILL
    job.end()
    assert cells(read(book(tmp_path)).sheets[0]) == [[1, "a"]]
    assert server() == first


def test_a_fork_ends_itself_in_time(tmp_path: Path) -> None:
    """Should nobody else do so."""
    job = hanging(tmp_path, seconds=-4)
    assert job.wait(soon()) == -signal.SIGALRM
    job.end()


def test_a_file_that_hangs_does_not_disturb_the_next(tmp_path: Path) -> None:
    """The server and the fork are ended when the time is up; asked again, the answer stays."""
    assert read(book(tmp_path)).code is None
    long = tmp_path / "long.csv"
    long.write_text("id,status\n" + "1,Attended\n" * 1_000_000)  # it takes its time until it is stopped
    reading = start_reading(long, tmp_path / "read", ReadingLimits(memory_mib=2048, seconds=1))
    first, stopped = server(), fork()
    stopped.suspend()
    assert reading.result().code == "file.too_large"
    assert_gone(first.pid, stopped.pid)
    assert reading.result().code == "file.too_large"
    assert cells(read(book(tmp_path)).sheets[0]) == [[1, "a"]]
    assert server() != first


def test_a_cancelled_reading_leaves_nothing_behind(tmp_path: Path) -> None:
    """Nothing is written any more when the caller goes on: it may remove the folder."""
    job = hanging(tmp_path)
    first, hangs = server(), fork()
    job.end()
    assert not first.is_running()
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        assert hangs.num_fds() == 0
    assert_gone(hangs.pid)


def test_a_server_killed_while_idle_is_replaced(tmp_path: Path) -> None:
    """Nobody notices."""
    assert read(book(tmp_path)).code is None
    first = server()
    first.kill()
    assert cells(read(book(tmp_path, "b")).sheets[0]) == [[1, "b"]]
    assert server() != first


def test_a_server_started_early_reads_the_first_file(tmp_path: Path) -> None:
    """One that did not start is replaced."""
    start_early()
    first = server()
    assert cells(read(book(tmp_path)).sheets[0]) == [[1, "a"]]
    assert server() == first
    end_idle()
    start_early()
    server().kill()
    assert cells(read(book(tmp_path, "b")).sheets[0]) == [[1, "b"]]


def test_a_server_killed_before_it_got_to_the_file_is_replaced(tmp_path: Path) -> None:
    """The job was given and not begun."""
    assert read(book(tmp_path)).code is None
    first = server()
    first.suspend()
    reading = start_reading(book(tmp_path, "b"), tmp_path / "read", LIMITS)
    first.kill()
    assert cells(reading.result().sheets[0]) == [[1, "b"]]


def test_a_server_killed_in_the_middle_is_told(tmp_path: Path) -> None:
    """Its fork does not go on."""
    job = hanging(tmp_path)
    first, hangs = server(), fork()
    first.kill()
    assert job.wait(soon()) == -signal.SIGKILL
    assert_gone(first.pid, hangs.pid)
    job.end()
    assert read(book(tmp_path)).code is None


def test_a_server_that_cannot_start_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once: it is not tried again and again."""
    monkeypatch.setattr(sys, "executable", "/bin/false")
    result = read(book(tmp_path))
    assert (result.code, "broke down" in str(result.message)) == ("file.unreadable", True)
    assert servers() == []


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_process_outlives_its_parent(tmp_path: Path, sent: signal.Signals) -> None:
    """However that ends: neither the server nor a fork that hangs."""
    os.mkfifo(tmp_path / "pipe")
    command = [sys.executable, "-c", HANGING, str(tmp_path / "pipe"), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as parent:
        assert parent.stdout is not None
        pids = [int(word) for word in parent.stdout.readline().split()]
        assert [is_there(pid) for pid in pids] == [True, True]
        parent.send_signal(sent)
    assert_gone(*pids)


def test_an_idle_server_ends_with_its_parent(tmp_path: Path) -> None:
    """Which does not wait for it, nor complain."""
    code = "import sys; from pathlib import Path; from tests.sources.reading_of import read, servers;"
    code += "assert read(Path(sys.argv[1])).code is None; print(servers()[0].pid)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(book(tmp_path))], capture_output=True, text=True, check=True
    )
    assert_gone(int(done.stdout))
    assert done.stderr == ""


def test_a_fork_of_the_parent_has_servers_of_its_own(tmp_path: Path) -> None:
    """It shares none, and holds up the end of none."""
    command = [sys.executable, "-c", FORKED, str(book(tmp_path))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        first, second = (int(word) for word in parent.stdout.readline().split())
        assert first != second
        parent.kill()
        assert_gone(first)
        assert is_there(second)
        parent.communicate()
    assert_gone(second)


def test_a_hundred_files_leave_nothing_in_the_server(tmp_path: Path) -> None:
    """Neither memory (bytes of its own) nor open files."""
    path = book(tmp_path)

    def held() -> tuple[int, int]:
        return server().memory_full_info().uss, server().num_fds()

    for _ in range(5):
        read(path)
    first, (memory, files) = server(), held()
    for _ in range(100):
        assert read(path).code is None
    assert server() == first
    assert held()[1] == files
    assert held()[0] < memory + (256 << 10)


def test_where_no_fork_is_safe_a_process_reads_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the same limits, and the same ends."""
    monkeypatch.setattr(pool, "_FORKS", False)
    assert cells(read(book(tmp_path)).sheets[0]) == [[1, "a"]]
    assert read(book(tmp_path), ReadingLimits(memory_mib=8, seconds=60)).code == "file.too_large"
    assert read(book(tmp_path), ReadingLimits(memory_mib=256, seconds=0)).code == "file.too_large"
    job = hanging(tmp_path)
    hangs = server()
    job.end()
    assert not hangs.is_running()
    assert servers() == []
