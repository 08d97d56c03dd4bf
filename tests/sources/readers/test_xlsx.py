"""Workbooks of Excel 2007 and later: however a program writes them, they are read the same, or refused."""

import datetime as dt
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
import python_calamine
from hypothesis import given, settings
from hypothesis import strategies as st
from msoffcrypto.format.ooxml import OOXMLFile

from sources.readers.workbooks import read_workbook
from tests.sources.reading_of import cells, cells_at, marks, only_sheet, read
from tests.sources.workbook_files import xlsx_of
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


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
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


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.lists(_CELLS, max_size=4), min_size=1, max_size=5), how=_HOW)
def test_values_are_those_of_another_reader(rows: Rows, how: Spelling) -> None:
    """What python-calamine reads of the plain spelling is read of any, where no number format shows it otherwise."""
    with tempfile.TemporaryDirectory() as name:
        path = write(Path(name) / "a.xlsx", rows, Spelling(texts=how.texts))
        sheet = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0)
        theirs = sheet.to_python(skip_empty_area=False)
    ours = {line[0]: line[1:] for line in _read_here(rows, how)[0]}
    for row, line in enumerate(rows, start=1):
        for column, cell in enumerate(line):
            if cell is not None and cell.kind != "error" and not (cell.kind == "number" and cell.style in (1, 2, 4)):
                assert ours[row][column] == _as_text(theirs[row - 1][column])


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return format(value, ".9f").rstrip("0").rstrip(".")
    return f"{value:%Y-%m-%d} 00:00:00" if isinstance(value, dt.date) else str(value)


@pytest.mark.parametrize("last", ["<v>1</v>", "<v>true</v>"])
def test_large_sheets_are_read_beside_their_scan(tmp_path: Path, last: str) -> None:
    """Also where the scan finds only at the end of the sheet that the fast parser would read it wrong."""
    count = 100_000
    rows = "".join(
        f'<row r="{row}"><c r="A{row}" s="1"><v>0.5</v></c><c r="B{row}" t="str"><v>{"long " * 12}{row}</v></c></row>'
        for row in range(1, count + 1)
    )
    head = f'<worksheet xmlns="{_MAIN}"><dimension ref="A1:B{count}"/><sheetData>'
    end = f'<row r="{count + 1}"><c r="B{count + 1}" t="b">{last}</c></row></sheetData></worksheet>'
    styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="9"/></cellXfs>'
    table = only_sheet(xlsx_of(tmp_path / "a.xlsx", "", styles, sheet=head + rows + end)).table()
    assert table.column("A").to_pylist() == ["50%"] * count + [None]
    assert table.column("B").to_pylist()[-2:] == [f"{'long ' * 12}{count}", "true"]


@pytest.mark.parametrize(
    ("calculation", "rows"),
    [
        ('<calcPr calcId="124519" fullCalcOnLoad="1"/>', '<c r="B1"><f>D1*100</f><v>0</v></c>'),
        ("<calcPr fullCalcOnLoad = 'true'/>", '<c r="B1" t="str"><f>D1*100</f><v></v></c>'),
        ('<calcPr calcCompleted="0"/>', '<c r="B1"><f>D1*100</f><v> 0 </v></c>'),
        ("", '<c r="B1"><f>D1*100</f></c>'),
        ("", '<c r="B1" t="n"><f>D1*100</f><v/></c>'),
        ("", '<c r="B1" t="str"><f>D1*100</f></c>'),
        ("", '<c r="B1">\n<f>D1*100</f>\n<v>\n</v></c>'),
    ],
)
def test_formulas_that_no_program_has_calculated(tmp_path: Path, calculation: str, rows: str) -> None:
    """They are errors and show the formula: nobody knows what they give."""
    path = xlsx_of(tmp_path / "a.xlsx", f'<row r="1"><c r="A1"><v>7</v></c>{rows}</row>', workbook=calculation)
    raw = only_sheet(path)
    assert (cells(raw), marks(raw)) == ([[1, "7", "=D1*100"]], [(1, "B", "error")])


def test_formulas_of_a_sheet_that_asks_to_be_calculated(tmp_path: Path) -> None:
    """The sheet says so behind its rows."""
    row = '<row r="1"><c r="A1"><f>B1</f><v>0</v></c><c r="B1"><v>0</v></c><c r="C1"><f>B1+3</f><v>3</v></c></row>'
    raw = only_sheet(xlsx_of(tmp_path / "a.xlsx", row, after='<sheetCalcPr fullCalcOnLoad="1"/>'))
    assert (cells(raw), marks(raw)) == ([[1, "=B1", "0", "3"]], [(1, "A", "error")])


