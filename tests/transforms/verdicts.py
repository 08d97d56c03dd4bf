"""How tests write down what a cleaner says: (value, code, detail) for each cell."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from transforms.values.cleaner import Cleaned

Said = tuple[Any, str | None, str | None]


def cells(texts: Iterable[str | None]) -> pd.Series:
    """A column of raw texts on an index of its own."""
    column = pd.Series(list(texts), dtype="str")
    return column.set_axis(range(7, 7 + len(column)))


def said(cleaned: Cleaned) -> list[Said]:
    """(value, code, detail) of each cell; dates as YYYY-MM-DD, what is missing as None."""
    return list(zip(*map(_plain, (cleaned.values, cleaned.code, cleaned.detail)), strict=True))


def _plain(column: pd.Series) -> list[Any]:
    if column.dtype.kind == "M":
        column = column.dt.strftime("%Y-%m-%d").astype(object)
    return [None if pd.isna(value) else value for value in column.tolist()]
