"""Measure Rollbook as whole processes and hold it to its bars: `python -m tests.bench [--rows N] [--rounds N]`."""

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from sqlalchemy.engine import URL

from tests.bench import dashboard, growth, migration, prefect, rest, sheets, smarteru
from tests.bench.measuring import ROLLBOOK, Measured, timed, watched
from tests.bench.report import Bar, Figure, Part, keep, kept_parts, table, tables, write_page
from tests.servers import fresh_database, mariadb_is_installed, mariadb_server, postgresql_server

FOLDER = Path("build/bench")
PAGE = Path("docs/performance.md")
KEPT = FOLDER / "measured.json"
FULL_ROWS = 1_000_000
# Rows are rejected on purpose: the run ends with 1.
REJECTED = (1,)
_NUMBERS = count(1)
Run = Callable[..., Measured]


def main() -> int:
    """Measure and print; write the page once every part was measured here at full size; 1 when a bar does not hold."""
    asked = _arguments()
    sections: dict[str, Callable[[], tuple[Any, ...]]] = {
        "import": lambda: imports(asked.rows, asked.rounds),
        "migration": lambda: migration.measure(FOLDER, asked.rounds),
        "smarteru": lambda: smarteru.measure(FOLDER, asked.rows, asked.rounds),
        "moon": lambda: rest.measure(FOLDER / "moon"),
        "dashboard": lambda: dashboard.measure(FOLDER / "dashboard", asked.rows),
        "prefect": lambda: prefect.measure(FOLDER),
        "growth": lambda: growth.measure(FOLDER, asked.growth),
    }
    bars: list[Bar] = []
    for name in asked.only or sections:
        _tell(name)
        found_bars, figures, *matrix = sections[name]()
        part = Part(found_bars, figures, f"{datetime.now(UTC):%Y-%m-%d}", asked.rounds, *matrix)
        bars += part.bars
        print(tables(part.bars, part.figures))
        if part.matrix:
            print(table(part.matrix[0], part.matrix[1:]))
        if asked.rows >= FULL_ROWS:
            keep(KEPT, name, part)
    parts = kept_parts(KEPT)
    if asked.rows >= FULL_ROWS and set(sections) <= set(parts):
        write_page(PAGE, [parts[name] for name in sections], machine())
    for bar in bars:
        if not bar.held:
            _tell(f"MISSED: {' | '.join(bar.cells())}")
    return 0 if all(bar.held for bar in bars) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rows", type=int, default=FULL_ROWS, help="rows of the large sheet (default 1,000,000)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of which the median counts (default 3)")
    parser.add_argument(
        "--growth", type=int, default=80_000, help="rows against a quarter of them, in `growth` (default 80,000)"
    )
    parts = ("import", "migration", "smarteru", "moon", "dashboard", "prefect", "growth")
    parser.add_argument(
        "--only", nargs="*", choices=parts, help="some parts, the others stay as they were measured last"
    )
    return parser.parse_args()


def imports(rows: int, rounds: int) -> tuple[list[Bar], list[Figure]]:
    """The main job, on real servers."""
    with ExitStack() as servers:
        postgresql = servers.enter_context(postgresql_server(durable=True))
        mariadb = servers.enter_context(mariadb_server(durable=True)) if mariadb_is_installed() else None
        return measure(postgresql, mariadb, rows, rounds)


