"""What a text may say as a date: one day or several, or why it says none."""

import re
from datetime import date
from typing import Literal, NamedTuple

from transforms.values.dates.calendar_words import BEFORE, BEHIND, BETWEEN, DAYS, MONTHS, folded, month_numbers
from transforms.values.dates.date_problems import SEVERAL_DAYS, WITHOUT_DAY, WITHOUT_YEAR, problem, week_problem
from transforms.values.normalize import plain

Order = Literal["DMY", "MDY", "YMD"]
# A year of two digits is not read as an earlier one where the text may say another day too.
_OLDEST_SHORT = 1950
_THAI = re.compile("[\u0e00-\u0e7f]")
_BUDDHIST, _BUDDHIST_YEARS = 543, range(2400, 2700)
_ISLAMIC_YEARS = range(1300, 1500)


class Day(NamedTuple):
    """What a text may say: the day in each order of day, month and year that it allows.

    numeric: the order decides. problem: why it says none, where that is known. other: the day that it says where the
    name of its month (`month`) is that of another month in another language. ydm: the day that it says where the day
    stands between year and month, whatever `dmy` is then.
    """

    dmy: date | None = None
    mdy: date | None = None
    ymd: date | None = None
    numeric: bool = False
    problem: str | None = None
    other: date | None = None
    month: str | None = None
    ydm: date | None = None

    def by(self, order: Order) -> date | None:
        """The day in an order."""
        return {"DMY": self.dmy, "MDY": self.mdy, "YMD": self.ymd}[order]

    @property
    def orders(self) -> frozenset[Order]:
        """The orders in which the text says a day; an improbable year of two digits does not count beside another."""
        held: dict[Order, date] = {order: day for order in _ORDERS if (day := self.by(order))}
        probable = {order: day for order, day in held.items() if not self.numeric or day.year >= _OLDEST_SHORT}
        return frozenset(probable or held)

    @property
    def days(self) -> tuple[date, ...]:
        """The days that the text may say, each once."""
        orders = self.orders
        by_order = [day for order in _ORDERS if order in orders and (day := self.by(order))]
        return tuple(dict.fromkeys([*by_order, *([self.other] if self.other else [])]))


_ORDERS: tuple[Order, ...] = ("DMY", "MDY", "YMD")

# `08h`, `8 Uhr`, `8 uur`: an hour without minutes.
WHOLE_HOUR = r" ?(?:h(?:rs?)?|uhr|uur)(?!\w)\.?"
CLOCK = (
    r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?(?: ?(?P<half>[ap])\.? ?m\.?)?"
    rf"| ?(?P<only_half>[ap])\.? ?m\.?|{WHOLE_HOUR})"
    # An offset or a zone; Moodle names the group behind the time.
    r"(?: ?(?:Z|UTC|GMT))?(?: ?[+-]\d{2}:?(?:\d{2})?)?(?: ?[(\[][A-Za-z_/ ]*(?:[+-]\d{1,2}(?::?\d{2})?)?[)\]])?"
    r"(?: (?P<behind>[^\d?/]*|[A-Za-z]+(?:/[A-Za-z_ ]+)+))?"
)
_AT = r"à|às|as|at|um|om|a las?|kl\.?|alle|alle ore|ore|ora|o|o godz\.?|godz\.?|klo"
# Behind a clock of twelve hours: p.m. in other languages.
_AFTERNOON = re.compile(
    r"(?:(?:uhr|uur|de|da|di|du|in|the|la|del|w|po|am) )*(?:م|مساء|tarde|noche|noite|pomeriggio|sera|nachmittags?|"
    r"abends?|soir|apres-midi|namiddag|avond|poludniu|wieczorem|evening|afternoon)\b.*"
)
_MOMENT = re.compile(rf"(?P<day>.+?)(?:(?<=\d)T|,? (?:(?:{_AT}) )?){CLOCK}", re.IGNORECASE | re.ASCII)
_YEAR = r"'?(?P<year>\d{4}|\d{2})"
_NAMES = "|".join(sorted(map(re.escape, MONTHS), key=len, reverse=True))
_MONTH = f"(?P<month>{_NAMES})"
_BETWEEN = f"(?:[ ./,-]{{0,2}}(?:(?:{'|'.join(BETWEEN)}) ?)?)"
_BEHIND = re.compile(r"(?<=\d) ?(?:هـ?|م)$| ?\(?(?:utc|gmt)(?: ?[+-]\d{1,2}(?::?\d{2})?)?\)?$| uhr$")
_NTH = r"(?:st|nd|rd|th|er|re|eme|e|o|a|:e)?"
_NUMERIC = re.compile(r"(?P<first>\d{1,2})( ?[-/.] ?| )(?P<second>\d{1,2})\2(?P<third>\d{4}|\d{2})\.?", re.ASCII)
_ONE_READING = tuple(
    re.compile(shape, re.ASCII)
    for shape in (
        r"(?P<year>\d{4})( ?[-/.] ?)(?P<month>\d{1,2})\2(?P<day>\d{1,2})\.?",
        r"(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})(?:t\d{4}(?:\d{2})?z?)?",
        r"(?P<year>\d{4}) ?[年년] ?(?P<month>\d{1,2}) ?[月월] ?(?P<day>\d{1,2}) ?[日号號일]?",
        rf"(?P<day>\d{{1,2}}){_NTH}{_BETWEEN}{_MONTH}\.?{_BETWEEN}{_YEAR}",
        rf"{_MONTH}\.?[ ./-]{{0,2}}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[ ,./-]{{1,2}}{_YEAR}",
        rf"(?P<year>\d{{4}})[ ./-]{{0,2}}{_MONTH}\.?[ ./-]{{0,2}}(?P<day>\d{{1,2}})\.?",
    )
)
_ISO_WEEK = re.compile(r"(?P<year>\d{4})-?w(?P<week>\d{2})(?:-?(?P<day>[1-7]))?", re.ASCII)
_LONGEST = 100
_MOST_WORDS = 12
_FROM = re.compile(r"(?:from|vom|von|du|de|del|dal|van|od|z|de los dias|dias|les) (?=\d)")
_AND_OR_TO = re.compile(
    r" ?[-+&/,;] ?| (?:and|to|until|till|thru|through|und|bis|et|au|y|al?|e|ed|ate|en|t/m|tot|i|do|oraz) "
    r"(?:il |el |le |o )?"
)
_DAY_OF_MONTH = re.compile(r"(?:0?[1-9]|[12]\d|3[01])\.?")


