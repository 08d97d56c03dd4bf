"""Wide sheets: a row a learner, a column a session."""

import pytest

from rollbook.rows.marks import shows_only
from tests.transforms.sheets import canonical_of, marked, part_of, plan_of, raw, table_of
from transforms.canonical import canonical_rows, kept_records
from transforms.planning.layouts.wide import dated, is_own_date

WIDE = '[sheet]\nlayout = "wide"\n[defaults]\ncourse_name = "Safety"\n'
PLACE = ("row", "col", "learner_email", "session_date", "session_start", "session_id", "status")


@pytest.mark.parametrize(
    ("header", "day", "time"),
    [
        ("2022.02.07", "2022.02.07", None),
        ("2022-02-07 00:00:00", "2022-02-07", "00:00:00"),
        ("13 Apr 2022 9.00AM All students", "13 Apr 2022", "9.00AM"),
        ("Mon 7/2/2022", "7/2/2022", None),
        ("Feb 7th, 2022", "Feb 7th, 2022", None),
        ("20220207", "20220207", None),
    ],
)
def test_headers_that_begin_with_a_date(header: str, day: str, time: str | None) -> None:
    """As registers and learning systems write them."""
    found = dated(header)
    assert found is not None
    assert (found["day"], found["time"]) == (day, time)


@pytest.mark.parametrize("header", ["Score 2022", "Module 1", "202202071", "P %", "12", "1.5.2 Safety", "Week 1"])
def test_headers_that_are_no_date(header: str) -> None:
    """Numbers and words beside numbers are not."""
    assert dated(header) is None


def test_each_filled_session_cell_is_a_record() -> None:
    """Blank is none; counts behind the last session are passed over; a row without any is ignored."""
    rows = [
        ["Register"],
        ["E-mail", "13.01.2024", "14 Jan 2024 9:30 Team A", "Days", "%"],
        ["ann@x.org", "p", "absent", "1", "50%"],
        ["bob@x.org", "", "P", "1", "50%"],
        ["cem@x.org", "", "", "0", "0%"],
        ["", "2", "1", "", ""],
    ]
    found = canonical_of(rows, WIDE)
    shown = found.rows.assign(session_date=found.rows["session_date"].dt.strftime("%Y-%m-%d"))
    assert table_of(shown, *PLACE) == [
        (3, 2, "ann@x.org", "2024-01-13", None, None, "attended"),
        (3, 3, "ann@x.org", "2024-01-14", "09:30", None, "no_show"),
        (4, 3, "bob@x.org", "2024-01-14", "09:30", None, "attended"),
    ]
    assert table_of(found.ignored, "row", "reason") == [(1, "title"), (5, "no session"), (6, "totals")]


def test_a_month_typed_as_a_header_is_no_day() -> None:
    """It is stored as the first of the month, which nobody wrote: the message says what to do."""
    rows = [["E-mail", "2022-10-01 00:00:00", "2022-11-01 00:00:00"], ["a@b.c", "p", "p"]]
    months = marked((1, "B", shows_only("month 2022-10")), (1, "C", shows_only("month 2022-11")))
    for sessions in ("", 'sessions = "B:C"\n'):
        profile = WIDE.replace("[defaults]", f"{sessions}[defaults]")
        plan = plan_of(rows, profile, marks=months, from_workbook=True)
        assert (plan.state, plan.code) == ("failed", "file.missing_columns")
        assert "Columns B, C show only a month or year in the header, such as 2022-10" in str(plan.message)
        assert plan_of(rows, profile, from_workbook=True).state == "read"
    told = plan_of(rows, marks=months, from_workbook=True).message
    assert "2 columns have a part of a date as their header, such as “2022-10”" in str(told)


def test_a_month_written_as_text_is_the_session_that_the_profile_names() -> None:
    """Its ID; by itself it is no session."""
    rows = [["E-mail", "Oct 2022", "Nov 2022"], ["a@b.c", "p", "p"]]
    assert plan_of(rows, WIDE).state == "failed"
    plan = plan_of(rows, WIDE.replace("[defaults]", 'sessions = "B:C"\n[defaults]'))
    assert [(session.session_id, session.session_date) for session in plan.sessions] == [
        ("Oct 2022", None),
        ("Nov 2022", None),
    ]


