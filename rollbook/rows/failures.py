"""Failures as data: one schema, made in one place."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import pandas as pd

# What transforms and validators hand on, a line a problem. `row` and `col` are the record's place (`col` is 0 but in
# wide sheets, where it is the 1-based number of the session's column); `column` is the letter of the blamed cell,
# `value` what it showed; `detail` fills the rule's template where the value alone does not say it.
FAILURE_COLUMNS: dict[str, str] = {
    "row": "int64",
    "col": "int64",
    "column": "str",
    "header": "str",
    "field": "str",
    "value": "str",
    "code": "str",
    "detail": "str",
}


def failure_frame(**columns: Sequence[Any] | pd.Series | Any) -> pd.DataFrame:
    """A failure frame of FAILURE_COLUMNS with a fresh RangeIndex; columns not given are missing (`col` 0)."""
    frame = pd.DataFrame({name: columns[name] for name in FAILURE_COLUMNS if name in columns}).reset_index(drop=True)
    for name, dtype in FAILURE_COLUMNS.items():
        if name not in frame:
            frame[name] = 0 if dtype == "int64" else None
    return frame[list(FAILURE_COLUMNS)].astype(FAILURE_COLUMNS)


def no_failures() -> pd.DataFrame:
    """An empty failure frame."""
    return _none().copy()


@cache
def _none() -> pd.DataFrame:
    return failure_frame(row=[])


def join_failures(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """All failures of several frames, in sheet order, with a fresh RangeIndex."""
    filled = [frame for frame in frames if len(frame)]
    if not filled:
        return no_failures()
    joined = pd.concat(filled, ignore_index=True)
    return joined.sort_values(["row", "col"], kind="stable", ignore_index=True)