def test_formulas_that_excel_has_calculated(tmp_path: Path) -> None:
    """The chain of what Excel calculated tells so, where a library asked for another calculation afterwards."""
    rows = '<row r="1"><c r="A1"><f>1-1</f><v>0</v></c><c r="B1" t="str"><f>""</f><v></v></c></row>'
    asked = '<calcPr calcId="191029" fullCalcOnLoad="1"/>'
    raw = only_sheet(xlsx_of(tmp_path / "a.xlsx", rows, workbook=asked, parts={"calcChain": "calcChain.xml"}))
    assert (cells(raw), marks(raw)) == ([[1, "0"]], [])


_ARRAY = '<row r="1"><c r="A1"><f t="array" ref="A1:B3">ROW(C1:C3)</f>{}</c><c r="B1"><v>0</v></c></row>'


@pytest.mark.parametrize("value", ["", "<v/>", "<v>0</v>"])
def test_array_formulas_that_no_program_has_calculated(tmp_path: Path, value: str) -> None:
    """Libraries write 0 into the other cells of the range, or nothing: none of them has a value."""
    rows = _ARRAY.format(value) + '<row r="2"><c r="A2"><v>0</v></c></row><row r="4"><c r="A4"><v>5</v></c></row>'
    raw = only_sheet(xlsx_of(tmp_path / "a.xlsx", rows, workbook='<calcPr fullCalcOnLoad="1"/>'))
    assert cells(raw) == [*([n, "=ROW(C1:C3)", "=ROW(C1:C3)"] for n in (1, 2, 3)), [4, "5", None]]
    assert marks(raw) == [(n, x, "error") for n in (1, 2, 3) for x in "AB"]


def test_array_formulas_that_a_program_has_calculated(tmp_path: Path) -> None:
    """Their cells have values, a 0 among them."""
    raw = only_sheet(xlsx_of(tmp_path / "a.xlsx", _ARRAY.format("<v>7</v>")))
    assert (cells(raw), marks(raw)) == ([[1, "7", "0"]], [])


def test_an_array_formula_of_a_whole_sheet_is_refused(tmp_path: Path) -> None:
    """Where a stray cell makes its range a sheet's: that many cells are not waited for."""
    rows = '<row r="1"><c r="A1"><f t="array" ref="A1:XFD1048576">1</f></c></row>'
    rows += '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    found = read(xlsx_of(tmp_path / "a.xlsx", rows))
    assert found.code == "file.unreadable"
    assert "in more than 1,000,000 cells" in str(found.message)


_TWO = '<row r="2"><c r="A2"><v>1</v></c></row>'


@pytest.mark.parametrize("attribute", ["", ' ht="15"', " ht='15'"])
def test_a_cell_that_comes_twice(tmp_path: Path, attribute: str) -> None:
    """Two rows of one number become one row, unless both have the same cell, however plain the XML is."""
    other, same = (f'<row r="2"{attribute}><c r="{x}2"><v>9</v></c></row>' for x in "BA")
    assert cells(only_sheet(xlsx_of(tmp_path / "a.xlsx", _TWO + other))) == [[2, "1", "9"]]
    found = read(xlsx_of(tmp_path / "b.xlsx", _TWO + same))
    assert found.code == "file.unreadable"
    assert "has the cell A2 twice" in str(found.message)


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ('<row r="2"><c r="A2"><v>1</v></c><c r="C2"><v>5</v></c><c r="C2"><v>7</v></c></row>', "C2"),
        ('<row r="2"><c r="B2" t="b"><v>1</v></c></row><row r="3"><c r="B2" t="b"><v>0</v></c></row>', "B2"),
        (
            (
                '<row r="4"><c r="A4" t="inlineStr"><is><t>E7</t></is></c></row>'
                '<row r="5"><c r="A4" t="e"><v>#N/A</v></c><c r="B5" t="inlineStr"><is><t></t></is></c></row>'
            ),
            "A4",
        ),
    ],
)
def test_a_cell_that_comes_twice_where_all_rows_are_in_order(tmp_path: Path, rows: str, place: str) -> None:
    found = read(xlsx_of(tmp_path / "a.xlsx", rows))
    assert (found.code, f"has the cell {place} twice" in str(found.message)) == ("file.unreadable", True)


