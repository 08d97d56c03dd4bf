"""The words of a text file that hold bytes beyond ASCII: all that tells its encoding."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

_BLOCK = 1 << 20
# So many tell all there is to tell; of later ones only those that are UTF-8 are kept.
_WORDS = 20_000
# No second byte of a character is one of these, in any encoding that has two: they end a word.
_ENDS = np.zeros(256, dtype=bool)
_ENDS[[*range(0x2E), 0x2F, *range(0x3A, 0x40)]] = True


class Word(NamedTuple):
    """Bytes as they stand in the file, and the line, from 1, on which they stand first."""

    raw: bytes
    line: int


def odd_words(path: Path) -> list[Word]:
    """The distinct words with bytes beyond ASCII, in the order of the file; of very many the first 20,000."""
    found: dict[bytes, int] = {}
    line = 1
    for block in _whole_lines(path):
        cells = np.frombuffer(block, dtype=np.uint8)
        high = np.flatnonzero(cells >= 0x80)
        breaks = np.flatnonzero(cells == (0x0A if b"\n" in block else 0x0D))
        if len(high):
            for start, end in _bounds(cells, high):
                word = block[start:end]
                if word not in found and (len(found) < _WORDS or _is_utf8(word)):
                    found[word] = line + int(np.searchsorted(breaks, start))
        line += len(breaks)
    return [Word(raw, at) for raw, at in found.items()]


def _bounds(cells: np.ndarray, high: np.ndarray) -> Iterator[tuple[int, int]]:
    """Where the words begin and end that hold the bytes at `high`."""
    ends = np.concatenate([[-1], np.flatnonzero(_ENDS[cells]), [len(cells)]])
    after = np.unique(np.searchsorted(ends, high))
    yield from zip((ends[after - 1] + 1).tolist(), ends[after].tolist(), strict=True)


def _whole_lines(path: Path) -> Iterator[bytes]:
    """Blocks of whole lines."""
    with path.open("rb") as file:
        rest = b""
        while block := file.read(_BLOCK):
            cut = max(block.rfind(b"\n"), block.rfind(b"\r")) + 1
            if cut:
                yield rest + block[:cut]
            rest = block[cut:] if cut else rest + block
        yield rest


def _is_utf8(word: bytes) -> bool:
    try:
        word.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
