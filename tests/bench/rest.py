"""The bars of systems that take rows one by one: how near they come to bare HTTP, and what a second run costs."""

import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.measuring import ROLLBOOK, Measured, timed, watched
from tests.bench.report import Bar, Figure
from tests.bench.rows import axcelerate_rows, axcelerate_school, moon_company, moon_rows
from tests.servers.axcelerate import axcelerate_server
from tests.servers.moon import moon_server

ROWS = 5_000
# What a request takes at least that goes to a server elsewhere.
PAUSE_SECONDS = 0.05


@dataclass(frozen=True)
class System:
    """One that is measured.

    word: as `--to` calls it. serve: rows, seconds that each request takes -> what a server receives that runs, with its
    address and keys in the environment. sheet: so many rows as CSV. at_once: requests at once, as its setting has it.
    most_new, most_again: the most requests that ROWS rows may take, and the same rows again.
    """

    word: str
    name: str
    at_once: int
    serve: Callable[[int, float], AbstractContextManager[list[Any]]]
    sheet: Callable[[int], str]
    most_new: int
    most_again: int


@contextmanager
def _moon(rows: int, pause: float) -> Iterator[list[Any]]:
    with moon_server(state=moon_company(rows), pause=pause) as server:
        os.environ |= {"ROLLBOOK_MOON_URL": server.url, "ROLLBOOK_MOON_TOKEN": server.token}
        yield server.requests


def _moon_sheet(rows: int) -> str:
    lines = (f"EMP-{number:04},{session},Completed,{score}\n" for number, session, score in moon_rows(rows))
    return "Employee ID,Session ID,Status,Grade\n" + "".join(lines)


@contextmanager
def _axcelerate(rows: int, pause: float) -> Iterator[list[Any]]:
    with axcelerate_server(state=axcelerate_school(rows), pause=pause) as server:
        os.environ["ROLLBOOK_AXCELERATE_URL"] = server.url
        os.environ["ROLLBOOK_AXCELERATE_API_TOKEN"] = server.api_token
        os.environ["ROLLBOOK_AXCELERATE_WS_TOKEN"] = server.ws_token
        yield server.requests


def _axcelerate_sheet(rows: int) -> str:
    lines = (f"{contact},{class_id},{unit},20\n" for contact, class_id, unit in axcelerate_rows(rows))
    return "Contact ID,Class ID,Unit ID,Outcome code\n" + "".join(lines)


SYSTEMS = (
    System("moon", "Moon ERP", 8, _moon, _moon_sheet, 10_300, 120),
    System("axcelerate", "aXcelerate", 4, _axcelerate, _axcelerate_sheet, 6_400, 1_300),
)


def measure(folder: Path) -> tuple[list[Bar], list[Figure]]:
    """The bars and figures of every system."""
    bars: list[Bar] = []
    figures: list[Figure] = []
    for system in SYSTEMS:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        more_bars, more_figures = _measure(system, folder)
        bars += more_bars
        figures += more_figures
        shutil.rmtree(folder)
    return bars, figures


def _measure(system: System, folder: Path) -> tuple[list[Bar], list[Figure]]:
    """From a sheet of ROWS rows and, for memory, one of a tenth of them."""
    with system.serve(ROWS, PAUSE_SECONDS):
        bare = timed(sys.executable, "-m", "tests.bench.bare_requests", system.word, str(ROWS), str(system.at_once))
    with system.serve(ROWS, PAUSE_SECONDS) as requests:
        first = _import(system, folder, "first", ROWS)
        made = Counter(one.method for one in requests)
        requests.clear()
        _import(system, folder, "first", ROWS)
        again = Counter(one.method for one in requests)
    peaks = []
    for rows in (ROWS, ROWS // 10):
        with system.serve(rows, 0.0):
            peaks.append(_import(system, folder, f"memory-{rows}", rows, watching=True).peak_mib)
    rows_of = f"{ROWS:,} rows to {system.name}"
    pace = 100 * float(bare.output) / first.seconds
    bars = [
        Bar(
            f"{rows_of} ({system.at_once} at once, 50 ms each): rows a second, against bare httpx",
            pace,
            80,
            "%",
            at_least=True,
        ),
        Bar(f"{rows_of}: requests", made.total(), system.most_new, "requests"),
        Bar(f"{rows_of} again: requests", again.total(), system.most_again, "requests"),
        Bar(f"{rows_of} again: requests that write", again["POST"] + again["PUT"], 0, "requests"),
        Bar(f"peak memory of {rows_of}, against {ROWS // 10:,}", peaks[0] / peaks[1], 1.1, "x"),
    ]
    return bars, [Figure(rows_of, first.seconds, "s"), Figure(f"{rows_of}: bare httpx", float(bare.output), "s")]


def _import(system: System, folder: Path, name: str, rows: int, *, watching: bool = False) -> Measured:
    sheet, database = folder / f"{rows}.csv", f"sqlite:///{folder / f'{name}.db'}"
    sheet.write_text(system.sheet(rows))
    where = ("--database", database, "--out", str(folder / "out"), "--quiet")
    return (watched if watching else timed)(ROLLBOOK, "import", str(sheet), "--to", system.word, *where)
