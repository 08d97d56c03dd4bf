"""The plan of a sheet: what is fixed before any part is judged."""

from dataclasses import replace
from datetime import date

import pyarrow as pa
import pytest

from rollbook.profile import parse_profile
from rollbook.rows.marks import shows_only
from tests.transforms.sheets import canonical_of, mapping, marked, part_of, plan_of, raw, table_of
from transforms.canonical import canonical_rows
from transforms.planning.file_failure import file_failure
from transforms.planning.plan import SheetPlan, plan_sheet

HEAD = ["Email", "Course ID", "Session Date", "Status", "Score"]
ROW = ["a@b.c", "C1", "13/01/2024", "p", "45,5"]


def test_a_plan_survives_its_json() -> None:
    """Long and wide, with all that a profile may say."""
    profile = """
        [sheet]
        layout = "wide"
        [columns]
        never = ["Password"]
        [rows]
        skip = {Role = ["teacher"], cell = ["-"]}
        [values.status]
        "DNA" = "no_show"
        [defaults]
        course_name = "Safety"
        [dates]
        typed = "swapped"
    """
    wide = plan_of(
        [["Email", "Role", "Password", "2024-01-12", "13 Jan 2024 9:00"], ["a@b.c", "", "", "p", "DNA"]], profile
    )
    for plan in (plan_of([HEAD, ROW]), wide, plan_of([])):
        assert SheetPlan.from_json(plan.to_json()) == plan
    assert (wide.state, wide.layout, wide.never, wide.skip) == (
        "read",
        "wide",
        ("C",),
        (("B", ("teacher",)), ("cell", ("-",))),
    )


def test_columns_are_read_as_the_whole_sheet_tells() -> None:
    """Date order and decimal comma come from all rows, so that every part reads them alike."""
    columns = {column.field: column for column in plan_of([HEAD, ["b@b.c", "C1", "1/2/2024", "p", "9"], ROW]).columns}
    assert (columns["session_date"].date_order, columns["grade"].decimal_comma) == ("DMY", True)


def test_the_profile_stands_above_what_the_sheet_tells() -> None:
    """`[dates] order` counts for every column."""
    columns = {column.field: column for column in plan_of([HEAD, ROW], '[dates]\norder = "MDY"').columns}
    assert columns["session_date"].date_order == "MDY"


@pytest.mark.parametrize(
    ("headers", "missing", "remedy", "keys"),
    [
        (
            ["Email", "Status"],
            "the session",
            "“Session ID”, or “Course” and “Session Date”.",
            "[columns] session_id, or course_name and session_date, there or in [defaults].",
        ),
        (
            ["Email", "Course", "Completed On"],
            "the session or the status",
            "“Session Date” or “Session ID”, and “Status”.",
            '(session_date = "Completed On" if each learner has a date of their own), or session_id; [columns] status',
        ),
        (
            ["Email", "Course", "Oct. 2022", "2022-11", "12/2022"],
            "the session or the status",
            "3 columns have a part of a date as their header, such as “Oct. 2022”. If each is a session, give every",
            "or write the whole dates there, such as 2024-01-31, and read these columns as sessions: [sheet] layout = ",
        ),
        (
            ["Email", "Course", "12.01.2024", "13.01.2024"],
            "the session or the status",
            "2 columns have a date as their header. If each is a session, give every attendance a row of its own",
            '[sheet] layout = "wide"',
        ),
    ],
)
def test_what_is_missing_is_named_with_its_headers_and_keys(
    headers: list[str], missing: str, remedy: str, keys: str
) -> None:
    """First what the person with the sheet can do, then what the administrator can."""
    plan = plan_of([headers, ["a@b.c", *(["7.5"] * (len(headers) - 1))]])
    assert (plan.state, plan.code) == ("failed", "file.missing_columns")
    seen = f"There is no column for {missing}. The headers (row 1) are {', '.join(headers)}. "
    before, mark, after = str(plan.message).partition("Administrator: ")
    assert before.startswith(seen)
    assert remedy in before
    assert "[" not in before
    assert mark
    assert keys in after


def test_typed_dates_in_headers_are_named_as_days() -> None:
    """Nobody wrote the midnight that they are read with."""
    plan = plan_of([["Email", "2024-01-12 00:00:00", "2024-01-13 00:00:00"], ["a@b.c", "x", "x"]], from_workbook=True)
    assert "are Email, 2024-01-12, 2024-01-13." in str(plan.message)


