"""Hours and credits are numbers without their unit; what is no number, or may be two, is told."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transforms.verdicts import Said, cells, said
from transforms.values.amounts import MOST, clean_amounts, is_amount

RANGE = "hours.range"
NO_NUMBER = (None, RANGE, "it is not a number")
HOURS: list[tuple[str | None, Said]] = [
    (None, (None, None, None)),
    ("n/a", (None, None, None)),
    ("–", (None, None, None)),
    ("0", (0.0, None, None)),
    ("6.5", (6.5, None, None)),
    ("6,5", (6.5, None, None)),
    ("٧٫٥", (7.5, None, None)),
    (" 14 ", (14.0, None, None)),
    ("3 h", (3.0, None, None)),
    ("3hrs.", (3.0, None, None)),
    ("2.25 Hours", (2.25, None, None)),
    ("8 Std.", (8.0, None, None)),
    ("3,5 heures", (3.5, None, None)),
    ("150 min", (2.5, None, None)),
    ("45 Minuten", (0.75, None, None)),
    ("1:45", (1.75, None, None)),
    ("02:30:00", (2.5, None, None)),
    ("1h20", (1.3333, None, None)),
    ("2 h 15 min", (2.25, None, None)),
    ("1 hr and 30 mins", (1.5, None, None)),
    ("-4", (None, RANGE, "it is less than 0")),
    ("2001", (None, RANGE, "it is more than 2,000")),
    ("1,250", (None, RANGE, "it could be 1.25 or 1250")),
    ("2 days", (None, RANGE, "the unit “days” is not known")),
    ("eight", (None, RANGE, "write the number in digits")),
    ("09:00-17:00", NO_NUMBER),
    ("full day", NO_NUMBER),
    ("1,2,3", NO_NUMBER),
    ("#REF!", (None, "cell.error", None)),
]


@pytest.mark.parametrize(("text", "expected"), HOURS)
def test_hours_are_a_number_of_hours_however_written(text: str | None, expected: Said) -> None:
    """Decimal, as a clock, with its unit, or in minutes."""
    assert said(clean_amounts(cells([text]), "hours")) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3", (3.0, None, None)),
        ("1.5 CEU", (1.5, None, None)),
        ("4 ECTS", (4.0, None, None)),
        ("2 points", (2.0, None, None)),
        ("3 h", (None, RANGE, "the unit “h” is not known")),
        ("1:30", NO_NUMBER),
    ],
)
def test_credits_are_not_hours(text: str, expected: Said) -> None:
    """They have units of their own, and are no time."""
    assert said(clean_amounts(cells([text]), "credits")) == [expected]


def test_the_decimal_mark_is_the_columns() -> None:
    """What could be two numbers is one where the column has decimal commas."""
    assert said(clean_amounts(cells(["1,250", "1.250"]), "hours", decimal_comma=True)) == [
        (1.25, None, None),
        (None, RANGE, "it could be 1.25 or 1250"),
    ]


@given(st.decimals(0, MOST, places=2), st.sampled_from(["{}", "{} h", "{} hours", "  {}hrs "]))
def test_a_unit_changes_nothing(number: object, spelled: str) -> None:
    """The number alone and the number with its unit are the same."""
    ((value, code, _),) = said(clean_amounts(cells([spelled.format(number)]), "hours"))
    assert code is None
    assert math.isclose(value, float(str(number)), abs_tol=1e-4)


@given(st.lists(st.none() | st.text(max_size=6) | st.sampled_from(["1:30", "4 h", "x"]), max_size=6))
def test_any_text_is_an_amount_a_blank_or_told(texts: list[str | None]) -> None:
    """Nothing raises; neighbours do not matter; what is said to be an amount is read in one of the two ways."""
    alone = [said(clean_amounts(cells([text]), "hours"))[0] for text in texts]
    assert said(clean_amounts(cells(texts), "hours")) == alone
    assert all(is_amount(text, "hours") for text, (_, code, _) in zip(texts, alone, strict=True) if text and not code)
