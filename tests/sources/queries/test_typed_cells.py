"""Values of a database become the texts of typed cells."""

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.queries.typed_cells import NoCell, cells_of

ZONE = dt.timezone(dt.timedelta(hours=9))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ("007", "007"),
        (7, "7"),
        (12345678901234567890, "12345678901234567890"),
        (True, "true"),
        (False, "false"),
        (Decimal("85.00"), "85"),
        (Decimal("85.50"), "85.5"),
        (Decimal(100), "100"),
        (Decimal("0E-8"), "0"),
        (Decimal("NaN"), "#NUM!"),
        (92.5, "92.5"),
        (1e16, "10000000000000000"),
        (float("inf"), "#NUM!"),
        (dt.date(2023, 2, 1), "2023-02-01"),
        (dt.datetime(2023, 2, 1), "2023-02-01 00:00:00"),  # noqa: DTZ001 - as databases give it
        (dt.datetime(2023, 2, 1, 23, 30, tzinfo=ZONE), "2023-02-01 23:30:00"),
        (dt.time(9, 30), "09:30:00"),
        (dt.timedelta(hours=30, minutes=5), "30:05:00"),
        (-dt.timedelta(minutes=5), "-00:05:00"),
        (b"ann@example.com", "ann@example.com"),
        (memoryview("Jürgen".encode()), "Jürgen"),
        (UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        ({"a": ["ü"]}, '{"a": ["ü"]}'),
    ],
)
def test_a_value_is_a_text(value: Any, text: str | None) -> None:
    assert cells_of([value]) == [text]


@pytest.mark.parametrize("value", [b"\xff\xd8\xff", b"\x01", b"\x00", object(), 1j])
def test_what_no_cell_can_hold(value: Any) -> None:
    with pytest.raises(NoCell):
        cells_of(["a", value])


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20))
def test_a_number_stays_the_number_without_an_exponent(value: Decimal) -> None:
    (text,) = cells_of([value])
    assert text is not None
    assert Decimal(text) == value
    assert "E" not in text
    assert not ("." in text and text.endswith("0"))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_read_back_as_the_same(value: float) -> None:
    (text,) = cells_of([value])
    assert text is not None
    assert float(text) == value
    assert "e" not in text.lower()