def test_shared_formulas_are_shown_as_each_cell_has_them(tmp_path: Path) -> None:
    """The first cell has the text; those below refer to it."""
    rows = '<row r="1"><c r="B1"><f t="shared" ref="B1:B2" si="4">A1*$C$1</f></c></row><row r="2"><c r="B2">'
    raw = only_sheet(xlsx_of(tmp_path / "a.xlsx", f'{rows}<f t="shared" si="4"/></c></row>'))
    assert [line[2] for line in cells(raw)] == ["=A1*$C$1", "=A2*$C$1"]


_ODD_CELLS: tuple[tuple[str, str, str | None], ...] = (
    ('t="b"', "<v>TRUE</v>", None),
    ('t="b"', "<v> </v>", None),
    ('t="b"', "<v>maybe</v>", "error"),
    ('t="e"', "<v>#SPILL!</v>", "error"),
    ('t="e"', "<v/>", "error"),
    ('t="s"', "<v>9</v>", "error"),
    ('t="n"', "<v>twelve</v>", None),
    ('t="d"', "<v>2024-03-05</v>", None),
    ('t="d"', "<v>2024-03-05T09:30:00.000Z</v>", None),
    ('t="d"', "<v>09:30:00</v>", None),
    ('t="d"', "<v>March</v>", None),
    ('t="str"', "<f>A9</f><v>ann_x000D_lee_x005F_x0041_</v>", None),
    ('t="inlineStr"', "<is><t> a_x0042_ </t><rPh><t>no</t></rPh></is>", None),
    ('s="1"', "<v>20240305</v>", "error"),
    ('s="1"', "<v>-3</v>", "error"),
)
_ODD_TEXTS = (
    *("true", None, "maybe", "#SPILL!", "#ERROR!", "#ERROR!", "twelve", "2024-03-05 00:00:00", "2024-03-05 09:30:00"),
    *("09:30:00", "March", "ann\rlee_x0041_", "aB", "20240305", "-3"),
)


def test_cells_of_every_type(tmp_path: Path) -> None:
    """What a type does not allow is an error where it could be taken for another value, else it is read as it is."""
    rows = "".join(
        f'<row r="{row}"><c r="A{row}" {attributes}>{inside}</c><c r="B{row}"><v>1</v></c></row>'
        for row, (attributes, inside, _) in enumerate(_ODD_CELLS, start=1)
    )
    styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
    raw = only_sheet(xlsx_of(tmp_path / "a.xlsx", rows, styles))
    assert [line[1] for line in cells(raw)] == list(_ODD_TEXTS)
    assert marks(raw) == [(row, "A", kind) for row, (*_, kind) in enumerate(_ODD_CELLS, start=1) if kind]


@pytest.mark.parametrize("number", [27, 31, 36, 50, 57, 58, 71, 81])
def test_dates_of_east_asian_excel(tmp_path: Path, number: int) -> None:
    """Their formats are built in there and stand in no file."""
    styles = f'<cellXfs><xf numFmtId="0"/><xf numFmtId="{number}"/></cellXfs>'
    raw = only_sheet(xlsx_of(tmp_path / "a.xlsx", '<row r="1"><c r="A1" s="1"><v>45356</v></c></row>', styles))
    assert cells(raw) == [[1, "2024-03-05 00:00:00"]]


@pytest.mark.parametrize("said", ['date1904="1"', "date1904 = 'true'"])
def test_days_counted_from_1904(tmp_path: Path, said: str) -> None:
    """Also where an extension has an element of the same name, as Excel writes it since 2013."""
    extension = (
        '<extLst><ext uri="{79F54976-1DA5-4618-B147-4CDE4B953A38}" '
        'xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main">'
        '<x14:workbookPr defaultImageDpi="32767"/></ext></extLst>'
    )
    styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
    rows = '<row r="1"><c r="A1" s="1"><v>43894</v></c><c r="B1"><v>43894</v></c></row>'
    path = xlsx_of(tmp_path / "a.xlsx", rows, styles, workbook=f"<workbookPr {said}/>{extension}")
    assert cells(only_sheet(path)) == [[1, "2024-03-05 00:00:00", "43894"]]


@pytest.mark.parametrize("name", ["Old\ndata", "A &amp; B", "&lt;x&gt;", "Data", " x "])
def test_no_sheet_is_left_out(tmp_path: Path, name: str) -> None:
    """Whatever its name, that of another sheet too, and whatever its state."""
    second = f'<sheet name="{name}" sheetId="2" state="veryHidden" r:id="rId1"/>'
    rows = '<row r="1"><c r="A1"><v>7</v></c></row>'
    sheets = read(xlsx_of(tmp_path / "a.xlsx", rows, more_sheets=second)).sheets
    assert [(cells(sheet), sheet.visible) for sheet in sheets] == [([[1, "7"]], True), ([[1, "7"]], False)]


