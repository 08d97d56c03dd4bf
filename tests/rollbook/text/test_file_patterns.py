"""Patterns over names and over the ends of paths."""

import pytest

from rollbook.text.file_patterns import fits


@pytest.mark.parametrize(
    ("pattern", "fitted"),
    [
        ("may.*", True),
        ("july.*", False),
        ("2020/*.xlsx", True),
        ("*/2020/may.xlsx", True),
        ("region-*/**/*.xlsx", True),
        ("region-7/*.xlsx", False),
        ("region-7/2020/**/may.xlsx", True),
        ("**/may.xlsx", True),
        ("./2020/may.xlsx", True),
        ("egion-7/2020/may.xlsx", False),
        ("2020/**", True),
        ("2021/**", False),
    ],
)
def test_a_pattern_with_folders_is_compared_with_the_end_of_the_path(pattern: str, fitted: bool) -> None:
    """`*` stays within a folder, `**` does not."""
    assert fits("/drop/region-7/2020/may.xlsx", pattern) is fitted
