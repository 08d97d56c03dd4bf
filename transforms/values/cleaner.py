"""What a cleaner hands back, and how to judge each distinct text only once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

# `Any`: the stubs do not know how a dtype takes an Arrow array.
_TEXT: Any = pd.StringDtype(na_value=np.nan)


class CellVerdict(NamedTuple):
    """What one text becomes: a value, or nothing for a blank, or nothing and the code of what is wrong."""

    value: Any = None
    code: str | None = None
    detail: str | None = None


BLANK = CellVerdict()
Judge = Callable[[str], CellVerdict]
Alike = Callable[[pa.Array], pa.Array]


@dataclass(frozen=True)
class Cleaned:
    """Cells after cleaning, on the index of the cells that came in.

    values: the clean value, missing where the cell is blank or failed; its dtype is that of the field's kind.
    code: `str`, the code of the failure; NaN where nothing is wrong.
    detail: `str`, a clause that says what code and value alone do not; else NaN.
    """

    values: pd.Series
    code: pd.Series
    detail: pd.Series


def texts(cells: pd.Series) -> pa.Array:
    """The cells as one Arrow array of large strings; blanks are null."""
    array = pa.array(cells, type=pa.large_string())
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def text_series(array: pa.Array, index: pd.Index) -> pd.Series:
    """The Arrow strings as a Series of dtype `str`, without a copy."""
    return pd.Series(_TEXT.__from_arrow__(array), index=index)


def judge_distinct(cells: pd.Series, judge: Judge, dtype: str = "str", alike: Alike | None = None) -> Cleaned:
    """Clean by judging each distinct text once; the values get `dtype`, `alike` is as in `judged`."""
    verdicts, places = judged(texts(cells), judge, alike)
    return Cleaned(
        spread([verdict.value for verdict in verdicts], places, cells.index, dtype),
        spread([verdict.code for verdict in verdicts], places, cells.index),
        spread([verdict.detail for verdict in verdicts], places, cells.index),
    )


def judge_odd(array: pa.Array, odd: pa.Array, judge: Judge, index: pd.Index) -> Cleaned:
    """Clean by judging only the texts where `odd` (a mask) is true; the others are their own value."""
    odd = pc.fill_null(odd, False)
    nothing = pa.nulls(len(array), array.type)
    if not pc.any(odd).as_py():
        return Cleaned(*(text_series(column, index) for column in (array, nothing, nothing)))
    odd_cells = text_series(array.filter(odd), pd.RangeIndex(pc.sum(odd).as_py()))
    found = judge_distinct(odd_cells, judge)
    columns = ((array, found.values), (nothing, found.code), (nothing, found.detail))
    return Cleaned(*(text_series(pc.replace_with_mask(old, odd, texts(new)), index) for old, new in columns))


def judged(array: pa.Array, judge: Judge, alike: Alike | None = None) -> tuple[list[CellVerdict], np.ndarray]:
    """The verdicts on the distinct texts, and for each text the place of its verdict (blank: behind the last).

    alike: makes texts equal that have the same verdict, so that a column of moments is judged by its days.
    """
    encoded = pc.dictionary_encode(array)
    distinct, places = encoded.dictionary, encoded.indices
    if alike is not None:
        again = pc.dictionary_encode(alike(distinct))
        distinct, places = again.dictionary, again.indices.take(places)
    verdicts = [judge(text) for text in distinct.to_pylist()]
    return verdicts, places.fill_null(len(verdicts)).to_numpy(zero_copy_only=False)


def spread(distinct: Sequence[Any], places: np.ndarray, index: pd.Index, dtype: str = "str") -> pd.Series:
    """The distinct values laid out over the index; the place behind the last one is a missing value."""
    if dtype.startswith("datetime64"):
        return pd.Series(np.array([*distinct, None], dtype="datetime64[D]").astype(dtype)[places], index=index)
    if dtype != "str":
        return pd.Series(pd.Series([*distinct, None], dtype=dtype).array.take(places), index=index)
    if all(value is None for value in distinct):
        return text_series(pa.nulls(len(index), pa.large_string()), index)
    return text_series(pa.array([*distinct, None], pa.large_string()).take(pa.array(places)), index)
