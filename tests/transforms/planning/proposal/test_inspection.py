"""What `inspect` shows, and the profile it proposes: `import` takes it and reads the file the same way."""

import re
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollbook.errors import CannotBegin
from rollbook.profile import Profile, parse_profile
from tests.transforms.sheets import TODAY, Rows, marked, plan_of, raw
from transforms.planning.plan import SheetPlan
from transforms.planning.proposal.inspection import SheetView, doubts, kind_of_file, view_sheet
from transforms.planning.proposal.profile_text import profile_text

HEAD = ["E-mail", "Course", "Session Date", "Status", "Score", "Remarks for HR"]
LONG = [
    ["Training history"],
    HEAD,
    ["a@b.c", "Safety", "13/01/2024", "present", "90", "x"],
    ["b@b.c", "Safety", "2/1/2024", "excused", "80", ""],
    ["c@b.c", "Fire", "2/1/2024", "DNA", "", ""],
    ["Total", "3"],
]
WIDE = [
    ["Safety training"],
    ["E-mail", "2024-01-12", "13 Jan 2024", "%"],
    ["a@b.c", "p", "absent", "50"],
    ["b@b.c", "", "e", "100"],
]


def view(rows: Rows | pa.Table, profile: str = "", **other: Any) -> SheetView:
    told = {"sheet_name": "S", "sheet_position": 0, "from_workbook": False, "destination": "database", **other}
    return view_sheet(
        rows if isinstance(rows, pa.Table) else raw(rows),
        marked(),
        file_name="history_2024.csv",
        profile=parse_profile(profile),
        today=TODAY,
        **told,
    )


def essence(plan: SheetPlan) -> SheetPlan:
    """The plan without who named the column and what a profile adds to what was inferred anyway."""
    columns = tuple(replace(column, by_profile=False) for column in plan.columns)
    return replace(plan, columns=columns, note=None)


def test_a_view_shows_mapping_samples_and_what_is_ignored() -> None:
    """And what in it is open."""
    seen = view(LONG)
    assert seen.mapping == {
        "learner_email": "E-mail",
        "course_name": "Course",
        "session_date": "Session Date",
        "status": "Status",
        "grade": "Score",
    }
    samples = {column.plan.field: column.samples for column in seen.columns}
    assert samples["course_name"] == ("Safety", "Fire")
    assert samples["session_date"] == ("13/01/2024", "2/1/2024")
    assert (seen.plan.unmapped, seen.ignored) == (("Remarks for HR",), (("title", 1), ("totals", 1)))
    assert doubts(seen) == ["status: status.unknown (excused)"]


def test_the_proposed_profile_reads_the_file_the_same_way() -> None:
    """It is written for people, with samples and what is open as comments."""
    text = profile_text([view(LONG)], ["history_2024.csv"])
    assert essence(plan_of(LONG, text)) == essence(plan_of(LONG))
    assert (
        text
        == """\
# How files like history_2024.csv are read. docs/profiles.md lists every key.

[applies]
files = "history_*.csv"

[sheet]
# header_row = 2

[columns]
learner_email = "E-mail" # a@b.c | b@b.c | c@b.c
course_name = "Course" # Safety | Fire
session_date = "Session Date" # 13/01/2024 | 2/1/2024
status = "Status" # present | excused | DNA
grade = "Score" # 90 | 80
# These are kept beside the record. To use one, write a field in place of FIELD (docs/profiles.md).
# FIELD = "Remarks for HR"   # x

[values.status]
# Write for each enrolled, attended, completed, cancelled or no_show, and remove the #; or leave its rows out:
# [rows] skip.
# "excused" = "…"   # could mean no_show or cancelled

[dates]
order = "DMY"
"""
    )


def test_columns_that_were_found_are_shown_where_others_are_missing() -> None:
    """And proposed: who completes the profile sees what is there, and what is not."""
    rows = [["Title"], ["E-mail", "Full name", "Course", "Enrolled on"], ["a@b.c", "Ann Lee", "Rope", "13/01/2024"]]
    seen = view(rows)
    assert (seen.plan.state, seen.plan.code) == ("failed", "file.missing_columns")
    assert seen.mapping == {
        "learner_email": "E-mail",
        "learner_name": "Full name",
        "course_name": "Course",
        "enrolled_on": "Enrolled on",
    }
    text = profile_text([seen], ["history_2024.csv"])
    assert 'course_name = "Course" # Rope' in text
    assert "#   S: There is no column for the session or the status." in text
    told = '[defaults]\nstatus = "completed"\n'
    completed = text.replace("[defaults]\n", told).replace("[columns]\n", '[columns]\nsession_date = "Enrolled on"\n')
    assert plan_of(rows, completed).state == "read"


