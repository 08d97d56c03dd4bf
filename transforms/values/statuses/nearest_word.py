"""The known word that a word is a slip of the pen of: none where the slip could be another word, or its contrary."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from transforms.vocabulary.languages import words_at

_CONTRACTED = re.compile(r"(?:n['’`´]|n)t$")
_HELPERS = frozenset("did does do has have had was were is are could would should wo ca".split())
# Words that are one slip away from a known one, and mean something else.
_OTHER_WORDS = frozenset(
    """absentee assent assented attendant attendee attendees attender bypassed compete competed competes component
    complement deleter depleted dropper excerpt filed foiled jointed massed messed misled mixed missal parsed passer
    passes passive pasted paused payed pissed posed posted prevent prevented prescient presents registers registrar
    resent reset resist subscribes subscriber waited waved waiver waivers whitelisted blacklisted uninformed warming
    warring earning assignee assigner planted planner starter starred stated requester joiner unintended reassigned
    redesigned opener viewer retried rewired reused launcher remover scheduler""".split()
)
_SHORTEST, _LONG = 5, 10


@lru_cache(maxsize=8_192)
def nearest_word(text: str, words: frozenset[str]) -> str | None:
    """The one of `words` that the text is a slip of; None where there is none, or more than one.

    A slip is a letter too many, too few, another one, or two swapped; two slips in a word of ten letters. The first
    letter must be right (a word in front is another word: `bypassed`, `deregistered`), and both say no or neither does.
    What denies a known word is no slip: `not absent` is not `not present`.
    """
    plain = _letters(text)
    if len(plain) < _SHORTEST or plain in _OTHER_WORDS:
        return None
    slips = 1 if len(plain) < _LONG else 2
    by_letters = _by_first_letter(words).get(plain[0], {})
    found = process.extract(plain, list(by_letters), scorer=OSA.distance, score_cutoff=slips, limit=None)
    least = min((distance for _, distance, _ in found), default=0)
    nearest = [by_letters[letters] for letters, distance, _ in found if distance == least]
    if len(nearest) != 1 or says_no(text) != says_no(nearest[0]) or _denies_known(text, words):
        return None
    return nearest[0]


@lru_cache(maxsize=64)
def _by_first_letter(words: frozenset[str]) -> dict[str, dict[str, str]]:
    """First letter -> {the word's letters: the word}, of the words that are long enough."""
    found: dict[str, dict[str, str]] = {}
    for word in sorted(words):
        letters = _letters(word)
        if len(letters) >= _SHORTEST:
            found.setdefault(letters[0], {}).setdefault(letters, word)
    return found


def says_no(text: str) -> bool:
    """Whether a word of the text turns its meaning round."""
    return any(_is_negation(word) for word in _words(text))


def _denies_known(text: str, words: frozenset[str]) -> bool:
    said = list(_words(text))
    rest = _letters("".join(word for word in said if not _is_negation(word)))
    return any(map(_is_negation, said)) and rest in _by_first_letter(words).get(rest[:1], {})


def _is_negation(word: str) -> bool:
    bare = word.replace("'", "").replace("’", "")
    return bare in _NEGATIONS or bool(_CONTRACTED.search(word) and _CONTRACTED.sub("", word) in _HELPERS)


def _words(text: str) -> Iterable[str]:
    return re.findall(r"[^\W\d_]+(?:['’`´][^\W\d_]+)?", _plain(text))


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", _plain(text))


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if unicodedata.category(character) != "Mn")


# Words that turn a meaning round, in the languages that sheets are written in; `nt` is what an apostrophe leaves.
_NEGATIONS = frozenset(_plain(" ".join(words_at("negations"))).split()) | frozenset(
    "none nor neither cannot nt yet nichts keinem hardly".split()
)
