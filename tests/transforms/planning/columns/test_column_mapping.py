"""Which column feeds which field: by the profile, else by the usual headers."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transforms.sheets import canonical_of, mapping, plan_of, table_of
from transforms.planning.columns.column_mapping import ColumnPlan, column_texts

TAIL = ["Session ID", "Status"]
LISTED = "its columns are A “Email”, B “Session ID”, C “Status”."


def mapped(headers: list[str], *rows: list[str], profile: str = "", destination: str = "database") -> dict[str, str]:
    plan = plan_of([headers, *rows], profile, destination=destination)
    assert plan.state == "read", plan.message
    return mapping(plan)


def test_the_more_specific_spelling_counts() -> None:
    """`Email` beats `Username`, `Completion Status` beats `Status`."""
    found = mapped(
        ["Username", "Email", "Status", "Completion Status", "Session ID"],
        ["a@b.c", "d@e.f", "active", "completed", "S1"],
    )
    assert found == {"learner_email": "Email", "session_id": "Session ID", "status": "Completion Status"}


def test_a_row_without_any_part_of_the_name() -> None:
    """It has no name; the others keep theirs, in their rows."""
    headers = ["Email", "First Name", "Middle Name", "Last Name", *TAIL]
    rows = [
        ["a@x.org", "", "", "", "S1", "p"],
        ["b@x.org", "Bo", "", "Berg", "S1", "p"],
        ["c@x.org", "", " ", "Chan", "S1", "p"],
        ["d@x.org", " ", "", "", "S1", "p"],
    ]
    found = canonical_of([headers, *rows])
    assert found.rows["learner_name"].fillna("").tolist() == ["", "Bo Berg", "Chan", ""]
    assert found.rows["learner_email"].tolist() == [row[0] for row in rows]


@given(st.lists(st.lists(st.sampled_from([None, "", " ", "Ann", "de la  Cruz"]), min_size=3, max_size=3), max_size=8))
def test_parts_are_joined_row_by_row(rows: list[list[str | None]]) -> None:
    """Whatever is blank in them, as joining the parts of each row would."""
    frame = pd.DataFrame(rows, columns=list("ABC"), dtype="str")
    whole, missed = column_texts(frame, ColumnPlan("learner_name", ("A", "B", "C")))
    wanted = [" ".join(part.strip() for part in row if part and part.strip()) for row in rows]
    assert whole.fillna("").tolist() == wanted
    assert missed is None


def test_two_equally_good_columns_are_ambiguous() -> None:
    """The failure names both and the key to set."""
    plan = plan_of([["Employee ID", "Employee Number", *TAIL], ["1", "2", "S1", "p"]])
    assert (plan.state, plan.code) == ("failed", "file.ambiguous_columns")
    assert plan.message == (
        "Columns A (“Employee ID”) and B (“Employee Number”) could each be used for the learner's employee number. "
        "Rename or remove those that should not be used. Administrator: or name the right one in a profile: "
        '[columns] learner_employee_id = "Employee ID".'
    )


def test_all_ambiguous_fields_are_named_at_once() -> None:
    """One profile settles them."""
    head = ["Employee ID", "Employee Number", "Session ID", "Session Code", "Status"]
    plan = plan_of([head, ["1", "2", "S1", "T1", "p"]])
    assert plan.code == "file.ambiguous_columns"
    assert "Columns A (“Employee ID”) and B (“Employee Number”) could each be used for" in str(plan.message)
    assert "Columns C (“Session ID”) and D (“Session Code”) could each be used for" in str(plan.message)


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        (["Score (%)", "Score"], "grade"),
        (["Date of completion", "Completion Date"], "completed_on"),
        (["E-mail (business)", "E-mail"], "learner_email"),
    ],
)
def test_a_header_without_qualifier_counts_before_one_with_it(headers: list[str], field: str) -> None:
    """The one that was read before goes on to be read."""
    rows = [["E1", "7", "9", "S1", "p"]]
    assert mapped(["Employee ID", *headers, *TAIL], *rows)[field] == headers[1]
    assert mapped(["Employee ID", headers[0], *TAIL], ["E1", "7", "S1", "p"])[field] == headers[0]


def test_blank_and_equal_columns_do_not_compete() -> None:
    """A second column that is blank, or holds the same texts, is no second reading."""
    assert (
        mapped(["Employee ID", "Employee Number", *TAIL], ["1", "", "S1", "p"])["learner_employee_id"] == "Employee ID"
    )
    assert (
        mapped(["Employee ID", "Employee Number", *TAIL], ["1", "1", "S1", "p"])["learner_employee_id"] == "Employee ID"
    )


@pytest.mark.parametrize(("values", "field"), [(["ann@x.org", "bob@x.org"], True), (["ann", "bob"], False)])
def test_a_username_is_an_address_only_where_it_is_one(values: list[str], field: bool) -> None:
    """`Username` counts by what stands below it."""
    rows = [[str(n), value, "S1", "p"] for n, value in enumerate(values)]
    assert ("learner_email" in mapped(["Employee ID", "Username", *TAIL], *rows)) is field


def test_an_id_is_a_learner_only_where_it_repeats_and_nothing_better_stands() -> None:
    """Else it is the number of the line."""
    rows = [["U1", "S1", "p"], ["U1", "S2", "p"]]
    assert mapped(["Id", *TAIL], *rows)["learner_employee_id"] == "Id"
    assert plan_of([["Id", *TAIL], ["1", "S1", "p"], ["2", "S1", "p"]]).state == "skipped"
    assert "learner_employee_id" not in mapped(["Id", "Email", *TAIL], *[[a, "a@b.c", b, c] for a, b, c in rows])


def test_session_is_the_number_of_a_sitting_or_a_name() -> None:
    """A number within the day is no identity; a text beside a date names the course."""
    headers = ["Email", "Session", "Date", "Status"]
    assert plan_of([headers, ["a@b.c", "1", "2024-01-12", "p"]]).code == "file.missing_columns"
    assert mapped(headers, ["a@b.c", "Safety", "2024-01-12", "p"])["course_name"] == "Session"


def test_a_session_that_is_a_date_is_no_identity() -> None:
    """Two courses of one day would be one session: a date is the day, and more than a date is refused."""
    headers = ["Email", "Course", "Session", "Status"]
    found = mapped(headers, ["a@b.c", "Rope", "2024-01-12", "p"])
    assert (found["session_date"], "session_id" in found) == ("Session", False)
    for text in ("2024-01-12 09:00 - 12:00", "Fri 12 Jan 2024, room 4", "12/01/2024 (morning)"):
        plan = plan_of([headers, ["a@b.c", "Rope", text, "p"]])
        assert (plan.code, "There is no column for the session." in str(plan.message)) == ("file.missing_columns", True)
    assert mapped(headers, ["a@b.c", "Rope", "R-2024-01", "p"])["session_id"] == "Session"


@pytest.mark.parametrize("header", ["% Score", "Percent grade", "SCORE_PCT", "Mark pct", "Score (pct)"])
def test_a_percentage_may_be_written_before_or_behind(header: str) -> None:
    """As a sign or a word."""
    assert mapped(["Email", "Session ID", "Status", header], ["a@b.c", "S1", "p", "92"])["grade"] == header


def test_a_header_that_is_a_status_answers_yes_and_no() -> None:
    """Only where no status column stands."""
    assert mapped(["Email", "Session ID", "Attended"], ["a@b.c", "S1", "Yes"])["status"] == "Attended"
    assert mapped(["Email", "Session ID", "Attended", "Status"], ["a@b.c", "S1", "Yes", "late"])["status"] == "Status"
    found = canonical_of([["Email", "Session ID", "Attended"], ["a@b.c", "S1", "Yes"], ["b@b.c", "S1", "no"]])
    assert found.rows["status"].tolist() == ["attended", "no_show"]


def test_a_name_in_parts_is_joined() -> None:
    """First and last name, in this order, whatever the order of the columns."""
    rows = [
        ["Surname", "Email", "Given Name", *TAIL],
        ["Lee", "a@b.c", "Ann", "S1", "p"],
        ["Ray", "b@b.c", "", "S1", "p"],
    ]
    assert canonical_of(rows).rows["learner_name"].tolist() == ["Ann Lee", "Ray"]


def test_other_persons_are_no_learners() -> None:
    """The manager's columns are left alone."""
    plan = plan_of([["Manager ID", "Manager First Name", *TAIL], ["1", "Ann", "S1", "p"]])
    assert (plan.state, plan.message) == (
        "skipped",
        "There is no column of learners; the headers are Manager ID, Manager First Name, Session ID, Status.",
    )


