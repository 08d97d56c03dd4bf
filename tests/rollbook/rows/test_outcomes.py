"""The accounts of a run: every row that was read has exactly one outcome."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollbook.errors import AccountsError
from rollbook.rows.outcomes import OUTCOMES, Counts

PARTS = st.fixed_dictionaries({outcome: st.integers(0, 1000) for outcome in OUTCOMES})


@given(PARTS, st.integers(0, 1000))
def test_accounts_that_add_up_pass_whatever_was_ignored(parts: dict[str, int], ignored: int) -> None:
    """Ignored rows carry no record and stand outside."""
    counts = Counts(read=sum(parts.values()), ignored=ignored, **parts)
    assert counts.check() is counts


@given(PARTS, st.integers(-5, 5).filter(bool))
def test_a_row_missing_or_counted_twice_is_an_error(parts: dict[str, int], off: int) -> None:
    """The message says what was counted, and that nothing was loaded."""
    with pytest.raises(AccountsError, match="Nothing was loaded"):
        Counts(read=sum(parts.values()) + off, **parts).check()
