"""Number formats: the text that a cell shows where the bare number is not what was meant."""

import datetime as dt
import math
import operator
import re
from collections.abc import Callable
from functools import cache

Render = Callable[[float], str | None]

# Built into Excel by number, without a code in the file: ECMA-376 part 1, section 18.8.30.
BUILT_IN: dict[int, str] = {
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    14: "m/d/yyyy",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "m/d/yyyy h:mm",
    37: "#,##0;(#,##0)",
    38: "#,##0;[Red](#,##0)",
    39: "#,##0.00;(#,##0.00)",
    40: "#,##0.00;[Red](#,##0.00)",
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
    48: "##0.0E+0",
}
# The same where Excel speaks Chinese, Japanese, Korean or Thai; what is a date here is one in each of them.
EAST_ASIAN: dict[int, str] = {
    **dict.fromkeys([*range(27, 32), *range(34, 37), *range(50, 59), *range(71, 75), 77, 81], "yyyy/m/d"),
    32: "h:mm",
    33: "h:mm:ss",
    67: "0%",
    68: "0.00%",
    75: "h:mm",
    76: "h:mm:ss",
    78: "mm:ss",
    79: "[h]:mm:ss",
    80: "mm:ss.0",
}

_QUOTED = re.compile(r'"([^"]*)"|\\(.)|[_*].|\[[^\]]*\]')
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
_TOKEN = re.compile(r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|(?P<left_out>[_*].|\[[^\]]*\])|(?P<plain>.)')


_SECTION = re.compile(r'(?:"[^"]*"|\\.|[^;"\\])*')
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)(-?[\d.]+)\]")
_COMPARED = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    "<>": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
}
_NO_DATES = re.compile(r"General|AM/PM|A/P|E[+-]", re.IGNORECASE)
_FILLED = re.compile(r"\*[\w\[\"\\\\]")
# Days from the first of 1900 or 1904 to the end of 9999: a spreadsheet program shows no other number as a date.
_DAYS = {False: 2_958_466, True: 2_957_004}


@cache
def render_of(code: str) -> Render | None:
    """How a number under this format is shown; None where the number itself is what was meant.

    Three kinds matter: per cent (0.92 is shown as 92%; all digits are kept, so 0.925 gives 92.5% also under `0%`),
    leading zeros (6083 under `00000` is shown as 06083, with the format's own letters and dashes), and times without
    a day (0.375 under `hh:mm` is shown as 09:00:00, 1.5 under `[h]:mm` as 36:00:00).
    """
    if not has_conditions(code):
        return _render_of_section(code, sections_of(code)[0])
    renders = {section: _render_of_section(section, section) for section in sections_of(code)}
    if not any(renders.values()):
        return None

    def render(number: float) -> str | None:
        chosen = renders.get(section_of(code, number))
        return chosen(number) if chosen else None

    return render


@cache
def has_conditions(code: str) -> bool:
    """Does it depend on the number which section of the format shows it, as in `[<=99999]00000;00000-0000`?"""
    return bool(_CONDITION.search(code))


def section_of(code: str, number: float) -> str:
    """The section of a format that shows this number: where sections have conditions, the first one that holds."""
    sections = sections_of(code)
    if not has_conditions(code):
        return sections[0]
    for section in sections:
        condition = _CONDITION.search(section)
        if condition is None or _COMPARED[condition[1]](number, float(condition[2])):
            return section
    return sections[-1]


@cache
def sections_of(code: str) -> list[str]:
    """The format's sections: a semicolon in quotation marks or behind a backslash separates none."""
    sections, at = [], 0
    while match := _SECTION.match(code, at):
        sections.append(match[0])
        if match.end() >= len(code) or code[match.end()] != ";":
            break
        at = match.end() + 1
    return sections


@cache
def is_date(section: str) -> bool:
    """Does this section of a format show a number as a day or a time, in whatever language?"""
    bare = _NO_DATES.sub("", _QUOTED.sub("", section))
    return bool(_ELAPSED.search(section) or re.search("[ymdhsgeb]|aaa", bare, re.IGNORECASE))


