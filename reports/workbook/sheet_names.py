"""Names that a spreadsheet program takes for a sheet."""

import re

_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f\x7f\ufffe\uffff]")
_UNITS = 31


def sheet_name(wanted: str, taken: set[str]) -> str:
    """The nearest valid name not yet `taken` (compared without case); it is added to `taken`.

    At most 31 UTF-16 units, none of `[ ] : * ? /` or a backslash, no apostrophe at an end. `History` is Excel's own.
    """
    plain = _FORBIDDEN.sub("_", wanted).strip().strip("'").strip() or "Sheet"
    if plain.casefold() == "history":
        plain += "_"
    name, number = _cut(plain, _UNITS), 1
    while _key(name) in taken:
        number += 1
        name = _cut(plain, _UNITS - len(f" ({number})")) + f" ({number})"
    taken.add(_key(name))
    return name


def _key(name: str) -> str:
    # XlsxWriter compares by lower(), Excel by something near casefold(): the same under either is the same.
    return name.casefold().lower()


def _cut(text: str, units: int) -> str:
    return text.encode("utf-16-le")[: units * 2].decode("utf-16-le", "ignore").rstrip(" '") or "Sheet"
