"""A migration on a Dask cluster of two worker processes: the same database, and a killed worker costs only its file."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest

from pipeline.parallel.scheduler import Scheduler
from stage.part_files import PartFiles
from stage.parts import JudgedPart, StagedPart
from tests.pipeline import app, faulty
from tests.pipeline.attendance import FIRST, SECOND, write, write_settings
from tests.pipeline.workers import within

_BIN = Path(sys.executable).parent
_ROOT = Path(app.__file__).resolve().parents[2]
# What every worker of the cluster loads first: it kills whoever judges certain files, and fails on others.
_DEADLY = """
import os, signal
import pipeline.parallel.worker
import tests.pipeline.faulty
from pipeline.judge import judge_part as _judge

def judge(sheet, part, context):
    if "deadly" in part.source_file:
        os.kill(os.getpid(), signal.SIGKILL)
    return _judge(sheet, part, context)

pipeline.parallel.worker.judge_part = judge
tests.pipeline.faulty.install(setattr)
"""
# A file that kills its worker need not kill four before it is told.
_ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(_ROOT),
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0",
}


class Dask:
    """A cluster: its address, and its two workers."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        (folder / "deadly.py").write_text(_DEADLY, encoding="utf-8")
        told = folder / "scheduler.log"
        self._start(told, "scheduler", "--host", "127.0.0.1", "--port", "0")
        assert within(30, lambda: "Scheduler at:" in told.read_text(encoding="utf-8"))
        found = re.search(r"Scheduler at: *(tcp://\S+)", told.read_text(encoding="utf-8"))
        assert found
        self.address = found[1]
        for number in range(2):
            where = ("--local-directory", str(folder), "--preload", str(folder / "deadly.py"))
            self._start(folder / f"{number}.log", "worker", self.address, "--nthreads", "1", *where)
        assert within(30, lambda: len(self.workers()) == 2)

    def workers(self) -> list[psutil.Process]:
        """The processes that do the tasks, each beside its nanny."""
        return [
            process
            for nanny in self._nannies
            for process in nanny.children()
            if any("spawn_main" in word for word in process.cmdline())
        ]

    @property
    def _nannies(self) -> list[psutil.Process]:
        return [psutil.Process(process.pid) for process in self._started[1:]]

    _started: list["subprocess.Popen[bytes]"]

    def _start(self, log: Path, *words: str) -> None:
        with log.open("wb") as told:
            command = [str(_BIN / "dask"), *words, "--no-dashboard"]
            process = subprocess.Popen(command, stdout=told, stderr=told, env=_ENVIRONMENT, cwd=self._folder)
        self._started = [*getattr(self, "_started", []), process]
        self._stack.callback(_end, process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dask]:
    """A cluster for the tests of this module."""
    with ExitStack() as stack:
        yield Dask(tmp_path_factory.mktemp("dask"), stack)


def _migrated(folder: Path, *options: str, shared: Path | None = None) -> dict[str, list[dict[str, Any]]]:
    """What the database holds after a migration of six files."""
    files = folder / "files"
    if not files.exists():
        files.mkdir()
        write(files / "first.csv", FIRST)
        write(files / "second.csv", SECOND)
        for number in range(4):
            write(files / f"{number}.csv", [(f"u{number}@example.com", "", "", "S-9", "Attended", "", "")])
    url = f"sqlite:///{folder}/{time.monotonic_ns()}.db"
    told = write_settings(folder / "rollbook.toml", 1)
    if shared is not None:
        told.write_text(f'{told.read_text()}[stage]\nfolder = "{shared}"\n')
    given = ("--settings", told, "--database", url, "--out", folder / "out")
    answer = app.run("migrate", files, *given, *options, "--debug")
    assert answer.exit == 1, answer.errors
    return app.contents(url)


