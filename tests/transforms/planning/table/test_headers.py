"""The usual headers: compared without case, accents and punctuation; misleading ones name nothing."""

import pytest

from rollbook.rows.fields import FIELDS
from transforms.planning.table.headers import USUAL, header_key, nearest_header, usual_entries, usual_headers


@pytest.mark.parametrize(
    "spelled", ["EmployeeID", "employee_id", "Employee ID", "Employee-Id", " EMPLOYEE  ID: ", "employee.id*"]
)
def test_spellings_of_one_header_are_one(spelled: str) -> None:
    """Case, camel case, blanks and punctuation do not count."""
    assert header_key(spelled) == "employeeid"


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("E-mail", "learner_email"),
        ("Participant ID (UPN)", "learner_email"),
        ("id student", "learner_employee_id"),
        ("Name (Original Name)", "learner_name"),
        ("Titre de la réunion", "course_name"),
        ("Heure d\u2019arrivée", "session_date"),
        ("Enrollment Date", "enrolled_on"),
        ("Enrolment Date", "enrolled_on"),
        ("Final Assigned EGrade", "grade"),
    ],
)
def test_usual_spellings_name_their_field(header: str, field: str) -> None:
    """Spellings met in real sheets."""
    assert [entry.field for entry in usual_headers("database")[header_key(header)]] == [field]


@pytest.mark.parametrize(
    "header",
    [
        "record_id",
        "No",
        "#",
        "Manager ID",
        "mentor_id",
        "Leave Time",
        "num_attended",
        "Renewal Date",
        "Duration",
        "Role",
    ],
)
def test_misleading_headers_name_no_field(header: str) -> None:
    """Line numbers, other persons, head counts and dates of other things."""
    assert header_key(header) not in usual_headers("database")


def test_a_spelling_of_axcelerate_holds_only_there() -> None:
    """`Start Date` is the unit's start for aXcelerate, the session's day elsewhere."""
    key = header_key("Start Date")
    assert [entry.field for entry in usual_headers("axcelerate")[key]] == ["started_on"]
    assert [entry.field for entry in usual_headers("database")[key]] == ["session_date"]


def test_the_table_names_only_fields() -> None:
    """Every entry is of a field that exists, and every field but none is forgotten."""
    assert {entry.field for entry in USUAL} == set(FIELDS)


def test_the_nearest_header_is_told() -> None:
    """A slip of the pen finds its header; something else finds none."""
    assert nearest_header("E-mail adress", ["Email Address", "Name"]) == "Email Address"
    assert nearest_header("Qqq", ["Email Address", "Name"]) is None


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Employee #", "learner_employee_id"),
        ("Emp. #", "learner_employee_id"),
        ("Student#", "learner_employee_id"),
        ("Learner No.", "learner_employee_id"),
        ("Course #", "course_id"),
        ("Session #", "session_id"),
        ("Mark (%)", "grade"),
        ("Final score in %", "grade"),
        ("Score [per cent]", "grade"),
        ("Completed On (GMT)", "completed_on"),
        ("Session Date (dd.mm.yyyy)", "session_date"),
        ("Start Time (UTC+1)", "session_start"),
        ("Email Address (work)", "learner_email"),
        ("Enrollment Date (required)", "enrolled_on"),
        ("Date of Enrolment", "enrolled_on"),
        ("Date of the session", "session_date"),
        ("Date of completion (local time)", "completed_on"),
        ("Name of employee", "learner_name"),
        ("Training name / title", "course_name"),
        ("Employee ID/number", "learner_employee_id"),
    ],
)
def test_qualified_and_turned_headers_name_their_field(header: str, field: str) -> None:
    """A unit, a zone, `X of Y` for `Y X`, two words for one thing say nothing else."""
    entries = [entry for _, entry in usual_entries(header, "database")]
    assert {entry.field for entry in entries if entry.only not in ("address_names", "dates")} == {field}


@pytest.mark.parametrize(
    "header",
    [
        "#",
        "# of sessions",
        "Number of participants",
        "Attendance %",
        "Score (points)",
        "Score (of 50)",
        "E-mail (private)",
        "E-mail (manager)",
        "Completion Date (planned)",
        "Date of Birth",
        "Date of hire",
        "Name of trainer",
        "Course / Session",
        "Employee ID/Name",
        "Result/Grade",
        "Start date / End date",
    ],
)
def test_what_may_be_something_else_names_nothing(header: str) -> None:
    """A wrong field is worse than none."""
    assert usual_entries(header, "database") == ()


@pytest.mark.parametrize(
    "zone", ["UTC", "UTC TimeZone", "UTC Time Zone", "GMT+2", "EST", "local time", "Europe/Berlin"]
)
def test_a_time_zone_behind_a_header_says_nothing_new(zone: str) -> None:
    """Of a header of the table, and of one of other words."""
    for header, field in (("Completion Date", "completed_on"), ("Finished On", "completed_on")):
        assert {entry.field for _, entry in usual_entries(f"{header} ({zone})", "database")} == {field}
