"""Every rule of the table accepts what fits it and tells what breaks it, at the cell."""

from typing import Any

import pandas as pd
import pytest

from rollbook.profile import Reference
from rollbook.rows.failures import FAILURE_COLUMNS, no_failures
from tests.validators.tables import (
    GOOD,
    GOOD_FOR_AXCELERATE,
    GOOD_FOR_SMARTERU,
    canonical,
    context,
    failed,
    problems,
    reference,
)
from validators.context import Context
from validators.findings import Failed
from validators.judge import judge
from validators.relations import examine
from validators.rules import RULES

ANN = {"email": "ann@example.org", "employee_number": "7", "name": "Ann Lee"}
BOB = {"email": "bob@example.org", "employee_number": "8", "name": "Bob Roy"}
TWIN = {"email": "ann@example.org", "employee_number": "9", "name": "Ann Lee"}
LEARNERS = reference("learners", ANN, BOB)
SALES = reference("groups", {"group_id": "G1", "name": "Sales"})
MEMBERS = reference("memberships", {"group_id": "G1", "group_name": "Sales", "email": "ann@example.org"})
FIRE = reference("courses", {"course_id": "C1", "name": "Fire safety"})
ASSIGNED = reference("group-courses", {"group_id": "G1", "group_name": "Sales", "course_id": "C1"})
MONDAY = {"session_id": "S1", "course_id": "C1", "course_name": "Fire safety", "session_date": "2024-01-15"}
SESSIONS = reference("sessions", MONDAY, {**MONDAY, "session_id": "S2", "session_date": "2024-01-16"})
TWO_A_DAY = reference(
    "sessions", {**MONDAY, "session_start": "09:00"}, {**MONDAY, "session_id": "S2", "session_start": "13:00"}
)
NO_ID = "the row names a course, but not the session's ID"
DATED = {"learner_email": "ann@example.org", "status": "attended", "course_id": "C1", "session_date": "2024-01-15"}
BY_LETTER, BY_PASSING, BY_PERCENTAGE, UNGRADED = (
    {**GOOD, "status": "completed", "grade_type": kind}
    for kind in ("Letter Grade", "Pass/Fail", "percentage", "Not graded")
)
MODULE = {**GOOD_FOR_AXCELERATE, "unit_id": None, "outcome_code": None, "module_enrolment_id": "3"}

