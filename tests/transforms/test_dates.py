"""Dates are the calendar day as written; the order of day and month is inferred, said by the profile, or in doubt."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transforms.verdicts import Said, cells, said
from transforms.dates import DateReading, clean_dates, clean_times, infer_order

TODAY = date(2026, 11, 21)
NO_DAY = "there is no such day"
NUMBER = "a number is no date"


def read(
    *texts: str | None, order: Any = None, typed: Any = None, suspect: bool = False, workbook: bool = False
) -> list[Said]:
    """The verdicts on a column, by default of a CSV of which nothing is known."""
    return said(clean_dates(cells(texts), order, typed, suspect, TODAY, workbook))


ONE_READING = {
    "2024-01-12": "2024-01-12",
    "2025-01-15 10:00": "2025-01-15",
    "2013-01-01T00:00:00Z": "2013-01-01",
    "2013-01-01T23:30:00.000+11:00": "2013-01-01",
    "2020-07-06 17:13:14 -0700": "2020-07-06",
    "2023/09/01": "2023-09-01",
    "2023-9-1": "2023-09-01",
    "2022.02.07": "2022-02-07",
    "20201211": "2020-12-11",
    "9/21/2022": "2022-09-21",
    "1/15/2025": "2025-01-15",
    "11/19/2021 09:54:15 AM": "2021-11-19",
    "4/13/2022, 7:59:27 AM": "2022-04-13",
    "4/13/2022, 7:59:27\u202fPM": "2022-04-13",
    "\u200e4\u200e/\u200e13\u200e/\u200e2022": "2022-04-13",
    "17/10/2014 10:47 PM": "2014-10-17",
    "13/04/2021 à  09:01:31": "2021-04-13",
    "13/04/2021 a\u0300 09:01:31": "2021-04-13",
    "14/11/22, 09:29:07": "2022-11-14",
    "14. 11. 2022": "2022-11-14",
    "30-08-1965": "1965-08-30",
    "5/5/2020": "2020-05-05",
    "Sept 1 2023": "2023-09-01",
    "September 1, 2023": "2023-09-01",
    "1st Sept. 2023": "2023-09-01",
    "13 Apr 2022": "2022-04-13",
    "13 Apr 2022 9.00AM All students": "2022-04-13",
    "13-Apr-22": "2022-04-13",
    "13APR2022": "2022-04-13",
    "Wednesday, 13 April 2022": "2022-04-13",
    "Wed Apr 13 2022 07:59:27 GMT+0200 (Central European Summer Time)": "2022-04-13",
    "29/02/2024": "2024-02-29",
    "1900-03-17 00:00:00": "1900-03-17",
    "9999-12-31": "9999-12-31",
    "0001-01-01": "0001-01-01",
}
BLANK = ("", " \u00a0", "?", "NA", "N/A", "n/a", "null", "#N/A", "-", "None", "NaT")
INVALID: dict[str, str | None] = {
    "7/8 Feb": "has no year",
    "17 Mar": "has no year",
    "13/04": "has no year",
    "2 June?": "is in doubt",
    "-22": NUMBER,
    "101": NUMBER,
    "2022": NUMBER,
    "45123": "looks like a serial date number: formatted as a date it would be 2023-07-16",
    "45123.5": "looks like a serial date number: formatted as a date it would be 2023-07-16",
    "########": "the column was too narrow to show the date when the file was saved",
    "29/02/2023": NO_DAY,
    "31 April 2022": NO_DAY,
    "2023-02-29": NO_DAY,
    "0000-01-01": NO_DAY,
    "13/13/2020": NO_DAY,
    "2024-01-12 25:00": "there is no such time of day",
    "13:05 AM 2024": None,
    "1/2-2020": None,
    "1/2/202": None,
    "soon": None,
    "Sunrise 1 May 2022": None,
    "1 May 2022 " * 20: None,
    "1\x002": None,
}


@pytest.mark.parametrize(("text", "expected"), ONE_READING.items())
def test_what_has_one_reading_is_that_day(text: str, expected: str) -> None:
    """Whatever the clock time and the offset."""
    assert read(text) == [(expected, None, None)]


@pytest.mark.parametrize("text", BLANK)
def test_what_says_that_there_is_no_date_is_blank(text: str) -> None:
    """As an empty cell is."""
    assert read(text) == [(None, None, None)]


@pytest.mark.parametrize(("text", "detail"), INVALID.items())
def test_what_is_no_day_is_told_with_the_reason(text: str, detail: str | None) -> None:
    """Where one is known."""
    assert read(text) == [(None, "date.invalid", detail)]


def test_an_error_is_an_error() -> None:
    """But for #N/A, which a CSV shows where there is no date."""
    assert read("#REF!") == [(None, "cell.error", None)]


