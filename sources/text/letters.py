"""How likely texts are words of some language: what tells one reading of the same bytes from another.

`letter_pairs.txt` has a line a language: which letter follows which how often, counted over 1,200 names and words each
(names and places of the Faker library, words of the Unicode CLDR), those with letters beyond ASCII first; `^` is the
start of a word, `$` its end, no number is 1. `known_words.txt` has a line a language: those of the words that are names
of at most eight letters, one of them beyond ASCII, and for English Irish names and loan words; short words have too few
pairs to tell. To add a language, count and list its words in the same way.
"""

import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from sources.text.symbols import is_symbol, likelihood_of_symbol, without_apostrophes

_PAIRS = Path(__file__).with_name("letter_pairs.txt")
_WORDS = Path(__file__).with_name("known_words.txt")
_SMOOTHING = 1.5
_RARE = 0.02
# Natural logarithms. A letter of no language at hand; one in a word of another script; one by itself; a capital after a
# small letter.
_UNKNOWN, _MISPLACED = -12.0, -30.0
# A word that is known as it is.
_KNOWN = 6.0
_LONELY = -10.0
_CAPITAL_INSIDE = -14.0
# Two bytes a character: common ones, and those that hardly occur.
_COMMON_IDEOGRAPH, _RARE_IDEOGRAPH, _SYLLABLE = -9.0, -14.0, -8.0
# Korean is written in syllables; an ideograph among them is another encoding's character.
_AMONG_SYLLABLES = -10.0
_IDEOGRAPH, _HANGUL = re.compile("[\u3400-\u9fff]"), re.compile("[\uac00-\ud7af]")
# An encoding is used for the languages of which it holds so many letters.
_WRITTEN, _NOT_WRITTEN, _ALIKE_WRITTEN = 0.996, -12.0, "şţ"
_PARTS = re.compile(r"[^\W\d_ªºµƒˆ¹²³¼½¾]+(?:'[^\W\d_]+)*|.", re.DOTALL)
_WORD_ALONE = re.compile(r"[àèéýíáåæøавикосуяієηοή]|[^\W\d_]\.")
_EAST_ASIAN = re.compile(
    "[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f]"
)
_TWO_SCRIPTS = re.compile("[a-zA-ZÀ-ɏ][Ͱ-￿]|[Ͱ-￿][a-zA-ZÀ-ɏ]")
# Letters that are written in two ways, and what stands inside a word.
_STROKES = str.maketrans("łøđħæåßþðıœ", "lodhaastdio")
_ALIKE = str.maketrans({"ș": "ş", "ț": "ţ", "'": None, "\u0307": None})


def likelihood(text: str) -> float:
    """The natural logarithm of how likely the text is, in the language that fits it best."""
    return float(likelihoods(text).max())


@lru_cache(maxsize=1 << 15)
def likelihoods(text: str) -> np.ndarray:
    """The natural logarithms (float32, one a language) of how likely the text is."""
    plain, apostrophes = without_apostrophes(text)
    score = np.full(_model()[1].shape[0], apostrophes, dtype=np.float32)
    for found in _PARTS.finditer(plain):
        part, before, after = found[0], plain[: found.start()], plain[found.end() :]
        if _EAST_ASIAN.search(part):
            score += _of_east_asian(part, before[-1:], after[:1])
        elif part[0].isalpha() and not is_symbol(part):
            score += _of_word(part) + _LONELY * _is_lonely(part, before, after)
        elif not part.isascii():
            score += likelihood_of_symbol(part, before, after)
    return score


@cache
def languages_written_in(encoding: str) -> np.ndarray:
    """What to add to `likelihoods` (float32, one a language) of words in the encoding: for those it cannot write."""
    shares = [_share_written(counts, encoding) for counts in _counted()]
    return np.where(np.array(shares) >= _WRITTEN, 0, _NOT_WRITTEN).astype(np.float32)


def _share_written(counts: dict[tuple[str, str], int], encoding: str) -> float:
    held = sum(count for pair, count in counts.items() if _holds(encoding, pair[1]))
    return held / sum(counts.values())


@cache
def _holds(encoding: str, letter: str) -> bool:
    try:
        letter.encode(encoding)
    except UnicodeEncodeError:
        return letter in _ALIKE_WRITTEN
    return True


def _of_word(word: str) -> np.ndarray:
    letters, follows = _model()
    unknown = len(letters) + 1
    places = [0, *(letters.get(letter, unknown) for letter in word.lower().translate(_ALIKE)), 0]
    likely: np.ndarray = follows[:, places[:-1], places[1:]].sum(axis=1)
    odd = 0 if word.isupper() else _odd_capitals(word)
    likely = likely + _KNOWN * (word.lower().translate(_ALIKE) in _known_words())
    return likely + _CAPITAL_INSIDE * odd + _MISPLACED * bool(_TWO_SCRIPTS.search(word))


