"""Workbooks: every cell reads as it shows, at the row and letter that a spreadsheet program gives it."""

import datetime as dt
import zipfile
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from tests.sources.reading_of import cells, marks, only_sheet, read
from tests.sources.workbook_files import (
    ods_of,
    ole_of,
    xls_cell,
    xls_merges,
    xls_of,
    xlsb_cell,
    xlsb_merges,
    xlsb_of,
    xlsx_of,
)

_DAY = dt.datetime.fromisoformat("2021-03-04")


def written(path: Path, rows: Sequence[Sequence[tuple[object, str | None]]], **options: object) -> Path:
    """An xlsx of one sheet; a cell is (value, number format)."""
    with xlsxwriter.Workbook(path, dict(options)) as book:
        sheet = book.add_worksheet("Data")
        for row, line in enumerate(rows):
            for column, (value, code) in enumerate(line):
                sheet.write(row, column, value, book.add_format({"num_format": code}) if code else None)
    return path


def test_rows_and_letters_are_those_of_the_program(tmp_path: Path) -> None:
    """A table may start at C4; blank rows inside are kept, those around it are not."""
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet("History")
        sheet.write_row(3, 2, ["id", "status"])
        sheet.write_row(5, 2, ["007", "Attended"])
        sheet.write_blank(40, 20, None, book.add_format({"bold": True}))
    raw = only_sheet(tmp_path / "a.xlsx")
    assert (raw.name, raw.rows, raw.letters, raw.from_workbook) == ("History", 3, ("A", "B", "C", "D"), True)
    assert cells(raw) == [
        [4, None, None, "id", "status"],
        [5, None, None, None, None],
        [6, None, None, "007", "Attended"],
    ]


_SHOWN: tuple[tuple[object, str | None, str | None], ...] = (
    (1001.0, None, "1001"),
    (92.3, None, "92.3"),
    (0.92, "0%", "92%"),
    (0.925, "0.0%", "92.5%"),
    (0.925, "0%", "92.5%"),
    (0.07, "0%", "7%"),
    (-0.5, "0%;[Red]-0%", "-50%"),
    (6083, "00000", "06083"),
    (123456, "00000", "123456"),
    (0, "000", "000"),
    (42, '"EMP-"0000', "EMP-0042"),
    (78051120, "000-00-0000", "078-05-1120"),
    (0.375, "hh:mm", "09:00:00"),
    (1.5, "[h]:mm", "36:00:00"),
    (_DAY, "dd.mm.yyyy", "2021-03-04 00:00:00"),
    (_DAY.replace(hour=13, minute=45), "h:mm AM/PM", "2021-03-04 13:45:00"),
    (3.5, '0.00 "EUR"', "3.5"),
    (1234, "#,##0", "1234"),
    (True, None, "true"),
    ("  007 ", None, "  007 "),
    ("two\nlines", None, "two\nlines"),
    ("", "@", None),
    ("'00417", "@", "00417"),
    ("O'Neil", None, "O'Neil"),
)


def test_cells_read_as_they_show(tmp_path: Path) -> None:
    """Per cent, leading zeros and times count; what the format merely decorates does not."""
    rows = [[("x", None), (value, code), ("y", "@")] for value, code, _ in _SHOWN]
    assert [line[2] for line in cells(only_sheet(written(tmp_path / "a.xlsx", rows)))] == [
        shown for *_, shown in _SHOWN
    ]


def test_dates_counted_from_1904(tmp_path: Path) -> None:
    """Both ways of counting days give the day that is shown."""
    rows = [[(_DAY, "yyyy-mm-dd"), (0.5, "hh:mm")]]
    assert cells(only_sheet(written(tmp_path / "a.xlsx", rows, date_1904=True))) == [
        [1, "2021-03-04 00:00:00", "12:00:00"]
    ]


def test_long_numbers_are_marked_and_long_texts_are_not(tmp_path: Path) -> None:
    """A number keeps 15 digits; a text keeps all."""
    rows = [[(1234567890123456789, None), ("1234567890123456789", None)], [(123456789012345, None), ("7", None)]]
    raw = only_sheet(written(tmp_path / "a.xlsx", rows))
    assert marks(raw) == [(1, "A", "imprecise")]
    assert [line[2] for line in cells(raw)] == ["1234567890123456789", "7"]
    assert cells(raw)[1][1] == "123456789012345"


