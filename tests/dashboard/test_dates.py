"""Days and moments as their reader writes them."""

from datetime import date, datetime

import pytest

from dashboard import dates


@pytest.mark.parametrize(
    ("languages", "day", "moment"),
    [
        ("", "2026-11-03", "2026-11-03 09:05 UTC"),
        ("*", "2026-11-03", "2026-11-03 09:05 UTC"),
        ("en-US,en;q=0.9", "Nov 3, 2026", "Nov 3, 2026, 09:05 UTC"),
        ("en", "Nov 3, 2026", "Nov 3, 2026, 09:05 UTC"),
        ("en-GB,en-US;q=0.8", "3 Nov 2026", "3 Nov 2026, 09:05 UTC"),
        ("de-DE", "3 Nov 2026", "3 Nov 2026, 09:05 UTC"),
        ("ja", "2026-11-03", "2026-11-03 09:05 UTC"),
        ("zh-TW,zh;q=0.9", "2026-11-03", "2026-11-03 09:05 UTC"),
        ("nonsense;;,", "3 Nov 2026", "3 Nov 2026, 09:05 UTC"),
    ],
)
def test_a_day_is_written_as_its_reader_does(languages: str, day: str, moment: str) -> None:
    """The month is a word where its place may be mistaken."""
    dates.read_by(languages)
    at = datetime(2026, 11, 3, 9, 5)  # noqa: DTZ001 - moments are UTC without zone
    assert dates.day(date(2026, 11, 3)) == dates.day("2026-11-03 09:05:00") == day
    assert dates.moment(at) == dates.moment("2026-11-03 09:05:00") == moment
    assert dates.day(None) == dates.moment(None) == ""
    dates.read_by("")
