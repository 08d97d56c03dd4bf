"""Dates and times of day: the calendar day and the clock time as written."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from transforms.cleaned import BLANK, Cleaned, Verdict, judge_distinct, texts
from transforms.normalize import BLANKS, DASHES, INVISIBLE
from transforms.text import ERROR_TEXTS, NO_VALUE

Order = Literal["DMY", "MDY"]
Typed = Literal["as_is", "swapped"]

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}


@dataclass(frozen=True)
class DateReading:
    """How a whole column of dates is read.

    order: of day and month in text; None where nothing tells it, or its texts contradict each other.
    suspect_swap: typed dates that all have a day up to 12 stand beside text dates with a day over 12: a spreadsheet
        program read a list in the other order and turned what it could read into dates, day and month changed over.
    """

    order: Order | None = None
    suspect_swap: bool = False


class _How(NamedTuple):
    """The options of `clean_dates`."""

    order: Order | None
    typed: Typed | None
    swapped_suspect: bool
    this_year: int
    from_workbook: bool


class _Day(NamedTuple):
    """What a text may say: the day if days come first, the day if months do; `problem` where it says none."""

    dmy: date | None = None
    mdy: date | None = None
    numeric: bool = False
    problem: str | None = None


def infer_order(distinct: pd.Series, from_workbook: bool, today: date) -> DateReading:
    """The reading of a column from all of its distinct texts, by those that allow only one order."""
    typed_days: list[date | None] = []
    orders: set[Order] = set()
    for text in map(_plain, pc.unique(_without_clock(texts(distinct))).drop_null().to_pylist()):
        day = _read_day(text, today.year)
        if from_workbook and _TYPED.fullmatch(text):
            typed_days.append(day.dmy)
        elif day.numeric and (day.dmy is None) != (day.mdy is None):
            orders.add("DMY" if day.dmy else "MDY")
    suspect = bool(typed_days and orders) and all(day is not None and day.day <= 12 for day in typed_days)
    return DateReading(orders.pop() if len(orders) == 1 else None, suspect)


def clean_dates(
    cells: pd.Series,
    order: Order | None,
    typed: Typed | None,
    swapped_suspect: bool,
    today: date,
    from_workbook: bool,
) -> Cleaned:
    """Days as datetime64[s], as written, without clock time and offset; blanks, `?` and `N/A` are missing.

    order, swapped_suspect: the column's reading (`infer_order`) or the profile's order. today: two-digit years are the
    latest not in the future. from_workbook: texts as `2024-01-12 00:00:00` are typed cells, which `typed` judges.
    Codes: `date.ambiguous`, `date.invalid`, `cell.error`.
    """
    how = _How(order, typed, swapped_suspect, today.year, from_workbook)
    return judge_distinct(cells, lambda cell: _judge_date(cell, how), "datetime64[s]", _without_clock)


def clean_times(cells: pd.Series) -> Cleaned:
    """Times of day as `HH:MM`, of a moment its clock; blanks, `?` and `N/A` are missing.

    Codes: `date.invalid`, `cell.error`.
    """
    return judge_distinct(cells, _judge_time)


_CLOCK = (
    r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?(?: ?(?P<half>[ap])\.?m\.?)?"
    r"| ?(?P<only_half>[ap])\.?m\.?)"
    # An offset or a zone; Moodle names the group behind the time.
    r"(?: ?(?:Z|UTC|GMT))?(?: ?[+-]\d{2}:?(?:\d{2})?)?(?: [^\d?/]*)?"
)
_TIME = re.compile(_CLOCK, re.IGNORECASE | re.ASCII)
# Sheets with 9.25 beside 10.75 count in hours; 09.30 and 9.30 cannot be such a number, which would be shown as 9.3.
_DECIMAL_HOURS = re.compile(r"[1-9]\d?\.\d[1-9]", re.ASCII)
_MOMENT = re.compile(r"(?P<day>.+?)(?:(?<=\d)T|,? (?:à |at )?)" + _CLOCK, re.IGNORECASE | re.ASCII)
_TYPED = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(?:\.\d+)?", re.ASCII)
_WEEKDAY = re.compile(r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\.?,? ", re.IGNORECASE)
_MONTH = f"(?P<month>{'|'.join(sorted(MONTHS, key=len, reverse=True))})"
_YEAR = r"(?P<year>\d{4}|\d{2})"
_NUMERIC = re.compile(rf"(?P<first>\d{{1,2}})( ?[-/.] ?| )(?P<second>\d{{1,2}})\2{_YEAR}", re.ASCII)
_ONE_READING = tuple(
    re.compile(shape, re.ASCII | re.IGNORECASE)
    for shape in (
        r"(?P<year>\d{4})([-/.])(?P<month>\d{1,2})\2(?P<day>\d{1,2})",
        r"(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})",
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)?[ ./-]{{0,2}}{_MONTH}\.?[ ,./-]{{0,2}}{_YEAR}",
        rf"{_MONTH}\.?[ ./-]{{0,2}}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[ ,./-]{{1,2}}{_YEAR}",
        rf"(?P<year>\d{{4}})[ ./-]?{_MONTH}[ ./-]?(?P<day>\d{{1,2}})",
    )
)
_NO_YEAR = re.compile(rf"\d{{1,2}}[-/.]\d{{1,2}}\.?|(?!.*\d{{4}}).*\b{_MONTH}\b.*", re.ASCII | re.IGNORECASE)
_SERIAL = re.compile(r"([2-7]\d{4})(?:[.,]\d+)?", re.ASCII)
_LONGEST = 100
_SERIAL_BEGIN = date(1899, 12, 30)

_TO_PLAIN = str.maketrans(
    {**dict.fromkeys(DASHES, "-"), **dict.fromkeys(BLANKS, " "), **dict.fromkeys(INVISIBLE, None)}
)


def _plain(text: str) -> str:
    """One blank between words, plain hyphens, no marks of direction: programs put those between day and month."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_TO_PLAIN)
    return " ".join(text.split())


