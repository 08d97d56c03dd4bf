"""XML Spreadsheet 2003: the XML that report tools write under the name .xls."""

from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.readers.spreadsheetml import read_spreadsheetml
from tests.sources.reading_of import cells, marks, only_sheet, read

_SPACES = (
    'xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:html="http://www.w3.org/TR/REC-html40"'
)
_SAVED = "<o:DocumentProperties><o:Version>11.8107</o:Version></o:DocumentProperties>"


def _style(name: str, code: str, parent: str = "Default") -> str:
    return f'<Style ss:ID="{name}" ss:Parent="{parent}"><NumberFormat ss:Format={quoteattr(code)}/></Style>'


def _data(kind: str, value: str) -> str:
    return f'<Data ss:Type="{kind}">{escape(value)}</Data>'


def _book(path: Path, rows: str, before: str = "", styles: str = "", encoding: str = "utf-8") -> Path:
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<?mso-application progid="Excel.Sheet"?>\n'
        f"<Workbook {_SPACES}>{before}<Styles>{styles}</Styles>"
        f'<Worksheet ss:Name="Data"><Table>{rows}</Table></Worksheet></Workbook>'
    )
    path.write_bytes(text.encode(encoding))
    return path


def _one(path: Path, cell: str, **about: str) -> tuple[str | None, str | None]:
    """Text and mark of a cell that stands beside another one."""
    raw = only_sheet(_book(path, f"<Row><Cell>{_data('String', 'x')}</Cell>{cell}</Row>", **about))
    found = marks(raw)
    return (cells(raw)[0][2] if len(raw.letters) > 1 else None), (found[0][2] if found else None)


@pytest.mark.parametrize(
    ("code", "kind", "value", "shown"),
    [
        ("General", "Number", "1001", "1001"),
        ("0%", "Number", "0.875", "87.5%"),
        ("Percent", "Number", " 0.92 ", "92%"),
        ("00000", "Number", "6083", "06083"),
        ('"EMP-"0000', "Number", "42", "EMP-0042"),
        ("Standard", "Number", "-4.5", "-4.5"),
        ("Currency", "Number", "1.5E3", "1500"),
        ("Short Date", "DateTime", "2021-03-04T00:00:00.000", "2021-03-04 00:00:00"),
        ("yyyy\\-mm\\-dd", "Number", "44259", "2021-03-04 00:00:00"),
        ("[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", "DateTime", "2021-03-04T13:45:00.000", "2021-03-04 13:45:00"),
        ('yyyy"年"m"月"d"日"', "Number", "45001", "2023-03-16 00:00:00"),
        ("Short Time", "DateTime", "1899-12-31T09:30:00.000", "09:30:00"),
        ("h:mm", "DateTime", "1904-01-01T09:30:00.000", "09:30:00"),
        ("[h]:mm", "DateTime", "1900-01-01T12:00:00.000", "36:00:00"),
        ("[h]:mm", "DateTime", "1900-05-02T10:48:00.000", "2962:48:00"),
        ("@", "String", "  007", "  007"),
        ("General", "Boolean", "1", "true"),
        ("General", "Boolean", "0", "false"),
    ],
)
def test_cells_read_as_they_show(tmp_path: Path, code: str, kind: str, value: str, shown: str) -> None:
    """Formats count, by their names or their codes."""
    cell = f'<Cell ss:StyleID="s1">{_data(kind, value)}</Cell>'
    assert _one(tmp_path / "a.xls", cell, styles=_style("s1", code)) == (shown, None)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (_data("Error", "#DIV/0!"), "#DIV/0!"),
        (_data("Number", "NaN"), "#NUM!"),
        (_data("Number", "twelve"), "twelve"),
        (_data("DateTime", "soon"), "soon"),
    ],
)
def test_errors_and_what_is_no_value(tmp_path: Path, cell: str, text: str) -> None:
    """Each fails its own cell."""
    assert _one(tmp_path / "a.xls", f"<Cell>{cell}</Cell>") == (text, "error")


def test_counting_from_1904(tmp_path: Path) -> None:
    """The workbook says so; dates that it writes as dates are what they are."""
    cell = f'<Cell ss:StyleID="s1">{_data("Number", "42797")}</Cell>'
    about = {"before": "<x:ExcelWorkbook><x:Date1904/></x:ExcelWorkbook>", "styles": _style("s1", "Short Date")}
    assert _one(tmp_path / "a.xls", cell, **about) == ("2021-03-04 00:00:00", None)


