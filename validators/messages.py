"""Templates filled for many failures at once."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from rollbook.rows.fields import FIELDS
from rollbook.text.days import without_midnight
from transforms.values.statuses.status_words import suggested_status

Texts = npt.NDArray[np.object_]

_OPTIONAL = re.compile(r"\[\[(.*?)\]\]")
_PLACEHOLDER = re.compile(r"\{(value|key|header|detail|field|name|status)\}")
# A cell may hold a whole essay; the failure itself keeps it whole, the message shows its beginning.
_SHOWN = 80


def fill(templates: Mapping[str, str], failures: pd.DataFrame) -> pd.Series:
    """The template of each failure's `code` filled with its value, header, detail and field; dtype `str`.

    Placeholders without a value are empty; a part in double square brackets that holds one is left out.
    """
    cells = {name: failures[name].to_numpy(object) for name in ("value", "header", "detail", "field")}
    filled = np.empty(len(failures), dtype=object)
    for code, positions in failures.groupby("code", sort=False).indices.items():
        filled[positions] = _fill_one(templates[str(code)], {name: cells[name][positions] for name in cells})
    return pd.Series(filled, index=failures.index, dtype="str")


def _fill_one(template: str, cells: Mapping[str, Texts]) -> str | list[str]:
    used = sorted(set(_PLACEHOLDER.findall(template)))
    if not used:
        return template
    formats: dict[tuple[bool, ...], str] = {}
    filled = []
    for words in zip(*(map(_WORDS[name], cells[_SOURCES.get(name, name)]) for name in used), strict=True):
        given = tuple(map(bool, words))
        if given not in formats:
            formats[given] = _format(template, dict(zip(used, given, strict=True)))
        filled.append(formats[given].format(**dict(zip(used, words, strict=True))))
    return filled


def _format(template: str, given: Mapping[str, bool]) -> str:
    def keep(part: re.Match[str]) -> str:
        return part[1] if all(given[name] for name in _PLACEHOLDER.findall(part[1])) else ""

    pieces = _PLACEHOLDER.split(_OPTIONAL.sub(keep, template))
    literals = (piece.replace("{", "{{").replace("}", "}}") for piece in pieces[::2])
    placeholders = [f"{{{name}}}" for name in pieces[1::2]]
    return "".join(text + name for text, name in zip(literals, [*placeholders, ""], strict=True))


def _shown(text: Any) -> str:
    """One line of at most _SHOWN characters; a typed date is told as its day, for nobody wrote the midnight."""
    if not isinstance(text, str):
        return ""
    line = without_midnight(" ".join(text.split()))
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def _key(text: Any) -> str:
    """The same as TOML writes a text; three dots where it is cut, for a part is no such key."""
    line = _shown(text)
    return json.dumps("…" if line.endswith("…") and line != text else line, ensure_ascii=False)


def _whole(text: Any) -> str:
    return text if isinstance(text, str) else ""


def _meaning(field: Any) -> str:
    return FIELDS[field].meaning.removeprefix("aXcelerate: ") if field in FIELDS else "a value"


def _status(value: Any) -> str:
    """The status that a value was meant to be; three dots where that is not clear: an example is advice too."""
    return (suggested_status(value) if isinstance(value, str) else None) or "…"


def _name(field: Any) -> str:
    return field if isinstance(field, str) else "FIELD"


_WORDS: dict[str, Callable[[Any], str]] = {
    "value": _shown,
    "key": _key,
    "header": _shown,
    "detail": _whole,
    "field": _meaning,
    "name": _name,
    "status": _status,
}
# The column of a failure that a placeholder is made of, where it has another name.
_SOURCES = {"key": "value", "name": "field", "status": "value"}
