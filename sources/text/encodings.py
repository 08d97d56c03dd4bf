"""The encoding of a text file, by evidence of the whole of it."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sources.errors import Unreadable

_BLOCK = 1 << 20
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
    """The encoding of the whole file: what is said, where something is, else what is found.

    A byte order mark decides; else UTF-16 and UTF-32 by their zero bytes; else UTF-8 where every byte of the file fits;
    else what the words read like (`sources.text.judge_encodings`). Raises Unreadable for a binary file, for one that
    two encodings fit, and for one that is written in two.
    """
    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
    marked = next((name for mark, name in _BOMS if sample.startswith(mark)), None)
    if said is not None:
        return Encoded(marked if marked and said.replace("-", "").startswith("utf") else said)
    wide = marked if marked and marked != "utf-8-sig" else _wide_of(sample)
    if wide is not None:
        return Encoded(wide)
    _refuse_binary(sample)
    look = _Look()
    if all(look.take(block) for block in _blocks(path)):
        return Encoded(marked or "utf-8", look.has_boms, look.has_tricks)
    from sources.text.judge_encodings import judged
    from sources.text.odd_words import odd_words

    return Encoded(judged(odd_words(path)))


def _blocks(path: Path) -> Iterator[bytes]:
    """The content of the file, and an empty block at its end."""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block
    yield b""


def _wide_of(sample: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark: delimiters, figures and line breaks have zero bytes, all at the same places."""
    zeros = [sample[place::4].count(0) for place in range(4)]
    quarter = max(len(sample) // 4, 1)
    if min(zeros[2:]) > 0.9 * quarter and zeros[0] < 0.1 * quarter:
        return "utf-32-le"
    if min(zeros[:2]) > 0.9 * quarter and zeros[3] < 0.1 * quarter:
        return "utf-32-be"
    even, odd = zeros[0] + zeros[2], zeros[1] + zeros[3]
    if odd > max(0.4 * quarter, 4) and even < 0.02 * odd:
        return "utf-16-le"
    if even > max(0.4 * quarter, 4) and odd < 0.02 * even:
        return "utf-16-be"
    return None


def _refuse_binary(sample: bytes) -> None:
    body = sample.rstrip(b"\x00\x1a")
    control = sum(body.count(code) for code in range(32) if code not in (9, 10, 13, 26))
    if control > max(0.1 * len(body), 16):
        raise Unreadable("The file is neither a spreadsheet nor text. Save the table as .xlsx or .csv and import that.")


class _Look:
    """Looks at each block of a file once: is it UTF-8, and what else stands in it?"""

    def __init__(self) -> None:
        self.has_boms = self.has_tricks = False
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._pending = False
        self._first = 1  # behind the byte order mark of the file itself

    def take(self, block: bytes) -> bool:
        """Whether the file is UTF-8 up to here."""
        self.has_tricks |= b"'" in block or b"=" in block
        if self._pending or not block.isascii():
            try:
                text = self._decoder.decode(block, final=not block)
            except UnicodeDecodeError:
                return False
            self._pending = bool(self._decoder.getstate()[0])
            self.has_boms |= text.find("\ufeff", self._first) >= 0
        self._first = 0
        return True


def line_that_does_not_fit(path: Path, encoding: str) -> int:
    """The number of the first line that is not written in the encoding; of the last one where the file is cut off."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    for block in _blocks(path):
        for place in range(0, max(len(block), 1), 64):
            try:
                line += decoder.decode(block[place : place + 64], final=not block).count("\n")
            except UnicodeError:
                return line
    return line