def test_error_cells_are_marked_with_their_text(tmp_path: Path) -> None:
    """Errors are no blanks; those that Excel learned later do not hinder the rest of the sheet."""
    errors = ["#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"]
    rows = "".join(
        f'<row r="{row}"><c r="A{row}" t="inlineStr"><is><t>x</t></is></c><c r="B{row}" t="e"><v>{error}</v></c></row>'
        for row, error in enumerate(errors, start=1)
    )
    raw = only_sheet(xlsx_of(tmp_path / "a.xlsx", rows))
    assert [line[2] for line in cells(raw)] == errors
    assert marks(raw) == [(row, "B", "error") for row in range(1, 10)]


def test_formulas_give_their_saved_value(tmp_path: Path) -> None:
    """A formula that was saved without a value is an error, shown as the formula, for nobody knows its value."""
    book = openpyxl.Workbook()
    book.active.append(["id", "grade"])
    book.active.append(["1", '=IF(A2<"2",90,80)'])
    book.save(tmp_path / "never calculated.xlsx")
    raw = only_sheet(tmp_path / "never calculated.xlsx")
    assert cells(raw)[1] == [2, "1", '=IF(A2<"2",90,80)']
    assert marks(raw) == [(2, "B", "error")]
    with xlsxwriter.Workbook(tmp_path / "calculated.xlsx") as saved:
        sheet = saved.add_worksheet()
        sheet.write_formula("A1", "=1+1", None, 2)
        sheet.write_formula("B1", '="x"&"y"', None, "xy")
        sheet.write_formula("C1", "=9/10", saved.add_format({"num_format": "0%"}), 0.9)
        sheet.write("E1", "end")
    raw = only_sheet(tmp_path / "calculated.xlsx")
    assert (cells(raw), marks(raw)) == ([[1, "2", "xy", "90%", None, "end"]], [])


def test_a_formula_may_give_an_empty_text(tmp_path: Path) -> None:
    """Saved as text of no length, it is a blank cell and no error."""
    row = '<row r="1"><c r="A1" t="str"><f>""</f><v></v></c><c r="B1"><v>1</v></c></row>'
    raw = only_sheet(xlsx_of(tmp_path / "a.xlsx", row))
    assert (cells(raw), marks(raw)) == ([[1, None, "1"]], [])


def test_merged_cells_are_filled(tmp_path: Path) -> None:
    """Downwards and across; but a heading over several columns with nothing beside it stays in its first cell."""
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.merge_range("A1:D1", "Attendance 2021")
        sheet.write_row("A2", ["course", "learner", "day 1", "day 2"])
        sheet.merge_range("A3:A5", "Safety")
        sheet.write_column("B3", ["Ann", "Bob", "Cy"])
        sheet.merge_range("C4:D4", "absent")
        sheet.write_row("C3", ["present", "present"])
        sheet.write_row("C5", ["present", "absent"])
    assert cells(only_sheet(tmp_path / "a.xlsx")) == [
        [1, "Attendance 2021", None, None, None],
        [2, "course", "learner", "day 1", "day 2"],
        [3, "Safety", "Ann", "present", "present"],
        [4, "Safety", "Bob", "absent", "absent"],
        [5, "Safety", "Cy", "present", "absent"],
    ]


def test_titles_of_tables_side_by_side_are_headings(tmp_path: Path) -> None:
    """And a merged range beyond the table, or over the whole sheet, fills nothing beyond it."""
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.merge_range("A1:B1", "Left")
        sheet.merge_range("C1:D1", "Right")
        sheet.write_row("A2", ["a", "b", "c", "d"])
        sheet.merge_range("D3:XFD90", "")
    assert cells(only_sheet(tmp_path / "a.xlsx")) == [[1, "Left", None, "Right", None], [2, "a", "b", "c", "d"]]


