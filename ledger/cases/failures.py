"""What reports ask about failed rows: the rows with their raw cells, their problems, and what is exported."""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa
from sqlalchemy import ColumnElement, Connection, Select, and_, case, column, func, select, table

from ledger.remote.waiting import WAITING, waiting_cases
from ledger.tables import OPEN, PLACE, rollbook_cases, rollbook_failures, rollbook_parts, rollbook_rows
from ledger.views import VIEWS
from rollbook.rows.outcomes import FAILED, REJECTED
from stage.parts import PART_STEP

_ORIGIN = ("file_no", "sheet_position", "source_file", "source_sheet")
RECORD_COLUMNS = ("part_id", *_ORIGIN, "row", "col", "outcome", "case_id", "state", "fingerprint", "cells", "marks")
PROBLEM_COLUMNS = (
    "part_id",
    *_ORIGIN,
    "row",
    "col",
    "source_column",
    "header",
    "field",
    "value",
    "code",
    "message",
    "remedy",
)
_BATCH = 10_000
_NUMBERS = ("part_id", "file_no", "sheet_position", "row", "col", "case_id")


def failed_records(connection: Connection, run_id: str, file_no: int | None = None) -> pd.DataFrame:
    """RECORD_COLUMNS of a run's (or one of its files') rejected and failed rows, in row order.

    `cells` and `marks` are JSON text under the letters of this run's sheet. `case_id` (Int64) and `state` are missing
    where no case was opened yet. Of a run that repeats another ask for `Run.rows_run_id`.
    """
    return _frame(list(map(tuple, connection.execute(_records(run_id, file_no)))), RECORD_COLUMNS)


def open_rows_by_file(connection: Connection, run_id: str) -> dict[int, set[int]]:
    """File number -> the cases of a run's failed rows that are open still, and were not purged."""
    still_open = and_(rollbook_cases.c.state == OPEN, rollbook_cases.c.purged_at.is_(None))
    query = _records(run_id, None, ("file_no", "case_id")).where(still_open).order_by(None).distinct()
    found: dict[int, set[int]] = {}
    for file_no, case_id in connection.execute(query):
        found.setdefault(file_no, set()).add(case_id)
    return found


def count_purged(connection: Connection, run_id: str) -> int:
    """How many of a run's failed rows are open still and have lost their cells: they can only be imported again."""
    purged = and_(rollbook_cases.c.state == OPEN, rollbook_cases.c.purged_at.is_not(None))
    query = _records(run_id, None, ("case_id",)).where(purged).order_by(None).distinct()
    return connection.scalar(select(func.count()).select_from(query.subquery())) or 0


def failed_record_batches(
    connection: Connection, run_id: str, file_no: int, names: Sequence[str] = RECORD_COLUMNS
) -> Iterator[pa.Table]:
    """The failed records of one of a run's files, at most 10,000 a table; the connection is busy until the last.

    names: which of RECORD_COLUMNS.
    """
    return _batches(connection, _records(run_id, file_no, names), names)


def problems(connection: Connection, run_id: str, file_no: int | None = None) -> pd.DataFrame:
    """PROBLEM_COLUMNS of a run's (or one of its files') failures, in row order and as they were found."""
    return _frame(list(map(tuple, connection.execute(_problems(run_id, file_no)))), PROBLEM_COLUMNS)


def problem_batches(
    connection: Connection, run_id: str, file_no: int, names: Sequence[str] = PROBLEM_COLUMNS
) -> Iterator[pa.Table]:
    """The problems of one of a run's files, at most 10,000 a table; the connection is busy until the last.

    names: which of PROBLEM_COLUMNS.
    """
    return _batches(connection, _problems(run_id, file_no, names), names)