def test_a_column_of_dates_under_a_status_is_the_date_of_that_status() -> None:
    """`Completed` with dates is when; where nothing else says the status, a date there also says that."""
    head, row = ["Email", "Session ID", "Completed"], ["a@x.org", "S1"]
    plan = plan_of([head, [*row, "2024-03-05"], [*row, ""], [*row, "14 March 2024"]])
    assert mapping(plan) | {"completed_on": "Completed", "status": "Completed"} == mapping(plan)
    assert plan.note == "No column is a status: a date under “Completed” is read as completed."
    with_status = plan_of([[*head, "Status"], [*row, "2024-03-05", "passed"]])
    assert mapping(with_status) | {"completed_on": "Completed", "status": "Status"} == mapping(with_status)
    answers = plan_of([head, [*row, "yes"], [*row, "no"]])
    assert mapping(answers)["status"] == "Completed"


@pytest.mark.parametrize("header", ["Learner", "Student", "Name", "Participant"])
def test_addresses_under_a_header_of_names_are_read_as_addresses(header: str) -> None:
    """Where no other column has them; a few names among them are refused as addresses."""
    rows = [["b@x.org", "S1", "p"], ["c.d@x.org", "S1", "p"]]
    plan = plan_of([[header, "Session ID", "Status"], *rows])
    assert mapping(plan) == {"learner_email": header, "session_id": "Session ID", "status": "Status"}
    beside = plan_of([[header, "Email", "Session ID", "Status"], ["b@x.org", "c@x.org", "S1", "p"]])
    assert mapping(beside)["learner_email"] == "Email"


def test_addresses_that_nothing_reads_are_named_where_no_learner_is_identified() -> None:
    """With the header that helps; not where a name may identify the learner, or an ID does."""
    head, row = ["Name", "Contact (private)", "Session ID", "Status"], ["Bo", "bo@x.org", "S1", "p"]
    plan = plan_of([head, row])
    assert plan.code == "file.missing_columns"
    assert "Column B (“Contact (private)”) contains e-mail addresses." in str(plan.message)
    assert "change its header to “Email”" in str(plan.message)
    assert plan_of([head, row], "[reference]\nmatch_name = true").state == "read"
    assert plan_of([[*head, "Employee ID"], [*row, "7"]]).state == "read"


def test_defaults_fill_what_no_column_feeds() -> None:
    """From the text itself, a cell, the file's and the sheet's name; never a blank cell of a mapped column."""
    profile = """
        [defaults]
        status = "completed"
        session_date = {cell = "B1"}
        course_name = {from = "sheet"}
        group_name = {from = "file", pattern = "_(\\\\d+)$"}
        feedback = "x"
        grade_type = "Percentage"
    """
    rows = [["Date:", "2024-01-12"], ["Email", "Feedback"], ["a@b.c", ""], ["b@b.c", "good"]]
    found = canonical_of(rows, profile).rows
    columns = ("learner_email", "status", "course_name", "group_name", "feedback", "grade_type")
    assert table_of(found, *columns) == [
        ("a@b.c", "completed", "S", "2024", None, "Percentage"),
        ("b@b.c", "completed", "S", "2024", "good", "Percentage"),
    ]
    assert found["session_date"].dt.strftime("%Y-%m-%d").tolist() == ["2024-01-12"] * 2


def test_sheets_that_the_profile_does_not_name_are_skipped() -> None:
    """And a name that no sheet has is a failure of the file that names the nearest."""
    profile = '[sheet]\nname = "Histroy"'
    plans = [plan_of([HEAD, ROW], profile, sheet_name=name) for name in ("History", "Courses")]
    assert [plan.state for plan in plans] == ["skipped", "skipped"]
    assert file_failure(plans, parse_profile(profile)) == (
        "file.missing_columns",
        "The profile names the sheet “Histroy”, which the file does not have: the nearest name is “History”.",
    )


def test_a_file_without_a_readable_sheet_has_one_code() -> None:
    """No header at all, no learners, or the sheet that failed."""
    nothing = plan_of([["x", "y"], ["1", "2"]])
    courses = plan_of([["Course ID", "Course Name"], ["C1", "x"]], sheet_name="Courses")
    failed = plan_of([["Email", "Status"], ["a@b.c", "p"]])
    read = plan_of([HEAD, ROW])
    assert [
        (file_failure(plans) or ("", ""))[0]
        for plans in ([nothing], [nothing, courses], [failed, read], [read, courses])
    ] == [
        "file.no_header",
        "file.missing_columns",
        "file.missing_columns",
        "",
    ]
    assert file_failure([plan_of([]), plan_of([])]) == (
        "file.unreadable",
        "The file is empty. Ask its sender for a new copy.",
    )
    assert (file_failure([plan_of([]), nothing]) or ("", ""))[0] == "file.no_header"
    assert courses.message == "There is no column of learners; the headers are Course ID, Course Name."
    assert (courses.rows, courses.header_row) == (1, 1)


