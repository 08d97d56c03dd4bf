"""Groups and courses: known, with the learner in the group and the course assigned to it."""

from collections.abc import Iterator
from itertools import product

import numpy as np
import pandas as pd

from validators.findings import Finding
from validators.lookups import UNKNOWN, Keys, Mask, Pairs, Positions, fold, present, text_at


class NamedIndex:
    """Loaded groups or courses by ID and by folded name."""

    def __init__(self, ids: pd.Series, names: pd.Series) -> None:
        self._ids, self._names = ids.reset_index(drop=True), names.reset_index(drop=True)
        self.ids, self.names = Keys(self._ids), Keys(fold(self._names))

    def id_of(self, ids: pd.Series, names: pd.Series) -> pd.Series:
        """The IDs, and where one is missing the ID that the name stands for, if it is that of one only."""
        if not (len(self.names) and ids.isna().any()):
            return ids
        return ids.fillna(self.id_at(self._named(names)))

    def find(self, ids: pd.Series, names: pd.Series) -> Positions:
        """The row of each group or course: by its ID where it has one, else by a name that only one has; UNKNOWN."""
        return np.where(present(ids), self.ids.rows(self.ids.codes(ids)), self._named(names))

    def id_at(self, rows: Positions) -> pd.Series:
        """The IDs at these rows."""
        return text_at(self._ids, rows)

    def name_at(self, rows: Positions) -> pd.Series:
        """The names at these rows, as loaded."""
        return text_at(self._names, rows)

    def _named(self, names: pd.Series) -> Positions:
        codes = self.names.codes(fold(names))
        return np.where(self.names.counts(codes) == 1, self.names.rows(codes), UNKNOWN)


def judge_known(code: str, id_field: str, name_field: str, rows: pd.DataFrame, index: NamedIndex) -> Iterator[Finding]:
    """Whether the ID, or without one the name, is one of the loaded ones."""
    has_id, has_name = present(rows[id_field]), present(rows[name_field])
    if has_id.any():
        yield Finding(code, id_field, ~(has_id & (index.ids.codes(rows[id_field]) < 0)))
    if has_name.any():
        by_name = has_name & ~has_id
        yield Finding(code, name_field, ~(by_name & (index.names.codes(fold(rows[name_field])) < 0)))


class MemberIndex:
    """Who is in which group: group_id, group_name, email, employee_number, all `str`."""

    def __init__(self, memberships: pd.DataFrame) -> None:
        groups = (memberships["group_id"], fold(memberships["group_name"]))
        learners = (memberships["email"], memberships["employee_number"])
        self._pairs = [Pairs(group, learner) for group, learner in product(groups, learners)]

    def judge(self, rows: pd.DataFrame, learner: tuple[pd.Series, pd.Series], open_groups: bool) -> Iterator[Finding]:
        """Whether the learner (e-mails, employee numbers) is in the row's group.

        open_groups: a group without any member loaded may be joined by everybody.
        """
        group = (rows["group_id"], fold(rows["group_name"]))
        judged = (present(group[0]) | present(group[1])) & (present(learner[0]) | present(learner[1]))
        member = np.zeros(len(rows), dtype=bool)
        for pairs, (of_group, of_learner) in zip(self._pairs, product(group, learner), strict=True):
            member |= pairs.hold(of_group, of_learner)
        if open_groups:
            member |= ~_known(self._pairs[0].left, group[0]) & ~_known(self._pairs[2].left, group[1])
        yield from _by_group_field("group.not_member", rows, member | ~judged)


class AssignmentIndex:
    """Which course is assigned to which group: group_id, group_name, course_id, all `str`."""

    def __init__(self, group_courses: pd.DataFrame) -> None:
        groups = (group_courses["group_id"], fold(group_courses["group_name"]))
        self._pairs = [Pairs(group, group_courses["course_id"]) for group in groups]

    def judge(self, rows: pd.DataFrame, course_ids: pd.Series) -> Iterator[Finding]:
        """Whether the row's course (its ID, or the one its name stands for) is assigned to its group."""
        group = (rows["group_id"], fold(rows["group_name"]))
        judged = (present(group[0]) | present(group[1])) & present(course_ids)
        assigned = self._pairs[0].hold(group[0], course_ids) | self._pairs[1].hold(group[1], course_ids)
        names = rows["group_name"].fillna(rows["group_id"])
        has_id = present(rows["course_id"])
        for field, blamed in (("course_id", has_id), ("course_name", ~has_id)):
            holds = assigned | ~judged | ~blamed
            yield Finding("course.not_in_group", field, holds, lambda at: names.iloc[at])


def _by_group_field(code: str, rows: pd.DataFrame, holds: Mask) -> Iterator[Finding]:
    has_name = present(rows["group_name"])
    yield Finding(code, "group_name", holds | ~has_name)
    yield Finding(code, "group_id", holds | has_name)


def _known(keys: Keys, wanted: pd.Series) -> Mask:
    known: Mask = keys.codes(wanted) >= 0
    return known
