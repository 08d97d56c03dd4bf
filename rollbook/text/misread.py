"""Letters that a program read in a wrong encoding, or lost, before a text came here: `Ã©` for é, �."""

import re
from collections.abc import Iterator
from typing import NamedTuple

LOST = "\ufffd"
# The first of the characters that UTF-8 makes of Latin letters, Greek and Cyrillic, punctuation: as bytes.
_OF_TWO, _OF_THREE = b"\xc2\xc3\xc4\xc5\xc8\xce\xcf\xd0\xd1", b"\xe2\xef"
# In which encodings programs misread UTF-8, and the first characters of what they make of it that are sure there:
# others (the dashes of a Mac, the lines of DOS) stand in texts that are right.
_ENCODINGS = {
    "cp1252": _OF_TWO + _OF_THREE,
    "mac_roman": b"\xc2\xc3\xc4\xc5\xe2\xef",
    "cp437": b"\xc2\xc3\xc5\xce\xcf\xd0\xd1\xe2\xef",
    "cp850": b"\xc2\xc3\xc5\xce\xcf\xe2\xef",
}
# What it may have been: letters of Europe, punctuation, the euro sign, a lost letter, a byte order mark.
_MEANT = re.compile("[\xa1-\u017f\u0218-\u021b\u0386-\u03ce\u0400-\u045f\u0490\u0491\u2010-\u2044\u20ac\ufeff\ufffd]+")
# What may follow a capital in texts that are right, and which of it may stand between letters there.
_FOLLOWING = frozenset("\xa0«»‘’‚“”„…–—•·™®²³¹ºª‹›°´")
_BETWEEN = frozenset("\xa0’–—·´")
# Capitals of Slovak.
_RIGHT = frozenset(["ÄŠ", "ÄŽ"])


class Misread(NamedTuple):
    """A part of a text, where it begins, and what it was; None: that is lost."""

    found: str
    start: int
    meant: str | None


def misread_in(text: str) -> Iterator[Misread]:
    """The parts that were misread for sure, or lost."""
    if LOST in text:
        yield Misread(LOST, text.index(LOST), None)
    for encoding, pattern in _PATTERNS.items():
        for found in pattern.finditer(text):
            meant = _undone(found[0], encoding)
            if meant and _MEANT.fullmatch(meant) and (encoding != "cp1252" or _is_sure(found)):
                yield Misread(found[0], found.start(), meant)


def _is_sure(found: re.Match[str]) -> bool:
    """Is it no capital with a quotation mark, a space or a dash behind it, as in `IRMÃ “`?"""
    first, second = found[0][0], found[0][1]
    before, after = found.string[: found.start()][-1:], found.string[found.end() :][:1]
    if first in "âï" or len(found[0]) > 2 or before.islower() or before.isdigit():
        return True
    if found[0] in _RIGHT:
        return False
    # No word is `Ã` alone.
    is_beginning = first == "Ã" and not before.isalpha()
    return second not in _FOLLOWING or (after.isalpha() and (second not in _BETWEEN or is_beginning))


def _undone(text: str, encoding: str) -> str | None:
    """The text before it was misread."""
    try:
        return b"".join(_byte(character, encoding) for character in text).decode("utf-8")
    except UnicodeError:
        return None


def _byte(character: str, encoding: str) -> bytes:
    # Windows has no characters for five bytes; programs put control characters there.
    return character.encode("latin-1" if "\x80" <= character <= "\x9f" else encoding)


def _firsts(encoding: str) -> str:
    return _ENCODINGS[encoding].decode(encoding)


def _pattern(encoding: str) -> re.Pattern[str]:
    next_one = f"[{re.escape(bytes(range(0x80, 0xC0)).decode(encoding, 'ignore'))}\x80-\x9f]"
    bytes_of = _ENCODINGS[encoding]
    two, three = (f"[{bytes(set(bytes_of) & set(kind)).decode(encoding)}]" for kind in (_OF_TWO, _OF_THREE))
    return re.compile(f"(?:{two}{next_one}|{three}{next_one}{next_one})+")


_PATTERNS = {encoding: _pattern(encoding) for encoding in _ENCODINGS}
_FIRSTS = "".join(sorted({first for encoding in _ENCODINGS for first in _firsts(encoding)}))
_FIRSTS = "".join(sorted({first for encoding in _ENCODINGS for first in _firsts(encoding)}))
# Part of every text in which something may be misread, as `re` and RE2 understand it.
MAY_BE_MISREAD = rf"{LOST}|[{_FIRSTS}][^\x00-\x7f]"
