"""Text files: every row keeps its number, its blanks are null, and what is wrong with it is told."""

import csv
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollbook.text_form import TextForm
from sources.process.reader import read_file
from tests.sources.reading_of import LIMITS, cells, marks, only_sheet, read


def write(folder: Path, text: str | bytes, encoding: str = "utf-8", name: str = "history.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def test_rows_are_numbered_and_blanks_are_null(tmp_path: Path) -> None:
    """As a spreadsheet program numbers them; blank lines inside are kept, around the table they are not."""
    sheet = only_sheet(write(tmp_path, "\n\nid,status\r\n007,Attended\r\n\r\n008,\r\n\r\n"))
    assert cells(sheet) == [[3, "id", "status"], [4, "007", "Attended"], [5, None, None], [6, "008", None]]
    assert (sheet.name, sheet.position, sheet.visible, sheet.from_workbook) == ("history", 0, True, False)
    assert (sheet.rows, sheet.letters) == (4, ("A", "B"))


def test_a_record_over_several_lines_is_one_row(tmp_path: Path) -> None:
    """Line breaks in quotes belong to the cell: who opens the file in a spreadsheet program looks for the row there."""
    sheet = only_sheet(write(tmp_path, 'id,note\n1,"two\nlines"\n2,"a ""quote"""\n3,x\n'))
    assert cells(sheet) == [[1, "id", "note"], [2, "1", "two\nlines"], [3, "2", 'a "quote"'], [4, "3", "x"]]


def test_row_numbers_hold_across_batches(tmp_path: Path) -> None:
    """A record over two lines where one batch ends and the next begins."""
    body = "".join(f'{number},"a\nb"\n' for number in range(1, 2001))
    sheet = only_sheet(write(tmp_path, "id,note\n" + body))
    assert sheet.table().column("row").to_pylist() == list(range(1, 2002))
    assert sheet.table().column("A").to_pylist()[1:] == [str(number) for number in range(1, 2001)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    """Told by the bytes, with a byte order mark and without."""
    text = "name;town\nMüller;Köln\nGarçon;Besançon\n" + "Smith;London\n" * 20
    sheet = only_sheet(write(tmp_path, text, encoding))
    assert cells(sheet)[:3] == [[1, "name", "town"], [2, "Müller", "Köln"], [3, "Garçon", "Besançon"]]


def test_an_encoding_that_shows_late(tmp_path: Path) -> None:
    """The first letter beyond ASCII may stand behind a million bytes that are fine in every encoding."""
    sheet = only_sheet(write(tmp_path, "name,id\n" + "Smith,1\n" * 150_000 + "Müller,2\n", "cp1252"))
    assert cells(sheet)[-1] == [150_002, "Müller", "2"]


def test_cyrillic_is_not_taken_for_western(tmp_path: Path) -> None:
    """Whole words beyond ASCII are guessed, not read as cp1252."""
    text = "Имя;Отдел;Город\nИван Петров;Продажи;Москва\nПётр Сидоров;Склад;Казань\n" * 10
    assert cells(only_sheet(write(tmp_path, text, "cp1251")))[1] == [2, "Иван Петров", "Продажи", "Москва"]


def test_a_mixed_encoding_is_refused(tmp_path: Path) -> None:
    """UTF-8 with one line of cp1252 would turn every other name into rubbish."""
    result = read(write(tmp_path, "name\nMüller\nKöhler\n".encode() + "Jäger\n".encode("cp1252")))
    assert result.code == "file.unreadable"
    assert "line 2 (“Müller”) is UTF-8, line 4 (“Jäger”) is not" in str(result.message)


def test_cells_in_apostrophes(tmp_path: Path) -> None:
    """Delimiters inside them are text, and the form that was taken says so."""
    path = tmp_path / "a.csv"
    path.write_text("'ID','Course'\n'0071','Ropes, basic'\n", encoding="utf-8")
    assert cells(only_sheet(path)) == [[1, "ID", "Course"], [2, "0071", "Ropes, basic"]]
    taken = read(path).form
    assert taken is not None
    assert taken.quote == "'"


def test_a_declared_delimiter_is_a_line_of_its_own(tmp_path: Path) -> None:
    """`sep=;` is obeyed and left out, and the lines after it keep their numbers."""
    assert cells(only_sheet(write(tmp_path, "sep=;\nid;name\n1;Ann\n"))) == [[2, "id", "name"], [3, "1", "Ann"]]


def test_surplus_cells_are_kept_and_every_width_is_known(tmp_path: Path) -> None:
    """Which lines have more or fewer cells is recorded run by run; blank lines interrupt none."""
    sheet = only_sheet(
        write(tmp_path, "id,name,status\n1,Ann,Attended\n\n2,Doe, Bob,Attended\n3,Cy\n4,Di,Attended,,\n5,Ed\n6,Flo\n")
    )
    assert cells(sheet)[3] == [4, "2", "Doe", " Bob", "Attended"]
    assert sheet.line_widths.values.tolist() == [[1, 3], [4, 4], [5, 2], [6, 5], [7, 2]]
    assert marks(sheet) == []


def test_a_sheet_that_grows_wider_late(tmp_path: Path) -> None:
    """Surplus cells far down give a further column to the whole sheet."""
    sheet = only_sheet(write(tmp_path, "a,b\n" + "1,2\n" * 30_000 + "1,2,3\n" + "1,2\n" * 30_000))
    assert (sheet.rows, sheet.letters) == (60_002, ("A", "B", "C"))
    assert sheet.part(30_001, 30_003).fillna("").values.tolist() == [
        [30_001, "1", "2", ""],
        [30_002, "1", "2", "3"],
        [30_003, "1", "2", ""],
    ]
    assert sheet.line_widths.values.tolist() == [[1, 2], [30_002, 3], [30_003, 2]]


def test_control_characters_are_kept(tmp_path: Path) -> None:
    """A rule will name the cell; reading neither drops nor repairs."""
    assert cells(only_sheet(write(tmp_path, "a,b\n1,x\x00y\n2,\x01\n")))[1:] == [[2, "1", "x\x00y"], [3, "2", "\x01"]]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('id,name\n1,"Ann\n2,Bob\n', 2),
        ('id,name\n1,Ann\n2,"Bob', 3),
        ('id,name\n1,"Ann\n2,Bob\n3,"Cy"\n', 2),
        ('"id","name"\n"1","Ann\n"2","Bob"\n"3","Cy"\n', 2),
        ('id,name\n1,"Ann\n' + "2,Bob\n" * 60_000, 2),
    ],
)
def test_an_unclosed_quote_is_told_by_its_line(tmp_path: Path, text: str, line: int) -> None:
    """It would swallow the lines after it, to the next quote or to the end of the file."""
    result = read(write(tmp_path, text))
    assert (result.code, result.sheets) == ("file.unreadable", ())
    assert result.message == f"Line {line} opens a quotation mark that is not closed. Fix that line and import again."


