"""Workbooks of Excel 97 to 2003: formulas that nobody calculated, odd envelopes, cells that are no number."""

import datetime as dt
import math
import struct
from collections.abc import Sequence
from hashlib import md5
from pathlib import Path

import pytest
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from sources.readers.xls.by_calamine import read_by_calamine
from sources.readers.xls.ole import SIGNATURE, book_in
from sources.readers.xls.reader import read_xls
from tests.sources.reading_of import cells, marks, only_sheet, read
from tests.sources.workbook_files import Formula, ole_of, xls_of

_UNKNOWN = "=…"
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


def _with_wrong_counts(path: Path) -> Path:
    """Another number of shared texts than there are: xlrd gives up, spreadsheet programs do not."""
    content = path.read_bytes()
    at = content.index(struct.pack("<H", 0xFC), 512)
    count = struct.unpack_from("<I", content, at + 8)[0]
    path.write_bytes(content[: at + 8] + struct.pack("<I", count + 3) + content[at + 12 :])
    return path


_STYLED = (
    ("id", None),
    (7, "00000"),
    (0.875, "0%"),
    (45001.375, 'yyyy"年"m"月"d"日"'),
    (0.375, "hh:mm"),
    (1.5, "[h]:mm"),
    (12345, None),
    (-92.25, "0.0"),
    (1234567890123456, None),
    (True, None),
    (math.nan, None),
    (dt.datetime(2021, 3, 4, 13, 45), "dd.mm.yyyy"),  # noqa: DTZ001 - cells have no zone
    ("  007", None),
)


def _styled(path: Path) -> Path:
    book = xlwt.Workbook()
    for name in ("Data", "Hidden"):
        sheet = book.add_sheet(name)
        for column, (value, code) in enumerate(_STYLED):
            sheet.write(0, column, value, xlwt.easyxf(num_format_str=code) if code else xlwt.Style.default_style)
            sheet.write(1, column, column)
        sheet.write_merge(3, 4, 0, 0, "Safety")
        sheet.write(3, 1, xlwt.Formula("1/0"))
        sheet.write(4, 1, "x")
    book.get_sheet(1).visibility = 1
    book.save(str(path))
    return path


def test_where_xlrd_gives_up_another_reader_is_asked(tmp_path: Path) -> None:
    """And what that one does not tell - formats, errors, formulas - is read as if xlrd had not given up."""
    whole = read(_styled(tmp_path / "a.xls"))
    odd = read(_with_wrong_counts(_styled(tmp_path / "b.xls")))
    assert (odd.code, len(odd.sheets)) == (None, 2)
    for ours, theirs in zip(whole.sheets, odd.sheets, strict=True):
        assert (theirs.name, theirs.position, theirs.visible) == (ours.name, ours.position, ours.visible)
        assert (cells(theirs), marks(theirs)) == (cells(ours), marks(ours))
    assert cells(whole.sheets[0])[0][1:5] == ["id", "00007", "87.5%", "2023-03-16 09:00:00"]
    assert [mark[1:] for mark in marks(whole.sheets[0])] == [
        ("H", "id shown otherwise: it shows “-92.3”"),
        ("I", "imprecise"),
        ("K", "error"),
        ("B", "error"),
    ]


_TEXTS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=9)
_NUMBERS = st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9).map(lambda number: round(number, 3))


@given(
    st.lists(st.lists(st.none() | _TEXTS | _NUMBERS | st.booleans(), min_size=3, max_size=3), min_size=1, max_size=6)
)
@settings(max_examples=60, deadline=None)
def test_as_calamine_reads_it(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[str | float | bool | None]]
) -> None:
    """Cell by cell, by xlrd and by the records alone."""
    path = written(tmp_path_factory.mktemp("a") / "a.xls", [["corner"], *(["", *line] for line in table)])
    (theirs,) = (CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False),)
    content = path.read_bytes()
    for draft in (*read_xls(path), *read_by_calamine(book_in(content), content)):
        found = {(row, at): text for at, held in draft.columns.items() for row, text in enumerate(held) if text}
        found |= {(row, at): text for at, held in draft.texts.items() for row, text in held.items()}
        assert {place: _typed(text, theirs[place[0]][place[1]]) for place, text in found.items()} == {
            (row, at): value for row, line in enumerate(theirs) for at, value in enumerate(line) if value != ""
        }


def _typed(text: str, value: object) -> object:
    if isinstance(value, bool):
        return text == "true"
    return float(text) if isinstance(value, int | float) else text


def _rc4(key: bytes, data: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def _key(password: str, salt: bytes, block: int) -> bytes:
    """[MS-OFFCRYPTO] 2.3.6.2."""
    first = md5(password.encode("utf-16-le"), usedforsecurity=False).digest()[:5]
    middle = md5((first + salt) * 16, usedforsecurity=False).digest()[:5]
    return md5(middle + struct.pack("<I", block), usedforsecurity=False).digest()


def _encrypted(stream: bytes, password: str) -> bytes:
    """The workbook as Excel 97 encrypts it: heads of records stay, and so do those that must be read before."""
    salt, verifier = bytes(range(16)), b"0123456789abcdef"
    opened = _rc4(_key(password, salt, 0), verifier + md5(verifier, usedforsecurity=False).digest())
    password_record = struct.pack("<HHHHH", 0x2F, 54, 1, 1, 1) + salt + opened
    moved = len(password_record)
    first = 4 + struct.unpack_from("<H", stream, 2)[0]
    plain = stream[:first] + password_record + stream[first:]
    plain += struct.pack("<HH", 0xFF, -len(plain) % 4) + bytes(-len(plain) % 4)  # so that blank records fill the rest
    keys = b"".join(_rc4(_key(password, salt, block), bytes(1024)) for block in range(len(plain) // 1024 + 1))
    out, at = bytearray(plain), 0
    while at + 4 <= len(plain) and plain[at : at + 4] != bytes(4):
        kind, size = struct.unpack_from("<HH", plain, at)
        start = at + 4
        if kind == 0x85:
            struct.pack_into("<I", out, start, struct.unpack_from("<I", plain, start)[0] + moved)
            start += 4
        if kind not in (0x809, 0x2F):
            for place in range(start, at + 4 + size):
                out[place] ^= keys[place]
        at += 4 + size
    return bytes(out)


@pytest.mark.parametrize(("password", "code"), [("VelvetSweatshop", None), ("secret", "file.password")])
def test_a_password_that_excel_does_not_ask_for(tmp_path: Path, password: str, code: str | None) -> None:
    """Workbooks that were only protected against writing are encrypted with one that everybody knows."""
    plain = book_in(written(tmp_path / "a.xls", [["id", "status"], ["7", "Attended"]]).read_bytes()).stream
    result = read(ole_of(tmp_path / "b.xls", "Workbook", _encrypted(plain, password)))
    assert result.code == code
    assert [cells(sheet) for sheet in result.sheets] == (
        [[[1, "id", "status"], [2, "7", "Attended"]]] if not code else []
    )


def test_a_damaged_envelope_is_told(tmp_path: Path) -> None:
    """Nothing of the workbook can be found."""
    path = ole_of(tmp_path / "a.xls", "Workbook", b"x")
    path.write_bytes(SIGNATURE + path.read_bytes()[8:40] + bytes(472) + "Workbook\0".encode("utf-16-le"))
    result = read(path)
    assert (result.code, "damaged or of an unusual kind" in str(result.message)) == ("file.unreadable", True)
