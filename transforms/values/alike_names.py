"""Names of courses that are spelled in several ways: told together, never taken for one."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from rapidfuzz.distance import OSA

from transforms.values.dates.calendar_words import folded
from transforms.values.lookalikes import as_latin, may_be_latin

_WORD = re.compile(r"[^\W\d_]+|\d+")
# Other ways to write a word; the number behind it tells courses apart.
_SAME = {"level": "l", "lvl": "l", "lev": "l", "part": "pt", "module": "mod", "volume": "vol", "and": "&", "und": "&"}
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5"}
# A slip in a shorter word makes another word (`Driving`, `Diving`); two letters changed over hardly do.
_LONG_ENOUGH, _CHANGED_OVER = 7, 5
# Of more spellings of all words but one, that word is what tells courses apart.
_MOST_SLIPS = 4


def alike_names(new: Collection[str], existing: Collection[str] = ()) -> list[tuple[str, ...]]:
    """Groups of names that look like one thing, in the alphabet's order; each has a new one, and the existing first.

    Names look alike that differ in case, accents, spaces and marks only, in `Level 1` and `L1`, in one letter of one
    long word, or in letters of two scripts that look the same. Figures always tell apart.
    """
    words = {name: _words(name) for name in dict.fromkeys((*sorted(existing), *sorted(new)))}
    group = {name: name for name in words}
    for one, other in (*_same_keys(words), *_slips(words)):
        first, second = _root(group, one), _root(group, other)
        group[max(first, second)] = min(first, second)
    groups: dict[str, list[str]] = defaultdict(list)
    for name in words:
        groups[_root(group, name)].append(name)
    there = set(existing)
    return sorted(tuple(names) for names in groups.values() if len(names) > 1 and not there.issuperset(names))


def _root(group: Mapping[str, str], name: str) -> str:
    while group[name] != name:
        name = group[name]
    return name


def _words(name: str) -> tuple[str, ...]:
    name = as_latin(name) if may_be_latin(name) else name
    found = [_SAME.get(word, word) for word in _WORD.findall(folded(name.replace("&", " and ")))]
    return (*found[:-1], _ROMAN.get(found[-1], found[-1])) if len(found) > 1 else tuple(found)


def _same_keys(words: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    first: dict[str, str] = {}
    for name, parts in words.items():
        key = "".join(parts)
        if key and (other := first.setdefault(key, name)) != name:
            yield other, name


def _slips(words: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    """Pairs of names with the same words but one, which differs in a letter."""
    others: dict[tuple[str, ...], dict[str, str]] = defaultdict(dict)
    for name, parts in words.items():
        for place, word in enumerate(parts):
            if len(word) >= _CHANGED_OVER and word.isalpha():
                others[(*parts[:place], "", *parts[place + 1 :])].setdefault(word, name)
    for spelled in others.values():
        found = list(_near(list(spelled)))
        if len(found) < _MOST_SLIPS:
            yield from ((spelled[one], spelled[other]) for one, other in found)


def _near(spelled: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The pairs of words that begin with the same letter and are one letter apart."""
    by_letter: dict[str, list[str]] = defaultdict(list)
    for word in spelled:
        by_letter[word[0]].append(word)
    for alike in by_letter.values():
        for place, word in enumerate(alike):
            yield from ((word, other) for other in alike[place + 1 :] if _is_slip(word, other))


def _is_slip(one: str, other: str) -> bool:
    long = min(len(one), len(other)) >= _LONG_ENOUGH or sorted(one) == sorted(other)
    return long and OSA.distance(one, other, score_cutoff=1) == 1


def named_most(names: Iterable[str], counts: Mapping[str, int]) -> str:
    """Of the spellings of one thing, the one to keep: that with the highest count, of several the first."""
    return max(sorted(names, reverse=True), key=lambda name: counts.get(name, 0))
