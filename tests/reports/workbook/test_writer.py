"""The failed-rows workbook, read back."""

import json
import re
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import fastexcel
import openpyxl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from reports.workbook.job import SheetForm
from reports.workbook.writer import write_failed_rows
from rollbook.profile import Profile
from rollbook.returned import OUR_HEADERS, SUMMARY_SHEET, returned_cell
from rollbook.rows.remedies import remedy_text
from rollbook.text.formulas import restored
from tests.reports.jobs import HEADERS, make_job, problem, record, write
from transforms.planning.plan import plan_sheet
from transforms.returned.workbook import reads_the_same

# What the workbook shows by a picture, and the midnight that it leaves out.
UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]|^\d{4}-\d\d-\d\d 00:00:00$")
RED, YELLOW = "FFFFC7CE", "FFFFEB9C"
GOOD = {"A": "00817", "B": "ada@example.org", "C": "attended", "D": "88"}


def texts(sheet: Worksheet) -> list[list[object]]:
    """All cells' values."""
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def fill(sheet: Worksheet, place: str) -> str | None:
    """The colour of a cell; None without one."""
    cell = sheet[place]
    return cell.fill.fgColor.rgb if cell.fill.fill_type else None


def test_our_columns_stand_before_the_senders(tmp_path: Path) -> None:
    """The sender's headers, order and cells, all as text, under the sheet's own name."""
    book = write(tmp_path, [record(12, GOOD, case=17)], [problem(12, "C", "No such status.", header="Status")])
    assert book.sheetnames == ["Attendance", SUMMARY_SHEET]
    assert texts(book["Attendance"]) == [
        ["Rollbook row", "Problems", "What to do", "Employee ID", "E-mail", "Status", "Score"],
        ["17-0011-k7mq2x", "Status: No such status.", "Mend it.", "00817", "ada@example.org", "attended", "88"],
    ]


def test_all_problems_of_a_row_are_numbered(tmp_path: Path) -> None:
    """The remedies bear the same numbers; a header that the message names is not told twice."""
    told = [
        problem(12, "C", "No such status.", header="Status"),
        problem(12, "D", "The Score is above 100.", header="Score", code="grade.percentage", remedy="Correct it."),
    ]
    sheet = write(tmp_path, [record(12, GOOD)], told)["Attendance"]
    assert sheet["B2"].value == "1. Status: No such status.\n2. The Score is above 100."
    assert sheet["C2"].value == "1. Mend it.\n2. Correct it."


def test_bad_cells_are_red_and_carry_a_comment(tmp_path: Path) -> None:
    """Message and remedy stand in the comment; the other cells have neither colour nor comment."""
    sheet = write(tmp_path, [record(12, GOOD)], [problem(12, "C", "No such status.", header="Status")])["Attendance"]
    assert {cell.coordinate for cell in sheet[2] if cell.fill.fill_type} == {"F2"}
    assert fill(sheet, "F2") == RED
    assert {cell.coordinate: cell.comment.text for cell in sheet[2] if cell.comment} == {
        "F2": "No such status.\nMend it."
    }


def test_a_blank_cell_to_blame_is_red_too(tmp_path: Path) -> None:
    """What is missing is seen where it is missing."""
    cells = {"A": "00817", "B": "ada@example.org", "D": "88"}
    sheet = write(tmp_path, [record(12, cells)], [problem(12, "C", "The row has no status.")])["Attendance"]
    assert (sheet["F2"].value, fill(sheet, "F2")) == (None, RED)
    assert sheet["F2"].comment.text == "The row has no status.\nMend it."


def test_joined_columns_are_all_to_blame(tmp_path: Path) -> None:
    """A field that is joined of two columns names both letters."""
    sheet = write(tmp_path, [record(12, GOOD)], [problem(12, "A+D", "No such session.")])["Attendance"]
    assert [fill(sheet, at) for at in ("D2", "E2", "F2", "G2")] == [RED, None, None, RED]


def test_a_problem_of_the_whole_row_colours_our_cell(tmp_path: Path) -> None:
    """So does one whose column is not returned."""
    form = SheetForm(0, "Attendance", HEADERS, never=["B"])
    told = [problem(12, None, "The row names no learner."), problem(13, "B", "No such password.")]
    sheet = write(tmp_path, [record(12, GOOD), record(13, GOOD, case=2)], told, [form])["Attendance"]
    assert [fill(sheet, at) for at in ("B2", "B3")] == [YELLOW, YELLOW]