@cache
def is_usual(code: str) -> bool:
    """Does every reader of spreadsheets take the format for a date, or for none, as `is_date` does?"""
    first = sections_of(code)[0]
    bare = _NO_DATES.sub("", _QUOTED.sub("", first))
    return not (has_conditions(code) or _FILLED.search(code) or re.search("[abeg]", bare, re.IGNORECASE))


def date_text(number: float, is_1904: bool) -> str | None:
    """A date of a spreadsheet as `2024-03-05 09:00:00`; None for what no calendar has.

    number: days since the last of December 1899 (with a 29th of February 1900, which never was), or since the first of
    January 1904.
    """
    if not 0 <= round(number, 8) < _DAYS[is_1904]:
        return None
    start = dt.datetime(1904, 1, 1) if is_1904 else dt.datetime(1899, 12, 30 if number >= 60 else 31)  # noqa: DTZ001 - cells have no zone
    moment = start + dt.timedelta(milliseconds=round(number * 86_400_000))
    fraction = f".{moment.microsecond // 1000:03d}" if moment.microsecond else ""
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction}"


def number_text(number: float) -> str:
    """A number as text: whole ones without a point, others with nine decimals at most, never with an exponent.

    A formula's 91.99999999999999 is the 92 that the cell shows; no format shows more digits of a score or a day.
    """
    return format(number, ".9f").rstrip("0").rstrip(".")


def _render_of_section(code: str, section: str) -> Render | None:
    bare = _QUOTED.sub("", section)
    if "%" in bare:
        return percent
    if _ELAPSED.search(section):
        return elapsed
    if re.search("[hs]", bare, re.IGNORECASE) and not re.search("[ydg]", _without_am_pm(bare), re.IGNORECASE):
        return time_of_day
    if re.fullmatch(r"[0#?\-/ ().,]*", bare) and re.search(r"0[^0#?.]*0", bare.split(".")[0]):
        return _padded(code)
    return None


def _without_am_pm(bare: str) -> str:
    return re.sub("am/pm|a/p", "", bare, flags=re.IGNORECASE)


def percent(number: float) -> str:
    """0.92 -> 92%."""
    return f"{_plain(number * 100)}%"


def time_of_day(number: float) -> str | None:
    """The time of a fraction of a day, HH:MM:SS; None where the number holds a day as well."""
    return _clock(number) if 0 <= number < 1 else None


def elapsed(number: float) -> str | None:
    """Hours, minutes and seconds of a number of days; the hours go on beyond 24."""
    return _clock(number) if number >= 0 else None


def _clock(days: float) -> str:
    seconds = round(days * 86_400)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _plain(number: float) -> str:
    text = format(number, ".15g")
    return text if "e" not in text else format(number, ".15f").rstrip("0").rstrip(".")


def _padded(code: str) -> Render | None:
    sections = sections_of(code)
    if any("." in _QUOTED.sub("", section) or "," in _QUOTED.sub("", section) for section in sections):
        return None
    positive = _parts(sections[0])

    def render(number: float) -> str | None:
        if number < 0 or not math.isfinite(number) or abs(number) >= 1e15:
            return None
        return _fill(positive, str(math.floor(number + 0.5)))

    return render


def _parts(section: str) -> list[str]:
    """The section's placeholders (`0` for a digit that is always shown, `#` for one that may be) and literals."""
    parts = []
    for match in _TOKEN.finditer(section):
        kind, text = match.lastgroup, match[match.lastgroup or 0]
        if kind in ("quoted", "escaped"):
            parts.append(f'"{text}')
        elif kind == "plain":
            parts.append(text if text in "0#?" else f'"{text}')
    return parts


def _fill(parts: list[str], digits: str) -> str:
    """The digits put into the places from the right; the first place takes those that are left over."""
    places = [at for at, part in enumerate(parts) if part in ("0", "#", "?")]
    shown = dict.fromkeys(places, "")
    left = digits if digits != "0" else ""
    for at in reversed(places):
        digit, left = (left[-1:], left[:-1])
        shown[at] = digit or ("0" if parts[at] == "0" else "")
    shown[places[0]] = left + shown[places[0]]
    return "".join(shown[at] if at in shown else part[1:] for at, part in enumerate(parts))
