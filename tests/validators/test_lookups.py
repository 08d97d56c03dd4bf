"""Look-ups in reference data."""

import numpy as np
import pandas as pd

from validators.lookups import Keys, Pairs, fold


def text(*cells: str | None) -> pd.Series:
    return pd.Series(list(cells), dtype="str")


def test_names_are_folded_without_losing_what_tells_them_apart() -> None:
    """Case, width and surplus blanks go; accents and punctuation stay."""
    folded = fold(text("  First\u00a0 AID ", "Café", "C#", "Level 1.1", "ＡＢＣ", None))
    assert list(folded.fillna("-")) == ["first aid", "café", "c#", "level 1.1", "abc", "-"]


def test_keys_know_their_first_row_and_how_many_hold_them() -> None:
    """A missing key is unknown on both sides."""
    keys = Keys(text("a", None, "b", "a"))
    codes = keys.codes(text("a", "b", "c", None))
    assert list(keys.rows(codes)) == [0, 2, -1, -1]
    assert list(keys.counts(codes)) == [2, 1, 0, 0]


def test_no_keys_know_nothing() -> None:
    """An empty kind of reference data is asked like any other."""
    keys = Keys(text())
    codes = keys.codes(text("a", None))
    assert list(codes) == list(keys.rows(codes)) == [-1, -1]
    assert list(keys.counts(codes)) == [0, 0]


def test_pairs_are_pairs_and_not_joined_texts() -> None:
    """(a, b) and (b, a) differ, and so do members of two groups; half a pair is none."""
    pairs = Pairs(text("a", "b", None), text("b", "c", "d"))
    held = pairs.hold(text("a", "b", "a", "b", None, "x"), text("b", "c", "c", "b", "d", "b"))
    np.testing.assert_array_equal(held, [True, True, False, False, False, False])
