"""How every operation grows with its rows: each shape on each database, whole and statement by statement."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from sqlalchemy.engine import URL

from tests.bench.desk import Desk
from tests.bench.operations import SHAPES
from tests.bench.report import Bar, Figure
from tests.bench.statements import Spent, seconds_by_statement
from tests.servers import fresh_database, mariadb_is_installed, mariadb_server, postgresql_server

TIMES, BOUND = 4, 5.0
# What every command costs that has next to nothing to do.
IDLE_ROWS = 100
# Seconds below which neither a statement nor a command tells anything.
SMALL_STATEMENT, SMALL_COMMAND = 0.2, 1.0
_NUMBERS = count(1)
Matrix = list[tuple[str, ...]]


@dataclass(frozen=True)
class Cost:
    """One command: seconds, and seconds by statement."""

    seconds: float
    statements: Spent


@dataclass(frozen=True)
class Growth:
    """How many times longer four times the rows took: the command without its idle part, and its worst statement."""

    whole: float
    worst: float
    statement: str = ""

    @property
    def held(self) -> bool:
        """Whether both are within the bar."""
        return max(self.whole, self.worst) <= BOUND


def measure(folder: Path, rows: int) -> tuple[list[Bar], list[Figure], Matrix]:
    """The bars, no figures, and the matrix: a line an operation, a column a database. rows: of the larger sheets."""
    found: dict[str, dict[str, Growth]] = {}
    with ExitStack() as servers:
        for name, server in _databases(servers).items():
            found[name] = {}
            for shape in SHAPES:
                found[name] |= _of_shape(folder / "growth", server, shape, rows)
    bars = []
    for name, grown in found.items():
        told = f"{rows:,} rows of any shape on {name}, against {rows // TIMES:,}"
        bars += [
            Bar(f"{told}: slowest growing command", max(one.whole for one in grown.values()), BOUND, "x"),
            Bar(f"{told}: slowest growing statement", max(one.worst for one in grown.values()), BOUND, "x"),
        ]
    return bars, [], _matrix(found)


def _databases(servers: ExitStack) -> dict[str, URL | None]:
    found: dict[str, URL | None] = {"SQLite": None, "PostgreSQL": servers.enter_context(postgresql_server())}
    if mariadb_is_installed():
        found["MariaDB"] = servers.enter_context(mariadb_server())
    return found


def _of_shape(folder: Path, server: URL | None, shape: str, rows: int) -> dict[str, Growth]:
    """Growth by operation; what misses the bar is measured once more, for another program may have been at work."""
    idle = _costs(folder, server, shape, IDLE_ROWS)
    grown = _grown(folder, server, shape, rows, idle)
    if not all(one.held for one in grown.values()):
        again = _grown(folder, server, shape, rows, idle)
        grown = {
            name: min(one, again[name], key=lambda each: max(each.whole, each.worst)) for name, one in grown.items()
        }
    for name, one in grown.items():
        if not one.held:
            print(f"MISSED: {name}: {one.whole:.1f} x, a statement {one.worst:.1f} x: {one.statement}", file=sys.stderr)
    return grown


def _grown(folder: Path, server: URL | None, shape: str, rows: int, idle: Mapping[str, Cost]) -> dict[str, Growth]:
    few, many = (_costs(folder, server, shape, size) for size in (rows // TIMES, rows))
    return {f"{shape}: {name}": growth(idle[name], few[name], many[name]) for name in many}


def growth(idle: Cost, few: Cost, many: Cost) -> Growth:
    """How a command grew; what takes next to no time does not grow."""
    busy = max(few.seconds - idle.seconds, SMALL_COMMAND / BOUND)
    whole = (many.seconds - idle.seconds) / busy if many.seconds - idle.seconds > SMALL_COMMAND else 0.0
    slow = {
        statement: seconds / max(few.statements.get(statement, 0.0), SMALL_STATEMENT / BOUND)
        for statement, seconds in many.statements.items()
        if seconds > SMALL_STATEMENT
    }
    worst = max(slow, key=lambda statement: slow[statement], default="")
    return Growth(whole, slow.get(worst, 0.0), worst)


def _costs(folder: Path, server: URL | None, shape: str, rows: int) -> dict[str, Cost]:
    """What each operation of a shape costs, on a new database."""
    found: dict[str, Cost] = {}

    def clock(name: str, command: Callable[[], int]) -> int:
        began = time.perf_counter()
        with seconds_by_statement() as spent:
            code = command()
        found[name] = Cost(time.perf_counter() - began, spent)
        return code

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with _new_database(folder, server) as url:
        SHAPES[shape](Desk(folder, url, rows, clock))
    shutil.rmtree(folder)
    return found


@contextmanager
def _new_database(folder: Path, server: URL | None) -> Iterator[str]:
    if server is None:
        yield f"sqlite:///{folder / 'growth.db'}"
        return
    with fresh_database(server, f"growth_{next(_NUMBERS)}") as url:
        yield url


def _matrix(found: Mapping[str, Mapping[str, Growth]]) -> Matrix:
    """A header, and of each operation how it grew on each database, itself and its worst statement."""
    lines: Matrix = [("operation: command, worst statement", *found)]
    for name in next(iter(found.values())):
        each = [grown[name] for grown in found.values()]
        lines.append((name, *(f"{one.whole:.1f} x, {one.worst:.1f} x{'' if one.held else ' MISSED'}" for one in each)))
    return lines
