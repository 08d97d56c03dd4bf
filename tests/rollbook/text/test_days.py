"""A typed date is shown as its day."""

import pytest

from rollbook.text.days import typed_day, without_midnight


@pytest.mark.parametrize("text", ["2023-02-11 09:30:00", "Room 00:00:00", "2023-02-11", "", "2023-02-11T00:00:00"])
def test_other_texts_stay(text: str) -> None:
    """Also those that end in a midnight that somebody wrote."""
    assert without_midnight(text) == text


def test_a_day_is_found_again() -> None:
    """What is shown as a day was read as its midnight."""
    assert without_midnight(typed_day("2023-02-11")) == "2023-02-11"
