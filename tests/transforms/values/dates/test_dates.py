"""Dates are the calendar day as written; the order of day and month is inferred, said by the profile, or in doubt."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transforms.verdicts import Said, cells, said
from transforms.values.dates.calendar_words import folded
from transforms.values.dates.date_readings import why_no_day
from transforms.values.dates.dates import DateReading, clean_dates, clean_times, infer_order
from transforms.vocabulary.languages import raw, words_in

TODAY = date(2026, 11, 21)
NO_DAY = "there is no such day"
DURATION = "it is a time or a duration, not a day"
NUMBER = "a number is not a date"
SERIAL = "it looks like a serial date number: it would be 2023-07-16, or 2027-07-17 where days are counted from 1904"


def read(
    *texts: str | None, order: Any = None, typed: Any = None, suspect: bool = False, workbook: bool = False
) -> list[Said]:
    """The verdicts on a column, by default of a CSV of which nothing is known."""
    return said(clean_dates(cells(texts), order, typed, suspect, TODAY, workbook))


ONE_READING = {
    "15 ม.ค. 2021": "2021-01-15",
    "15 มี.ค. 2021": "2021-03-15",
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
    "14/11/98, 09:29:07": "1998-11-14",
    "31-01-15": "2015-01-31",
    "15-01-31": "2015-01-31",
    "98-11-14": "1998-11-14",
    "7. Mai 2019": "2019-05-07",
    "7. Jänner 2019": "2019-01-07",
    "07.Dez.2019": "2019-12-07",
    "Dienstag, 7. Mai 2019": "2019-05-07",
    "Mi., 29.05.2019": "2019-05-29",
    "7 août 2019": "2019-08-07",
    "le 1er février 2019": "2019-02-01",
    "mar. 5 mars 2019": "2019-03-05",
    "7 févr. 2019": "2019-02-07",
    "7 de abril de 2019": "2019-04-07",
    "martes, 7 de mayo del 2019": "2019-05-07",
    "1º de março de 2019": "2019-03-01",
    "7 giugno 2019": "2019-06-07",
    "7 mei 2019 om 14:30": "2019-05-07",
    "7 września 2019 r.": "2019-09-07",
    "7-paź-2019": "2019-10-07",
    "7. července 2019": "2019-07-07",
    "7. června 2019": "2019-06-07",
    "den 7 maj 2019": "2019-05-07",
    "7. toukokuuta 2019": "2019-05-07",
    "2019. május 7.": "2019-05-07",
    "7 Mayıs 2019": "2019-05-07",
    "7 MAYIS 2019": "2019-05-07",
    "7 мая 2019 г.": "2019-05-07",
    "7 жовтня 2019": "2019-10-07",
    "7 Μαΐου 2019": "2019-05-07",
    "٧ مايو ٢٠١٩": "2019-05-07",
    "7 أبريل 2019": "2019-04-07",
    "2019年5月7日": "2019-05-07",
    "2019年5月7日(火)": "2019-05-07",
    "2019년 5월 7일": "2019-05-07",
    "2019. 5. 7.": "2019-05-07",
    "２０１９/０５/０７": "2019-05-07",
    "2019-W19-2": "2019-05-07",
    "Tue, 7 May 2019 2:05 p. m.": "2019-05-07",
    "7 May 2019 (Tue)": "2019-05-07",
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
    "3rd of March, 2021": "2021-03-03",
    "Mar 23, 2022 08:41 AM EDT": "2022-03-23",
    "23 March 2022 at 08:30": "2022-03-23",
    "23/03/2022 08:30 America/New_York": "2022-03-23",
    "2022-03-23T08:30:00[Europe/Paris]": "2022-03-23",
    "23/03/2022 08:30 (UTC+1)": "2022-03-23",
    "23/03/2022 GMT+1": "2022-03-23",
    "20220323T083000Z": "2022-03-23",
    "23/03/2022 às 08:30": "2022-03-23",
    "23/03/2022 alle ore 8:30": "2022-03-23",
    "23 marca 2022 r., godz. 8:30": "2022-03-23",
    "23.03.2022 Uhr": "2022-03-23",
    "23rd Mar '22": "2022-03-23",
    "23/03/2022م": "2022-03-23",
    "الأربعاء ٢٣ مارس ٢٠٢٢": "2022-03-23",
    "29/02/2024": "2024-02-29",
    "1900-03-17 00:00:00": "1900-03-17",
    "9999-12-31": "9999-12-31",
    "0001-01-01": "0001-01-01",
}
BLANK = ("TBC", "tba", "to be confirmed", "", " \u00a0", "?", "NA", "N/A", "n/a", "null", "#N/A", "-", "None", "NaT")
INVALID: dict[str, str | None] = {
    "7/8 Feb": "it has no year",
    "17 Mar": "it has no year",
    "13/04": "it has no year",
    "2 June?": "it is in doubt",
    "-22": NUMBER,
    "101": NUMBER,
    "2022": NUMBER,
    "45123": SERIAL,
    "45123.5": SERIAL,
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
    "2019-W19": "it is a week, not a day: it begins on 2019-05-06",
    "2021-W53": "the year 2021 has no such week",
    "2019-127": "it may be day 127 of 2019, which is 2019-05-07",
    "7/5/2562": "the year 2562 may be one of the Buddhist calendar, which is 2019",
    "1440/09/02": "the year 1440 may be one of the Islamic or Persian calendar",
    "2/9/1440 هـ": "the year 1440 may be one of the Islamic or Persian calendar",
    "7 พ.ค. 62": "the year 62 may be 2562 of the Buddhist calendar",
    "7 พฤษภาคม 2562": "the year 2562 may be one of the Buddhist calendar, which is 2019",
    "KW 19/2019": "it is a week, not a day: it begins on 2019-05-06",
    "week 19, 2019": "it is a week, not a day: it begins on 2019-05-06",
    "2019 W53": "the year 2019 has no such week",
    "CW19": "it is a week, not a day",
    "1:30": DURATION,
    "1h 30m": DURATION,
    "45 min": DURATION,
    "1,5 Std.": DURATION,
    "3 days": DURATION,
    "PT1H": DURATION,
    "23/03/2022 - 24/03/2022": "it is more than one day",
    "2022-03-23 08:30 - 11:00": None,
    "23/03/2022 AM": None,
    "令和元年5月7日": "it is a date of an era: perhaps 2019-05-07",
    "R1.5.7": "it is a date of an era: perhaps 2019-05-07",
    "Mai 2019": "it has no day",
    "05/2019": "it has no day",
    "7 mai": "it has no year",
    "31/04/2019": NO_DAY,
    "until 7/5/2019": None,
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
        ("1 2 2015", "2015-02-01", "2015-01-02"),
    ],
)
def test_two_readings_need_an_order(text: str, dmy: str, mdy: str) -> None:
    """Without one the date is in doubt."""
    assert read(text, order="DMY") == [(dmy, None, None)]
    assert read(text, order="MDY") == [(mdy, None, None)]
    assert read(text) == [(None, "date.ambiguous", f"{dmy} or {mdy}")]


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("16-04-21", "2021-04-16 or 2016-04-21"),
        ("16/04/21 10:00", "2021-04-16 or 2016-04-21"),
        ("01.02.03", "2003-02-01 or 2003-01-02 or 2001-02-03"),
        ("16-4-21", None),
    ],
)
def test_a_year_of_two_digits_may_stand_first(text: str, readings: str | None) -> None:
    """Where month and day have two digits too; the order is then one of three."""
    told = (None, "date.ambiguous", readings) if readings else ("2021-04-16", None, None)
    assert read(text) == [told]


@pytest.mark.parametrize(("order", "day"), [("DMY", "2021-04-16"), ("YMD", "2016-04-21"), ("MDY", None)])
def test_an_order_decides_where_the_year_stands(order: str, day: str | None) -> None:
    """Or there is no such day."""
    assert read("16-04-21", order=order)[0][0] == day


def test_a_year_at_the_end_has_no_place_in_the_order_of_years_first() -> None:
    """A date with such a year is read where it has one reading."""
    found = read("16-04-21", "21/04/2016", "04/05/2016", "2016-04-21", order="YMD")
    assert [value for value, _, _ in found] == ["2016-04-21", "2016-04-21", None, "2016-04-21"]
    assert found[2][2] == "2016-05-04 or 2016-04-05"


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
        (["16-04-21", "17-05-22"], False, DateReading()),
        (["16-04-21", "17-05-31"], False, DateReading("YMD")),
        (["16-04-21", "99-05-21"], False, DateReading("YMD")),
        (["16-04-21", "30-05-22"], False, DateReading("DMY")),
        (["16-04-21", "30/05/2022"], False, DateReading("DMY")),
        (["04/16/21", "05/06/22"], False, DateReading("MDY")),
        (["16-04-21", "99-05-21", "04/16/2021"], False, DateReading()),
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


@pytest.mark.parametrize(
    ("texts", "spoken", "order"),
    [
        (["03.04.2022", "5.6.22"], {"nl"}, "DMY"),
        (["03.04.2022 r.", "2022-04-07"], {"pl"}, "DMY"),
        (["03.04.2022"], (), None),
        (["03/04/2022"], {"fr"}, None),
        (["03.04.2022", "05/04/2022"], {"it"}, None),
        (["03.04.2022", "04.13.2022"], {"de"}, "MDY"),
    ],
)
def test_dots_say_that_the_day_stands_first_where_no_english_is_spoken(
    texts: list[str], spoken: set[str], order: str | None
) -> None:
    """Unless the column says otherwise, or has dates of another form too."""
    assert infer_order(cells(texts), False, TODAY, spoken).order == order


@pytest.mark.parametrize(
    "text",
    (
        "4-5 May 2020 | 4/5 + 5/5 | 4 & 5 May 2020 | 04/05/2020 - 06/05/2020 | 4.-5.05.2020 | 4./5.5.2020 | "
        "du 4 au 6 mai 2020 | 4 al 6 de mayo de 2020 | od 4 do 6 maja 2020 | 4 en 5 mei 2020 | "
        "dal 4 al 6 maggio 2020 | 4 e 5/05/2020 | 4–6/05/2020"
    ).split(" | "),
)
def test_of_several_days_none_is_taken(text: str) -> None:
    """They are told as such."""
    assert read(text, order="DMY") == [(None, "date.invalid", "it is more than one day")]


@pytest.mark.parametrize("text", ["85 - 90", "5 a 7", "room 4 and 5", "09:00 - 12:00", "2020-05-04", "4 May 2020"])
def test_what_is_no_day_or_one_is_not_several(text: str) -> None:
    """Numbers, places, times."""
    assert why_no_day(text) != "it is more than one day"


@pytest.mark.parametrize(
    ("texts", "proved"),
    [
        (["45123", "2023-05-02", "8 June 2023"], True),
        (["45123.5", "2023-05-02"], True),
        # Four years later, as days counted from 1904 are.
        (["45123", "2026-05-02"], False),
        (["45123", "2023-05-02", "2026-08-01"], False),
        (["45123", "32000", "2023-05-02"], False),
        (["45123", "soon"], False),
        (["45123", "1/2/2023"], False),
        (["2023-05-02"], False),
    ],
)
def test_numbers_are_excels_days_where_the_other_cells_prove_it(texts: list[str], proved: bool) -> None:
    """All of them within a year of the column's days, and none that may be counted from 1904."""
    assert infer_order(cells(texts), False, TODAY).serials is proved