def test_it_is_what_processes_here_do(dask: Dask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row for row, although a worker is killed in the middle.

    Where all reach a folder, the workers write the parts, and none of them is left there.
    """
    killed: list[int] = []
    written: list[int] = []

    def write_(self: PartFiles, judged: JudgedPart) -> StagedPart:
        written.append(judged.part_id)
        return _write(self, judged)

    def open_(self: Scheduler, *asked: Any) -> Any:
        judged = _open(self, *asked)
        if not killed and self._engine is not None and not self._engine.has_our_disk:
            worker = dask.workers()[0]
            worker.kill()
            killed.append(worker.pid)
        return judged

    _open = Scheduler.open
    monkeypatch.setattr(Scheduler, "open", open_)
    _write = PartFiles.write
    monkeypatch.setattr(PartFiles, "write", write_)
    expected = _migrated(tmp_path, "--workers", "2")
    assert written == []
    for shared in (None, tmp_path / "shared"):
        assert _migrated(tmp_path, "--dask", dask.address, shared=shared) == expected
        assert (len(killed), bool(written)) == (1, shared is None)
        assert shared is None or list(shared.iterdir()) == []
        killed.clear()
        written.clear()
        assert within(30, lambda: len(dask.workers()) == 2)  # the nanny has started another


def test_a_file_that_kills_every_worker(dask: Dask, tmp_path: Path) -> None:
    """It is told, and the others load: also those that Dask blames because they waited behind it."""
    for name in ("a", "b", "deadly", "x", "y", "z"):
        write(tmp_path / f"{name}.csv", [(f"{name}@example.com", "", "", "S-1", "Attended", "", "")])
    url = f"sqlite:///{tmp_path}/test.db"
    words: tuple[str | Path, ...] = (
        "migrate",
        *sorted(tmp_path.glob("*.csv")),
        "--database",
        url,
        "--out",
        tmp_path / "out",
    )
    answer = app.run(*words, "--dask", dask.address)
    assert (answer.exit, answer.told["rows"]["loaded"]) == (1, 5), answer.errors
    assert [Path(file["path"]).name for file in answer.told["files"] if file["code"] == "file.unreadable"] == [
        "deadly.csv"
    ]


def test_a_fault_of_each_step(dask: Dask, tmp_path: Path) -> None:
    """It fails its file, and tells no cell; the others load."""
    for name in sorted(faulty.STEPS):
        write(tmp_path / f"fault-{name}.csv", [(faulty.CELL, "", "", f"fault-{name}", "Attended", "", "")])
    write(tmp_path / "good.csv", [("ana@example.com", "", "", "S-1", "Attended", "", "")])
    words = ("--database", f"sqlite:///{tmp_path}/test.db", "--out", tmp_path / "out", "--dask", dask.address)
    answer = app.run("migrate", *sorted(tmp_path.glob("*.csv")), *words)
    assert (answer.exit, answer.told["rows"]["loaded"]) == (1, 1), answer.errors
    assert [file["code"] for file in answer.told["files"]] == ["file.fault"] * 4 + [None]
    reports = sorted((tmp_path / "out" / answer.told["run"]).glob("fault-*.txt"))
    assert len(reports) == 4
    for told in (*(report.read_text(encoding="utf-8") for report in reports), *messages(words[1])):
        assert "ValueError" in told
        assert faulty.CELL not in told


def messages(url: str) -> list[str]:
    """What the ledger says of failed files."""
    return [str(file["message"]) for file in app.contents(url)["files"] if file["code"]]


def test_files_that_workers_do_not_see(dask: Dask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are told by name, and nothing begins."""
    write(tmp_path / "a.csv", SECOND)
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{tmp_path}/test.db"
    # Each process sees its own folder there.
    answer = app.run("migrate", "/proc/self/cwd/a.csv", "--database", url, "--dask", dask.address)
    assert answer.exit == 2
    assert "does not see /proc/self/cwd/a.csv" in answer.errors
    assert app.contents(url)["runs"] == []