# (code, what it is judged in, what a good row adds, what a bad row adds, field, value and detail of the failure)
Case = tuple[str, Context, dict[str, Any], dict[str, Any], tuple[str, str | None, str | None]]
CASES: list[Case] = [
    (
        "row.no_learner",
        context(),
        {**GOOD, "learner_email": None, "learner_employee_id": "7"},
        {**GOOD, "learner_email": None},
        ("learner_email", None, "the e-mail address and the employee ID are blank"),
    ),
    (
        "row.no_learner",
        context(),
        {**GOOD, "learner_name": "Ann Lee"},
        {**GOOD, "learner_email": None, "learner_name": "Ann Lee"},
        ("learner_email", None, "a name alone is not enough"),
    ),
    (
        "row.no_learner",
        context("axcelerate"),
        GOOD_FOR_AXCELERATE,
        {**GOOD_FOR_AXCELERATE, "contact_id": None, "learner_email": "ann@example.org"},
        ("contact_id", None, "the contact ID is blank"),
    ),
    (
        "row.two_learners",
        context(learners=LEARNERS),
        {**GOOD, "learner_employee_id": "7"},
        {**GOOD, "learner_employee_id": "8"},
        ("learner_employee_id", "8", "employee ID 8 has bob@example.org among the loaded learners"),
    ),
    (
        "learner.email",
        context(),
        {**GOOD, "learner_email": "o'brien+x@mail.example.org"},
        {**GOOD, "learner_email": "ann@example"},
        ("learner_email", "ann@example", None),
    ),
    (
        "learner.unknown",
        context(learners=LEARNERS),
        GOOD,
        {**GOOD, "learner_email": "eve@example.org"},
        ("learner_email", "eve@example.org", None),
    ),
    (
        "learner.unknown",
        context(learners=LEARNERS),
        {**GOOD, "learner_email": None, "learner_employee_id": "7"},
        {**GOOD, "learner_email": None, "learner_employee_id": "007"},
        ("learner_employee_id", "007", None),
    ),
    (
        "learner.unknown",
        context(learners=LEARNERS, reference=Reference(match_name=True)),
        {**GOOD, "learner_email": None, "learner_name": "Ann Lee"},
        {**GOOD, "learner_email": None, "learner_name": "Ann Li"},
        ("learner_name", "Ann Li", None),
    ),
    (
        "learner.ambiguous",
        context(learners=reference("learners", ANN, TWIN)),
        {**GOOD, "learner_employee_id": "9"},
        GOOD,
        ("learner_email", "ann@example.org", None),
    ),
    (
        "learner.ambiguous",
        context(learners=reference("learners", ANN, BOB, TWIN), reference=Reference(match_name=True)),
        {**GOOD, "learner_email": None, "learner_name": "Bob Roy"},
        {**GOOD, "learner_email": None, "learner_name": "Ann Lee"},
        ("learner_name", "Ann Lee", "Ann Lee (7, ann@example.org), Ann Lee (9, ann@example.org)"),
    ),
    (
        "group.missing",
        context("smarteru-xml"),
        GOOD_FOR_SMARTERU,
        {**GOOD_FOR_SMARTERU, "group_name": None},
        ("group_name", None, None),
    ),
    (
        "group.unknown",
        context(groups=SALES),
        {**GOOD, "group_name": "SALES"},
        {**GOOD, "group_name": "Sales 2"},
        ("group_name", "Sales 2", None),
    ),
    (
        "group.unknown",
        context(groups=SALES),
        {**GOOD, "group_id": "G1"},
        {**GOOD, "group_id": "g1"},
        ("group_id", "g1", None),
    ),
    (
        "group.not_member",
        context(memberships=MEMBERS),
        {**GOOD, "group_name": "sales"},
        {**GOOD, "group_name": "Sales", "learner_email": "bob@example.org"},
        ("group_name", "Sales", None),
    ),
    (
        "course.missing",
        context("smarteru"),
        GOOD_FOR_SMARTERU,
        {**GOOD_FOR_SMARTERU, "course_id": None},
        ("course_id", None, "course"),
    ),
    (
        "course.missing",
        context("axcelerate"),
        {**MODULE, "started_on": "2024-01-15"},
        {**GOOD_FOR_AXCELERATE, "unit_id": None},
        ("unit_id", None, "unit or module enrolment"),
    ),
    (
        "course.missing",
        context("axcelerate"),
        {**GOOD_FOR_AXCELERATE, "unit_id": None, "activity_type": "p"},
        {**GOOD_FOR_AXCELERATE, "unit_id": None, "activity_type": "w"},
        ("unit_id", None, "unit or module enrolment"),
    ),
    (
        "course.unknown",
        context(courses=FIRE),
        {**GOOD, "course_name": "FIRE  Safety"},
        {**GOOD, "course_name": "Fire safety 2"},
        ("course_name", "Fire safety 2", None),
    ),
    (
        "course.unknown",
        context(courses=FIRE),
        {**GOOD, "course_id": "C1"},
        {**GOOD, "course_id": "c1"},
        ("course_id", "c1", None),
    ),
    (
        "course.not_in_group",
        context(group_courses=ASSIGNED),
        {**GOOD, "group_id": "G1", "course_id": "C1"},
        {**GOOD, "group_id": "G1", "course_id": "C2"},
        ("course_id", "C2", "G1"),
    ),
    (
        "course.not_in_group",
        context(group_courses=reference("group-courses", {"group_name": "Ops", "course_id": "C1"}), courses=FIRE),
        {**GOOD, "group_name": "Ops", "course_name": "Fire Safety"},
        {**GOOD, "group_name": "Sales", "course_name": "Fire safety"},
        ("course_name", "Fire safety", "Sales"),
    ),
    (
        "session.missing",
        context(),
        DATED,
        {**GOOD, "session_id": None, "session_date": "2024-01-15"},
        ("session_id", None, "it has neither an ID nor a course"),
    ),
    (
        "session.missing",
        context("smarteru"),
        GOOD_FOR_SMARTERU,
        {**GOOD_FOR_SMARTERU, "session_id": None, "session_date": "2024-01-15"},
        ("session_id", None, "it has no ID, and no sessions are loaded to look one up by course and date"),
    ),
    (
        "session.missing",
        context("axcelerate"),
        GOOD_FOR_AXCELERATE,
        {**GOOD_FOR_AXCELERATE, "class_id": None},
        ("class_id", None, "the class ID is blank"),
    ),
    (
        "session.missing",
        context("axcelerate"),
        {**GOOD_FOR_AXCELERATE, "class_id": None, "activity_type": "el"},
        {**GOOD_FOR_AXCELERATE, "class_id": None, "activity_type": "s"},
        ("class_id", None, "the class ID is blank"),
    ),
    (
        "session.unknown",
        context(sessions=SESSIONS),
        GOOD,
        {**GOOD, "session_id": "S3"},
        ("session_id", "S3", "S3"),
    ),
    (
        "session.unknown",
        context(sessions=SESSIONS),
        DATED,
        {**DATED, "session_date": "2024-01-17", "session_start": "09:00"},
        ("session_date", "2024-01-17", "C1 on 2024-01-17 at 09:00"),
    ),
    (
        "session.ambiguous",
        context(sessions=TWO_A_DAY),
        {**DATED, "session_start": "13:00"},
        DATED,
        ("session_date", "2024-01-15", "C1 on 2024-01-15 has 2 sessions"),
    ),
    (
        "session.not_in_course",
        context(sessions=SESSIONS),
        {**GOOD, "course_id": "C1"},
        {**GOOD, "course_id": "C2"},
        ("session_id", "S1", "C1"),
    ),
    (
        "session.not_in_course",
        context(sessions=SESSIONS),
        {**GOOD, "course_name": "fire safety"},
        {**GOOD, "course_name": "First aid"},
        ("session_id", "S1", "C1"),
    ),
    ("status.missing", context(), GOOD, {**GOOD, "status": None}, ("status", None, None)),
    ("status.unknown", context(), GOOD, {**GOOD, "status": "Present"}, ("status", "Present", None)),
    (
        "status.not_deliverable",
        context("smarteru"),
        {**GOOD_FOR_SMARTERU, "status": "no_show"},
        {**GOOD_FOR_SMARTERU, "status": "cancelled"},
        ("status", "cancelled", None),
    ),
    (
        "grade.letter",
        context(),
        {**BY_LETTER, "grade": "A-"},
        {**BY_LETTER, "grade": "A16000"},
        ("grade", "A16000", None),
    ),
    (
        "grade.pass_fail",
        context(),
        {**BY_PASSING, "grade": "Pass"},
        {**BY_PASSING, "grade": "Merit"},
        ("grade", "Merit", None),
    ),
    (
        "grade.percentage",
        context(),
        {**BY_PERCENTAGE, "grade": "100"},
        {**BY_PERCENTAGE, "grade": "100.5"},
        ("grade", "100.5", None),
    ),
    (
        "grade.percentage",
        context(),
        {**BY_PERCENTAGE, "grade": "0"},
        {**BY_PERCENTAGE, "grade": "Pass"},
        ("grade", "Pass", None),
    ),
    (
        "grade.not_attended",
        context(),
        {**GOOD, "grade": "92"},
        {**GOOD, "status": "no_show", "grade": "0"},
        ("grade", "0", None),
    ),
    (
        "grade.not_completed",
        context("smarteru"),
        {**GOOD_FOR_SMARTERU, "status": "completed", "grade": "92"},
        {**GOOD_FOR_SMARTERU, "grade": "92"},
        ("grade", "92", "attended"),
    ),
    ("grade.not_graded", context(), UNGRADED, {**UNGRADED, "grade": "92"}, ("grade", "92", None)),
    ("date.missing", context(), DATED, {**DATED, "session_date": None}, ("session_date", None, NO_ID)),
    (
        "date.in_future",
        context(),
        {**GOOD, "completed_on": "2024-06-01"},
        {**GOOD, "completed_on": "2024-06-02"},
        ("completed_on", "2024-06-02", "the run began on 2024-06-01"),
    ),
    (
        "date.too_old",
        context(),
        {**GOOD, "enrolled_on": "1950-01-01"},
        {**GOOD, "enrolled_on": "1949-12-31"},
        ("enrolled_on", "1949-12-31", "it is before 1950-01-01"),
    ),
    (
        "date.too_old",
        context("axcelerate"),
        {**GOOD_FOR_AXCELERATE, "ended_on": "2030-01-01"},
        {**GOOD_FOR_AXCELERATE, "ended_on": "1900-03-17"},
        ("ended_on", "1900-03-17", "it is before 1950-01-01"),
    ),
    (
        "date.order",
        context(),
        {**GOOD, "enrolled_on": "2024-01-15", "completed_on": "2024-01-15"},
        {**GOOD, "enrolled_on": "2024-01-15", "completed_on": "2024-01-14"},
        ("completed_on", "2024-01-14", "the enrollment on 2024-01-15"),
    ),
    (
        "date.order",
        context("axcelerate"),
        {**GOOD_FOR_AXCELERATE, "started_on": "2024-01-15", "ended_on": "2024-02-15"},
        {**GOOD_FOR_AXCELERATE, "started_on": "2024-01-15", "ended_on": "2023-02-15"},
        ("ended_on", "2023-02-15", "the start on 2024-01-15"),
    ),
    (
        "date.expired_before_completed",
        context(),
        {**GOOD, "completed_on": "2024-01-15", "expires_on": "2034-01-15"},
        {**GOOD, "completed_on": "2024-01-15", "expires_on": "2024-01-14"},
        ("expires_on", "2024-01-14", "the completion on 2024-01-15"),
    ),
    (
        "date.expired_before_completed",
        context(),
        {**DATED, "expires_on": "2024-01-14"},
        {**DATED, "status": "completed", "expires_on": "2024-01-14"},
        ("expires_on", "2024-01-14", "the completion on 2024-01-15"),
    ),
    (
        "outcome.missing",
        context("axcelerate"),
        {**GOOD_FOR_AXCELERATE, "outcome_code": None, "ended_on": "2024-01-15"},
        {**GOOD_FOR_AXCELERATE, "outcome_code": None},
        ("outcome_code", None, "an outcome code nor a date"),
    ),
    (
        "outcome.missing",
        context("axcelerate"),
        {**MODULE, "access_override": "clear"},
        MODULE,
        ("outcome_code", None, "an override of access nor a date"),
    ),
    (
        "activity.mixed",
        context("axcelerate"),
        {**MODULE, "unit_id": "HLTAID011", "access_override": "unlocked"},
        {**MODULE, "access_override": "unlocked", "outcome_code": "20"},
        ("outcome_code", "20", "a module enrolment has no outcome code"),
    ),
    (
        "activity.mixed",
        context("axcelerate"),
        GOOD_FOR_AXCELERATE,
        {**GOOD_FOR_AXCELERATE, "access_override": "unlocked"},
        ("access_override", "unlocked", "access is overridden for a module enrolment only, and the row names none"),
    ),
    (
        "outcome.unknown",
        context("axcelerate"),
        {**GOOD_FOR_AXCELERATE, "outcome_code": "0"},
        {**GOOD_FOR_AXCELERATE, "outcome_code": "25"},
        ("outcome_code", "25", None),
    ),
    (
        "outcome.unknown",
        context("axcelerate", outcome_codes=frozenset(["20", "5n"])),
        {**GOOD_FOR_AXCELERATE, "outcome_code": "5N"},
        {**GOOD_FOR_AXCELERATE, "outcome_code": "30"},
        ("outcome_code", "30", None),
    ),
]