def _records(run_id: str, file_no: int | None, names: Sequence[str] = RECORD_COLUMNS) -> Select[Any]:
    rows, cases, parts = rollbook_rows.c, rollbook_cases.c, rollbook_parts.c
    columns: dict[str, ColumnElement[Any]] = {
        **dict(rows),
        **{name: parts[name] for name in _ORIGIN},
        "row": rows.row_no,
        "col": rows.col_no,
        "case_id": cases.case_id,
        "state": cases.state,
        "cells": func.coalesce(rows.cells, cases.cells),
        "marks": case((rows.cells.is_not(None), rows.marks), else_=cases.marks),
    }
    query = (
        select(*(columns[name] for name in names))
        .select_from(rollbook_rows)
        .join(rollbook_parts, _same_part(rollbook_rows))
        .outerjoin(rollbook_cases, cases.fingerprint == rows.fingerprint)
        .where(rows.run_id == run_id, rows.outcome.in_([REJECTED, FAILED]))
    )
    return _narrowed(query, rollbook_rows, file_no)


def _problems(run_id: str, file_no: int | None, names: Sequence[str] = PROBLEM_COLUMNS) -> Select[Any]:
    failures, parts = rollbook_failures.c, rollbook_parts.c
    columns: dict[str, ColumnElement[Any]] = {
        **dict(failures),
        **{name: parts[name] for name in _ORIGIN},
        "row": failures.row_no,
        "col": failures.col_no,
    }
    query = (
        select(*(columns[name] for name in names))
        .select_from(rollbook_failures)
        .join(rollbook_parts, _same_part(rollbook_failures))
        .where(failures.run_id == run_id)
    )
    return _narrowed(query, rollbook_failures, file_no).order_by(failures.failure_no)


def export(connection: Connection, run_id: str) -> pd.DataFrame:
    """The lines of the view v_failed_rows of one run, with the columns that tell rows, by file, sheet and row.

    state: of a case that a run delivers it is `waiting`, see `ledger.remote.waiting`.
    """
    names = [name for name in VIEWS["v_failed_rows"] if name not in ("run_state", "repair_days")]
    view = table("v_failed_rows", *(column(name) for name in names))
    order = [view.c[name] for name in ("source_file", "source_sheet", "source_row", "source_column", "code")]
    rows = connection.execute(select(view).where(view.c.run_id == run_id).order_by(*order)).all()
    lines = pd.DataFrame(rows, columns=list(names)).astype({"case_id": "Int64", "source_row": "Int64"})
    is_waiting = lines["case_id"].isin(list(waiting_cases(connection)))
    return lines.assign(state=lines["state"].mask(is_waiting, WAITING))


def fields_blamed(connection: Connection, run_id: str) -> dict[tuple[str, str | None], str]:
    """(code, header) -> the field that failures of a run blame; one of them where there are several."""
    failures = rollbook_failures.c
    query = select(failures.code, failures.header, func.min(failures.field)).where(failures.run_id == run_id)
    grouped = query.where(failures.field.is_not(None)).group_by(failures.code, failures.header)
    return {(code, header): field for code, header, field in connection.execute(grouped)}


def _same_part(placed: Any) -> ColumnElement[bool]:
    parts = rollbook_parts.c
    return and_(parts.run_id == placed.c.run_id, parts.part_id == placed.c.part_id)


def _narrowed(query: Select[Any], placed: Any, file_no: int | None) -> Select[Any]:
    in_order = query.order_by(*(placed.c[name] for name in PLACE))
    if file_no is None:
        return in_order
    return in_order.where(placed.c.part_id.between(file_no * PART_STEP, (file_no + 1) * PART_STEP - 1))


def _batches(connection: Connection, query: Select[Any], names: Sequence[str]) -> Iterator[pa.Table]:
    types = [pa.int64() if name in _NUMBERS else pa.string() for name in names]
    with connection.execute(query, execution_options={"yield_per": _BATCH}) as result:
        for rows in result.partitions():
            columns = zip(*rows, strict=True)
            arrays = [pa.array(values, kind) for values, kind in zip(columns, types, strict=True)]
            yield pa.table(arrays, names=list(names))


def _frame(rows: Sequence[tuple[Any, ...]], names: tuple[str, ...]) -> pd.DataFrame:
    """The rows as plain tuples: pandas asks every one of SQLAlchemy's own whether it is a named tuple."""
    frame = pd.DataFrame(rows, columns=list(names))
    numbers = [name for name in names if name in _NUMBERS]
    texts = [name for name in names if name not in _NUMBERS]
    return frame.astype(dict.fromkeys(numbers, "Int64") | dict.fromkeys(texts, "str"))
