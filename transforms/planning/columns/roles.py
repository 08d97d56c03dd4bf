"""Rows of those who held a meeting or a course: hosts, panelists, presenters and organizers are no learners."""

from collections.abc import Collection, Sequence
from functools import cache

from transforms.planning.table.below import Below
from transforms.values.statuses.status_table import key
from transforms.vocabulary.languages import listed

Skip = tuple[tuple[str, tuple[str, ...]], ...]

_MOST_ROLES = 20
_SHOWN = 4


@cache
def _words(kind: str) -> frozenset[str]:
    return frozenset(map(key, listed("roles")[kind]))


def are_leaders(texts: Collection[str]) -> bool:
    """Does each of the texts say that somebody held a meeting?"""
    return bool(texts) and all(map(_is_leader, texts))


def leaders_of(below: Below, letters: Sequence[str]) -> tuple[Skip, tuple[str, ...]]:
    """(letter, texts) of the rows of those who held what the learners came to, and what is said about them.

    letters: columns that feed nothing. One of them tells roles where it holds nothing else, those of learners among
    them. Where most are presenters, it is the word of a system for everybody, and they are read as learners.
    """
    found, told = [], []
    for letter in letters:
        if not (leading := _leading(below, letter)):
            continue
        counts = below.counted([letter])
        most = sum(counts[text] for text in leading) * 2 > sum(counts.values())
        shown = " or ".join(f"“{text}”" for text in leading[:_SHOWN])
        header = " ".join(below.headers[letter].split())
        if most:
            told.append(f"People with {shown} under “{header}” are most of them, and read as learners.")
        else:
            found.append((letter, tuple(leading)))
            told.append(f"Rows with {shown} under “{header}” are not of learners, and left out.")
    return tuple(found), tuple(told)


def _leading(below: Below, letter: str) -> list[str]:
    """The texts of those who held it, in a column of nothing but roles."""
    top = below.at_top(letter)
    if not 1 < len(top) <= _MOST_ROLES or not any(map(_is_leader, top)):
        return []
    roles = [str(text) for text in below.distinct(letter).slice(0, _MOST_ROLES + 1).to_pylist()]
    leading = [text for text in roles if _is_leader(text)]
    learning = sum(key(text) in _words("learner") for text in roles)
    return leading if learning and len(leading) + learning == len(roles) <= _MOST_ROLES else []


def _is_leader(text: str) -> bool:
    return key(text) in _words("leader")