def test_columns_that_are_never_stored_do_not_come_back(tmp_path: Path) -> None:
    """Neither their header nor their cells; the columns behind them move up."""
    form = SheetForm(0, "Attendance", HEADERS, never=["B"], ids=["A"], statuses={"C": ["attended"]})
    sheet = write(tmp_path, [record(12, GOOD)], [problem(12, "C", "No such status.")], [form])["Attendance"]
    assert [cell.value for cell in sheet[1]][3:] == ["Employee ID", "Status", "Score"]
    assert [cell.value for cell in sheet[2]][3:] == ["00817", "attended", "88"]
    assert fill(sheet, "E2") == RED
    assert str(sheet.data_validations.dataValidation[0].sqref) == "E2"


def test_columns_without_a_header_keep_their_place(tmp_path: Path) -> None:
    """A surplus cell of a ragged line stands behind the last header, as it did."""
    form = SheetForm(0, "Attendance", {"A": "ID", "C": "Status"})
    cells = {"A": "1", "B": "x", "C": "late", "E": "surplus"}
    sheet = write(tmp_path, [record(3, cells)], [problem(3, None, "Too many cells.")], [form])["Attendance"]
    assert [row[3:] for row in texts(sheet)] == [
        ["ID", None, "Status", None, None],
        ["1", "x", "late", None, "surplus"],
    ]


def test_the_drop_down_warns_and_does_not_forbid(tmp_path: Path) -> None:
    """It offers the words given, on the status column, over all rows."""
    rows = [record(row, GOOD, case=row) for row in (12, 13, 14)]
    sheet = write(tmp_path, rows, [problem(row, "C", "No.") for row in (12, 13, 14)])["Attendance"]
    (validation,) = sheet.data_validations.dataValidation
    assert (validation.type, validation.errorStyle, validation.formula1) == ("list", "warning", '"attended,completed"')
    assert str(validation.sqref) == "F2:F4"


def test_a_drop_down_holds_what_excel_takes(tmp_path: Path) -> None:
    """At most 255 characters, and no word with a comma or quotation mark."""
    words = ["attended", "present, late", 'so "present"', *(f"word number {number}" for number in range(40))]
    form = SheetForm(0, "Attendance", HEADERS, statuses={"C": words})
    sheet = write(tmp_path, [record(12, GOOD)], [problem(12, "C", "No.")], [form])["Attendance"]
    offered = sheet.data_validations.dataValidation[0].formula1.strip('"')
    assert len(offered) <= 255
    assert offered.split(",")[:2] == ["attended", "word number 0"]


def test_no_words_no_drop_down(tmp_path: Path) -> None:
    """An empty list would forbid everything."""
    form = SheetForm(0, "Attendance", HEADERS, statuses={"C": []})
    sheet = write(tmp_path, [record(12, GOOD)], [problem(12, "C", "No.")], [form])["Attendance"]
    assert sheet.data_validations.dataValidation == []


def test_what_lies_beyond_the_last_column_of_a_workbook_is_left_out(tmp_path: Path) -> None:
    """Our columns take three places; the row is to blame instead."""
    form = SheetForm(0, "Wide", {"A": "ID", "XFD": "Last"})
    sheet = write(tmp_path, [record(2, {"A": "1", "XFD": "x"})], [problem(2, "XFD", "No.")], [form])["Wide"]
    assert (sheet["D2"].value, sheet.max_column, fill(sheet, "B2")) == ("1", 16_384, YELLOW)


def test_id_columns_are_formatted_as_text(tmp_path: Path) -> None:
    """In blank cells below too, so that a typed 007 keeps its zeros; other columns are free for numbers and dates."""
    sheet = write(tmp_path, [record(12, GOOD)], [problem(12, "A", "No such learner.")])["Attendance"]
    assert [sheet[at].number_format for at in ("A2", "D2", "E2", "G2")] == ["@", "@", "General", "General"]
    column = sheet.column_dimensions["D"]
    assert column.number_format == "@"


