"""Registers: columns headed by dates with marks in their cells are read as sessions without a profile."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.sheets import canonical_of, mapping, marked, part_of, plan_of, raw, table_of
from transforms.canonical import canonical_rows
from transforms.planning.sheet_plan import SheetPlan

COURSE = '[defaults]\ncourse_name = "Ladder Safety"\n'
HEAD = ["Emp No", "Name", "2023-05-02 00:00:00", "2023-05-09 00:00:00", "2023-05-16 00:00:00"]
LEGEND = "✓ = present    A = absent    N = not expected    blank = on leave"


def statuses(marks: Sequence[str], *legend: str, head: Sequence[str] = HEAD) -> list[str | None]:
    """What each mark becomes in a register with a tick on the first day, the mark on the second."""
    rows = [[legend_text] for legend_text in legend]
    rows += [list(head), *([f"0{n}", f"Ida Moss {n}", "✓", mark] for n, mark in enumerate(marks))]
    found = canonical_of(rows, COURSE, from_workbook=True)
    by_place = {(row, col): status for row, col, status in table_of(found.rows, "row", "col", "status")}
    failed = {(row, col) for row, col in table_of(found.failures, "row", "col")}
    first = len(legend) + 2
    return [
        "refused" if (row, 4) in failed else by_place.get((row, 4), "no record")
        for row in range(first, first + len(marks))
    ]


def test_a_register_is_read_by_itself() -> None:
    """A filled cell is a record of its date's session; sums and signatures are no sessions, and never a grade."""
    rows = [
        ["Register"],
        [*HEAD, "Total", "Percentage", "Signature", "Remarks"],
        ["0417", "Ida Moss", "✓", "✓", "", "2", "67%", "", "late twice"],
        ["0418", "Jon Reed", "", "A", "✓", "1", "33%", "", ""],
        ["0419", "Kit Lowe", "", "", "", "0", "0%", "", ""],
    ]
    plan = plan_of(rows, COURSE, from_workbook=True)
    assert (plan.state, plan.layout, mapping(plan)) == (
        "read",
        "wide",
        {"learner_employee_id": "Emp No", "learner_name": "Name"},
    )
    assert plan.unmapped == ("Total", "Percentage", "Signature", "Remarks")
    assert plan.note == (
        "3 columns with a date as their header are read as sessions, one row for a learner; “A” is read as absent."
    )
    found = canonical_rows(part_of(raw(rows)), marked(), plan)
    days = found.rows.assign(session_date=found.rows["session_date"].dt.strftime("%d"))
    assert table_of(days, "row", "col", "learner_employee_id", "session_date", "status") == [
        (3, 3, "0417", "02", "attended"),
        (3, 4, "0417", "09", "attended"),
        (4, 4, "0418", "09", "no_show"),
        (4, 5, "0418", "16", "attended"),
    ]
    assert table_of(found.ignored, "row", "reason") == [(1, "title"), (5, "no session")]


def test_the_plan_comes_back_and_a_retry_reads_as_before() -> None:
    """What was inferred of all rows holds for the few that are tried again."""
    rows = [[LEGEND], HEAD, ["0417", "Ida Moss", "✓", "N", "A"], ["0418", "Jon Reed", "✓", "?", "E"]]
    plan = plan_of(rows, COURSE, from_workbook=True)
    assert SheetPlan.from_json(plan.to_json()) == plan
    few = raw([["0418", "Jon Reed", "A", "N", "✓"]], first=4)
    again = plan_of(few, COURSE, from_workbook=True, recorded=plan)
    assert replace(again, rows=plan.rows, note=None) == replace(plan, note=None)
    assert table_of(canonical_rows(part_of(few), marked(), again).rows, "col", "status") == [
        (3, "no_show"),
        (5, "attended"),
    ]


@pytest.mark.parametrize(
    ("legend", "marks", "read"),
    [
        ((), ["A", "E", "L", "x", "N"], ["no_show", "refused", "refused", "refused", "no_show"]),
        ((LEGEND,), ["A", "n", "✔", "E"], ["no_show", "no record", "attended", "refused"]),
        (
            ("P = Present, A = Absent, L = Late, E = Excused",),
            ["P", "A", "L", "E"],
            ["attended", "no_show", "attended", "refused"],
        ),
        (("Key: P: present; X: absent",), ["P", "x"], ["attended", "no_show"]),
        (("P - Pending; A - Attended",), ["P", "A"], ["refused", "attended"]),
        (("A = absent / P = present / A = attended",), ["A"], ["refused"]),
        (("Site: North  Room: 4 = large",), ["A"], ["no_show"]),
    ],
)
def test_a_legend_says_what_marks_mean_in_its_sheet(legend: tuple[str, ...], marks: list[str], read: list[str]) -> None:
    """What it explains by a word that is unknown or may be several is refused, whatever the mark means elsewhere."""
    assert statuses(marks, *legend) == read


