"""The failed-rows workbook read back: untouched rows fail as before, changed cells count, the rest is ordinary."""

from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollbook.returned import OUR_HEADERS, returned_cell, row_mark
from tests.transforms.sheets import Rows, marked, part_of, plan_of, raw, table_of
from transforms.canonical import Canonical, canonical_rows, kept_records
from transforms.planning.plan import SheetPlan
from transforms.returned.matching import with_moved_marks
from transforms.returned.sheet import find_returned, returned_rows
from transforms.returned.workbook import ReturnedCells, correct, foreign_plan, reads_the_same

HEAD = ["Title row"], ["Email", "Session ID", "Status", "Date", "Password"]
BAD = ["ann@x.org", "S1", "bogus", "2024-01-12 00:00:00", "secret"]
NEVER = '[columns]\nnever = ["Password"]\nsession_date = "Date"\n'
WIDE = '[sheet]\nlayout = "wide"\n[defaults]\ncourse_name = "x"\n'


@dataclass
class Failed:
    """A sheet of which all rows failed: its plan, the first judgement, its cases, its sheet in the workbook."""

    plan: SheetPlan
    first: Canonical
    stored: pd.DataFrame
    workbook: list[list[str]]

    def returned(
        self,
        workbook: Rows | None = None,
        marks: pd.DataFrame | None = None,
        blamed: dict[int, frozenset[str]] | None = None,
    ) -> ReturnedCells:
        table = raw(self.workbook if workbook is None else workbook)
        sheet = find_returned(table)
        assert sheet is not None
        rows = returned_rows(table, sheet, marked() if marks is None else marks, self.plan)
        return correct(self.stored, rows, self.plan, blamed or {})


def failed(rows: Rows, profile: str = "", marks: pd.DataFrame | None = None) -> Failed:
    """All records of a sheet as cases 11, 12, … with the workbook that would be written, a row a sheet row."""
    marks = marked() if marks is None else marks
    plan, part = plan_of(raw(rows), profile), part_of(raw(rows))
    assert plan.state == "read", plan.message
    first = canonical_rows(part, marks, plan)
    stored = first.rows[["row", "col"]].copy()
    stored["case_id"] = range(11, 11 + len(stored))
    names = ["fingerprint", "cells", "marks"]
    stored[names] = kept_records(part, marks, plan, stored[["row", "col"]])[names]
    letters = [letter for letter in plan.header_of if letter not in plan.never]
    workbook = [[*OUR_HEADERS, *(returned_cell(plan.header_of[letter]) for letter in letters)]]
    cells = {line["row"]: line for line in part.to_dict("records")}
    told: dict[int, list[str]] = {}
    for case in stored.to_dict("records"):
        told.setdefault(case["row"], []).append(row_mark(case["case_id"], case["fingerprint"]))
    for row, marked_as in told.items():
        texts = [text if isinstance(text := cells[row][letter], str) else "" for letter in letters]
        workbook.append([" ".join(marked_as), "problems", "remedies", *map(returned_cell, texts)])
    return Failed(plan, first, stored, workbook)


def same_failures(sheet: Failed, again: ReturnedCells) -> None:
    found = canonical_rows(again.part, again.marks, sheet.plan)
    pd.testing.assert_frame_equal(found.rows, sheet.first.rows)
    pd.testing.assert_frame_equal(found.failures, sheet.first.failures)


def test_an_ordinary_sheet_is_none() -> None:
    """Only our three headers in front make one."""
    assert find_returned(raw([*HEAD, BAD])) is None
    assert find_returned(raw([])) is None


def test_untouched_rows_fail_as_before() -> None:
    """In their first places, though the workbook has other row numbers and lacks the column that is never returned."""
    sheet = failed(
        [*HEAD, BAD, [], ["", "S1", "=cmd", "#N/A", "x"]], NEVER, marked((5, "D", "error"), (3, None, "ragged"))
    )
    again = sheet.returned()
    assert again.changes.empty
    assert again.foreign.empty
    assert table_of(again.places, "row", "col", "case_id", "returned_row") == [(3, 0, 11, 2), (5, 0, 12, 3)]
    same_failures(sheet, again)


