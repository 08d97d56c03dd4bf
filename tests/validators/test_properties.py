"""What must hold for any rows: nothing is dropped, and neither order nor cutting into parts changes a verdict."""

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from rollbook.profile import Reference
from rollbook.rows.statuses import STATUSES
from tests.validators.tables import canonical, context, failed, reference
from validators.judge import JudgedRows, judge

EMAILS = ("ann@example.org", "bob@example.org", "eve@example.org", "no address")
NUMBERS = ("7", "8", "007")
DAYS = ("2024-01-15", "2024-01-16", "1900-03-17", "2030-01-01", "1965-05-05")
MONDAY = {"course_id": "C1", "course_name": "Fire safety", "session_date": "2024-01-15"}
LOADED = {
    "learners": reference(
        "learners",
        {"email": "ann@example.org", "employee_number": "7", "name": "Ann"},
        {"email": "ann@example.org", "employee_number": "8", "name": "Ann"},
        {"email": "bob@example.org", "name": "Bob"},
    ),
    "groups": reference("groups", {"group_id": "G1", "name": "Sales"}),
    "memberships": reference("memberships", {"group_name": "Sales", "email": "ann@example.org"}),
    "courses": reference("courses", {"course_id": "C1", "name": "Fire safety"}),
    "group_courses": reference("group-courses", {"group_id": "G1", "course_id": "C1"}),
    "sessions": reference(
        "sessions",
        {**MONDAY, "session_id": "S1", "session_start": "09:00", "grade_type": "Percentage"},
        {**MONDAY, "session_id": "S2", "grade_type": "PassFail"},
        {"session_id": "S3", "course_name": "First aid", "session_date": "1965-05-05"},
    ),
}


SHARED_PLACES = {"learner_email": ("A", "E-mail"), "learner_employee_id": ("B", "ID")}
OWN_PLACES = {1: ("C", "2024-01-15"), 2: ("D", "2024-01-16")}


def one_of(*cells: str) -> st.SearchStrategy[str | None]:
    return st.sampled_from([*cells, None])


RECORDS = st.fixed_dictionaries(
    {
        "learner_email": one_of(*EMAILS),
        "learner_employee_id": one_of(*NUMBERS),
        "learner_name": one_of("Ann", "Bob", "Eve"),
        "group_name": one_of("Sales", "SALES", "Ops"),
        "group_id": one_of("G1", "G2"),
        "course_id": one_of("C1", "C2"),
        "course_name": one_of("fire  safety", "First aid", "ß" * 250),
        "session_id": one_of("S1", "S2", "S9"),
        "session_date": one_of(*DAYS),
        "session_start": one_of("09:00", "23:59"),
        "status": one_of(*STATUSES, "Present"),
        "grade": one_of("92", "142", "Pass", "A16000"),
        "grade_type": one_of("Percentage", "Letter Grade", "Pass/Fail", "none", "points"),
        "enrolled_on": one_of(*DAYS),
        "completed_on": one_of(*DAYS),
        "contact_id": one_of("1"),
        "class_id": one_of("2"),
        "unit_id": one_of("3"),
        "activity_type": one_of("s", "w", "p", "el"),
        "module_enrolment_id": one_of("4"),
        "outcome_code": one_of("20", "99"),
        "started_on": one_of(*DAYS),
        "ended_on": one_of(*DAYS),
    }
)
SHEETS = st.lists(RECORDS, max_size=8)
CELLS = st.lists(
    st.tuples(
        st.integers(0, 12),
        st.sampled_from(["status", "learner_email", "session_date", "grade", None]),
        one_of("?", "x"),
    ),
    max_size=5,
    unique_by=lambda cell: cell[:2],  # a cell fails once
)
CONTEXTS = st.builds(
    lambda destination, kinds, modes, by_name: context(
        destination, **{kind: LOADED[kind] for kind in kinds}, reference=Reference(match_name=by_name, **modes)
    ),
    st.sampled_from(["database", "smarteru-xml", "moon", "axcelerate"]),
    st.sets(st.sampled_from(sorted(LOADED))),
    st.dictionaries(
        st.sampled_from(["learners", "groups", "courses", "sessions"]), st.sampled_from(["create", "require"])
    ),
    st.booleans(),
)


