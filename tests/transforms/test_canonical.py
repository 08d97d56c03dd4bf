"""Raw parts -> canonical rows: every row ends in rows or ignored exactly once, whatever the parts."""

import json

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from rollbook.rows.fields import FIELDS
from tests.transforms.sheets import canonical_of, marked, part_of, plan_of, raw, table_of
from transforms.canonical import WHOLE_LINE, Canonical, canonical_rows, kept_records
from transforms.planning.plan import SheetPlan

HEAD = ["Employee ID", "Email", "Session ID", "Status", "Score", "Completion Date", "Comments", "Badge"]
ROW = ["007", "Ann@X.org", "S1", "present", "92.50%", "2024-01-12", "well done", "x"]


def test_a_row_becomes_its_canonical_fields() -> None:
    """Every field with its dtype; what no column feeds is missing."""
    rows = canonical_of([HEAD, ROW]).rows
    filled = rows.dropna(axis="columns", how="all")
    assert list(rows) == ["row", "col", *FIELDS, "score", "grade_type"]
    assert table_of(filled.drop(columns="completed_on"), *filled.columns.drop("completed_on")) == [
        (2, 0, "ann@x.org", "007", "S1", "attended", "92.5", "well done", 92.5)
    ]
    dtypes = {"date": "datetime64[s]", "yes_no": "boolean", "amount": "float64"}
    assert {name: str(rows[name].dtype) for name in FIELDS} == {n: dtypes.get(f.kind, "str") for n, f in FIELDS.items()}


def test_a_failing_cell_is_missing_and_told_with_its_place() -> None:
    """All problems of a row at once."""
    row = ["1.2E+11", "ann@x.org", "S1", "prsent", "ninety", "2 June?", "", ""]
    found = canonical_of([["Title"], HEAD, row])
    assert table_of(found.failures, "row", "col", "column", "header", "field", "value", "code") == [
        (3, 0, "A", "Employee ID", "learner_employee_id", "1.2E+11", "id.precision_lost"),
        (3, 0, "D", "Status", "status", "prsent", "status.unknown"),
        (3, 0, "E", "Score", "grade", "ninety", "grade.unknown"),
        (3, 0, "F", "Completion Date", "completed_on", "2 June?", "date.invalid"),
    ]
    assert found.rows[["learner_employee_id", "status", "grade", "completed_on"]].isna().all(axis=None)


def test_marks_of_reading_become_failures() -> None:
    """Error cells, numbers too long to be exact (in IDs only), ragged lines; not on rows that are ignored."""
    marks = marked(
        (2, "D", "error"),
        (2, "H", "error"),
        (3, "A", "imprecise"),
        (3, "E", "imprecise"),
        (3, None, "ragged"),
        (4, None, "ragged"),
    )
    rows = [
        HEAD,
        [*ROW[:3], "#N/A", *ROW[4:]],
        ["12345678901234567000", *ROW[1:]],
        ["A note of some length that says nothing"],
    ]
    found = canonical_of(rows, marks=marks)
    assert table_of(found.failures, "row", "column", "value", "code") == [
        (2, "D", "#N/A", "cell.error"),
        (3, "A", "12345678901234567000", "id.precision_lost"),
        (3, None, None, "row.ragged"),
    ]
    assert found.rows["learner_employee_id"].fillna("-").tolist() == ["007", "-"]


def test_formulas_that_were_never_calculated_are_named() -> None:
    """They show the formula; a text that begins like one is none."""
    rows = [HEAD, [*ROW[:3], "=D9*100", *ROW[4:]], [*ROW[:3], "#REF!", *ROW[4:]]]
    found = canonical_of(rows, marks=marked((2, "D", "error"), (3, "D", "error")))
    assert table_of(found.failures, "row", "value", "code", "detail") == [
        (2, "=D9*100", "cell.error", "a formula that was never calculated"),
        (3, "#REF!", "cell.error", None),
    ]


def test_cells_that_show_something_else_are_refused() -> None:
    """Other digits are a doubt in an ID only; another word, or nothing, in every field."""
    rows = [HEAD, ["1001000", *ROW[1:]], ROW]
    marks = marked(
        (2, "A", "id shown otherwise: it shows “1001”"),
        (2, "D", "id shown otherwise: it shows “85”"),
        (3, "A", "shown otherwise: it shows “007-A”"),
        (3, "D", "shown otherwise: it shows nothing"),
    )
    found = canonical_of(rows, marks=marks)
    assert table_of(found.failures, "row", "column", "value", "code", "detail") == [
        (2, "A", "1001000", "cell.shown_otherwise", "it shows “1001”"),
        (3, "A", ROW[0], "cell.shown_otherwise", "it shows “007-A”"),
        (3, "D", ROW[3], "cell.shown_otherwise", "it shows nothing"),
    ]


