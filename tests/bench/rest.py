"""The bars of Moon ERP: how near its rows come to what bare HTTP requests reach, and what a second run costs."""

import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.measuring import ROLLBOOK, Measured, timed, watched
from tests.bench.report import Bar, Figure
from tests.servers.moon import MoonServer, moon_server, sample

ROWS = 5_000
AT_ONCE = 8
# What a request takes at least that goes to a server elsewhere.
PAUSE_SECONDS = 0.05
# The sample company's session without an end of seats.
_SESSION = 302


def measure(folder: Path) -> tuple[list[Bar], list[Figure]]:
    """The bars and figures, from a sheet of ROWS rows and, for memory, one of a tenth of them."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with _company(PAUSE_SECONDS) as server:
        bare = timed(sys.executable, "-m", "tests.bench.bare_requests", str(ROWS), str(AT_ONCE))
        server.requests.clear()
        first = _import(folder, "first", ROWS)
        made = Counter(one.method for one in server.requests)
        server.requests.clear()
        _import(folder, "first", ROWS)
        again = Counter(one.method for one in server.requests)
    peaks = []
    for rows in (ROWS, ROWS // 10):
        with _company(0.0):
            peaks.append(_import(folder, f"memory-{rows}", rows, watching=True).peak_mib)
    shutil.rmtree(folder)
    rate, bare_rate = made.total() / first.seconds, ROWS / float(bare.output)
    at_once = f"{AT_ONCE} at once, 50 ms each"
    bars = [
        Bar(
            f"{ROWS:,} rows to Moon ERP ({at_once}): requests a second, against bare httpx",
            100 * rate / bare_rate,
            85,
            "%",
            at_least=True,
        ),
        Bar("the same rows again: requests that write", again["POST"] + again["PUT"], 0, "requests"),
        Bar(f"peak memory of {ROWS:,} rows to Moon ERP, against {ROWS // 10:,}", peaks[0] / peaks[1], 1.1, "x"),
    ]
    figures = [
        Figure(f"{ROWS:,} rows to Moon ERP", first.seconds, "s"),
        Figure("requests for them", made.total(), "requests"),
        Figure("the same rows again: requests that read", again["GET"], "requests"),
    ]
    return bars, figures


@contextmanager
def _company(pause: float) -> Iterator[MoonServer]:
    """A Moon ERP in this process, which measures another one; the address and the key are in the environment."""
    with moon_server(state=sample(ROWS), pause=pause) as server:
        os.environ |= {"ROLLBOOK_MOON_URL": server.url, "ROLLBOOK_MOON_TOKEN": server.token}
        yield server


def _import(folder: Path, name: str, rows: int, *, watching: bool = False) -> Measured:
    sheet, database = folder / f"{rows}.csv", f"sqlite:///{folder / f'{name}.db'}"
    lines = (f"EMP-{number:04},{_SESSION},Completed,{number % 101}\n" for number in range(1, rows + 1))
    sheet.write_text("Employee ID,Session ID,Status,Grade\n" + "".join(lines))
    where = ("--database", database, "--out", str(folder / "out"), "--quiet")
    return (watched if watching else timed)(ROLLBOOK, "import", str(sheet), "--to", "moon", *where)
