"""Raw sheets from lists of lists, as reading hands them on."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa

from rollbook.profile import parse_profile
from sources.raw_sheets import letter
from transforms.canonical import Canonical, canonical_rows
from transforms.planning.plan import SheetPlan, plan_sheet

TODAY = date(2026, 11, 21)
Rows = Sequence[Sequence[str | None]]


def raw(rows: Rows, first: int = 1) -> pa.Table:
    """A raw table: '' and None are blank, rows are numbered from `first`."""
    width = max(map(len, rows), default=0)
    columns: dict[str, Any] = {"row": pa.array(range(first, first + len(rows)), pa.int32())}
    for at in range(width):
        cells = [(row[at] or None) if at < len(row) else None for row in rows]
        columns[letter(at)] = pa.array(cells, pa.large_string())
    return pa.table(columns)


def part_of(table: pa.Table) -> pd.DataFrame:
    """The whole table as a part."""
    frame: pd.DataFrame = table.to_pandas()
    return frame.astype({"row": "int64", **dict.fromkeys([c for c in frame if c != "row"], "str")})


def marked(*marks: tuple[int, str | None, str]) -> pd.DataFrame:
    """Marks: (row, letter, kind)."""
    frame = pd.DataFrame(marks, columns=["row", "column", "kind"])
    return frame.astype({"row": "int64", "column": "str", "kind": "str"})


def plan_of(
    rows: Rows | pa.Table,
    profile: str = "",
    *,
    destination: str = "database",
    marks: pd.DataFrame | None = None,
    **other: Any,
) -> SheetPlan:
    """The plan of a sheet `S` of the file `history_2024.csv`."""
    told = {"sheet_name": "S", "file_name": "history_2024.csv", "from_workbook": False, "recorded": None, **other}
    return plan_sheet(
        rows if isinstance(rows, pa.Table) else raw(rows),
        marked() if marks is None else marks,
        sheet_position=0,
        profile=parse_profile(profile),
        destination=destination,
        today=TODAY,
        **told,
    )


def canonical_of(rows: Rows, profile: str = "", marks: pd.DataFrame | None = None, **other: Any) -> Canonical:
    """The canonical rows of a whole sheet, which must be readable."""
    plan = plan_of(rows, profile, **other)
    assert plan.state == "read", plan.message
    return canonical_rows(part_of(raw(rows)), marked() if marks is None else marks, plan)


def mapping(plan: SheetPlan) -> dict[str, str]:
    """Field -> headers, joined by +."""
    return {column.field: "+".join(column.headers) for column in plan.columns}


def table_of(frame: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """The frame's columns as tuples, missing as None."""
    chosen = frame[list(columns)].astype(object)
    return list(chosen.where(chosen.notna(), None).itertuples(index=False, name=None))
