"""Learners by their names, where a row has nothing else: the only bearer of a name, never somebody of a like one."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import pandas as pd

from transforms.values.person_names import NameKey, name_key
from validators.lookups import UNKNOWN, Positions

_SHOWN = 3
SEVERAL = -2
# A name of fewer words is no full one.
_FULL = 2


class NameIndex:
    """The loaded learners who have an e-mail or an employee number, by name.

    `learners`: email, employee_number, name, all `str`, on an index of row numbers.
    """

    def __init__(self, learners: pd.DataFrame) -> None:
        named = learners[learners[["email", "employee_number"]].notna().any(axis=1) & learners["name"].notna()]
        self._learners = named
        self._bearers: dict[tuple[str, ...], list[tuple[NameKey, int]]] = {}
        for row, name in zip(named.index.tolist(), named["name"].tolist(), strict=True):
            key = name_key(name)
            self._bearers.setdefault(key.words, []).append((key, row))

    def find(self, names: pd.Series) -> Positions:
        """The row of the only bearer of each name; UNKNOWN where there is none, SEVERAL where there are several."""
        codes, distinct = pd.factorize(names)
        found = np.array([self._row(name) for name in distinct], dtype=np.int64)
        rows: Positions = np.where(codes < 0, UNKNOWN, found[codes] if len(found) else UNKNOWN)
        return rows

    def candidates(self, names: pd.Series) -> pd.Series:
        """Who may be meant by each name, with e-mail or number (`str`); missing where nobody is."""
        told = {name: self._told(name) for name in names.dropna().unique()}
        return names.map(told).astype("str")

    def _row(self, name: str) -> int:
        bearers = self._bearers_of(name_key(name))
        return UNKNOWN if not bearers else bearers[0] if len(bearers) == 1 else SEVERAL

    def _bearers_of(self, key: NameKey) -> list[int]:
        same = [(other, row) for other, row in self._bearers.get(key.words, ()) if key.words and key.may_be(other)]
        exact = [row for other, row in same if key.initials and other == key]
        return exact or [row for _, row in same]

    def _told(self, name: str) -> str | None:
        key = name_key(name)
        rows = self._bearers_of(key) or self._near(key)
        shown = [self._person(row) for row in rows[:_SHOWN]]
        more = [f"{len(rows) - _SHOWN} more"] if len(rows) > _SHOWN else []
        return ", ".join([*shown, *more]) or None

    def _near(self, key: NameKey) -> list[int]:
        """Those whose names have all the words of the other: nobody is taken for one of them, a person may know."""
        words = set(key.words)
        sharing = dict.fromkeys(other for word in key.words for other in self._by_word.get(word, ()))
        near = [x for x in sharing if min(len(words), len(x)) >= _FULL and (words <= set(x) or words >= set(x))]
        return [row for other in near for _, row in self._bearers[other]]

    @cached_property
    def _by_word(self) -> dict[str, list[tuple[str, ...]]]:
        found: dict[str, list[tuple[str, ...]]] = {}
        for words in self._bearers:
            for word in words:
                found.setdefault(word, []).append(words)
        return found

    def _person(self, row: int) -> str:
        learner = self._learners.loc[row]
        keys: Sequence[str] = [x for x in (learner["employee_number"], learner["email"]) if isinstance(x, str)]
        return f"{learner['name']} ({', '.join(keys)})"
