"""How likely texts are words of some language: what tells one reading of the same bytes from another.

`letter_pairs.txt` has a line a language: which letter follows which how often, counted over 1,200 names and words each
(names and places of the Faker library, words of the Unicode CLDR), those with letters beyond ASCII first; `^` is the
start of a word, `$` its end, no number is 1. To add a language, count its words in the same way.
"""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

_PAIRS = Path(__file__).with_name("letter_pairs.txt")
_SMOOTHING = 3.0
_RARE = 0.02
# Natural logarithms. A letter of no language at hand; a symbol where it may stand, and where it may not.
_UNKNOWN, _SYMBOL, _MISPLACED = -12.0, -9.0, -30.0
_DASH_INSIDE = -14.0
_CAPITAL_INSIDE = -9.0
# Two bytes a character: common ones, and those that hardly occur.
_COMMON_IDEOGRAPH, _RARE_IDEOGRAPH, _SYLLABLE = -9.0, -14.0, -7.0
# Of a file's words so many tell its languages, each that so many of them are likely words of.
_TELLING, _SHARE, _ELSEWHERE = 3, 0.2, -4.0
_OPENING, _CLOSING = frozenset("“‘„‚«‹¿¡"), frozenset("”’»›…")
_DASHES, _MONEY, _AFTER = frozenset("–—•·"), frozenset("€£¥"), frozenset("°ªº²³¹½¼¾™®©§")
_FRACTIONS = frozenset("¼½¾¹")
_PARTS = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|.", re.DOTALL)
_EAST_ASIAN = re.compile(
    "[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f]"
)
_TWO_SCRIPTS = re.compile("[a-zA-ZÀ-ɏ][Ͱ-￿]|[Ͱ-￿][a-zA-ZÀ-ɏ]")
# Letters that are written in two ways, and what stands inside a word.
_ALIKE = str.maketrans({"ș": "ş", "ț": "ţ", "'": None, "\u0307": None})


def likelihood(text: str) -> float:
    """The natural logarithm of how likely the text is, in the language that fits it best."""
    return float(likelihoods(text).max())


@lru_cache(maxsize=1 << 15)
def likelihoods(text: str) -> np.ndarray:
    """The natural logarithms (float32, one a language) of how likely the text is."""
    score, place = np.zeros(_model()[1].shape[0], dtype=np.float32), 0
    for part in _PARTS.findall(text):
        before, after = text[place - 1 : place] or " ", text[place + len(part) : place + len(part) + 1] or " "
        if _EAST_ASIAN.search(part):
            score += _of_east_asian(part, before, after)
        elif part[0].isalpha():
            score += _of_word(part)
        elif not part.isascii():
            score += _of_symbol(part, before, after)
        place += len(part)
    return score


def languages_of(texts: Sequence[str]) -> np.ndarray:
    """What to add to `likelihoods` (float32, one a language), where these texts stand in the same file.

    Nothing for the languages that many of the texts are likely words of; something less than nothing for the others.
    """
    if len(texts) < _TELLING:
        return np.zeros(_model()[1].shape[0], dtype=np.float32)
    votes = np.bincount([int(likelihoods(text).argmax()) for text in texts], minlength=_model()[1].shape[0])
    return np.where(votes >= _SHARE * len(texts), 0, _ELSEWHERE).astype(np.float32)


def _of_word(word: str) -> np.ndarray:
    letters, follows = _model()
    unknown = len(letters) + 1
    places = [0, *(letters.get(letter, unknown) for letter in word.lower().translate(_ALIKE)), 0]
    likely: np.ndarray = follows[:, places[:-1], places[1:]].sum(axis=1)
    odd = 0 if word.isupper() else _odd_capitals(word)
    return likely + _CAPITAL_INSIDE * odd + _MISPLACED * bool(_TWO_SCRIPTS.search(word))


def _odd_capitals(word: str) -> int:
    """Capitals behind the first letter; those between plain letters (`McAdam`) are the same in every reading."""
    return sum(letter.isupper() and not (word[at] + letter).isascii() for at, letter in enumerate(word[1:]))


def _of_symbol(symbol: str, before: str, after: str) -> float:
    follows, leads = before.isalpha(), after.isalpha()
    if symbol.isspace() or (symbol == "’" and follows and leads):
        return _SYMBOL
    if symbol in _DASHES and follows and leads:
        return _DASH_INSIDE
    fits = (
        (symbol in _OPENING and not follows and (leads or after.isdigit()))
        or (symbol in _CLOSING and not leads)
        or (symbol in _DASHES and not (follows or leads))
        or (symbol in _MONEY and not (follows and leads))
        or (symbol in _AFTER and not leads and not (symbol in _FRACTIONS and follows))
    )
    return _SYMBOL if fits else _MISPLACED


def _of_east_asian(word: str, before: str, after: str) -> float:
    score = sum(_of_character(character) for character in word)
    return score + _MISPLACED * (before.isalpha() + after.isalpha())


def _of_character(character: str) -> float:
    if not _EAST_ASIAN.match(character):
        return _MISPLACED
    if character < "\u3400" or "\uac00" <= character <= "\ud7af":
        return _SYLLABLE
    return _COMMON_IDEOGRAPH if _is_common(character) else _RARE_IDEOGRAPH


def _is_common(character: str) -> bool:
    """The first level of the Chinese and Japanese standards, which is ordered by use."""
    levels = (("gb2312", 0xB0, 0xD7), ("big5", 0xA4, 0xC6), ("euc_jp", 0xB0, 0xCF))
    encoded = ((character.encode(name, "ignore")[:1], first, last) for name, first, last in levels)
    return any(lead and first <= lead[0] <= last for lead, first, last in encoded)


@cache
def _model() -> tuple[dict[str, int], np.ndarray]:
    """letter -> its place; logarithms by language, letter, next letter (float32). Place 0 is the edge of a word."""
    counted = [_counts(line) for line in _PAIRS.read_text(encoding="utf-8").splitlines()]
    letters = sorted({letter for pairs in counted for pair in pairs for letter in pair} - {"^", "$"})
    places = {letter: place for place, letter in enumerate(letters, 1)}
    edges = {**places, "^": 0, "$": 0}
    size = len(letters) + 2
    follows = np.full((len(counted), size, size), _UNKNOWN, dtype=np.float32)
    for number, pairs in enumerate(counted):
        counts = np.zeros((size - 1, size - 1))
        for (first, second), count in pairs.items():
            counts[edges[first], edges[second]] = count
        alone = (counts.sum(axis=0) + _RARE) / (counts.sum() + _RARE * size)
        likely = (counts + _SMOOTHING * alone) / (counts.sum(axis=1, keepdims=True) + _SMOOTHING)
        follows[number, :-1, :-1] = np.log(likely)
    return places, follows


def _counts(line: str) -> dict[tuple[str, str], int]:
    """(letter, next letter) -> how often, of a line of the file."""
    _, *groups = line.split(" ")
    return {
        (group[0], second): int(count or 1)
        for group in groups
        for second, count in re.findall(r"([^\d])(\d*)", group[2:])
    }
