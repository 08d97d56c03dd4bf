"""The legend of a register: `P = present   A = absent   blank = not expected` says what letters mean in that sheet."""

import re
from collections.abc import Iterable, Iterator

from transforms.planning.table.sum_words import SIGN_AND_WORD
from transforms.planning.table.table_detection import Cells
from transforms.values.statuses.status_words import is_status, status_of
from transforms.values.text import mark_key

# What a legend says of marks that are no records.
NOT_EXPECTED = frozenset(
    "not expected | not required | not needed | not scheduled | not enrolled | not in group | not applicable | "
    "no class | no session | no lesson | no training | holiday | public holiday | not taken | not recorded".split(" | ")
)
_MARK = r"[^\s=:,;|()]{1,4}|blank|empty"
_PAIR = re.compile(
    rf"(?:^|(?<=[\s,;|(:]))(?P<mark>{_MARK})\s*(?P<sign>[=:\u2013\u2014-])\s*(?P<word>[^=:,;|\n]+?)"
    rf"(?=\s{{2,}}|\s*[,;|)\n]|\s+/\s|\.?\s*$|\s+(?:{_MARK})\s*(?P=sign))",
    re.IGNORECASE,
)
_SURE = "="
_LONGEST = 4
_MARK_AND_WORD = ("P", "Present")


def legend_in(rows: Iterable[Cells]) -> dict[str, str]:
    """mark (`status_words.mark_key`) -> the word that explains it, of the rows around a table.

    One that is explained in two ways has both words, which is no status. A text of which no word says what became of a
    learner is no legend.
    """
    found: dict[str, dict[str, None]] = {}
    for mark, word in _explained(rows):
        found.setdefault(mark_key(mark), {})[word.strip().casefold()] = None
    return {mark: " or ".join(words) for mark, words in found.items()}


def _explained(rows: Iterable[Cells]) -> Iterator[tuple[str, str]]:
    for cells in rows:
        texts = list(cells.values())
        for text in texts:
            pairs = [found for found in _PAIR.finditer(text.strip()) if found["mark"].casefold() not in _NOTHING]
            if (len(pairs) > 1 or all(found["sign"] == _SURE for found in pairs)) and any(map(_is_known, pairs)):
                yield from ((found["mark"], found["word"]) for found in pairs)
            if (alone := SIGN_AND_WORD.fullmatch(text.strip())) and _explains(alone["word"]):
                yield alone["mark"], alone["word"]
        if len(texts) == len(_MARK_AND_WORD) and len(texts[0].strip()) <= _LONGEST and _explains(texts[1]):
            yield texts[0], texts[1]


def word_for_blanks(rows: Iterable[Cells]) -> str | None:
    """The word for a status by which a legend explains blank cells: `blank = absent`."""
    for cells in rows:
        for text in cells.values():
            for found in _PAIR.finditer(text.strip()):
                word = found["word"].strip()
                if found["mark"].casefold() in _NOTHING and status_of(word) is not None:
                    return word
    return None


_NOTHING = frozenset({"blank", "empty"})


def _is_known(found: re.Match[str]) -> bool:
    return _explains(found["word"])


def _explains(word: str) -> bool:
    """Is it a word for a status or for no record, of more than a letter?"""
    text = word.strip()
    if len(text) < 2:
        return False
    return status_of(text) is not None or text.casefold() in NOT_EXPECTED or (len(text) > _LONGEST and is_status(text))
