"""Number formats: which ones change what is meant, and what they show."""

import pytest

from sources.formats import render_of

_PLAIN = (
    *("General", "0", "0.00", "#,##0", "#,##0.00", "@", "0E+00", "[Red]0", "??/??", '0 "%"', '0" h"'),
    *("dd/mm/yyyy", "yyyy-mm-dd hh:mm", "[$-409]d-mmm-yy", "mmm yy", '_-* #,##0.00\\ "€"_-'),
)


@pytest.mark.parametrize("code", _PLAIN)
def test_decoration_changes_nothing(code: str) -> None:
    """The number, or the day, is what was meant."""
    assert render_of(code) is None


@pytest.mark.parametrize(
    ("code", "number", "shown"),
    [
        ("0%", 0.07, "7%"),
        ("0.0%", 1.005, "100.5%"),
        ("0%", 1e-9, "0.0000001%"),
        ("[Green]0%;[Red]-0%", -0.1, "-10%"),
        ("00000", 42.0, "00042"),
        ("00000;-00000", 42.0, "00042"),
        ("00000", -42.0, None),
        ("00000", 42.6, "00043"),
        (r"000\-00\-0000", 78051120.0, "078-05-1120"),
        ('"EMP-"0000', 123456.0, "EMP-123456"),
        ("#000", 7.0, "007"),
        ("0000", 1e20, None),
        ("h:mm", 0.999999, "24:00:00"),
        ("h:mm:ss", 0.5, "12:00:00"),
        ("hh:mm", 44259.5, None),
        ("[h]:mm", 1.25, "30:00:00"),
        ("[mm]:ss", 0.01, "00:14:24"),
        ("[h]:mm", -0.5, None),
    ],
)
def test_what_is_shown(code: str, number: float, shown: str | None) -> None:
    """Per cent, leading zeros and times; None where the format does not fit the number."""
    render = render_of(code)
    assert render is not None
    assert render(number) == shown
