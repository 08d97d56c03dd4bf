"""Text that a spreadsheet program would run as a formula, made harmless and restored."""

import re

_RUNS = re.compile(r"'*[=+\-@\t\r]")
_FIRST = frozenset("'=+-@\t\r")
_HARMLESS = re.compile(r"'+[=+\-@\t\r]")
# A cell of a workbook holds no control character: it is shown by its picture (U+2400 and on), DEL by U+2421.
_PICTURES = {code: 0x2400 + code for code in range(32) if code not in (9, 10, 13)} | {127: 0x2421}


def neutralised(text: str) -> str:
    """The text with an apostrophe before a leading = + - @, tab or carriage return; other texts as they are.

    A text that already begins with apostrophes and one of these gets one more, so that `restored` undoes it exactly.
    """
    return f"'{text}" if text[:1] in _FIRST and _RUNS.match(text) else text


def restored(text: str) -> str:
    """The text that `neutralised` was given."""
    return text[1:] if _HARMLESS.match(text) else text


def shown(text: str) -> str:
    """The text as reports show it: neutralised, control characters (but tab and line break) as their pictures."""
    harmless = neutralised(text)
    return harmless if harmless.isprintable() else harmless.translate(_PICTURES)


_CONTROLS = {picture: code for code, picture in _PICTURES.items()}


def unshown(text: str) -> str:
    """The text that `shown` was given. A picture that stood there before becomes its character, which is refused."""
    harmful = restored(text)
    return harmful if harmful.isascii() else harmful.translate(_CONTROLS)
