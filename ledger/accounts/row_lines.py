"""Every row that a run read or ignored, with what became of it and why: the lines of `rollbook rows`."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, Select, and_, select

from ledger.accounts import kept_accounts
from ledger.runs import Run
from ledger.sql.fetching import fetched_batches
from ledger.tables import rollbook_cases, rollbook_deliveries, rollbook_failures, rollbook_parts, rollbook_rows
from rollbook.rows.outcomes import FAILED, REJECTED
from stage.database import Stage, open_blank

_PLACE = [(name, pa.int64()) for name in ("part_id", "row_no", "col_no")]
_PARTS = pa.schema([_PLACE[0], ("source_file", pa.string()), ("source_sheet", pa.string())])
_CODES = pa.schema([*_PLACE, ("code", pa.string())])
_CASES = pa.schema([*_PLACE, ("case_id", pa.int64())])
_SENT = pa.schema([*_PLACE, ("state", pa.string())])
# The columns of a line. source_column: the letter of a wide sheet's column. outcome: of OUTCOMES, or `ignored`.
# duplicate_of: file, sheet and row of the row of which it is a copy.
ROW_LINES = pa.schema(
    [
        *((name, pa.string()) for name in ("source_file", "source_sheet")),
        ("source_row", pa.int64()),
        *((name, pa.string()) for name in ("source_column", "outcome", "reason", "duplicate_of", "learner", "session")),
        ("case_id", pa.int64()),
    ]
)
_FETCHED_AT_ONCE = 5_000
_MEMORY_MIB = 48


def row_lines(connection: Connection, run: Run, folder: Path, outcomes: Collection[str] = ()) -> Iterator[pa.Table]:
    """The lines of a run as ROW_LINES, in row order, some at a time; its accounts must be kept.

    A run that only repeats another has its lines, with what was loaded there unchanged.

    folder: on a disk, the user's alone: the accounts are unpacked there. outcomes: only lines with one of these; all
        where none is named.
    """
    of = run.rows_run_id
    path = kept_accounts.fetch(connection, of, folder / "accounts.parquet")
    with open_blank(folder, memory_mib=_MEMORY_MIB) as stage:
        for name, query, schema in _beside(of):
            _put(stage, name, fetched_batches(connection, query, schema, _FETCHED_AT_ONCE), schema)
        wanted = f"h.outcome IN ({', '.join(map(repr, outcomes))})" if outcomes else "true"
        accounts = pq.ParquetFile(path)
        for number in range(accounts.num_row_groups):
            stage.put("here", accounts.read_row_group(number, use_threads=False))
            lines = stage.ask("row_lines", repeats=str(run.run_id != of), wanted=wanted)
            if lines.num_rows:
                yield lines.cast(ROW_LINES)


def _beside(run_id: str) -> list[tuple[str, Select[Any], pa.Schema]]:
    """What the ledger knows of a run's rows beside their accounts: the tables of `row_lines.sql`."""
    parts, failures, sent = rollbook_parts.c, rollbook_failures.c, rollbook_deliveries.c
    rows, cases = rollbook_rows.c, rollbook_cases.c
    of_case = and_(rows.run_id == run_id, rows.outcome.in_([REJECTED, FAILED]))
    return [
        ("parts", _of_run(parts, run_id, _PARTS), _PARTS),
        ("codes", _of_run(failures, run_id, _CODES).distinct(), _CODES),
        ("sent", _of_run(sent, run_id, _SENT), _SENT),
        (
            "cases",
            select(*(rows[name] for name, _ in _PLACE), cases.case_id)
            .join(rollbook_cases, cases.fingerprint == rows.fingerprint)
            .where(of_case),
            _CASES,
        ),
    ]


def _of_run(table: Any, run_id: str, schema: pa.Schema) -> Select[Any]:
    return select(*(table[name] for name in schema.names)).where(table.run_id == run_id)


def _put(stage: Stage, name: str, batches: Iterator[pa.Table], schema: pa.Schema) -> None:
    stage.put(name, schema.empty_table())
    for lines in batches:
        stage.add(name, lines)