def _without_clock(array: pa.Array) -> pa.Array:
    """The texts with a valid clock time at the end made midnight: thousands of moments become a few days."""
    for clock, midnight in _MIDNIGHT.items():
        array = pc.replace_substring_regex(array, rf"(\d)(T|,? ){clock}$", rf"\1\2{midnight}")
    return array


_MIDNIGHT = {
    r"(?:[01]?\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?": "00:00:00",
    r"(?:[01]?\d|2[0-3]):[0-5]\d": "00:00",
    r"(?:0?[1-9]|1[0-2]):[0-5]\d(?::[0-5]\d)? ?[AaPp][Mm]": "12:00 AM",
}


@lru_cache(maxsize=1 << 14)
def _judge_date(cell: str, how: _How) -> Verdict:
    text = _plain(cell)
    day = _read_day(text, how.this_year)
    if how.from_workbook and day.dmy and _TYPED.fullmatch(text):
        return _judge_typed(day.dmy, how.typed, how.swapped_suspect)
    return _judge_day(text, day, how.order)


def _read_day(text: str, this_year: int) -> _Day:
    """What a plain text may say, two-digit years not after `this_year`."""
    if len(text) > _LONGEST:
        return _Day()
    moment = _MOMENT.fullmatch(text)
    if moment and _clock(moment) is None:
        return _Day(problem="there is no such time of day")
    day = moment["day"] if moment else text
    weekday = _WEEKDAY.match(day)
    day = day[weekday.end() :] if weekday else day
    if found := _NUMERIC.fullmatch(day):
        first, second, year = int(found["first"]), int(found["second"]), _year(found["year"], this_year)
        return _readings(_date(year, second, first), _date(year, first, second), numeric=True)
    for shape in _ONE_READING:
        if found := shape.fullmatch(day):
            month = MONTHS.get(found["month"].lower()) or int(found["month"])
            only = _date(_year(found["year"], this_year), month, int(found["day"]))
            return _readings(only, only)
    return _Day(problem=_problem(day))


def _readings(dmy: date | None, mdy: date | None, numeric: bool = False) -> _Day:
    return _Day(dmy, mdy, numeric, None if dmy or mdy else "there is no such day")


def _year(digits: str, this_year: int) -> int:
    if len(digits) == 4:
        return int(digits)
    year = this_year - this_year % 100 + int(digits)
    return year if year <= this_year else year - 100


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _problem(text: str) -> str | None:
    if found := _SERIAL.fullmatch(text):
        told = _SERIAL_BEGIN + timedelta(days=int(found[1]))
        return f"looks like a serial date number: formatted as a date it would be {told}"
    if text.lstrip("+-").isdecimal():
        return "a number is no date"
    if text.strip("#") == "":
        return "the column was too narrow to show the date when the file was saved"
    if "?" in text:
        return "is in doubt"
    return "has no year" if _NO_YEAR.fullmatch(text) else None


def _judge_day(text: str, day: _Day, order: Order | None) -> Verdict:
    if text.casefold() in NO_VALUE:
        return BLANK
    if text.upper() in ERROR_TEXTS:
        return Verdict(code="cell.error")
    if not (day.dmy or day.mdy):
        return Verdict(code="date.invalid", detail=day.problem)
    if order is None and day.dmy and day.mdy and day.dmy != day.mdy:
        return Verdict(code="date.ambiguous", detail=f"{day.dmy} or {day.mdy}")
    chosen = (day.dmy or day.mdy) if order is None else day.dmy if order == "DMY" else day.mdy
    if chosen is None:
        return Verdict(code="date.invalid", detail=f"there is no such day in the order {order}")
    return Verdict(chosen)


def _judge_typed(day: date, typed: Typed | None, swapped_suspect: bool) -> Verdict:
    changed_over = _date(day.year, day.day, day.month) or day
    if typed == "swapped":
        return Verdict(changed_over)
    if typed is None and swapped_suspect and changed_over != day:
        detail = f"{day} or {changed_over}: a spreadsheet program seems to have changed day and month over"
        return Verdict(code="date.ambiguous", detail=detail)
    return Verdict(day)


def _judge_time(cell: str) -> Verdict:
    text = _plain(cell)
    if text.casefold() in NO_VALUE:
        return BLANK
    if text.upper() in ERROR_TEXTS:
        return Verdict(code="cell.error")
    found = (_TIME.fullmatch(text) or _MOMENT.fullmatch(text)) if len(text) <= _LONGEST else None
    time = _clock(found) if found else None
    if time and _DECIMAL_HOURS.fullmatch(text):
        return Verdict(code="date.invalid", detail=f"may be {time} or {text} hours")
    return Verdict(time) if time else Verdict(code="date.invalid")


def _clock(found: re.Match[str]) -> str | None:
    """`HH:MM` of what `_CLOCK` found; None where there is no such time of day."""
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    half = (found["half"] or found["only_half"] or "").lower()
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    elif half == "a" or (half and found["only_half"]):
        return None
    return f"{hour:02}:{minute:02}" if hour < 24 and minute < 60 and second < 60 else None