def test_the_header_is_frozen_and_filtered(tmp_path: Path) -> None:
    """Row 1 stays in sight."""
    sheet = write(tmp_path, [record(12, GOOD)], [problem(12, "C", "No.")])["Attendance"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:G2")
    assert sheet["B2"].alignment.wrap_text
    assert sheet.column_dimensions["B"].width > 40


def test_numbers_kept_as_text_get_no_warning_triangle(tmp_path: Path) -> None:
    """Excel would mark every ID."""
    write(tmp_path, [record(12, GOOD)], [problem(12, "C", "No.")])
    with zipfile.ZipFile(tmp_path / "failed-rows.xlsx") as archive:
        xml = archive.read("xl/worksheets/sheet1.xml").decode()
    assert '<ignoredError sqref="A1:XFD1048576" numberStoredAsText="1"/>' in xml


def test_only_the_first_thousand_bad_cells_carry_a_comment(tmp_path: Path) -> None:
    """All of them are red."""
    rows = [record(row, GOOD, case=row) for row in range(2, 1_007)]
    told = [problem(row, "C", "No.") for row in range(2, 1_007)]
    sheet = write(tmp_path, rows, told)["Attendance"]
    red = [row for row in range(2, 1_007) if fill(sheet, f"F{row}") == RED]
    commented = [row for row in range(2, 1_007) if sheet[f"F{row}"].comment]
    assert (len(red), commented) == (1_005, list(range(2, 1_002)))


def test_the_records_of_a_wide_row_come_back_as_one_row(tmp_path: Path) -> None:
    """A mark each; what they share is told once; sessions that are not read again are grey."""
    headers = {"A": "E-mail", "B": "2024-01-12 00:00:00", "C": "2024-01-19 00:00:00", "D": "2024-01-26 00:00:00"}
    form = SheetForm(0, "Register", headers, statuses=dict.fromkeys("BCD", ("attended",)), sessions=list("BCD"))
    cells = {"A": "ada", "B": "x", "C": "y", "D": "P"}
    told = [
        problem(5, "A", "Not an address.", col=2, header="E-mail"),
        problem(5, "B", "No such status.", col=2, header="2024-01-12 00:00:00"),
        problem(5, "A", "Not an address.", col=3, header="E-mail"),
        problem(5, "C", "No such status.", col=3, header="19 January"),
    ]
    sheet = write(tmp_path, [record(5, cells, col=2, case=7), record(5, cells, col=3, case=8)], told, [form])[
        "Register"
    ]
    assert texts(sheet)[0] == [*OUR_HEADERS, "E-mail", "2024-01-12", "2024-01-19", "2024-01-26"]
    assert [cell.value for cell in sheet[2]][3:] == ["ada", "x", "y", "P"]
    assert sheet.max_row == 2
    assert sheet["A2"].value == "7-0007-k7mq2x 8-0008-k7mq2x"
    assert sheet["B2"].value == (
        "1. E-mail: Not an address.\n2. 2024-01-12: No such status.\n3. 19 January: No such status."
    )
    assert [fill(sheet, at) for at in ("D2", "E2", "F2", "G2")] == [RED, RED, RED, None]
    assert [sheet[at].font.color.rgb for at in ("G2",)] == ["FF9AA5AB"]


def test_a_record_without_a_case_is_marked_as_new(tmp_path: Path) -> None:
    """A check opens no cases; its rows are ordinary ones when they come back."""
    sheet = write(tmp_path, [record(12, GOOD, case=None)], [problem(12, "C", "No.")])["Attendance"]
    assert [cell.value for cell in sheet[2]][:4] == ["new-k7mq2x", "No.", "Mend it.", "00817"]


def test_sheets_stand_in_the_senders_order_and_rows_in_theirs(tmp_path: Path) -> None:
    """Whatever the order of the frames."""
    forms = [SheetForm(3, "Late", {"A": "ID"}), SheetForm(1, "Early", {"A": "ID"})]
    rows = [record(9, {"A": "c"}, sheet=3), record(20, {"A": "b"}, sheet=1), record(4, {"A": "a"}, sheet=1)]
    told = [problem(row, "A", "No.", sheet=sheet) for sheet, row in ((3, 9), (1, 4), (1, 20))]
    book = write(tmp_path, rows, told, forms)
    assert book.sheetnames == ["Early", "Late", SUMMARY_SHEET]
    assert [row[3] for row in texts(book["Early"])] == ["ID", "a", "b"]


def test_what_does_not_fit_continues_on_a_further_sheet(tmp_path: Path) -> None:
    """With the headers, and a name of its own."""
    rows = [record(row, {"A": str(row)}, case=row) for row in range(2, 7)]
    form = SheetForm(0, "A/B", {"A": "ID"})
    book = write(tmp_path, rows, [problem(row, "A", "No.") for row in range(2, 7)], [form], rows_a_sheet=2)
    assert book.sheetnames == ["A_B", "A_B (2)", "A_B (3)", SUMMARY_SHEET]
    assert [[row[3] for row in texts(book[name])] for name in book.sheetnames[:3]] == [
        ["ID", "2", "3"],
        ["ID", "4", "5"],
        ["ID", "6"],
    ]


def test_text_that_would_run_is_harmless(tmp_path: Path) -> None:
    """In cells, headers, problems, comments and the summary; nothing is a formula."""
    form = SheetForm(0, "=SUM", {"A": "=cmd()", "B": "@x"})
    told = [problem(2, "A", "+1 is none.", header="=cmd()", remedy="-1")]
    book = write(tmp_path, [record(2, {"A": "=1+1", "B": "<r>&</r>"})], told, [form])
    sheet = book["=SUM"]
    assert [cell.value for cell in sheet[1]][3:] == ["'=cmd()", "'@x"]
    assert [cell.value for cell in sheet[2]][1:] == ["'=cmd(): +1 is none.", "'-1", "'=1+1", "<r>&</r>"]
    assert {cell.data_type for page in book for row in page.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}
    assert all(cell.data_type != "f" for page in book for row in page.iter_rows() for cell in row)


def test_control_characters_break_nothing(tmp_path: Path) -> None:
    """They are seen as their pictures, in comments too."""
    told = [problem(2, "A", "\x00 is none.\x0b", header="a\x01b")]
    form = SheetForm(0, "S\x02", {"A": "a\x01b"})
    book = write(tmp_path, [record(2, {"A": "x\x00\x1f\x7f\ufffe"})], told, [form])
    sheet = book["S_"]
    assert [cell.value for cell in sheet["D"]] == ["a␁b", "x␀␟␡\ufffd"]
    assert sheet["D2"].comment.text == "␀ is none.␋\nMend it."


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(st.text(st.characters(codec="utf-8"), min_size=1), min_size=1, max_size=60))
@pytest.mark.parametrize(
    "seed", [["_x0041_", "a\r\nb", "  outer ", "<r>x</r>", "\t=1", "'", "''@", "\ufeff", "☑ ü", "\n"]]
)
def test_any_text_comes_back(tmp_path: Path, seed: list[str], cells: list[str]) -> None:
    """As `restored` gives it back, but for control characters; and every text reads as untouched."""
    raw = [*seed, *cells]
    rows = [record(row, {"A": text}, case=row) for row, text in enumerate(raw, 2)]
    form = SheetForm(0, "Any", {"A": "Text"})
    out = tmp_path / "any.xlsx"
    write_failed_rows(make_job(tmp_path, rows, [problem(row[1], "A", row[4]["A"]) for row in rows], [form]), out)
    sheet = fastexcel.read_excel(out).load_sheet("Any", header_row=None, dtypes="string")
    back = [text or "" for text in sheet.to_arrow().column(3).to_pylist()[1:]]
    assert back == [returned_cell(text) for text in raw]
    exact = [(text, restored(there)) for text, there in zip(raw, back, strict=True) if not UNWRITABLE.search(text)]
    assert [text for text, _ in exact] == [there for _, there in exact]
    assert all(reads_the_same(text, there) for text, there in zip(raw, back, strict=True))


