"""Ragged lines are told by the header of their table, however many they are."""

import pandas as pd
import pytest

from tests.transforms.plans import planned_as
from transforms.planning.ragged import header_cells, short_lines, surplus_lines, why_ragged, with_ragged


def widths(*cells: int) -> pd.DataFrame:
    """Lines with so many cells each, from line 1 on, as runs."""
    runs = [(row, number) for row, number in enumerate(cells, 1) if row == 1 or cells[row - 2] != number]
    return pd.DataFrame(runs, columns=["row", "cells"], dtype="int32")


@pytest.mark.parametrize(
    ("cells", "header", "short"),
    [
        ((3, 3, 3, 3), 1, []),
        ((3, 3, 2, 3, 3), 1, [3]),
        ((3, 3, 4, 3), 1, []),
        ((5, 5, 5, 5, 1), 1, [5]),
        ((1, 2, 4, 4, 3, 4, 4), 3, [5]),
        ((1, 1, 4, 4), 3, []),
        ((5, 3, 3, 5, 3, 2, 3), 1, []),
    ],
)
def test_lines_with_fewer_cells(cells: tuple[int, ...], header: int, short: list[int]) -> None:
    """Not titles above the header, and none where most lines leave out their last cells."""
    plan = planned_as(header_row=header, first_row=header + 1, last_row=len(cells), headers=cells[header - 1])
    assert short_lines(widths(*cells), plan).tolist() == short


def test_blank_headers_at_the_end_make_no_line_short() -> None:
    """A header line with delimiters too many."""
    plan = planned_as(header_row=1, first_row=2, last_row=3, headers=2)
    assert short_lines(widths(4, 2, 2), plan).tolist() == []


def test_every_line_with_something_beyond_the_header() -> None:
    """One, some or all; cells under a blank header are not beyond it, and blank ones hold nothing."""
    part = pd.DataFrame(
        {"row": [2, 3, 4, 5], "A": list("abcd"), "B": [None, "x", "y", "z"], "C": [None, "5", None, "0"]}
    ).astype(dict.fromkeys("ABC", "str"))
    assert surplus_lines(part, planned_as(width=2)).tolist() == [3, 5]
    assert surplus_lines(part, planned_as(width=1)).tolist() == [3, 4, 5]
    assert surplus_lines(part, planned_as(width=3)).tolist() == []
    assert surplus_lines(part, planned_as(width=0)).tolist() == []


def test_how_many_cells_the_header_has() -> None:
    """That of its line, blank cells included; without a header line, as most lines have."""
    runs = widths(1, 4, 3, 3, 3, 4)
    assert [header_cells(runs, row) for row in (1, 2, 5, 6, None)] == [1, 4, 3, 4, 3]
    assert header_cells(widths(), 1) == 0


def test_a_line_is_marked_once() -> None:
    """Too many cells, too few, or known from before."""
    marks = pd.DataFrame({"row": [3, 4], "column": [None, "B"], "kind": ["ragged", "error"]})
    marks = marks.astype({"row": "int64", "column": "str", "kind": "str"})
    found = with_ragged(marks, short_lines(widths(2, 2, 1, 2, 2, 2), planned_as(1, 2, 6, 2)))
    assert found.equals(marks)
    more = with_ragged(marks, short_lines(widths(2, 1, 2, 2, 2, 2), planned_as(1, 2, 6, 2)))
    assert more["row"].tolist() == [3, 4, 2]
    assert more.dtypes.astype(str).tolist() == marks.dtypes.astype(str).tolist()


def test_the_cells_beyond_the_header_are_named_with_what_they_hold() -> None:
    """Of a long text its beginning; of a line that is too short how many cells it should have."""
    part = pd.DataFrame({"row": [2, 3], "A": ["a", "b"], "C": ["5", None], "D": ["x" * 50, None]})
    told = why_ragged(part.astype(dict.fromkeys("ACD", "str")), planned_as(width=2))
    assert told.tolist() == [
        f"beyond column B it has C (“5”), D (“{'x' * 39}…”)",
        "it has fewer than the 2 cells of the header line",
    ]
