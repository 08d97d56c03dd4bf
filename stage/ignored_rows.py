"""Rows of a part that carry no record: by reason, as ranges of their numbers."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

# Reason -> (first, last) of each range of row numbers, both included, ascending.
IgnoredRows = Mapping[str, Sequence[tuple[int, int]]]


def ranges_of(ignored: pd.DataFrame) -> dict[str, list[tuple[int, int]]]:
    """The ignored rows as ranges.

    ignored: `row` int64, `reason` str: each row once.
    """
    return {str(reason): _ranges(numbers.to_numpy()) for reason, numbers in ignored.groupby("reason")["row"]}


def _ranges(numbers: np.ndarray) -> list[tuple[int, int]]:
    ascending = np.sort(numbers)
    ends = np.flatnonzero(np.diff(ascending) != 1)
    firsts, lasts = ascending[np.append(0, ends + 1)], ascending[np.append(ends, len(ascending) - 1)]
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def counts_of(ignored: IgnoredRows) -> dict[str, int]:
    """{reason: rows}."""
    return {reason: sum(last - first + 1 for first, last in ranges) for reason, ranges in ignored.items()}
