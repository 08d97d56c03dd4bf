"""Text that a spreadsheet program would run as a formula is made harmless, and restored exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollbook.text.formulas import neutralised, restored, shown, unshown


@pytest.mark.parametrize("text", ["=1+1", "+49 30", "-5", "@cmd", "\tx", "\rx", "'=1", "''-"])
def test_texts_that_would_run_get_an_apostrophe(text: str) -> None:
    """A leading = + - @, tab or carriage return, also behind apostrophes."""
    assert neutralised(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=b", "'quoted'", "O'Neil", "1-2", " =x"])
def test_other_texts_stay(text: str) -> None:
    """A spreadsheet program runs nothing of them."""
    assert neutralised(text) == text


@given(st.text(alphabet="'=+-@\t\ra ", max_size=6))
def test_it_is_undone_exactly(text: str) -> None:
    """Whatever the text begins with."""
    assert restored(neutralised(text)) == text


def test_control_characters_are_shown_by_their_pictures() -> None:
    """A workbook cannot hold them; tab and line break it can."""
    assert shown("a\x00b\x07c\td\ne\x7f") == "a\u2400b\u2407c\td\ne\u2421"


@given(st.text(alphabet="'=+-@\t\r\x00\x07\x7fa ", max_size=6))
def test_what_was_shown_is_undone_exactly(text: str) -> None:
    """Control characters too: a row that failed for one fails for it again, wherever the workbook is imported."""
    assert unshown(shown(text)) == text