def test_proved_numbers_are_days() -> None:
    """What is no such number is read as ever."""
    found = said(clean_dates(cells(["45123", "45124,25", "2022", "7 May 2023"]), None, None, False, TODAY, False, True))
    assert [value for value, _, _ in found] == ["2023-07-16", "2023-07-17", None, "2023-05-07"]


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
    "7h": "07:00",
    "19 Uhr": "19:00",
    "14 uur": "14:00",
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


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("09:00 – 12:00", "09:00"),
        ("9 a.m. - 5 p.m.", "09:00"),
        ("2:30 م", "14:30"),
        ("9:00 ص", "09:00"),
        ("12:15 ص", "00:15"),
        ("2:30 de la tarde", "14:30"),
        ("3:15 da tarde", "15:15"),
        ("3:15 Uhr nachmittags", "15:15"),
        ("9 - 11 am", None),
        ("07h às 16h", "07:00"),
        ("13h-17h30", "13:00"),
        ("9 bis 16 Uhr", None),
        ("14 Uhr bis 16 Uhr", "14:00"),
    ],
)
def test_of_a_time_that_says_more_the_start_is_read(text: str, start: str | None) -> None:
    """A range begins with its first time; morning and afternoon are said in other languages too."""
    assert said(clean_times(cells([text])))[0][0] == start