def plain_date(text: str) -> str:
    """Single spaces, plain hyphens and digits, no marks of direction: programs put those between day and month."""
    return " ".join((text if text.isascii() else plain(text)).split())


def read_day(text: str, this_year: int, language: str | None = None) -> Day:
    """What a plain text may say, two-digit years not after `this_year`. language: of its months, where known."""
    if len(text) > _LONGEST:
        return Day()
    moment = _MOMENT.fullmatch(text)
    if moment and clock(moment) is None:
        return Day(problem="there is no such time of day")
    said = folded(moment["day"] if moment else text)
    found = _read(said, this_year, language)
    if not (found.days or found.problem):
        bare, weekdays = _bare(said)
        found = _on_weekday(_read(bare, this_year, language), weekdays) if bare != said else found
    if found.days or found.problem:
        return _of_other_calendars(found)
    return Day(problem=problem(said) or (SEVERAL_DAYS if _says_several(said, this_year) else None))


def _says_several(text: str, this_year: int) -> bool:
    """Whether a text says two days, or the first and the last of several: `12-13 march 2021`, `12/3 + 13/3`."""
    if text.count(" ") > _MOST_WORDS or not any(map(str.isdigit, text)):
        return False
    begin = _FROM.sub("", text, count=1)
    return any(
        (_DAY_OF_MONTH.fullmatch(begin[: found.start()]) or _may_be_day(begin[: found.start()], this_year))
        and _may_be_day(begin[found.end() :], this_year)
        for found in _AND_OR_TO.finditer(begin)
    )


def _may_be_day(text: str, this_year: int) -> bool:
    found = _read(text.strip(" ,."), this_year, None)
    return bool(found.days) or problem(text.strip(" ,")) == WITHOUT_YEAR


def is_part_of_date(text: str) -> bool:
    """Whether a text as a cell has it says a month without a day (`Jan 2023`), or a day without a year (`9 Jan`)."""
    return read_day(plain_date(text), date.max.year).problem in (WITHOUT_DAY, WITHOUT_YEAR)


def why_no_day(text: str) -> str | None:
    """Why a text as a cell has it says no day, though it is meant to: several days, no year, a week; None otherwise."""
    return read_day(plain_date(text), date.max.year).problem


def is_date(text: str) -> bool:
    """Whether a text as a cell has it says a day, whatever the order of day and month."""
    return bool(read_day(plain_date(text), date.max.year).days)


def _bare(text: str) -> tuple[str, frozenset[int]]:
    """The text without the day of the week and small words around the date; which days of the week it may name."""
    named = []
    first, _, rest = text.partition(" ")
    if first.rstrip(".,") in DAYS:
        text = rest
        named.append(first.rstrip(".,"))
    first, _, rest = text.partition(" ")
    text = rest if first in BEFORE else text
    # `1444/08/22 هـ` is Hijri, `14/03/2023م` Gregorian.
    text = _BEHIND.sub("", text)
    before, _, last = text.rpartition(" ")
    if last in BEHIND or last.strip("().,") in DAYS:
        text = before
        named.append(last.strip("().,"))
    bracketed = re.fullmatch(r"(.*?)[ ,]*\(([^()\d]+)\)", text)
    if bracketed and bracketed[2].strip(".") in DAYS:
        text = bracketed[1]
        named.append(bracketed[2].strip("."))
    weekdays = (DAYS[name] for name in named if name in DAYS)
    return text.rstrip(", ."), next(weekdays, frozenset())


