"""Patterns that fit the files of one kind and no others."""

from hypothesis import given
from hypothesis import strategies as st

from rollbook.text.file_patterns import fits
from transforms.planning.proposal.file_globs import glob_for


def test_the_pattern_of_file_names_fits_one_kind_only() -> None:
    """Figures are left open; where that would fit another kind, the first name itself stands."""
    assert glob_for(["hr_2023.xlsx"]) == "hr_*.xlsx"
    assert glob_for(["hr_2023-01.csv", "hr_2024-02.csv"], ["register.csv"]) == "hr_*.csv"
    assert glob_for(["a1.csv"], ["a2.csv"]) == "a1.csv"
    assert glob_for(["sales.csv", "people.csv"], []) == "*.csv"
    assert glob_for(["sales.csv", "people-1.csv", "people-2.csv"], ["x.csv"]) == ["sales.csv", "people-*.csv"]
    assert glob_for(["a[1].csv"], ["a[2].csv"]) == "a[[]1].csv"


def test_files_of_one_name_are_told_apart_by_their_folders() -> None:
    """All of a folder where it has one kind, else the single paths."""
    assert glob_for(["north/may.xlsx", "north/june.xlsx"], ["south/may.xlsx"]) == "north/*.xlsx"
    assert glob_for(["region-1/may.xlsx", "region-2/may.xlsx"], ["head/may.xlsx"]) == "region-*/*.xlsx"
    mixed = glob_for(["a/may.xlsx", "b/june.xlsx"], ["a/june.xlsx", "b/may.xlsx"])
    assert mixed == ["a/may.xlsx", "b/june.xlsx"]


_PATH = st.from_regex(r"\A[ab1\[]{1,2}/[ab1\[]{1,3}\.(csv|xlsx)\Z")


@given(st.lists(_PATH, min_size=2, max_size=8, unique=True), st.integers(1, 7))
def test_the_patterns_fit_exactly_the_kind(paths: list[str], size: int) -> None:
    """Whatever the names."""
    kind, others = paths[:size], paths[size:]
    found = glob_for(kind, others)
    patterns = [found] if isinstance(found, str) else found
    assert all(any(fits(path, pattern) for pattern in patterns) for path in kind)
    assert not any(fits(path, pattern) for pattern in patterns for path in others)
