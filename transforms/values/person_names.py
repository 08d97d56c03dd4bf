"""Names of people: are several of one person, and who bears the same name however it is written."""

import re
import unicodedata
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from rapidfuzz import fuzz

from transforms.values.dates.calendar_words import folded

_WORD = re.compile(r"[^\W\d_]+")
_TITLES = frozenset("mr mrs ms miss mx dr prof ing dipl mag sir herr frau mme mlle sr sra srta jr".split())
# Scripts that write a name without spaces: its characters stand for its words.
_UNSPACED = ("CJK", "HANGUL", "HIRAGANA", "KATAKANA")
_ALIKE = 75
_LONG_ENOUGH = 4
# So many names are nobody's, whatever words they share.
_MOST = 50
# First name, last name and nickname may be one person's; a third person's single names are not.
_SINGLE_NAMES = 3


# Before a name and behind it; `Jr.` and `Sr.` are no titles, for they tell father and son apart.
_BESIDE_NAMES = (_TITLES - {"jr", "sr"}) | frozenset(
    "madam madame monsieur mevr mevrouw dhr pan pani dott dottssa rev hon phd md mba msc bsc".split()
)
# Letters with a stroke, or of two, which have no accent that could be left out.
_PLAIN = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe"})
_APOSTROPHES = str.maketrans(dict.fromkeys("'\u2019\u02bc`"))


class NameKey(NamedTuple):
    """How names are compared. words: without case, accents and titles, sorted; initials: single letters, sorted."""

    words: tuple[str, ...]
    initials: tuple[str, ...]

    def may_be(self, other: "NameKey") -> bool:
        """Are the words the same, and no initial another one's? Of a first and a last name, that is."""
        silent = len(self.words) > 1 and not (self.initials and other.initials)
        return self == other or (silent and self.words == other.words)


def name_key(text: str) -> NameKey:
    """The key of a name: `Smith, Ann`, `ANN SMITH` and `Dr. Ann M. Smith` have the same words."""
    plain = folded(text).translate(_APOSTROPHES).translate(_PLAIN)
    letter = next((c for c in plain if c.isalpha()), " ")
    if unicodedata.name(letter, "").split(" ")[0] in _UNSPACED:
        return NameKey(("".join(c for c in plain if c.isalpha()),), ())
    words = sorted(word for word in _WORD.findall(plain) if word not in _BESIDE_NAMES)
    return NameKey(tuple(x for x in words if len(x) > 1), tuple(x for x in words if len(x) == 1))


class _Name(NamedTuple):
    text: str
    words: frozenset[str]
    script: str
    first: frozenset[str] = frozenset()

    @property
    def is_full(self) -> bool:
        """Does it have a first and a last name?"""
        return sum(len(word) > 1 or self.script in _UNSPACED for word in self.words) > 1


def different_people(names: Sequence[str]) -> list[str]:
    """One name of each person where the names are clearly of several; none where they may be one person's.

    Names agree that share a word, one much like it, or one that begins or abbreviates it; so do names that agree with
    a third one. Names in different scripts are not compared. Several people are told by two full names that do not
    agree, or by three names of whatever kind.
    """
    known = [name for text in sorted(set(names)) if (name := _name(text)).words]
    if len(known) > _MOST:
        return [name.text for name in known]
    for script in sorted({name.script for name in known}):
        people = _people([name for name in known if name.script == script])
        full = [person for person in people if any(name.is_full for name in person)]
        if len(full) > 1 or len(people) >= _SINGLE_NAMES:
            return sorted(person[0].text for person in people)
    return []


def doubtful_people(names: Sequence[str]) -> list[str]:
    """The names, where they are of one person only if that person has two first names: `Ann Lee` and `Bob Lee`.

    Two full names are compared in which no first name is like any word of the other. It may be a couple with one
    address, or Robert who is Bob: nobody can tell from the names, so they are told.
    """
    full = [name for text in sorted(set(names)) if (name := _name(text)).is_full and name.script not in _UNSPACED]
    if len(full) > _MOST:
        return []
    told = {name for pair in combinations(full, 2) if _has_other_first_name(*pair) for name in pair}
    return sorted(name.text for name in told)


def _has_other_first_name(one: _Name, other: _Name) -> bool:
    if one.script != other.script:
        return False
    pairs = [(a, b) for a in one.first for b in other.words] + [(a, b) for a in one.words for b in other.first]
    return bool(one.first and other.first) and not any(_same_word(a, b) or a[0] == b[0] for a, b in pairs)


def _name(text: str) -> _Name:
    plain = folded(text)
    letter = next((c for c in plain if c.isalpha()), " ")
    script = unicodedata.name(letter, "").split(" ")[0]
    if script in _UNSPACED:
        return _Name(text, frozenset(c for c in plain if c.isalpha()), script)
    words = [word for word in _WORD.findall(plain) if word not in _TITLES]
    last, comma, _ = plain.partition(",")
    lasts = frozenset(_WORD.findall(last)) if comma else frozenset(words[-1:])
    return _Name(text, frozenset(words), script, frozenset(words) - lasts)


def _people(names: Sequence[_Name]) -> list[list[_Name]]:
    """The names in groups, each of those that agree with one another, be it by way of others."""
    group = list(range(len(names)))
    for one, other in combinations(range(len(names)), 2):
        if group[one] != group[other] and _agree(names[one], names[other]):
            group = [group[one] if number == group[other] else number for number in group]
    return [[name for name, number in zip(names, group, strict=True) if number == own] for own in sorted(set(group))]


def _agree(one: _Name, other: _Name) -> bool:
    return any(_same_word(a, b) for a in one.words for b in other.words)


def _same_word(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    if one == other or ((len(shorter) in (1, 3) or len(shorter) >= _LONG_ENOUGH) and longer.startswith(shorter)):
        return True
    return len(shorter) >= _LONG_ENOUGH and fuzz.ratio(one, other) >= _ALIKE
