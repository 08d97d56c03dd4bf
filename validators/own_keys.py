"""Keys as the target has them, where a row names its learner, group or course by one that is missing there."""

import pandas as pd

from validators.context import Context
from validators.groups import NamedIndex
from validators.learners import LearnerIndex
from validators.lookups import Mask, present


def with_own_keys(rows: pd.DataFrame, context: Context) -> pd.DataFrame:
    """The rows, where what is loaded is named by keys that the loaded line has, whatever else the sheet says.

    Of e-mail and employee ID a key that the loaded learner lacks is taken out, and of a group's name and ID likewise;
    where none is left, the other one is filled in. A group's name is spelled as it is loaded, and a course that is
    named gets its ID. What is not loaded stays as it is.
    """
    if context.learners is not None:
        rows = _own_learners(rows, context.learners)
    if context.groups is not None:
        rows = _own_groups(rows, context.groups)
    if context.courses is not None:
        rows = rows.assign(course_id=context.courses.id_of(rows["course_id"], rows["course_name"]))
    return rows


def _own_learners(rows: pd.DataFrame, index: LearnerIndex) -> pd.DataFrame:
    email, number = rows["learner_email"], rows["learner_employee_id"]
    at = index.find(email, number)
    email, number = _own_pair(email, number, index.email_at(at), index.number_at(at), at >= 0)
    return rows.assign(learner_email=email, learner_employee_id=number)


def _own_groups(rows: pd.DataFrame, index: NamedIndex) -> pd.DataFrame:
    name, group_id = rows["group_name"], rows["group_id"]
    at = index.find(group_id, name)
    own_name, own_id = index.name_at(at), index.id_at(at)
    spelled = name.where(~(present(name) & present(own_name)), own_name)
    name, group_id = _own_pair(spelled, group_id, own_name, own_id, at >= 0)
    return rows.assign(group_name=name, group_id=group_id)


def _own_pair(
    one: pd.Series, other: pd.Series, own_one: pd.Series, own_other: pd.Series, known: Mask
) -> tuple[pd.Series, pd.Series]:
    """Two keys of each row without those that its loaded line lacks; if none is left, with those that it has."""
    one, other = one.where(~known | present(own_one)), other.where(~known | present(own_other))
    none = ~present(one) & ~present(other)
    return one.where(~none, own_one), other.where(~none, own_other)
