"""The cells that feed no field are JSON text by header, whatever they hold."""

import json
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transforms.sheets import Rows, canonical_of, part_of, plan_of, raw
from transforms.other_columns import other_columns
from transforms.values.normalize import trim

HEAD = ["Email", "Session ID", "Status", "Site", "Cost centre"]


def kept(rows: Rows, profile: str = "", **other: Any) -> list[dict[str, str] | None]:
    """What stands beside each record."""
    plan = plan_of(rows, profile, **other)
    assert plan.state == "read", plan.message
    records = canonical_of(rows, profile, **other).rows["row"]
    found = other_columns(part_of(raw(rows)), plan, records)
    assert found is not None
    return [text and json.loads(text) for text in found.to_pylist()]


def test_cells_of_columns_that_feed_no_field_are_kept_by_header() -> None:
    """Blank ones are left out; a row without any has nothing."""
    rows = [
        HEAD,
        ["a@x.org", "S1", "attended", " Ulm ", "0042"],
        ["b@x.org", "S1", "attended", "", "  "],
        ["", "", "", "", ""],
        ["c@x.org", "S1", "attended", 'He said "no"\\\n\tso', ""],
    ]
    assert kept(rows) == [{"Site": "Ulm", "Cost centre": "0042"}, None, {"Site": 'He said "no"\\\n\tso'}]


def test_a_sheet_whose_columns_all_feed_a_field_has_nothing_beside() -> None:
    """Then nothing is made, row by row or otherwise."""
    rows = [HEAD[:3], ["a@x.org", "S1", "attended"]]
    assert other_columns(part_of(raw(rows)), plan_of(rows), pd.Series([2])) is None


def test_equal_and_missing_headers_are_told_apart() -> None:
    """By letter."""
    rows = [[*HEAD[:3], "Site", "Site", ""], ["a@x.org", "S1", "attended", "1", "2", "3"]]
    assert kept(rows) == [{"Site": "1", "Site (column E)": "2", "@F": "3"}]


def test_a_typed_date_is_its_day() -> None:
    """Nobody wrote the midnight; a text file holds what somebody wrote."""
    rows = [HEAD, ["a@x.org", "S1", "attended", "2021-05-06 00:00:00", "2021-05-06 09:30:00"]]
    assert kept(rows, from_workbook=True) == [{"Site": "2021-05-06", "Cost centre": "2021-05-06 09:30:00"}]
    assert kept(rows) == [{"Site": "2021-05-06 00:00:00", "Cost centre": "2021-05-06 09:30:00"}]


@pytest.mark.parametrize("key", ["never", "ignore"])
def test_what_the_profile_leaves_out_is_not_kept(key: str) -> None:
    """By header or by letter."""
    rows = [HEAD, ["a@x.org", "S1", "attended", "Ulm", "0042"]]
    assert kept(rows, f'[columns]\n{key} = ["Site"]') == [{"Cost centre": "0042"}]
    assert kept(rows, f'[columns]\n{key} = "@E"') == [{"Site": "Ulm"}]


def test_in_a_wide_sheet_each_record_has_the_cells_of_its_row() -> None:
    """The cells of the sessions are records."""
    rows = [
        ["Email", "Site", "2023-01-05", "2023-02-05"],
        ["a@x.org", "Ulm", "attended", "attended"],
        ["b@x.org", "Bonn", "", "attended"],
    ]
    profile = '[sheet]\nlayout = "wide"\n[defaults]\ncourse_name = "Knots"'
    assert kept(rows, profile) == [{"Site": "Ulm"}, {"Site": "Ulm"}, {"Site": "Bonn"}]


_CELL = st.text(st.sampled_from(list('ab"\\\n\t\x01\x00 ßя😀{},:')), max_size=8)


@given(st.lists(st.tuples(_CELL, _CELL), min_size=1, max_size=5))
def test_any_text_comes_back_as_it_was(cells: list[tuple[str, str]]) -> None:
    """But for spaces around it and for NULs, which no database takes."""
    rows = [HEAD, *([f"u{at}@x.org", "S1", "attended", *pair] for at, pair in enumerate(cells))]
    wanted = [
        {name: trim(text).replace("\0", "\N{SYMBOL FOR NULL}") for name, text in zip(HEAD[3:], pair, strict=True)}
        for pair in cells
    ]
    assert kept(rows) == [{name: text for name, text in pair.items() if text} or None for pair in wanted]
