"""Names that a spreadsheet program takes for a sheet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.workbook.sheet_names import sheet_name


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("Attendance", "Attendance"),
        ("A/B", "A_B"),
        ("[a]:b*c?d\\e", "_a__b_c_d_e"),
        ("x" * 40, "x" * 31),
        ("😀" * 20, "😀" * 15),
        ("'quoted'", "quoted"),
        ("History", "History_"),
        ("HISTORY", "HISTORY_"),
        ("", "Sheet"),
        ("  ", "Sheet"),
        ("'", "Sheet"),
    ],
)
def test_a_name_becomes_valid(wanted: str, name: str) -> None:
    """The nearest one that Excel takes."""
    assert sheet_name(wanted, set()) == name


def test_names_are_unique_without_case() -> None:
    """A number is added, and room is made for it."""
    taken: set[str] = set()
    wanted = ["Data", "data", "DATA", "y" * 31, "Y" * 35, "A/B", "A*B"]
    assert [sheet_name(name, taken) for name in wanted] == [
        "Data",
        "data (2)",
        "DATA (3)",
        "y" * 31,
        "Y" * 27 + " (2)",
        "A_B",
        "A_B (2)",
    ]


@given(st.lists(st.text(st.characters(codec="utf-8")), max_size=6))
def test_any_names_become_valid_and_unique(wanted: list[str]) -> None:
    """Whatever a sheet was called."""
    taken: set[str] = set()
    names = [sheet_name(name, taken) for name in wanted]
    assert len({name.lower() for name in names}) == len(names)
    for name in names:
        assert 1 <= len(name.encode("utf-16-le")) // 2 <= 31
        assert not set("[]:*?/\\") & set(name)
        assert not name.startswith("'")
        assert not name.endswith("'")
