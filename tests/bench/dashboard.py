"""The bars of the dashboard: how long its pages take on a million failed rows, what they weigh, what it holds."""

import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx
import psutil
from sqlalchemy import select, text

from dashboard.forms import Look
from ledger.browse.cases import SORTS, Filter, Sort
from ledger.database import open_database, reading
from ledger.tables import rollbook_case_groups
from tests.bench.failed_rows import CODES, RUNS, SENDERS, fill
from tests.bench.measuring import MIB, ROLLBOOK, timed
from tests.bench.report import Bar, Figure
from tests.servers import fresh_database, postgresql_server

# Rows that one fix is about.
FIXED = 300
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


def questions() -> Iterator[tuple[Filter, Sort]]:
    """200 different filters and orders: none, one or several filters, frequent and rare values, texts."""
    draw = random.Random(2)
    for _ in range(200):
        one: dict[str, Any] = {
            "state": draw.choice(["open", "open", "open", "fixed", "ignored", None]),
            "code": draw.choice([None, None, *CODES]),
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
    bars, figures = _of_database("SQLite", f"sqlite:///{folder / 'bench.db'}", cases, folder)
    with postgresql_server(durable=True) as server, fresh_database(server, "bench_pages") as url:
        of_postgresql = _of_database("PostgreSQL", url, cases, folder)
    shutil.rmtree(folder)
    return [*bars, *of_postgresql[0]], [*figures, *of_postgresql[1]]


def _of_database(name: str, url: str, cases: int, folder: Path) -> tuple[list[Bar], list[Figure]]:
    engine = open_database(url, create=True)
    with engine.begin() as connection:
        fill(connection, cases)
    if engine.dialect.name == "postgresql":  # as its daemon does by itself, which would be at it meanwhile
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM (ANALYZE)"))
    engine.dispose()
    group = _wrong_rows(folder, url, "perhaps")
    with _dashboard(url) as (address, process), httpx.Client(base_url=address[1], timeout=60) as client:
        client.get(address[2])  # the token, which begins the session
        pages = {what: _timed(client, paths) for what, paths in _pages().items()}
        overview, _ = _timed(client, ["/"] * 20)
        before = process.memory_info().rss
        _timed(client, ["/", "/failed", "/failed/777", "/runs", "/inbox", "/inbox/1", "/inbox/1/grid"] * 143)
        grown = process.memory_info().rss / before
        preview, fix = _fixed(client, group)
    told = f"of {cases:,} open rows on {name}"
    bars = [Bar(f"{what} {told}, 95th percentile", _at_95(took), 0.3, "s") for what, (took, _) in pages.items()]
    bars += [
        Bar(f"the heaviest page {told}, as it is sent", max(size for _, size in pages.values()) / 1000, 60, "KB"),
        Bar(f"memory of the dashboard after 1,000 more requests, on {name}", grown, 1.05, "x"),
        Bar(f"a fix of {FIXED} rows {told}", fix, 5, "s"),
    ]
    figures = [
        Figure(f"filtered page {told}, median", median(pages["filtered page"][0]), "s"),
        Figure(f"overview {told}, median", median(overview), "s"),
        Figure(f"preview of a fix of {FIXED} rows {told}", preview, "s"),
        Figure(f"memory of the dashboard on {name}", before / MIB, "MiB"),
    ]
    return bars, figures


def _pages() -> dict[str, list[str]]:
    """What is asked for, by the name of the page."""
    asked = [Look(wanted, ("-" if sort.descending else "") + sort.by).query() for wanted, sort in questions()]
    draw = random.Random(3)
    groups = [draw.randrange(len(CODES) * SENDERS) + 1 for _ in range(100)]
    return {
        "first page": ["/failed"] * 100,
        "filtered page": [f"/failed?{query}" for query in asked],
        "inbox": [f"/inbox?tab={draw.choice(['open', 'new', 'ignored', 'fixed'])}" for _ in range(100)],
        "page of a group": [f"/inbox/{group}" for group in groups],
        "grid of a group": [f"/inbox/{group}/grid" for group in groups],
    }


def _wrong_rows(folder: Path, url: str, name: str) -> str:
    """Import rows whose status nobody knows; the path of their group's page."""
    path = folder / f"{name}.csv"
    lines = [f"{name}{at}@example.com,{name}-{at % 7},Perhaps" for at in range(FIXED)]
    path.write_text("\n".join(["E-mail,Session ID,Status", *lines]), encoding="utf-8")
    told = ("--database", url, "--out", str(folder / "out"), "--max-rejected-percent", "100")
    timed(ROLLBOOK, "import", str(path), *told, exits=(0, 1))
    groups = rollbook_case_groups.c
    with reading(open_database(url, create=False)) as connection:
        return f"/inbox/{connection.scalar(select(groups.group_id).where(groups.sender == name))}"


def _fixed(client: httpx.Client, group: str) -> tuple[float, float]:
    """Seconds of the preview and of the import, after one that loads what judging needs."""
    fix = {"kind": "means", "means-Perhaps": "attended"}
    took = []
    for step in ("look", "look", "do"):
        found = _CSRF.search(client.get(group).text)
        if found is None:
            raise RuntimeError(f"{group} has no form")
        began = time.perf_counter()
        answer = client.post(f"{group}/fix", data={**fix, "step": step, "csrf": found[1]})
        took.append(time.perf_counter() - began)
    if f"{FIXED} cases fixed" not in client.get(answer.headers["location"]).text:
        raise RuntimeError(f"Not all {FIXED} rows were fixed.")
    return took[1], took[2]


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
    """Seconds of each request, to the end of its answer, and the most bytes that one was sent as."""
    took, most = [], 0
    for path in paths:
        began = time.perf_counter()
        answer = client.get(path)
        took.append(time.perf_counter() - began)
        answer.raise_for_status()
        most = max(most, answer.num_bytes_downloaded)
    return took, most


def _at_95(took: list[float]) -> float:
    return quantiles(took, n=20)[-1]