UNKNOWN = [
    ["Zusammenfassung"],
    ["Wer", "Wann", "Beendet", "Was", "Kontakt", "Ende gut?", "Raum"],
    ["Ann Lee", "14/03/2023", "15/03/2023", "Rope", "ann@example.org", "Passed", "blue"],
    ["Bo Ray", "15/03/2023", "16/03/2023", "Rope", "bo@example.org", "absent", "green"],
]


def finished(text: str) -> str:
    """The profile of somebody who removes the `#` before every line that names a field and a column."""
    return re.sub(r'^# (?=(?!status = "completed")[a-z_]+ = ["{])', "", text, flags=re.MULTILINE)


def test_a_profile_is_finished_by_removing_hashes() -> None:
    """Every column has a line: under the field that what is below it fits, or to be given one."""
    text = profile_text([view(UNKNOWN)], ["history_2024.csv"])
    assert plan_of(UNKNOWN, text).state != "read"
    assert '# session_date = "Wann"   # or enrolled_on, expires_on: 14/03/2023 | 15/03/2023' in text
    assert '# FIELD = "Raum"   # blue | green' in text
    plan = plan_of(UNKNOWN, finished(text))
    assert plan.state == "read"
    assert {column.field: column.headers for column in plan.columns} | {
        "learner_email": ("Kontakt",),
        "session_date": ("Wann",),
        "completed_on": ("Beendet",),
        "status": ("Ende gut?",),
    } == {column.field: column.headers for column in plan.columns}
    with pytest.raises(CannotBegin, match="unknown: FIELD"):
        parse_profile(text.replace("# FIELD", "FIELD"))


def test_columns_without_headers_are_proposed_by_letter() -> None:
    """The first row is a record then."""
    rows = UNKNOWN[2:]
    text = profile_text([view(rows)], ["history_2024.csv"])
    assert '# learner_email = "@E"   # ann@example.org | bo@example.org' in text
    with_course = finished(text).replace("[defaults]", '[defaults]\ncourse_name = "Rope"')
    assert plan_of(rows, with_course).state == "read"


def test_of_two_columns_for_one_field_one_is_chosen() -> None:
    """What is certain is live; both that are asked about have a line under the same field."""
    rows = [["Email", "Session ID", "Status", "Status"], ["a@b.c", "S1", "Completed", "absent"]]
    text = profile_text([view(rows)], ["a.csv"])
    assert 'session_id = "Session ID" # S1' in text
    assert '# status = "@C"   # Completed\n# status = "@D"   # absent' in text
    chosen = plan_of(rows, text.replace('# status = "@D"', 'status = "@D"'))
    assert [column.letters for column in chosen.columns if column.field == "status"] == [("D",)]


def test_a_slip_in_a_status_is_proposed() -> None:
    """As a line that is removed its `#`; two senses are not."""
    rows = [HEAD[:4], ["a@b.c", "Safety", "13/01/2024", "Compleeted"], ["b@b.c", "Safety", "13/01/2024", "excused"]]
    text = profile_text([view(rows)], ["a.csv"])
    assert '# "Compleeted" = "completed"' in text
    assert '# "excused" = "…"   # could mean no_show or cancelled' in text


def test_what_the_profile_leaves_out_is_not_shown() -> None:
    """Not its cells, also where the sheet is not read."""
    rows = [["Wer", "Kontakt", "Geheim"], ["Ann Lee", "ann@example.org", "hunter2"]]
    seen = view(rows, '[columns]\nnever = ["Geheim"]')
    assert seen.plan.state != "read"
    assert "hunter2" not in repr(seen.uses)
    assert "hunter2" not in profile_text([seen], ["a.csv"], under=parse_profile('[columns]\nnever = ["Geheim"]'))


