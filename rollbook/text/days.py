"""Typed dates as people wrote them."""

import re

_MIDNIGHT = " 00:00:00"
_TYPED = re.compile(rf"\d{{4}}-\d{{2}}-\d{{2}}{_MIDNIGHT}")
_LENGTH = len("2024-01-31") + len(_MIDNIGHT)


def without_midnight(text: str) -> str:
    """A typed date (`2024-01-31 00:00:00`) as its day, for nobody wrote the time; other texts as they are."""
    return text.removesuffix(_MIDNIGHT) if len(text) == _LENGTH and _TYPED.match(text) else text


def typed_day(text: str) -> str:
    """How a typed date is read that `without_midnight` shows as this text."""
    return text + _MIDNIGHT
