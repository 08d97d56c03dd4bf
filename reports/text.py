"""Numbers, times and columns as people read them."""

import re
from datetime import datetime, timedelta

from rollbook.text.days import without_midnight

_LETTER = re.compile("@[A-Z]{1,3}")


def count_noun(number: int, noun: str) -> str:
    """`1 row`, `1,234 rows`: nouns in -y after a consonant, in -s, -x and -ch take their own plural."""
    return f"{number:,} {noun if number == 1 else plural(noun)}"


def plural(noun: str) -> str:
    """The plural of a noun."""
    if noun.endswith("y") and noun[-2:-1] not in tuple("aeiou"):
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def listed(words: list[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else ""


def day_and_time(moment: datetime | str | None) -> str:
    """`2026-11-21 09:15 UTC`; recorded moments are in UTC, as datetime or as text of that shape."""
    if moment is None:
        return ""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def first_words(text: str, most: int) -> str:
    """A text of one line, or of a longer one the words that fit into so many characters; a single word is whole."""
    if len(text) <= most or " " not in text:
        return text
    end = text.rfind(" ", 0, most)
    return f"{text[:end] if end > 0 else text.split(' ', 1)[0]} …"


def iso_moment(moment: datetime | None) -> str | None:
    """`2026-11-21 09:15:00`: a recorded moment, in UTC, as JSON has it."""
    return moment.isoformat(sep=" ", timespec="seconds") if moment is not None else None


def seconds(duration: float) -> str:
    """`0.3 s`, `12 s`, `3 min 20 s`."""
    if duration < 10:
        return f"{duration:.1f} s"
    minutes, rest = divmod(round(duration), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def span(length: timedelta) -> str:
    """`26 hours`, `90 minutes`."""
    minutes = round(length.total_seconds() / 60)
    return count_noun(round(minutes / 60), "hour") if minutes >= 120 else count_noun(minutes, "minute")


def covered_line(cases: int) -> str:
    """Why cases of rows that failed in a run are fixed all the same."""
    are = "is" if cases == 1 else "are"
    return f"{cases:,} of them {are} fixed by now: corrected, or loaded by another row or run."


_FEW = 5


def left_alone(names: list[str]) -> str:
    """That files of a folder were not read: `Not read, because they are not spreadsheets: a.pdf and 3 others`."""
    some = names if len(names) <= _FEW else [*names[: _FEW - 1], f"{len(names) - _FEW + 1} others"]
    reason = "it is not a spreadsheet" if len(names) == 1 else "they are not spreadsheets"
    return f"Not read, because {reason}: {listed(some)}"


def column_name(header: str) -> str:
    """A header as people wrote it; of a column without one (`@D`), its letter."""
    if _LETTER.fullmatch(header):
        return f"column {header[1:]} (without a header)"
    return without_midnight(" ".join(header.split()))
