"""What a row must have: its learner, its session, its status, and what else the destination asks for."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from rollbook.rows.activities import CLASS, E_LEARNING, UNIT, WORKSHOP
from validators.findings import Details, Failed, Finding
from validators.lookups import TEXT, Mask, present

_NO_KEY = "the e-mail address and the employee ID are blank"
_NAME_ONLY = "a name alone is not enough"
_ADDRESS_AS_NAME = "the e-mail address is in a column of names; put it in a column “Email”"
_COURSE_ID = "course's ID, and its name is not that of one loaded course"
_NAMELESS = "it has neither an ID nor a course"
_UNFINDABLE = "it has no ID, and no sessions are loaded to look one up by course and date"
_NO_OUTCOME, _NO_OVERRIDE = "an outcome code nor a date", "an override of access nor a date"
_NO_MODULE_OUTCOME = "a module enrolment has no outcome code"
_NO_UNIT_OVERRIDE = "access is overridden for a module enrolment only, and the row names none"


def judge_presence(rows: pd.DataFrame, failed: Failed, names_count: bool, dates_count: bool) -> Iterator[Finding]:
    """Rows for the database, SmarterU and Moon ERP: learner, status, session or course and date.

    A cell that has failed already is not missing too. `names_count`: a name alone names a learner as well;
    `dates_count`: course and date name a session as well as its ID.
    """
    has = _Having(rows, failed)
    by_name = present(rows["learner_name"])
    learner = has.any("learner_email", "learner_employee_id") | (by_name & names_count)
    yield Finding("row.no_learner", "learner_email", learner, lambda at: _unidentified(rows["learner_name"].iloc[at]))
    course, session = has.any("course_id", "course_name"), has.any("session_id")
    named = session | (course & dates_count)
    yield Finding("session.missing", "session_id", named, lambda at: _either(course[at], _UNFINDABLE, _NAMELESS))
    dated = session | ~named | has.any("session_date")
    yield Finding("date.missing", "session_date", dated, _always("the row names a course, but not the session's ID"))
    yield Finding("status.missing", "status", has.any("status"))


def judge_presence_for_smarteru(rows: pd.DataFrame, failed: Failed) -> Iterator[Finding]:
    """What SmarterU asks for besides: group and course."""
    has = _Having(rows, failed)
    yield Finding("group.missing", "group_name", has.any("group_id", "group_name"))
    yield Finding("course.missing", "course_id", has.any("course_id", "course_name"), _always("course"))


def judge_course_id(rows: pd.DataFrame, unknown: Mask) -> Iterator[Finding]:
    """Whether a course that is named has an ID, which alone can be sent.

    unknown: the rows whose course is told to be unknown.
    """
    unnamed = present(rows["course_name"]) & ~present(rows["course_id"]) & ~unknown
    yield Finding("course.missing", "course_name", ~unnamed, _always(_COURSE_ID))


def judge_presence_for_axcelerate(rows: pd.DataFrame, failed: Failed) -> Iterator[Finding]:
    """Rows for aXcelerate: the contact, what the row is about (class, unit, …, module), and something said of it.

    A workshop or e-learning may belong to no class, and a class has no unit. An outcome code belongs to whatever is no
    module, an override of access to a module alone.
    """
    has = _Having(rows, failed)
    module, kind = has.any("module_enrolment_id"), rows["activity_type"].fillna(UNIT)
    unsure = failed.mask("activity_type")
    of_class = (kind == CLASS).to_numpy(bool) | unsure
    loose = kind.isin((WORKSHOP, E_LEARNING)).to_numpy(bool) | unsure
    yield Finding("row.no_learner", "contact_id", has.any("contact_id"), _always("the contact ID is blank"))
    in_class = has.any("class_id") | (loose & ~module)
    yield Finding("session.missing", "class_id", in_class, _always("the class ID is blank"))
    named = has.any("unit_id") | module | of_class
    yield Finding("course.missing", "unit_id", named, _always("unit or module enrolment"))
    outcome, override = has.any("outcome_code"), has.any("access_override")
    said = has.any("started_on", "ended_on") | outcome | (module & override) | ~named
    unsaid = np.where(module, _NO_OVERRIDE, _NO_OUTCOME)
    yield Finding("outcome.missing", "outcome_code", said, lambda at: _texts(unsaid[at]))
    yield Finding("activity.mixed", "outcome_code", ~(module & outcome), _always(_NO_MODULE_OUTCOME))
    yield Finding("activity.mixed", "access_override", module | ~override, _always(_NO_UNIT_OVERRIDE))


def _unidentified(names: pd.Series) -> pd.Series:
    """Why rows with these names (NaN: none) do not identify a learner."""
    addresses = names.str.contains("@", regex=False).fillna(value=False).to_numpy(bool)
    reasons = np.where(names.notna(), np.where(addresses, _ADDRESS_AS_NAME, _NAME_ONLY), _NO_KEY)
    return _texts(reasons)


class _Having:
    def __init__(self, rows: pd.DataFrame, failed: Failed) -> None:
        self._rows, self._failed = rows, failed

    def any(self, *fields: str) -> Mask:
        """Rows in which one of the fields has a cell that is not blank, be it a failed one."""
        mask = self._failed.mask(*fields)
        for field in fields:
            mask |= present(self._rows[field])
        return mask


def _always(detail: str) -> Details:
    return lambda at: pd.Series([detail] * len(at), dtype=TEXT)


def _texts(details: np.ndarray) -> pd.Series:
    return pd.Series(details, dtype=TEXT)


def _either(mask: Mask, then: str, otherwise: str) -> pd.Series:
    return pd.Series(np.where(mask, then, otherwise), dtype=TEXT)
