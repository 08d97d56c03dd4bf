"""Number formats: the text that a cell shows where the bare number is not what was meant."""

import math
import re
from collections.abc import Callable
from functools import cache

Render = Callable[[float], str | None]

# Built into Excel by number, without a code in the file: per cent, and times of the day.
BUILT_IN: dict[int, str] = {
    9: "0%",
    10: "0.00%",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
}

_QUOTED = re.compile(r'"([^"]*)"|\\(.)|[_*].|\[[^\]]*\]')
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
_TOKEN = re.compile(r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|(?P<left_out>[_*].|\[[^\]]*\])|(?P<plain>.)')


@cache
def render_of(code: str) -> Render | None:
    """How a number under this format is shown; None where the number itself is what was meant.

    Three kinds matter: per cent (0.92 is shown as 92%; all digits are kept, so 0.925 gives 92.5% also under `0%`),
    leading zeros (6083 under `00000` is shown as 06083, with the format's own letters and dashes), and times without
    a day (0.375 under `hh:mm` is shown as 09:00:00, 1.5 under `[h]:mm` as 36:00:00).
    """
    section = code.split(";", maxsplit=1)[0]
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
    sections = code.split(";")
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
