"""Pages of a million failed rows: `python -m tests.bench.dashboard [CASES] [DATABASE]`.

Fills a SQLite file and a PostgreSQL server of its own (or the database named), then times 200 pages with different
filters, orders and places, the choices and the overview. Prints milliseconds.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pandas as pd
from sqlalchemy import Connection, text

from ledger.browsing import SORTS, Filter, Sort, case, choices, overview, page
from ledger.bulk import insert_frame
from ledger.database import open_database
from ledger.tables import (
    rollbook_case_labels,
    rollbook_cases,
    rollbook_failures,
    rollbook_parts,
    rollbook_rows,
    rollbook_runs,
)
from tests.servers import fresh_database, postgresql_server

RUNS = 200
PART_ROWS = 50_000
_BEGUN = datetime(2026, 1, 2)  # noqa: DTZ001  moments of the ledger have no zone
# The first is in most rows, the last in one of a thousand: rare ones are the hard ones.
_CODES = {"learner.unknown": 600, "date.invalid": 300, "grade.percentage": 250, "status.unknown": 50, "session.full": 1}
_HEADERS = {
    "learner.unknown": "E-mail",
    "date.invalid": "Date",
    "grade.percentage": "Grade",
    "status.unknown": "Status",
}
_NAMES = ("Ann", "Björn", "سارة", "Zoë", "Li", "Dana", "Omar", "Eve")


def fill(connection: Connection, size: int) -> None:
    """`size` cases of 200 runs; a fifth of them open, of the last runs; each has one to three failures."""
    draw = random.Random(1)
    for run in range(RUNS):
        _begin(connection, run, size // RUNS)
    for first in range(0, size, PART_ROWS):
        lines = [_line(number, size, draw) for number in range(first, min(first + PART_ROWS, size))]
        cases = pd.DataFrame([line for line, _, _ in lines])
        insert_frame(connection, rollbook_cases, cases)
        insert_frame(connection, rollbook_rows, _rows(cases))
        insert_frame(connection, rollbook_failures, pd.DataFrame([one for _, told, _ in lines for one in told]))
        labels = pd.DataFrame([one for _, _, found in lines for one in found]).drop_duplicates()
        insert_frame(connection, rollbook_case_labels, labels)


def _begin(connection: Connection, run: int, rows: int) -> None:
    known = {"command": "nightly", "state": "with_failures", "destination": "database", "request": "{}"}
    at = pd.Timestamp(_BEGUN + timedelta(days=run))
    line = {"run_id": f"run-{run:03}", "started_at": at, "finished_at": at, "rows_read": rows, "rows_rejected": rows}
    insert_frame(connection, rollbook_runs, pd.DataFrame([{**line, **known}]))
    part = {"run_id": f"run-{run:03}", "part_id": 1_000_001, "file_no": 1, "sheet_position": 0, "state": "judged"}
    place = {"source_file": f"export-{run:03}.xlsx", "source_sheet": "Sheet1", "first_row": 2, "last_row": rows + 1}
    insert_frame(connection, rollbook_parts, pd.DataFrame([{**part, **place}]))


def _line(
    number: int, size: int, draw: random.Random
) -> tuple[dict[str, object], list[dict[str, object]], list[dict[str, object]]]:
    """A case, its failures, and what it is found by."""
    run = number * RUNS // size
    name, grade = draw.choice(_NAMES), draw.randrange(999)
    met = {
        "case_id": number + 1,
        "fingerprint": f"{number:032x}",
        "state": "open"
        if draw.random() < (0.9 if run > RUNS * 0.8 else 0.02)
        else "ignored"
        if draw.random() < 0.05
        else "fixed",
        "first_seen": pd.Timestamp(_BEGUN + timedelta(days=run)),
        "last_seen": pd.Timestamp(_BEGUN + timedelta(days=run)),
        "times": 1,
        "first_run_id": f"run-{run:03}",
        "last_run_id": f"run-{run:03}",
        "file_no": 1,
        "sheet_position": 0,
        "source_file": f"export-{run:03}.xlsx",
        "source_sheet": "Sheet1",
        "source_key": f"export-{run:03}.xlsx\nSheet1",
        "row_no": number % (size // RUNS) + 2,
        "col_no": 0,
        "cells": f'{{"A": "{name} {number}", "B": "{name.lower()}.{number}@example.com", "C": "14/{grade}/2025", '
        f'"D": "Safety at heights and in confined spaces", "E": "{grade}", "F": "attended", "G": "Sales & Service"}}',
    }
    codes = draw.choices(list(_CODES), weights=list(_CODES.values()), k=draw.choice((1, 1, 2)))
    place = {"run_id": met["last_run_id"], "part_id": 1_000_001, "row_no": met["row_no"], "col_no": 0}
    told = [
        {
            **place,
            "failure_no": at,
            "source_column": "B",
            "header": _HEADERS.get(code),
            "field": "x",
            "value": str(grade),
            "code": code,
            "message": f"{grade} is not what it should be in a sheet like this one.",
            "remedy": "Correct it in the sheet and import it again.",
        }
        for at, code in enumerate(codes)
    ]
    labels = [{"case_id": number + 1, "label": "code", "name": code} for code in codes]
    labels += [{"case_id": number + 1, "label": "header", "name": _HEADERS[code]} for code in codes if code in _HEADERS]
    return met, told, labels


def _rows(cases: pd.DataFrame) -> pd.DataFrame:
    rows = cases[["row_no", "col_no", "fingerprint"]].assign(run_id=cases["last_run_id"], outcome="rejected")
    return rows.assign(part_id=1_000_001)


def questions() -> Iterator[tuple[Filter, Sort]]:
    """200 different filters and orders: none, one or several filters, frequent and rare values, texts."""
    draw = random.Random(2)
    for _ in range(200):
        one = {
            "state": draw.choice(["open", "open", "open", "fixed", "ignored", None]),
            "code": draw.choice([None, None, *_CODES]),
            "column": draw.choice([None, None, None, "Grade", "Status"]),
            "file": draw.choice([None, None, None, f"export-{draw.randrange(RUNS):03}.xlsx"]),
            "run": draw.choice([None] * 6 + [f"run-{draw.randrange(RUNS):03}"]),
            "text": draw.choice([None, None, None, "zoë", "nobody here", f"{draw.randrange(10**6)}@example", "sales"]),
        }
        yield Filter(**one), Sort(draw.choice(SORTS), draw.random() < 0.7)


def measure(connection: Connection) -> None:
    """Print how long pages, choices and the overview take."""
    times: list[tuple[float, str]] = []
    more = 0
    for wanted, sort in questions():
        after = None
        for number in range(3):
            began = time.perf_counter()
            one = page(connection, wanted, sort, after=after)
            times.append(((time.perf_counter() - began) * 1000, f"{wanted} {sort} page {number + 1}"))
            more += one.more_to_search
            after = one.after
            if after is None:
                break
    _tell("page", [took for took, _ in times], f"{more} of {len(times)} have more to search")
    for took, what in sorted(times, reverse=True)[:5]:
        print(f"    {took:8.1f} ms  {what}")
    _tell("choices", _timed(20, lambda: choices(connection, Filter(file="export-190.xlsx"))))
    _tell("overview", _timed(20, lambda: overview(connection, 90)))
    _tell("case", _timed(20, lambda: case(connection, 777)))


def _timed(times: int, do: Callable[[], object]) -> list[float]:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        do()
        took.append((time.perf_counter() - began) * 1000)
    return took


def _tell(what: str, took: list[float], also: str = "") -> None:
    at_95 = statistics.quantiles(took, n=20)[-1]
    middle, most = statistics.median(took), max(took)
    print(f"  {what:9} median {middle:7.1f}  95th percentile {at_95:7.1f}  most {most:7.1f} ms  {also}", flush=True)


def run(url: str, size: int) -> None:
    """Fill where it is empty, and measure."""
    engine = open_database(url, create=True)
    with engine.begin() as connection:
        filled = connection.scalar(text("SELECT count(*) FROM rollbook_cases"))
        if not filled:
            began = time.perf_counter()
            fill(connection, size)
            print(f"  filled in {time.perf_counter() - began:.0f} s", flush=True)
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":  # as its daemon does by itself
            connection.execute(text("ANALYZE"))
            connection.commit()
        measure(connection)
    engine.dispose()


def main() -> None:
    """Measure on the database named, or on both."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    if len(sys.argv) > 2:
        run(sys.argv[2], size)
        return
    with tempfile.TemporaryDirectory() as folder:
        print("SQLite")
        run(f"sqlite:///{folder}/bench.db", size)
    print("PostgreSQL")
    with postgresql_server() as server, fresh_database(server, "bench") as url:
        run(url, size)


if __name__ == "__main__":
    main()
