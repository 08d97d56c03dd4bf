"""Amounts: hours and credits, as numbers."""

import re
from functools import partial

import pandas as pd

from transforms.values.cleaner import BLANK, CellVerdict, Cleaned, judge_distinct
from transforms.values.grades import is_spelled_number, plain_number, read_amount, spelled
from transforms.values.text import ERROR_TEXTS, NO_VALUE, fold

# More than a working year in one session is another unit: minutes, seconds, or the number of something else.
MOST = 2_000
OUT_OF_RANGE = "hours.range"

_HOURS = "hours hour hrs hr h std stunden stunde heures heure horas hora ore ora uur uren godz godziny godzin".split()
_MINUTES = "minutes minute mins min minuten minutos minuto minuti minuut minut".split()
_CREDITS = "credits credit cr points point pts units unit ects ceu ceus cpd cpe cme pdu pdus".split()
_NUMBER = r"(?P<sign>[+-]?)(?P<digits>[0-9][0-9.,]*|[.,][0-9]+)"
_CLOCK = re.compile(r"(?P<hours>\d{1,4}):(?P<minutes>[0-5]\d)(?::(?P<seconds>[0-5]\d)(?:\.\d+)?)?", re.ASCII)
_PARTS = re.compile(
    rf"(?P<hours>\d{{1,4}}) ?(?:{'|'.join(_HOURS)})\.? ?(?:and |und |et |y |e )?"
    rf"(?P<minutes>\d{{1,2}}) ?(?:{'|'.join(_MINUTES)}|m)?\.?",
    re.ASCII | re.IGNORECASE,
)
_WITH_UNIT = re.compile(rf"{_NUMBER} ?(?P<unit>[^\W\d_.]*)\.?")
_UNITS = {"hours": [*_HOURS, *_MINUTES], "credits": _CREDITS}


def clean_amounts(cells: pd.Series, field: str, decimal_comma: bool = False) -> Cleaned:
    """Numbers of at least 0 (float64) without their unit; blanks, `-`, `?` and `N/A` are missing.

    field: `hours` (`1:30`, `1 h 30 min` and `90 min` are 1.5) or `credits`. decimal_comma: as for grades.
    Codes: `hours.range` (no number, two numbers, below 0 or above MOST), `cell.error`.
    """
    return judge_distinct(cells, partial(judge_amount, field=field, decimal_comma=decimal_comma), "float64")


def judge_amount(text: str, field: str, decimal_comma: bool = False) -> CellVerdict:
    """The verdict on one cell."""
    text = plain_number(text)
    if text.lower() in NO_VALUE:
        return BLANK
    if text.upper() in ERROR_TEXTS:
        return CellVerdict(code="cell.error")
    hours = _clock_hours(text) if field == "hours" else None
    return _within(hours) if hours is not None else _judge_number(text, field, decimal_comma)


def is_amount(text: str, field: str) -> bool:
    """Whether a text as a cell has it is written as an amount, even one out of range, or says that there is none."""
    text = plain_number(text)
    clock = field == "hours" and _clock_hours(text) is not None
    return clock or text.lower() in NO_VALUE or _number(text, field) is not None


def without_unit(text: str) -> str:
    """The text without the unit behind its number, for the reading of a whole column."""
    found = re.match(_NUMBER, text := plain_number(text), re.ASCII)
    return found[0] if found else text


def _clock_hours(text: str) -> float | None:
    """The hours of `1:30`, `01:30:00` and `1 h 30 min`."""
    found = _CLOCK.fullmatch(text) or _PARTS.fullmatch(text)
    if found is None:
        return None
    seconds = int(found.groupdict().get("seconds") or 0)
    return int(found["hours"]) + int(found["minutes"]) / 60 + seconds / 3600


def _judge_number(text: str, field: str, decimal_comma: bool) -> CellVerdict:
    found = _number(text, field)
    if found is None:
        return CellVerdict(code=OUT_OF_RANGE, detail=_reason(text))
    values = read_amount(found["digits"], decimal_comma)
    if len(values) != 1:
        could = "it could be " + " or ".join(map(spelled, values))
        return CellVerdict(code=OUT_OF_RANGE, detail=could if values else "it is not a number")
    value = float(values[0]) / (60 if fold(found["unit"]) in _MINUTES else 1)
    return _within(-value if found["sign"] == "-" else value)


def _number(text: str, field: str) -> re.Match[str] | None:
    """The number with its unit, where the unit is one of the field's."""
    found = _WITH_UNIT.fullmatch(text)
    return found if found and fold(found["unit"]) in ("", *_UNITS[field]) else None


def _reason(text: str) -> str:
    if is_spelled_number(text):
        return "write the number in digits"
    found = _WITH_UNIT.fullmatch(text)
    return f"the unit “{found['unit']}” is not known" if found else "it is not a number"


def _within(value: float) -> CellVerdict:
    if value < 0:
        return CellVerdict(code=OUT_OF_RANGE, detail="it is less than 0")
    if value > MOST:
        return CellVerdict(code=OUT_OF_RANGE, detail=f"it is more than {MOST:,}")
    return CellVerdict(round(value, 4) + 0.0)