def test_a_legend_may_stand_in_two_columns_below_the_table() -> None:
    """The mark in one cell, its meaning beside it."""
    rows = [HEAD, ["01", "Ida Moss", "P", "X"], ["02", "Jon Reed", "P", "P"], [], ["P", "Present"], ["X", "Absent"]]
    found = canonical_of(rows, COURSE, from_workbook=True)
    assert [status for (status,) in table_of(found.rows, "status")] == ["attended", "no_show", "attended", "attended"]


def test_a_letter_with_two_senses_is_refused_in_a_sheet_of_unknown_language() -> None:
    """Anwesend and abwesend both begin with A; a P beside it says that A is not the present."""
    unknown = ["E-mail", *HEAD[2:]]
    rows = [unknown, ["a@b.org", "✓", "A"], ["c@d.org", "✓", "✓"]]
    assert table_of(canonical_of(rows, COURSE, from_workbook=True).failures, "value", "code") == [
        ("A", "status.unknown")
    ]
    found = canonical_of([unknown, ["a@b.org", "P", "A"]], COURSE, from_workbook=True)
    assert [status for (status,) in table_of(found.rows, "status")] == ["attended", "no_show"]


def test_marks_with_points_are_those_of_moodle() -> None:
    """0 points say absent; `?` was not taken; excused is asked; 0 points of one who is present contradict."""
    head = ["Email address", "2 May 2023 9.00AM All students", "9 May 2023 1.30PM Group B", "Points", "Percentage"]
    rows = [
        head,
        ["a@b.org", "P (2/2)", "A (0/2)", "2 / 4", "50"],
        ["c@d.org", "L (1/2)", "?", "1 / 2", "50"],
        ["e@f.org", "E (1/2)", "P (0/2)", "1 / 4", "25"],
    ]
    found = canonical_of(rows, COURSE)
    assert table_of(found.rows.iloc[:3], "row", "col", "session_start", "status", "grade") == [
        (2, 2, "09:00", "attended", None),
        (2, 3, "13:30", "no_show", None),
        (3, 2, "09:00", "attended", None),
    ]
    assert table_of(found.failures, "row", "col", "value", "detail") == [
        (4, 2, "E (1/2)", "it could mean no_show or cancelled"),
        (4, 3, "P (0/2)", "it has no points, but P means attended"),
    ]


@pytest.mark.parametrize(
    "cells",
    [["7.5", "3"], ["85%", "90%"], ["B", "A"], ["", ""], ["2023-05-01", "2023-05-02"], ["x", ""], ["A", "E"]],
    ids="_".join,
)
def test_cells_that_are_no_marks_of_the_present_are_asked_about(cells: list[str]) -> None:
    """Hours, rates, grades, dates, a few crosses: what they mean, a person says."""
    rows = [HEAD, ["01", "Ida Moss", *cells, ""], ["02", "Jon Reed", "", "", ""], ["03", "Kit Lowe", "", "", ""]]
    if cells == ["x", ""]:
        assert table_of(canonical_of(rows, COURSE, from_workbook=True).failures, "code") == [("status.unknown",)]
        return
    plan = plan_of(rows, COURSE, from_workbook=True)
    assert (plan.state, plan.code, plan.sessions) == ("failed", "file.missing_columns", ())
    assert "3 columns have a date as their header" in str(plan.message)


@pytest.mark.parametrize("mark", ["x", "X", "1", "Y", "yes", "✓", "P", "Present"])
def test_a_mark_in_most_cells_says_present(mark: str) -> None:
    """A cross too, where it is the only mark: those who are absent are fewer."""
    rows = [HEAD, ["01", "Ida Moss", mark, mark, ""], ["02", "Jon Reed", mark, "", mark]]
    found = canonical_of(rows, COURSE, from_workbook=True)
    assert table_of(found.rows, "status") == [("attended",)] * 4
    assert found.failures.empty


