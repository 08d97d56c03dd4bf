"""What stands above a table as label and value holds for all of its rows."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollbook.rows.marks import shows_only
from tests.transforms.planning.proposal.test_inspection import view
from tests.transforms.sheets import Rows, marked, plan_of, raw
from transforms.planning.proposal.profile_text import profile_text
from transforms.planning.sheet_plan import SheetPlan
from transforms.planning.table.table_detection import rows_of
from transforms.planning.table.title_cells import title_cells

TABLE = [["Email", "Name", "Status"], ["a@b.c", "Ann Ash", "attended"]]
COURSE = "Rope Access"


def titled(*above: Sequence[str], table: Rows = TABLE, profile: str = "", destination: str = "database") -> SheetPlan:
    """The plan of a table below some lines and a blank one."""
    return plan_of([*map(list, above), [], *map(list, table)], profile, destination=destination)


def said(plan: SheetPlan) -> dict[str, str]:
    """Field -> the text that a title says."""
    return {title.field: title.text for title in plan.titles}


@pytest.mark.parametrize(
    "line",
    [
        ["Course: Rope Access"],
        ["COURSE NAME : Rope Access"],
        ["Course", "Rope Access"],
        ["Course:", "", "Rope Access"],
        ["", "Training title", "Rope Access"],
        ["Thema:", "Rope Access"],
        ["Intitulé de la formation : Rope Access"],
        ["Curso:", "Rope Access"],
        ["Treinamento: Rope Access"],
        ["Corso: Rope Access"],
        ["Cursus: Rope Access"],
        ["Szkolenie: Rope Access"],
        ["اسم الدورة: Rope Access"],
        ["Course：Rope Access"],
        ["Event: Rope Access"],
        ["Site: Quay 3    Course: Rope Access   Trainer: Marlo Quist"],
        ["Course: Rope Access, Venue: Quay 3"],
        ["Course: Rope Access | Room: 4"],
        ["Course: Rope Access\nTrainer: Marlo Quist"],
    ],
)
def test_a_label_with_its_value_names_the_course(line: list[str]) -> None:
    """In the same cell, or in the next one, in every language; other labels of the cell end it."""
    plan = titled(line, ["Date: 2023-09-14"])
    assert (plan.state, said(plan)) == ("read", {"course_name": COURSE, "session_date": "2023-09-14"}), plan.message
    assert f"course “{COURSE}”" in (plan.note or "")


@pytest.mark.parametrize(
    "line",
    [
        ["TRAINING MATRIX - DEPOT 4"],
        ["Report: Users - Courses"],
        ["Trainer: Rope Access"],
        ["Course"],
        ["Course:", ""],
        ["Course:", "N/A"],
        ["Course", "All courses"],
        ["Course:", "Date:"],
        ["Course:", "2023-09-14"],
        ["Due date: 2023-09-14"],
        ["Title: Rope Access"],
        ["Our course on ropes"],
    ],
)
def test_what_is_no_label_with_a_value_names_no_course(line: list[str]) -> None:
    """A free title says nothing, nor does a label of something else."""
    assert not {"course_name", "course_id"} & said(titled(line, ["Training date: 2023-09-14"])).keys()


def test_values_stand_below_their_labels() -> None:
    """In a line of labels; a pair of cells is one of label and value where labels stand below each other."""
    below = titled(["Webinar Name", "", "Webinar ID"], [COURSE, "", "771-204"], ["Start date"], ["14 Sep 2023"])
    assert said(below) == {"course_name": COURSE, "session_date": "14 Sep 2023"}
    pairs = titled(["Course", COURSE], ["Depot", "North"], ["Date", "14 Sep 2023"])
    assert said(pairs) == {"course_name": COURSE, "session_date": "14 Sep 2023"}


def test_what_columns_or_the_profile_say_stands_above_titles() -> None:
    """A title about another course than the rows' is not mixed in; a bare date may be that of the report."""
    table = [["Email", "Course", "Session Date", "Status"], ["a@b.c", "Knots", "2023-05-01", "attended"]]
    assert not titled(["Course ID: R-1"], ["Date: 2023-09-14"], table=table).titles
    course = [["Email", "Course", "Status"], ["a@b.c", "Knots", "attended"]]
    assert titled(["Date: 2023-09-14"], table=course).state == "failed"
    assert said(titled(["Training date: 2023-09-14"], table=course)) == {"session_date": "2023-09-14"}
    told = titled([f"Course: {COURSE}"], ["Date: 2023-09-14"], profile='[defaults]\ncourse_name = "Knots"')
    assert dict(told.constants) == {"course_name": "Knots", "session_date": "2023-09-14"}


def test_the_day_of_the_session_counts_before_that_of_joining_it() -> None:
    """Who did not come has none."""
    table = [["Email", "Attended", "Join time"], ["a@b.c", "Yes", "2023-09-14 09:02"], ["b@b.c", "No", ""]]
    plan = titled([f"Topic: {COURSE}"], ["Start time: 2023-09-14 09:00"], table=table)
    assert said(plan)["session_date"] == "2023-09-14 09:00"
    assert "session_date" not in {column.field for column in plan.columns}


def test_the_period_of_a_report_is_no_session() -> None:
    """A course ends within some days of its start."""
    line = [f"Course: {COURSE}"]
    assert titled(line, ["From: 2023-01-01", "To: 2023-12-31"]).state == "failed"
    assert said(titled(line, ["From: 2023-09-14", "To: 2023-09-15"]))["session_date"] == "2023-09-14"


