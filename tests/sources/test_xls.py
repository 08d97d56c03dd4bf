"""Workbooks of Excel 97 to 2003: formulas that nobody calculated, odd envelopes, cells that are no number."""

import math
import struct
from collections.abc import Sequence
from pathlib import Path

import pytest
import xlwt

from sources.ole import SIGNATURE
from tests.sources.reading_of import cells, marks, only_sheet, read
from tests.sources.workbook_files import Formula, ole_of, xls_of

_UNKNOWN = "=(never calculated)"
_EMPTY_TEXT = b"\x03\0\0\0\0\0\xff\xff"


def written(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    """An .xls of one sheet `Data`, as a script writes it with xlwt."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Data")
    for row, line in enumerate(rows):
        for column, value in enumerate(line):
            sheet.write(row, column, value)
    book.save(str(path))
    return path


def test_formulas_of_a_writer_that_cannot_calculate(tmp_path: Path) -> None:
    """xlwt leaves an empty text as the value of every formula: that is no blank cell."""
    rows = [["id", "points", "grade"], ["7", 45, xlwt.Formula("B2/50*100")], ["8", xlwt.Formula('"x"&A3'), ""]]
    raw = only_sheet(written(tmp_path / "a.xls", rows))
    assert cells(raw)[1:] == [[2, "7", "45", _UNKNOWN], [3, "8", _UNKNOWN, None]]
    assert marks(raw) == [(2, "C", "error"), (3, "B", "error")]


@pytest.mark.parametrize(
    ("values", "unknown"),
    [
        ([(0.0, 2)], [0]),
        ([(0.0, 3), (0.0, 2)], [0, 1]),
        ([(_EMPTY_TEXT, 0x21)], [0]),
        ([(0.0, 0), (0.0, 2)], [1]),
        ([(81.5, 0), (0.0, 2)], [1]),
        ([(0.0, 2), (12.0, 2), (_EMPTY_TEXT, 2)], []),
        ([(0.0, 0), (_EMPTY_TEXT, 0)], []),
        ([(0.0, 8), (0.0, 1)], []),
    ],
    ids=["POI", "Perl", "SheetJS", "POI beside others", "POI in a template", "evaluated", "Excel", "shared"],
)
def test_the_values_that_writers_leave(
    tmp_path: Path, values: list[tuple[float | bytes, int]], unknown: list[int]
) -> None:
    """A zero under "calculate on load" and an empty text count as values only where such formulas have other values."""
    rows = [[(0, "x"), (0, Formula(*value))] for value in values]
    raw = only_sheet(xls_of(tmp_path / "a.xls", [], rows))
    assert marks(raw) == [(row + 1, "B", "error") for row in unknown]
    assert [line[2] == _UNKNOWN for line in cells(raw)] == [row in unknown for row in range(len(values))]


@pytest.mark.parametrize("value", [(0.0, 2), (_EMPTY_TEXT, 2), (_EMPTY_TEXT, 0)])
def test_libreoffice_calculates_whatever_its_flags_say(tmp_path: Path, value: tuple[float | bytes, int]) -> None:
    """It leaves its name in the workbook; a formula that gives a zero or an empty text has that value."""
    raw = only_sheet(xls_of(tmp_path / "a.xls", [], [[(0, "x"), (0, Formula(*value))]], writer="Calc"))
    assert (cells(raw)[0][1:], marks(raw)) == (["x", "0"] if value[0] == 0.0 else ["x"], [])


def test_an_empty_text_in_a_workbook_with_a_summary(tmp_path: Path) -> None:
    """Programs that calculate leave one: the formula does give an empty text."""
    rows: list[list[tuple[int, object]]] = [[(0, "x"), (0, Formula(_EMPTY_TEXT, 0))]]
    raw = only_sheet(xls_of(tmp_path / "a.xls", [], rows, summary=True))
    assert (cells(raw), marks(raw)) == ([[1, "x"]], [])


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_fails_its_cell(tmp_path: Path, number: float) -> None:
    """Not the file: the cell is an error, as spreadsheet programs show it."""
    raw = only_sheet(written(tmp_path / "a.xls", [["id", "grade"], ["7", number], ["8", 91]]))
    assert cells(raw)[1:] == [[2, "7", "#NUM!"], [3, "8", "91"]]
    assert marks(raw) == [(2, "B", "error")]


def _odd(content: bytes, what: str) -> bytes:
    changed = bytearray(content)
    directory = 512 + struct.unpack_from("<i", content, 48)[0] * 512
    if what == "the root shares a sector":
        first = struct.unpack_from("<i", content, directory + 128 + 116)[0]
        struct.pack_into("<iI", changed, directory + 116, first, 64)
    elif what == "the root has another name":
        changed[directory : directory + 2] = b"Q\0"
    elif what == "cut within the last sector":
        return content[:-40]
    elif what == "no colors":
        changed[directory + 67] = changed[directory + 128 + 67] = 7
    else:
        return content.replace("Workbook".encode("utf-16-le"), what.encode("utf-16-le"))
    return bytes(changed)


@pytest.mark.parametrize(
    "what",
    [
        "the root shares a sector",
        "the root has another name",
        "cut within the last sector",
        "no colors",
        "WORKBOOK",
        "workbook",
        "wOrKbOoK",
    ],
)
def test_envelopes_that_break_the_rules(tmp_path: Path, what: str) -> None:
    """Spreadsheet programs open them; so does this."""
    path = written(tmp_path / "a.xls", [["id", "status"], ["7", "Attended"]])
    path.write_bytes(_odd(path.read_bytes(), what))
    assert cells(only_sheet(path)) == [[1, "id", "status"], [2, "7", "Attended"]]


def test_a_damaged_envelope_is_told(tmp_path: Path) -> None:
    """Nothing of the workbook can be found."""
    path = ole_of(tmp_path / "a.xls", "Workbook", b"x")
    path.write_bytes(SIGNATURE + path.read_bytes()[8:40] + bytes(472) + "Workbook\0".encode("utf-16-le"))
    result = read(path)
    assert (result.code, "damaged or of a rare kind" in str(result.message)) == ("file.unreadable", True)