@pytest.mark.parametrize("place", ["Table", "Row", "Column"])
def test_styles_of_the_row_the_column_and_the_table(tmp_path: Path, place: str) -> None:
    """A cell without a style has that of its row, its column or the table; a style without a format its parent's."""
    styles = _style("s0", "00000") + '<Style ss:ID="s1" ss:Parent="s0"><Font/></Style>'
    columns = '<Column/><Column ss:Index="2" ss:Span="1"/>'
    row = f"<Row><Cell>{_data('String', 'x')}</Cell><Cell/><Cell>{_data('Number', '42')}</Cell></Row>"
    path = _book(tmp_path / "a.xls", columns + row, styles=styles)
    bare = {"Table": "<Table", "Row": "<Row", "Column": '<Column ss:Index="2"'}[place]
    path.write_text(path.read_text().replace(bare, f'{bare} ss:StyleID="s1"', 1))
    assert cells(only_sheet(path)) == [[1, "x", None, "00042"]]


def test_places_spans_and_merged_cells(tmp_path: Path) -> None:
    """Rows and cells may say where they stand; what is merged over rows is filled."""
    rows = (
        f'<Row ss:Index="3"><Cell ss:Index="2">{_data("String", "course")}</Cell>'
        f"<Cell>{_data('String', 'id')}</Cell><Cell>{_data('String', 'a')}</Cell>"
        f"<Cell>{_data('String', 'b')}</Cell></Row>"
        f'<Row ss:Span="1"/><Row><Cell ss:Index="2" ss:MergeDown="1">{_data("String", "Safety")}</Cell>'
        f"<Cell>{_data('String', '7')}</Cell><Cell ss:MergeAcross='1'>{_data('String', 'x')}</Cell></Row>"
        f'<Row><Cell ss:Index="3">{_data("String", "8")}</Cell></Row>'
    )
    raw = only_sheet(_book(tmp_path / "a.xls", rows))
    assert cells(raw) == [
        [3, None, "course", "id", "a", "b"],
        [4, *[None] * 5],
        [5, *[None] * 5],
        [6, None, "Safety", "7", "x", "x"],
        [7, None, "Safety", "8", None, None],
    ]


def test_comments_and_rich_texts(tmp_path: Path) -> None:
    """A comment is none of the cell's text; formatting inside of it is."""
    comment = '<Comment><ss:Data xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">late</ss:Data></Comment>'
    rich = '<ss:Data ss:Type="String"><html:B>Ann</html:B> <html:Font>Lee</html:Font></ss:Data>'
    assert _one(tmp_path / "a.xls", f"<Cell>{rich}{comment}</Cell>") == ("Ann Lee", None)
    assert _one(tmp_path / "b.xls", f"<Cell>{comment}</Cell>") == (None, None)


@pytest.mark.parametrize(
    ("data", "saved", "text", "mark"),
    [
        ("", "", "=RC[-1]*2", "error"),
        ("", _SAVED, "=RC[-1]*2", "error"),
        ("<Data ss:Type='Number'/>", "", "=RC[-1]*2", "error"),
        (_data("Number", "0"), "", "=RC[-1]*2", "error"),
        (_data("String", ""), "", "=RC[-1]*2", "error"),
        (_data("Number", "0"), _SAVED, "0", None),
        (_data("String", ""), _SAVED, None, None),
        (_data("Number", "12"), "", "12", None),
    ],
)
def test_formulas_that_nobody_calculated(
    tmp_path: Path, data: str, saved: str, text: str | None, mark: str | None
) -> None:
    """Without a value; or all a zero or an empty text, in a file that no program saved."""
    cell = f'<Cell ss:Formula="=RC[-1]*2">{data}</Cell>'
    assert _one(tmp_path / "a.xls", cell, before=saved) == (text, mark)


