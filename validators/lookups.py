"""Look-ups in reference data: built once, asked for every part."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from transforms.values.normalize import comparable

Positions = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

UNKNOWN = -1
TEXT = pd.StringDtype(na_value=np.nan)


def present(cells: pd.Series) -> Mask:
    """Where a cell has a value."""
    return cells.notna().to_numpy(bool)


def fold(names: pd.Series) -> pd.Series:
    """Names as they are compared (`transforms.values.normalize.comparable`); dtype `str`."""
    places, distinct = pd.factorize(names)
    return text_at([comparable(str(name)) for name in distinct], places, names.index)


def text_at(texts: Sequence[str | None] | pd.Series, positions: Positions, index: pd.Index | None = None) -> pd.Series:
    """The texts at the positions as dtype `str`, missing where it is UNKNOWN; on `index`, else a fresh one."""
    values = pd.Series(texts, dtype=TEXT).array
    return pd.Series(values.take(positions, allow_fill=True), index=index)


def number_at(numbers: Positions, positions: Positions, missing: int) -> Positions:
    """The numbers at the positions, `missing` where the position is UNKNOWN."""
    if not len(numbers):
        return np.full(len(positions), missing, dtype=np.int64)
    return np.where(positions >= 0, numbers[positions], missing)


class Keys:
    """The distinct keys of a reference frame and the rows that hold them.

    `keys`: text or whole numbers from 0, on an index of row numbers; a missing key holds no row.
    """

    def __init__(self, keys: pd.Series) -> None:
        self._all = keys.dropna()
        self._first = self._all.drop_duplicates()
        self.distinct = pd.Index(self._first)

    def __len__(self) -> int:
        return len(self.distinct)

    def codes(self, wanted: pd.Series | Positions) -> Positions:
        """The number of each wanted key among the distinct ones; UNKNOWN where it is not there or missing."""
        if not len(self.distinct):
            return np.full(len(wanted), UNKNOWN, dtype=np.int64)
        codes: Positions = self.distinct.get_indexer(pd.Index(wanted)).astype(np.int64)
        return codes

    def rows(self, codes: Positions) -> Positions:
        """The first row that holds the key of each code."""
        return number_at(self._first.index.to_numpy(np.int64), codes, UNKNOWN)

    def counts(self, codes: Positions) -> Positions:
        """How many rows hold the key of each code."""
        return number_at(self._counts, codes, 0)

    @cached_property
    def _counts(self) -> Positions:
        if len(self._all) == len(self.distinct):
            return np.ones(len(self.distinct), dtype=np.int64)
        return np.bincount(self.codes(self._all), minlength=len(self.distinct)).astype(np.int64)


class Pairs:
    """Which pairs of two keys stand together in a frame: a member in a group, a course in a group."""

    def __init__(self, left: pd.Series, right: pd.Series) -> None:
        self.left, self._right = Keys(left), Keys(right)
        pairs = self._numbers(left, right)
        self._pairs = Keys(pd.Series(pairs[pairs >= 0]))

    def hold(self, left: pd.Series, right: pd.Series) -> Mask:
        """Whether each pair is there; a pair of which one is missing is not."""
        return self._pairs.codes(self._numbers(left, right)) >= 0

    def _numbers(self, left: pd.Series, right: pd.Series) -> Positions:
        lefts, rights = self.left.codes(left), self._right.codes(right)
        return np.where((lefts >= 0) & (rights >= 0), lefts * len(self._right) + rights, UNKNOWN)
