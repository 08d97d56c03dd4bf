"""Tiny canonical frames, reference frames and failure tables."""

from datetime import date
from typing import Any

import pandas as pd

from rollbook.rows.failures import failure_frame
from rollbook.rows.fields import FIELDS
from validators.context import REFERENCE_COLUMNS, Context, References, empty_reference
from validators.judge import JudgedRows

TODAY = date(2024, 6, 1)
_DTYPES = {"date": "datetime64[s]", "yes_no": "boolean"}
GOOD = {"learner_email": "ann@example.org", "session_id": "S1", "status": "attended"}
GOOD_FOR_SMARTERU = {**GOOD, "group_name": "Sales", "course_id": "C1"}
GOOD_FOR_AXCELERATE = {"contact_id": "77", "class_id": "5", "unit_id": "HLTAID011", "outcome_code": "20"}


def canonical(*records: dict[str, Any]) -> pd.DataFrame:
    """Canonical rows of these records, in rows 2, 3, … unless they say another place."""
    rows: dict[str, pd.Series] = {
        "row": pd.Series([record.get("row", place) for place, record in enumerate(records, 2)], dtype="int64"),
        "col": pd.Series([record.get("col", 0) for record in records], dtype="int64"),
    }
    for name, field in FIELDS.items():
        cells = [record.get(name) for record in records]
        rows[name] = pd.Series(cells, dtype=_DTYPES.get(field.kind, "str"))
    grades = pd.to_numeric(rows["grade"], errors="coerce")
    grade_types = [record.get("grade_type") for record in records]
    return pd.DataFrame(rows).assign(score=grades.astype("float64"), grade_type=pd.Series(grade_types, dtype="str"))


def reference(kind: str, *records: dict[str, Any]) -> pd.DataFrame:
    """The reference data of a kind, a line a record."""
    empty = empty_reference(kind)
    lines = {name: [record.get(name) for record in records] for name in REFERENCE_COLUMNS[kind]}
    return pd.DataFrame(lines, columns=empty.columns).astype(empty.dtypes.to_dict())


def context(destination: str = "database", **given: Any) -> Context:
    """A context of a run on 2024-06-01; frames of reference data by kind, `reference` as in a profile."""
    kinds = {name: given.pop(name) for name in list(given) if name.replace("_", "-") in REFERENCE_COLUMNS}
    return Context(destination, TODAY, references=References(**kinds), **given)


def problems(judged: JudgedRows) -> list[tuple[Any, ...]]:
    """(row, field, value, code, detail) of the failures; None where something is missing."""
    told = judged.failures[["row", "field", "value", "code", "detail"]].astype(object)
    return [tuple(line) for line in told.where(told.notna(), None).itertuples(index=False)]


def failed(*lines: dict[str, Any]) -> pd.DataFrame:
    """The failures of cleaning that these lines tell."""
    names = ("row", "col", "column", "header", "field", "value", "code", "detail")
    return failure_frame(**{name: [line.get(name, 0 if name == "col" else None) for line in lines] for name in names})
