"""Rows for aXcelerate get the key and the content by which rows are compared everywhere."""

from typing import Any

import pandas as pd
import pytest

from rollbook.rows.failures import no_failures
from tests.validators.tables import GOOD_FOR_AXCELERATE, canonical, context, failed
from validators.activities import name_activities
from validators.judge import judge


@pytest.mark.parametrize(
    ("said", "session"),
    [
        ({}, "5/HLTAID011"),
        ({"activity_type": "s", "unit_id": "hltaid011"}, "5/HLTAID011"),
        ({"activity_type": "p", "unit_id": None}, "5/p"),
        ({"activity_type": "w", "unit_id": "601", "class_id": None}, "w/601"),
        ({"activity_type": "w", "unit_id": "601"}, "w/601"),
        ({"activity_type": "el", "unit_id": "701"}, "el/701"),
        ({"module_enrolment_id": "3", "unit_id": None}, "module/3"),
        ({"module_enrolment_id": "3"}, "module/3"),
        ({"module_enrolment_id": "Safety", "unit_id": None}, "module/5/SAFETY"),
        ({"unit_id": None}, None),
        ({"class_id": None}, None),
    ],
)
def test_what_a_row_is_about_is_its_session(said: dict[str, Any], session: str | None) -> None:
    """Codes of units count without case; where something lacks there is none."""
    named = name_activities(canonical({**GOOD_FOR_AXCELERATE, **said}))["session_id"]
    assert named.astype(object).where(named.notna(), None).tolist() == [session]


def test_judged_rows_have_the_general_fields_and_keep_their_own() -> None:
    """The contact is the learner; what the sheet says of e-mail, status and grade has no place there."""
    row = {
        **GOOD_FOR_AXCELERATE,
        "started_on": "2024-01-15",
        "ended_on": "2024-02-15",
        "learner_email": "ann@example.org",
        "learner_employee_id": "E7",
        "status": "attended",
        "grade": "92",
    }
    rows = canonical(row)
    judged = judge(rows, no_failures(), context("axcelerate")).rows
    general = {
        "learner_employee_id": "77",
        "session_id": "5/HLTAID011",
        "grade": "20",
        "enrolled_on": pd.Timestamp("2024-01-15"),
        "completed_on": pd.Timestamp("2024-02-15"),
    }
    assert judged.loc[0, list(general)].to_dict() == general
    assert judged[["learner_email", "status", "score"]].isna().all(axis=None)
    own = [*GOOD_FOR_AXCELERATE, "started_on", "ended_on"]
    pd.testing.assert_frame_equal(judged[own], rows[own])
    assert judged.dtypes[list(rows.columns)].equals(rows.dtypes)
    assert list(judged["outcome"]) == ["accepted"]


def test_the_access_to_a_module_is_content_as_everything_else() -> None:
    """Copies that say different things of it conflict."""
    row = {**GOOD_FOR_AXCELERATE, "unit_id": None, "outcome_code": None, "module_enrolment_id": "3"}
    judged = judge(canonical({**row, "access_override": "locked"}), no_failures(), context("axcelerate")).rows
    assert judged[["session_id", "feedback", "outcome"]].values.tolist() == [["module/3", "locked", "accepted"]]


def test_a_type_that_cannot_be_read_is_not_also_a_missing_unit_or_class() -> None:
    """One slip is told once."""
    rows = canonical({**GOOD_FOR_AXCELERATE, "unit_id": None, "class_id": None})
    slip = failed({"row": 2, "field": "activity_type", "value": "Excursion", "code": "activity.unknown"})
    judged = judge(rows, slip, context("axcelerate"))
    assert list(judged.failures["code"]) == ["activity.unknown"]
    assert judged.failures["message"][0] == "“Excursion” is not a known type of activity."
