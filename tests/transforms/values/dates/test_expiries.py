"""Days of expiration may be in the future, or never come."""

from datetime import date

import pytest

from tests.transforms.sheets import canonical_of, table_of
from tests.transforms.verdicts import cells
from transforms.values.dates.expiries import latest_expiry, without_never


@pytest.mark.parametrize("text", ["Never", "no expiry", "Does not expire", "LIFETIME", "unbefristet", "Illimité"])
def test_what_never_expires_has_no_day(text: str) -> None:
    """It is a blank, not a failure."""
    assert without_never(cells([text, "2027-03-31"])).isna().tolist() == [True, False]


def test_texts_that_say_a_day_stay_as_they_are() -> None:
    """Nothing is copied where nothing is to be done."""
    days = cells(["2027-03-31", None])
    assert without_never(days) is days


def test_a_two_digit_year_of_an_expiration_may_be_in_the_future() -> None:
    """As no certificate is valid for more than twenty years, the others are of the century before."""
    assert latest_expiry(date(2026, 11, 21)) == date(2046, 12, 31)
    rows = [
        ["Email", "Session ID", "Status", "Expires on"],
        ["a@x.org", "S-1", "completed", "28/02/29"],
        ["b@x.org", "S-1", "completed", "31/12/97"],
        ["c@x.org", "S-1", "completed", "Never"],
    ]
    assert [str(day)[:10] for (day,) in table_of(canonical_of(rows).rows, "expires_on")] == [
        "2029-02-28",
        "1997-12-31",
        "None",
    ]
