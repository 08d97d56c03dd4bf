"""Workbooks of Excel 2007 and later: however a program writes them, they are read the same, or refused."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.workbooks import read_workbook
from tests.sources.reading_of import cells, marks, only_sheet
from tests.sources.xlsx_spelling import FORMATS, Cell, Rows, Spelling, write

_TABLE: Rows = (
    (Cell("text", "Employee ID"), Cell("text", "Score"), Cell("text", "Day"), None, Cell("text", "Passed")),
    (Cell("number", "4711", 2), Cell("number", "0.875", 1), Cell("number", "45356", 3), None, Cell("boolean", "1")),
    (Cell("text", " 007 & <so> "), Cell("error", "#N/A"), Cell("number", "45357.5", 6), None, Cell("boolean", "0")),
    (),
    (Cell("number", "1234567890123456789"), None, Cell("number", "0.25", 4), Cell("text", "é\u4e2d"), None),
)
_SHOWN = [
    [1, "Employee ID", "Score", "Day", None, "Passed"],
    [2, "04711", "87.5%", "2024-03-05 00:00:00", None, "true"],
    [3, " 007 & <so> ", "#N/A", "2024-03-06 12:00:00", None, "false"],
    [4, None, None, None, None, None],
    [5, "1234567890123456768", None, "06:00:00", "é\u4e2d", None],
]
_MARKS = [(3, "B", "error"), (5, "A", "imprecise")]
_SPELLINGS = {
    "as most programs": {},
    "single quotes": {"quote": "'"},
    "indented": {"indent": "\n    "},
    "attributes in another order": {"reversed_attributes": True},
    "under a prefix": {"prefix": "x:"},
    "without places": {"has_places": False},
    "spaces around numbers": {"padded_numbers": True},
    "typed numbers": {"types_numbers": True},
    "booleans as words": {"boolean_words": True},
    "comments": {"comments": True},
    "CDATA": {"cdata": True},
    "character references": {"references": True},
    "blank cells": {"blank_cells": True},
    "alternatives": {"alternatives": True},
    "strict": {"is_strict": True},
    "UTF-16": {"encoding": "utf-16"},
    "inline texts": {"texts": "inline"},
    "rich texts": {"texts": "rich"},
    "texts of formulas": {"texts": "formula"},
    "no dimension": {"dimension": None},
    "a dimension of no row": {"dimension": "A0:AZ489"},
    "a dimension too small": {"dimension": "A1"},
    "a dimension too large": {"dimension": "A1:XFD1048576"},
    "part names in another case": {"in_capitals": True},
    "part names with backslashes": {"backslashes": True},
    "absolute targets": {"absolute_targets": True},
    "styles elsewhere": {"styles_part": "looks/styles7.xml"},
    "rows out of order": {"rows_out_of_order": True},
}


@pytest.mark.parametrize("spelling", _SPELLINGS.values(), ids=_SPELLINGS)
def test_every_spelling_reads_the_same(tmp_path: Path, spelling: dict[str, Any]) -> None:
    """The cells of one table, as twenty-eight programs might write it."""
    raw = only_sheet(write(tmp_path / "a.xlsx", _TABLE, Spelling(**spelling)))
    assert (cells(raw), marks(raw)) == (_SHOWN, _MARKS)


_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), min_size=1, max_size=8)
_NUMBERS = st.one_of(
    st.integers(-(10**6), 10**15).map(str),
    st.floats(-1e9, 1e9, allow_nan=False).map(repr),
    st.sampled_from(["1E3", "1.5E-7", "0.92000000000000004", "123456789012345678"]),
)
_CELLS = st.one_of(
    st.none(),
    st.builds(Cell, st.just("text"), _TEXTS.filter(str.strip)),
    st.builds(Cell, st.just("number"), _NUMBERS, st.sampled_from([0, 5])),
    st.builds(Cell, st.just("number"), st.integers(1, 99_999).map(str), st.integers(0, len(FORMATS) - 1)),
    st.builds(Cell, st.just("boolean"), st.sampled_from(["0", "1"])),
    st.builds(Cell, st.just("error"), st.sampled_from(["#N/A", "#DIV/0!", "#REF!"])),
)
_BOOLEANS = {name: st.booleans() for name, kind in Spelling.__annotations__.items() if kind is bool}
_HOW = st.builds(
    Spelling,
    **{**_BOOLEANS, "rows_out_of_order": st.just(value=False)},
    quote=st.sampled_from("'\""),
    indent=st.sampled_from(["", "\n\t"]),
    prefix=st.sampled_from(["", "m:"]),
    texts=st.sampled_from(["shared", "inline", "rich", "formula"]),
    encoding=st.sampled_from(["utf-8", "utf-16", "utf-8-sig"]),
    dimension=st.sampled_from([None, "A1", "A0:B0", "C3:D4"]),
    styles_part=st.sampled_from(["styles.xml", "s/x.xml"]),
)


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(st.lists(_CELLS, max_size=4), min_size=1, max_size=5), how=_HOW)
def test_any_spelling_of_any_table_reads_as_the_plain_one(rows: Rows, how: Spelling) -> None:
    """The fast parser reads the plain one, and what it says is what is read of any other."""
    assert _read_here(rows, how) == _read_here(rows, Spelling())


def _read_here(rows: Rows, how: Spelling) -> tuple[list[list[Any]], list[Any]]:
    """The cells and the marks, read in this process."""
    import pyarrow as pa

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        read_workbook(write(folder / "a.xlsx", rows, how), "xlsx", folder)
        table, marked = (pa.ipc.open_file(folder / f"0.{kind}").read_all() for kind in ("arrow", "marks"))
        return [list(row.values()) for row in table.to_pylist()], marked.to_pylist()
