"""Finding the table: header row, end, and the rows that carry no record."""

from typing import Any

import pytest

from tests.transforms.sheets import Rows, canonical_of, plan_of, table_of

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
        plan.note == "Row 4 begins another table (Name, Join Time, Leave Time, Duration, …): "
        "what stands from there on is not read."
    )
    assert ignored(rows) == [(3, "blank"), (4, "other table"), (5, "other table")]


def test_rows_without_a_record_are_ignored_with_their_reason() -> None:
    """Repeated header, blank lines, totals, notes and headings that are merged over the table."""
    rows = [
        HEAD,
        ANN,
        [],
        HEAD,
        ["Sales", "Sales", "Sales", "Sales", "Sales"],
        BOB,
        ["Total", "2"],
        ["", "", "", "", "85"],
        ["Exported by the HR department on 1 May"],
    ]
    assert ignored(rows) == [
        (3, "blank"),
        (4, "repeated header"),
        (5, "note"),
        (7, "totals"),
        (8, "totals"),
        (9, "note"),
    ]


def test_lines_of_another_kind_under_the_header_are_notes() -> None:
    """Points possible in the column of names, weekdays."""
    rows = [
        ["Name", "Session ID", "Status", "Score"],
        ["    Points Possible", "", "", "10.00"],
        ["", "Mon", "Tue"],
        ["Ann", "S1", "p", "9"],
    ]
    assert ignored(rows) == [(2, "note"), (3, "note")]


@pytest.mark.parametrize(
    "row",
    [
        ["E3", "", "", "", ""],
        ["", "Total Jane", "S1", "attended", ""],
        ["", "Mo", "S1", "attended", ""],
        ["", "", "S1", "attended", ""],
        ["Total", "", "S1", "attended", ""],
    ],
)
def test_a_row_that_names_a_learner_or_holds_a_record_is_never_ignored(row: list[str]) -> None:
    """Whatever else it lacks; its problems are told instead."""
    assert ignored([HEAD, ANN, row]) == []


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
