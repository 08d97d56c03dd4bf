"""A number of a cell as text: as its format shows it, or as the day that it is."""

import datetime as dt
import math
import re
from functools import cache

from sources.formats import render_of
from sources.sheets import MarkKind
from sources.xls import number_text

_LEFT_OUT = re.compile(r'"[^"]*"|\\.|[_*].|\[[^\]]*\]|General|AM/PM|A/P|E[+-]', re.IGNORECASE)
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_PRECISE = 1e15
_LAST_DAY = 2_958_466


def number_content(number: float, code: str, is_1904: bool) -> tuple[str, MarkKind | None]:
    """Text and mark of a number under a format's code; no number, or no day under a date's, is an error."""
    if not math.isfinite(number):
        return "#NUM!", "error"
    render = render_of(code)
    shown = render(number) if render else None
    if shown is None and is_date(code):
        shown = date_text(number, is_1904)
        if shown is None:
            return number_text(number), "error"
    if shown is not None:
        return shown, None
    return number_text(number), "imprecise" if abs(number) >= _PRECISE else None


@cache
def is_date(code: str) -> bool:
    """Does the format show a number as a day or a time, in whatever language?"""
    first = code.split(";", maxsplit=1)[0]
    return bool(_ELAPSED.search(first) or re.search("[ymdhsgeb]|aaa", _LEFT_OUT.sub("", first), re.IGNORECASE))


def date_text(number: float, is_1904: bool) -> str | None:
    """Days since the last of December 1899, or the first of January 1904, as `2024-03-05 09:00:00`."""
    if not 0 <= number < _LAST_DAY:
        return None
    moment = _start(number, is_1904) + dt.timedelta(seconds=round(number * 86_400))
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _start(number: float, is_1904: bool) -> dt.datetime:
    # Excel knows a 29th of February 1900, which never was: day 60.
    return dt.datetime(1904, 1, 1) if is_1904 else dt.datetime(1899, 12, 30 if number >= 60 else 31)  # noqa: DTZ001 - cells have no zone
