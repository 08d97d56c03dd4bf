"""Columns that feed nothing are kept in the plan, and dates among them that nobody knows."""

import json
from typing import Any

import pytest

from tests.transforms.sheets import plan_of
from transforms.planning.file_failure import file_failure
from transforms.planning.sheet_plan import SheetPlan

HEAD = ["Email", "Session ID", "Status"]
ROW = ["a@x.org", "S1", "completed"]
NEVER = '[columns]\nnever = ["Countersigned"]'


def plan_with(header: str, *cells: str, profile: str = "", **other: Any) -> SheetPlan:
    """The plan of a sheet with one more column."""
    plan = plan_of([[*HEAD, header], *([*ROW, cell] for cell in cells)], profile, **other)
    assert plan.state == "read", plan.message
    return plan


def test_the_fullest_come_first_and_blank_ones_not_at_all() -> None:
    """One without a header is named by its letter; what the profile leaves out or skips by is not named."""
    rows = [
        [*HEAD, "Tutor", "Room", "Blank", "", "Role", "Password"],
        [*ROW, "", "7", "", "x", "learner", "p"],
        [*ROW, "Bo", "8", "", "", "learner", "p"],
        [*ROW, "Bo", "9", "", "", "teacher", "p"],
    ]
    profile = '[columns]\nnever = ["Password"]\n[rows]\nskip = {Role = ["teacher"]}'
    plan = plan_of(rows, profile)
    assert plan.unused == (("Room", 3), ("Tutor", 2), ("@G", 1))
    assert SheetPlan.from_json(plan.to_json()) == plan


def test_a_plan_of_an_earlier_version_has_none() -> None:
    """Its run says nothing of them."""
    plain = json.loads(plan_with("Tutor", "Bo").to_json())
    del plain["unused"], plain["unused_dates"]
    assert SheetPlan.from_json(json.dumps(plain)).unused == ()


def test_stored_rows_are_read_with_what_was_known_of_the_whole_sheet() -> None:
    """But for the columns that today's profile uses."""
    first = plan_with("Countersigned", "2024-03-05", "2024-03-06")
    again = plan_with("Countersigned", "", recorded=first)
    assert (again.unused, again.unused_dates) == (first.unused, first.unused_dates)
    mapped = '[columns]\ncompleted_on = "Countersigned"'
    assert plan_with("Countersigned", "2024-03-05", profile=mapped, recorded=first).unused_dates == ()


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Countersigned", ["2024-03-05", "14/03/2024"]),
        ("Zzz", ["05.03.2024", "14.03.2024"]),
        ("Berth", ["03/04/2024", "04/05/2024"]),  # which may be read two ways
        ("", ["2024-03-05", "2024-03-06"]),
        ("Audited", ["5 de marzo de 2024", "6 de marzo de 2024"]),
    ],
)
def test_dates_that_nobody_knows_are_reported(header: str, cells: list[str]) -> None:
    """The day of the import would stand in their place."""
    plan = plan_with(header, *cells)
    assert plan.unused_dates == (header or "@D",)
    code, message = file_failure([plan]) or ("", "")
    assert code == "file.unused_dates"
    assert f"“{header or '@D'}”" in message


@pytest.mark.parametrize("header", ["Date", "End Date", "Start Date", "Registration Date", "Training End Date"])
def test_so_are_dates_whose_header_is_known(header: str) -> None:
    """Where another column feeds the field, or none does."""
    used = ["Session Date", "Enrolled On", "Completion Date"]
    for name in used:
        rows = [[*HEAD, name, header], [*ROW, "2024-03-05", "2024-03-06"], [*ROW, "2024-03-07", ""]]
        plan = plan_of(rows)
        fed = {header for column in plan.columns for header in column.headers}
        assert header in fed or plan.unused_dates == (header,)


def test_a_blank_cell_of_a_mapped_column_is_no_date() -> None:
    """The day of the import would be entered in that row, and in no other."""
    head = [*HEAD, "Enrolled On", "Completed On", "End Date"]
    full = [*ROW, "2024-01-02", "2024-03-05", "2024-03-06"]
    assert plan_of([head, full]).unused_dates == ()
    assert plan_of([head, full, [*ROW, "", "2024-03-05", "2024-03-07"]]).unused_dates == ("End Date",)
    assert plan_of([head, full, [*ROW, "", "2024-03-05", ""]]).unused_dates == ()
    assert plan_of([head, full, [*ROW, "2024-01-02", "", "2024-03-07"]]).unused_dates == ("End Date",)
    going_on = ["a@x.org", "S1", "in progress", "2024-01-02", "", "2024-03-07"]
    assert plan_of([head, full, going_on]).unused_dates == ()


def test_a_column_that_repeats_a_used_date_says_nothing_new() -> None:
    """A course of one day has its start and its end on it."""
    rows = [[*HEAD, "Start Date", "End Date"], [*ROW, "2024-03-05", "2024-03-05"], [*ROW, "2024-03-06", "2024-03-06"]]
    assert plan_of(rows).unused_dates == ()
    assert plan_of([*rows, [*ROW, "2024-03-07", "2024-09-08"]]).unused_dates == ("End Date",)


@pytest.mark.parametrize(
    ("header", "cells", "profile", "destination"),
    [
        ("Countersigned", ["yes", "no"], "", "database"),
        ("Countersigned", ["7", "12"], "", "database"),
        ("Countersigned", ["2024-03-05"], NEVER, "database"),
        ("Countersigned", ["2024-03-05"], "", "moon"),
        ("Date of birth", ["1984-03-05"], "", "database"),
        ("Expiry Date", ["2027-03-05"], "", "database"),
        ("Due date", ["2027-03-05"], "", "database"),
        ("Updated (version)", ["v1", "v2"], "", "database"),
    ],
)
def test_other_columns_are_not(header: str, cells: list[str], profile: str, destination: str) -> None:
    """What holds no dates, what is known to be another date, what the profile leaves out."""
    plan = plan_with(header, *cells, profile=profile, destination=destination)
    assert plan.unused_dates == ()
    assert file_failure([plan]) is None


def test_a_sheet_with_both_dates_has_none_made_up() -> None:
    """What else it has is only named as unused."""
    rows = [[*HEAD, "Enrolled on", "Completed on", "Countersigned"], [*ROW, "2024-01-02", "2024-03-05", "2024-03-06"]]
    plan = plan_of(rows)
    assert (plan.unused, plan.unused_dates) == ((("Countersigned", 1),), ())