@pytest.mark.parametrize(
    ("code", "judged_in", "good", "bad", "told"), CASES, ids=[f"{case[0]}-{place}" for place, case in enumerate(CASES)]
)
def test_a_rule_accepts_what_fits_and_tells_what_breaks_it(
    code: str, judged_in: Context, good: dict[str, Any], bad: dict[str, Any], told: tuple[str, str | None, str | None]
) -> None:
    """The good row is accepted without a word; the bad one is rejected with one line at its cell."""
    judged = judge(canonical(good, bad), no_failures(), judged_in)
    field, value, detail = told
    assert list(judged.rows["outcome"]) == ["accepted", "rejected"]
    assert problems(judged) == [(3, field, value, code, detail)]
    assert judged.failures["message"].str.len().all()
    assert judged.failures["remedy"].str.len().all()


def test_the_cases_above_cover_every_rule_that_rows_are_judged_by() -> None:
    """A new rule needs a case."""
    assert {case[0] for case in CASES} == {code for code, rule in RULES.items() if rule.step == "judging"}


def test_all_problems_of_a_row_are_told_at_once_in_the_order_of_the_rules() -> None:
    """One pass is enough to learn everything that is wrong with a row."""
    row = {"learner_email": "nobody", "status": "no_show", "grade": "92", "session_id": "S1"}
    late = {"enrolled_on": "2031-01-01", "completed_on": "2030-01-01"}
    judged = judge(canonical({**row, **late}), no_failures(), context())
    assert list(judged.failures["code"]) == [
        "learner.email",
        "grade.not_attended",
        "date.in_future",
        "date.in_future",
        "date.order",
    ]
    assert list(judged.failures["field"]) == ["learner_email", "grade", "enrolled_on", "completed_on", "completed_on"]


