"""What a cell shows under its number format, where that is not the value that is read."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import xlsxwriter
import xlwt
from hypothesis import given
from hypothesis import strategies as st

from sources.cells.shown_cells import mark_of_number, mark_of_text, shows_otherwise
from tests.sources.reading_of import cells, marks, only_sheet
from tests.sources.workbook_files import xls_of, xlsb_of
from tests.sources.xlsx_spelling import Cell, Spelling, write

_ACCOUNTING = r'_-* #,##0.00\ "EUR"_-;-* #,##0.00\ "EUR"_-;_-* "-"??\ "EUR"_-;_-@_-'


@pytest.mark.parametrize(
    ("code", "number", "shown"),
    [
        ("0,", 23000, "23"),
        ("0.0,,", 1_250_000, "1.3"),
        ("0", 417.5, "418"),
        ("0.00", 2.1, "2.10"),
        ("#,##0.0", 1234.56, "1,234.6"),
        ("000;000", -12, "012"),
        ("0;(0)", -12, "(12)"),
        ("General;General", -12, "12"),
        ("0.0E+0", 71234, "7.1E+4"),
        ("0.00E+00", 0.00012, "1.20E-04"),
        ("##0.0E+0", 71234, "71.2E+3"),
        ("# ?/?", 2.5, "2 1/2"),
        ('"K-"0', 9, "K-9"),
        ('0 "h"', 9, "9 h"),
        ("[$€-407] 0", 9, "€ 9"),
        ('[<100]0;"over "0', 250, "over 250"),
        ('@"-B"', 9, "9-B"),
        (_ACCOUNTING, 9, "9.00 EUR"),
        (_ACCOUNTING, 0, "- EUR"),
    ],
)
def test_other_digits_are_a_doubt_in_an_id(code: str, number: float, shown: str) -> None:
    """Scaled, rounded, without the sign, with letters: as a score it is the number, as an ID it may be either."""
    assert mark_of_number(float(number), code, is_1904=False) == f"id shown otherwise: it shows “{shown}”"


@pytest.mark.parametrize(
    ("code", "number", "how"),
    [
        (";;;", 3, "it shows nothing"),
        ("0;-0;;@", 0, "it shows nothing"),
        ("#,###", 0, "it shows nothing"),
        ('"yes";;"no"', 1, "it shows “yes”"),
        ('"yes";;"no"', 0, "it shows “no”"),
        ('[=1]"Present";[=0]"Absent";General', 1, "it shows “Present”"),
        ("mmm-yy", 44256, "it shows only the month 2021-03"),
        ("[$-407]mmmm yyyy;@", 44256, "it shows only the month 2021-03"),
        ("yyyy", 44197, "it shows only the year 2021"),
    ],
)
def test_words_nothing_and_months_are_a_doubt_in_every_cell(code: str, number: float, how: str) -> None:
    """A month that was typed is stored as its first day."""
    assert mark_of_number(float(number), code, is_1904=False) == f"shown otherwise: {how}"


@pytest.mark.parametrize(
    ("code", "number"),
    [
        *(("General", -1.5), ("@", 7), ("0", 7), ("0.00", 7), ("0.00", 7.25), ("#,##0", 1234567), ("#,##0.00", 1234)),
        *((r"#\ ##0", 1234567), ("00000", 7), ('"K-"000', 7), ("0%", 0.925), ("_-* #,##0.00_-;-* #,##0.00_-", 7)),
        *(("dd/mm/yyyy", 44256), ("d-mmm", 44256), ("mmm-yy", 44257), ("h:mm", 0.5), ("[h]:mm", 1.5), ("0.##", 7)),
        *(('[=1]"Present";[=0]"Absent";General', 7), ("0;-0;;@", -7), ("# ?/?", 7), ("0", 1e300), ("[Red]0", 7)),
    ],
)
def test_what_is_shown_is_what_is_read(code: str, number: float) -> None:
    """Separators, zeros behind the point and spaces change nothing; what is read as shown is not in doubt."""
    assert mark_of_number(float(number), code, is_1904=False) is None


@pytest.mark.parametrize(
    ("code", "text", "shown"),
    [
        *(('@"-B"', "x7", "x7-B"), ('0;0;0;"K "@', "x7", "K x7"), (r"\A@", "x7", "Ax7")),
        *(("@", "x7", None), ("_-@_-", "x7", None), ("0;-0;;@", "x7", None), ("0.00", "x7", None), ("0;0", "x7", None)),
        *((_ACCOUNTING, "x7", None), ("General", "x7", None), ("0;0;0;General", "x7", None)),
    ],
)
def test_formats_that_add_to_texts(code: str, text: str, shown: str | None) -> None:
    """Spaces are nothing that is added."""
    assert mark_of_text(text, code) == (shown and f"shown otherwise: it shows “{shown}”")
    assert mark_of_text("x7", ";;;") == "shown otherwise: it shows nothing"


@pytest.mark.parametrize("shown", ["1234567", "1,234,567", "1.234.567,00", "1234567.00", "1\xa0234\xa0567"])
def test_numbers_in_any_language(shown: str) -> None:
    """As programs show them: separators of thousands, and decimals that are zero."""
    assert shows_otherwise("1234567", shown) is None
    assert shows_otherwise("1234568", shown) is not None


def test_zeros_that_a_sheet_hides(tmp_path: Path) -> None:
    """An option of the sheet, in Excel: zeros are blank."""
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet("Data")
        sheet.hide_zero()
        sheet.write_row(0, 0, ["x", 0, 7])
    old = xlwt.Workbook()
    sheet = old.add_sheet("Data")
    sheet.show_zero_values = False
    for column, value in enumerate(["x", 0, 7]):
        sheet.write(0, column, value)
    old.save(str(tmp_path / "b.xls"))
    for name in ("a.xlsx", "b.xls"):
        raw = only_sheet(tmp_path / name)
        assert cells(raw) == [[1, "x", "0", "7"]]
        assert marks(raw) == [(1, "B", "shown otherwise: it shows nothing")]


_CODES = ["General", "0,", "0.00", '"K-"0', "00000", ";;;", "mmm-yy", '@"-B"', "0%"]
_ROWS: list[list[tuple[int, float | str]]] = [
    [(style, number) for style in range(9)] for number in (23000.0, 2.1, 44256.0)
]
_ROWS += [[(style, "x7") for style in range(9)]]


def test_workbooks_of_all_kinds_are_marked_alike(tmp_path: Path) -> None:
    """.xlsx by both of its readers, .xls and .xlsb."""
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet, formats = book.add_worksheet("Data"), [book.add_format({"num_format": code}) for code in _CODES]
        for row, line in enumerate(_ROWS[:3]):
            for column, (style, value) in enumerate(line):
                sheet.write(row, column, value, formats[style])
    spelled = [[Cell("text" if isinstance(v, str) else "number", str(v), style) for style, v in line] for line in _ROWS]
    write(tmp_path / "b.xlsx", spelled, Spelling(quote="'"), _CODES)
    found = {
        "xlsx": marks(only_sheet(tmp_path / "b.xlsx")),
        "xls": marks(only_sheet(xls_of(tmp_path / "c.xls", _CODES[1:], _ROWS))),
        "xlsb": marks(only_sheet(xlsb_of(tmp_path / "d.xlsb", _CODES[1:], _ROWS))),
    }
    assert found["xls"] == found["xlsx"] == found["xlsb"]
    assert found["xlsx"][0] == (1, "B", "id shown otherwise: it shows “23”")
    assert found["xlsx"][-2:] == [
        (4, "F", "shown otherwise: it shows nothing"),
        (4, "H", "shown otherwise: it shows “x7-B”"),
    ]
    fast = only_sheet(tmp_path / "a.xlsx")
    assert marks(fast) == [mark for mark in found["xlsx"] if mark[0] < 4]
    assert cells(fast) == cells(only_sheet(tmp_path / "b.xlsx"))[:3]


_NUMBERS = st.one_of(st.integers(-(10**6), 10**6), st.floats(-1e6, 1e6), st.sampled_from([0, 1, 44256, 44257, 0.5]))


@given(st.lists(st.tuples(st.sampled_from(range(12)), _NUMBERS), min_size=1, max_size=8))
def test_the_fast_reader_marks_as_the_other_one(line: list[tuple[int, float]]) -> None:
    """Whatever the numbers and their formats."""
    codes = [*_CODES[:7], "0%", "0", "0.0E+0", "0;(0);;@", _ACCOUNTING]
    row: list[Any] = [Cell("number", repr(float(number)), style) for style, number in line]
    with TemporaryDirectory() as folder:
        read = [
            only_sheet(
                write(Path(folder) / f"{quote!r}.xlsx", [[Cell("text", "x"), *row]], Spelling(quote=quote), codes)
            )
            for quote in ("'", '"')
        ]
        assert cells(read[0]) == cells(read[1])
        assert marks(read[0]) == marks(read[1])
