"""Dates and times of day: the calendar day and the clock time as written."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from transforms.values.cleaner import BLANK, CellVerdict, Cleaned, judge_distinct, texts
from transforms.values.dates.calendar_words import deciding_language
from transforms.values.dates.date_problems import SERIAL, serial_days
from transforms.values.dates.date_readings import (
    CLOCK,
    WHOLE_HOUR,
    Day,
    Order,
    clock,
    is_date,
    moment,
    plain_date,
    read_day,
)
from transforms.values.text import ERROR_TEXTS, NO_VALUE

__all__ = ["DateReading", "Order", "Typed", "clean_dates", "clean_times", "infer_order"]

Typed = Literal["as_is", "swapped"]


@dataclass(frozen=True)
class DateReading:
    """How a whole column of dates is read.

    order: of day, month and year in text; None where nothing tells it, or its texts contradict each other. Dots between
        them tell it in a sheet that speaks another language than English: there the day stands first.
    suspect_swap: typed dates that all have a day up to 12 stand beside text dates with a day over 12: a spreadsheet
        program read a list in the other order and turned what it could read into dates, day and month changed over.
    serials: its numbers are days as Excel counts them, which the other days of the column prove.
    language: of its months, where a name is that of two months and the other names tell which one is meant.
    day_second: behind the year stands the day in some texts (`2021-25-04`), and in none the month beyond doubt.
    """

    order: Order | None = None
    suspect_swap: bool = False
    serials: bool = False
    language: str | None = None
    day_second: bool = False


class _How(NamedTuple):
    """The options of `clean_dates`."""

    order: Order | None
    typed: Typed | None
    swapped_suspect: bool
    this_year: int
    from_workbook: bool
    serials: bool
    language: str | None
    day_second: bool


def infer_order(distinct: pd.Series, from_workbook: bool, today: date, spoken: Collection[str] = ()) -> DateReading:
    """The reading of a column from all of its distinct texts: the one order in which each of them says a day.

    spoken: the languages of the sheet's headers.
    """
    typed_days: list[date | None] = []
    days: list[date] = []
    serials: list[re.Match[str]] = []
    seen: set[frozenset[Order]] = set()
    months: set[str] = set()
    years_first: list[Day] = []
    dotted = True
    for text in map(plain_date, pc.unique(without_clock(texts(distinct))).drop_null().to_pylist()):
        if serial := SERIAL.fullmatch(text):
            serials.append(serial)
            continue
        day = read_day(text, today.year)
        days += day.days if len(day.days) == 1 else ()
        months |= {day.month} if day.month else set()
        if from_workbook and _TYPED.fullmatch(text):
            typed_days.append(day.dmy)
        elif day.numeric and day.orders:
            seen.add(day.orders)
            dotted = dotted and _DOTTED.match(text) is not None
        else:
            years_first.append(day)
    possible = frozenset.intersection(*seen) if seen else frozenset()
    if spoken and dotted and "DMY" in possible:
        possible = frozenset[Order](("DMY",))
    day_second = _is_day_second(years_first)
    certain = any(len(orders) == 1 for orders in seen) or day_second
    suspect = bool(typed_days and certain) and all(day is not None and day.day <= 12 for day in typed_days)
    return DateReading(
        next(iter(possible)) if len(possible) == 1 else None,
        suspect,
        _proved(serials, days),
        deciding_language(months, spoken),
        day_second,
    )


_DOTTED = re.compile(r"\D*\d{1,2} ?\. ?\d{1,2} ?\.")


def _is_day_second(days: Collection[Day]) -> bool:
    """Whether behind the year stands the day: no other reading of one text is a day, and none says the opposite."""
    return any(day.ydm and not day.ymd for day in days) and not any(day.ymd and not day.ydm for day in days)


def _proved(serials: Sequence[re.Match[str]], days: Sequence[date]) -> bool:
    """Whether the other days show that numbers are days since 1900: within a year of them, and none since 1904."""
    if not serials or not days:
        return False
    first, last = min(days) - _YEAR if min(days) > _EARLIEST else min(days), max(days)
    near = [[first <= day and day - last <= _YEAR for day in serial_days(serial)] for serial in serials]
    return all(since_1900 for since_1900, _ in near) and not any(since_1904 for _, since_1904 in near)


_YEAR, _EARLIEST = timedelta(days=366), date(2, 1, 1)


def clean_dates(
    cells: pd.Series,
    order: Order | None,
    typed: Typed | None,
    swapped_suspect: bool,
    today: date,
    from_workbook: bool,
    serials: bool = False,
    language: str | None = None,
    day_second: bool = False,
) -> Cleaned:
    """Days as datetime64[s], as written, without clock time and offset; blanks, `?` and `N/A` are missing.

    order, swapped_suspect: the column's reading (`infer_order`) or the profile's order. today: two-digit years are the
    latest not in the future. from_workbook: texts as `2024-01-12 00:00:00` are typed cells, which `typed` judges.
    serials, language, day_second: as the column's reading has them.
    Codes: `date.ambiguous`, `date.invalid`, `cell.error`.
    """
    how = _How(order, typed, swapped_suspect, today.year, from_workbook, serials, language, day_second)
    return judge_distinct(cells, lambda cell: _judge_date(cell, how), "datetime64[s]", without_clock)


def clean_times(cells: pd.Series) -> Cleaned:
    """Times of day as `HH:MM`, of a moment its clock; blanks, `?` and `N/A` are missing.

    Codes: `date.invalid`, `cell.error`.
    """
    return judge_distinct(cells, _judge_time)


_UNTIL = re.compile(
    r"(?P<begin>.+?) ?(?:-|to|bis|until|do|tot|a|à|às|as|alle)"
    rf" ?\d{{1,2}}(?:(?:[:.h]\d{{2}})?(?: ?[ap]\.? ?m\.?| uhr| uur)?|{WHOLE_HOUR})",
    re.IGNORECASE | re.ASCII,
)
_TIME = re.compile(CLOCK, re.IGNORECASE | re.ASCII)
# Sheets with 9.25 beside 10.75 count in hours; 09.30 and 9.30 cannot be such a number, which would be shown as 9.3.
_DECIMAL_HOURS = re.compile(r"[1-9]\d?\.\d[1-9]", re.ASCII)
_TYPED = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(?:\.\d+)?", re.ASCII)


def without_clock(array: pa.Array) -> pa.Array:
    """The texts with a valid clock time at the end made midnight: thousands of moments become a few days."""
    for clock_time, midnight in _MIDNIGHT.items():
        array = pc.replace_substring_regex(array, rf"(\d)(T|,? ){clock_time}$", rf"\1\2{midnight}")
    return array


_MIDNIGHT = {
    r"(?:[01]?\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?": "00:00:00",
    r"(?:[01]?\d|2[0-3]):[0-5]\d": "00:00",
    r"(?:0?[1-9]|1[0-2]):[0-5]\d(?::[0-5]\d)? ?[AaPp][Mm]": "12:00 AM",
}


@lru_cache(maxsize=1 << 14)
def _judge_date(cell: str, how: _How) -> CellVerdict:
    text = plain_date(cell)
    if how.serials and (serial := SERIAL.fullmatch(text)):
        return CellVerdict(serial_days(serial)[0])
    day = read_day(text, how.this_year, how.language)
    if how.from_workbook and day.dmy and _TYPED.fullmatch(text):
        return _judge_typed(day.dmy, how.typed, how.swapped_suspect)
    if how.day_second and day.ymd and day.ydm and not day.numeric:
        day = day._replace(other=day.ydm)
    return _judge_day(text, day, how.order)


def _judge_day(text: str, day: Day, order: Order | None) -> CellVerdict:
    if text.lower() in _NO_DATE:
        return BLANK
    if text.upper() in ERROR_TEXTS:
        return CellVerdict(code="cell.error")
    return _judge_readings(day, order) if day.days else CellVerdict(code="date.invalid", detail=day.problem)


def _judge_readings(day: Day, order: Order | None) -> CellVerdict:
    # A year of four digits at the end has no place in the order YMD.
    if order and (order != "YMD" or day.ymd) and not day.other:
        chosen = day.by(order)
        return CellVerdict(chosen) if chosen else CellVerdict(code="date.invalid", detail=f"{_NO_DAY} {order}")
    if len(day.days) > 1:
        return CellVerdict(code="date.ambiguous", detail=" or ".join(map(str, day.days)))
    return CellVerdict(day.days[0])


_NO_DATE = NO_VALUE | {"tbc", "tba", "tbd", "to be confirmed", "to be announced", "to be determined"}
_NO_DAY = "there is no such day in the order"


def _judge_typed(day: date, typed: Typed | None, swapped_suspect: bool) -> CellVerdict:
    changed_over = _changed_over(day)
    if typed == "swapped":
        return CellVerdict(changed_over)
    if typed is None and swapped_suspect and changed_over != day:
        detail = f"{day} or {changed_over}: a spreadsheet program seems to have changed day and month over"
        return CellVerdict(code="date.ambiguous", detail=detail)
    return CellVerdict(day)


def _changed_over(day: date) -> date:
    return day.replace(month=day.day, day=day.month) if day.day <= 12 else day


def is_moment(text: str) -> bool:
    """Does a text say a day or a time of day?"""
    return is_date(text) or isinstance(_judge_time(text).value, str)


def _judge_time(cell: str) -> CellVerdict:
    text = plain_date(cell)
    if text.lower() in NO_VALUE:
        return BLANK
    if text.upper() in ERROR_TEXTS:
        return CellVerdict(code="cell.error")
    found = _TIME.fullmatch(_begin(text)) if len(text) <= _LONGEST_TIME else None
    found = found or _clock_behind(text)
    time = clock(found) if found else None
    if time and _DECIMAL_HOURS.fullmatch(text):
        return CellVerdict(code="date.invalid", detail=f"may be {time} or {text} hours")
    return CellVerdict(time) if time else CellVerdict(code="date.invalid")


def _begin(text: str) -> str:
    """Of `09:00 - 12:00`, the first time."""
    found = _UNTIL.fullmatch(text)
    return found["begin"] if found else text


def _clock_behind(text: str) -> re.Match[str] | None:
    """The clock behind a day, or behind words such as `godz.`; of `9 - 11 am`, the end is no start."""
    found = moment(text)
    return found if found and (is_date(found["day"]) or not any(map(str.isdigit, found["day"]))) else None


_LONGEST_TIME = 100
