"""Training matrices: a row a learner, a column a course, the day of completion in the cell."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.sheets import canonical_of, mapping, marked, part_of, plan_of, raw, table_of
from transforms.canonical import canonical_rows
from transforms.planning.sheet_plan import SheetPlan

TITLE = ["Training matrix - Yard 7"]
GROUPS = ["", "", "", "Everybody", "", "Drivers"]
HEAD = ["Employee ID", "Name", "Job title", "Noise Awareness", "End of Shift Checks", "Data Protection"]
ROWS = [
    ["E7-01", "Ida Moss", "Operative", "2022-03-14 00:00:00", "14/05/2022", "N/A"],
    ["E7-02", "Jon Reed", "Operative", "2021-06-02 00:00:00", "tbc", "2020-09-30"],
    ["E7-03", "Kit Lowe", "Supervisor", "", "Booked 12/06/2023", "-"],
]
SHEET = [TITLE, GROUPS, HEAD, *ROWS]
PROFILE = '[sheet]\nlayout = "wide"\ncell = "completed_on"\n'


def test_a_matrix_is_read_by_itself() -> None:
    """A date is a completion of the course of its column, on that day; what stands for none is no record."""
    plan = plan_of(SHEET, from_workbook=True)
    assert (plan.state, plan.layout) == ("read", "wide"), plan.message
    assert mapping(plan) == {"learner_employee_id": "Employee ID", "learner_name": "Name"}
    assert plan.note == (
        "3 columns with dates in their cells are read as courses, each date as the day of completion; cells with "
        "“N/A”, “TBC” or “-” are not records."
    )
    found = canonical_rows(part_of(raw(SHEET)), marked(), plan)
    assert (found.rows["session_date"].dropna() == found.rows["completed_on"].dropna()).all()
    days = found.rows.assign(completed_on=found.rows["completed_on"].dt.strftime("%Y-%m-%d"))
    assert table_of(days, "row", "col", "course_name", "completed_on", "status") == [
        (4, 4, "Noise Awareness", "2022-03-14", "completed"),
        (4, 5, "End of Shift Checks", "2022-05-14", "completed"),
        (5, 4, "Noise Awareness", "2021-06-02", "completed"),
        (5, 6, "Data Protection", "2020-09-30", "completed"),
        (6, 5, "End of Shift Checks", None, "completed"),
    ]
    assert table_of(found.failures, "row", "col", "column", "value", "code", "detail") == [
        (
            *(6, 5, "E", "Booked 12/06/2023", "date.invalid"),
            "a cell holds the day on which the course was completed, or nothing",
        )
    ]


def test_the_plan_comes_back_and_a_retry_reads_as_before() -> None:
    """Its courses, and how their dates are read."""
    plan = plan_of(SHEET, from_workbook=True)
    assert SheetPlan.from_json(plan.to_json()) == plan
    few = raw([["E7-03", "Kit Lowe", "Supervisor", "", "05/06/2023", ""]], first=6)
    again = plan_of(few, from_workbook=True, recorded=plan)
    assert replace(again, rows=plan.rows) == plan
    found = canonical_rows(part_of(few), marked(), again)
    assert found.rows["completed_on"].dt.strftime("%Y-%m-%d").tolist() == ["2023-06-05"]


def test_a_profile_says_that_cells_hold_days_of_completion() -> None:
    """Of the columns that it names, or of those with dates below an unknown header; no title has to say so."""
    bare = [HEAD, *ROWS]
    by_itself = plan_of(bare, from_workbook=True)
    assert (by_itself.state, by_itself.code) == ("failed", "file.missing_columns")
    for more in ("", 'sessions = "D:F"\n'):
        plan = plan_of(bare, PROFILE + more, from_workbook=True)
        assert [session.course_name for session in plan.sessions] == HEAD[3:]
        found = canonical_rows(part_of(raw(bare)), marked(), plan)
        assert len(found.rows) == 5
    one = canonical_of(
        [HEAD, *ROWS], '[sheet]\ncell = "completed_on"\nsessions = ["Data Protection"]', from_workbook=True
    )
    assert table_of(one.rows, "course_name") == [("Data Protection",)]
    nothing = plan_of([["Employee ID", "Noise"], ["E7-01", "yes"]], PROFILE)
    assert "name the columns of the courses" in str(nothing.message)


@pytest.mark.parametrize(
    "title",
    [
        "Skills matrix: valid until",
        "Training expiry dates",
        "Training renewals",
        "Übersicht Schulung, gültig bis",
        "Staff list",
    ],
)
def test_days_of_expiration_or_of_other_things_are_asked_about(title: str) -> None:
    """A title that speaks of expiration, or of no training at all."""
    plan = plan_of([[title], HEAD, *ROWS[:2]], from_workbook=True)
    assert (plan.state, plan.code, plan.sessions) == ("failed", "file.missing_columns", ())


def test_days_that_lie_ahead_are_no_completions() -> None:
    """Many such days are those of expiration; a single one is refused by a rule."""
    ahead = [["E7-01", "Ida Moss", "", "2031-03-14", "2030-01-05", ""], ["E7-02", "Jon Reed", "", "2021-01-01", "", ""]]
    assert plan_of([TITLE, HEAD, *ahead]).state == "failed"
    past = [[f"E8-{n:02}", "Kit Lowe", "", f"2021-02-{n:02}", f"2021-03-{n:02}", ""] for n in range(1, 20)]
    assert plan_of([TITLE, HEAD, *past, *ahead]).state == "read"


@pytest.mark.parametrize("mark", ["✓", "85", "Completed", "A"])
def test_marks_or_grades_without_a_day_are_asked_about(mark: str) -> None:
    """No session date is known, and none is made up."""
    plan = plan_of([TITLE, HEAD, ["E7-01", "Ida Moss", "", mark, mark, mark]])
    assert (plan.state, plan.code, plan.sessions) == ("failed", "file.missing_columns", ())


@pytest.mark.parametrize(
    "header",
    [
        "Start date",
        "Date of birth",
        "Noise Awareness expiry",
        "Hired",
        "Last appraisal",
        "Quiz - Completion date",
        "DBS",
    ],
)
def test_other_days_in_the_sheet_are_no_courses(header: str) -> None:
    """They stay unread beside the courses, and are named."""
    rows = [TITLE, [*HEAD[:2], header, *HEAD[3:]], *([*row[:2], "2019-05-04", *row[3:]] for row in ROWS)]
    plan = plan_of(rows, from_workbook=True)
    assert [session.header for session in plan.sessions] == HEAD[3:]
    assert header in plan.unmapped


def test_two_columns_of_one_course_are_asked_about() -> None:
    """One of them may hold the days of expiration."""
    rows = [TITLE, ["Employee ID", "Noise", "Noise"], ["E7-01", "2021-02-03", "2024-02-03"]]
    assert plan_of(rows).sessions == ()


def test_a_course_beside_the_dates_makes_no_matrix() -> None:
    """Each row is then a record of its course."""
    rows = [TITLE, ["Employee ID", "Course", "Noise", "Welding"], ["E7-01", "X", "2021-02-03", "2024-02-03"]]
    assert plan_of(rows).sessions == ()


@settings(max_examples=5)
@given(order=st.permutations(range(6)))
def test_the_order_of_columns_changes_nothing(order: list[int]) -> None:
    """The courses are found by what stands below their headers."""
    lines = [HEAD, *ROWS]
    shuffled = [TITLE, *([line[n] for n in order] for line in lines)]
    named = ("learner_employee_id", "course_name", "completed_on")
    read = [
        set(table_of(canonical_of(rows, from_workbook=True).rows.dropna(subset="completed_on"), *named))
        for rows in ([TITLE, *lines], shuffled)
    ]
    assert read[0] == read[1]
    assert len(read[0]) == 4


def test_words_for_no_record_and_rates_below_are_understood_in_other_languages() -> None:
    """`entfällt`, `n.v.t.`; and days with dots, the day first."""
    rows = [
        ["Unterweisungsmatrix Werkstatt"],
        ["Pers.-Nr.", "Name", "Vorname", "Hubarbeitsbühne", "Gefahrstoffe"],
        ["0071", "Mallow", "Ines", "04.05.22", "entfällt"],
        ["0072", "Kerrigan", "Joss", "nicht erforderlich", "06.07.22"],
        ["Erfüllt %", "", "", "50%", "50%"],
    ]
    found = canonical_of(rows)
    days = found.rows.assign(completed_on=found.rows["completed_on"].dt.strftime("%Y-%m-%d"))
    assert table_of(days, "row", "course_name", "completed_on") == [
        (3, "Hubarbeitsbühne", "2022-05-04"),
        (4, "Gefahrstoffe", "2022-07-06"),
    ]
    assert not len(found.failures)


def test_words_of_expiry_beside_days_say_nothing_of_the_other_days() -> None:
    """Such a cell is refused alone; a note of the sheet says it of all."""
    rows = [
        ["Training matrix"],
        ["Employee ID", "Name", "Cranes", "Welding"],
        ["0071", "Ines Mallow", "17/05/2022", "expired 01/02/2020"],
        ["0072", "Joss Kerrigan", "overdue", "18/05/2022"],
        ["0073", "Lena Oster", "17/05/2022", "19/05/2022"],
    ]
    found = canonical_of(rows)
    assert table_of(found.failures, "row", "value", "code") == [
        (3, "expired 01/02/2020", "date.invalid"),
        (4, "overdue", "date.invalid"),
    ]
    assert plan_of([*rows, [], ["Days shown: renewal due"]]).state == "failed"


def expiries(rows: list[list[str]], profile: str = "", name: str = "Training matrix.csv") -> list[tuple[object, ...]]:
    """(row, course, day of completion, of expiry) of the records of a sheet."""
    plan = plan_of(rows, profile, file_name=name)
    found = canonical_rows(part_of(raw(rows)), marked(), plan).rows
    shown = found.assign(**{name: found[name].dt.strftime("%Y-%m-%d") for name in ("completed_on", "expires_on")})
    return table_of(shown, "row", "course_name", "completed_on", "expires_on")


PAIRED = [
    ["E7-01", "Ida Moss", "2022-03-14", "2025-03-14", "2021-11-30", "never"],
    ["E7-02", "Jon Reed", "2022-03-15", "2025-03-15", "n/a", "n/a"],
]


@pytest.mark.parametrize(
    ("above", "headers"),
    [
        (["", "", "Winch", "", "Data Protection", ""], ["Passed", "Valid until", "Passed", "Valid until"]),
        (["", "", "Winch", "", "Data Protection", ""], ["Date", "Expiry date", "Date", "Expiry date"]),
        (None, ["Winch", "Winch expiry", "Data Protection", "Data Protection expiry"]),
        (None, ["Winch done", "Winch expires", "Data Protection done", "Data Protection expires"]),
        (None, ["Winch - date", "Winch - valid to", "Data Protection - date", "Data Protection - valid to"]),
    ],
)
def test_a_course_may_have_a_column_of_expiry_beside_that_of_completion(
    above: list[str] | None, headers: list[str]
) -> None:
    """Under the course's name, or with it in each header; a profile with these columns reads them alike."""
    rows = [*([above] if above else []), ["Employee ID", "Name", *headers], *PAIRED]
    first = len(rows) - 1
    read = [
        (first, "Winch", "2022-03-14", "2025-03-14"),
        (first, "Data Protection", "2021-11-30", None),
        (first + 1, "Winch", "2022-03-15", "2025-03-15"),
    ]
    assert expiries(rows) == read
    assert expiries(rows, PROFILE + 'sessions = ["@C", "@E"]\n') == read
    plan = plan_of(rows, file_name="Training matrix.csv")
    assert SheetPlan.from_json(plan.to_json()) == plan
    assert plan.unmapped == plan.others == ()


