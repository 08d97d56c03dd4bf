"""The bars of `rollbook migrate`: what a second worker gains, and what more files cost."""

import json
import shutil
from pathlib import Path
from statistics import median

from tests.bench import sheets
from tests.bench.measuring import ROLLBOOK, Measured, timed, watched
from tests.bench.report import Bar, Figure

FILES, ROWS = 400, 2_500
# Rows are rejected on purpose.
REJECTED = (1,)


def measure(folder: Path, rounds: int, files: int = FILES) -> tuple[list[Bar], list[Figure]]:
    """The bars and figures: `files` files of 2,500 rows, and a quarter or a half of them."""
    few, half, many = (_history(folder / "migration", number) for number in (files // 4, files // 2, files))
    one_round = ((many, 1), (many, 2), (few, 2))
    turns = [[_migrated(history, workers) for history, workers in one_round] for _ in range(rounds)]
    one, two, less = ([turn[place].seconds for turn in turns] for place in range(3))
    peaks = [_migrated(history, 2, watching=True).peak_mib for history in (half, many)]
    told = f"{files:,} files of {ROWS:,} rows"
    bars = [
        Bar(f"{told}: two workers, against one", _ratio(two, one), 0.65, "x"),
        Bar(f"{told}: time, against {files // 4:,} files", _ratio(two, less), 4.2, "x"),
        Bar(f"{told}: peak memory, against {files // 2:,} files", peaks[1] / peaks[0], 1.1, "x"),
    ]
    figures = [
        Figure(f"migrate of {told}, two workers", median(two), "s"),
        Figure(f"peak memory of all processes of a migration of {told}, two workers", peaks[1], "MiB"),
    ]
    return bars, figures


def _ratio(over: list[float], under: list[float]) -> float:
    return median(a / b for a, b in zip(over, under, strict=True))


def _history(folder: Path, number: int) -> Path:
    """A folder of so many workbooks, of learners and sessions that each only one of them names."""
    made = folder / f"{number}-files-v{sheets.VERSION}"
    if not made.exists():
        draft = made.with_suffix(".draft")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        rows = sheets.rows(number * ROWS)
        for place in range(number):
            sheets.write_workbook(draft / f"history-{place:04}.xlsx", (next(rows) for _ in range(ROWS)))
        draft.rename(made)
    return made


def _migrated(history: Path, workers: int, *, watching: bool = False) -> Measured:
    """One migration into a new SQLite database; its accounts are looked at."""
    place = history.parent / "run"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    given = (
        "--workers",
        str(workers),
        "--database",
        f"sqlite:///{place}/bench.db",
        "--out",
        str(place / "out"),
        "--json",
    )
    measured = (watched if watching else timed)(ROLLBOOK, "migrate", str(history), *given, exits=REJECTED)
    shutil.rmtree(place)
    told = json.loads(measured.output)["rows"]
    if not told["rejected"] or told["loaded"] < told["read"] * 0.9:
        raise RuntimeError(f"These are not the rows that the sheets hold: {told}")
    return measured
