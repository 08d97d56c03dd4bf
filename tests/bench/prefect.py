"""The bars of Prefect: what `--prefect` adds against a running server, and that without one nothing of it starts."""

import os
import shutil
import subprocess
import time
from pathlib import Path
from statistics import median

import psutil

from tests.bench import sheets
from tests.bench.measuring import ROLLBOOK
from tests.bench.report import Bar, Figure
from tests.flows.prefect_side import prefect_server_process

ROWS = 500
ROUNDS = 5


def measure(folder: Path) -> tuple[list[Bar], list[Figure]]:
    """The bars and figures; the same small sheet is imported each time, into a new database."""
    folder = folder / "prefect"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "home").mkdir(parents=True)
    sheet = sheets.workbook(folder, ROWS)
    # Named nowhere: neither in the environment nor by an option.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    began = time.perf_counter()
    with prefect_server_process(folder / "home") as server:
        up = time.perf_counter() - began
        turns = [
            (_seconds(folder, sheet, plain), _seconds(folder, sheet, server.environment, "--prefect"))
            for _ in range(ROUNDS)
        ]
    started = _servers_of(folder, sheet, plain)
    shutil.rmtree(folder)
    added = median(flow - without for without, flow in turns)
    bars = [
        Bar(f"what `--prefect` adds to an import of {ROWS} rows, against a running server", added, 3, "s"),
        Bar("servers that `rollbook import` starts without Prefect", started, 0, "servers"),
    ]
    figures = [
        Figure(f"import of {ROWS} rows", median(without for without, _ in turns), "s"),
        Figure(f"import of {ROWS} rows with `--prefect`", median(flow for _, flow in turns), "s"),
        Figure("`prefect server start`, until it answers", up, "s"),
    ]
    return bars, figures


def _command(folder: Path, sheet: Path, *options: str) -> list[str]:
    for left in folder.glob("bench.db*"):
        left.unlink()
    database = f"sqlite:///{folder / 'bench.db'}"
    return [ROLLBOOK, "import", str(sheet), "--database", database, "--out", str(folder / "out"), "--json", *options]


def _seconds(folder: Path, sheet: Path, environment: dict[str, str], *options: str) -> float:
    """The wall clock of one import."""
    command = _command(folder, sheet, *options)
    began = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode != 1:  # rows are rejected on purpose
        raise RuntimeError(f"{command} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    return seconds


def _servers_of(folder: Path, sheet: Path, environment: dict[str, str]) -> int:
    """How many of the processes of an import listened for others, or were Prefect's."""
    found: set[int] = set()
    with subprocess.Popen(
        _command(folder, sheet), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None:
            found |= _listening(process.pid)
            time.sleep(0.01)
    return len(found)


def _listening(pid: int) -> set[int]:
    found = set()
    try:
        parent = psutil.Process(pid)
        for process in [parent, *parent.children(recursive=True)]:
            listens = any(each.status == psutil.CONN_LISTEN for each in process.net_connections("inet"))
            if listens or any(word.startswith("prefect") or word.endswith("/prefect") for word in process.cmdline()):
                found.add(process.pid)
    except psutil.Error:  # it ended meanwhile
        pass
    return found