@pytest.mark.parametrize("field", ["learner_email", "session_id", "status"])
def test_a_cell_that_failed_in_cleaning_is_not_missing_too(field: str) -> None:
    """The word that is no status is told once, as such."""
    cell = failed({"row": 2, "column": "C", "field": field, "value": "#REF!", "code": "cell.error"})
    judged = judge(canonical({**GOOD, field: None}), cell, context())
    assert problems(judged) == [(2, field, "#REF!", "cell.error", None)]
    assert list(judged.rows["outcome"]) == ["rejected"]


def test_a_failed_course_or_date_is_not_missing_too() -> None:
    """A session named by course and date fails by the cell that is wrong, not by its absence."""
    for field in ("course_id", "session_date"):
        cell = failed({"row": 2, "field": field, "value": "?", "code": "date.invalid"})
        judged = judge(canonical({**DATED, field: None}), cell, context())
        assert list(judged.failures["code"]) == ["date.invalid"]


def test_a_failure_of_a_whole_line_rejects_its_row_only() -> None:
    """A ragged line has no field to blame; the next line is judged as ever."""
    judged = judge(canonical(GOOD, GOOD), failed({"row": 2, "code": "row.ragged"}), context())
    assert list(judged.rows["outcome"]) == ["rejected", "accepted"]
    assert list(judged.failures["message"]) == ["This line has more or fewer cells than the header line."]


