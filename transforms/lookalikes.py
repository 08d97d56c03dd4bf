"""Characters that may be taken for others: they are told, never read as one or the other."""

import re
import unicodedata
from functools import cache

_WORD = re.compile(r"[^\W\d_]+")
# What the letters' names begin with: scripts of which many letters look like Latin ones.
_ALIKE = ("LATIN", "CYRILLIC", "GREEK", "COPTIC", "ARMENIAN", "CHEROKEE", "LISU")
_LIKE_LATIN = frozenset(
    # Cyrillic
    "\u0410\u0412\u0415\u0405\u0406\u0408\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u04ae"
    "\u04ba\u051a\u051c\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u04bb\u051b"
    "\u051d\u04af"
    # Greek
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03b1\u03bd"
    "\u03b9\u03bf\u03c1\u03c5\u03f2\u03f3"
    # Armenian
    "\u0555\u054f\u054d\u053c\u0570\u0578\u057d\u0585\u0566\u0581\u0545"
)
_LIKE_I = "\u0130\u0131"


def lookalike(text: str, whole_words: bool = True) -> str | None:
    r"""The character that may be taken for another one, as `CYRILLIC SMALL LETTER A (U+0430)`; None: there is none.

    Letters of two scripts in one word; where `whole_words` says so also a word of nothing but letters that look like
    Latin ones, and a number in disguise (`\u00b2`).
    """
    if text.isascii():
        return None
    for word in _WORD.findall(text):
        if found := _strange_letter(word, whole_words):
            return _named(found)
    if not whole_words:
        return None
    return next((_named(c) for c in text if unicodedata.category(c) in _STRANGE), None)


def lookalike_in_address(text: str) -> str | None:
    """As `lookalike`, of an address before it loses its case; dotted and dotless i are told too (Turkish case)."""
    turkish = next((_named(c) for c in text if c in _LIKE_I), None)
    return turkish or lookalike(text)


_STRANGE = frozenset(["No", "Nl", "Co"])


def _strange_letter(word: str, whole_words: bool) -> str | None:
    scripts = {c: script for c in word if (script := _script(c))}
    if len(set(scripts.values())) > 1:
        return next((c for c, script in scripts.items() if script != "LATIN"), None)
    if whole_words and scripts and "LATIN" not in scripts.values() and all(c in _LIKE_LATIN for c in word):
        return word[0]
    return None


@cache
def _script(character: str) -> str | None:
    name = unicodedata.name(character, "")
    return next((script for script in _ALIKE if name.startswith(script)), None)


def _named(character: str) -> str:
    return f"{unicodedata.name(character, 'a character without a name')} (U+{ord(character):04X})"