def _on_weekday(day: Day, weekdays: frozenset[int]) -> Day:
    """Of the days that a text may say, those on the day of the week that it names, too; all if it names none."""
    if not weekdays or not day.days:
        return day

    def fits(one: date | None) -> date | None:
        return one if one and one.isoweekday() in weekdays else None

    dmy, mdy, ymd, other, ydm = map(fits, (day.dmy, day.mdy, day.ymd, day.other, day.ydm))
    held = day._replace(dmy=dmy, mdy=mdy, ymd=ymd, other=other, ydm=ydm)
    if held.days:
        return held if held.dmy or held.numeric else _only(held.other)
    one, *others = day.days
    if others:
        return Day(problem=f"the day of the week is neither that of {one} nor that of {others[0]}")
    return Day(problem=f"the day of the week is not that of {one}")


def _read(text: str, this_year: int, language: str | None) -> Day:
    if found := _NUMERIC.fullmatch(text):
        return _numeric(found["first"], found["second"], found["third"], this_year)
    for shape in _ONE_READING:
        if found := shape.fullmatch(text):
            if len(found["year"]) == 2 and _THAI.match(found["month"]):
                return Day(problem=f"the year {found['year']} may be 25{found['year']} of the Buddhist calendar")
            return _named(found, _year(found["year"], this_year), language)
    if found := _ISO_WEEK.fullmatch(text):
        return _week(found["year"], found["week"], found["day"])
    return Day()


def _named(found: re.Match[str], year: int, language: str | None) -> Day:
    """The day of a text whose parts say which of them they are."""
    name, day = found["month"], int(found["day"])
    if name not in MONTHS:
        return _year_first(year, int(name), day)
    days = [_date(year, number, day) for number in month_numbers(name, language)]
    return _only(days[0])._replace(other=days[1] if len(days) > 1 else None, month=name)


def _year_first(year: int, month: int, day: int) -> Day:
    swapped = _date(year, day, month)
    read = _only(_date(year, month, day))._replace(ydm=swapped)
    return read if read.days or not swapped else read._replace(problem=f"{_NO_SUCH_DAY}: perhaps {swapped} is meant")


def _numeric(first: str, second: str, third: str, this_year: int) -> Day:
    year, a, b = _year(third, this_year), int(first), int(second)
    short = all(len(part) == 2 for part in (first, second, third))
    ymd = _date(_year(first, this_year), b, int(third)) if short else None
    dmy, mdy = _date(year, b, a), _date(year, a, b)
    return Day(dmy, mdy, ymd, numeric=True, problem=None if dmy or mdy or ymd else _NO_SUCH_DAY)


def _only(day: date | None) -> Day:
    return Day(day, day, day, problem=None if day else _NO_SUCH_DAY)


def _week(year: str, week: str, day: str | None) -> Day:
    try:
        return _only(date.fromisocalendar(int(year), int(week), int(day or "")))
    except ValueError:
        return Day(problem=week_problem(year, int(week)))


_NO_SUCH_DAY = "there is no such day"


def _of_other_calendars(day: Day) -> Day:
    """Years of the Buddhist and Islamic calendars are told, not taken for ours."""
    year = day.days[0].year if day.days else 0
    if year in _BUDDHIST_YEARS:
        return Day(problem=f"the year {year} may be one of the Buddhist calendar, which is {year - _BUDDHIST}")
    if year in _ISLAMIC_YEARS:
        return Day(problem=f"the year {year} may be one of the Islamic or Persian calendar")
    return day


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


def clock(found: re.Match[str]) -> str | None:
    """`HH:MM` of what `CLOCK` found; None where there is no such time of day."""
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    half = (found["half"] or found["only_half"] or _half_behind(found["behind"])).lower()
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    elif half == "a" or (half and found["only_half"]):
        return None
    return f"{hour:02}:{minute:02}" if hour < 24 and minute < 60 and second < 60 else None


def moment(text: str) -> re.Match[str] | None:
    """The day and the clock of a text that holds both."""
    return _MOMENT.fullmatch(text) if len(text) <= _LONGEST else None


def _half_behind(words: str | None) -> str:
    if not words:
        return ""
    return "p" if _AFTERNOON.fullmatch(folded(words)) else "a" if words == "ص" else ""