def test_hidden_sheets_charts_and_empty_sheets(tmp_path: Path) -> None:
    """A hidden sheet is read and told; a chart is no sheet, but counts in the order; an empty one has no rows."""
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        for name in ("Shown", "Hidden", "Very hidden", "Empty"):
            book.add_worksheet(name)
        chart = book.add_chart({"type": "bar"})
        chart.add_series({"values": "=Shown!$A$1:$A$2"})
        book.add_chartsheet("Chart").set_chart(chart)
        book.add_worksheet("Last").write("A1", "x")
        for name in ("Shown", "Hidden", "Very hidden"):
            book.get_worksheet_by_name(name).write("A1", 1)
        book.get_worksheet_by_name("Hidden").hide()
        book.get_worksheet_by_name("Very hidden").very_hidden()
    sheets = read(tmp_path / "a.xlsx").sheets
    assert [(sheet.name, sheet.position, sheet.visible, sheet.rows) for sheet in sheets] == [
        ("Shown", 0, True, 1),
        ("Hidden", 1, False, 1),
        ("Very hidden", 2, False, 1),
        ("Empty", 3, True, 0),
        ("Last", 5, True, 1),
    ]
    assert (cells(sheets[3]), marks(sheets[3]), list(sheets[3].part(1, 9).columns)) == ([], [], ["row"])


_STYLES = (
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="00000"/></numFmts>'
    '<cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="9"/><xf numFmtId="164"/></cellXfs>'
)


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="2"><c r="B2" s="1"><v>0.5</v></c><c r="C2" s="2"><v>42</v></c></row>',
        '<row r="2"><c s="1" r="B2"><v>0.5</v></c><c s="2" r="C2" t="n"><v>42</v></c></row>',
        '<row/><row><c/><c s="1"><v>0.5</v></c><c s="2"><v>4.2E1</v></c></row>',
        '<row r="2"><c r="B2" s="1"><f>1/2</f><v>0.5</v></c><c r="C2" s="2"><f t="shared" si="0"/><v>42</v></c></row>',
    ],
    ids=["places first", "places elsewhere", "no places", "formulas"],
)
def test_formats_whoever_wrote_the_file(tmp_path: Path, rows: str) -> None:
    """Programs write the place of a cell first, elsewhere or not at all."""
    assert cells(only_sheet(xlsx_of(tmp_path / "a.xlsx", rows, _STYLES))) == [[2, None, "50%", "00042"]]


def test_formats_under_a_prefix(tmp_path: Path) -> None:
    """Some programs give every element a prefix."""
    sheet = (
        '<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData>'
        '<x:row r="1"><x:c r="A1" s="1"><x:v>0.5</x:v></x:c><x:c r="B1"><x:v>1</x:v></x:c></x:row>'
        '<x:row r="2"><x:c r="B2"><x:v>2</x:v></x:c></x:row></x:sheetData>'
        '<x:mergeCells count="1"><x:mergeCell ref="A1:A2"/></x:mergeCells></x:worksheet>'
    )
    assert cells(only_sheet(xlsx_of(tmp_path / "a.xlsx", "", _STYLES, sheet=sheet))) == [
        [1, "50%", "1"],
        [2, "50%", "2"],
    ]


def test_formats_across_the_blocks_of_a_large_sheet(tmp_path: Path) -> None:
    """A sheet is scanned in blocks; no cell is lost where one ends."""
    rows = "".join(
        f'<row r="{row}"><c r="A{row}" s="1"><v>{row / 100}</v></c><c r="B{row}" t="str"><v>{"x" * 50}</v></c></row>'
        for row in range(1, 20_001)
    )
    column = only_sheet(xlsx_of(tmp_path / "a.xlsx", rows, _STYLES)).table().column("A").to_pylist()
    assert column == [f"{row}%" for row in range(1, 20_001)]


def test_xlsb(tmp_path: Path) -> None:
    """Binary workbooks: formats, long numbers and merged ranges as in an xlsx."""
    rows: list[list[tuple[int, float | str]]] = [
        [(0, "course"), (0, "id"), (0, "grade")],
        [(0, "Safety"), (2, 42.0), (1, 0.92)],
        [(0, ""), (0, 12345678901234567.0), (1, 0.5)],
    ]
    raw = only_sheet(xlsb_of(tmp_path / "a.xlsb", ["0%", "00000"], rows, xlsb_merges((1, 2, 0, 0))))
    assert cells(raw)[:2] == [[1, "course", "id", "grade"], [2, "Safety", "00042", "92%"]]
    assert cells(raw)[2][1::2] == ["Safety", "50%"]
    assert marks(raw) == [(3, "B", "imprecise")]


