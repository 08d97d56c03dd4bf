"""Numbers and times as people read them."""

from datetime import datetime

import pytest

from reports.text import column_name, count_noun, day_and_time, left_alone, listed, plural, seconds


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


def test_columns_are_named_as_people_see_them() -> None:
    """By the letter where there is no header; a typed date by its day."""
    assert [column_name(header) for header in ("@C", "Room  no", "2024-03-05 00:00:00", "@home address")] == [
        "column C (without a header)",
        "Room no",
        "2024-03-05",
        "@home address",
    ]


def test_a_few_files_are_named() -> None:
    """The rest is counted."""
    assert left_alone(["a.pdf"]) == "Not read, because it is not a spreadsheet: a.pdf"
    many = [f"{letter}.pdf" for letter in "abcdef"]
    assert left_alone(many) == "Not read, because they are not spreadsheets: a.pdf, b.pdf, c.pdf, d.pdf and 2 others"