def test_rows_are_skipped_by_the_profile() -> None:
    """Without case and outer blanks; counted as ignored."""
    rows = [[*HEAD[:4], "Role"], [*ROW[:4], " Teacher "], [*ROW[:4], "student"]]
    found = canonical_of(rows, '[rows]\nskip = {Role = ["teacher", "tutor"]}')
    assert table_of(found.ignored, "row", "reason") == [(2, "skipped by profile")]


def test_words_of_the_profile_hold_for_any_field() -> None:
    """[values.FIELD] stands before cleaning."""
    profile = '[values.grade]\n"top" = "A+"\n[values.group_name]\n"S" = "Sales"\n[values.status]\n"came" = "attended"'
    rows = [
        ["Email", "Session ID", "Status", "Grade", "Group"],
        ["a@b.c", "S1", "Came", "TOP", "s"],
        ["b@b.c", "S1", "p", "B", "IT"],
    ]
    assert table_of(canonical_of(rows, profile).rows, "status", "grade", "group_name") == [
        ("attended", "A+", "Sales"),
        ("attended", "B", "IT"),
    ]


def test_a_word_for_nothing_empties_a_field_of_moon_erp_and_is_blank_elsewhere() -> None:
    """Only a grade or a feedback; a blank cell stays blank."""
    profile = "\n".join(f'[values.{name}]\n"(none)" = ""\n"n.a." = " "' for name in ("grade", "feedback", "group_name"))
    rows = [
        ["Email", "Session ID", "Status", "Grade", "Comments", "Group"],
        ["a@b.c", "S1", "attended", " (NONE) ", "n.a.", "(none)"],
        ["b@b.c", "S1", "attended", "", "", ""],
        ["c@b.c", "S1", "attended", "80", "(none), really", ""],
    ]
    at_moon = canonical_of(rows, profile, destination="moon")
    assert len(at_moon.failures) == 0
    assert table_of(at_moon.rows, "grade", "score", "feedback", "group_name") == [
        ("", None, "", None),
        (None, None, None, None),
        ("80", 80.0, "(none), really", None),
    ]
    elsewhere = canonical_of(rows, profile, destination="database").rows
    assert table_of(elsewhere, "grade", "feedback")[0] == (None, None)


def test_the_fingerprint_is_of_headers_texts_and_defaults() -> None:
    """Not of the row's place, the columns' order, or cells that are never stored."""
    profile = '[columns]\nnever = ["Badge"]'

    def fingerprint(rows: list[list[str]], profile: str = profile) -> str:
        table = raw(rows)
        plan = plan_of(table, profile)
        places = canonical_rows(part_of(table), marked(), plan).rows[["row", "col"]]
        return str(kept_records(part_of(table), marked(), plan, places)["fingerprint"].iloc[0])

    same = fingerprint([HEAD, ROW])
    assert len(same) == 32
    assert fingerprint([["Title"], HEAD, ["", "", "", "", ""], ROW]) == same
    assert fingerprint([HEAD[::-1], ROW[::-1]]) == same
    assert fingerprint([HEAD, [*ROW[:-1], "another badge"]]) == same
    assert fingerprint([HEAD, [*ROW[:-2], "badly done", "x"]]) != same
    assert fingerprint([HEAD, ROW], profile + '\n[defaults]\ngroup_name = "Sales"') != same


def test_alike_rows_of_nobody_are_records_of_their_own() -> None:
    """They may be those of several people; alike rows of one person are one record met twice."""
    table = raw([HEAD, *[["", "", *ROW[2:]]] * 3, ROW, ROW])
    plan = plan_of(table)
    places = pd.DataFrame({"row": [2, 3, 4, 5, 6], "col": 0})

    def fingerprints(part: pd.DataFrame, places: pd.DataFrame = places) -> list[str]:
        return list(kept_records(part, marked(), plan, places, {2, 3, 4})["fingerprint"])

    found = fingerprints(part_of(table))
    assert len(set(found)) == 4
    assert found[3] == found[4]
    assert fingerprints(part_of(table)) == found
    assert found[0] == kept_records(part_of(table), marked(), plan, places)["fingerprint"].iloc[0]
    later = part_of(table).query("row >= 4")
    assert fingerprints(later, places.query("row >= 4"))[0] not in found