def measure(postgresql: URL, mariadb: URL | None, rows: int, rounds: int) -> tuple[list[Bar], list[Figure]]:
    """All bars and figures; the sheets are made on the way, where an earlier run did not leave them."""
    large, small = (sheets.workbook(FOLDER, size) for size in (rows, rows // 10))
    _tell("in turn: floor, PostgreSQL, its repeat, SQLite, a tenth of the rows")
    turns = [one_round(postgresql, large, small) for _ in range(rounds)]
    middle = {name: median(turn[name] for turn in turns) for name in turns[0]}
    _tell("the script written by hand")
    script = on_server(postgresql, lambda url: timed(sys.executable, "-m", "tests.bench.script", str(large), url))
    _tell(f"script {script.seconds:.2f} s; now memory")
    peak = on_server(postgresql, lambda url: import_file(large, url, run=watched)).peak_mib
    csv_peaks = [csv_peak(postgresql, size) for size in (rows, rows * 5)]
    bars = [
        Bar("import to PostgreSQL, against the floor", _ratio(turns, "postgresql", "floor"), 1.8, "x"),
        Bar("faster than the script", script.seconds / middle["postgresql"], 4, "x", at_least=True),
        Bar("import to SQLite, against PostgreSQL", _ratio(turns, "sqlite", "postgresql"), 1.3, "x"),
        Bar(f"time per row at {rows:,}, against {rows // 10:,}", _ratio(turns, "postgresql", "small") / 10, 1.2, "x"),
        Bar("peak memory of all processes", peak, 1536, "MiB"),
        Bar(f"peak memory, CSV of {rows * 5:,} against {rows:,}", csv_peaks[1] / csv_peaks[0], 1.1, "x"),
        Bar("the same file again, against the first time", _ratio(turns, "repeat", "postgresql"), 0.1, "x"),
        Bar("`rollbook --help`", median(timed(ROLLBOOK, "--help").seconds for _ in range(7)), 0.3, "s"),
        Bar("`rollbook check` of 500 rows", median(check_small().seconds for _ in range(5)), 1.5, "s"),
    ]
    figures = [
        *(Figure(f"{told}, {rows:,} rows", middle[name], "s") for name, told in _NAMES.items() if name in middle),
        Figure(f"PostgreSQL, {rows // 10:,} rows", middle["small"], "s"),
        Figure(f"the script, {rows:,} rows", script.seconds, "s"),
        Figure(f"peak memory, CSV of {rows:,} rows", csv_peaks[0], "MiB"),
        Figure(f"peak memory, CSV of {rows * 5:,} rows", csv_peaks[1], "MiB"),
    ]
    if mariadb is not None:
        into_mariadb = on_server(mariadb, lambda url: import_file(large, url))
        figures.append(Figure(f"MariaDB, {rows:,} rows", into_mariadb.seconds, "s"))
    return bars, figures


_NAMES = {
    "floor": "the floor",
    "postgresql": "PostgreSQL",
    "repeat": "PostgreSQL, the same file again",
    "sqlite": "SQLite",
}


def one_round(postgresql: URL, large: Path, small: Path) -> dict[str, float]:
    """Seconds by name, each run on a new database, one after the other."""
    floor = on_server(postgresql, lambda url: timed(sys.executable, "-m", "tests.bench.floor", str(large), url))
    with fresh_database(postgresql, f"bench_{next(_NUMBERS)}") as url:
        first, again = import_file(large, url), import_file(large, url)
    with _sqlite() as url:
        sqlite = import_file(large, url)
    less = on_server(postgresql, lambda url: import_file(small, url))
    seconds = {"floor": floor, "postgresql": first, "repeat": again, "sqlite": sqlite, "small": less}
    told = {name: measured.seconds for name, measured in seconds.items()}
    _tell("  ".join(f"{name} {figure:.2f} s" for name, figure in told.items()))
    return told


def import_file(file: Path, url: str, run: Run = timed) -> Measured:
    """`rollbook import` as a process of its own; its accounts are looked at."""
    out = FOLDER / "out"
    measured = run(ROLLBOOK, "import", str(file), "--database", url, "--out", str(out), "--json", exits=REJECTED)
    shutil.rmtree(out, ignore_errors=True)
    told = json.loads(measured.output)["rows"]
    arrived = told["loaded"] + told["unchanged"]
    if not told["rejected"] or arrived < told["read"] * 0.9:
        raise RuntimeError(f"These are not the rows that the sheet holds: {told}")
    return measured


def csv_peak(postgresql: URL, rows: int) -> float:
    """Peak memory in MiB of an import of a CSV."""
    file = sheets.csv_file(FOLDER, rows)
    measured = on_server(postgresql, lambda url: import_file(file, url, run=watched))
    _tell(f"CSV of {rows:,} rows: {measured.seconds:.2f} s, {measured.peak_mib:,.0f} MiB at most")
    return measured.peak_mib


def check_small() -> Measured:
    """`rollbook check` of 500 rows, with no database yet."""
    file = sheets.workbook(FOLDER, 500)
    with _sqlite() as url:
        return timed(ROLLBOOK, "check", str(file), "--database", url, "--out", str(FOLDER / "out"), exits=REJECTED)


def on_server(server: URL, run: Callable[[str], Measured]) -> Measured:
    """Run on a new database of the server."""
    with fresh_database(server, f"bench_{next(_NUMBERS)}") as url:
        return run(url)


@contextmanager
def _sqlite() -> Iterator[str]:
    path = FOLDER / "bench.db"
    _remove(path)
    yield f"sqlite:///{path}"
    _remove(path)


def _remove(database: Path) -> None:
    for path in database.parent.glob(f"{database.name}*"):
        path.unlink()


def _ratio(turns: list[dict[str, float]], name: str, against: str) -> float:
    return median(turn[name] / turn[against] for turn in turns)


def _tell(what: str) -> None:
    print(f"[{datetime.now(UTC):%H:%M:%S}] {what}", file=sys.stderr)


def machine() -> str:
    """The class of the machine, without its name."""
    memory = psutil.virtual_memory().total / 1024**3
    return f"a virtual machine of {psutil.cpu_count()} cores and {memory:.0f} GiB of memory"


if __name__ == "__main__":
    sys.exit(main())
