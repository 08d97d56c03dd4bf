"""The known word that a word is a slip of the pen of: none where the slip could be another word, or its contrary."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

# Words that turn a meaning round, in the languages that sheets are written in.
_NEGATIONS = frozenset(
    """no not non none never nor neither cannot without nt yet nicht nie kein keine keiner keines ohne un pas sans ni
    jamais aucun sin nunca ningun nao sem nem nenhum senza mai nessuno niet geen nooit zonder bez nigdy""".split()
)
_CONTRACTED = re.compile(r"(?:n['’`´]|n)t$")
_HELPERS = frozenset("did does do has have had was were is are could would should wo ca".split())
# Words that are one slip away from a known one, and mean something else.
_OTHER_WORDS = frozenset(
    """absentee assent assented attendant attendee attendees attender bypassed compete competed competes component
    complement deleter depleted dropper excerpt filed foiled jointed massed messed misled mixed missal parsed passer
    passes passive pasted paused payed pissed posed posted prevent prevented prescient presents registers registrar
    resent reset resist subscribes subscriber waited waved waiver waivers whitelisted blacklisted uninformed warming
    warring earning assignee assigner""".split()
)
_SHORTEST, _LONG = 5, 10


@lru_cache(maxsize=8_192)
def nearest_word(text: str, words: frozenset[str]) -> str | None:
    """The one of `words` that the text is a slip of; None where there is none, or more than one.

    A slip is a letter too many, too few, another one, or two swapped; two slips in a word of ten letters. The first
    letter must be right (a word in front is another word: `bypassed`, `deregistered`), and both say no or neither does.
    """
    plain = _letters(text)
    if len(plain) < _SHORTEST or plain in _OTHER_WORDS:
        return None
    slips = 1 if len(plain) < _LONG else 2
    by_letters = {_letters(word): word for word in words if len(_letters(word)) >= _SHORTEST}
    same_start = [letters for letters in by_letters if letters[0] == plain[0]]
    found = process.extract(plain, same_start, scorer=OSA.distance, score_cutoff=slips, limit=None)
    agreeing = [(distance, by_letters[letters]) for letters, distance, _ in found if _agree(text, by_letters[letters])]
    least = min((distance for distance, _ in agreeing), default=0)
    nearest = [word for distance, word in agreeing if distance == least]
    return nearest[0] if len(nearest) == 1 else None


def says_no(text: str) -> bool:
    """Whether a word of the text turns its meaning round."""
    return any(_is_negation(word) for word in _words(text))


def _agree(text: str, word: str) -> bool:
    return says_no(text) == says_no(word)


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
