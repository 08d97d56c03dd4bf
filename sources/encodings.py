"""The encoding of a text file."""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from sources.unreadable import Unreadable

_SAMPLE = 1 << 18
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Encoded:
    """An encoding, as Python names it, and what else stands in the file.

    has_boms: a byte order mark may stand inside. has_tricks: cells may begin with what a spreadsheet program hides.
    """

    name: str
    has_boms: bool = True
    has_tricks: bool = True


def encoding_of(path: Path, said: str | None = None) -> Encoded:
    """The encoding of the whole file: what is said, where something is, else what is found."""
    return Encoded(said or _found(path))


def _found(path: Path) -> str:
    """The encoding of the whole file, as Python names it.

    A byte order mark decides; else UTF-16 by its zero bytes; else UTF-8 where every byte of the file fits; else cp1252,
    and a guess only where bytes stand that cp1252 does not know. Raises Unreadable for a binary file, and for one
    that is UTF-8 in most places and something else in others.
    """
    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
    for mark, name in _BOMS:
        if sample.startswith(mark):
            return name
    return _utf16_of(sample) or _eight_bit_of(path, sample)


def _utf16_of(sample: bytes) -> str | None:
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = max(len(sample) // 2, 1)
    if odd > 0.4 * half and even < 0.1 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.1 * half:
        return "utf-16-be"
    return None


def _eight_bit_of(path: Path, sample: bytes) -> str:
    control = sum(sample.count(code) for code in range(32) if code not in (9, 10, 13, 26))
    if control > max(0.1 * len(sample), 16):
        raise Unreadable("The file is neither a spreadsheet nor text. Save the table as .xlsx or .csv and import that.")
    wrong = _first_not_utf8(path)
    if wrong is None:
        return "utf-8"
    line, around, good, bad = wrong
    if good > bad:
        raise Unreadable(f"Line {line} is not UTF-8 while others are. Save the file as UTF-8 and import it again.")
    return _guessed(around) if _is_not_western(around) else "cp1252"


def _is_not_western(sample: bytes) -> bool:
    """Bytes stand there that cp1252 does not know, or whole words beyond ASCII, as in Greek and Cyrillic."""
    beyond = sum(code > 0x7F for code in sample)
    in_words = sum(map(len, re.findall(rb"[\x80-\xff]{3,}", sample)))
    return bool(set(sample) & {0x81, 0x8D, 0x8F, 0x90, 0x9D}) or in_words > 0.5 * beyond


def _first_not_utf8(path: Path) -> tuple[int, bytes, int, int] | None:
    """Where the file stops being UTF-8: line, the bytes from there, characters and single bytes beyond ASCII there."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = good = 0
    with path.open("rb") as file:
        while True:
            block = file.read(1 << 20)
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                whole = error.object
                before = whole[: error.start]
                good += sum(character > "\x7f" for character in before.decode("utf-8"))
                rest = whole[error.start :].decode("utf-8", errors="replace")
                bad = rest.count("\ufffd")
                good += sum(character > "\x7f" for character in rest) - bad
                return lines + before.count(b"\n") + 1, whole, good, bad
            if not block:
                return None
            lines += block.count(b"\n")
            good += 0 if block.isascii() else sum(character > "\x7f" for character in text)


def _guessed(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(sample[:_SAMPLE]).best()
    return best.encoding if best else "latin-1"