def test_stray_quotes_inside_a_line_are_text(tmp_path: Path) -> None:
    """A quote that is opened and closed within its line does no harm."""
    sheet = only_sheet(write(tmp_path, 'id,name\n1,Ann "Annie" Doe\n2,"Bob" Roe\n'))
    assert cells(sheet)[1:] == [[2, "1", 'Ann "Annie" Doe'], [3, "2", "Bob Roe"]]


def test_a_long_cell_is_read(tmp_path: Path) -> None:
    """It is for the rules to refuse its row."""
    sheet = only_sheet(write(tmp_path, f'a,b\n1,{"x" * 300_000}\n2,"{"y" * 150_000}\n{"z" * 150_000}"\n3,ok\n'))
    assert [row[0] for row in cells(sheet)] == [1, 2, 3, 4]
    assert [len(str(row[2])) for row in cells(sheet)] == [1, 300_000, 300_001, 2]


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    """A cell of more characters than a text can mean, and a line of more cells."""
    told = str(read(write(tmp_path, "a,b\n" + "x" * 17_000_000)).message)
    assert "Line 2 holds a cell of more than 16,777,216" in told
    assert "Line 2 has more than 16,384 cells" in str(read(write(tmp_path, "a,b\n" + "1," * 20_000)).message)


def test_a_cut_file_is_told(tmp_path: Path) -> None:
    """UTF-16 that ends within a character."""
    result = read(write(tmp_path, "id,name\n1,Ann\n".encode("utf-16") + b"\x41"))
    assert result.code == "file.unreadable"
    assert "Line 3 cannot be read as utf-16, or the file is cut off there" in str(result.message)


def test_the_form_that_is_said_is_taken(tmp_path: Path) -> None:
    """Encoding, delimiter and quotation mark, each by itself."""
    path = write(tmp_path, "id~name\n1~'Doe~ Zoë'\n", "cp850")
    said = TextForm("cp850", "~", "'")
    result = read_file(path, tmp_path / "read", LIMITS, said)
    assert (cells(result.sheets[0]), result.form) == ([[1, "id", "name"], [2, "1", "Doe~ Zoë"]], said)
    bare = read_file(write(tmp_path, 'id;size\n1;5"\n2;7" wide\n'), tmp_path / "read", LIMITS, TextForm(quote=""))
    assert cells(bare.sheets[0])[1:] == [[2, "1", '5"'], [3, "2", '7" wide']]
    assert bare.form == TextForm("utf-8", ";", "")


@pytest.mark.parametrize(
    ("declared", "delimiter"),
    [("sep=;", ";"), ('"SEP=^"', "^"), ("\ufeffsep=|", "|"), ("sep=;;;", ";"), ("Sep=\t", "\t")],
)
def test_a_declared_delimiter_in_every_spelling(tmp_path: Path, declared: str, delimiter: str) -> None:
    """As typed by hand, quoted, behind a byte order mark, or saved again with the blank cells of its line."""
    sheet = only_sheet(write(tmp_path, f"{declared}\r\nid{delimiter}name\r\n1{delimiter}Ann, Lee\r\n"))
    assert cells(sheet) == [[2, "id", "name"], [3, "1", "Ann, Lee"]]


