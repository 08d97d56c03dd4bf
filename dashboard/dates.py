"""Days and moments as the reader writes them; the month is a word where its place may be mistaken."""

from contextvars import ContextVar
from datetime import date, datetime
from typing import Literal

from dashboard import wording

Order = Literal["DMY", "MDY", "YMD"]
# Of the request that is answered; without a language, as files and other pages of ours have it.
_order: ContextVar[Order] = ContextVar("order", default="YMD")
_MONTH_FIRST = frozenset({"en", "en-us", "en-ph"})
_YEAR_FIRST = frozenset({"zh", "ja", "ko", "hu", "lt", "sv", "mn", "en-ca", "fr-ca", "*", ""})


def order_of(languages: str) -> Order:
    """The order of the language that a browser asks for first (`Accept-Language`)."""
    first = languages.partition(",")[0].partition(";")[0].strip().casefold()
    if first in _MONTH_FIRST:
        return "MDY"
    return "YMD" if first in _YEAR_FIRST or first.partition("-")[0] in _YEAR_FIRST else "DMY"


def read_by(languages: str) -> None:
    """From now on, within this request, write days as such a reader does; in a page of another language, as it does."""
    first = languages.partition(",")[0].strip().casefold()[:2]
    is_foreign = wording.language() not in ("en", first)
    _order.set("DMY" if is_foreign else order_of(languages))


def day(told: date | str | None) -> str:
    """`Nov 30, 2026`, `30 Nov 2026` or `2026-11-30`."""
    if not told:
        return ""
    one = date.fromisoformat(told[:10]) if isinstance(told, str) else told
    if _order.get() == "YMD":
        return f"{one:%Y-%m-%d}"
    texts = wording.texts()
    if _order.get() == "MDY":
        return f"{texts.month(one.month)} {one.day}, {one.year:04}"
    return texts.day(one.day, one.month, one.year)


def moment(told: datetime | str | None) -> str:
    """The same with the time of day, in UTC."""
    if not told:
        return ""
    at = datetime.fromisoformat(told) if isinstance(told, str) else told
    return f"{day(at)}{' ' if _order.get() == 'YMD' else wording.texts().comma}{at:%H:%M} UTC"