def test_for_axcelerate_its_own_spellings_count() -> None:
    """`Student Number` is the contact there; a status, which has no place there, feeds nothing."""
    headers = ["Student Number", "Class Code", "Start Date", "Status"]
    row = ["9", "C1", "2024-01-12", "p"]
    assert mapped(headers, row, destination="axcelerate") == {
        "contact_id": "Student Number",
        "class_id": "Class Code",
        "started_on": "Start Date",
    }
    assert mapped(headers, row)["learner_employee_id"] == "Student Number"


# The profile


ROWS = [["Who", "Module", "Presentation", "Result"], ["E1", "AAA", "2013J", "Competency achieved/pass (20)"]]


def test_columns_by_header_letter_list_and_pattern() -> None:
    """One column may feed two fields; IDs are joined by a slash."""
    profile = """
        [columns]
        learner_employee_id = "who"
        session_id = ["Module", "@C"]
        course_id = "Module"
        outcome_code = {column = "Result", pattern = '\\((\\d+)\\)$'}
        status = "Result"
        [values.status]
        "competency achieved/pass (20)" = "completed"
    """
    found = canonical_of(ROWS, profile)
    columns = ("learner_employee_id", "session_id", "course_id", "outcome_code", "status")
    assert table_of(found.rows, *columns) == [("E1", "AAA/2013J", "AAA", "20", "completed")]


