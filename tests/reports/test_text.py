"""Numbers and times as people read them."""

from datetime import datetime

import pytest

from reports.text import count_noun, day_and_time, listed, plural, seconds


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [(0, "row", "0 rows"), (1, "row", "1 row"), (1_234_567, "row", "1,234,567 rows"), (2, "copy", "2 copies")],
)
def test_numbers_bear_their_noun(number: int, noun: str, text: str) -> None:
    """Thousands are parted, one is singular."""
    assert count_noun(number, noun) == text


@pytest.mark.parametrize(
    ("noun", "many"), [("class", "classes"), ("day", "days"), ("batch", "batches"), ("case", "cases")]
)
def test_plurals(noun: str, many: str) -> None:
    """Regular ones."""
    assert plural(noun) == many


@pytest.mark.parametrize(
    ("words", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_lists(words: list[str], text: str) -> None:
    """As one says them."""
    assert listed(words) == text


def test_moments_are_in_utc() -> None:
    """To the minute, from datetime or text."""
    assert day_and_time(datetime.fromisoformat("2026-11-21 09:15:59")) == "2026-11-21 09:15 UTC"
    assert day_and_time("2026-11-21 09:15:59.5") == "2026-11-21 09:15 UTC"
    assert day_and_time(None) == ""


@pytest.mark.parametrize(("duration", "text"), [(0.25, "0.2 s"), (12.4, "12 s"), (200, "3 min 20 s")])
def test_durations(duration: float, text: str) -> None:
    """As exact as one wants to know."""
    assert seconds(duration) == text