@pytest.mark.parametrize("text", ["25:00", "9:60", "9", "13:05 AM", "noon", "25h", "9 hours", "2024-01-12", "0.395"])
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
    st.sampled_from([None, "DMY", "MDY", "YMD"]),
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
    st.dates(min_value=date(1500, 1, 1), max_value=date(2399, 12, 31)),
    st.sampled_from(["%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d", "%d %b %Y", "%B %d, %Y"]),
)
def test_every_day_is_read_back(day: date, shape: str) -> None:
    """In the order in which it was written."""
    assert read(day.strftime(shape), order="DMY") == [(day.isoformat(), None, None)]


@given(
    st.dates(min_value=date(1960, 1, 1), max_value=date(2026, 11, 21)),
    st.sampled_from(
        [(order, shape) for order, shape in (("DMY", "%d-%m-%y"), ("MDY", "%m/%d/%y"), ("YMD", "%y.%m.%d"))]
    ),
)
def test_every_day_with_a_short_year_is_read_back_or_in_doubt(day: date, how: tuple[Any, str]) -> None:
    """Under its order it is that day; without one, that day or several of which it is one."""
    order, shape = how
    text = day.strftime(shape)
    assert read(text, order=order) == [(day.isoformat(), None, None)]
    value, _, detail = read(text)[0]
    assert value == day.isoformat() or (value is None and day.isoformat() in str(detail))


