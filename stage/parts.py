"""Parts: the unit of work, of retry and of distribution; and a judged part as a table of rows and one of failures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

from rollbook.rows.fields import FIELDS
from rollbook.rows.outcomes import REJECTED
from stage.ignored_rows import IgnoredRows, counts_of
from validators.sessions import session_codes

# file_no * PART_STEP + the part's number within its file: the order of parts is the order of rows.
PART_STEP = 1_000_000
PLACE = ("part_id", "row_no", "col_no")
_KEYS = ("learner_email", "learner_employee_id", "session_id")
_TEXT = pa.large_string()
_PLACES = [(name, pa.int64()) for name in PLACE]

# The judged rows. A key that a row lacks is '' and never NULL, so that joins stay plain equalities. `extra` holds, as
# JSON, the fields without a column, and `other_columns` the cells that feed no field, by header; `fingerprint`, `cells`
# and `marks` belong to rows whose raw cells are kept.
ROWS = pa.schema(
    [
        *_PLACES,
        ("outcome", _TEXT),
        *((name, _TEXT) for name in ("learner_email", "learner_employee_id", "learner_name")),
        *((name, _TEXT) for name in ("group_name", "group_id", "course_id", "course_name", "session_id")),
        ("session_date", pa.date32()),
        ("session_start", _TEXT),
        ("status", _TEXT),
        ("score", pa.float64()),
        ("grade", _TEXT),
        ("enrolled_on", pa.date32()),
        ("completed_on", pa.date32()),
        ("attendance_confirmed", pa.bool_()),
        ("feedback", _TEXT),
        ("expires_on", pa.date32()),
        ("certificate_number", _TEXT),
        *((name, pa.float64()) for name in ("hours", "credits")),
        *((name, _TEXT) for name in ("other_columns", "extra", "fingerprint", "cells", "marks")),
    ]
)
# Their failures, numbered within their row.
FAILURES = pa.schema(
    [
        *_PLACES,
        ("failure_no", pa.int64()),
        *((name, _TEXT) for name in ("source_column", "header", "field", "value", "code", "message", "remedy")),
    ]
)
_DIRECT = tuple(name for name in FIELDS if name in ROWS.names)
_EXTRA = tuple(name for name in FIELDS if name not in ROWS.names)


@dataclass(frozen=True)
class Part:
    """A range of rows of one sheet (`first_row` to `last_row`, both included), and where its rows came from first."""

    run_id: str
    part_id: int
    file_no: int
    sheet_position: int
    source_file: str
    source_sheet: str
    first_row: int
    last_row: int


@dataclass(frozen=True)
class JudgedPart:
    """A part as it is staged: `rows` and `failures` as their schemas say, `ignored` as `stage.ignored_rows` does."""

    part: Part
    rows: pa.Table
    failures: pa.Table
    ignored: IgnoredRows

    @property
    def part_id(self) -> int:
        """Its number."""
        return self.part.part_id

    def __getstate__(self) -> tuple[Any, ...]:
        """Tables travel between processes as Arrow streams: pickled, a slice brings the whole that it was cut from."""
        return self.part, _stream(self.rows), _stream(self.failures), self.ignored

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        part, rows, failures, ignored = state
        tables = [pa.ipc.open_stream(stream).read_all() for stream in (rows, failures)]
        for name, value in zip(("part", "rows", "failures", "ignored"), (part, *tables, ignored), strict=True):
            object.__setattr__(self, name, value)


def _stream(table: pa.Table) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


@dataclass(frozen=True)
class StagedPart:
    """What a part's files say of it: how many rows, how many of them were rejected, which were ignored and why."""

    part_id: int
    rows_read: int
    rejected: int
    ignored: IgnoredRows

    @property
    def ignored_counts(self) -> dict[str, int]:
        """{reason: rows}."""
        return counts_of(self.ignored)


