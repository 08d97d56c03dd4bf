"""What somebody may have meant: the entry of the reference data that is nearest to a value it lacks.

A suggestion that is wrong puts a training into another person's history, so there is none where it is not the only
nearest one, nor where digits differ: `anna2@` and `anna3@` are two people, `Level 1` and `Level 2` two courses.
Identifiers must be a single slip apart (a character too many, too few, another one, or two swapped), for they are all
similar to their neighbours; only what one slip explains, and of one identifier only, says something.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from rapidfuzz import process
from rapidfuzz.distance import OSA

from transforms.values.normalize import comparable
from transforms.values.statuses.nearest_word import nearest_word, says_no
from transforms.values.statuses.status_table import ENGLISH, REFUSED, WORDS
from validators.context import References
from validators.first_names import FIRST_NAMES
from validators.outcome_codes import NATIONAL_OUTCOMES
from validators.rules import RULES

# Beyond these nothing is looked up any more: suggestions are a help, and must not hold a run up.
MOST = 2_000
SECONDS = 2.0
# So many values at least between two looks at the clock.
_AT_ONCE = 50
_SHORTEST = 4
# From so many characters on, the name in an e-mail address says who it is.
_NAME = 5

_EMAIL, _IDENTIFIER, _WORDS = "email", "identifier", "words"
_DIGITS = re.compile(r"\d+")
_NO_LETTER = re.compile(r"[\W_]+")
_AT = re.compile(r"\s*[(\[{<]\s*at\s*[)\]}>]\s*|\s+at\s+", re.IGNORECASE)
_BRACKETED = re.compile(r"<([^<>]+)>")


class _Pool:
    """Candidates of one kind. texts: as they stand; told: what is said of each, itself where nothing else is."""

    def __init__(self, kind: str, texts: Iterable[str], told: Mapping[str, str] | None = None) -> None:
        self.kind = kind
        self._told: dict[str, set[str]] = {}
        self._same: dict[str, set[str]] = {}
        self._beside: dict[str, set[str]] = {}
        for text in texts:
            said = text if told is None else told[text]
            compared = compare(text, kind)
            self._told.setdefault(compared, set()).add(said)
            self._same.setdefault(_same_but(compared, kind), set()).add(said)
            if kind == _EMAIL:
                self._beside.setdefault(compared.partition("@")[0], set()).add(said)
        self._texts = np.array(list(self._told), dtype=object)
        self._letters = np.array([_letters(text) for text in self._told], dtype=np.uint64)

    def nearest(self, value: str) -> str | None:
        """The only candidate that is nearest to the value and near enough, as it is told; else None."""
        text = compare(value, self.kind)
        found = self._alike(text) or self._slipped(text) or self._beside_at(text)
        return None if found == value.strip() else found

    def _alike(self, text: str) -> str | None:
        """What is the same but for case, blanks, punctuation, zeros in front, or the order of words."""
        return _only(self._same.get(_same_but(text, self.kind), set())) if text else None

    def _beside_at(self, text: str) -> str | None:
        """The e-mail address with the same name before the @, where one only has it."""
        name = text.partition("@")[0]
        return _only(self._beside.get(name, set())) if len(name) >= _NAME else None

    def _slipped(self, text: str) -> str | None:
        slips = _slips(len(text), self.kind)
        if len(text) < _SHORTEST:
            return None
        # A slip takes one letter away and brings another one at most: few candidates are left to be compared.
        unlike = np.bitwise_count(self._letters ^ np.uint64(_letters(text)))
        near = self._texts[unlike <= 2 * slips].tolist()
        least: dict[int, set[str]] = {}
        for one, distance, _ in process.extract(text, near, scorer=OSA.distance, score_cutoff=slips, limit=None):
            if self._may_be(text, one):
                least.setdefault(distance, set()).update(self._told[one])
        return _only(least[min(least)]) if least else None

    def _may_be(self, text: str, other: str) -> bool:
        """Digits make another of it, but in an identifier, where nothing else stands; short names are too alike."""
        if self.kind == _IDENTIFIER:
            return True
        if says_no(text) != says_no(other) or _is_another_word(text, other):
            return False
        if _DIGITS.findall(text) != _DIGITS.findall(other):
            return False
        if self.kind != _EMAIL:
            return True
        mine, theirs = text.partition("@")[0], other.partition("@")[0]
        return int(OSA.distance(mine, theirs)) <= (2 if len(mine) >= 2 * _NAME else 1)


class _Words:
    """A closed table of words, each with what is said of it."""

    def __init__(self, told: Mapping[str, str]) -> None:
        self._told = told
        # A word in two senses that is nearer keeps any other one from being suggested.
        self._words = frozenset(told) | _TWO_SENSES

    def nearest(self, value: str) -> str | None:
        """What is said of the word that the value is a slip of; else None."""
        return self._told.get(nearest_word(value, self._words) or "")


@dataclass
class Suggester:
    """Suggests for the failures of a run; what was looked up is kept, and the look-ups are bounded.

    words: {word: status} of the profile, beside the words that are known anyway.
    most: distinct values; seconds: for all look-ups together, by the clock, which stands still unless one is given.
    """

    references: References = field(default_factory=References)
    words: Mapping[str, str] = field(default_factory=dict)
    most: int = MOST
    seconds: float = SECONDS
    clock: Callable[[], float] = float
    _known: dict[tuple[str, str], str | None] = field(default_factory=dict, init=False)
    _pools: dict[str, _Pool | _Words] = field(default_factory=dict, init=False)
    _spent: float = field(default=0.0, init=False)

    def suggest(self, failures: pd.DataFrame) -> list[str | None]:
        """What was meant in each failure (columns code, field, value); None where nothing is near enough."""
        texts = failures[["code", "field", "value"]].astype(object)
        asked = [
            (source_of(code, field, value), value) if isinstance(value, str) and value.strip() else (None, "")
            for code, field, value in texts.itertuples(index=False, name=None)
        ]
        new: dict[str, list[str]] = {}
        for source, value in dict.fromkeys(asked):
            if source is not None and (source, value) not in self._known:
                new.setdefault(source, []).append(value)
        for source, values in new.items():
            self._look_up(source, values)
        return [self._known.get((source, value)) if source is not None else None for source, value in asked]

    def _look_up(self, source: str, values: Sequence[str]) -> None:
        began = self.clock()
        bounded = values[: max(self.most - len(self._known), 0)]
        for start in range(0, len(bounded), _AT_ONCE):
            if self._spent + self.clock() - began > self.seconds:
                break
            chunk = bounded[start : start + _AT_ONCE]
            if source not in self._pools:
                self._pools[source] = self._pool(source)
            found = [self._pools[source].nearest(value) for value in chunk]
            self._known.update({(source, value): one for value, one in zip(chunk, found, strict=True)})
        self._spent += self.clock() - began

    def _pool(self, source: str) -> _Pool | _Words:
        if source == "status":
            told = {word: words[0] for words in WORDS.values() for word in words if word in ENGLISH}
            return _Words(told | {word: WORDS[status][0] for word, status in self.words.items()})
        if source == "outcome":
            return _Words({meaning: f"{code} ({meaning})" for code, meaning in NATIONAL_OUTCOMES.items()})
        name, column, kind = _FRAMES[source]
        frame = self.references.frame(name)
        return _Pool(kind, () if frame is None else map(str, frame[column].dropna()))


_FRAMES = {
    "learner_email": ("learners", "email", _EMAIL),
    "learner_employee_id": ("learners", "employee_number", _IDENTIFIER),
    "learner_name": ("learners", "name", _WORDS),
    "group_id": ("groups", "group_id", _IDENTIFIER),
    "group_name": ("groups", "name", _WORDS),
    "course_id": ("courses", "course_id", _IDENTIFIER),
    "course_name": ("courses", "name", _WORDS),
    "session_id": ("sessions", "session_id", _IDENTIFIER),
}
_RULES = ("learner.unknown", "group.unknown", "course.unknown", "session.unknown")
# What the systems outside say of the same is suggested for as well; the first rule that foresees a code.
_PREFIXES = {code: rule.partition(".")[0] for rule in reversed(_RULES) for code in (rule, *RULES[rule].foresees)}
_PREFIXES["learner.email"] = "learner"


_WORDED = ("status.unknown", "outcome.unknown")
# Of these the message says what they may be.
_TWO_SENSES = frozenset(comparable(word) for words in REFUSED.values() for word in words)


def is_asked(codes: Iterable[str]) -> bool:
    """Whether there may be suggestions for failures with any of these codes."""
    return any(code in _PREFIXES or code in _WORDED for code in codes)


def source_of(code: str, field: str | None, value: str) -> str | None:
    """What is asked for the value: a field of the reference data, status, outcome; None where nothing is."""
    if code in _WORDED:
        return None if comparable(value) in _TWO_SENSES else code.partition(".")[0]
    prefix = _PREFIXES.get(code)
    if prefix is None:
        return None
    if isinstance(field, str):
        return field if field in _FRAMES and field.startswith(prefix) else None
    return ("learner_email" if "@" in value else "learner_employee_id") if prefix == "learner" else None


def compare(text: str, kind: str) -> str:
    """A text as it is compared: without case; an e-mail address without what is written around it."""
    folded = comparable(text)
    if kind != _EMAIL:
        return folded
    bracketed = _BRACKETED.search(folded)
    plain = _AT.sub("@", bracketed[1] if bracketed else folded).removeprefix("mailto:")
    return "".join(plain.split()).replace(",", ".").strip(".;:<>()[]'\"")


def _same_but(text: str, kind: str) -> str:
    if kind == _EMAIL:
        return text
    if kind == _WORDS:
        return " ".join(sorted(_NO_LETTER.sub(" ", text).split()))
    return _NO_LETTER.sub("", text).lstrip("0")


def _is_another_word(text: str, other: str) -> bool:
    """Whether a word that differs is no slip: a first name, a short one (`A`, `II`), or one that begins otherwise."""
    mine, theirs = _NO_LETTER.sub(" ", text).split(), _NO_LETTER.sub(" ", other).split()
    if len(mine) != len(theirs):  # a blank too many or too few
        mine, theirs = ["".join(mine)], ["".join(theirs)]
    return any(
        one != two and (one in FIRST_NAMES or one[0] != two[0] or min(len(one), len(two)) < _SHORTEST)
        for one, two in zip(mine, theirs, strict=True)
    )


def _letters(text: str) -> int:
    """Which characters there are and how often, a bit for each first, second, … of them; some share theirs."""
    bits = 0
    seen: dict[str, int] = {}
    for letter in text:
        times = seen[letter] = seen.get(letter, -1) + 1
        bits |= 1 << (ord(letter) * 7 + times * 29 & 63)
    return bits


def _slips(length: int, kind: str) -> int:
    """So many slips a text of this length may hold."""
    if kind == _IDENTIFIER or length < 2 * _SHORTEST:
        return 1
    return 2 if length < 4 * _SHORTEST or kind == _EMAIL else 3


def _only(found: set[str]) -> str | None:
    return next(iter(found)) if len(found) == 1 else None
