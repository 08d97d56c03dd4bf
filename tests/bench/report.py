"""What was measured, as a table with its bars: for the terminal and for docs/performance.md."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Bar:
    """A promise: `measured` may be at most `bound` (at least, when `at_least`), both in `unit`."""

    promise: str
    measured: float
    bound: float
    unit: str
    at_least: bool = False

    @property
    def held(self) -> bool:
        """Whether the promise is kept."""
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound

    def cells(self) -> tuple[str, ...]:
        """The line of the table."""
        sign = "≥" if self.at_least else "≤"
        return (
            self.promise,
            _told(self.measured, self.unit),
            f"{sign} {_told(self.bound, self.unit)}",
            "yes" if self.held else "NO",
        )


@dataclass(frozen=True)
class Figure:
    """Something measured that nothing is promised about."""

    name: str
    measured: float
    unit: str

    def cells(self) -> tuple[str, ...]:
        """The line of the table."""
        return self.name, _told(self.measured, self.unit)


def _told(number: float, unit: str) -> str:
    if unit == "x":
        return f"{number:.2f} x"
    if unit == "MiB":
        return f"{number:,.0f} MiB"
    return f"{number:.2f} {unit}" if number < 10 else f"{number:.1f} {unit}"


def table(headers: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns also stand in line in a terminal."""
    every = [tuple(headers), *lines]
    widths = [max(len(line[number]) for line in every) for number in range(len(headers))]
    told = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in every]
    ruler = " | ".join("-" * width for width in widths)
    return "\n".join(f"| {line} |" for line in [told[0], ruler, *told[1:]])


def tables(bars: Sequence[Bar], figures: Sequence[Figure]) -> str:
    """Both tables."""
    promises = table(("what", "measured", "bar", "held"), [bar.cells() for bar in bars])
    return f"{promises}\n\n{table(('what', 'measured'), [figure.cells() for figure in figures])}\n"


@dataclass(frozen=True)
class Part:
    """What one part of the benchmarks measured: when, over how many rounds; matrix: a table of its own, or nothing."""

    bars: Sequence[Bar]
    figures: Sequence[Figure]
    day: str
    rounds: int
    matrix: Sequence[Sequence[str]] = ()


def keep(path: Path, name: str, part: Part) -> None:
    """Keep what was measured beside what other parts did; what this part measured before goes."""
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.write_text(json.dumps({**kept, name: asdict(part)}, indent=1), encoding="utf-8")


def kept_parts(path: Path) -> dict[str, Part]:
    """What was kept, by the part's name."""
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {
        name: Part(
            [Bar(**bar) for bar in one["bars"]],
            [Figure(**each) for each in one["figures"]],
            one["day"],
            one["rounds"],
            one.get("matrix", ()),
        )
        for name, one in kept.items()
    }


def write_page(path: Path, parts: Sequence[Part], machine: str) -> None:
    """docs/performance.md, whole."""
    text = tables([bar for part in parts for bar in part.bars], [each for part in parts for each in part.figures])
    text += "".join(f"\n{table(part.matrix[0], part.matrix[1:])}\n" for part in parts if part.matrix)
    days, rounds = sorted({part.day for part in parts}), sorted({part.rounds for part in parts})
    told = {"days": " and ".join(days), "rounds": " or ".join(map(str, rounds))}
    path.write_text(_PAGE.format(tables=text, machine=machine, **told), encoding="utf-8")


_PAGE = """# Performance

`make bench` measures this and writes this page. Measured on {days}, on {machine}; other
machines give other seconds, the ratios hold roughly.

{tables}
## How it is measured

- **The sheet** (`tests/bench/sheets.py`): 1,000,000 rows of 8 columns (e-mail, employee ID, session ID, date, status,
  score, completion date, comment), text, numbers and typed dates; 5 % of the rows break a rule in seven ways, 2 % are
  copies of an earlier row; 50,000 learners, 2,500 sessions. A second one has 190,000 learners, known by their e-mail
  addresses alone, and 4,800 sessions.
- **Whole processes**: every time is the wall clock around `rollbook import …` from its start to its end, with its
  reports written, into a new, empty database each time. PostgreSQL and MariaDB run as they ship, on the same machine.
- **The floor** (`tests/bench/floor.py`) is what parsing and storing cost alone: fastexcel reads the same file to Arrow
  strings, COPY brings them into an empty table, `INSERT … SELECT … ON CONFLICT DO NOTHING` from there into a table with
  the unique key. Nothing is judged, kept or reported.
- **The script** (`tests/bench/script.py`) is what one would write by hand: `pandas.read_excel` with openpyxl, pandera
  with all errors at once, `drop_duplicates`, `to_sql`.
- **Ratios** are medians over {rounds} rounds; within a round floor, PostgreSQL, SQLite and MariaDB run in turn,
  so that what else the machine does falls on all of them. The script runs once.
- **SmarterU** (`tests/bench/smarteru.py`): a million rows stand in a ledger with their batches of 100 recorded.
  Emitting them is making and writing the XML; bare lxml (`tests/bench/emission.py`) writes the same elements to as many
  files, what stands in them being ready in memory. Sending goes from SQLite to a server of the tests, a process of its
  own; what counts as a request is the time from its beginning until its answer is read. The bad block stands at each of
  the hundred places in turn, nothing names it, and the server takes nothing of a batch with an error.
- **Migrations** (`tests/bench/migration.py`): `rollbook migrate` of workbooks that each have their own learners and
  sessions, into SQLite, with one and with two workers in turn.
- **Prefect** (`tests/bench/prefect.py`): the same small import with and without `--prefect`, in turn, against a server
  that runs already; the median of five.
- **Growth** (`tests/bench/growth.py`, `operations.py`): every command over sheets in which learners, sessions and cases
  are as many as rows, in this process on a new database: 80,000 rows against 20,000 (`--growth 200000`: 200,000 against
  50,000). What a command takes for 100 rows is taken off; each SQL statement is timed by itself. No cell may be above
  5 x; one that is, twice, says MISSED. `make test` holds the same to SQLite's own count of instructions.
- **The dashboard** (`tests/bench/dashboard.py`): a million failed rows of 200 runs, a fifth of them open. Every page is
  asked for over HTTP, of the command in a process of its own; the filtered ones are 200 different filters and orders,
  frequent and rare values and texts among them.
- **Memory** is measured in runs of its own, ten times a second: the proportional set size of the process and all its
  children together (a page that they share counts once). The database server is not among them.
"""