def test_a_day_that_may_be_another_is_refused_with_both() -> None:
    """Unless the sheet's own columns, or the profile, show the order."""
    lines = ([f"Course: {COURSE}"], ["Date: 03/04/2023"])
    plan = titled(*lines)
    assert plan.state == "failed"
    assert "Cell A2 (“Date”) is the session date of all rows" in (plan.message or "")
    assert "2023-04-03 or 2023-03-04" in (plan.message or "")
    assert titled(*lines, profile='[dates]\norder = "DMY"').state == "read"
    dated = [["Email", "Status", "Completion Date"], ["a@b.c", "completed", "13/04/2023"]]
    (column,) = (c for c in titled(*lines, table=dated).defaults if c.field == "session_date")
    assert column.date_order == "DMY"


def test_what_may_be_more_than_the_value_is_told_and_not_taken() -> None:
    """Two courses, or words that may be another label."""
    plan = titled(["Course: Rope Access Zqx: Iris Holt"], ["Date: 2023-09-14"])
    assert "Cell A1 may contain more" in (plan.message or "")
    plan = titled(["Course: Knots"], ["Course: Ropes"], ["Date: 2023-09-14"])
    assert "A1 (“Knots”) and A2 (“Ropes”) differ" in (plan.message or "")


def test_a_marked_cell_is_not_used() -> None:
    """A cell that shows only a month says no day."""
    rows = [["Course", COURSE], ["Date", "2023-09-01"], [], *TABLE]
    marks = marked((2, "B", shows_only("month 2023-09")))
    plan = plan_of(rows, marks=marks, from_workbook=True)
    assert plan.state == "failed"
    assert "Cell B2 (“Date”) is not used" in (plan.message or "")


@pytest.mark.parametrize(
    "lines",
    [
        (["Course: Rope Access, Venue: Quay 3"], ["Date: 2023-09-14"]),
        (["Course", COURSE], ["Date: 2023-09-14    Time: 08:30 - 10:00   Room: 4"]),
        (["Date: 2023-09-14 Course: Rope Access"],),
    ],
)
def test_the_proposed_profile_says_the_same(lines: Sequence[list[str]]) -> None:
    """By cell, and by pattern where the cell holds more."""
    rows = [*lines, [], *TABLE]
    profile = profile_text([view(rows)], ["a.csv"])
    assert 'course_name = {cell = "' in profile
    assert plan_of(rows, profile).constants == titled(*lines).constants


def test_a_plan_with_titles_survives_its_json_and_a_retry() -> None:
    """Rows that come back later are read as with the titles that are no longer there."""
    plan = titled([f"Course: {COURSE}"], ["Date: 2023-09-14"])
    assert SheetPlan.from_json(plan.to_json()) == plan
    again = plan_of(raw(TABLE[1:], first=5), recorded=plan)
    assert (again.constants, again.titles) == (plan.constants, plan.titles)


def test_titles_say_nothing_for_axcelerate() -> None:
    """Its classes and units are others."""
    table = [["Contact ID", "Class ID", "Outcome Code"], ["7", "9", "20"]]
    assert not titled(["Course: Knots"], table=table, destination="axcelerate").titles


@given(
    st.lists(
        st.lists(
            st.sampled_from(["", "Course", "Course:", "Date: ", "Date: 2023-09-14", "Trainer:", "x", ":", "12:30"]),
            max_size=6,
        ),
        max_size=6,
    )
)
def test_any_lines_are_read_in_order_and_values_are_texts_of_their_cells(rows: list[list[str]]) -> None:
    """Whatever stands there."""
    lines = [line for line in rows_of(raw(rows)) if line[1]]
    here = {f"{letter}{row}": text for row, cells in lines for letter, text in cells.items()}
    for found in title_cells(lines, "ABCDEFGHIJ"):
        assert found.text
        assert found.text in here[found.cell]
        assert found.label in here[found.place]


@pytest.mark.parametrize("course", ["Induction", "Fire Safety", "Toolbox Talk"])
def test_a_value_in_a_list_of_labels_may_be_a_known_word(course: str) -> None:
    """Labels with their values beside them stand in rows next to each other."""
    rows = [
        ["1. Summary", None, None],
        ["Meeting title", course, None],
        ["Participants", "2", None],
        ["Start time", "2023-05-14 09:00", None],
        [None, None, None],
        ["Name", "Email", "Join Time"],
        ["Ann Lee", "ann@x.org", "2023-05-14 09:01"],
    ]
    assert dict(plan_of(rows).constants)["course_name"] == course


@pytest.mark.parametrize(
    ("day", "why"),
    [("4-5 May 2022", "it is more than one day"), ("4 May", "it has no year"), ("04.05.", "it has no year")],
)
def test_a_title_that_is_no_whole_day_is_told(day: str, why: str) -> None:
    """The label is the session date's, so nobody is told that there is none."""
    plan = plan_of([["Course:", "Slings"], ["Date:", day], [], ["Email", "Attended"], ["a@b.example", "yes"]])
    assert (plan.state, plan.code) == ("failed", "file.missing_columns")
    assert f"Cell B2 (“Date”) is “{day}”, which cannot be read as the session date: {why}." in str(plan.message)


@pytest.mark.parametrize(("day", "why"), [("04.05.", "it has no year"), ("4/5 + 5/5", "it is more than one day")])
def test_a_column_of_parts_of_dates_is_told(day: str, why: str) -> None:
    """Its header names the session's date, and its texts are the reason why it is not used."""
    rows = [["E-Mail", "Schulung", "Datum", "Status"], ["a@b.example", "Kran", day, "anwesend"]]
    assert f"Column C (“Datum”) is not used, because a text such as “{day}” is no whole date: {why}." in str(
        plan_of(rows).message
    )