def test_a_wide_sheet_is_guessed_and_proposed_with_its_sessions() -> None:
    """Where no column is the course, a title may say it; that is a guess and told so."""
    seen = view(WIDE)
    assert (seen.plan.state, seen.proposed.state, seen.guessed) == ("failed", "read", True)
    assert doubts(seen)[1:] == [
        "status: status.unknown (e)",
        "the course is guessed: “Safety training”, [defaults] course_name",
    ]
    text = profile_text([seen], ["register.xlsx"])
    assert 'layout = "wide"\nsessions = "B:C"' in text
    assert 'course_name = {cell = "A1"} # a guess, review it: Safety training' in text
    assert essence(plan_of(WIDE, text)) == essence(seen.proposed)


def test_without_a_title_the_course_of_a_wide_sheet_is_guessed_from_the_file() -> None:
    """Unless the profile says it, or a column does."""
    text = profile_text([view(WIDE[1:])], ["history_2024.csv"])
    assert dict(plan_of(WIDE[1:], text).constants) == {"course_name": "history_2024"}
    said = '[defaults]\ncourse_name = "Safety"'
    seen = view(WIDE, said)
    assert (seen.proposed.layout, seen.course) == ("wide", None)
    assert dict(plan_of(WIDE, profile_text([seen], ["a.csv"], under=parse_profile(said))).constants) == {
        "course_name": "Safety"
    }


def test_what_the_profile_said_before_is_kept() -> None:
    """Inspecting under a profile proposes a fuller one."""
    profile = """
        [columns]
        never = ["Remarks for HR"]
        grade = {column = "Score", pattern = '\\d+'}
        [rows]
        skip = {Course = ["Fire"]}
        [values.status]
        "excused" = "cancelled"
        [rules]
        on_conflict = "best"
    """
    text = profile_text([view(LONG, profile)], ["a.csv"], under=parse_profile(profile))
    assert essence(plan_of(LONG, text)) == essence(plan_of(LONG, profile))
    assert parse_profile(text).rules.on_conflict == "best"


def test_a_workbook_with_sheets_that_cannot_be_read_is_narrowed_to_the_one_that_can() -> None:
    """By its name; what the others lack stands as a comment."""
    people = view([["Email", "Department"], ["a@b.c", "IT"]], sheet_name="People", sheet_position=1)
    profile = parse_profile(profile_text([view(LONG), people], ["a.xlsx"]))
    assert (profile.sheet.name, profile.columns["grade"]) == ("S", "Score")


def test_headers_that_stand_twice_or_nowhere_are_named_by_letter() -> None:
    """So that the profile is clear."""
    rows = [["", "Session ID", "Status", "Score", "Score"], ["a@b.c", "S1", "p", "1", ""]]
    profile = '[columns]\nlearner_email = "@A"\n[sheet]\nheader_row = 1'
    text = profile_text([view(rows, profile)], ["a.csv"], under=parse_profile(profile))
    assert parse_profile(text).columns == {
        "learner_email": "@A",
        "session_id": "Session ID",
        "status": "Status",
        "grade": "@D",
    }


def test_files_of_one_kind_have_the_same_headers() -> None:
    """Dates over sessions count as one header."""
    later = [WIDE[0], ["E-mail", "2025-02-02", "3 Feb 2025", "4 Feb 2025", "%"], ["a@b.c", "p", "p", "p", "1"]]
    assert kind_of_file([view(WIDE)]) == kind_of_file([view(later)])
    assert kind_of_file([view(WIDE)]) != kind_of_file([view(LONG)])


_HEADERS = st.permutations([*HEAD, "Employee ID", "Name", "Completion Date", "Attended"]).map(lambda found: found[:8])
_CELL = st.sampled_from(["", "a@b.c", "E1", "13/01/2024", "1/2/2024", "present", "yes", "90", "bogus", "Safety"])


@settings(max_examples=40, deadline=None)
@given(headers=_HEADERS, body=st.lists(st.lists(_CELL, min_size=8, max_size=8), min_size=1, max_size=5))
def test_whatever_is_read_is_read_the_same_under_its_proposal(headers: list[str], body: list[list[str]]) -> None:
    """The plan differs in nothing but who named the columns."""
    rows = [headers, *body]
    plan = plan_of(rows)
    if plan.state == "read":
        text = profile_text([view(rows)], ["a.csv"], under=Profile())
        assert essence(plan_of(rows, text)) == essence(plan)
