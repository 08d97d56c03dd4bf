"""The bars of the dashboard: how long its pages take on a million failed rows, what they weigh, what it holds."""

import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx
import pandas as pd
import psutil
from sqlalchemy import Connection, text

from dashboard.forms import Look
from ledger.browse.cases import SORTS, Filter, Sort
from ledger.database import open_database
from ledger.sql.bulk import insert_frame
from ledger.tables import (
    rollbook_case_labels,
    rollbook_cases,
    rollbook_failures,
    rollbook_parts,
    rollbook_rows,
    rollbook_runs,
)
from tests.bench.measuring import MIB
from tests.bench.report import Bar, Figure
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
        one: dict[str, Any] = {
            "state": draw.choice(["open", "open", "open", "fixed", "ignored", None]),
            "code": draw.choice([None, None, *_CODES]),
            "column": draw.choice([None, None, None, "Grade", "Status"]),
            "file": draw.choice([None, None, None, f"export-{draw.randrange(RUNS):03}.xlsx"]),
            "run": draw.choice([None] * 6 + [f"run-{draw.randrange(RUNS):03}"]),
            "text": draw.choice([None, None, None, "zoë", "nobody here", f"{draw.randrange(10**6)}@example", "sales"]),
        }
        yield Filter(**one), Sort(draw.choice(SORTS), draw.random() < 0.7)


def measure(folder: Path, cases: int) -> tuple[list[Bar], list[Figure]]:
    """The bars and figures, on SQLite and PostgreSQL."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    bars, figures = _of_database("SQLite", f"sqlite:///{folder / 'bench.db'}", cases)
    with postgresql_server(durable=True) as server, fresh_database(server, "bench_pages") as url:
        of_postgresql = _of_database("PostgreSQL", url, cases)
    shutil.rmtree(folder)
    return [*bars, *of_postgresql[0]], [*figures, *of_postgresql[1]]


def _of_database(name: str, url: str, cases: int) -> tuple[list[Bar], list[Figure]]:
    engine = open_database(url, create=True)
    with engine.begin() as connection:
        fill(connection, cases)
    if engine.dialect.name == "postgresql":  # as its daemon does by itself, which would be at it meanwhile
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM (ANALYZE)"))
    engine.dispose()
    first = ["/failed"] * 100
    filtered = [
        f"/failed?{Look(wanted, ('-' if sort.descending else '') + sort.by).query()}" for wanted, sort in questions()
    ]
    with _dashboard(url) as (address, process), httpx.Client(base_url=address[1], timeout=60) as client:
        client.get(address[2])  # the token, which begins the session
        pages = {what: _timed(client, paths) for what, paths in (("first", first), ("filtered", filtered))}
        overview, _ = _timed(client, ["/"] * 20)
        before = process.memory_info().rss
        _timed(client, ["/", "/failed", "/failed/777", "/runs", filtered[0]] * 200)
        grown = process.memory_info().rss / before
    weight = max(size for _, size in pages.values())
    told = f"of {cases:,} failed rows on {name}"
    bars = [
        Bar(f"first page {told}, 95th percentile", _at_95(pages["first"][0]), 0.3, "s"),
        Bar(f"filtered page {told}, 95th percentile", _at_95(pages["filtered"][0]), 0.3, "s"),
        Bar(f"the heaviest page {told}, without styles", weight / 1000, 300, "KB"),
        Bar(f"memory of the dashboard after 1,000 more requests, on {name}", grown, 1.05, "x"),
    ]
    figures = [
        Figure(f"filtered page {told}, median", median(pages["filtered"][0]), "s"),
        Figure(f"overview {told}, median", median(overview), "s"),
        Figure(f"memory of the dashboard on {name}", before / MIB, "MiB"),
    ]
    return bars, figures


@contextmanager
def _dashboard(url: str) -> Iterator[tuple[re.Match[str], psutil.Process]]:
    """The command as a process of its own."""
    command = (sys.executable, "-m", "cli", "dashboard", "--port", "0", "--database", url)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            told = process.stderr.readline()
            found = re.search(r"(http://\S+?:\d+)(/\S*)", told)
            if not found:
                raise RuntimeError(told)
            yield found, psutil.Process(process.pid)
        finally:
            process.terminate()


def _timed(client: httpx.Client, paths: Iterable[str]) -> tuple[list[float], int]:
    """Seconds of each request, to the end of its answer, and the most bytes that one had."""
    took, most = [], 0
    for path in paths:
        began = time.perf_counter()
        answer = client.get(path)
        took.append(time.perf_counter() - began)
        answer.raise_for_status()
        most = max(most, len(answer.content))
    return took, most


def _at_95(took: list[float]) -> float:
    return quantiles(took, n=20)[-1]