def test_sessions_by_range_and_by_name_are_their_headers() -> None:
    """A header that is no date is the session's code; the cell may be a grade."""
    rows = [["E-mail", "Basics", "Advanced", "Sum", "Status"], ["a@b.c", "90", "", "90", "completed"]]
    for sessions in ('"B:C"', '["Basics", "@C"]'):
        found = canonical_of(rows, f'[sheet]\nlayout = "wide"\ncell = "grade"\nsessions = {sessions}')
        assert table_of(found.rows, "row", "col", "session_id", "grade", "score", "status") == [
            (2, 2, "Basics", "90", 90.0, "completed")
        ]


def test_a_failure_of_the_learner_is_told_once_a_row() -> None:
    """With `col` 0: it counts for all records of the row; a failure of a cell stands at its own place."""
    rows = [["E-mail", "Employee ID", "13.01.2024", "14.01.2024"], ["a@b.c", "1.2E+11", "p", "nobody"]]
    found = canonical_of(rows, WIDE)
    assert table_of(found.failures, "row", "col", "column", "field", "value", "code") == [
        (2, 0, "B", "learner_employee_id", "1.2E+11", "id.precision_lost"),
        (2, 4, "D", "status", "nobody", "status.unknown"),
    ]


def test_error_cells_and_skipped_cells() -> None:
    """An error cell fails its own record; `cell` in [rows] skip is any session's cell."""
    rows = [
        ["E-mail", "Role", "13.01.2024", "14.01.2024"],
        ["a@b.c", "", "#REF!", "-"],
        ["b@b.c", "", "-", "?"],
        ["t@b.c", "Teacher", "p", "p"],
    ]
    profile = WIDE + '[rows]\nskip = {cell = ["-", "?"], Role = ["teacher"]}'
    found = canonical_of(rows, profile, marked((2, "C", "error")))
    assert table_of(found.failures, "row", "col", "column", "code") == [(2, 3, "C", "cell.error")]
    assert table_of(found.rows, "row", "col") == [(2, 3)]
    assert table_of(found.ignored, "row", "reason") == [(3, "skipped by profile"), (4, "skipped by profile")]


def test_a_date_that_may_be_read_two_ways_fails_its_records() -> None:
    """Until the profile says the order."""
    rows = [["E-mail", "01/02/2024", "02/02/2024"], ["a@b.c", "p", "p"]]
    found = canonical_of(rows, WIDE)
    assert table_of(found.failures, "row", "col", "column", "value", "code")[0] == (
        2,
        2,
        "B",
        "01/02/2024",
        "date.ambiguous",
    )
    days = canonical_of(rows, WIDE + '[dates]\norder = "MDY"').rows["session_date"]
    assert days.dt.strftime("%Y-%m-%d").tolist() == ["2024-01-02", "2024-02-02"]


def test_without_any_session_the_key_is_named() -> None:
    """No column is headed by a date, and the profile names none."""
    plan = plan_of([["E-mail", "Basics"], ["a@b.c", "p"]], WIDE)
    assert (
        plan.message == "No column has a date as its header: name the columns of the sessions, "
        '[sheet] sessions = "C:AG" or a list of headers.'
    )


def test_a_record_keeps_its_own_session_cell_only() -> None:
    """So that another session's cell neither changes its fingerprint nor is kept with it."""
    rows = [["E-mail", "13.01.2024", "14.01.2024"], ["a@b.c", "x", "y"]]
    table = raw(rows)
    plan, part = plan_of(table, WIDE), part_of(table)
    places = canonical_rows(part, marked(), plan).rows[["row", "col"]]
    cells = kept_records(part, marked(), plan, places)["cells"]
    assert cells.tolist() == ['{"A": "a@b.c", "B": "x"}', '{"A": "a@b.c", "C": "y"}']
    changed = part_of(raw([rows[0], ["a@b.c", "x", "z"]]))
    before, after = (kept_records(rows, marked(), plan, places)["fingerprint"] for rows in (part, changed))
    assert (before == after).tolist() == [True, False]


@pytest.mark.parametrize(
    "header", ["Session 1 (Mar 14 2022)", "Week 2 - 14/03/2022", "Day 1: 2022-03-14", "Class 2 [14 March 2022]"]
)
def test_a_date_may_stand_behind_the_number_of_the_session(header: str) -> None:
    """What is no word for a session makes it a date of something else."""
    found = dated(header)
    assert found is not None
    assert is_own_date(header)
    assert not is_own_date(header.replace(header.split(maxsplit=1)[0], "Test"))
