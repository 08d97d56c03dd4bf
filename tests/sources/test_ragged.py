"""Ragged lines are told from titles, stacked tables and writers that leave out blank cells."""

import pytest

from sources.ragged import RaggedLines


def ragged(*widths: int) -> list[int]:
    """The ragged ones of lines with so many filled cells; 0 is a blank line. Lines count from 1."""
    lines = RaggedLines()
    lines.add(range(1, len(widths) + 1), [["x"] * width for width in widths])
    return lines.finish()


@pytest.mark.parametrize(
    ("widths", "expected"),
    [
        ([3, 3, 3, 3], []),
        ([3, 3, 4, 3], [3]),
        ([3, 3, 2, 3], [3]),
        ([3, 3, 4, 4, 4, 3], [3, 4, 5]),
        ([1, 1, 3, 3, 3], []),
        ([2, 0, 3, 3, 3], []),
        ([2, 2, 2, 0, 1, 7, 7, 7, 7, 0, 1, 4, 4], []),
        ([2, 2, 2, 5, 5, 5, 5], []),
        ([5, 5, 5, 5, 5, 3, 3, 3, 3], []),
        ([5, 5, 5, 5, 5, 3, 3], [6, 7]),
        ([5, 5, 5, 5, 1], [5]),
        ([5, 5, 5, 5, 0, 1], []),
        ([3, 3, 3, 0, 4, 0, 3, 3], [5]),
        ([5, 3, 3, 5, 3, 4, 3], []),
    ],
    ids=str,
)
def test_lines(widths: list[int], expected: list[int]) -> None:
    """Titles, sections and tables one below the other are fine; a line that leaves its table and returns is not."""
    assert ragged(*widths) == expected


def test_blank_cells_at_the_end_do_not_count() -> None:
    """A delimiter too many is harmless, at the header as well as at a record."""
    lines = RaggedLines()
    lines.add([1, 2, 3, 4], [["a", "b"], ["1", "2", ""], ["1", "2", "", ""], ["1", "", ""]])
    assert lines.finish() == []


def test_far_down_in_batches() -> None:
    """One line among thousands, however the lines come."""
    lines = RaggedLines()
    for start in range(1, 10_001, 500):
        lines.add(
            range(start, start + 500), [["x"] * (4 if line == 7_777 else 3) for line in range(start, start + 500)]
        )
    assert lines.finish() == [7_777]


def test_a_long_other_table_is_no_error() -> None:
    """Thousands of lines of another width are a table, and what is astray in it is told."""
    lines = RaggedLines()
    lines.add(range(1, 3001), [["x"] * 3] * 3000)
    lines.add(range(3001, 6001), [["x"] * (6 if line == 5_000 else 5) for line in range(3001, 6001)])
    assert lines.finish() == [5_000]