@pytest.mark.parametrize(
    "beside",
    [("Status", "completed"), ("Session ID", "S-77")],
)
def test_a_sheet_whose_rows_are_records_stays_long(beside: tuple[str, str]) -> None:
    """A status or a session beside the dates says what a row is."""
    rows = [[*HEAD, beside[0]], ["01", "Ida Moss", "✓", "✓", "", beside[1]]]
    assert plan_of(rows, COURSE, from_workbook=True).layout == "long"


def test_a_rate_under_attendance_is_no_status() -> None:
    """It belongs to all sessions."""
    rows = [[*HEAD, "Attendance"], ["01", "Ida Moss", "✓", "✓", "", "67%"]]
    plan = plan_of(rows, COURSE, from_workbook=True)
    assert (plan.layout, "status" in mapping(plan)) == ("wide", False)


@pytest.mark.parametrize(
    ("header", "own"), [("Due 02/05/2023", False), ("Tue 02/05/2023", True), ("Session 02/05/2023", True)]
)
def test_what_stands_before_a_date_says_whether_it_is_a_sessions(header: str, own: bool) -> None:
    """A due date is none."""
    rows = [["Emp No", header, header.replace("02", "23")], ["01", "✓", "✓"]]
    assert (plan_of(rows, COURSE).layout == "wide") is own


def test_the_profile_says_that_a_sheet_is_long() -> None:
    """Then its sessions are none, whatever the cells hold."""
    rows = [HEAD, ["01", "Ida Moss", "✓", "✓", ""]]
    plan = plan_of(rows, '[sheet]\nlayout = "long"\n' + COURSE, from_workbook=True)
    assert (plan.state, plan.sessions) == ("failed", ())


def test_without_a_course_it_is_asked_for() -> None:
    """As everywhere: the dates are understood, which course they are of is not."""
    plan = plan_of([HEAD, ["01", "Ida Moss", "✓", "✓", ""]], from_workbook=True)
    assert (plan.state, plan.code) == ("failed", "file.missing_columns")
    assert "There is no column for the session." in str(plan.message)
    assert "“Course” or “Session ID”" in str(plan.message)


@settings(max_examples=20)
@given(
    marks=st.lists(st.sampled_from(["✓", "", "A"]), min_size=3, max_size=3),
    order=st.permutations(range(5)),
)
def test_the_order_of_columns_changes_nothing(marks: list[str], order: list[int]) -> None:
    """The sessions are found by their headers."""
    lines = [HEAD, ["01", "Ida Moss", *marks], ["02", "Jon Reed", "✓", "✓", "✓"]]
    shuffled = [[line[n] for n in order] for line in lines]
    named = ("learner_employee_id", "session_date", "status")
    read = [set(table_of(canonical_of(rows, COURSE, from_workbook=True).rows, *named)) for rows in (lines, shuffled)]
    assert read[0] == read[1]


def test_sums_below_a_short_register_are_no_marks() -> None:
    """`Totale presenze` with its figures says nothing of how learners are marked."""
    rows = [
        ["Corso: Primo soccorso"],
        ["Matricola", "Cognome", "Nome", "17/05/2022", "24/05/2022", "Totale"],
        ["0071", "Mallow", "Ines", "1", "0", "1"],
        ["0072", "Kerrigan", "Joss", "1", "1", "2"],
        ["Totale presenze", "", "", "2", "1", "3"],
        ["Presenti %", "", "", "100%", "50%"],
    ]
    found = canonical_of(rows)
    assert table_of(found.rows, "row", "col", "status") == [
        (3, 4, "attended"),
        (3, 5, "no_show"),
        (4, 4, "attended"),
        (4, 5, "attended"),
    ]
    assert table_of(found.ignored, "row", "reason") == [(1, "title"), (5, "totals"), (6, "totals")]


@pytest.mark.parametrize(
    ("days", "told"), [(["7", "14", "21"], True), (["1", "2", "3"], False), (["21", "7"], False), (["41", "48"], False)]
)
def test_days_of_a_month_as_headers_are_asked_about(days: list[str], told: bool) -> None:
    """A legend below the IDs does not hide that they are IDs; numbers of sittings are no days."""
    rows = [
        ["Curso: Altura"],
        ["Nº empleado", "Nombre", *days],
        ["0071", "Ines Mallow", *["A"] * len(days)],
        ["0072", "Joss Kerrigan", *["F"] * len(days)],
        ["A = Asistió, F = Falta"],
    ]
    plan = plan_of(rows)
    assert (plan.state, plan.code) == ("failed", "file.missing_columns")
    assert ("have a part of a date as their header, such as “7”" in str(plan.message)) is told
