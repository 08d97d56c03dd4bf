"""Finding the table: its header row, and another table below it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transforms.sheets import Rows, canonical_of, plan_of, table_of
from transforms.planning.file_failure import file_failure

HEAD = ["Employee ID", "Name", "Session ID", "Status", "Score"]
ANN = ["E1", "Ann", "S1", "attended", "90"]
BOB = ["E2", "Bob", "S1", "completed", "80"]


def ignored(rows: Rows, profile: str = "", **other: Any) -> list[tuple[object, ...]]:
    return table_of(canonical_of(rows, profile, **other).ignored, "row", "reason")


def test_the_header_is_found_under_title_rows_at_any_column() -> None:
    """Nine title lines, the table begins at column C."""
    rows = [["Training history 2024"], *[["", f"line {n}"] for n in range(8)], ["", "", *HEAD], ["", "", *ANN]]
    plan = plan_of(rows)
    assert (plan.header_row, plan.first_row, plan.columns[0].letters) == (10, 11, ("C",))
    assert ignored(rows) == [(n, "title") for n in range(1, 10)]


def test_a_one_row_table_of_the_meeting_is_not_the_header() -> None:
    """Zoom writes the meeting and its host above the participants, under headings of its own."""
    rows = [
        ["Meeting ID", "Topic", "Start Time", "User Email", "Duration (Minutes)", "Participants"],
        ["123 456", "Safety", "2024-01-12 09:00", "host@x.org", "60", "2"],
        [],
        ["Name (Original Name)", "User Email", "Join Time", "Status"],
        ["Ann", "ann@x.org", "2024-01-12 09:01", "present"],
    ]
    assert plan_of(rows, '[defaults]\ncourse_name = {cell = "B2"}').header_row == 4


def test_a_later_different_header_ends_the_table() -> None:
    """What stands from there on is ignored and named in the note."""
    rows = [HEAD, ANN, [], ["Name", "Join Time", "Leave Time", "Duration"], ["Ann", "9:00", "10:00", "60"]]
    plan = plan_of(rows)
    assert (plan.last_row, plan.rows) == (3, 2)
    assert (
        plan.note == "Another table begins in row 4 (Name, Join Time, Leave Time, Duration, …): "
        "rows from there on are not read."
    )
    assert ignored(rows) == [(3, "blank"), (4, "other table"), (5, "other table")]


@pytest.mark.parametrize("role", ["Learner", "Student", "Participant", "Delegate", "Trainee"])
def test_rows_of_words_that_are_headers_are_records(role: str) -> None:
    """Roles, types and states of a registration are headers elsewhere: they end no table and begin none."""
    head = ["Role", "Type", "Registration", "E-mail", "Session ID", "Status"]
    rows = [[role, "Course", "Registered", f"a{n}@example.com", "S1", "attended"] for n in range(4)]
    found = canonical_of([head, *rows[:2], [], ["Group 2:"], *rows[2:]])
    assert found.rows["learner_email"].tolist() == [row[3] for row in rows]
    assert table_of(found.ignored, "row", "reason") == [(4, "blank"), (5, "note")]


def test_a_later_row_of_more_headers_is_not_the_header() -> None:
    """The first table that has a learner, a session and a status is read."""
    head = ["Employee ID", "Session ID", "Status", "Job", "Level", "Type"]
    rows = [["E1", "S1", "attended", "x", "y", "z"], ["Student", "Course", "Event", "Email", "Date", "Result"]]
    plan = plan_of([head, rows[0], rows[1], rows[0]])
    assert (plan.header_row, plan.rows) == (1, 3)
    assert plan_of([head, rows[0], rows[0], [], rows[1], rows[0]]).header_row == 1


@pytest.mark.parametrize(
    "other",
    [
        ["Name", "Email", "Status", "Room 7"],  # one cell is no header
        ["Session ID", "Event Date", "Attendees"],  # no learner
        ["Name", "Email", "Department"],  # nothing that the learner did
    ],
)
def test_what_is_no_header_row_as_a_whole_ends_no_table(other: list[str]) -> None:
    """Not even behind a title: its rows are judged."""
    assert ignored([HEAD, ANN, [], ["More:"], other, BOB]) == [(3, "blank"), (4, "note")]


def test_another_table_stands_apart() -> None:
    """Behind a blank row or a title; without one its row is a record as any other."""
    other = ["Name", "Session ID", "Status"]
    assert ignored([HEAD, ANN, other, ["Ann", "S1", "p"]]) == []
    assert ignored([HEAD, ANN, ["Part 2:"], other, ["Ann", "S1", "p"]]) == [
        (3, "note"),
        (4, "other table"),
        (5, "other table"),
    ]
    assert ignored([HEAD, ANN, [], other]) == [(3, "blank")]


def test_another_table_is_reported_and_the_first_is_loaded() -> None:
    plan = plan_of([HEAD, ANN, [], ["Name", "Session ID", "Status"], ["Ann", "S1", "attended"]])
    code, message = file_failure([plan]) or ("", "")
    assert (plan.state, plan.rows, code) == ("read", 2, "file.other_table")
    assert "from row 4 on" in message
    assert file_failure([plan_of([HEAD, ANN, HEAD, BOB])]) is None


@given(st.permutations(range(len(HEAD))).filter(lambda order: list(order) != sorted(order)))
def test_joined_files_with_columns_in_another_order(order: list[int]) -> None:
    """Nothing of the second file is read by the headers of the first, also without a blank row between them."""
    again = [[row[n] for n in order] for row in (HEAD, BOB)]
    assert ignored([HEAD, ANN, *again]) == [(3, "other table"), (4, "other table")]


WORDS = ("Learner", "Student", "Course", "Event", "Registered", "Email", "Status", "Session ID", "Employee ID", "Date")


@given(
    st.lists(
        st.tuples(st.sampled_from(["word", "blank", "row"]), st.lists(st.sampled_from(WORDS), min_size=5, max_size=5)),
        max_size=12,
    )
)
def test_no_row_is_lost_beside_rows_of_header_words(lines: list[tuple[str, list[str]]]) -> None:
    """Wherever such rows are, with blank rows before them or not: each row with a learner is a record."""
    head = ["Type", "Role", "E-mail", "Session ID", "Status"]
    people = ([*words[:2], f"p{n}@example.com", "S1", "attended"] for n, (_, words) in enumerate(lines))
    rows = [
        {"word": words, "blank": [], "row": person}[kind] for (kind, words), person in zip(lines, people, strict=True)
    ]
    last = ["Student", "Course", "last@example.com", "S1", "attended"]
    found = canonical_of([head, ["Learner", "Event", "first@example.com", "S1", "attended"], *rows, last])
    wanted = [row[2] for row in rows if row and row != ["Type", "Role", "E-mail", "Session ID", "Status"]]
    assert len(found.rows) == len(wanted) + 2
    assert set(found.ignored["reason"]) <= {"blank"}


def test_the_header_row_may_be_given() -> None:
    """Rows above it are title rows, even if they look like a better header."""
    rows = [HEAD, ["Code", "Who", "What", "How", ""], ["E1", "Ann", "S1", "attended"]]
    profile = '[sheet]\nheader_row = 2\n[columns]\nlearner_employee_id = "Code"\nsession_id = "What"\nstatus = "How"'
    assert ignored(rows, profile) == [(1, "title")]


def test_a_table_without_header_is_read_by_letters() -> None:
    """All columns named by letter: the first row is a record."""
    profile = '[columns]\nlearner_employee_id = "@A"\nsession_id = "@C"\nstatus = "@D"'
    found = canonical_of([["1", "x", "S1", "attended"], ["2", "y", "S2", "completed"]], profile)
    assert table_of(found.rows, "row", "learner_employee_id", "session_id") == [(1, "1", "S1"), (2, "2", "S2")]