def judged_part(
    part: Part,
    rows: pd.DataFrame,
    failures: pd.DataFrame,
    ignored: IgnoredRows,
    kept: pd.DataFrame | None = None,
    others: pa.Array | None = None,
) -> JudgedPart:
    """A part's judged rows and failures as they are staged.

    rows: canonical columns with `row`, `col`, `score`, `session_id` and `outcome` (accepted | rejected); at times
        `session_clock`, when the session begins that its day alone names.
    failures: rollbook.rows.failures' columns with `message` and `remedy`.
    ignored: as `stage.ignored_rows.ranges_of` gives them.
    kept: row, col, fingerprint, cells, marks of the rows whose raw cells stay; others get theirs when deciding refuses
        them. The fingerprint of rows that stand for a case already is the case's.
    others: `other_columns` of each row, as `transforms.other_columns` makes them; None where no row has any.
    """
    return JudgedPart(part, _rows_of(part, rows, kept, others), _failures_of(part, failures), ignored)


def _rows_of(part: Part, rows: pd.DataFrame, kept: pd.DataFrame | None, others: pa.Array | None) -> pa.Table:
    columns: dict[str, Any] = {"row_no": rows["row"], "col_no": rows["col"], "outcome": rows["outcome"]}
    rows = rows.assign(session_id=_sessions_of_cases(rows))
    for name in (*_DIRECT, "score"):
        columns[name] = rows[name].fillna("") if name in _KEYS else rows[name]
    if "session_clock" in rows:
        columns["session_start"] = rows["session_start"].fillna(rows["session_clock"])
    columns |= {"extra": _extra(rows), "other_columns": others}
    if kept is not None and len(kept):
        placed = rows[["row", "col"]].merge(kept, on=["row", "col"], how="left", validate="one_to_one")
        columns |= {name: placed[name] for name in ("fingerprint", "cells", "marks") if name in placed}
    return _table(ROWS, part, columns, len(rows))


def _table(schema: pa.Schema, part: Part, columns: Mapping[str, Any], length: int) -> pa.Table:
    return pa.table(
        [_array(schema.field(name).type, part, columns.get(name), name, length) for name in schema.names], schema
    )


def _array(kind: pa.DataType, part: Part, values: Any, name: str, length: int) -> pa.Array | pa.ChunkedArray:
    if name == "part_id":
        return pa.repeat(pa.scalar(part.part_id, kind), length)
    if values is None:
        return pa.nulls(length, kind)
    column = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values, from_pandas=True)
    return column if column.type == kind else column.cast(kind)


def _sessions_of_cases(rows: pd.DataFrame) -> pd.Series:
    """The sessions; a refused row whose session was not found gets the code that it would have made.

    So its case is about the session, and is closed when the session is loaded and the row with it.
    """
    unfound = rows["session_id"].isna() & (rows["outcome"] == REJECTED)
    if not unfound.any():
        return rows["session_id"]
    return rows["session_id"].mask(unfound, session_codes(rows[unfound]).reindex(rows.index))


def _extra(rows: pd.DataFrame) -> pd.Series | None:
    """The fields without a column of their own, as JSON; missing where a row has none of them."""
    filled = rows[list(_EXTRA)].dropna(axis="columns", how="all")
    if filled.empty:
        return None
    told = pd.Series(pd.NA, index=rows.index, dtype="object")
    some = filled.dropna(how="all")
    told[some.index] = [_json(record) for record in some.to_dict("records")]
    return told.astype("str")


def _json(record: Mapping[Any, Any]) -> str:
    told = {
        name: value.date().isoformat() if isinstance(value, pd.Timestamp) else value
        for name, value in record.items()
        if not pd.isna(value)
    }
    return json.dumps(told, ensure_ascii=False, default=bool)


def _failures_of(part: Part, failures: pd.DataFrame) -> pa.Table:
    texts = failures[["column", "header", "field", "value", "code", "message", "remedy"]].astype("str")
    clean = texts.apply(lambda column: column.str.replace("\x00", "\N{SYMBOL FOR NULL}", regex=False))
    placed = clean.rename(columns={"column": "source_column"}).assign(
        header=clean["header"].str.slice(0, 255),
        row_no=failures["row"],
        col_no=failures["col"],
        failure_no=failures.groupby(["row", "col"]).cumcount(),
    )
    return _table(FAILURES, part, placed, len(placed))