@pytest.mark.parametrize("end", ["\x1a", "\x1a\r\n", "\x1a\x1a", "\x00\x00\x00", "4,Di\x1a"])
def test_an_end_of_file_mark_is_no_cell(tmp_path: Path, end: str) -> None:
    """Nor is what a program filled the file up with; a line before the mark stays."""
    found = cells(only_sheet(write(tmp_path, "id,name\n3,Cy\n" + end)))
    assert found[1:] == [[2, "3", "Cy"], *([[3, "4", "Di"]] if "Di" in end else [])]


def test_joined_files_have_byte_order_marks_inside(tmp_path: Path) -> None:
    """Before the header of each, also behind its quotation mark; the text of a cell keeps what stands in it."""
    one = '\ufeff"id","name"\n"1","Ann"\n'
    two = '"\ufeffid","name"\n\ufeff\ufeff2,B\ufeffob\n'
    found = cells(only_sheet(write(tmp_path, one + two)))
    assert found == [[1, "id", "name"], [2, "1", "Ann"], [3, "id", "name"], [4, "2", "B\ufeffob"]]


def test_lines_that_end_in_a_carriage_return(tmp_path: Path) -> None:
    """As old Macs wrote them."""
    assert cells(only_sheet(write(tmp_path, "id,name\r1,Ann\r\r2,Bob\r")))[1:] == [
        [2, "1", "Ann"],
        [3, None, None],
        [4, "2", "Bob"],
    ]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ('="0042"', "0042"),
        ('"=""0042"""', "0042"),
        ('="A-07"', "A-07"),
        ('=""', None),
        ("'0042", "0042"),
        ("'2024-05-01", "2024-05-01"),
        ("'2024-05-01 10:30", "2024-05-01 10:30"),
        ("'AB-0042", "AB-0042"),
        ("'n Roll", "'n Roll"),
        ("'t Hooft", "'t Hooft"),
        ("'90s", "'90s"),
        ("O'Neil", "O'Neil"),
        ("''42", "''42"),
        ("=1+1", "=1+1"),
    ],
)
def test_a_cell_is_what_a_spreadsheet_program_shows(tmp_path: Path, cell: str, shown: str | None) -> None:
    """Figures that were kept from becoming a number lose the wrapping; a name keeps its apostrophe."""
    assert cells(only_sheet(write(tmp_path, f"id,name\n{cell},Ann\n")))[1] == [2, shown, "Ann"]


@pytest.mark.parametrize("cell", [r'"Ann \"Al\" Lee"', '"Ann "Al" Lee"', '"Ann" "Lee"'])
@pytest.mark.parametrize("above", ["", '"two\nlines",x\n'])
def test_a_quotation_mark_within_a_quoted_cell_is_refused(tmp_path: Path, cell: str, above: str) -> None:
    """No reader knows what is meant; elsewhere it is a character like any other."""
    result = read(write(tmp_path, f"name,id\n{above}Bo,6\n{cell},7\n"))
    assert (result.code, str(result.message)[:6]) == ("file.unreadable", f"Line {3 + above.count(chr(10))}")
    right = only_sheet(write(tmp_path, f'name,id\n{above}5" pipe,7\n"Ann ""Al"" Lee","8" \n'))
    assert [row[1:] for row in cells(right)[-2:]] == [['5" pipe', "7"], ['Ann "Al" Lee', "8 "]]


@given(
    st.lists(st.lists(st.sampled_from(["x", "", "a\nb", "c\n\nd", 'q"q', "1,5"]), min_size=3, max_size=3), min_size=1)
)
def test_rows_are_numbered_as_the_records_are(records: list[list[str]]) -> None:
    """Whatever line breaks their cells hold; blank lines at the ends are no rows of the table."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([["id", "name", "note"], *records])
        read = cells(only_sheet(path))
    assert [row for row, *_ in read] == list(range(1, len(read) + 1))
    assert [row for row, *rest in read if any(rest)] == [
        1,
        *(at for at, record in enumerate(records, start=2) if any(record)),
    ]


@pytest.mark.parametrize(("mark", "told"), [("\u2028", "the character U+2028"), ("\x85", "the character U+0085")])
def test_lines_without_line_breaks_are_no_header(tmp_path: Path, mark: str, told: str) -> None:
    """A file of one line would have no rows: it is refused, and what ends its lines is named."""
    result = read(write(tmp_path, mark.join(["id,status", "007,Attended", "008,Absent", ""])))
    assert result.code == "file.unreadable"
    assert f"end with {told}, which is not a line break" in str(result.message)