def test_raw_cells_are_kept_with_their_marks() -> None:
    """All but those that are never stored; a mark of the whole line stands under the empty letter."""
    table = raw([HEAD, ROW, ["008", "", "S1", "#N/A", "", "", "", "secret"]])
    plan = plan_of(table, '[columns]\nnever = ["Badge"]')
    places = pd.DataFrame({"row": [3, 2], "col": [0, 0]}, index=[7, 9])
    kept = kept_records(part_of(table), marked((3, "D", "error"), (3, None, "ragged")), plan, places)
    cells, marks = kept["cells"], kept["marks"]
    assert json.loads(cells[7]) == {"A": "008", "C": "S1", "D": "#N/A"}
    assert json.loads(marks[7]) == {"D": "error", WHOLE_LINE: "ragged"}
    assert pd.isna(marks[9])


# What must always hold

_CELL = st.sampled_from(
    ["", "", "E1", "ann@x.org", "Total", "present", "bogus", "13/01/2024", "2/1/2024", "45,5", "Status", "#N/A", "\x07"]
)
_LONG = st.lists(st.one_of(st.just(HEAD), st.lists(_CELL, min_size=8, max_size=8)), max_size=12)
_WIDE = st.lists(st.lists(_CELL, min_size=5, max_size=5), max_size=12)
_WIDE_HEAD = ["Email", "Name", "2024-01-12", "13 Jan 2024", "Sum"]
_WIDE_PROFILE = '[sheet]\nlayout = "wide"\n[defaults]\ncourse_name = "x"\n[rows]\nskip = {cell = ["#N/A"]}'


def _accounts(table_rows: int, found: Canonical) -> None:
    told = sorted([*found.rows["row"].drop_duplicates(), *found.ignored["row"]])
    assert told == [row for row in range(1, table_rows + 1) if row != 2]


def _in_parts(plan: SheetPlan, part: pd.DataFrame, marks: pd.DataFrame, size: int) -> Canonical:
    pieces = [part.iloc[start : start + size].reset_index(drop=True) for start in range(0, len(part), size)]
    found = [canonical_rows(piece, marks[marks["row"].isin(piece["row"])], plan) for piece in pieces]
    return Canonical(
        *(
            pd.concat([getattr(one, name) for one in found], ignore_index=True)
            for name in ("rows", "failures", "ignored")
        )
    )


@settings(max_examples=25, deadline=None)
@given(body=_LONG, size=st.integers(1, 5), wide=st.booleans(), other=_WIDE)
def test_every_row_counts_once_and_parts_change_nothing(
    body: list[list[str]], size: int, wide: bool, other: list[list[str]]
) -> None:
    """Each row but the header's is in rows or in ignored, and cutting the sheet elsewhere gives the same."""
    rows = [["Title"], _WIDE_HEAD, *other] if wide else [["Title"], HEAD, *body]
    profile = _WIDE_PROFILE if wide else "[sheet]\nheader_row = 2"
    table, marks = raw(rows), marked((4, "D", "error"), (5, None, "ragged"))
    plan, part = plan_of(table, profile), part_of(table)
    assert plan.state == "read", plan.message
    whole = canonical_rows(part, marks, plan)
    _accounts(len(rows), whole)
    parts = _in_parts(plan, part, marks, size)
    for name in ("rows", "failures", "ignored"):
        pd.testing.assert_frame_equal(getattr(parts, name), getattr(whole, name))
    places = whole.rows[["row", "col"]]
    assert not places.duplicated().any()
    records = set(places.itertuples(index=False, name=None)) | {(row, 0) for row in places["row"]}
    assert set(whole.failures[["row", "col"]].itertuples(index=False, name=None)) <= records


@settings(max_examples=20, deadline=None)
@given(body=_LONG)
def test_a_row_that_names_a_learner_by_address_is_never_ignored(body: list[list[str]]) -> None:
    """Whatever else stands in it."""
    rows = [HEAD, *body]
    found = canonical_of(rows, "[sheet]\nheader_row = 1")
    named = {number for number, row in enumerate(rows, start=1) if "@" in row[1]}
    assert named <= set(np.asarray(found.rows["row"]).tolist())
