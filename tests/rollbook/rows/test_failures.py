"""Failures are one table with one schema, however few columns a maker knows."""

import pandas as pd

from rollbook.rows.failures import FAILURE_COLUMNS, failure_frame, join_failures, no_failures


def test_columns_that_are_not_given_are_missing() -> None:
    """`col` is 0 but in wide sheets; texts are missing and not empty."""
    frame = failure_frame(row=[5, 7], code=["date.invalid", "status.missing"], value=["31/02", None])
    expected = pd.DataFrame(
        {
            "row": [5, 7],
            "col": [0, 0],
            "column": [None, None],
            "header": [None, None],
            "field": [None, None],
            "value": ["31/02", None],
            "code": ["date.invalid", "status.missing"],
            "detail": [None, None],
        }
    ).astype(FAILURE_COLUMNS)
    pd.testing.assert_frame_equal(frame, expected)


def test_joined_failures_stand_in_sheet_order() -> None:
    """By row, then by column; problems of one place keep the order in which they were found."""
    one = failure_frame(row=[9, 2], col=[0, 3], code=["a", "b"])
    two = failure_frame(row=[2, 2], col=[1, 3], code=["c", "d"])
    joined = join_failures([one, no_failures(), two])
    assert joined[["row", "col", "code"]].to_numpy().tolist() == [[2, 1, "c"], [2, 3, "b"], [2, 3, "d"], [9, 0, "a"]]
    assert list(joined.index) == [0, 1, 2, 3]


def test_no_failures_have_the_same_schema() -> None:
    """So that nobody asks whether there are any before looking at a column."""
    assert dict(no_failures().dtypes.astype(str)) == dict(failure_frame(row=[1]).dtypes.astype(str))
    pd.testing.assert_frame_equal(join_failures([]), no_failures())
