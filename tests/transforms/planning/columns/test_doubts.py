"""What may be read otherwise is said."""

import pytest

from tests.transforms.sheets import Rows, plan_of

HEAD = ["Employee ID", "Course", "Date", "Status"]
IDA, JON = ["71", "Ropes", "2023-05-13", "attended"], ["72", "Ropes", "2023-05-13", "attended"]


def note(rows: Rows, **other: object) -> str:
    """What is said of a sheet."""
    return plan_of(rows, **other).note or ""  # type: ignore[arg-type]


@pytest.mark.parametrize("header", ["Trainer", "Room", "Session Title", "Dozent", "Formateur", "Sala"])
def test_sessions_of_one_day_that_differ_are_named(header: str) -> None:
    """One course and day is one session, unless an ID or a time tells two apart."""
    rows = [[*HEAD, header], [*IDA, "North"], [*JON, "South"]]
    assert (
        f"“Ropes” on one day is read as one session, although “{header}” differs there (“North” and “South”)"
        in note(rows)
    )
    assert not note([[*HEAD, header], [*IDA, "North"], [*JON, "North"]])
    for more, one, other in (("Start Time", "09:00", "13:00"), ("Session ID", "R-1", "R-2")):
        assert not note([[*HEAD, header, more], [*IDA, "North", one], [*JON, "South", other]])


def test_what_each_learner_has_tells_no_sessions_apart() -> None:
    """Departments, and trainers of courses that people complete on their own."""
    assert not note([[*HEAD, "Department"], [*IDA, "North"], [*JON, "South"]])
    rows = [
        ["Employee ID", "Course", "Completion Date", "Trainer"],
        ["71", "Ropes", "2023-05-13", "A"],
        ["72", "Ropes", "2023-05-13", "B"],
    ]
    assert "differs" not in note(rows)


def test_a_bare_start_of_so_few_records_is_doubtful() -> None:
    """It may be the session's, or when the learner began."""
    rows = [["Employee ID", "Course", "Start Date", "Completion Date"], ["71", "Ropes", "2023-05-01", "2023-05-13"]]
    assert "“Start Date” is read as the day of the session; with so few rows" in note(rows)


def test_two_learners_with_starts_of_their_own_began_on_their_own() -> None:
    """A session has several learners."""
    rows = [["Employee ID", "Course", "Start Date", "Completion Date"]]
    rows += [["71", "Ropes", "2023-05-01", "2023-05-13"], ["72", "Ropes", "2023-05-02", "2023-05-14"]]
    plan = plan_of(rows)
    assert next(c.headers for c in plan.columns if c.field == "session_date") == ("Completion Date",)
    assert plan.unused_dates == ()


def test_what_a_legend_says_of_blank_cells_is_told() -> None:
    """They are no records: nobody wrote anything there."""
    rows = [["Course: Ropes"], ["P = present, blank = absent"], ["Emp No", "2023-05-02", "2023-05-09"], ["71", "P", ""]]
    assert "The sheet says that a blank cell means “absent”: blank cells are no records." in note(rows)
    rows[1] = ["P = present, blank = not expected"]
    assert "blank cell" not in note(rows)


def test_another_status_that_says_more_is_named() -> None:
    """Who dropped out is `Not Started` in the column that counts."""
    head = ["Employee ID", "Session ID", "Completion Status", "Learning Enrollment Status"]
    rows = [["71", "R1", "Completed", "Enrolled"], ["72", "R1", "Not Started", "Dropped"]]
    assert "“Learning Enrollment Status” has statuses too, such as “Dropped”, which are not used." in note(
        [head, *rows]
    )
    assert "has statuses too" not in note([head, rows[0]])


@pytest.mark.parametrize("header", ["Start", "Session Date", "Date", "Kursbeginn", "Date de début"])
def test_two_times_of_one_learner_on_one_day_are_asked_about(header: str) -> None:
    """Two sessions, or one told twice: a copy would be gone without a word."""
    head = ["Employee ID", "Course", header, "Status"]
    morning, noon = ["71", "Ropes", "2023-05-13 08:30", "attended"], ["71", "Ropes", "2023-05-13 12:00", "attended"]
    plan = plan_of([head, morning, noon])
    assert (plan.state, plan.code) == ("failed", "file.missing_columns")
    assert "“2023-05-13 08:30” and “2023-05-13 12:00”" in (plan.message or "")
    for name in ("session_date", "session_start"):
        assert plan_of([head, morning, noon], f'[columns]\n{name} = "{header}"').state == "read"