def test_a_changed_cell_counts_and_is_told() -> None:
    """The new text, without its mark; a date that the spreadsheet program spelled anew is no change."""
    sheet = failed([*HEAD, BAD, ["bob@x.org", "#N/A", "p", "", ""]], NEVER, marked((4, "B", "error")))
    sheet.workbook[1][5:7] = ["attended", "2024-01-12"]
    sheet.workbook[2][4] = "'+S2"
    again = sheet.returned()
    assert table_of(again.changes, "case_id", "column", "from_value", "to_value") == [
        (11, "C", "bogus", "attended"),
        (12, "B", "#N/A", "+S2"),
    ]
    found = canonical_rows(again.part, again.marks, sheet.plan)
    assert found.failures.empty
    assert table_of(found.rows, "row", "session_id", "status") == [(3, "S1", "attended"), (4, "+S2", "attended")]


IDS = [["Employee ID", "Session ID", "Status"], ["0042", "S1", "bogus"], ["0043", "S2", "bogus"]]


@pytest.mark.parametrize(
    ("blamed", "kept"), [({}, "0042"), ({11: frozenset("C")}, "0042"), ({11: frozenset("A")}, "42")]
)
def test_zeros_that_a_spreadsheet_program_took_away_are_no_change(blamed: dict[int, frozenset[str]], kept: str) -> None:
    """Unless the ID itself was what was wrong."""
    sheet = failed(IDS)
    sheet.workbook[1][3], sheet.workbook[1][5] = "42", "attended"
    again = sheet.returned(blamed=blamed)
    assert again.part["A"].tolist() == [kept, "0043"]
    assert again.changes["column"].tolist() == (["C"] if kept == "0042" else ["A", "C"])


@pytest.mark.parametrize("text", ["43", "4200", "0042A", "00042"])
def test_another_id_is_a_change(text: str) -> None:
    """It is not the same number."""
    sheet = failed(IDS)
    sheet.workbook[1][3] = text
    assert sheet.returned().part["A"].tolist() == [text, "0043"]


def test_marks_that_were_sorted_apart_from_their_rows() -> None:
    """Such a row has the cells of another one; a corrected row does not, whatever was corrected."""
    people = [[f"p{n}@x.org", f"S{n}", "bogus", f"2024-01-{n:02}"] for n in range(1, 6)]
    sheet = failed([["Email", "Session ID", "Status", "Date"], *people])

    def moved() -> list[int]:
        table = raw(sheet.workbook)
        form = find_returned(table)
        assert form is not None
        return [row.row for row in with_moved_marks(returned_rows(table, form, marked(), sheet.plan), sheet.stored)]

    assert moved() == []
    sheet.workbook[1][3:6] = ["p9@x.org", "S9", "attended"]
    assert moved() == []
    sheet.workbook[1:] = reversed(sheet.workbook[1:])
    assert moved() == []
    sheet.workbook[2][0], sheet.workbook[3][0] = sheet.workbook[3][0], sheet.workbook[2][0]
    assert moved() == [3]


def test_a_cell_made_blank_is_a_change() -> None:
    """And one that was filled in."""
    sheet = failed([*HEAD, BAD], NEVER)
    sheet.workbook[1][5:7] = ["", "2024-02-02"]
    assert table_of(sheet.returned().changes, "column", "from_value", "to_value") == [
        ("C", "bogus", None),
        ("D", "2024-01-12 00:00:00", "2024-02-02"),
    ]


def test_repeated_foreign_and_missing_marks() -> None:
    """The first row with a mark mends its case; others are ordinary rows; a case whose row is gone stays open."""
    sheet = failed([*HEAD, BAD, ["bob@x.org", "S1", "x", "", ""]], NEVER)
    head, ann, _ = sheet.workbook
    other = ["99-abcd", "", "", "eve@x.org", "S9", "p"]
    wrong_digits = ["12-zzzz", "", "", "joe@x.org", "S9", "p"]
    added = ["", "", "", "new@x.org", "S9", "p"]
    again = sheet.returned([head, ann, [*ann[:3], "copy@x.org", *ann[4:]], other, wrong_digits, [], added])
    assert table_of(again.places, "case_id", "returned_row") == [(11, 2)]
    assert table_of(again.foreign, "row", "A", "B", "C") == [
        (3, "copy@x.org", "S1", "bogus"),
        (4, "eve@x.org", "S9", "p"),
        (5, "joe@x.org", "S9", "p"),
        (7, "new@x.org", "S9", "p"),
    ]
    plan = foreign_plan(sheet.plan, again.foreign)
    assert len(canonical_rows(again.foreign, again.foreign_marks, plan).rows) == 4