def test_the_summary_tells_what_and_how(tmp_path: Path) -> None:
    """Which run and file, how to use the workbook, each rule with its count, an example, its remedy and meaning.

    A person in a spreadsheet program is shown no command and no profile; what is an administrator's is marked so.
    """
    told = [
        problem(12, "C", "“presnt” is none.", header="Status"),
        problem(13, "C", "“latte” is none.", header="Status"),
        problem(
            13,
            "D",
            "“104” is above 100.",
            header="Score",
            code="grade.percentage",
            remedy=remedy_text("Correct it.", "Set `[limits]`."),
        ),
    ]
    book = write(tmp_path, [record(12, GOOD), record(13, GOOD, case=2)], told)
    lines = [[value for value in row if value is not None] for row in texts(book[SUMMARY_SHEET])]
    assert ["2 rows with 3 problems"] in lines
    assert ["From the file", "drop/history.xlsx"] in lines
    assert ["Rollbook run", "261121-k3f8q"] in lines
    start = next(place for place, line in enumerate(lines) if line[:2] == ["Code", "Problems"])
    assert lines[start + 1 : start + 3] == [
        ["status.unknown", 2, "Status: “presnt” is none.", "Mend it.", "The status is a word that is known."],
        ["grade.percentage", 1, "Score: “104” is above 100.", "Correct it."],
    ]
    assert ["Attendance", 2, "Attendance"] in lines
    administrator = next(text for label, *text in (line for line in lines if line) if label == "Administrator")
    assert administrator == ["Import this workbook like any other file, into the database that is named above."]


