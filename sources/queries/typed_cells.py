"""Values of a database as the texts of cells, as typed cells of a spreadsheet give them."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from typing import Any
from uuid import UUID

_NO_NUMBER = "#NUM!"


class NoCell(Exception):
    """A value that no cell can hold."""


def cells_of(values: Sequence[Any]) -> list[str | None]:
    """The texts of a column's values; None for NULL. Raises NoCell for what no cell can hold."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {str}:
        return list(values)
    return [None if value is None else _text(value) for value in values]


def _text(value: Any) -> str:
    found = _TEXTS.get(type(value))
    if found is None:
        raise NoCell(f"a value of type {type(value).__name__}")
    return found(value)


def _of_decimal(value: Decimal) -> str:
    """The number as a cell shows it without a format: 85 for 85.00.

    >>> _of_decimal(Decimal("85.00")), _of_decimal(Decimal("1E+3")), _of_decimal(Decimal("-0.50"))
    ('85', '1000', '-0.5')
    """
    if not value.is_finite():
        return _NO_NUMBER
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _of_float(value: float) -> str:
    """The shortest digits that are this number, without an exponent.

    >>> _of_float(92.5), _of_float(1e21), _of_float(0.1)
    ('92.5', '1000000000000000000000', '0.1')
    """
    return _of_decimal(Decimal(repr(value))) if math.isfinite(value) else _NO_NUMBER


def _of_moment(value: dt.datetime) -> str:
    """Day and time as written, whatever the offset."""
    plain = value.replace(tzinfo=None)
    return plain.isoformat(" ", "microseconds" if plain.microsecond else "seconds")


def _of_span(value: dt.timedelta) -> str:
    """Hours, minutes and seconds, as MariaDB's TIME."""
    seconds = abs(value) // dt.timedelta(seconds=1)
    sign = "-" if value < dt.timedelta() else ""
    return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _of_bytes(value: bytes | bytearray | memoryview) -> str:
    try:
        text = bytes(value).decode("utf-8")
    except UnicodeDecodeError:
        raise NoCell("bytes that are no text") from None
    if not text.isprintable():
        raise NoCell("bytes that are no text")
    return text


def _of_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


_TEXTS: dict[type, Callable[[Any], str]] = {
    str: str,
    bool: lambda value: "true" if value else "false",
    int: str,
    float: _of_float,
    Decimal: _of_decimal,
    dt.date: dt.date.isoformat,
    dt.datetime: _of_moment,
    dt.time: lambda value: value.isoformat("seconds"),
    dt.timedelta: _of_span,
    bytes: _of_bytes,
    bytearray: _of_bytes,
    memoryview: _of_bytes,
    UUID: str,
    IPv4Address: str,
    IPv6Address: str,
    list: _of_json,
    dict: _of_json,
}