@pytest.mark.parametrize(
    ("text", "dmy", "mdy"),
    [
        ("1/2/2015 10:42 PM", "2015-02-01", "2015-01-02"),
        ("3-1-2012 10:00:00", "2012-01-03", "2012-03-01"),
        ("11/12/2020, 12:27:24", "2020-12-11", "2020-11-12"),
        ("01.02.03", "2003-02-01", "2003-01-02"),
        ("1 2 2015", "2015-02-01", "2015-01-02"),
    ],
)
def test_two_readings_need_an_order(text: str, dmy: str, mdy: str) -> None:
    """Without one the date is in doubt."""
    assert read(text, order="DMY") == [(dmy, None, None)]
    assert read(text, order="MDY") == [(mdy, None, None)]
    assert read(text) == [(None, "date.ambiguous", f"{dmy} or {mdy}")]


def test_a_known_order_allows_no_other() -> None:
    """A date that it cannot read is not read in the other order."""
    assert read("01/15/2024", order="DMY") == [(None, "date.invalid", "there is no such day in the order DMY")]


@pytest.mark.parametrize(
    ("text", "year"), [("1/1/26", "2026"), ("1/1/27", "1927"), ("1 May 00", "2000"), ("1/1/99", "1999")]
)
def test_two_digits_are_the_latest_year_not_in_the_future(text: str, year: str) -> None:
    """Seen from the day of the run."""
    assert read(text, order="DMY")[0][0][:4] == year


@pytest.mark.parametrize(
    ("texts", "workbook", "expected"),
    [
        ([], False, DateReading()),
        (["1/2/2020", "2020-01-15", None, "?"], False, DateReading()),
        (["1/2/2020", "13/2/2020"], False, DateReading("DMY")),
        (["1/2/2020", "2/13/2020 10:00 AM"], False, DateReading("MDY")),
        (["15-01-2024", "01/15/2024", "2024-01-15"], False, DateReading()),
        (["30-08-1965", "7/10/1969"], False, DateReading("DMY")),
        (["30-08-1965", "1969-07-10 00:00:00"], False, DateReading("DMY")),
        (["30-08-1965", "1969-07-10 00:00:00"], True, DateReading("DMY", suspect_swap=True)),
        (["30-08-1965", "1969-07-10 00:00:00", "1969-07-13 00:00:00"], True, DateReading("DMY")),
        (["30-08-1965", "1969-07-10"], True, DateReading("DMY")),
        (["7/10/1969", "1969-07-10 00:00:00"], True, DateReading()),
        (["1969-07-10 00:00:00"], True, DateReading()),
    ],
)
def test_the_order_is_inferred_from_the_whole_column(
    texts: list[str | None], workbook: bool, expected: DateReading
) -> None:
    """By values that allow only one; typed dates up to day 12 beside texts over it were read in the wrong order."""
    assert infer_order(cells(texts), workbook, TODAY) == expected


def test_a_contradictory_column_is_read_where_there_is_no_doubt() -> None:
    """Each date that has one reading."""
    assert read("15-01-2024", "01/15/2024", "2024-01-15", "01/02/2024") == [
        ("2024-01-15", None, None),
        ("2024-01-15", None, None),
        ("2024-01-15", None, None),
        (None, "date.ambiguous", "2024-02-01 or 2024-01-02"),
    ]