def test_the_summary_is_read_as_no_data(tmp_path: Path) -> None:
    """It is passed over when the workbook comes back, whatever its messages speak of."""
    told = [problem(12, "C", "E-mail, status and date are wrong.", header="Status", remedy="Correct the e-mail.")]
    write(tmp_path, [record(12, GOOD)], told)
    book = fastexcel.read_excel(tmp_path / "failed-rows.xlsx")
    sheet = book.load_sheet(SUMMARY_SHEET, header_row=None, dtypes="string").to_arrow()
    rows = pa.array(range(1, sheet.num_rows + 1), pa.int32())
    columns = {letter: sheet.column(place) for place, letter in enumerate("ABCDE"[: sheet.num_columns])}
    plan = plan_sheet(
        pa.table({"row": rows, **columns}),
        sheet_name=SUMMARY_SHEET,
        sheet_position=1,
        file_name="failed-rows.xlsx",
        from_workbook=True,
        profile=Profile(),
        destination="database",
        today=date(2026, 11, 21),
    )
    assert plan.state == "skipped"


def test_a_senders_sheet_may_bear_the_summarys_name(tmp_path: Path) -> None:
    """Both are there."""
    form = SheetForm(0, SUMMARY_SHEET.upper(), {"A": "ID"})
    book = write(tmp_path, [record(2, {"A": "x"})], [problem(2, "A", "No.")], [form])
    assert book.sheetnames == ["ROLLBOOK SUMMARY (2)", SUMMARY_SHEET]


def test_problems_without_a_row_are_not_lost(tmp_path: Path) -> None:
    """Their row stands there without cells."""
    sheet = write(tmp_path, [], [problem(12, "C", "No such status.")])["Attendance"]
    assert [cell.value for cell in sheet[2]][:3] == [None, "No such status.", "Mend it."]


def test_it_runs_as_a_process_of_its_own(tmp_path: Path) -> None:
    """`python -m reports.workbook.writer`, told on standard input; not told anything, it ends."""
    job = make_job(tmp_path, [record(12, GOOD)], [problem(12, "C", "No.")])
    out = tmp_path / "~draft.xlsx"
    command = [sys.executable, "-m", "reports.workbook.writer"]
    subprocess.run(command, input=b"", check=True)
    assert not out.exists()
    subprocess.run(command, input=json.dumps([str(job), str(out)]).encode(), check=True)
    assert openpyxl.load_workbook(out).sheetnames == ["Attendance", SUMMARY_SHEET]


def test_the_summary_sheet_names_columns_that_are_not_used(tmp_path: Path) -> None:
    """By the sender's sheet."""
    form = SheetForm(0, "Attendance", HEADERS, unused=["Room", "Tutor"])
    job = make_job(tmp_path, [record(2, {"A": "1"})], [problem(2, "A", "No.")], [form])
    write_failed_rows(job, tmp_path / "out.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").worksheets[-1]
    lines = [[cell for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)]
    assert lines[lines.index(["Columns that are not used"]) + 1] == ["Attendance", "Room, Tutor"]
