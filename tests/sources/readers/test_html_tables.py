"""Tables of web pages, which report tools write under the name .xls."""

from html import escape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.readers.html_tables import read_html
from tests.sources.reading_of import cells, marks, only_sheet, read

_HEAD = '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta charset="utf-8">'


def _page(path: Path, body: str, head: str = "", encoding: str = "utf-8") -> Path:
    path.write_bytes(f"{_HEAD}{head}</head><body>{body}</body></html>".encode(encoding))
    return path


def _one(path: Path, cell: str, head: str = "") -> tuple[str | None, str | None]:
    """Text and mark of a cell that stands beside another one."""
    raw = only_sheet(_page(path, f"<table><tr><td>x</td>{cell}</tr></table>", head))
    found = marks(raw)
    return (cells(raw)[0][2] if len(raw.letters) > 1 else None), (found[0][2] if found else None)


_SAME = {
    "no end tags": "<table><tr><th>id<th>status<tr><td>007<td>Attended</table>",
    "capitals": "<TABLE BORDER=1>\n<TR>\n<TD> id </TD>\n<TD>status</TD>\n</TR>\n<TR><TD>007</TD><TD>Attended</TABLE>",
    "sections": "<table><thead><tr><th>id<th>status</thead><tbody><tr><td>007</td><td>Attended</td></tr>",
    "no table": "<tr><td>id</td><td>status</td></tr><tr><td>007</td><td>Attended</td></tr>",
    "decorated": "<!DOCTYPE html><!-- <td> --><table><tr><td><font size=2><b>id</b></font></td><td>status</td></tr>"
    "<form><tr><td><a href='?id=7'>007</a></td><td><span>Att</span>ended</td></tr></form></table>",
    "xhtml": "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><body><table><tr><td>id</td>"
    "<td>status</td></tr><tr><td>007</td><td>Attended</td></tr></table></body></html>",
    "crossed tags": "<style>td{color:red}</style><div><center><table><tr><td>id</td><td>status</td></tr></center>"
    "<tr><td>007</td><td>Attended</td></tr></table></div>",
}


@pytest.mark.parametrize("page", _SAME.values(), ids=_SAME)
def test_the_same_table_whoever_wrote_it(tmp_path: Path, page: str) -> None:
    """End tags may be missing, tags crossed, cells decorated: the rows are the same."""
    (tmp_path / "a.xls").write_text(page)
    assert cells(only_sheet(tmp_path / "a.xls")) == [[1, "id", "status"], [2, "007", "Attended"]]


def test_cells_over_rows_and_columns(tmp_path: Path) -> None:
    """They are filled as merged cells are; what spans more than there is ends with the table."""
    table = (
        "<tr><td>course</td><td>id</td><td>a</td><td>b</td></tr>"
        "<tr><td rowspan=3>Safety</td><td>7</td><td colspan='2'>x</td></tr><tr></tr>"
        "<tr><td>8</td><td rowspan=99>y</td><td>z</td></tr><tr><td colspan=2>9</td><td>w</td></tr>"
    )
    assert cells(only_sheet(_page(tmp_path / "a.xls", f"<table>{table}</table>"))) == [
        [1, "course", "id", "a", "b"],
        [2, "Safety", "7", "x", "x"],
        [3, "Safety", None, None, None],
        [4, "Safety", "8", "y", "z"],
        [5, "9", "9", "y", "w"],
    ]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("<td>Zo&euml; &amp; Co&nbsp;</td>", "Zoë & Co"),
        ("<td>&nbsp;</td>", None),
        ("<td>one<br>two<br/><br>three</td>", "one\ntwo\nthree"),
        ("<td><p>one</p>\n <p>two</p></td>", "one\ntwo"),
        ("<td>\n   Ann\n   Lee\t</td>", "Ann Lee"),
        ("<td>Ann<!-- note --><script>x()</script></td>", "Ann"),
        ("<td><span style='display: none'>20210304</span>4 March 2021</td>", "4 March 2021"),
        ("<td>007</td>", "007"),
        ("<td>1001.00</td>", "1001.00"),
        ("<td>A &lt; B</td>", "A < B"),
        ('<td>="00123"</td>', "00123"),
        ("<td style='mso-number-format:\"\\@\"'>=7</td>", "=7"),
    ],
)
def test_texts_as_they_show(tmp_path: Path, cell: str, text: str | None) -> None:
    """What a reader of the page sees."""
    assert _one(tmp_path / "a.xls", cell) == (text, None)