def _odd_capitals(word: str) -> int:
    """Capitals behind small letters and small letters between capitals, where one of the two is beyond ASCII.

    Those between plain letters (`McAdam`) are the same in every reading.
    """
    plain = [letter for letter in word if letter.isascii() and letter.isalpha()]
    if len(plain) > 1 and all(letter.isupper() for letter in plain):
        return sum(letter.islower() and letter != "ß" for letter in word)
    return sum(letter.isupper() and not (word[at] + letter).isascii() for at, letter in enumerate(word[1:]))


def _is_lonely(word: str, before: str, after: str) -> bool:
    """One letter beyond ASCII by itself, or beside figures, which is neither a word nor an initial."""
    beside_figures = before[-1:].isdigit() or after[:1].isdigit()
    return len(word) == 1 and not word.isascii() and (beside_figures or not _WORD_ALONE.fullmatch(word + after[:1]))


def _of_east_asian(word: str, before: str, after: str) -> float:
    score = sum(_of_character(character) for character in word) + _LONELY * (len(word) == 1)
    score += _AMONG_SYLLABLES * bool(_HANGUL.search(word) and _IDEOGRAPH.search(word))
    return score + _MISPLACED * (before.isalpha() + after.isalpha())


def _of_character(character: str) -> float:
    if not _EAST_ASIAN.match(character):
        return _MISPLACED
    if character < "\u3400":
        return _SYLLABLE
    if _HANGUL.match(character):
        # Those of the Korean standard; the others hardly occur.
        return _SYLLABLE if len(character.encode("euc_kr", "ignore")) == 2 else _RARE_IDEOGRAPH
    return _COMMON_IDEOGRAPH if _is_common(character) else _RARE_IDEOGRAPH


def _is_common(character: str) -> bool:
    """The first level of the Chinese and Japanese standards, which is ordered by use."""
    levels = (("gb2312", 0xB0, 0xD7), ("big5", 0xA4, 0xC6), ("euc_jp", 0xB0, 0xCF))
    encoded = ((character.encode(name, "ignore")[:1], first, last) for name, first, last in levels)
    return any(lead and first <= lead[0] <= last for lead, first, last in encoded)


@cache
def _model() -> tuple[dict[str, int], np.ndarray]:
    """letter -> its place; logarithms by language, letter, next letter (float32). Place 0 is the edge of a word."""
    counted = _counted()
    letters = sorted({letter for pairs in counted for pair in pairs for letter in pair} - {"^", "$"})
    places = {letter: place for place, letter in enumerate(letters, 1)}
    edges = {**places, "^": 0, "$": 0}
    size = len(letters) + 2
    bases = np.array([0, *(places.get(_base_of(letter), place) for letter, place in places.items())])
    follows = np.full((len(counted), size, size), _UNKNOWN, dtype=np.float32)
    for number, pairs in enumerate(counted):
        counts = np.zeros((size - 1, size - 1))
        for (first, second), count in pairs.items():
            counts[edges[first], edges[second]] = count
        follows[number, :-1, :-1] = np.log(_probabilities(counts, bases))
    return places, follows


def _probabilities(counts: np.ndarray, bases: np.ndarray) -> np.ndarray:
    """Of each next letter (column) after each letter (row); for pairs that are rare, as without marks."""
    alone = (counts.sum(axis=0) + _RARE) / (counts.sum() + _RARE * len(counts))
    smoothed = counts + _SMOOTHING * _without_marks(counts, alone, bases)
    likely: np.ndarray = smoothed / (counts.sum(axis=1, keepdims=True) + _SMOOTHING)
    return likely


def _without_marks(counts: np.ndarray, alone: np.ndarray, bases: np.ndarray) -> np.ndarray:
    """How likely letters follow each other by how their base letters do (`ę` after `k` as `e` after `k`)."""
    onto = np.zeros((len(bases), len(bases)))
    onto[np.arange(len(bases)), bases] = 1.0
    plain = onto.T @ counts @ onto
    shares = alone / (alone @ onto)[bases]
    likely = (plain + _SMOOTHING * (alone @ onto)) / (plain.sum(axis=1, keepdims=True) + _SMOOTHING)
    backed: np.ndarray = likely[bases][:, bases] * shares
    return backed


def _base_of(letter: str) -> str:
    """The letter without its mark, stroke or ligature."""
    return unicodedata.normalize("NFD", letter.translate(_STROKES))[0]


@cache
def _known_words() -> frozenset[str]:
    """The words of `known_words.txt`, as `_of_word` reads words."""
    lines = _WORDS.read_text(encoding="utf-8").splitlines()
    return frozenset(word.translate(_ALIKE) for line in lines for word in line.split(" ")[1:])


@cache
def _counted() -> list[dict[tuple[str, str], int]]:
    """The lines of the file."""
    return [_counts(line) for line in _PAIRS.read_text(encoding="utf-8").splitlines()]


def _counts(line: str) -> dict[tuple[str, str], int]:
    """(letter, next letter) -> how often, of a line of the file."""
    _, *groups = line.split(" ")
    return {
        (group[0], second): int(count or 1)
        for group in groups
        for second, count in re.findall(r"([^\d])(\d*)", group[2:])
    }
