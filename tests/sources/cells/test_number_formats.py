"""Number formats: which ones change what is meant, and what they show."""

import pytest

from sources.cells.number_formats import date_text, is_date, is_usual, number_text, render_of

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
        ("[<=99999]00000;00000-0000", 123456789.0, "12345-6789"),
        ("[<=99999]00000;00000-0000", 2134.0, "02134"),
        ('[=0]"none";0%', 0.5, "50%"),
        ('[=0]"none";0%', 0.0, None),
        ("[<1]h:mm;0", 0.5, "12:00:00"),
        ("[<1]h:mm;0", 7.0, None),
        ('"a;b"000', 7.0, "a;b007"),
        (r"\;000", 7.0, ";007"),
        ("[Red][$-407]0%", 0.25, "25%"),
    ],
)
def test_what_is_shown(code: str, number: float, shown: str | None) -> None:
    """Per cent, leading zeros and times; None where the format does not fit the number."""
    render = render_of(code)
    assert render is not None
    assert render(number) == shown


@pytest.mark.parametrize(
    "code",
    [
        *("d/m/yyyy", "[$-409]d\\-mmm\\-yy;@", "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", '[$-411]ggge"年"m"月"d"日"'),
        *("[$-404]e/m/d", "h:mm AM/PM", "[h]:mm", "mm:ss.0", "aaaa", "TT.MM.JJJJ", "jj/mm/aaaa", "[$-41E]d mmm bbbb"),
    ],
)
def test_dates_in_any_language(code: str) -> None:
    """What is in quotation marks or brackets, or behind a backslash, is decoration."""
    assert is_date(code)


@pytest.mark.parametrize(
    "code", ["General", "0.00E+00", '0 "days"', "[Red]0", "#,##0.00\\ [$€-407]", "@", '"d"0', "_d0", "0;[Red]-0"]
)
def test_numbers_are_no_dates(code: str) -> None:
    """Nor are those whose decoration has letters of days."""
    assert not is_date(code)
    assert is_usual(code)


@pytest.mark.parametrize("code", ["e", "aaaa", "[<1]h:mm;0", "*d0", "[$-411]ggge"])
def test_formats_that_readers_take_differently(code: str) -> None:
    """Sheets that use them are not read by the fast parser."""
    assert not is_usual(code)


@pytest.mark.parametrize(
    ("number", "is_1904", "text"),
    [
        (45356, False, "2024-03-05 00:00:00"),
        (43894, True, "2024-03-05 00:00:00"),
        (45356.75, False, "2024-03-05 18:00:00"),
        (45356.999999, False, "2024-03-05 23:59:59.914"),
        (1, False, "1900-01-01 00:00:00"),
        (59, False, "1900-02-28 00:00:00"),
        (61, False, "1900-03-01 00:00:00"),
        (0.375, False, "1899-12-31 09:00:00"),
        (0, True, "1904-01-01 00:00:00"),
        (2_958_465, False, "9999-12-31 00:00:00"),
        (2_958_465.9999999999, False, None),
        (2_958_466, False, None),
        (-1, False, None),
    ],
)
def test_days(number: float, is_1904: bool, text: str | None) -> None:
    """As a spreadsheet program shows them; None for what no calendar has."""
    assert date_text(number, is_1904) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(92.0, "92"), (0.1 + 0.2, "0.3"), (91.99999999999999, "92"), (1.5e-7, "0.00000015"), (1e21, "1" + "0" * 21)],
)
def test_numbers_without_a_format(number: float, text: str) -> None:
    """Nine decimals at most, no exponent."""
    assert number_text(number) == text