@pytest.mark.parametrize(
    ("cell", "text", "mark"),
    [
        ("<td x:num='0.875' class=pc>88%</td>", "87.5%", None),
        ("<td x:num='0.875'>88%</td>", "88%", None),
        ("<td style='mso-number-format:0%'>0.92</td>", "92%", None),
        ("<td style=\"mso-number-format:'00000'\">42</td>", "00042", None),
        ("<td style=\"mso-number-format:'\\0022EMP-\\00220000'\">42</td>", "EMP-0042", None),
        ("<td class='wide day' x:num='44259'>4/3/21</td>", "2021-03-04 00:00:00", None),
        ("<td style='mso-number-format:\"Short Date\";color:red' x:num=44259>x</td>", "2021-03-04 00:00:00", None),
        ("<td style='mso-number-format:\"yyyy\\/mm\\/dd\"'>2021/03/04</td>", "2021/03/04", None),
        ("<td x:num='12345'>12,345</td>", "12345", None),
        ("<td x:num>12345</td>", "12345", None),
        ("<td x:num='123'>00123</td>", "00123", None),
        ("<td x:num='1001000'>1001</td>", "1001", "id shown otherwise: the page stores “1001000” for it"),
        (
            "<td style='mso-number-format:\"0\\,\"' x:num>1001000</td>",
            "1001000",
            "id shown otherwise: it shows “1001”",
        ),
        (
            "<td style='mso-number-format:Fixed' x:num='1.1'>1.10</td>",
            "1.10",
            "id shown otherwise: the page stores “1.1” for it",
        ),
        ("<td x:num='44259'>04.03.2021</td>", "04.03.2021", None),
        ("<td x:str='007  8'>007 8</td>", "007  8", None),
        ("<td x:str>007</td>", "007", None),
        ("<td x:err='#DIV/0!' align=center>#DIV/0!</td>", "#DIV/0!", "error"),
        ("<td x:fmla='=B2*2' x:num='8'>8</td>", "8", None),
        ("<td x:fmla='=B2*2'></td>", "=B2*2", "error"),
        ("<td>=B2*2</td>", "=B2*2", "error"),
        ("<td class=pc>n/a</td>", "n/a", None),
    ],
)
def test_numbers_and_formats_of_excel(tmp_path: Path, cell: str, text: str, mark: str | None) -> None:
    """Styles say how a number shows; attributes say which number or error it is; nobody calculated a bare formula."""
    head = (
        '<style><!-- td {font-size:9pt;} .pc {mso-number-format:Percent; mso-style:"a{b";}\n'
        '.other, td.day {mso-number-format:"dd\\/mm\\/yy\\;\\@";} --></style>'
    )
    assert _one(tmp_path / "a.xls", cell, head) == (text, mark)


_ANSWERS = "<option>Absent</option><option{}>Present</option>"


