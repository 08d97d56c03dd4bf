"""Failed rows that are filtered, as a file: the workbook to correct and import, CSV, JSON."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from destinations.codes import MEANINGS
from ledger.browse.cases import CaseLine, Filter, Sort, page
from ledger.cases import cases
from ledger.database import address, reading
from ledger.identity import ledger_id
from pipeline.lifecycle import new_work
from pipeline.repairs.repair import is_purged
from pipeline.returned.stored_cases import Recorded, recorded
from reports.files.case_exports import write_csv, write_json
from reports.workbook.job import PROBLEM_COLUMNS, ROW_COLUMNS, failed_rows_job
from reports.workbook.layout import sheet_form
from rollbook.clock import now
from rollbook.errors import CannotBegin
from rollbook.installation import PACKAGES
from rollbook.request import REPAIR, Request
from rollbook.returned import Origin
from validators.rules import RULES

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from pipeline.repairs.requests import Kind

# Rows of one workbook: more than a person corrects, and few enough to sort in memory.
MOST_ROWS = 50_000
_PAGE = 500
_SECONDS = 300


def each_case(engine: Engine, wanted: Filter) -> Iterator[CaseLine]:
    """All cases that are filtered, the first first; each page in a short transaction of its own."""
    after: str | None = None
    while True:
        with reading(engine) as connection, connection.begin():
            found = page(connection, wanted, Sort("case", descending=False), after=after, size=_PAGE)
        yield from found.lines
        if found.after is None:
            return
        after = found.after


def export(engine: Engine, wanted: Filter, kind: Kind) -> Path:
    """The file, in a folder of its own that the caller removes."""
    folder = Path(tempfile.mkdtemp(prefix="rollbook-"))
    path = folder / f"failed-rows.{kind}"
    try:
        if kind == "xlsx":
            return _write_workbook(engine, wanted, path)
        return (write_csv if kind == "csv" else write_json)(each_case(engine, wanted), path)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _write_workbook(engine: Engine, wanted: Filter, path: Path) -> Path:
    """The failed rows in the sender's own sheets; correcting and importing the workbook closes its cases."""
    lines: dict[int, CaseLine] = {}
    for line in each_case(engine, wanted):
        lines[line.case_id] = line
        if len(lines) > MOST_ROWS:
            raise CannotBegin(f"These are more than {MOST_ROWS:,} rows: filter further, or download CSV or JSON.")
    with engine.connect() as connection:
        with connection.begin():
            stored = cases.cases_by_id(connection, lines)
        groups = recorded(new_work(connection, Request(REPAIR)), stored[~stored["cells"].map(is_purged).astype(bool)])
    if not groups:
        raise CannotBegin("There is no row to download: none match, or their cells were purged.")
    files = sorted({str(file) for group in groups for file in group.stored["source_file"].unique()})
    job = failed_rows_job(
        path.with_name("job"),
        [_table(ROW_COLUMNS, [row for place, group in enumerate(groups) for row in _rows(place, group)])],
        [
            _table(
                PROBLEM_COLUMNS, [line for place, group in enumerate(groups) for line in _problems(place, group, lines)]
            )
        ],
        [sheet_form(group.plan, place) for place, group in enumerate(groups)],
        origin=_origin(engine, groups),
        source_file=files[0] if len(files) == 1 else f"{len(files)} files",
        meanings={**{code: rule.checks for code, rule in RULES.items()}, **MEANINGS},
    )
    _write(job, path)
    return path


def _origin(engine: Engine, groups: Sequence[Recorded]) -> Origin:
    left = sorted({str(run) for group in groups for run in group.stored["last_run_id"].unique()})
    with reading(engine) as connection, connection.begin():
        return Origin(tuple(left[:5]), ledger_id(connection), address(engine.url), downloaded=now())


def _in_order(group: Recorded) -> Iterable[Mapping[Any, Any]]:
    return group.stored.sort_values(["row", "col", "case_id"]).to_dict("records")


def _rows(place: int, group: Recorded) -> Iterator[tuple[Any, ...]]:
    for case in _in_order(group):
        marks = case["marks"] if isinstance(case["marks"], str) else None
        told = (case["row"], case["col"], case["case_id"], case["fingerprint"], case["cells"], marks)
        yield place, *told


def _problems(place: int, group: Recorded, lines: dict[int, CaseLine]) -> Iterator[tuple[Any, ...]]:
    for case in _in_order(group):
        for each in lines[case["case_id"]].problems:
            told = (each.source_column, each.header, each.code, each.message, each.remedy)
            yield place, case["row"], case["col"], *told


def _table(columns: dict[str, str], lines: Sequence[tuple[Any, ...]]) -> pa.Table:
    types = {"int64": pa.int64(), "string": pa.string()}
    arrays = zip(*lines, strict=True) if lines else ([] for _ in columns)
    filled = [pa.array(values, types[kind]) for values, kind in zip(arrays, columns.values(), strict=True)]
    return pa.table(filled, names=list(columns))


def _write(job: Path, path: Path) -> None:
    """Written by a process of its own: what a workbook takes in memory goes with it."""
    told = json.dumps([str(job), str(path)]).encode() + b"\n"
    command = [sys.executable, "-P", "-m", "sources.process.lean", "reports.workbook.writer"]
    subprocess.run(command, cwd=PACKAGES, input=told, capture_output=True, timeout=_SECONDS, check=False)
    if not path.exists():
        raise CannotBegin("The workbook could not be written. Check that there is disk space for temporary files.")
