"""What columns say beside their own field, and what is said about it."""

import pandas as pd
import pytest

from tests.transforms.sheets import canonical_of, mapping, plan_of, table_of

WHO = ["Email", "Course"]
ANN = ["ann@x.org", "Ropes"]


def days(rows: pd.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    """The columns' values, days as ISO text."""
    shown = rows.assign(
        **{name: rows[name].dt.strftime("%Y-%m-%d") for name in columns if name.endswith(("_on", "_date"))}
    )
    return table_of(shown, *columns)


def mapped(plan_columns: object) -> dict[str, tuple[str, ...]]:
    """Field -> the headers that feed it."""
    return {column.field: column.headers for column in plan_columns}  # type: ignore[attr-defined]


def test_a_course_completed_without_a_session_is_a_record_of_that_day() -> None:
    """A row without the day is refused: the day of enrollment, or of the import, is none."""
    rows = [[*WHO, "Registered on", "Finished on"], [*ANN, "2/1/2023", "2/13/2023"], [*ANN, "2/1/2023", ""]]
    plan = plan_of(rows)
    assert plan.note == (
        "Each record belongs to the day under “Finished on”: no column is a session or its date. "
        "No column is a status: a date under “Finished on” is read as completed."
    )
    found = canonical_of(rows).rows
    assert days(found, "row", "session_date", "status", "completed_on") == [
        (2, "2023-02-13", "completed", "2023-02-13"),
        (3, None, None, None),
    ]


def test_so_is_one_without_a_date_beside_sessions_that_have_theirs() -> None:
    """But not where its session's date cannot be read, or nobody completed it."""
    rows = [
        [*WHO, "Session Date", "Completion Date", "Status"],
        [*ANN, "2023-02-10", "2023-02-13", "completed"],
        [*ANN, "", "2023-02-14", "completed"],
        [*ANN, "soon", "2023-02-15", "completed"],
        [*ANN, "", "2023-02-16", "enrolled"],
    ]
    found = canonical_of(rows).rows
    assert days(found, "row", "session_date") == [(2, "2023-02-10"), (3, "2023-02-14"), (4, None), (5, None)]


@pytest.mark.parametrize("header", ["Join time", "Arrival", "Date attended", "Signed in"])
def test_who_came_attended(header: str) -> None:
    """Where no column is a status."""
    plan = plan_of([[*WHO, header], [*ANN, "2023-02-13 09:01"]])
    assert (plan.state, mapped(plan.columns)["status"]) == ("read", (header,))
    assert f"a date under “{header}” is read as attended" in str(plan.note)


def test_entries_of_a_form_are_attendances_only_where_people_signed_in_by_it() -> None:
    """A form for something else says nothing of who was there."""
    entry = ["ann@x.org", "2/13/2023 9:01:10", "Ropes"]
    signed = plan_of([["Email Address", "Timestamp", "Which training are you signing in for?"], entry])
    assert (signed.state, mapped(signed.columns)["status"]) == ("read", ("Timestamp",))
    asked = plan_of([["Email Address", "Timestamp", "Which training?"], entry])
    assert asked.code == "file.missing_columns"


def test_an_id_that_several_courses_of_a_learner_share_is_no_session() -> None:
    """The class of a qualification's units; the units' own days are."""
    head = ["Employee ID", "Class ID", "Course", "Start Date", "Status"]
    shared = [["7", "C1", f"Unit {n}", f"2023-02-{n:02}", "completed"] for n in range(1, 8)]
    assert "session_id" not in mapped(plan_of([head, *shared]).columns)
    apart = [["7", f"C{n}", f"Unit {n}", f"2023-02-{n:02}", "completed"] for n in range(1, 8)]
    assert "session_id" in mapped(plan_of([head, *apart]).columns)


def test_the_order_of_days_and_months_is_the_files() -> None:
    """Of dates in one form; others stay in doubt."""
    head = [*WHO, "Session Date", "Registration Date", "Status"]
    first, second = "2/13/2023", "2/1/2023"
    rows = canonical_of([head, [*ANN, first, second, "attended"]]).rows
    assert days(rows, "session_date", "enrolled_on") == [("2023-02-13", "2023-02-01")]
    other = canonical_of([head, [*ANN, first, "2.1.2023", "attended"]])
    assert table_of(other.failures, "column", "code") == [("D", "date.ambiguous")]


def test_a_status_of_the_enrollment_alone_gives_way_to_one_that_says_what_became_of_it() -> None:
    """`Active` says nothing of an attendance."""
    head = ["Email", "Session ID", "Enrolment Status", "Outcome"]
    plan = plan_of([head, ["a@x.org", "S1", "Active", "passed"], ["b@x.org", "S1", "Active", "withdrawn"]])
    assert mapped(plan.columns)["status"] == ("Outcome",)
    kept = plan_of([head, ["a@x.org", "S1", "attended", "passed"]])
    assert mapped(kept.columns)["status"] == ("Enrolment Status",)


def test_a_meeting_that_has_one_number_every_week_is_a_session_each_day() -> None:
    """Its number tells no learner's records apart; one that stands for one day is the session's."""
    head = ["Meeting ID", "Course", "Session Date", "Email", "Status"]
    weekly = [["812 334", "Ropes", f"2023-05-{day:02}", f"{who}@x.org", "attended"] for day in (2, 9) for who in "ab"]
    plan = plan_of([head, *weekly])
    assert "session_id" not in mapped(plan.columns)
    assert "“Meeting ID” is the same on several days: each day is read as a session of its own." in (plan.note or "")
    assert "session_id" in mapped(plan_of([head, *weekly[:2]]).columns)
    times = [["812 334", "Ropes", f"2023-05-02 09:0{n}", "a@x.org", "attended"] for n in range(3)]
    assert "session_id" in mapped(plan_of([head, *times]).columns)


def test_a_number_that_people_complete_on_days_of_their_own_is_no_session() -> None:
    """Under `Training ID`, which is that of a course as often; another ID is a session's."""
    rows = [["771", "Ropes", f"{who}@x.org", "completed", f"2023-05-0{n}"] for n, who in enumerate("abc", 1)]
    tail = ["Course", "Email", "Status", "Completion Date"]
    assert "session_id" not in mapped(plan_of([["Training ID", *tail], *rows]).columns)
    assert "session_id" in mapped(plan_of([["Session ID", *tail], *rows]).columns)


@pytest.mark.parametrize(("start", "end"), [("Start Date", "End Date"), ("Fecha de inicio", "Fecha de término")])
def test_the_last_day_of_a_course_is_that_of_its_completion(start: str, end: str) -> None:
    """Where nothing else is, and the end is not that of a certificate, a contract or another year."""
    rows = [
        [*ANN, "completed", "2023-05-02", "2023-05-04"],
        ["bo@x.org", "Ropes", "completed", "2023-05-02", "2023-05-04"],
    ]
    head = [*WHO, "Status", start, end]
    plan = plan_of([head, *rows])
    assert mapped(plan.columns)["completed_on"] == (end,)
    assert f"“{end}” is read as the day of completion." in (plan.note or "")
    late = [[*row[:4], "2025-05-01"] for row in rows]
    assert "completed_on" not in mapped(plan_of([head, *late]).columns)
    known = plan_of([[*head, "Completed on"], *([*row, "2023-05-03"] for row in rows)])
    assert mapped(known.columns)["completed_on"] == ("Completed on",)


@pytest.mark.parametrize("header", ["Which session did you attend?", "Training Attended", "Course you attended"])
def test_who_names_the_course_that_they_attended_attended_it(header: str) -> None:
    """On the day that the form asks for, or on which it was sent."""
    plan = plan_of([["Timestamp", "Email", header, "Date"], ["2023-05-02 09:00", "ann@x.org", "Ropes", "2023-05-01"]])
    assert mapped(plan.columns)["course_name"] == (header,)
    assert "a date under “Date” is read as attended" in (plan.note or "")


def test_the_last_day_of_a_course_that_nobody_completed_says_nothing() -> None:
    """It is none of a completion, and known: nobody is asked about it."""
    head = [*WHO, "Status", "Start Date", "End Date"]
    rows = [[*ANN, "attended", "2023-05-02", "2023-05-04"], ["bo@x.org", "Ropes", "absent", "2023-05-02", "2023-05-04"]]
    plan = plan_of([head, *rows])
    assert "completed_on" not in mapped(plan.columns)
    assert plan.unused_dates == ()


def test_the_start_of_a_course_that_learners_began_each_on_their_own_is_no_session() -> None:
    """Where those of one course began together, it is the day of the session."""
    head = ["Email", "Course", "Course Start Date", "Course Completion Date"]
    people = [f"{n}@x.org" for n in range(1, 5)]
    own = [[who, "Ladders", f"2023-05-{n + 10}", f"2023-05-{n + 20}"] for n, who in enumerate(people)]
    assert mapping(plan_of([head, *own]))["session_date"] == "Course Completion Date"
    together = [[who, "Ladders", "2023-05-10", "2023-05-11"] for who in people]
    assert mapping(plan_of([head, *together]))["session_date"] == "Course Start Date"
    transcript = [["a@x.org", f"Course {n}", f"2023-05-{n + 10}", f"2023-05-{n + 11}"] for n in range(4)]
    assert mapping(plan_of([head, *transcript]))["session_date"] == "Course Start Date"


def test_the_end_of_a_unit_is_the_day_of_its_completion_after_months_too() -> None:
    """A course's own end is not, so late."""
    for what, field in (("Unit", "Unit End Date"), ("Course", None)):
        head = ["Email", f"{what} Name", f"{what} Start Date", f"{what} End Date", "Outcome"]
        rows = [["a@x.org", "Lifting", "2022-11-01", "2023-05-20", "Competent"]]
        assert mapping(plan_of([head, *rows])).get("completed_on") == field


def test_a_day_of_completion_says_nothing_beside_words_that_somebody_did_not_come() -> None:
    """Whatever their header."""
    head, rows = [*WHO, "Completed on", "Verdict"], [[*ANN, "2023-05-02", "completed"]]
    assert mapping(plan_of([head, *rows]))["status"] == "Completed on"
    assert plan_of([head, *rows, ["bo@x.org", "Ropes", "2023-05-02", "no show"]]).code == "file.missing_columns"


def test_a_blank_time_of_the_check_in_is_an_absence() -> None:
    """It is told; a blank time of joining may be anything."""
    head, rows = [*WHO, "Event Date", "Check-in Time"], [[*ANN, "2023-05-20", "2023-05-20 08:51"]]
    found = canonical_of([head, *rows, ["bo@x.org", "Ropes", "2023-05-20", ""]])
    assert table_of(found.rows, "status") == [("attended",), ("no_show",)]
    assert "“Check-in Time” is read as attended, a blank as no_show." in (plan_of([head, *rows]).note or "")
    joined = canonical_of([[*head[:3], "Join Time"], *rows, ["bo@x.org", "Ropes", "2023-05-20", ""]])
    assert table_of(joined.rows, "status") == [("attended",), (None,)]


def test_a_start_beside_an_end_is_that_of_the_training() -> None:
    """Even where everybody took it on days of their own; a start beside a completion may be each learner's."""
    rows = [
        [*WHO, "Training start date", "Training end date", "Status"],
        [*ANN, "2023-02-13", "2023-02-15", "Completed"],
        ["bo@x.org", "Ropes", "2023-03-06", "2023-03-08", "Cancelled"],
    ]
    assert days(canonical_of(rows).rows, "session_date") == [("2023-02-13",), ("2023-03-06",)]