def test_joined_ids_are_told_apart() -> None:
    """A slash inside a part cannot make two IDs one; a blank part leaves none."""
    rows = [
        ["Email", "X", "Y", "Status"],
        ["a@b.c", "1/2", "3", "p"],
        ["a@b.c", "1", "2/3", "p"],
        ["a@b.c", "1", "", "p"],
    ]
    found = canonical_of(rows, '[columns]\nsession_id = ["X", "Y"]').rows["session_id"]
    assert found.fillna("-").tolist() == ["1\\/2/3", "1/2\\/3", "-"]


def test_a_pattern_that_finds_nothing_is_a_failure() -> None:
    """The cell is told as it stands."""
    rows = [["Email", *TAIL, "Note"], ["a@b.c", "S1", "p", "code 20"], ["b@b.c", "S1", "p", "none"]]
    found = canonical_of(rows, "[columns]\nunit_id = {column = 'Note', pattern = '\\d+'}")
    assert found.rows["unit_id"].fillna("-").tolist() == ["20", "-"]
    assert table_of(found.failures, "row", "column", "header", "field", "value", "code") == [
        (3, "D", "Note", "unit_id", "none", "value.no_match")
    ]


def test_a_field_may_be_mapped_to_no_column() -> None:
    """`grade = []`: the usual header `Grade` is the school year here."""
    headers, row = ["Email", *TAIL, "Grade"], ["a@b.c", "S1", "p", "9"]
    assert "grade" in mapped(headers, row)
    assert "grade" not in mapped(headers, row, profile="[columns]\ngrade = []")


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        (
            '[columns]\nstatus = "Staus"',
            "[columns] status names the column “Staus”, which the sheet does not have: the nearest header is “Status”.",
        ),
        (
            '[columns]\nstatus = "@Z"',
            "[columns] status names the column @Z, which the sheet does not have: " + LISTED,
        ),
        (
            '[rows]\nskip = {Rolle = ["x"]}',
            "[rows] skip names the column “Rolle”, which the sheet does not have: " + LISTED,
        ),
        (
            '[columns]\nnever = ["Passwort"]',
            "[columns] never names the column “Passwort”, which the sheet does not have: " + LISTED,
        ),
        ("[sheet]\nheader_row = 9", "[sheet] header_row = 9, but that row is blank: give the row of the headers."),
        (
            '[defaults]\ncourse_name = {cell = "F1"}',
            "[defaults] course_name names the cell F1, which is blank: name the cell that holds it.",
        ),
        (
            "[defaults]\ngroup_name = {from = 'file', pattern = 'x(\\d+)'}",
            "[defaults] group_name: the pattern “x(\\d+)” finds nothing in the name of the file, “history_2024.csv”.",
        ),
        (
            '[defaults]\nsession_date = "03/04/2024"',
            (
                "[defaults] session_date is “03/04/2024”, which cannot be read (date.ambiguous): "
                "write it with the year first, such as 2024-01-31."
            ),
        ),
    ],
)
def test_what_the_profile_names_must_exist(profile: str, message: str) -> None:
    """One clear failure that names the nearest thing."""
    plan = plan_of([["Email", "Session ID", "Status"], ["a@b.c", "S1", "p"]], profile)
    assert (plan.state, plan.code, plan.message) == ("failed", "file.missing_columns", message)


def test_a_header_that_stands_twice_is_named_by_letter() -> None:
    """The profile's word must be clear too."""
    plan = plan_of([["Email", *TAIL, "Mark", "Mark"], ["a@b.c", "S1", "p", "1", "2"]], '[columns]\ngrade = "Mark"')
    assert (plan.code, plan.message) == (
        "file.ambiguous_columns",
        "[columns] grade names “Mark”, which is the header of @D and @E: give the letter of the column.",
    )