def test_columns_that_were_moved_are_known_by_their_headers() -> None:
    """And a column that somebody added is passed over."""
    sheet = failed([*HEAD, BAD], NEVER)
    moved = [
        [*row[:3], "Checked by", *row[:2:-1]] if n == 0 else [*row[:3], "me", *row[:2:-1]]
        for n, row in enumerate(sheet.workbook)
    ]
    assert sheet.returned(moved).changes.empty


def test_of_a_wide_sheet_only_the_failed_cells_are_read() -> None:
    """The sheet shows the whole row; a session that loaded is not read again."""
    rows = [["Email", "Name", "13.01.2024", "14.01.2024"], ["ann@x.org", "Ann", "p", "bogus"]]
    sheet = failed(rows, WIDE)
    sheet.stored = sheet.stored[sheet.stored["col"] == 4]
    sheet.workbook[1][0] = row_mark(12, sheet.stored["fingerprint"].iloc[0])
    sheet.workbook[1][4:7] = ["Anna", "changed and not read", "absent"]
    again = sheet.returned()
    found = canonical_rows(again.part, again.marks, sheet.plan)
    assert table_of(found.rows, "row", "col", "learner_name", "status") == [(2, 4, "Anna", "no_show")]
    assert table_of(again.changes, "case_id", "column", "to_value") == [(12, "B", "Anna"), (12, "D", "absent")]


def test_two_cases_of_one_wide_row_come_back_together() -> None:
    """A change of the learner's cell counts for both."""
    sheet = failed([["Email", "13.01.2024", "14.01.2024"], ["ann@x", "p", "bogus"]], WIDE)
    sheet.workbook[1][3] = "ann@x.org"
    again = sheet.returned()
    assert table_of(again.part, "row", "A", "B", "C") == [(2, "ann@x.org", "p", "bogus")]
    assert table_of(again.changes, "case_id", "column") == [(11, "A"), (12, "A")]


@pytest.mark.parametrize(
    ("stored", "returned", "same"),
    [
        ("a\r\nb", "a\nb", True),
        ("x\x07y", "x\u2407y", True),
        ("x\x07y", "xy", False),
        ("=1+1", "'=1+1", True),
        ("=1+1", "=1+1", True),
        ("2024-01-12 00:00:00", "2024-01-12", True),
        ("2024-01-12 09:30:00", "2024-01-12", False),
        ("a_x000D_b", "a\rb", True),
        ("007", "7", False),
        (" ", None, True),
        (None, "x", False),
        ("y" * 40_000, returned_cell("y" * 40_000), True),
    ],
)
def test_what_reads_as_it_was_written(stored: str | None, returned: str | None, same: bool) -> None:
    """Programs spell line breaks, escapes and midnights anew; anything else is a change."""
    assert reads_the_same(stored, returned) is same


_CELL = st.one_of(
    st.sampled_from(["", "E1", "ann@x.org", "present", "bogus", "13/01/2024", "2024-01-12 00:00:00", "45,5", "#N/A"]),
    st.text(alphabet="a '=+-@\t\n\r\x07\x1f\x7f_x0D", min_size=1, max_size=8),
)


@settings(max_examples=30, deadline=None)
@given(body=st.lists(st.lists(_CELL, min_size=4, max_size=4), min_size=1, max_size=6), wide=st.booleans())
def test_whatever_the_cells_untouched_rows_give_the_same(body: list[list[str]], wide: bool) -> None:
    """Rows, failures and fingerprints."""
    head = ["Email", "Name", "2024-01-12", "13 Jan 2024"] if wide else ["Email", "Session ID", "Status", "Score"]
    sheet = failed(
        [head, *body], WIDE if wide else "[sheet]\nheader_row = 1", marked((2, "C", "error"), (3, None, "ragged"))
    )
    if len(sheet.stored):
        again = sheet.returned()
        assert again.changes.empty
        same_failures(sheet, again)
        told = kept_records(again.part, again.marks, sheet.plan, sheet.stored[["row", "col"]])["fingerprint"]
        assert told.tolist() == sheet.stored["fingerprint"].tolist()


def test_the_table_may_be_any_raw_sheet() -> None:
    """An empty sheet of the workbook (its summary) gives nothing."""
    assert find_returned(pa.table({"row": pa.array([], pa.int32())})) is None
