"""What a cell shows under its number format, as far as that is another value than the one that is read.

`sources.cells.number_formats` says where a cell is read as it is shown. Everywhere else the value is read, and here is
said where a reader sees other digits (1001 for 1001000 under `0,`), a word (`"yes";;"no"`), nothing (`;;;`), or a month
for a day.
"""

import datetime as dt
import re
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache, lru_cache
from typing import Literal

from rollbook.rows.marks import MarkKind, id_shown_as, shown_as, shows_only
from sources.cells.number_formats import (
    date_text,
    has_conditions,
    is_date,
    number_text,
    render_of,
    section_of,
    sections_of,
)

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_(?P<space>.)|\*.|\[\$(?P<currency>[^\]-]*)[^\]]*\]|\[[^\]]*\]'
    r"|(?P<exponent>[Ee][+-])|(?P<plain>.)",
    re.DOTALL,
)
# One section of digits alone: it changes nothing but fractions.
_DIGITS_ONLY = re.compile(r"[#0?,]*0(?:\.[#0?]+)?")
_GENERAL = re.compile("general|standard", re.IGNORECASE)
_GROUPED = [re.compile(rf"(?<=\d){mark}(?=\d{{3}}(?!\d))") for mark in ("[ ,'’\xa0\u202f]", "[ .'’\xa0\u202f]")]
_EXACT = 1e15

Telling = Literal["never", "fractions", "always"]


@cache
def tells(code: str) -> Telling:
    """Which numbers may show something else under the format than the value that is read."""
    if _GENERAL.fullmatch(code) or code in ("", "@"):
        return "never"
    sections = sections_of(code)
    if all(is_date(section) for section in sections[:1]) and not has_conditions(code):
        return "always" if _hides_day(sections[0]) else "never"
    return "fractions" if _DIGITS_ONLY.fullmatch(re.sub(r"\[[A-Za-z]+\d*\]|_.|\*.", "", code)) else "always"


def mark_of_number(number: float, code: str, is_1904: bool) -> MarkKind | None:
    """The mark of a number whose format shows something else than is read; None where nothing is in doubt.

    Thousands separators, decimals that are all zero, and spaces change nothing.
    """
    telling = tells(code)
    if telling == "never" or (telling == "fractions" and number.is_integer()):
        return None
    return _mark_of_number(number, code, is_1904)


@lru_cache(maxsize=1 << 14)
def _mark_of_number(number: float, code: str, is_1904: bool) -> MarkKind | None:
    section, magnitude = _chosen(code, number)
    if is_date(section):
        return _mark_of_day(number, section, is_1904)
    render = render_of(code)
    if (render is not None and render(number) is not None) or abs(number) >= _EXACT:
        return None
    shown, read = _shown(section, magnitude).strip(), number_text(number)
    if not shown or not (_has_places(section) or shown.startswith("-")):
        return shown_as(_shows(shown))
    return shows_otherwise(read, shown)


def _shows(text: str) -> str:
    return f"it shows “{text}”" if text else "it shows nothing"


def _has_places(section: str) -> bool:
    plain = "".join(token["plain"] or "" for token in _TOKEN.finditer(section))
    return bool(re.search("[0#?@]", plain)) or bool(_GENERAL.search(plain))


def mark_of_text(text: str, code: str) -> MarkKind | None:
    """The mark of a text to which the format adds something, or which it hides."""
    section = text_section(code)
    if section is None:
        return None
    shown = "".join(_literal(token) or (text if token["plain"] == "@" else "") for token in _TOKEN.finditer(section))
    return shown_as(_shows(shown.strip()))


@cache
def text_section(code: str) -> str | None:
    """The section of a format for texts, if it adds something to them or hides them."""
    sections = sections_of(code)
    tokens = list(_TOKEN.finditer(sections[-1]))
    has_place = any(token["plain"] == "@" for token in tokens)
    is_bare = has_place and not "".join(map(_literal, tokens)).strip()
    is_of_texts = has_place or (len(sections) > 3 and not _GENERAL.fullmatch(sections[-1]))
    return sections[-1] if is_of_texts and not is_bare else None


def shows_otherwise(read: str, shown: str) -> MarkKind | None:
    """The mark of a number that is read as one text and shown as another."""
    return id_shown_as(_shows(shown)) if differs(read, shown) else None


def differs(read: str, shown: str) -> bool:
    """Does a reader see another number than the text that is read, in any language?"""
    bare = {shown.strip(), *(pattern.sub("", shown.strip()) for pattern in _GROUPED)}
    whole = {re.sub(r"(?<=\d)[.,]0*$", "", text) for text in bare}
    return read not in bare | whole | {text.replace(",", ".") for text in bare}


def _chosen(code: str, number: float) -> tuple[str, float]:
    """The section that shows the number, and the number as it is shown there: behind the first without its sign."""
    sections = sections_of(code)
    if has_conditions(code):
        return section_of(code, number), number
    if number < 0 and len(sections) > 1:
        return sections[1], -number
    return sections[2 if number == 0 and len(sections) > 2 else 0], number


def _hides_day(section: str) -> bool:
    """Does it show a month or a year and no day? `[h]:mm` and `h:mm` show a time."""
    bare = "".join(token["plain"] or "" for token in _TOKEN.finditer(section)).lower()
    return bool(re.search("[yj]", bare)) and not re.search("[dtgeh]|aaa", bare)