def test_in_a_wide_sheet_a_failure_of_the_learner_rejects_all_records_of_its_row() -> None:
    """Column 0 stands for the whole row, any other column for one record."""
    rows = canonical(*({**GOOD, "row": row, "col": col} for row in (2, 3) for col in (1, 2)))
    cells = failed(
        {"row": 2, "field": "learner_email", "value": "#N/A", "code": "cell.error"},
        {"row": 3, "col": 2, "field": "status", "value": "?", "code": "status.unknown"},
    )
    assert list(judge(rows, cells, context()).rows["outcome"]) == ["rejected", "rejected", "accepted", "rejected"]


def test_a_failure_names_the_column_and_shows_the_cell_as_it_stood() -> None:
    """Letter and header come from the plan, the text from the raw part."""
    part = pd.DataFrame({"row": [2, 3], "A": ["ann@example.org", "x"], "D": ["31/12/2030", None]}).astype(
        {"A": "str", "D": "str"}
    )
    judged = judge(
        canonical({**GOOD, "completed_on": "2030-12-31"}),
        no_failures(),
        context(),
        places={"learner_email": ("A", "E-mail"), "completed_on": ("D", "Done")},
        cells=part,
    )
    line = judged.failures.iloc[0]
    assert (line["column"], line["header"], line["value"]) == ("D", "Done", "31/12/2030")
    assert line["message"] == "31/12/2030 is in the future: the run began on 2024-06-01."


def test_what_is_missing_is_told_at_the_column_that_could_hold_it() -> None:
    """Without an e-mail column the blank employee ID is the place of a missing learner; a missing column is none."""
    judged = judge(
        canonical({**GOOD, "learner_email": None, "status": None}),
        no_failures(),
        context(),
        places={"learner_employee_id": ("B", "Emp no")},
    )
    assert list(judged.failures["column"].fillna("-")) == ["B", "-"]
    assert judged.failures["value"].isna().all()


