"""What a cell of an OpenDocument spreadsheet holds, as text: OpenDocument 1.3 part 3, sections 19.385 and 19.389."""

import math
import re
from collections.abc import Mapping

from rollbook.rows.marks import MarkKind, shown_as
from sources.cells.number_formats import elapsed, number_text, percent
from sources.cells.shown_cells import shows_otherwise

Content = tuple[str | None, MarkKind | None]
Attributes = Mapping[str, str]

OFFICE, TABLE, TEXT, STYLE, NUMBER, DRAW = (
    f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}"
    for name in ("office", "table", "text", "style", "datastyle", "drawing")
)
VALUE_TYPE, VALUE, FORMULA = f"{OFFICE}value-type", f"{OFFICE}value", f"{TABLE}formula"
STRING_VALUE = f"{OFFICE}string-value"
_CALC_TYPE = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"
_VALUES = {kind: f"{OFFICE}{kind}-value" for kind in ("date", "time", "boolean", "string")}
_NUMBERS = ("float", "currency", "percentage")
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)S)?)?")
_ZEROS = re.compile(r"(?=.*\d)[\w /.-]*")
_LANGUAGE = re.compile(r"^(?:\w+:)?=?")
_REFERENCE = re.compile(r"\[\.?([^\]]*)\]")
_PLAIN = re.compile(r"-?[1-9]\d*(?:\.\d*[1-9])?|0")
# An error in any language: `#DIV/0!`, `#NV`, `#¡VALOR!`, `Err:502`, `Fehler:502`. A column too narrow is `###`.
_ERROR = re.compile(r"#[¡¿]?[^\W\d_].*|[^\W\d_]+\.? ?[:：] ?\d{3}")
# An error that a formula may show as its text; any other one in this form may be a text.
_KNOWN = re.compile(r"#(?:DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!)|Err:\d{3}")


def content_of(attributes: Attributes, shown: str | None, digits: int = 0, is_percent: bool = False) -> Content:
    """Text and mark of a cell: the value that is stored, or what it shows where the bare number was not meant.

    shown: its paragraphs; None where it has none, as only programs without a screen leave it. digits, is_percent: what
    its number style says.
    """
    kind, formula = attributes.get(VALUE_TYPE), attributes.get(FORMULA)
    if kind is None and formula is None:
        return shown, None
    value = attributes.get(_VALUES.get(kind or "", VALUE))
    if formula is not None and _is_uncalculated(kind, value, shown):
        return _formula_text(formula), "error"
    if attributes.get(_CALC_TYPE) == "error" or _is_error(kind, value, shown, formula is not None):
        return shown or "#ERROR!", "error"
    if not value:
        return shown, None
    if kind in _NUMBERS:
        return _number(value, shown, digits, is_percent or kind == "percentage")
    return _moment(kind, value, shown)


def _moment(kind: str | None, value: str, shown: str | None) -> Content:
    """A date or a time, or a value of another kind, as it is."""
    if kind == "date":
        return _day(value), _mark_of_day(value, shown)
    return ((_clock(value) or shown or value) if kind == "time" else value), None


def _is_uncalculated(kind: str | None, value: str | None, shown: str | None) -> bool:
    """Has no program calculated the formula? One that did stores a value or shows it; a bare 0 is a stand-in.

    One whose result is an empty text says that it is a text, and shows an empty paragraph.
    """
    if shown or (shown is not None and kind is not None):
        return False
    if kind == "string":
        return value is None
    return not value or (kind in _NUMBERS and not value.strip("0."))


def _formula_text(formula: str) -> str:
    """`of:=[.B2]*2` -> `=B2*2`."""
    return _LANGUAGE.sub("=", _REFERENCE.sub(r"\1", formula))


def _is_error(kind: str | None, value: str | None, shown: str | None, is_formula: bool) -> bool:
    """Is an error shown? OpenOffice and Excel store it as the number 0 or an empty text, under the error's name."""
    if not shown:
        return False
    if kind in _NUMBERS or kind in ("date", "time", "boolean"):
        return shown != value and not shown[0].isdigit() and bool(_ERROR.fullmatch(shown))
    return is_formula and bool(_KNOWN.fullmatch(shown) or (value == "" and _ERROR.fullmatch(shown)))


def _number(value: str, shown: str | None, digits: int, is_percent: bool) -> Content:
    if value == shown and not is_percent and len(value) <= 15 and _PLAIN.fullmatch(value):
        return value, None
    try:
        number = float(value)
    except ValueError:
        return shown or value, "error"
    if not math.isfinite(number):
        return shown or "#NUM!", "error"
    if is_percent or _shows_percent(number, shown):
        return percent(number), None
    plain = number_text(number)
    if shown is None:
        return (plain.zfill(digits) if plain.isdigit() else plain), _imprecise(plain)
    text = shown if _is_padded(plain, shown) else plain
    return text, _imprecise(plain) or _mark(text, shown)


def _mark(plain: str, shown: str) -> MarkKind | None:
    """The mark of a number that the sheet shows as another text; `###` is a column that is too narrow."""
    if not shown.strip("#") or shown == plain:
        return None
    if not re.search(r"\d", shown):
        return shown_as(f"it shows “{shown}”") if not shown.startswith("-") else None
    return shows_otherwise(plain, shown.replace("\u2212", "-"))


def _imprecise(plain: str) -> MarkKind | None:
    digits = plain.lstrip("-")
    return "imprecise" if len(digits) > 15 and digits.isdigit() else None


def _shows_percent(number: float, shown: str | None) -> bool:
    """Is 0.92 shown as 92%, by a program that stores it as a bare number? Not 92 as 92%, where the sign is a letter."""
    if not shown or "%" not in shown:
        return False
    digits = re.sub(r"[^\d.,-]", "", shown).replace(",", ".")
    places = len(digits.partition(".")[2])
    try:
        return abs(float(digits) - number * 100) <= 0.5001 * 0.1**places
    except ValueError:
        return False


def _is_padded(plain: str, shown: str) -> bool:
    """Is 42 shown as 00042 or EMP-0042?"""
    digits = re.sub(r"\D", "", shown)
    return digits != digits.lstrip("0") and digits.lstrip("0") == plain and bool(_ZEROS.fullmatch(shown))


def _day(value: str) -> str:
    day, _, clock = value.partition("T")
    return f"{day} {(clock or '00:00:00').partition('.')[0]}"


def _mark_of_day(value: str, shown: str | None) -> MarkKind | None:
    """The mark of a month that was typed: its first day, of which nothing is shown."""
    if not shown or not value[:10].endswith("-01") or not re.search(r"\d", shown):
        return None
    year, month = int(value[:4]), int(value[5:7])
    numbers = [int(number) for number in re.findall(r"\d+", shown)]
    dated = [number for number in numbers if number not in (year, year % 100)]
    has_day = 1 in dated if re.search(r"[^\W\d_]", shown) else dated.count(1) > (month == 1)
    return None if has_day else shown_as(f"it shows “{shown}”")


def _clock(value: str) -> str | None:
    match = _DURATION.fullmatch(value)
    if match is None or not any(match.groups()):
        return None
    days, hours, minutes, seconds = (float((part or "0").replace(",", ".")) for part in match.groups())
    return elapsed(days + (hours * 3600 + minutes * 60 + seconds) / 86_400)