@pytest.mark.parametrize(
    ("cell", "text", "mark"),
    [
        (f"<td><select>{_ANSWERS.format(' selected')}</select></td>", "Present", None),
        (
            f"<td><select>{_ANSWERS.format('')}</select></td>",
            "Absent",
            "it is a list in which nothing is selected",
        ),
        ("<td><select><option><option selected label=Late></select></td>", "Late", None),
        ("<td><select multiple><option>a<option selected>b<option selected>c</select></td>", "b, c", None),
        ("<td><select></select></td>", None, None),
        ("<td><input value=' E7 '></td>", "E7", None),
        ("<td><input type=hidden value=3><input TYPE=Date value=2021-03-04></td>", "2021-03-04", None),
        ("<td><input type=submit value=Save></td>", None, None),
        ("<td><textarea>two\nwords</textarea></td>", "two words", None),
        ("<td><input type=checkbox checked></td>", "true", None),
        ("<td><input type=checkbox></td>", "false", None),
        ("<td><label><input type=checkbox checked=checked> Present</label></td>", "Present", None),
        ("<td><input type=checkbox> Present</td>", "Present", "it is a box that is not ticked"),
        (
            "<td>Yes <input type=radio checked> No <input type=radio></td>",
            "Yes No",
            "it is a choice between several answers",
        ),
        ("<td><del>Absent</del> Present</td>", "Present", None),
        ("<td>Pre<s>viously ab</s>sent</td>", "Present", None),
        ("<td><span style='text-decoration: line-through'>80</span> 90</td>", "90", None),
        ("<td><strike>Present</strike></td>", "Present", "it is struck out"),
        (
            "<td style='color:red;text-decoration:underline line-through'>E7</td>",
            "E7",
            "it is struck out",
        ),
        ("<td>E7<sup>1</sup></td>", "E7¹", None),
        ("<td>4<sup>th</sup> March</td>", "4th March", None),
        ("<td><ruby>林<rp>(</rp><rt>Hayashi</rt><rp>)</rp></ruby></td>", "林", None),
    ],
)
def test_what_a_reader_of_the_page_sees(tmp_path: Path, cell: str, text: str | None, mark: str | None) -> None:
    """Fields by what they hold, nothing of what is struck out; what leaves a doubt is marked."""
    assert _one(tmp_path / "a.xls", cell) == (text, mark and f"shown otherwise: {mark}")


def test_a_row_that_is_struck_out_is_not_lost(tmp_path: Path) -> None:
    """Its cells are marked, not blank."""
    table = "<tr><td>id</td></tr><tr style='text-decoration:line-through'><td>7</td></tr>"
    raw = only_sheet(_page(tmp_path / "a.xls", f"<table>{table}</table>"))
    assert cells(raw) == [[1, "id"], [2, "7"]]
    assert marks(raw) == [(2, "A", "shown otherwise: it is struck out")]


def test_days_counted_from_1904(tmp_path: Path) -> None:
    """A note for Excel says so."""
    note = "<!--[if gte mso 9]><xml><x:ExcelWorkbook><x:Date1904/></x:ExcelWorkbook></xml><![endif]-->"
    cell = "<td style='mso-number-format:\"Short Date\"'>42797</td>"
    assert _one(tmp_path / "a.xls", cell, note) == ("2021-03-04 00:00:00", None)


def test_several_tables_are_several_sheets(tmp_path: Path) -> None:
    """Also behind the end of the page, where files were joined; empty ones are none."""
    table = "<table><tr><td>{}</td><td>1</td></tr></table>"
    path = _page(tmp_path / "a.xls", f"<h1>Report</h1>{table.format('a')}<table><tr><td></td></tr></table>")
    path.write_text(path.read_text() + table.format("b"))
    found = [(sheet.name, sheet.position, cells(sheet)) for sheet in read(path).sheets]
    assert found == [("Table 1", 0, [[1, "a", "1"]]), ("Table 3", 2, [[1, "b", "1"]])]


def test_a_table_within_a_layout(tmp_path: Path) -> None:
    """A table around tables that holds titles only is no sheet; one whose rows hold more is a sheet too."""
    data = "<table><tr><td>id</td><td>status</td></tr><tr><td>7</td><td>Attended</td></tr></table>"
    path = _page(tmp_path / "a.xls", f"<table><tr><td>Report</td></tr><tr><td>{data}</td></tr></table>")
    assert cells(only_sheet(path)) == [[1, "id", "status"], [2, "7", "Attended"]]
    menu = "<tr><td>Home</td><td>Reports</td></tr>"
    path = _page(tmp_path / "b.xls", f"<table>{menu}<tr><td colspan=2>{data}</td></tr></table>")
    assert [cells(sheet)[0] for sheet in read(path).sheets] == [[1, "Home", "Reports"], [1, "id", "status"]]


