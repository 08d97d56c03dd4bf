"""What a text may be that says no day: a week, a serial number, a date of an era, a duration, a part of a date."""

import re
from datetime import date, timedelta
from functools import cache

from transforms.values.dates.calendar_words import MONTHS

_ERAS = {
    "令和": 2018,
    "平成": 1988,
    "昭和": 1925,
    "民國": 1911,
    "民国": 1911,
    "r": 2018,
    "h": 1988,
    "s": 1925,
}

_DAY_OF_YEAR = re.compile(r"(?P<year>(?:19|20)\d{2})-(?P<day>\d{3})", re.ASCII)
_ERA = re.compile(
    rf"(?P<era>{'|'.join(_ERAS)})[ .]?(?P<year>\d{{1,3}}|元)[年./-] ?"
    r"(?P<month>\d{1,2})[月./-] ?(?P<day>\d{1,2})日?",
    re.ASCII,
)
SERIAL = re.compile(r"([2-7]\d{4})(?:[.,]\d+)?", re.ASCII)
_SERIAL_BEGIN = date(1899, 12, 30)
# Old workbooks of the Macintosh; a number alone does not say which.
_FROM_1904 = timedelta(days=1462)
_WEEK_WORDS = r"(?:w|wk|week|kw|cw|woche|semaine|semana|settimana|tydz\.?|tydzien|sem\.?)"
_WEEKS = re.compile(
    rf"(?P<year>\d{{4}})[ ./-]*{_WEEK_WORDS}[ .]*(?P<week>\d{{1,2}})"
    rf"|{_WEEK_WORDS}[ .]*(?P<first>\d{{1,2}})(?:[ ,./-]+(?P<behind>\d{{4}}))?",
    re.ASCII,
)
_UNIT = (
    r"(?:h|hr|hrs|hours?|m|min|mins|minutes?|sec|secs|seconds?|days?|weeks?|months?|std\.?|stunden?|minuten?|tage?|heures?|"
    r"jours?|horas?|minutos?|dias?|ore|minuti|giorni|uur|uren|dagen|godz\.?|godziny?|minut|dni)"
)
_DURATION = re.compile(
    rf"(?:\d+(?:[.,]\d+)? ?{_UNIT}[ ,]*)+(?:\d+)?|pt?(?:\d+[hmsd])+|\d{{1,3}}:\d{{2}}(?::\d{{2}})?", re.ASCII
)
# What a text lacks that says a part of a date only.
WITHOUT_DAY, WITHOUT_YEAR = "it has no day", "it has no year"
SEVERAL_DAYS = "it is more than one day"


def problem(text: str) -> str | None:
    """Why a text says no day: what it may be instead, or what it lacks."""
    if may_be := _other_spelling(text):
        return may_be
    if text.lstrip("+-").isdecimal():
        return "a number is not a date"
    if text.strip("#") == "":
        return "the column was too narrow to show the date when the file was saved"
    if "?" in text:
        return "it is in doubt"
    return next((told for told, shape in _parts_of_dates().items() if shape.fullmatch(text)), None)


@cache  # a sheet with right dates has no use for them, and they take long to compile
def _parts_of_dates() -> dict[str, re.Pattern[str]]:
    """{what is missing: what such a text looks like}."""
    names = "|".join(sorted(map(re.escape, MONTHS), key=len, reverse=True))
    no_day = rf"(?:{names})\.?[ ./-]*\d{{4}}|\d{{4}}[ ./-]*(?:{names})|\d{{1,2}}[-/.]\d{{4}}|\d{{4}}[-/.]\d{{1,2}}"
    no_year = rf"\d{{1,2}}[-/.]\d{{1,2}}\.?|(?!.*\d{{4}}).*\b(?:{names})\b.*"
    return {WITHOUT_DAY: re.compile(no_day, re.ASCII), WITHOUT_YEAR: re.compile(no_year, re.ASCII)}


def _other_spelling(text: str) -> str | None:
    if found := SERIAL.fullmatch(text):
        day, later = serial_days(found)
        return f"it looks like a serial date number: it would be {day}, or {later} where days are counted from 1904"
    if found := _WEEKS.fullmatch(text):
        return week_problem(found["year"] or found["behind"], int(found["week"] or found["first"]))
    if _DURATION.fullmatch(text):
        return "it is a time or a duration, not a day"
    if found := _ERA.fullmatch(text):
        year = _ERAS[found["era"]] + (1 if found["year"] == "元" else int(found["year"]))
        return f"it is a date of an era: perhaps {year}-{int(found['month']):02}-{int(found['day']):02}"
    if found := _DAY_OF_YEAR.fullmatch(text):
        day = date(int(found["year"]), 1, 1) + timedelta(days=int(found["day"]) - 1)
        return f"it may be day {int(found['day'])} of {found['year']}, which is {day}"
    return None


def serial_days(found: re.Match[str]) -> tuple[date, date]:
    """The days that a serial number says, counted from 1900 and from 1904."""
    day = _SERIAL_BEGIN + timedelta(days=int(found[1]))
    return day, day + _FROM_1904


def week_problem(year: str | None, week: int) -> str:
    """A week is no day, and some years have no 53rd."""
    if year is None:
        return "it is a week, not a day"
    try:
        return f"it is a week, not a day: it begins on {date.fromisocalendar(int(year), week, 1)}"
    except ValueError:
        return f"the year {year} has no such week"
