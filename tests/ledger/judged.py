"""Tiny judged parts, as validators hand them over."""

from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from ledger import runs, staging
from ledger.staging import PART_STEP, Part
from rollbook.fields import FIELDS

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
    staging.add_part(connection, part)
    return part


def stage_part(connection: Connection, part: Part, *judged: Any) -> None:
    """Stage a part: its rows, its failures, what was ignored, and what is kept of it."""
    staging.stage(connection, staging.judged_part(part, *judged))


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
