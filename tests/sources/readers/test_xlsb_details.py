"""Binary workbooks: what the parser does not know of dates, and cells far away."""

from pathlib import Path

import pytest

from tests.sources.reading_of import cells, marks, only_sheet, read
from tests.sources.workbook_files import xlsb_of


@pytest.mark.parametrize(("is_1904", "number"), [(False, 45356.0), (True, 43894.0)])
def test_dates_that_the_parser_does_not_know(tmp_path: Path, is_1904: bool, number: float) -> None:
    """Formats that are built into East Asian Excel; days counted from 1904."""
    row: list[tuple[int, float | str]] = [(1, number), (2, number), (0, number)]
    raw = only_sheet(xlsb_of(tmp_path / "a.xlsb", ["dd/mm/yyyy"], [row], built_in=[31], is_1904=is_1904))
    assert cells(raw) == [[1, "2024-03-05 00:00:00", "2024-03-05 00:00:00", str(int(number))]]


@pytest.mark.parametrize(("last", "place"), [((0, 16_383), "XFD1"), ((1_048_575, 16_383), "XFD1048576")])
def test_a_cell_far_away_is_named(tmp_path: Path, last: tuple[int, int], place: str) -> None:
    """All that is between would be kept in memory."""
    result = read(xlsb_of(tmp_path / "a.xlsb", [], [[(0, "id")] * 9], last=last))
    assert (result.code, result.sheets) == ("file.too_large", ())
    assert f"reaches to the cell {place}" in str(result.message)


def test_few_columns_may_be_long(tmp_path: Path) -> None:
    """What the sheet says of its size need not be true."""
    raw = only_sheet(xlsb_of(tmp_path / "a.xlsb", [], [[(0, "id")] * 2], last=(1_048_575, 9)))
    assert cells(raw) == [[1, "id", "id"]]


@pytest.mark.parametrize(
    ("calculates", "chain", "formulas", "is_uncalculated"),
    [(True, False, True, True), (True, True, True, False), (False, False, True, False), (True, False, False, False)],
)
def test_formulas_that_no_program_has_calculated(
    tmp_path: Path, calculates: bool, chain: bool, formulas: bool, is_uncalculated: bool
) -> None:
    """A 0 or nothing, in a workbook that asks to be calculated when it is opened and that Excel did not calculate."""
    row: list[tuple[int, float | str]] = [(0, "id"), (0, 0.0), (0, ""), (0, 7.0)]
    path = xlsb_of(tmp_path / "a.xlsb", [], [row], calculates=calculates, chain=chain, formulas=formulas)
    raw = only_sheet(path)
    assert marks(raw) == ([(1, "B", "error"), (1, "C", "error")] if is_uncalculated else [])
    assert cells(raw)[0][1:] == ["id", *(["=…", "=…"] if is_uncalculated else ["0", None]), "7"]