def test_in_a_wide_sheet_the_records_own_column_is_the_place_of_its_status_and_session() -> None:
    """The learner stands in its own column, the status in the session's."""
    judged = judge(
        canonical({**GOOD, "col": 2, "learner_email": "nobody", "session_date": "2030-01-01", "status": None}),
        no_failures(),
        context(),
        places={"learner_email": ("A", "E-mail")},
        own_places={1: ("C", "2024-01-15"), 2: ("D", "2030-01-01")},
    )
    assert list(zip(judged.failures["code"], judged.failures["column"], strict=True)) == [
        ("learner.email", "A"),
        ("status.missing", "D"),
        ("date.in_future", "D"),
    ]


def test_rows_come_back_as_they_were_with_an_outcome() -> None:
    """Judging changes no cell and drops no row, and the failures have the one schema, rendered."""
    rows = canonical(GOOD, {**GOOD, "status": None})
    before = rows.copy()
    judged = judge(rows, no_failures(), context())
    pd.testing.assert_frame_equal(rows, before)
    pd.testing.assert_frame_equal(judged.rows.drop(columns="outcome"), before)
    assert list(judged.failures.columns) == [*FAILURE_COLUMNS, "message", "remedy"]


def test_no_rows_are_judged_without_complaint() -> None:
    """An empty part is a part."""
    judged = judge(canonical(), no_failures(), context(sessions=SESSIONS, learners=LEARNERS))
    assert judged.rows.empty
    assert judged.failures.empty


@pytest.mark.parametrize("destination", ["database", "smarteru", "moon", "axcelerate"])
def test_no_two_findings_are_about_the_same_rule_and_field(destination: str) -> None:
    """The second would hide the first."""
    loaded = {
        "learners": LEARNERS,
        "groups": SALES,
        "memberships": MEMBERS,
        "courses": FIRE,
        "group_courses": ASSIGNED,
        "sessions": SESSIONS,
    }
    rows = canonical(GOOD, {**BY_LETTER, "group_id": "G1", "group_name": "Sales", "course_name": "Fire"})
    for kinds in (loaded, {}):
        judged_in = context(destination, **kinds, reference=Reference(match_name=True))
        _, findings = examine(rows, Failed(rows, no_failures()), judged_in)
        columns = [(finding.code, finding.field) for finding in findings]
        assert len(columns) == len(set(columns))


def test_a_row_that_names_nothing_lacks_everything() -> None:
    """Each destination says what it asks for."""
    lacking = {
        "database": ["row.no_learner", "session.missing", "status.missing"],
        "moon": ["row.no_learner", "session.missing", "status.missing"],
        "smarteru": ["row.no_learner", "group.missing", "course.missing", "session.missing", "status.missing"],
        "axcelerate": ["row.no_learner", "course.missing", "session.missing"],
    }
    for destination, codes in lacking.items():
        judged = judge(canonical({"feedback": "fine"}), no_failures(), context(destination))
        assert list(judged.failures["code"]) == codes


def test_rows_of_other_dtypes_are_refused() -> None:
    """Text where dates are due is a fault of the caller's, not of a row."""
    with pytest.raises(TypeError, match="no canonical rows"):
        judge(canonical(GOOD).astype({"session_date": "str"}), no_failures(), context())


def test_in_a_wide_sheet_what_is_wrong_with_the_learner_is_told_of_each_record() -> None:
    """Each is a case of its own, and is counted by its failures; a record's own cell is told of it alone."""
    rows = canonical(*({**GOOD, "learner_email": "nobody", "status": None, "col": col} for col in (3, 4)))
    judged = judge(
        rows.assign(row=2),
        failed({"row": 2, "field": "learner_employee_id", "column": "B", "value": "#N/A", "code": "cell.error"}),
        context(),
        places={"learner_email": ("A", "E-mail"), "learner_employee_id": ("B", "ID")},
        own_places={3: ("C", "2024-01-15"), 4: ("D", "2024-01-16")},
    )
    told = judged.failures[["col", "column", "code"]].itertuples(index=False, name=None)
    assert sorted(told) == [
        (3, "A", "learner.email"),
        (3, "B", "cell.error"),
        (3, "C", "status.missing"),
        (4, "A", "learner.email"),
        (4, "B", "cell.error"),
        (4, "D", "status.missing"),
    ]
    assert list(judged.rows["outcome"]) == ["rejected", "rejected"]