@pytest.mark.parametrize(
    ("header", "field", "fitting", "other"),
    [
        ("Expiry Date", "expires_on", "31/01/2031", "see file"),
        ("Valid until", "expires_on", "2031-01-31", "n/a for all"),
        ("Date of expiration", "expires_on", "31 Jan 2031", "yes"),
        ("Training Hours", "hours", "7.5", "09:00-17:00"),
        ("Duration (hours)", "hours", "1:30", "half a day"),
        ("CPD Points", "credits", "3", "see notes"),
    ],
)
def test_what_stands_beside_a_record_counts_only_where_it_can_be_read(
    header: str, field: str, fitting: str, other: str
) -> None:
    """A row must not fail for a column of something else under a usual header."""
    rows = [["Email", "Session ID", "Status", header], ["a@x.org", "S-1", "attended", fitting]]
    assert mapping(plan_of(rows))[field] == header
    assert field not in mapping(plan_of([rows[0], [*rows[1][:3], other]]))


@pytest.mark.parametrize("header", ["Duration (Minutes)", "Renewal date", "Due date", "Credit hours", "License number"])
def test_what_may_be_another_thing_feeds_nothing(header: str) -> None:
    """Minutes, deadlines and the learner's own licence are not the record's."""
    rows = [["Email", "Session ID", "Status", header], ["a@x.org", "S-1", "attended", "12"]]
    assert header not in mapping(plan_of(rows)).values()


@pytest.mark.parametrize("other", ["Student ID", "User ID", "Person ID", "Contact ID", "ID", "Order #", "Response ID"])
@pytest.mark.parametrize("own", ["ID number", "SIS User ID", "Optional ID", "Employee Number", "Payroll no."])
@pytest.mark.parametrize("number", ["0042", ""])
def test_the_organizations_number_comes_before_that_of_a_system(own: str, other: str, number: str) -> None:
    """Whichever stands first; where the organization's is blank, a system's number identifies nobody either."""
    for headers in ([own, other], [other, own]):
        cells = {own: number, other: "91834"}
        row = [cells[header] for header in headers]
        found = mapped([*headers, "Email", *TAIL], [*row, "a@x.org", "S1", "p"], [*row, "b@x.org", "S1", "p"])
        assert found["learner_employee_id"] == own


@pytest.mark.parametrize("header", ["Contact ID", "Order #", "Response ID", "Attendee #", "Registration ID"])
def test_a_number_of_something_else_identifies_nobody(header: str) -> None:
    """Not even where the sheet has no other."""
    found = mapped([header, "Email", *TAIL], ["17", "a@x.org", "S1", "p"], ["17", "b@x.org", "S1", "p"])
    assert "learner_employee_id" not in found


def test_what_became_of_a_learner_counts_before_that_they_enrolled() -> None:
    """Whatever the headers; a column that is nothing but enrollments is the status where it is alone."""
    rows = [["a@x.org", "R1", "Accepted", "Attended"], ["b@x.org", "R1", "Accepted", "Did not attend"]]
    head = ["Email", "Session ID", "Registration Status", "Session Attendance"]
    assert mapped(head, *rows)["status"] == "Session Attendance+Registration Status"
    assert mapped(head[:3], *(row[:3] for row in rows))["status"] == "Registration Status"


def test_a_whole_name_is_no_last_name_beside_one() -> None:
    """`Name` is one in German only; systems write the whole name beside its parts."""
    row = ["Ida Moss", "Ida", "Moss", "a@x.org", "R1", "attended"]
    found = mapped(["name", "First_name", "Last_Name", "Email", *TAIL], row)
    assert found["learner_name"] == "name"
    german = ["Vorname", "Name", "E-Mail", "Sitzungsnummer", "Status"]
    assert mapped(german, ["Ida", "Moss", "a@x.org", "R1", "teilgenommen"])["learner_name"] == "Vorname+Name"


def test_a_rate_is_no_status_beside_one() -> None:
    """`Attendance` with per cents gives way to a column of answers."""
    headers = ["Employee ID", "Course", "Date", "Attendance", "Passed"]
    found = mapped(
        headers, ["0071", "Cranes", "2022-05-17", "100%", "Yes"], ["0072", "Cranes", "2022-05-17", "60 %", "No"]
    )
    assert found["status"] == "Passed"


@pytest.mark.parametrize(
    "header", ["Class no", "Sess. no.", "Event", "Event #", "Session Nr", "Sitzungsnummer", "N° de session"]
)
def test_a_number_of_sittings_is_no_session(header: str) -> None:
    """`1` is the first of every course. Longer numbers, and whatever is called an ID, are sessions."""
    head = ["Email", "Course", header, "Date", "Status"]
    rows = [[f"p{n}@x.org", "Ropes", str(n % 3 + 1), f"2023-04-0{n}", "attended"] for n in range(1, 7)]
    assert "session_id" not in mapped(head, *rows)
    assert mapped(head, *([*line[:2], f"40{line[2]}1", *line[3:]] for line in rows))["session_id"] == header
    named = "Session code"
    assert mapped([*head[:2], named, *head[3:]], *rows)["session_id"] == named