def sheet(records: list[dict[str, Any]], cells: list[tuple[int, str | None, str | None]]) -> tuple[pd.DataFrame, ...]:
    """Canonical rows, a wide sheet of two columns, and failures of cleaning, whose cells are missing in the rows."""
    rows = canonical(*({**record, "row": 2 + place // 2, "col": 1 + place % 2} for place, record in enumerate(records)))
    lines = [
        {"row": 2 + place // 2, "col": 1 + place % 2, "field": field, "value": value, "code": "cell.error"}
        for place, field, value in cells
    ]
    for line in lines:
        if line["field"] is not None:
            blamed = (rows["row"] == line["row"]) & (rows["col"] == line["col"])
            rows[line["field"]] = rows[line["field"]].mask(blamed)
    return rows, failed(*lines)


def said(failures: pd.DataFrame) -> set[tuple[Any, ...]]:
    """What is told about each sheet row."""
    return set(failures[["row", "field", "value", "code"]].fillna("").itertuples(index=False, name=None))


def by_place(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values(["row", "col"], kind="stable", ignore_index=True)


def assert_same(left: JudgedRows, right: JudgedRows) -> None:
    pd.testing.assert_frame_equal(by_place(left.rows), by_place(right.rows))
    pd.testing.assert_frame_equal(left.failures, right.failures)


@given(SHEETS, CELLS, CONTEXTS)
def test_every_row_gets_a_verdict_and_a_rejected_one_a_reason(
    records: list[dict[str, Any]], cells: list[tuple[int, str | None, str | None]], judged_in: Any
) -> None:
    """No row is dropped, none accepted with a failure, none rejected without one of its own or of its sheet row.

    No failure of cleaning is lost.
    """
    rows, before = sheet(records, cells)
    judged = judge(rows, before, judged_in, places=SHARED_PLACES, own_places=OWN_PLACES)
    assert judged.rows[["row", "col"]].equals(rows[["row", "col"]])
    assert set(judged.rows["outcome"]) <= {"accepted", "rejected"}
    blamed = set(zip(judged.failures["row"], judged.failures["col"], strict=True))
    shared = set(judged.failures.loc[~judged.failures["column"].isin(["C", "D"]), "row"])
    for row, col, outcome in judged.rows[["row", "col", "outcome"]].itertuples(index=False):
        assert (outcome == "rejected") >= ((row, col) in blamed)
        assert (outcome == "rejected") <= ((row, col) in blamed or row in shared)
    assert said(before) <= said(judged.failures)
    assert judged.failures["message"].notna().all()


@given(SHEETS, CELLS, CONTEXTS, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_failures_does_not_matter(
    records: list[dict[str, Any]], cells: list[tuple[int, str | None, str | None]], judged_in: Any, dice: Any
) -> None:
    """A row is judged by itself and the reference data."""
    rows, before = sheet(records, cells)
    order = np.array(dice.sample(range(len(rows)), len(rows)), dtype=int)
    shuffled = rows.iloc[order].reset_index(drop=True)
    assert_same(judge(rows, before, judged_in), judge(shuffled, before.iloc[::-1].reset_index(drop=True), judged_in))


@given(SHEETS, CELLS, CONTEXTS, st.integers(0, 8))
def test_cutting_into_parts_does_not_matter(
    records: list[dict[str, Any]], cells: list[tuple[int, str | None, str | None]], judged_in: Any, cut: int
) -> None:
    """Parts judged one by one give what the whole gives."""
    rows, before = sheet(records, cells)
    row = 2 + cut // 2
    parts = [
        judge(rows[of_rows].reset_index(drop=True), before[of_failures].reset_index(drop=True), judged_in)
        for of_rows, of_failures in (
            (rows["row"] < row, before["row"] < row),
            (rows["row"] >= row, before["row"] >= row),
        )
    ]
    joined = JudgedRows(*(pd.concat(frames, ignore_index=True) for frames in zip(*map(_frames, parts), strict=True)))
    assert_same(joined, judge(rows, before, judged_in))


@given(SHEETS, CELLS, CONTEXTS)
def test_judging_twice_says_the_same(
    records: list[dict[str, Any]], cells: list[tuple[int, str | None, str | None]], judged_in: Any
) -> None:
    """A retry under the same rules changes nothing."""
    rows, before = sheet(records, cells)
    assert_same(judge(rows, before, judged_in), judge(rows, before, judged_in))


def _frames(judged: JudgedRows) -> tuple[pd.DataFrame, pd.DataFrame]:
    return judged.rows, judged.failures
