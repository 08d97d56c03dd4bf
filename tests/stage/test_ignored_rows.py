"""Ignored rows as ranges: exactly the rows, whatever their order and gaps."""

from itertools import pairwise

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from stage.ignored_rows import counts_of, ranges_of


@given(st.dictionaries(st.integers(1, 60), st.sampled_from(["blank", "title", "totals"])))
def test_ranges_hold_each_row_once_under_its_reason(reasons: dict[int, str]) -> None:
    """As few ranges as can be: no two of a reason touch."""
    frame = pd.DataFrame({"row": list(reasons), "reason": list(reasons.values())}).astype(
        {"row": "int64", "reason": "str"}
    )
    ranges = ranges_of(frame)
    rows = [(row, reason) for reason, some in ranges.items() for first, last in some for row in range(first, last + 1)]
    assert sorted(rows) == sorted(reasons.items())
    assert counts_of(ranges) == frame["reason"].value_counts().to_dict()
    for some in ranges.values():
        assert all(later[0] > earlier[1] + 1 for earlier, later in pairwise(some))
