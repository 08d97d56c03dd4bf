"""Headers over two rows, and units below headers, are read as one header where that gives the mapping."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.sheets import Rows, canonical_of, mapping, plan_of, table_of

IDA = ["71", "Ida Moss", "Ropes", "R1", "2023-05-13", "attended"]
RECORD = {
    "learner_employee_id": "A",
    "learner_name": "B",
    "course_name": "C",
    "course_id": "D",
    "session_date": "E",
    "status": "F",
}


def letters(rows: Rows, profile: str = "", **other: object) -> dict[str, str]:
    """Field -> the letters of its columns."""
    plan = plan_of(rows, profile, **other)  # type: ignore[arg-type]
    return {column.field: "+".join(column.letters) for column in plan.columns}


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        (["Learner", "", "Course", "", "", ""], ["ID", "Name", "Name", "ID", "Date", "Status"]),
        (["Employee Details", "", "Training Details", "", "", ""], ["No.", "Name", "Title", "Code", "Date", "Status"]),
        (
            ["Employee", "Employee", "Course", "Course", "Session", "Attendance"],
            ["ID", "Name", "Title", "Code", "Date", "Status"],
        ),
        (["Employee ID", "Employee", "Course", "", "", "Status"], ["", "", "Name", "Code", "Date", ""]),
        (["Mitarbeiter", "", "Schulung", "", "", ""], ["Nr.", "Name", "Titel", "Nr.", "Datum", "Status"]),
        (
            ["Datos del empleado", "", "Datos del curso", "", "", ""],
            ["Número", "Nombre", "Nombre", "Código", "Fecha", "Estado"],
        ),
    ],
)
def test_groups_above_headers_are_part_of_them(upper: list[str], lower: list[str]) -> None:
    """Merged or repeated over their columns; a header that spans both rows is itself."""
    rows = [upper, lower, IDA]
    assert letters(rows) == RECORD
    assert plan_of(rows).header_row == 2
    assert plan_of([["Register 2023"], ["", ""], *rows]).header_row == 4


def test_what_is_joined_is_read_from_its_own_columns() -> None:
    """And nothing of the upper row is a title, or a record."""
    found = canonical_of([["Learner", "", "Course", "", "", ""], ["ID", "Name", "Name", "ID", "Date", "Status"], IDA])
    assert table_of(found.rows, "row", "learner_employee_id", "course_id", "course_name") == [(3, "71", "R1", "Ropes")]


def test_a_group_of_other_people_feeds_nothing() -> None:
    """Neither a trainer's name, nor a manager's address."""
    upper = ["Participant", "", "Manager", "", "Trainer", "", "Course", "", ""]
    lower = ["Name", "E-mail", "Name", "E-mail", "Name", "E-mail", "Title", "Date", "Status"]
    row = ["Ida Moss", "ida@x.org", "Bo", "bo@x.org", "Cy", "cy@x.org", "Ropes", "2023-05-13", "attended"]
    assert letters([upper, lower, row]) == {
        "learner_email": "B",
        "learner_name": "A",
        "course_name": "G",
        "session_date": "H",
        "status": "I",
    }


def test_kinds_of_dates_are_told_apart_by_their_groups() -> None:
    """`Date` below `Enrollment` is none of a session."""
    upper = ["Employee", "", "Course", "Enrollment", "Completion", ""]
    lower = ["No.", "Name", "Title", "Date", "Date", "Status"]
    plan = letters([upper, lower, ["71", "Ida Moss", "Ropes", "2023-05-01", "2023-05-13", "completed"]])
    assert (plan["enrolled_on"], plan["completed_on"], plan["session_date"]) == ("D", "E", "E")


@pytest.mark.parametrize(
    "above",
    [
        ["Course", "Fire Safety"],
        ["Attendance list"],
        ["Course:", "Fire Safety", "", "Date:", "2023-05-13"],
        ["Training Attendance Record", "", "", "", "Page 1"],
    ],
)
def test_titles_are_no_groups(above: list[str]) -> None:
    """They stand above a header that is whole."""
    rows = [above, ["ID", "Name", "Course", "Code", "Date", "Status"], IDA]
    plan = plan_of(rows)
    assert [header for _, header in plan.headers] == ["ID", "Name", "Course", "Code", "Date", "Status"]


def test_records_are_no_second_row_of_headers() -> None:
    """Though they are words below words that may be groups."""
    rows = [["Employee", "Course", "Session", "Status"], ["Ida Moss", "Ropes", "Morning", "attended"]]
    assert plan_of(rows).header_row == 1


def test_two_columns_of_each_course_are_asked_about() -> None:
    """A day and a score below each course are several records a row."""
    upper, lower = ["Learner", "", "Ropes", "", "Knots", ""], ["ID", "Name", "Date", "Score", "Date", "Score"]
    plan = plan_of([upper, lower, ["71", "Ida Moss", "2023-05-13", "90", "2023-05-14", "80"]])
    assert (plan.state, plan.code) == ("failed", "file.ambiguous_columns")


@pytest.mark.parametrize("unit", ["(dd/mm/yyyy)", "dd/mm/yyyy", "DD.MM.YYYY"])
def test_units_below_headers_are_part_of_them(unit: str) -> None:
    """The order of day and month among them."""
    rows = [
        ["Employee ID", "Course", "Date", "Duration", "Score", "Status"],
        ["", "", unit, "(hours)", "(%)", ""],
        ["71", "Ropes", "05/06/2023", "4", "90", "completed"],
    ]
    found = canonical_of(rows)
    assert not len(found.failures)
    assert found.rows["session_date"].dt.strftime("%Y-%m-%d").tolist() == ["2023-06-05"]
    assert (found.rows["hours"].tolist(), found.rows["score"].tolist()) == ([4.0], [90.0])


def test_a_profile_may_name_the_joined_headers() -> None:
    """As `inspect --write-profile` writes them, with or without the number of the lower row."""
    rows = [["Learner", "", "Course", "", "", ""], ["ID", "Name", "Name", "ID", "Date", "Status"], IDA]
    for line in ("", "[sheet]\nheader_row = 2\n"):
        assert letters(rows, f'{line}[columns]\ncourse_name = "Course Name"\n') == RECORD


def test_rows_that_come_back_later_are_read_alike() -> None:
    """The plan has the whole headers."""
    rows = [["Learner", "", "Course", "", "", ""], ["ID", "Name", "Name", "ID", "Date", "Status"], IDA]
    plan = plan_of(rows)
    again = plan_of([*rows[:2], ["72", "Jon Reed", "", "R1", "2023-05-20", "absent"]], recorded=plan)
    assert [(c.field, c.letters) for c in again.columns] == [(c.field, c.letters) for c in plan.columns]


@given(st.permutations(range(6)))
@settings(max_examples=25, deadline=None)
def test_the_order_of_repeated_groups_changes_nothing(order: list[int]) -> None:
    """A group that is written above each of its columns may stand anywhere."""
    upper, lower = (
        ["Employee", "Employee", "Course", "Course", "Session", "Attendance"],
        ["ID", "Name", "Title", "Code", "Date", "Status"],
    )
    rows = [[row[at] for at in order] for row in (upper, lower, IDA)]
    found = canonical_of(rows).rows
    assert table_of(found, "learner_employee_id", "course_id", "course_name", "status") == [
        ("71", "R1", "Ropes", "attended")
    ]


@pytest.mark.parametrize("word", ["A", "P", "Present", "yes", "Status"])
def test_a_row_whose_cells_are_all_alike_is_a_record(word: str) -> None:
    """Not the lower row of a header, which would tell its columns apart."""
    assert plan_of([["Employee ID", "Session ID", "Attended"], [word] * 3, ["E1", "S1", "P"]]).header_row == 1


def test_a_row_that_says_what_kind_of_answer_each_question_has_is_part_of_the_header() -> None:
    """As SurveyMonkey writes it below each question, and it changes no header."""
    rows = [
        ["Respondent ID", "What is your work email?", "Which training did you attend?", "Date of training"],
        [None, "Open-Ended Response", "Response", "Date"],
        ["118001", "ann@x.org", "Fire Warden", "2023-05-14"],
    ]
    plan = plan_of(rows)
    assert (plan.state, plan.header_row, plan.first_row) == ("read", 2, 3)
    assert mapping(plan)["learner_email"] == "What is your work email?"
