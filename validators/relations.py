"""Everything that rules need to know beyond single cells: who is looked up where, and which relations hold."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from rollbook.rows.statuses import COMPLETED
from validators.activities import name_activities
from validators.context import Context
from validators.findings import Failed, Finding
from validators.grades import judge_grades, normalise_grade_types, with_passes
from validators.groups import judge_known
from validators.learners import LearnerIndex, judge_learners, judge_names, match_names, other_keys
from validators.lookups import Mask
from validators.own_keys import with_own_keys
from validators.presence import (
    judge_course_id,
    judge_presence,
    judge_presence_for_axcelerate,
    judge_presence_for_smarteru,
)
from validators.sessions import judge_sessions, name_sessions


def examine(rows: pd.DataFrame, failed: Failed, context: Context) -> tuple[pd.DataFrame, list[Finding]]:
    """The rows with what was looked up (learner by name, session, grade type), and all findings.

    `rows`: canonical rows on a RangeIndex.
    """
    findings = [*_judge_order(rows, context)]
    if context.system == "axcelerate":
        return name_activities(rows), [*findings, *judge_presence_for_axcelerate(rows, failed)]
    findings += _judge_expiry(rows)
    by_name = context.reference.match_name and context.learners is not None
    by_date = context.sessions is not None or context.system != "smarteru"
    findings += judge_presence(rows, failed, by_name, by_date)
    if context.system == "smarteru":
        findings += judge_presence_for_smarteru(rows, failed)
    if context.learners is not None:
        rows, found = _examine_learners(rows, failed, context.learners, context)
        findings += found
    findings += _judge_groups_and_courses(rows, findings, context)
    rows, found = _examine_sessions(rows, context)
    rows = with_passes(rows)
    findings += [*found, *judge_grades(rows, context.system != "smarteru")]
    if context.system == "smarteru":
        rows = with_own_keys(rows, context)
        findings += judge_course_id(rows, ~_all_hold(findings, "course.unknown", count=len(rows)))
    return rows, findings


def _judge_order(rows: pd.DataFrame, context: Context) -> Iterator[Finding]:
    axcelerate = context.system == "axcelerate"
    first, second = ("started_on", "ended_on") if axcelerate else ("enrolled_on", "completed_on")
    begun, told = rows[first], f"the {'start' if axcelerate else 'enrollment'} on "
    holds = ~(rows[second] < begun).to_numpy(bool)
    yield Finding("date.order", second, holds, lambda at: told + begun.iloc[at].dt.strftime("%Y-%m-%d").astype("str"))


def _judge_expiry(rows: pd.DataFrame) -> Iterator[Finding]:
    """Expiration against the day of completion: of what was completed without one, the day of the session."""
    expires = rows["expires_on"]
    if not expires.notna().any():
        return
    completed = rows["completed_on"].fillna(rows["session_date"].where(rows["status"] == COMPLETED))
    holds = ~(expires < completed).to_numpy(bool)
    yield Finding(
        "date.expired_before_completed",
        "expires_on",
        holds,
        lambda at: "the completion on " + completed.iloc[at].dt.strftime("%Y-%m-%d").astype("str"),
    )


def _examine_learners(
    rows: pd.DataFrame, failed: Failed, index: LearnerIndex, context: Context
) -> tuple[pd.DataFrame, list[Finding]]:
    findings: list[Finding] = []
    if context.reference.match_name:
        rows = match_names(rows, failed, index)
        findings += judge_names(rows, failed, index)
    return rows, [*findings, *judge_learners(rows, index, context.requires("learners"))]


def _judge_groups_and_courses(rows: pd.DataFrame, before: list[Finding], context: Context) -> Iterator[Finding]:
    learner_settled = _all_hold(before, "learner.", "row.two_learners", count=len(rows))
    group_settled = np.ones(len(rows), dtype=bool)
    if context.groups is not None and context.requires("groups"):
        known = list(judge_known("group.unknown", "group_id", "group_name", rows, context.groups))
        group_settled = _all_hold(known, "group.", count=len(rows))
        yield from known
    if context.courses is not None and context.requires("courses"):
        yield from judge_known("course.unknown", "course_id", "course_name", rows, context.courses)
    if context.members is not None:
        learner = rows["learner_email"], rows["learner_employee_id"]
        if context.learners is not None:
            learner = other_keys(rows, context.learners)
        judged = context.members.judge(rows, learner, context.system == "database" and _creates(context))
        yield from (_only_where(learner_settled & group_settled, finding) for finding in judged)
    if context.assignments is not None:
        assigned = context.assignments.judge(rows, _course_ids(rows, context))
        yield from (_only_where(group_settled, finding) for finding in assigned)


def _examine_sessions(rows: pd.DataFrame, context: Context) -> tuple[pd.DataFrame, list[Finding]]:
    index, make = context.sessions, context.system != "smarteru" and not context.requires("sessions")
    if index is None:
        named = name_sessions(rows, None, None, make)
        return named.assign(grade_type=normalise_grade_types(named["grade_type"])), []
    course_ids = _course_ids(rows, context)
    lookup = index.look_up(rows, course_ids)
    findings = list(judge_sessions(rows, course_ids, index, lookup, context.requires("sessions")))
    named = name_sessions(rows, index, lookup, make)
    return named.assign(grade_type=normalise_grade_types(named["grade_type"])), findings


def _course_ids(rows: pd.DataFrame, context: Context) -> pd.Series:
    if context.courses is None:
        return rows["course_id"]
    return context.courses.id_of(rows["course_id"], rows["course_name"])


def _creates(context: Context) -> bool:
    return context.reference.groups == "create"


def _all_hold(findings: list[Finding], *families: str, count: int) -> Mask:
    holds = np.ones(count, dtype=bool)
    for finding in findings:
        if finding.code.startswith(families):
            holds &= finding.holds
    return holds


def _only_where(mask: Mask, finding: Finding) -> Finding:
    return Finding(finding.code, finding.field, finding.holds | ~mask, finding.details)