def test_a_day_of_expiry_that_cannot_be_read_is_told_at_its_cell() -> None:
    """The record is refused; the learner's others are not."""
    head = ["Employee ID", "Name", "Winch", "Winch expiry", "Hoist", "Hoist expiry"]
    rows = [head, *PAIRED, ["E7-03", "Kit Lowe", "2022-03-16", "long", "2022-03-17", "2025-03-17"]]
    plan = plan_of(rows, file_name="Training matrix.csv")
    found = canonical_rows(part_of(raw(rows)), marked(), plan)
    assert table_of(found.failures, "row", "col", "column", "header", "field", "value", "code") == [
        (4, 3, "D", "Winch expiry", "expires_on", "long", "date.invalid")
    ]


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        (["Passport issued", "Passport expires", "Work permit issued", "Work permit expires"], "Training matrix.csv"),
        (["Winch", "Winch expiry", "Hoist", "Hoist expiry"], "Staff.csv"),
        (["Winch date", "Winch score", "Hoist date", "Hoist score"], "Training matrix.csv"),
    ],
)
def test_pairs_of_other_days_are_no_courses(headers: list[str], name: str) -> None:
    """Nor those of a sheet that does not say that it is about training."""
    assert plan_of([["Employee ID", "Name", *headers], *PAIRED], file_name=name).state == "failed"
