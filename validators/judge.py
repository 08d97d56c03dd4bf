"""Judging a part: every rule at once, canonical rows -> rows with a verdict, and all failures."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from rollbook.rows.failures import join_failures
from rollbook.rows.outcomes import ACCEPTED, REJECTED
from transforms.values.placeholders import NO_LEARNER
from validators.context import REFERENCE_COLUMNS, Context
from validators.failure_lines import Places, failure_lines, in_order, once_a_cell, told_of_each
from validators.findings import Failed
from validators.grades import by_grade_type
from validators.lookups import text_at
from validators.relations import examine
from validators.rules import render
from validators.schemas import Bounds, broken, broken_relations, schema_for


@dataclass(frozen=True)
class JudgedRows:
    """A part after judging.

    rows: as they came, with `outcome` (`accepted` or `rejected`), and filled in where the sheet left it open:
        `session_id` (looked up or made), `grade_type` (the session's, else the profile's; one of
        validators.grades.GRADE_TYPES or missing), and by `match_name` the learner's e-mail and employee ID.
    failures: every problem, from cleaning too: rollbook.rows.failures with `message` and `remedy`, ordered by row and
        col, then as the rules are; a fresh RangeIndex.
    """

    rows: pd.DataFrame
    failures: pd.DataFrame


def judge(
    rows: pd.DataFrame,
    failures: pd.DataFrame,
    context: Context,
    *,
    places: Mapping[str, tuple[str, str]] | None = None,
    own_places: Mapping[int, tuple[str, str]] | None = None,
    cells: pd.DataFrame | None = None,
) -> JudgedRows:
    """Judge canonical rows (transforms.canonical) and what failed in cleaning them.

    places: field -> (letter, header) of the column that feeds it.
    own_places: in wide sheets `col` -> (letter, header) of the session's column, which is the place of status, grade
        and session where `places` has none for them.
    cells: the raw part (`row` and a column a letter): failures then show the cell as it stood, else the clean value.

    No row is dropped. Raises TypeError when the rows' dtypes are not those of rollbook.rows.fields.
    """
    plain = rows.reset_index(drop=True)
    failures = _unless_named(plain, failures, context)
    failed = Failed(plain, failures)
    examined, findings = examine(plain, failed, context)
    graded, decided = by_grade_type(plain, examined["grade_type"], failures)
    if decided is not failures:
        plain, failures, failed = graded, decided, Failed(graded, decided)
        examined, findings = examine(plain, failed, context)
    kinds = frozenset(kind for kind in REFERENCE_COLUMNS if context.is_checked(kind))
    problems = [
        *broken(schema_for(context.system, kinds, bounds_of(context)), examined),
        *broken_relations(findings, context.system, kinds),
    ]
    found = failure_lines(
        problems, examined, findings, bounds_of(context), Places(places or {}, own_places or {}, cells)
    )
    rejected = np.zeros(len(rows), dtype=bool)
    rejected[failed.positions] = True
    for problem in problems:
        rejected[problem.positions] = True
    outcome = text_at([ACCEPTED, REJECTED], rejected.astype(np.int64))
    judged = examined.assign(outcome=outcome).set_axis(rows.index)
    told = told_of_each(join_failures([failures, found]), plain)
    return JudgedRows(judged, render(once_a_cell(in_order([told])), context.system))


def _unless_named(rows: pd.DataFrame, failures: pd.DataFrame, context: Context) -> pd.DataFrame:
    """The failures without those of learners' placeholders, such as `n/a`, where the name may name the learner."""
    if not (context.reference.match_name and context.learners is not None):
        return failures
    named = failures["row"].isin(rows.loc[rows["learner_name"].notna(), "row"])
    return failures[~(named & failures["code"].eq(NO_LEARNER))].reset_index(drop=True)


def bounds_of(context: Context) -> Bounds:
    """What the rules about single cells compare with."""
    return Bounds(context.today, context.oldest, context.outcome_codes)
