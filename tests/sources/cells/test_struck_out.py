"""Cells whose text is struck out: as a whole they are marked, in part that part is none of the text."""

from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
import xlwt

from tests.sources.reading_of import cells, marks, only_sheet
from tests.sources.workbook_files import ods_of, xlsb_of

_XML = """<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Styles><Style ss:ID="s"><Font ss:StrikeThrough="1"/></Style>
 </Styles><Worksheet ss:Name="Data"><Table><Row><Cell><Data ss:Type="String">E6</Data></Cell>
 <Cell ss:StyleID="s"><Data ss:Type="String">E7</Data></Cell></Row></Table></Worksheet></Workbook>"""
_STYLE = '<style:style style:name="s"><style:text-properties style:text-line-through-style="solid"/></style:style>'
_CELL = '<table:table-cell{} office:value-type="string"><text:p>{}</text:p></table:table-cell>'


def _xlsx(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Data")
        sheet.write(0, 0, "E6")
        sheet.write(0, 1, "E7", book.add_format({"font_strikeout": True}))


def _xls(path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Data")
    sheet.write(0, 0, "E6")
    sheet.write(0, 1, "E7", xlwt.easyxf("font: struck_out true"))
    book.save(str(path))


def _ods(path: Path) -> None:
    row = _CELL.format("", "E6") + _CELL.format(' table:style-name="s"', "E7")
    ods_of(path, f'<table:table table:name="Data"><table:table-row>{row}</table:table-row></table:table>', _STYLE)


def _xml_2003(path: Path) -> None:
    path.write_text(_XML)


def _xlsb(path: Path) -> None:
    xlsb_of(path, ["0"], [[(0, "E6"), (1, "E7")]], struck=1)


@pytest.mark.parametrize("write", [_xlsx, _xls, _ods, _xml_2003, _xlsb])
def test_a_cell_that_is_struck_out_is_marked(tmp_path: Path, write: Callable[[Path], None]) -> None:
    """In every kind of workbook."""
    write(tmp_path / "a")
    raw = only_sheet(tmp_path / "a")
    assert cells(raw) == [[1, "E6", "E7"]]
    assert marks(raw) == [(1, "B", "shown otherwise: it is struck out")]


def test_struck_and_raised_letters_of_a_text(tmp_path: Path) -> None:
    """What is struck out is replaced by what stands beside it; the number of a note is no digit of the ID."""
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet, struck = book.add_worksheet("Data"), book.add_format({"font_strikeout": True})
        raised, bold = book.add_format({"font_script": 1}), book.add_format({"bold": True})
        sheet.write_rich_string(0, 0, struck, "absent ", bold, "present")
        sheet.write_rich_string(0, 1, bold, "E7", raised, "1")
        sheet.write_rich_string(0, 2, struck, "all", struck, " gone")
        sheet.write(0, 3, "<strike")
    assert cells(only_sheet(tmp_path / "a.xlsx")) == [[1, "present", "E7¹", "all gone", "<strike"]]