def test_xls(tmp_path: Path) -> None:
    """Workbooks of Excel 97: formats, dates, errors, merged ranges and hidden sheets."""
    formats = ["0%", "00000", "dd/mm/yyyy", "hh:mm"]
    rows: list[list[tuple[int, float | str | bool | None]]] = [
        [(0, "course"), (0, "id"), (0, "grade"), (0, "day"), (0, "time"), (0, "yes"), (0, "error")],
        [(0, "Safety"), (2, 42.0), (1, 0.92), (3, 44259.0), (4, 0.375), (0, True), (0, None)],
        [(0, ""), (0, 1e16), (0, 1001.5), (3, 44259.5), (4, 0.5), (0, False), (0, 7.0)],
    ]
    raw = only_sheet(xls_of(tmp_path / "a.xls", formats, rows, xls_merges((1, 2, 0, 0)), hidden=True))
    assert cells(raw)[1:] == [
        [2, "Safety", "00042", "92%", "2021-03-04 00:00:00", "09:00:00", "true", "#N/A"],
        [3, "Safety", "10000000000000000", "1001.5", "2021-03-04 12:00:00", "12:00:00", "false", "7"],
    ]
    assert marks(raw) == [(2, "G", "error"), (3, "B", "imprecise")]
    assert not raw.visible


def _cell(text: str, **attributes: str) -> str:
    given = " ".join(f'{name.replace("_", ":", 1).replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f"<table:table-cell {given}><text:p>{text}</text:p></table:table-cell>"


def test_ods(tmp_path: Path) -> None:
    """OpenDocument: typed cells, shown formats, repeated cells and rows, merged ranges, notes left out."""
    header = "".join(
        _cell(name, office_value_type="string") for name in ("course", "id", "grade", "day", "time", "error")
    )
    first = (
        _cell("Safety", office_value_type="string", table_number_rows_spanned="2")
        + _cell("00042", office_value_type="float", office_value="42")
        + _cell("92%", office_value_type="percentage", office_value="0.92")
        + _cell("04.03.21", office_value_type="date", office_date_value="2021-03-04")
        + _cell("9:00", office_value_type="time", office_time_value="PT09H00M00S")
        + _cell("#N/A", office_value_type="string", office_string_value="", calcext_value_type="error")
    )
    second = (
        "<table:covered-table-cell/>"
        + _cell("1.2E+16", office_value_type="float", office_value="1.2E16", table_number_columns_repeated="2")
        + "<table:table-cell office:value-type='string'><office:annotation><text:p>a note</text:p></office:annotation>"
        "<text:p>two<text:s text:c='2'/>words</text:p><text:p>below</text:p></table:table-cell>"
    )
    table = (
        f'<table:table table:name="Data"><table:table-row>{header}</table:table-row>'
        '<table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="16384"/>'
        f"</table:table-row><table:table-row>{first}</table:table-row>"
        f'<table:table-row table:number-rows-repeated="2">{second}</table:table-row>'
        '<table:table-row table:number-rows-repeated="1048570"><table:table-cell/></table:table-row></table:table>'
    )
    raw = only_sheet(ods_of(tmp_path / "a.ods", table))
    assert cells(raw) == [
        [1, "course", "id", "grade", "day", "time", "error"],
        [2, *[None] * 6],
        [3, *[None] * 6],
        [4, "Safety", "00042", "92%", "2021-03-04 00:00:00", "09:00:00", "#N/A"],
        [5, "Safety", "12000000000000000", "12000000000000000", "two  words\nbelow", None, None],
        [6, None, "12000000000000000", "12000000000000000", "two  words\nbelow", None, None],
    ]
    assert marks(raw)[0] == (4, "F", "error")
    assert marks(raw)[1:] == [
        (5, "B", "imprecise"),
        (5, "C", "imprecise"),
        (6, "B", "imprecise"),
        (6, "C", "imprecise"),
    ]


def test_ods_hidden_sheets(tmp_path: Path) -> None:
    """The style of the table says so."""
    hidden = '<style:table-properties table:display="false"/>'
    styles = f'<style:style style:name="ta2" style:family="table">{hidden}</style:style>'
    row = f"<table:table-row>{_cell('x', office_value_type='string')}</table:table-row>"
    tables = (
        f'<table:table table:name="A" table:style-name="ta1">{row}</table:table>'
        f'<table:table table:name="B" table:style-name="ta2">{row}</table:table>'
    )
    sheets = read(ods_of(tmp_path / "a.ods", tables, styles)).sheets
    assert [(sheet.name, sheet.position, sheet.visible) for sheet in sheets] == [("A", 0, True), ("B", 1, False)]


def test_an_ods_bomb_ends(tmp_path: Path) -> None:
    """A thousand million repetitions of one cell."""
    cell = _cell("x", office_value_type="string")
    row = f"<table:table-row table:number-rows-repeated='999999999'>{cell}</table:table-row>"
    result = read(ods_of(tmp_path / "a.ods", f'<table:table table:name="A">{row}</table:table>'))
    assert result.code == "file.too_large"
    assert "The sheet A claims more than 1,048,576 rows" in str(result.message)


def test_an_entity_bomb_ends(tmp_path: Path) -> None:
    """Entities are not spread out."""
    path = ods_of(tmp_path / "a.ods", '<table:table table:name="A"/>')
    with zipfile.ZipFile(path) as archive:
        content = archive.read("content.xml").decode()
    bomb = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "x" * 1000}">' for n in range(9))
    text = f"<!DOCTYPE x [{bomb}]>" + content.replace('table:name="A"/>', 'table:name="&a8;"/>')
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", text)
    assert read(path).code == "file.unreadable"