def test_details_within_a_row_are_refused(tmp_path: Path) -> None:
    """To whom they belong is not clear."""
    inner = "<table><tr><td>C1</td><td>Attended</td></tr></table>"
    result = read(_page(tmp_path / "a.xls", f"<table><tr><td>7</td><td>{inner}</td></tr></table>"))
    assert (result.code, "holds other tables in its cells" in str(result.message)) == ("file.unreadable", True)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("<form>User: <input name=u> Password: <input name=p></form>", "a web page without a table"),
        ("<table><tr><td>&nbsp;</td></tr></table>", "a web page without a table"),
        ("<frameset><frame src='book_files/sheet001.htm'></frameset>", "whose sheets are in files beside it"),
    ],
)
def test_pages_without_a_table(tmp_path: Path, body: str, told: str) -> None:
    """To sign in, empty, or with its sheets elsewhere: each is told."""
    (tmp_path / "a.xls").write_text(f"<html>{body}</html>")
    result = read(tmp_path / "a.xls")
    assert (result.code, told in str(result.message)) == ("file.unreadable", True)


_ZOE = "<table><tr><td>Zoë Müller</td></tr></table>"


@pytest.mark.parametrize(
    ("said", "encoding"),
    [
        ("<meta charset=utf-8>", "utf-8"),
        ("<meta http-equiv='Content-Type' content='text/html; charset=iso-8859-1'>", "cp1252"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=windows-1252">', "cp1252"),
        ("", "utf-8-sig"),
        ("", "utf-8"),
        ("<meta charset='utf-16'>", "utf-16"),
        ("<meta charset='unicode'>", "utf-16-le"),
        ("<meta charset='unicode'>", "utf-8"),
    ],
)
def test_encodings(tmp_path: Path, said: str, encoding: str) -> None:
    """A mark at the beginning counts, else what the page says, else what its bytes are."""
    (tmp_path / "a.xls").write_bytes(f"<html><head>{said}</head><body>{_ZOE}</body></html>".encode(encoding))
    assert cells(only_sheet(tmp_path / "a.xls")) == [[1, "Zoë Müller"]]


@pytest.mark.parametrize(
    ("said", "encoding", "told"),
    [
        ("utf-8", "cp1252", "which it is not"),
        ("iso-8859-1", "utf-8", "but its letters are UTF-8"),
        ("klingon", "utf-8", "which it is not"),
    ],
)
def test_pages_that_say_another_encoding(tmp_path: Path, said: str, encoding: str, told: str) -> None:
    """What can be read in two ways is not read."""
    (tmp_path / "a.xls").write_bytes(f"<meta charset={said}>{_ZOE}".encode(encoding))
    assert told in str(read(tmp_path / "a.xls").message)


def test_bombs_end(tmp_path: Path) -> None:
    """Cells that claim to span all are bounded, and so is depth."""
    body = "<table>" + "<tr><td colspan=99999999 rowspan=99999999>x</td></tr>" * 3 + "</table>"
    assert len(only_sheet(_page(tmp_path / "a.xls", body)).letters) <= 3000
    deep = "<div>" * 50_000 + "<table><tr><td>" + "<b>" * 50_000 + "x</table>"
    assert read(_page(tmp_path / "b.xls", deep)).code in (None, "file.unreadable")


_TEXTS = st.text("aZé&<>\"' 70.%=", max_size=5).map(str.strip).map(lambda text: " ".join(text.split()))


@given(
    st.lists(st.lists(_TEXTS.filter(lambda text: text[:1] != "="), min_size=2, max_size=4), min_size=1, max_size=5),
    st.booleans(),
    st.sampled_from(["td", "th", "TD"]),
    st.sampled_from(["", "\n\t "]),
)
def test_any_texts(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[str]], is_closed: bool, tag: str, blank: str
) -> None:
    """With end tags or without, indented or not: each text comes back at its place."""
    end = f"</{tag}>" if is_closed else ""
    rows = (f"<tr>{blank.join(f'<{tag}>{blank}{escape(text)}{blank}{end}' for text in line)}" for line in table)
    path = _page(tmp_path_factory.mktemp("a") / "a.xls", f"<table>{blank.join(rows)}</table><table><tr><td>end</table>")
    found = {
        (row, column): text
        for draft in read_html(path)
        if draft.position == 0
        for column, held in draft.columns.items()
        for row, text in enumerate(held)
        if text
    }
    assert found == {(row, column): text for row, line in enumerate(table) for column, text in enumerate(line) if text}
