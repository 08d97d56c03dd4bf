"""Minutes in a meeting, added up over all times that a learner joined."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transforms.sheets import canonical_of, plan_of
from transforms.planning.columns.meetings import minutes_in

_HEADERS = ["Name", "Email", "Course", "Join time", "Duration (minutes)"]
_FROM = '[meeting]\nattended_from = 30\nminutes = "Duration (minutes)"\n'


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        *[("68", 68), ("1h 7m 30s", 67.5), ("65 mins", 65), ("59 Min. 30 Sek.", 59.5), ("1 Std. 5 Min.", 65)],
        *[("01:07:30", 67.5), ("1 hour 5 minutes", 65), ("1 hr and 5 min", 65), ("45 s", 0.75), ("2h", 120)],
        *[("2 uur", 120), ("--", 0), ("", 0), ("0,5", 0.5), ("1:30", None), ("long", None), ("3/14/2023", None)],
    ],
)
def test_durations_as_systems_write_them(text: str, minutes: float | None) -> None:
    """What may be hours or minutes is none."""
    assert minutes_in(text) == minutes


@given(st.lists(st.integers(0, 40), min_size=1, max_size=6))
def test_minutes_count_together_whenever_somebody_joined(parts: list[int]) -> None:
    """In any order, under an address of another case."""
    rows = [["Ann", "ann@x.org", "Ladders", "2023-05-20 09:00", str(part)] for part in parts]
    rows += [["Ann", "ANN@x.org", "Ladders", "2023-05-20 11:15", "0"]]
    found = canonical_of([_HEADERS, *rows], _FROM).rows["status"]
    assert set(found) == {"attended" if sum(parts) >= 30 else "no_show"}


def test_each_day_and_course_by_itself() -> None:
    """Minutes of another session do not count."""
    rows = [
        ["Ann", "ann@x.org", "Ladders", "2023-05-20 09:00", "20"],
        ["Ann", "ann@x.org", "Ladders", "2023-05-21 09:00", "20"],
        ["Ann", "ann@x.org", "Ropes", "2023-05-20 13:00", "45"],
    ]
    assert list(canonical_of([_HEADERS, *rows], _FROM).rows["status"]) == ["no_show", "no_show", "attended"]


def test_without_a_limit_everybody_who_joined_attended() -> None:
    """Minutes are not looked at."""
    rows = [["Ann", "ann@x.org", "Ladders", "2023-05-20 09:00", "a while"]]
    assert list(canonical_of([_HEADERS, *rows]).rows["status"]) == ["attended"]


def test_minutes_that_cannot_be_read_are_refused() -> None:
    """With the row, or the column that is missing."""
    rows = [["Ann", "ann@x.org", "Ladders", "2023-05-20 09:00", "a while"]]
    assert "row 2 has “a while” there" in (plan_of([_HEADERS, *rows], _FROM).message or "")
    other = '[meeting]\nattended_from = 30\nminutes = "Minutes"\n'
    assert "needs the column of minutes" in (plan_of([_HEADERS, *rows], other).message or "")