def test_addresses_without_a_known_header_fail() -> None:
    """A list of learners must not be passed over in silence."""
    plan = plan_of([["ann@x.org", "2024-01-12", "x"], ["bob@x.org", "2024-01-12", "y"]])
    assert (plan.state, plan.code) == ("failed", "file.no_header")


def test_tables_side_by_side_without_learners_are_no_failure() -> None:
    """Lists of sessions with head counts, as at a library."""
    rows = [
        ["", "RDM", "", "", "Open access"],
        ["", "Date", "Attendees", "", "Date", "Attendees"],
        ["", "2016-01-12", "45", "", "2016-01-08", "20"],
    ]
    assert plan_of(rows).state == "skipped"


def test_a_name_alone_is_a_learner_only_beside_a_session_or_a_status() -> None:
    """A list of rooms has names too."""
    assert plan_of([["Name", "Seats"], ["Room 1", "20"]]).state == "skipped"
    assert plan_of([["Name", "Session ID", "Status"], ["Ann", "S1", "p"]]).state == "read"


def test_a_retry_reads_stored_rows_as_the_whole_sheet_was_read() -> None:
    """Header, defaults from cells and inferred facts come from the recorded plan; the profile's word stands above."""
    rows = [
        ["", "Safety"],
        ["Email", "Session Date", "Status"],
        ["a@b.c", "1/2/2024", "bogus"],
        ["b@b.c", "13/2/2024", "p"],
    ]
    default = '[defaults]\ncourse_name = {cell = "B1"}\n'
    first = plan_of(rows, default)
    stored = raw([rows[2]], first=3)
    again = plan_of(stored, default + '[values.status]\n"bogus" = "no_show"', recorded=first)
    assert (again.header_row, mapping(again), dict(again.constants)) == (2, mapping(first), {"course_name": "Safety"})
    found = canonical_rows(part_of(stored), marked(), again).rows
    assert table_of(found, "row", "status") == [(3, "no_show")]
    assert found["session_date"].dt.strftime("%Y-%m-%d").tolist() == ["2024-02-01"]
    assert replace(plan_of(stored, default, recorded=first), rows=first.rows) == first


NAMES = '[columns]\nlearner_name = ["First", "Last"]'
CAPTURED = '[columns]\ncourse_id = {column = "Course ID", pattern = "\\\\d"}'


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("profile", ["", NAMES, CAPTURED])
def test_batches_change_nothing(size: int, profile: str) -> None:
    """A sheet is planned batch by batch: header, repeated header, other table, date order and numbers anywhere."""
    head, other = ["First", "Last", *HEAD], ["Email", "Course Name", "Status"]
    body = [
        ["Ann", "A", "a@b.c", "C1", f"{day}/01/2024", "p", score] for day, score in ((1, "4"), (14, "45,5"), (3, "5"))
    ]
    sheet = raw([["Report"], head, *body[:1], head, *body[1:], [], other, ["x", "y", "z"]])
    cut = pa.concat_tables([sheet.slice(start, size) for start in range(0, len(sheet), size)])
    plan = plan_of(sheet, profile)
    assert (plan.state, bool(plan.note)) == ("read", True)
    assert plan_of(cut, profile) == plan
    gone = replace(plan, headers=(*plan.headers, ("Z", "Gone")))
    assert plan_of(cut, profile, recorded=gone) == plan_of(sheet, profile, recorded=gone)


def test_lines_that_all_split_alike_hint_at_their_delimiter() -> None:
    """Where no header is known because the cells were never taken apart; a workbook has no delimiter."""
    lines = [["Email^Course ID^Status"], ["a@b.c^C1^p"], ["d@e.f^C2^p"]]
    text = plan_as(lines, from_workbook=False)
    assert "Every line has the same number of “^”" in str(text.message)
    assert '[file] delimiter = "^"' in str(text.message)
    assert "delimiter" not in str(plan_as(lines, from_workbook=True).message)
    assert "delimiter" not in str(plan_as([["A^B"], ["1"], ["2^3"]], from_workbook=False).message)


def plan_as(lines: list[list[str]], *, from_workbook: bool) -> SheetPlan:
    """The plan of such lines, from a workbook or not."""
    return plan_sheet(
        raw(lines),
        sheet_name="s",
        sheet_position=0,
        file_name="f.csv",
        from_workbook=from_workbook,
        profile=parse_profile(""),
        destination="database",
        today=date(2026, 1, 1),
    )


