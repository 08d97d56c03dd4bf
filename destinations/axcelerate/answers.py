"""What aXcelerate's answers have in common: keys in any case, errors inside of HTTP 200, dates in several shapes."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import pandas as pd

from transforms.values.dates.dates import clean_dates
from transforms.values.normalize import trim
from transforms.values.text import fold

_ISO = re.compile(r"(\d{4}-\d{2}-\d{2})(?:$|[T ])", re.ASCII)
_YES = frozenset(["true", "1", "yes", "y"])
# Midnight of no day: what some databases show for a date that is not set.
_NO_DAYS = frozenset(["0000-00-00"])


def plain(record: object) -> dict[str, Any]:
    """A JSON object with its keys without case, blanks and punctuation; no keys where it is none."""
    return {fold(str(key)): value for key, value in record.items()} if isinstance(record, Mapping) else {}


def status_of(status: int, content: object) -> int:
    """The effective status: that of an error which came inside of a success, else HTTP's."""
    body = plain(content)
    if not HTTPStatus(200) <= status < HTTPStatus(300) or not _is_yes(body.get("error")):
        return status
    told = text_of(body.get("code")) or ""
    code = int(told) if re.fullmatch(r"[1-5]\d\d", told, re.ASCII) else 0
    return code if code >= HTTPStatus.BAD_REQUEST else HTTPStatus.PRECONDITION_FAILED


def is_refusal(status: int) -> bool:
    """Whether an answer of this effective status says no."""
    return status >= HTTPStatus.BAD_REQUEST


def words_of(content: object) -> str:
    """What a refusal says, as it came: foreign text, to be scrubbed."""
    body = plain(content)
    said = [text for name in ("messages", "message", "msg", "errormsg", "details") for text in _texts(body.get(name))]
    return " ".join(dict.fromkeys(said)) or "no reason is given"


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, Mapping):
        yield from _texts(list(value.values()))
    elif text := text_of(value):
        yield text


def text_of(value: object) -> str | None:
    """A value as text: 9001, "9001" and 9001.0 are `9001`; None for a blank or what is no plain value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return trim(str(value)) or None if isinstance(value, str | int | float) else None


def _is_yes(value: object) -> bool:
    return (text_of(value) or "").casefold() in _YES


def day_of(value: object) -> str | None:
    """A date as YYYY-MM-DD where it has one reading only; another text as it is; None for a blank."""
    text = text_of(value)
    if text is None or text[:10] in _NO_DAYS:
        return None
    days = days_of(text)
    return days[0].isoformat() if len(days) == 1 else text


@lru_cache(maxsize=1 << 14)
def days_of(text: str) -> tuple[date, ...]:
    """The days that a text may mean: one, two where days and months may be changed over, none."""
    if found := _ISO.match(text):
        try:
            return (date.fromisoformat(found[1]),)
        except ValueError:
            return ()
    cells, today = pd.Series([text], dtype="str"), datetime.now(UTC).date()
    read = [clean_dates(cells, order, None, False, today, False).values.iat[0] for order in ("DMY", "MDY")]
    return tuple(dict.fromkeys(day.date() for day in read if isinstance(day, pd.Timestamp)))


def same(name: str, held: str | None, said: str | None) -> bool:
    """Whether a field holds what is said; a date that is shown in two readings holds either of them."""
    if held == said or held is None or said is None or not name.endswith("_on"):
        return held == said
    return said in [day.isoformat() for day in days_of(held)]
