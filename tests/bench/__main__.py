"""Measure Rollbook as whole processes and hold it to its bars: `python -m tests.bench [--rows N] [--rounds N]`."""

import argparse
import json
import os
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
from tests.bench.listing import listing
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
    # An installed Rollbook is compiled; where this is set, each process would compile all that it imports: a second.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
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
    bars: list[Bar] = []
    figures: list[Figure] = []
    for shape, told in SHEETS.items():
        large = sheets.workbook(FOLDER, rows, shape)
        _tell(f"in turn: floor and databases, {told}")
        turns = [one_round(postgresql, mariadb, large) for _ in range(rounds)]
        bars += [
            Bar(f"import to {name}, against {of}, {told}", _ratio(turns, key, against), bound, "x")
            for key, name, against, of, bound in _AGAINST
            if key in turns[0]
        ]
        names = {key: name for key, name, *_ in _AGAINST} | {"floor": "the floor"}
        middle = {key: median(turn[key] for turn in turns) for key in turns[0]}
        figures += [Figure(f"{names[key]}, {rows:,} rows, {told}", middle[key], "s") for key in middle]
    for more_bars, more_figures in (
        _memory_and_size(postgresql, rows),
        _same_again(postgresql, rows, rounds),
        _small(),
        _listed(rows),
    ):
        bars += more_bars
        figures += more_figures
    return bars, figures


SHEETS = {sheets.USUAL: "50,000 learners", sheets.MANY_LEARNERS: "190,000 learners by e-mail"}
_AGAINST = (
    ("postgresql", "PostgreSQL", "floor", "the floor", 1.5),
    ("sqlite", "SQLite", "postgresql", "PostgreSQL", 1.1),
    ("mariadb", "MariaDB", "postgresql", "PostgreSQL", 1.5),
)


def one_round(postgresql: URL, mariadb: URL | None, large: Path) -> dict[str, float]:
    """Seconds by name, each run on a new database, one after the other."""
    seconds = {
        "floor": on_server(postgresql, lambda url: timed(sys.executable, "-m", "tests.bench.floor", str(large), url)),
        "postgresql": on_server(postgresql, lambda url: import_file(large, url)),
    }
    with _sqlite() as url:
        seconds["sqlite"] = import_file(large, url)
    if mariadb is not None:
        seconds["mariadb"] = on_server(mariadb, lambda url: import_file(large, url))
    told = {name: measured.seconds for name, measured in seconds.items()}
    _tell("  ".join(f"{name} {figure:.2f} s" for name, figure in told.items()))
    return told


def _memory_and_size(postgresql: URL, rows: int) -> tuple[list[Bar], list[Figure]]:
    """What ten times the rows take, and the most memory of all processes."""
    large = sheets.workbook(FOLDER, rows)
    peak = on_server(postgresql, lambda url: import_file(large, url, run=watched)).peak_mib
    less, more = (csv_import(postgresql, size) for size in (rows, rows * 10))
    bars = [
        Bar("peak memory of all processes", peak, 1229, "MiB"),
        Bar(f"peak memory, CSV of {rows * 10:,} against {rows:,}", more.peak_mib / less.peak_mib, 1.1, "x"),
        Bar(f"time a row, CSV of {rows * 10:,} against {rows:,}", more.seconds / less.seconds / 10, 1.1, "x"),
    ]
    figures = [
        Figure(f"{told}, CSV of {size:,} rows", figure, unit)
        for size, found in ((rows, less), (rows * 10, more))
        for told, figure, unit in (("peak memory", found.peak_mib, "MiB"), ("PostgreSQL", found.seconds, "s"))
    ]
    return bars, figures


def _same_again(postgresql: URL, rows: int, rounds: int) -> tuple[list[Bar], list[Figure]]:
    """The same file into the same database, and the script that somebody writes by hand."""
    large = sheets.workbook(FOLDER, rows)
    turns = []
    for _ in range(rounds):
        with fresh_database(postgresql, f"bench_{next(_NUMBERS)}") as url:
            turns.append({name: import_file(large, url).seconds for name in ("first", "again")})
    script = on_server(postgresql, lambda url: timed(sys.executable, "-m", "tests.bench.script", str(large), url))
    first = median(turn["first"] for turn in turns)
    bars = [
        Bar("the same file again, against the first time", _ratio(turns, "again", "first"), 0.08, "x"),
        Bar("faster than the script", script.seconds / first, 4, "x", at_least=True),
    ]
    return bars, [Figure(f"the script, {rows:,} rows", script.seconds, "s")]


def _listed(rows: int) -> tuple[list[Bar], list[Figure]]:
    """What became of every row, as a file."""
    file = sheets.csv_file(FOLDER, rows)
    with _sqlite() as url:
        import_file(file, url)
        return listing(FOLDER, url, rows)


def _small() -> tuple[list[Bar], list[Figure]]:
    """What somebody waits for who has little to do, whole processes."""
    bars = [
        Bar("`rollbook --help`", median(timed(ROLLBOOK, "--help").seconds for _ in range(7)), 0.2, "s"),
        Bar("`rollbook check` of 500 rows", median(small("check").seconds for _ in range(5)), 1.3, "s"),
        Bar("`rollbook import` of 500 rows", median(small("import").seconds for _ in range(5)), 1.5, "s"),
    ]
    return bars, []


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


def csv_import(postgresql: URL, rows: int) -> Measured:
    """An import of a CSV, watched."""
    file = sheets.csv_file(FOLDER, rows)
    measured = on_server(postgresql, lambda url: import_file(file, url, run=watched))
    _tell(f"CSV of {rows:,} rows: {measured.seconds:.2f} s, {measured.peak_mib:,.0f} MiB at most")
    return measured


def small(command: str) -> Measured:
    """`rollbook check` or `import` of 500 rows, with no database yet."""
    file = sheets.workbook(FOLDER, 500)
    with _sqlite() as url:
        return timed(ROLLBOOK, command, str(file), "--database", url, "--out", str(FOLDER / "out"), exits=REJECTED)


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
