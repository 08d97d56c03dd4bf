"""Characters that may be taken for others: they are reported, never read as one or the other."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from transforms.values.normalize import REWRITTEN

_WORD = re.compile(r"[^\W\d_]+")
# What the letters' names begin with: scripts of which many letters look like Latin ones.
_ALIKE = ("LATIN", "CYRILLIC", "GREEK", "COPTIC", "ARMENIAN", "CHEROKEE", "LISU")
# Letters of other scripts, and the Latin ones that they look like: Cyrillic, Greek, Armenian.
_TO_LATIN = str.maketrans(
    "\u0410\u0412\u0415\u0405\u0406\u0408\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u04ae"
    "\u04ba\u051a\u051c\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u04bb\u051b"
    "\u051d\u04af"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03b1\u03bd"
    "\u03b9\u03bf\u03c1\u03c5\u03f2\u03f3"
    "\u0555\u054f\u054d\u053c\u0570\u0578\u057d\u0585\u0566\u0581\u0545",
    "ABESIJKMHOPCTYXYhQWaeopcyxijsdhqwyABEZHIKMNOPTYXaviopucjOSULhnuoqgJ",
)
# Letters of those scripts; all but a few rare ones begin with the byte CD or a higher one in UTF-8.
FOREIGN = "[\u0370-\u058f\u13a0-\u13ff\u1f00-\u1fff\u2c80-\u2cff\ua4d0-\ua4ff\uab70-\uabbf]"
_LATIN = "[A-Za-z\u00c0-\u024f]"
_LIKE_I = "\u0130\u0131"


def lookalike(text: str, own_script: bool = False, signs: bool = True) -> str | None:
    r"""The character that may be taken for another one, as `CYRILLIC SMALL LETTER A (U+0430)`; None: there is none.

    Letters of two scripts in one word; a word of nothing but letters that look like Latin ones, unless the text or its
    column (`own_script`) shows that it is of another script; and, of `signs`, a number in disguise (`\u00b2`), what
    looks like a dash or a Latin letter and is neither, and what cannot be seen, unless `normalize` rewrites it.
    """
    if text.isascii():
        return None
    words = _WORD.findall(text)
    found = next((letter for word in words if (letter := _strange_letter(word))), None)
    if found is None and signs:
        found = next((sign[0] for sign in _SIGN.finditer(text) if _is_strange(sign[0])), None)
    if found is None and not own_script and may_be_latin(text):
        found = next(c for c in text if _is_foreign(c))
    return _named(found) if found else None


def lookalike_in_address(text: str) -> str | None:
    """As `lookalike`, of an address before it loses its case; dotted and dotless i are told too (Turkish case)."""
    turkish = next((_named(c) for c in text if c in _LIKE_I), None)
    return turkish or lookalike(text)


def as_latin(text: str) -> str:
    """The text with the Latin letters that its letters look like."""
    return text.translate(_TO_LATIN)


def alike(new: Iterable[str], existing: Iterable[str]) -> dict[str, str]:
    """Of the new texts, those that look like another one but for letters of two scripts, each with that other."""
    there = set(existing)
    groups: dict[str, set[str]] = defaultdict(set)
    for text in (*there, *new):
        groups[as_latin(text)].add(text)
    return {
        text: min(others, key=lambda other: (other not in there, other))
        for found in groups.values()
        for text in found - there
        if (others := found - {text})
    }


def foreign_letter(one: str, other: str) -> str | None:
    """The first letter of another script that one of two texts has that look alike, as `lookalike` names it."""
    found = next((c for c in (*one, *other) if ord(c) in _TO_LATIN), None)
    return _named(found) if found else None


def may_be_latin(text: str) -> bool:
    """Whether all of the text's foreign letters look like Latin ones, and there are some."""
    foreign = [c for c in text if _is_foreign(c)]
    return bool(foreign) and all(ord(c) in _TO_LATIN for c in foreign)


def own_script(distinct: pa.Array, by_name: bool, in_use: bool) -> bool:
    """Whether a column's texts say that words of nothing but letters that look like Latin ones are of their own script.

    They do where no text has a Latin letter, and a letter that only the other script has shows that it is in use: in
    the column, or elsewhere in the sheet (`in_use`). Names of two scripts may stand below each other (`by_name`): there
    such a letter in the column says so too, unless one of the names looks like another one.
    """
    foreign = distinct.filter(pc.match_substring_regex(distinct, FOREIGN)).to_pylist()
    doubtful = {as_latin(text).lower() for text in foreign if may_be_latin(text)}
    in_column = any(not may_be_latin(text) for text in foreign)
    if not pc.any(pc.match_substring_regex(distinct, _LATIN)).as_py():
        return in_column or in_use
    return by_name and in_column and not _any_of(distinct, doubtful)


def shows_script(texts: Iterable[str]) -> bool:
    """Whether one of the texts has a letter of another script that does not look like a Latin one."""
    return any(_is_foreign(c) and ord(c) not in _TO_LATIN for text in texts for c in text)


def _any_of(distinct: pa.Array, words: Collection[str]) -> bool:
    return bool(pc.any(pc.is_in(pc.utf8_lower(distinct), pa.array(words, distinct.type))).as_py())


# Numbers that are no digits, private and invisible characters, dashes.
_STRANGE = frozenset(["No", "Nl", "Co", "Cf", "Pd"])
# What looks like a dash or a Latin letter, but is drawn or spelled with; and what khmer texts hold without showing it.
_LIKE_OTHERS = frozenset(
    "\u06d4\u2500\u2501\U00010191\u0251\u0261\u0269\u026a\u0280\u028f\u029f\u0274\u0262\u029c\u0299\u17b4\u17b5\u30fc"
)
# The mark of a long vowel follows a syllable of Japanese: elsewhere it was typed for a dash.
_SIGN = re.compile("[^\x00-\x7f\u30fc]|(?<![\u3040-\u30fe])\u30fc")


def _strange_letter(word: str) -> str | None:
    """The first letter that is not Latin in a word of two scripts."""
    scripts = {c: script for c in word if (script := _script(c))}
    if len(set(scripts.values())) == 1:
        return None
    return next((c for c, script in scripts.items() if script != "LATIN"), None)


def _is_strange(sign: str) -> bool:
    return sign in _LIKE_OTHERS or (unicodedata.category(sign) in _STRANGE and sign not in REWRITTEN)


def _is_foreign(character: str) -> bool:
    return _script(character) not in (None, "LATIN")


@cache
def _script(character: str) -> str | None:
    name = unicodedata.name(character, "")
    return next((script for script in _ALIKE if name.startswith(script)), None)


def _named(character: str) -> str:
    return f"{unicodedata.name(character, 'a character without a name')} (U+{ord(character):04X})"
