"""Rows for aXcelerate in the words of all others, so that copies, cases and what is held are found as everywhere."""

import numpy as np
import pandas as pd

from rollbook.rows.activities import CLASS, E_LEARNING, UNIT, WORKSHOP
from validators.lookups import TEXT

# Which of aXcelerate's fields stands in for which general one.
STANDS_FOR = {
    "learner_employee_id": "contact_id",
    "grade": "outcome_code",
    "enrolled_on": "started_on",
    "completed_on": "ended_on",
    "feedback": "access_override",
}
_ABSENT = ("learner_email", "status")


def name_activities(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with the general fields filled from aXcelerate's own, which stay.

    `session_id` says what a row is about: `CLASS/UNIT`, `CLASS/p` for a class, `w/ID` and `el/ID` for a workshop and an
    e-learning, `module/ID` or `module/CLASS/NAME` for a module of a learning plan. Codes and names count without case.
    The learner is the contact; e-mail and status are missing, and `score` as well: an outcome is no number.
    """
    general = {name: rows[own] for name, own in STANDS_FOR.items()}
    absent = {name: pd.Series(np.nan, index=rows.index, dtype=TEXT) for name in _ABSENT}
    return rows.assign(**general, **absent, session_id=_named(rows), score=np.nan)


def _named(rows: pd.DataFrame) -> pd.Series:
    kind, unit, inside = rows["activity_type"].fillna(UNIT), rows["unit_id"].str.upper(), rows["class_id"] + "/"
    named = inside + unit
    named = named.mask(kind == CLASS, inside + CLASS)
    for loose in (WORKSHOP, E_LEARNING):
        named = named.mask(kind == loose, f"{loose}/" + unit)
    module = rows["module_enrolment_id"]
    by_name = module.notna() & ~module.str.fullmatch(r"[0-9]+").fillna(value=False).astype(bool)
    named = named.mask(module.notna(), "module/" + module)
    return named.mask(by_name, "module/" + inside + module.str.upper()).astype(TEXT)