def test_typed_dates_under_suspicion_wait_for_the_profile() -> None:
    """As they are, or day and month changed back; the same day either way is in no doubt."""
    column = ("1969-07-10 00:00:00", "1969-07-07 00:00:00", "1969-07-30 00:00:00", "30-08-1965")
    doubt = "1969-07-10 or 1969-10-07: a spreadsheet program seems to have changed day and month over"
    rest = [("1969-07-07", None, None), ("1969-07-30", None, None), ("1965-08-30", None, None)]
    assert read(*column, order="DMY", suspect=True, workbook=True) == [(None, "date.ambiguous", doubt), *rest]
    as_is = read(*column, order="DMY", suspect=True, workbook=True, typed="as_is")
    assert as_is == [("1969-07-10", None, None), *rest]
    swapped = read(*column, order="DMY", suspect=True, workbook=True, typed="swapped")
    assert swapped == [("1969-10-07", None, None), *rest]
    assert read(*column, order="DMY", suspect=True, typed="swapped")[0] == ("1969-07-10", None, None)


TIMES: dict[str, str | None] = {
    "9:30": "09:30",
    "09.30": "09:30",
    "9.30": "09:30",
    "10.45 Uhr": "10:45",
    "09:30:15": "09:30",
    "9:30 AM": "09:30",
    "9:30 p.m.": "21:30",
    "12:15 am": "00:15",
    "12:15 PM": "12:15",
    "9 pm": "21:00",
    "9h30": "09:30",
    "1899-12-31 09:30:00": "09:30",
    "2024-01-12T10:00:00Z": "10:00",
    "4/13/2022, 7:59:27 AM": "07:59",
    "?": None,
    "N/A": None,
}


@pytest.mark.parametrize(("text", "expected"), TIMES.items())
def test_a_time_is_hours_and_minutes(text: str, expected: str | None) -> None:
    """Of a moment, its clock."""
    assert said(clean_times(cells([text]))) == [(expected, None, None)]


@pytest.mark.parametrize("text", ["25:00", "9:60", "9", "13:05 AM", "noon", "2024-01-12", "0.395"])
def test_what_is_no_time_is_told(text: str) -> None:
    """It is a rule of dates."""
    assert said(clean_times(cells([text]))) == [(None, "date.invalid", None)]


def test_a_decimal_number_is_no_clock() -> None:
    """9.25 may be a quarter past nine in a sheet that counts in hours."""
    doubt = (None, "date.invalid", "may be 09:25 or 9.25 hours")
    assert said(clean_times(cells(["9.25", "10.75"]))) == [doubt, (None, "date.invalid", None)]


NUMERIC = st.from_regex(
    r"[0-9]{1,4}[-/. ][0-9]{1,2}[-/. ][0-9]{1,4}(,? [0-9]{1,2}:[0-9]{2}(:[0-9]{2})?( [AP]M)?)?", fullmatch=True
)
TEXTS = st.lists(st.none() | st.text(max_size=20) | NUMERIC | st.sampled_from([*ONE_READING, *INVALID]), max_size=6)


@given(
    TEXTS,
    st.sampled_from([None, "DMY", "MDY"]),
    st.sampled_from([None, "as_is", "swapped"]),
    st.booleans(),
    st.booleans(),
)
def test_any_text_is_a_day_a_blank_or_told(
    texts: list[str | None], order: Any, typed: Any, suspect: bool, workbook: bool
) -> None:
    """Nothing raises; neighbours do not matter; a day written as ISO is the same day."""
    infer_order(cells(texts), workbook, TODAY)
    options: dict[str, Any] = {"order": order, "typed": typed, "suspect": suspect, "workbook": workbook}
    found = read(*texts, **options)
    assert found == [read(text, **options)[0] for text in texts]
    days = [value for value, _, _ in found]
    assert [value for value, _, _ in read(*days, **options)] == days


@given(st.lists(st.none() | st.text(max_size=20) | st.sampled_from([*TIMES]), max_size=6))
def test_any_text_is_a_time_a_blank_or_told(texts: list[str | None]) -> None:
    """Nothing raises; neighbours do not matter; a clean time is its own clean time."""
    cleaned = clean_times(cells(texts))
    assert said(cleaned) == [said(clean_times(cells([text])))[0] for text in texts]
    assert clean_times(cleaned.values).values.equals(cleaned.values)


@given(
    st.dates(min_value=date(1000, 1, 1)), st.sampled_from(["%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d", "%d %b %Y", "%B %d, %Y"])
)
def test_every_day_is_read_back(day: date, shape: str) -> None:
    """In the order in which it was written."""
    assert read(day.strftime(shape), order="DMY") == [(day.isoformat(), None, None)]