def test_grades_beyond_a_percentage_are_named_where_no_type_is_said() -> None:
    """They may be points; where a grade type is known, a rule judges row by row."""
    rows = [["E-mail", "Session ID", "Status", "Test  score"], ["a@example.com", "S1", "completed", "640"]]
    told = (
        "Column D (Test score) has numbers outside 0 to 100, such as 640: loaded unchanged if the session has no grade "
        "type."
    )
    profile = '[columns]\ngrade = "Test  score"\n'
    assert plan_of(rows, profile).note == told
    assert plan_of(rows, profile + '[defaults]\ngrade_type = "Percentage"').note is None
    assert plan_of([rows[0], [*rows[1][:3], "64"]], profile).note is None


@pytest.mark.parametrize(
    ("header", "grades", "shown"),
    [
        *(("Nota", ["14,5", "17"], "17"), ("Mark", ["8", "9.5"], "9.5"), ("Mark", ["8", "64"], None)),
        *(("Mark", ["0.4", "0.9"], None), ("Mark /20", ["8", "9"], None), ("Mark", ["8%", "9%"], None)),
    ],
)
def test_grades_that_may_be_a_few_points_are_named(header: str, grades: list[str], shown: str | None) -> None:
    """The header may say of how many they are."""
    rows = [[f"{n}@example.com", "S1", "completed", grade] for n, grade in enumerate(grades)]
    note = plan_of([["E-mail", "Session ID", "Status", header], *rows]).note
    told = f"Column D ({header}) has no number above 20, such as {shown}: loaded unchanged."
    assert (note or "").startswith(told) if shown else "no number above" not in (note or "")


def test_a_sum_below_the_grades_is_no_grade() -> None:
    """It stands in a row that is ignored: what is said of the column is true of its records."""
    rows = [["E-mail", "Session ID", "Status", "Score"], ["a@example.com", "S1", "completed", "64"]]
    total = ["Total", "", "", "364"]
    assert plan_of([*rows, total]).note is None
    told = plan_of([*rows, ["b@example.com", "S1", "completed", "112"], total]).note
    assert told is not None
    assert "such as 112:" in told


@pytest.mark.parametrize(
    ("field", "kind", "told"),
    [
        ("session_date", shows_only("month 2022-10"), "names the cell B1: it shows only the month 2022-10."),
        ("course_name", "error", "names the cell B1: it cannot be read (cell.error)."),
    ],
)
def test_a_default_is_not_taken_from_a_cell_that_reads_otherwise(field: str, kind: str, told: str) -> None:
    """As in a column: no day is made up, and no error is a name."""
    rows = [["Rope", "2022-10-01 00:00:00"], ["Email", "Session ID", "Status"], ["a@x.org", "S1", "attended"]]
    profile = f'[defaults]\n{field} = {{cell = "B1"}}'
    plan = plan_of(rows, profile, marks=marked((1, "B", kind)), from_workbook=True)
    assert (plan.state, plan.code) == ("failed", "file.missing_columns")
    assert told in str(plan.message)
    assert plan_of(rows, profile, from_workbook=True).state == "read"


def test_a_record_with_words_of_headers_is_no_header() -> None:
    """`Participant` under `Role` and `Present` under `Attendance` say what their headers do not repeat."""
    rows = [
        ["Company", "Surname", "First name", "Course", "Course date", "Hours", "Role", "Attendance"],
        ["Acme", "Moss", "Ida", "Ladders", "14/03/2023", "8", "Participant", "Present"],
        ["Acme", "Fell", "Jon", "Ladders", "14/03/2023", "0", "Participant", "Absent"],
    ]
    assert plan_of(rows).header_row == 1


@pytest.mark.parametrize("header", ["DNI", "Codice Fiscale", "CPF", "PESEL", "BSN", "National Insurance Number", "NIR"])
def test_a_number_of_the_state_is_no_learners_id_by_itself(header: str) -> None:
    """The sheet is refused once, with the reason; beside an address nothing is said."""
    rest = ["Name", "Course", "Session Date", "Status"]
    row = ["44051401359", "Ann Lee", "Ladders", "2023-05-20", "Attended"]
    plan = plan_of([[header, *rest], row])
    assert (plan.code, f"“{header}”) contains national ID numbers" in (plan.message or "")) == (
        "file.missing_columns",
        True,
    )
    assert plan_of([[header, *rest], row], f'[columns]\nlearner_employee_id = "{header}"\n').state == "read"
    assert plan_of([[header, *rest, "Email"], [*row, "ann@x.org"]]).state == "read"