def _mark_of_day(number: float, section: str, is_1904: bool) -> MarkKind | None:
    """A month that was typed is stored as its first day."""
    text = date_text(number, is_1904)
    if text is None or not _hides_day(section) or dt.datetime.fromisoformat(text).day != 1:
        return None
    has_month = re.search("m", "".join(token["plain"] or "" for token in _TOKEN.finditer(section)), re.IGNORECASE)
    return shows_only(f"month {text[:7]}" if has_month else f"year {text[:4]}")


def _shown(section: str, number: float) -> str:
    """The number under one section: digits in their places, everything else as it stands there."""
    tokens = list(_TOKEN.finditer(section))
    plain = "".join(token["plain"] or "" for token in tokens)
    if _GENERAL.fullmatch(section):
        return number_text(number)
    if "@" in plain:
        return "".join(_literal(token) or number_text(number) * (token["plain"] == "@") for token in tokens)
    if re.search("[0#?] */ *[0-9#?]", plain):
        return _fraction(number)
    sign = "-" if number < 0 and re.search("[0#?]", plain) else ""
    return sign + _Places(tokens).filled(abs(number))


def _literal(token: re.Match[str]) -> str:
    """What stands in the format for itself; digits, their separators and the exponent do not."""
    plain = token["plain"] or ""
    return (
        token["quoted"] or token["escaped"] or token["currency"] or (" " if token["space"] else plain.strip("0#?.,@"))
    )


def _fraction(number: float) -> str:
    whole, rest = divmod(Fraction(number).limit_denominator(99), 1)
    return " ".join([str(whole)] * (whole > 0 or not rest) + [f"{rest.numerator}/{rest.denominator}"] * bool(rest))


class _Places:
    """The places for digits in a section: before the point, behind it, and of the exponent."""

    def __init__(self, tokens: list[re.Match[str]]) -> None:
        self._tokens = tokens
        kinds = ["E" if token["exponent"] else token["plain"] or "" for token in tokens]
        end = kinds.index("E") if "E" in kinds else len(kinds)
        point = kinds.index(".") if "." in kinds[:end] else end
        self._whole = [at for at in range(point) if kinds[at] in "0#?" and kinds[at]]
        self._decimals = [at for at in range(point, end) if kinds[at] in "0#?" and kinds[at]]
        self._power = [at for at in range(end, len(kinds)) if kinds[at] in "0#?" and kinds[at]]
        self._point, self._kinds = point, kinds
        last = max([*self._whole, *self._decimals], default=-1)
        self._is_grouped = any(kinds[at] == "," for at in range(max(self._whole, default=0)))
        self._scale = sum(kind == "," for kind in kinds[max(self._whole, default=-1) + 1 : point])
        self._scale += sum(kind == "," for kind in kinds[last + 1 : end]) * (point < end)

    def filled(self, number: float) -> str:
        """The section with the digits of a number that is not negative."""
        value = Decimal(repr(number)).scaleb(-3 * self._scale)
        power = (
            (value.adjusted() // max(len(self._whole), 1)) * max(len(self._whole), 1) if self._power and value else 0
        )
        rounded = value.scaleb(-power).quantize(Decimal(1).scaleb(-len(self._decimals)), ROUND_HALF_UP)
        whole, _, decimals = f"{rounded:f}".partition(".")
        digits = self._of_whole(whole) | dict(zip(self._decimals, self._of_decimals(decimals), strict=True))
        digits |= dict(zip(self._power, [f"{abs(power):0{len(self._power)}d}"] + [""] * len(self._power), strict=False))
        return "".join(self._of(at, digits, power) for at in range(len(self._tokens)))

    def _of(self, at: int, digits: dict[int, str], power: int) -> str:
        if at in digits:
            return digits[at]
        if self._kinds[at] == "E":
            return "E-" if power < 0 else "E+" if self._tokens[at]["exponent"].endswith("+") else "E"
        return "." if at == self._point else _literal(self._tokens[at])

    def _of_whole(self, digits: str) -> dict[int, str]:
        """From the right; the first place takes those that are left over."""
        left = digits.lstrip("0")
        found, count = {}, 0
        for number, at in enumerate(reversed(self._whole), start=1):
            digit, left = (left, "") if number == len(self._whole) else (left[-1:], left[:-1])
            shown = digit or ("0" if self._kinds[at] == "0" else "")
            found[at], count = self._grouped(shown, count), count + len(shown)
        return found

    def _grouped(self, digits: str, count: int) -> str:
        """The digits with a comma behind each that has a multiple of three others behind it; `count`: have so far."""
        if not self._is_grouped:
            return digits
        behind = range(count + len(digits) - 1, count - 1, -1)
        return "".join(d + ("," if at and at % 3 == 0 else "") for d, at in zip(digits, behind, strict=True))

    def _of_decimals(self, digits: str) -> list[str]:
        kept = digits.rstrip("0")
        return [
            digit if at < len(kept) or self._kinds[place] == "0" else ""
            for at, (place, digit) in enumerate(zip(self._decimals, digits, strict=True))
        ]