def test_hidden_sheets(tmp_path: Path) -> None:
    """The options of the sheet say so, behind the table."""
    path = _book(tmp_path / "a.xls", f"<Row><Cell>{_data('String', 'x')}</Cell></Row>")
    sheet = '<Worksheet ss:Name="Data">'
    options = "<x:WorksheetOptions><x:Visible>SheetHidden</x:Visible></x:WorksheetOptions>"
    first, second = path.read_text().split(sheet)
    path.write_text(f"{first}<Worksheet ss:Name='Old'><Table/>{options}</Worksheet>{sheet}{second}")
    found = [(raw.name, raw.position, raw.visible, raw.rows) for raw in read(path).sheets]
    assert found == [("Old", 0, False, 0), ("Data", 1, True, 1)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_encodings_and_a_blank_line_in_front(tmp_path: Path, encoding: str) -> None:
    """As the declaration says."""
    path = _book(tmp_path / "a.xls", f"<Row><Cell>{_data('String', 'Zoë')}</Cell></Row>", encoding=encoding)
    path.write_bytes(path.read_bytes() if encoding == "utf-16" else b"\r\n" + path.read_bytes())
    assert cells(only_sheet(path)) == [[1, "Zoë"]]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("<Row>", "<Row ss:Index='99999999'>", "beyond 1,048,576 rows"),
        ("</Table>", "", "damaged or unsafe"),
        ("<Workbook", "<!DOCTYPE x [<!ENTITY a 'b'>]><Workbook", "declares a document type"),
        ("Zoë", "Zo\x01", "damaged or unsafe"),
    ],
)
def test_what_is_refused(tmp_path: Path, old: str, new: str, told: str) -> None:
    """Bombs, cut files and characters that XML knows not."""
    path = _book(tmp_path / "a.xls", f"<Row><Cell>{_data('String', 'Zoë')}</Cell></Row>")
    path.write_text(path.read_text().replace(old, new, 1))
    result = read(path)
    assert result.sheets == ()
    assert told in str(result.message)


_VALUES = st.none() | st.text("aZé&<>'\" 7", min_size=1, max_size=6).filter(str.strip) | st.integers(-(10**6), 10**6)


@given(
    st.lists(st.lists(_VALUES, min_size=1, max_size=4), min_size=1, max_size=5),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["", "\n    "]),
    st.sampled_from(["", "ss:", "s:"]),
)
def test_the_same_sheet_written_in_many_ways(
    tmp_path_factory: pytest.TempPathFactory,
    table: list[list[str | int | None]],
    is_indexed: bool,
    is_turned: bool,
    blank: str,
    prefix: str,
) -> None:
    """Prefixes, indentation, quotation marks, the order of attributes and the places said or not change nothing."""

    def cell(column: int, value: str | int | None) -> str:
        if value is None:
            return "" if is_indexed else f"<{prefix}Cell/>"
        kind = "String" if isinstance(value, str) else "Number"
        attribute = "ss" if not prefix else prefix.strip(":")
        place = f" {attribute}:Index='{column + 1}'" if is_indexed else ""
        style = f' {attribute}:StyleID="Default"'
        data = f"<{prefix}Data {attribute}:Type='{kind}'>{escape(str(value))}</{prefix}Data>"
        return f"<{prefix}Cell{place + style if is_turned else style + place}>{blank}{data}{blank}</{prefix}Cell>"

    rows = blank.join(
        f"<{prefix}Row>{blank.join(cell(*one) for one in enumerate(line))}</{prefix}Row>" for line in table
    )
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    names = f'xmlns="{space}" xmlns:ss="{space}"' if not prefix else f'xmlns:{prefix.strip(":")}="{space}"'
    path = tmp_path_factory.mktemp("a") / "a.xml"
    path.write_text(
        f"<?xml version='1.0'?><{prefix}Workbook {names}><{prefix}Worksheet><{prefix}Table>{blank}{rows}"
        f"</{prefix}Table></{prefix}Worksheet></{prefix}Workbook>"
    )
    (draft,) = read_spreadsheetml(path)
    found = {(row, column): text for column, held in draft.columns.items() for row, text in enumerate(held) if text}
    assert found == {
        (row, column): str(value)
        for row, line in enumerate(table)
        for column, value in enumerate(line)
        if value is not None
    }


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ('<Row>{a}{a}<Cell ss:Index="2">{b}</Cell></Row>', "B1"),
        ('<Row ss:Index="3">{a}</Row><Row ss:Index="2">{a}</Row><Row>{a}</Row>', "A3"),
    ],
)
def test_a_cell_that_comes_twice_is_refused(tmp_path: Path, rows: str, place: str) -> None:
    """Rows and cells may leave places out, and even go back, but not to a place that holds something."""
    data = _data("String", "x")
    found = read(_book(tmp_path / "a.xls", rows.format(a=f"<Cell>{data}</Cell>", b=data)))
    assert (found.code, f"has the cell {place} twice" in str(found.message)) == ("file.unreadable", True)