@given(
    st.dates(min_value=date(1950, 1, 1), max_value=date(2026, 11, 21)),
    st.sampled_from(sorted(code for code, file in raw().items() if "months" in file["calendar"])),
    st.sampled_from(["{d}. {m} {y}", "{d} {m} {y}", "{d:02}-{m}-{y}", "{d} DE {m} de {y}", "{y} {m} {d}."]),
    st.booleans(),
)
def test_months_are_read_in_each_language(day: date, language: str, shape: str, upper: bool) -> None:
    """By each of their names, in either case."""
    for name in words_in(raw()[language]["calendar"]["months"])[day.month - 1].split():
        text = shape.format(d=day.day, m=name.upper() if upper else name, y=day.year)
        column = cells([text])
        known = infer_order(column, False, TODAY, {language}).language
        assert said(clean_dates(column, None, None, False, TODAY, False, language=known)) == [
            (day.isoformat(), None, None)
        ], text


def test_a_name_is_that_of_one_month() -> None:
    """However it is folded, in all languages together but for Croatian, where leaves fall in October."""
    named: dict[str, set[int]] = {}
    for file in raw().values():
        for number, spellings in enumerate(words_in(file["calendar"].get("months", "")), start=1):
            for spelling in spellings.split():
                named.setdefault(folded(spelling), set()).add(number)
    assert named
    assert {name: months for name, months in named.items() if len(months) > 1} == {
        "listopad": {10, 11},
        "listopada": {10, 11},
        "lis": {10, 11},
        "lip": {6, 7},
        "srp": {7, 8},
    }


@pytest.mark.parametrize(
    ("texts", "spoken", "day"),
    [
        (["8 listopada 2021"], (), None),
        (["8. listopada 2021."], (), None),
        (["8 listopada 2021"], ("pl",), "2021-11-08"),
        (["8 listopada 2021"], ("en", "de"), None),
        (["8 listopada 2021", "9 grudnia 2021"], (), "2021-11-08"),
        (["8. listopada 2021.", "9. svibnja 2021."], (), "2021-10-08"),
        (["8. listopada 2021.", "9. svibnja 2021."], ("pl",), "2021-10-08"),
        (["8 listopada 2021", "1 October 2021"], (), None),
        (["8. srp 2021", "9. pro 2021"], (), None),
        (["8. srp 2021", "9. kvě 2021"], (), "2021-08-08"),
        (["2021 lip 8", "12 paź 2021"], (), "2021-07-08"),
    ],
)
def test_a_month_of_two_languages_is_read_as_the_words_beside_it_tell(
    texts: list[str], spoken: tuple[str, ...], day: str | None
) -> None:
    """The other names of the column, else the sheet's headers; where nothing tells, both days are named."""
    column = cells(texts)
    language = infer_order(column, False, TODAY, spoken).language
    value, code, detail = said(clean_dates(column, "DMY", None, False, TODAY, False, language=language))[0]
    assert (value, code) == (day, None if day else "date.ambiguous")
    assert (detail or " or ").count(" or ") == 1


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (
            ["2019-08-03", "2019-26-03"],
            ["2019-08-03 or 2019-03-08", "there is no such day: perhaps 2019-03-26 is meant"],
        ),
        (
            ["2019/8/3 10:30", "2019/26/03", "2019/05/05"],
            ["2019-08-03 or 2019-03-08", "there is no such day: perhaps 2019-03-26 is meant", None],
        ),
        (
            ["03.08.2019", "23.08.2019", "2019-08-03", "2019-26-03"],
            [None, None, "2019-08-03 or 2019-03-08", "there is no such day: perhaps 2019-03-26 is meant"],
        ),
        (["2019-08-03", "2019-26-03", "2019-03-26"], [None, "there is no such day: perhaps 2019-03-26 is meant", None]),
        (["2019-08-03", "2019-26-13"], [None, NO_DAY]),
        (["2019-08-03", "2019-09-03"], [None, None]),
    ],
)
def test_years_first_are_in_doubt_where_the_day_stands_second(texts: list[str], expected: list[str | None]) -> None:
    """In some text, and in none the month beyond doubt."""
    column = cells(texts)
    how = infer_order(column, False, TODAY)
    found = clean_dates(column, how.order, None, False, TODAY, False, day_second=how.day_second)
    assert [detail for _, _, detail in said(found)] == expected


def test_typed_dates_beside_days_behind_the_year_are_under_suspicion() -> None:
    """A spreadsheet program made dates of what it could read, month first."""
    column = ["2019-08-03 00:00:00", "2019-26-03"]
    assert infer_order(cells(column), True, TODAY).suspect_swap
    assert not infer_order(cells([*column, "2019-08-23 00:00:00"]), True, TODAY).suspect_swap