def test_a_password_is_asked_for(tmp_path: Path) -> None:
    """Encrypted workbooks of every kind."""
    manifest = "<manifest:encryption-data/>"
    for path in (
        ole_of(tmp_path / "a.xlsx", "EncryptedPackage", b"secret"),
        ods_of(tmp_path / "a.ods", "", manifest=manifest),
    ):
        result = read(path)
        assert (result.code, result.sheets) == ("file.password", ())
        assert result.message == "The file needs a password. Open it, remove the password, save it and import it again."


_LINES: list[list[tuple[int, float | str]]] = [[(0, "id"), (0, "mark")], [(0, "a"), (0, "b")], [(0, "c"), (0, "d")]]


def _with_cells(path: Path, *cells: tuple[int, int, str | None]) -> Path:
    """A workbook of _LINES and cells behind them, by the kind of its name."""
    if path.suffix == ".xls":
        return xls_of(path, [], _LINES, b"".join(xls_cell(*cell) for cell in cells))
    return xlsb_of(path, [], _LINES, behind=b"".join(xlsb_cell(*cell) for cell in cells))


@pytest.mark.parametrize("kind", ["xls", "xlsb"])
@pytest.mark.parametrize(
    ("cell", "place"), [((1, 1, "x"), "B2"), ((2, 0, "c"), "A3"), ((2, 1, None), "B3"), ((2, 1, "e"), "B3")]
)
def test_a_cell_that_comes_twice_is_refused(
    tmp_path: Path, kind: str, cell: tuple[int, int, str | None], place: str
) -> None:
    """Whatever the later one holds; parsers keep it alone."""
    found = read(_with_cells(tmp_path / f"a.{kind}", cell))
    assert (found.code, f"has the cell {place} twice" in str(found.message)) == ("file.unreadable", True)


@pytest.mark.parametrize("kind", ["xls", "xlsb"])
def test_cells_in_another_order_are_read(tmp_path: Path, kind: str) -> None:
    """A format alone may come before its value."""
    raw = only_sheet(_with_cells(tmp_path / f"a.{kind}", (4, 0, None), (3, 0, "e"), (4, 0, "f")))
    assert [line[1] for line in cells(raw)] == ["id", "a", "c", "e", "f"]