def test_times_that_tell_no_sessions_of_a_learner_apart_are_not_asked_about() -> None:
    """Of other learners, days and courses, with a time of their own, or of when each learner came."""
    morning, noon = "2023-05-13 08:30", "2023-05-13 12:00"
    head = ["Employee ID", "Course", "Start", "Status"]
    for other in (
        ["72", "Ropes", noon],
        ["71", "Ropes", "2023-05-14 12:00"],
        ["71", "Knots", noon],
        ["71", "Ropes", morning],
    ):
        assert plan_of([head, ["71", "Ropes", morning, "attended"], [*other, "attended"]]).state == "read"
    nobody = [["", "Ropes", at, "attended"] for at in (morning, noon)]
    assert plan_of([head, ["71", "Ropes", morning, "attended"], *nobody]).state == "read"
    for personal in ("Join Time", "Timestamp"):
        rows = [[*head[:2], personal, "Status"], *(["71", "Ropes", at, "attended"] for at in (morning, noon))]
        assert plan_of(rows).state == "read"


@pytest.mark.parametrize("header", ["Session ID", "Lesson ID", "Section ID", "Session Code"])
def test_small_numbers_that_several_courses_share_are_asked_about(header: str) -> None:
    """They count the sessions of each course: as IDs, attendances of one course would be copies of another's."""
    head = ["Employee ID", "Course", header, "Status"]
    rows = [["71", "Ropes", "1", "attended"], ["71", "Knots", "1", "attended"], ["72", "Ropes", "2", "attended"]]
    plan = plan_of([head, *rows])
    assert (plan.state, plan.code) == ("failed", "file.missing_columns")
    assert f"“{header}” has the number 1 for “Knots” and for “Ropes”" in (plan.message or "")
    for words in (f'["Course", "{header}"]', f'"{header}"'):
        assert plan_of([head, *rows], f"[columns]\nsession_id = {words}").state == "read"
    rows[1][1] = "ropes "
    assert plan_of([head, *rows]).state == "read"
    named = [[*row[:2], f"KX-{row[2]}", row[3]] for row in (*rows, ["72", "Knots", "1", "attended"])]
    assert plan_of([head, *named]).state == "read"


def test_numbers_of_sittings_are_no_ids_where_course_and_day_say_the_session() -> None:
    """It is told; two numbers on one day of a course are asked about."""
    head = ["Employee ID", "Course", "Date", "Schedule ID", "Status"]
    rows = [
        ["71", "Ropes", "2023-05-13", "1", "attended"],
        ["71", "Knots", "2023-06-13", "1", "attended"],
        ["72", "Knots", "2023-07-13", "2", "attended"],
    ]
    plan = plan_of([head, *rows])
    assert "session_id" not in {column.field for column in plan.columns}
    assert "“Schedule ID” is the same for several courses: it is read as a number, not as an ID." in (plan.note or "")
    assert plan_of([head, *rows, ["73", "Knots", "2023-07-13", "3", "attended"]]).code == "file.missing_columns"


@pytest.mark.parametrize("header", ["Locator number", "Schedule number", "Schedule #", "Session No"])
def test_a_header_of_a_number_names_no_session_by_small_ones(header: str) -> None:
    """Not even where no course contradicts them: the next file may."""
    head = ["Employee ID", "Course", "Date", header, "Status"]
    for number, fed in (("1", False), ("40071", True)):
        plan = plan_of([head, ["71", "Ropes", "2023-05-13", number, "attended"]])
        assert ("session_id" in {column.field for column in plan.columns}) == fed


@pytest.mark.parametrize(
    ("header", "moments", "clock"),
    [
        ("Date", ("2023-05-13 08:30", "2023-05-13 08:30", "2023-05-14"), True),
        ("Session Date", ("13.05.2023 08:30", "13.05.2023 08:30", "14.05.2023 12:00"), True),
        ("Date", ("2023-05-13 08:30:00", "2023-05-13 08:30:00", "2023-05-14 9:05:00"), True),
        ("Date", ("2023-05-13 08:31", "2023-05-13 08:31", "2023-05-14"), False),
        ("Date", ("2023-05-13 08:30:17", "2023-05-13 08:30:17", "2023-05-14"), False),
        ("Date", ("2023-05-13 08:30", "2023-05-13 09:30", "2023-05-14"), False),
        ("Date", ("2023-05-13", "2023-05-13 00:00", "2023-05-14"), False),
        ("Join Time", ("2023-05-13 08:30", "2023-05-13 08:30", "2023-05-14"), False),
    ],
)
def test_a_time_that_all_of_a_course_and_day_share_is_the_sessions(
    header: str, moments: tuple[str, ...], clock: bool
) -> None:
    """In whole five minutes, as somebody plans it; what is each learner's own is none."""
    rows = [[str(71 + at), "Ropes", moment, "attended"] for at, moment in enumerate(moments)]
    plan = plan_of([["Employee ID", "Course", header, "Status"], *rows])
    assert [column.clock for column in plan.columns if column.field == "session_date"] == [clock]