def test_a_sheet_that_is_missing_is_reported(tmp_path: Path) -> None:
    """A workbook that names a sheet and has none is damaged."""
    path = xlsx_of(tmp_path / "a.xlsx", "", more_sheets='<sheet name="Gone" sheetId="2" r:id="rId77"/>')
    result = read(path)
    assert (result.code, result.sheets) == ("file.unreadable", ())
    assert "the sheet Gone, and the sheet is missing" in str(result.message)


@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", "xl/styles.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"]
)
def test_document_types_are_refused(tmp_path: Path, part: str) -> None:
    """They could define entities that grow without end; no spreadsheet program writes one."""
    plain = write(tmp_path / "plain.xlsx", ((Cell("text", "x"),),), Spelling())
    trap = tmp_path / "trap.xlsx"
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(trap, "w") as changed:
        for name in source.namelist():
            body = source.read(name)
            changed.writestr(
                name, body.replace(b"?>", b'?><!DOCTYPE a [<!ENTITY b "c">]>', 1) if name == part else body
            )
    assert "declares a document type" in str(read(trap).message)


@pytest.mark.parametrize("place", ["XFD1", "ZZ40000", "XFD1048576", "A1048576"])
def test_a_cell_far_away_costs_little(tmp_path: Path, place: str) -> None:
    """It is read, and so is the table; neither time nor memory is spent on what is between them."""
    letters, row = place.rstrip("0123456789"), int(place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    far = f'<c r="{place}"><v>9</v></c>'
    first = f'<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c>{far if row == 1 else ""}</row>'
    raw = only_sheet(xlsx_of(tmp_path / "a.xlsx", first + (f'<row r="{row}">{far}</row>' if row > 1 else "")))
    assert cells_at(raw, 1)["B"] == "2"
    assert cells_at(raw, row)[letters] == "9"
    assert len(raw.letters) < 60
    assert raw.rows <= 3


@pytest.mark.parametrize("place", ["XFE1", "A1048577", "AAAA1", "7"])
def test_a_cell_outside_of_every_sheet_is_named(tmp_path: Path, place: str) -> None:
    """No program can show it."""
    result = read(xlsx_of(tmp_path / "a.xlsx", f'<row r="1"><c r="{place}"><v>1</v></c></row>'))
    assert f"The sheet Data has a cell {place}, which is outside" in str(result.message)


def test_rows_of_spaces_are_blank(tmp_path: Path) -> None:
    """As lines of spaces are in a text file; spaces around words stay."""
    rows = "".join(
        f'<row r="{row}"><c r="A{row}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c></row>'
        for row, text in enumerate(["a", "   ", "\u00a0", "\t\u2003", " b "], start=1)
    )
    assert cells(only_sheet(xlsx_of(tmp_path / "a.xlsx", rows))) == [
        [1, "a"],
        [2, None],
        [3, None],
        [4, None],
        [5, " b "],
    ]


def test_a_damaged_package_in_an_encrypted_envelope(tmp_path: Path) -> None:
    """It needs no password."""
    plain = xlsx_of(tmp_path / "plain.xlsx", "")
    locked = tmp_path / "locked.xlsx"
    with plain.open("rb") as source, locked.open("wb") as target:
        OOXMLFile(source).encrypt("VelvetSweatshop", target)  # it writes its description over so small a package
    assert "The file is damaged" in str(read(locked).message)


@pytest.mark.parametrize("password", ["VelvetSweatshop", "secret"])
def test_passwords(tmp_path: Path, password: str) -> None:
    """A workbook that is write-protected is encrypted with a password that everybody knows; any other is asked for."""
    plain = xlsx_of(tmp_path / "plain.xlsx", '<row r="1"><c r="A1"><v>7</v></c></row>')
    with zipfile.ZipFile(plain, "a") as archive:
        archive.writestr("docProps/padding.txt", "x" * 9000)  # the library writes no package below 4 KiB right
    locked = tmp_path / "locked.xlsx"
    with plain.open("rb") as source, locked.open("wb") as target:
        OOXMLFile(source).encrypt(password, target)
    result = read(locked)
    if password == "secret":
        assert (result.code, result.sheets) == ("file.password", ())
    else:
        assert [cells(sheet) for sheet in result.sheets] == [[[1, "7"]]]
