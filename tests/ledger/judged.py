"""Tiny judged parts, as validators hand them over."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, and_, func, select, update

from ledger import parts, runs
from ledger.tables import rollbook_rows
from rollbook.rows.fields import FIELDS
from rollbook.rows.outcomes import ACCEPTED, PENDING
from stage.parts import PART_STEP, Part, StagedPart, judged_part

NOON = datetime(2026, 11, 21, 12, 0, 0)  # noqa: DTZ001 - moments are UTC without zone
_DTYPES = {"date": "datetime64[s]", "yes_no": "boolean"}


def a_run(connection: Connection, run_id: str = "261121-aaaaa", at: datetime = NOON, **also: Any) -> str:
    """Begin a run."""
    known = {"command": "import", "destination": "database", "request": "{}"}
    runs.begin(connection, **{**known, "run_id": run_id, "started_at": at, **also})
    return run_id


def a_part(connection: Connection, run_id: str, number: int = 1, file_no: int = 1, **also: Any) -> Part:
    """Write down a part of a sheet."""
    plain = {"sheet_position": 0, "source_file": "a.xlsx", "source_sheet": "Sheet1", "first_row": 2, "last_row": 9}
    part = Part(run_id=run_id, part_id=file_no * PART_STEP + number, file_no=file_no, **{**plain, **also})
    parts.add_parts(connection, run_id, [part])
    return part


def stage_part(connection: Connection, part: Part, *judged: Any) -> None:
    """Keep a part's rows and its failures, with what was ignored."""
    made = judged_part(part, *judged)
    parts.keep_rows(connection, part.run_id, made.rows)
    parts.keep_failures(connection, part.run_id, made.failures)
    parts.count_parts(connection, part.run_id, [StagedPart(part.part_id, made.rows.num_rows, 0, made.ignored)])


def waiting_keys(connection: Connection, run_id: str, names: Sequence[str]) -> list[tuple[Any, ...]]:
    """Place and named columns of a run's accepted rows, in the order of these columns; they are pending from now on."""
    rows = rollbook_rows.c
    by = [func.coalesce(rows[name], "") for name in names]
    place = [rows[name] for name in ("part_id", "row_no", "col_no")]
    ours = and_(rows.run_id == run_id, rows.outcome == ACCEPTED)
    found = [tuple(line) for line in connection.execute(select(*place, *by).where(ours).order_by(*by, *place))]
    connection.execute(update(rollbook_rows).where(ours).values(outcome=PENDING))
    return found


def rows_of(*records: dict[str, Any]) -> pd.DataFrame:
    """Judged rows from what is said of each; rows are numbered from 2 on, and accepted, unless they say otherwise."""
    columns: dict[str, pd.Series] = {}
    for name, field in FIELDS.items():
        values = [record.get(name) for record in records]
        columns[name] = pd.Series(values, dtype=_DTYPES.get(field.kind, "str"))
    frame = pd.DataFrame(columns)
    return frame.assign(
        row=pd.Series([record.get("row", number) for number, record in enumerate(records, 2)], dtype="int64"),
        col=pd.Series([record.get("col", 0) for record in records], dtype="int64"),
        score=pd.Series([record.get("score") for record in records], dtype="float64"),
        outcome=pd.Series([record.get("outcome", "accepted") for record in records], dtype="str"),
    )


def failures_of(*records: dict[str, Any]) -> pd.DataFrame:
    """Judged failures from what is said of each."""
    columns = ("column", "header", "field", "value", "code", "detail", "message", "remedy")
    frame = pd.DataFrame({name: pd.Series([r.get(name) for r in records], dtype="str") for name in columns})
    frame[["message", "remedy"]] = frame[["message", "remedy"]].fillna("…")
    return frame.assign(
        row=pd.Series([record["row"] for record in records], dtype="int64"),
        col=pd.Series([record.get("col", 0) for record in records], dtype="int64"),
    )


def kept_of(*records: tuple[int, str, str]) -> pd.DataFrame:
    """Raw cells from (row, fingerprint, cells) of each."""
    frame = pd.DataFrame(records, columns=["row", "fingerprint", "cells"]).astype(
        {"fingerprint": "str", "cells": "str"}
    )
    return frame.assign(col=0, marks=pd.Series(None, index=frame.index, dtype="str"))
