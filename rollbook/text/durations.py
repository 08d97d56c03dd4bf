"""Lengths of time as settings write them: `26h`, `2d`, `90m`."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator

_FORM = re.compile(r"(\d+(?:\.\d+)?) ?([hdm])")
_UNITS = {"h": "hours", "d": "days", "m": "minutes"}


def _read(given: object) -> object:
    found = _FORM.fullmatch(given) if isinstance(given, str) else None
    return timedelta(**{_UNITS[found[2]]: float(found[1])}) if found else given


Duration = Annotated[timedelta, BeforeValidator(_read)]
