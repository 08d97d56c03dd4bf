"""Many lines as a workbook: whole batches are made XML at once, ten times as fast as cell by cell."""

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from reports.workbook.text_sheet import column_letters, escaped
from rollbook.returned import returned_cell

# Below Excel's last row, with the headers.
ROWS_A_SHEET = 1_048_575
_WIDTHS = {
    **dict.fromkeys(("source_file", "learner", "duplicate_of", "reason", "was", "is"), 30),
    **dict.fromkeys(("source_sheet", "session", "field"), 20),
}
# What a cell cannot hold as it is: a formula's beginning, markup, controls, `_x`; and a text of many characters.
_UNUSUAL = r"^'*[=+\-@\t\r]|[&<>\x00-\x1f\x7f\x{FFFE}\x{FFFF}]|_x"
_LONG = 16_000


def write_lines_workbook(batches: Iterable[pa.Table], schema: pa.Schema, path: Path, title: str) -> None:
    """Write lines of texts and whole numbers, under a header that stays and can be filtered."""
    with Workbook(str(path), {"constant_memory": True}) as workbook:
        sheet, at = _new_sheet(workbook, schema, f"{title} 1"), 0
        for here in (part for batch in batches for part in _fitting(batch, ROWS_A_SHEET - at)):
            if at == ROWS_A_SHEET:
                _finish(sheet, schema, at)
                sheet, at = _new_sheet(workbook, schema, f"{title} {len(workbook.worksheets()) + 1}"), 0
            sheet.write_lines(at + 1, here)
            at += here.num_rows
        _finish(sheet, schema, at)


def _fitting(batch: pa.Table, room: int) -> list[pa.Table]:
    """What fits into the sheet, and the rest."""
    return [part for part in (batch.slice(0, room), batch.slice(room)) if part.num_rows]


class LineSheet(Worksheet):  # type: ignore[misc]  # XlsxWriter is not typed
    """For workbooks in constant memory: takes whole batches, as `TextSheet` takes whole rows."""

    previous_row: int

    def write_lines(self, row: int, batch: pa.Table) -> None:
        """Write a line a row, from `row` on, which is counted from 0."""
        if row > self.previous_row:
            self._write_single_row(row)
        numbers = pc.cast(pa.array(range(row + 1, row + 1 + batch.num_rows)), pa.string())
        cells = [_cells(column, numbers, column_letters(at)) for at, column in enumerate(batch.columns)]
        rows = pc.binary_join_element_wise('<row r="', numbers, '">', *cells, "</row>", "")
        last = row + batch.num_rows - 1
        self._check_dimensions(row, 0)
        self._check_dimensions(last, batch.num_columns - 1)
        self.row_data_fh.write("".join(rows.to_pylist()))
        self.previous_row = last + 1


def _cells(column: pa.ChunkedArray, numbers: pa.Array, letters: str) -> pa.Array:
    """The XML of each cell; none of a blank one."""
    values = column.combine_chunks()
    place = (f'<c r="{letters}', numbers)
    if pa.types.is_integer(values.type):
        cells = pc.binary_join_element_wise(*place, '"><v>', pc.cast(values, pa.string()), "</v></c>", "")
    else:
        texts = _escaped(values)
        cells = pc.binary_join_element_wise(
            *place, '" t="inlineStr"><is><t xml:space="preserve">', texts, "</t></is></c>", ""
        )
    return pc.fill_null(cells, "")


def _escaped(texts: pa.Array) -> pa.Array:
    """Texts as a cell's XML holds them; most are so already."""
    odd = pc.or_(pc.match_substring_regex(texts, _UNUSUAL), pc.greater(pc.utf8_length(texts), _LONG))
    unusual = pc.fill_null(odd, False)
    if not pc.any(unusual).as_py():
        return texts
    plain = pa.array([escaped(returned_cell(text)) for text in texts.filter(unusual).to_pylist()], pa.string())
    return pc.replace_with_mask(texts, unusual, plain)


def _new_sheet(workbook: Workbook, schema: pa.Schema, name: str) -> LineSheet:
    sheet: LineSheet = workbook.add_worksheet(name, LineSheet)
    bold = workbook.add_format({"bold": True, "bg_color": "#DDE7EC"})
    for at, column in enumerate(schema.names):
        sheet.set_column(at, at, _WIDTHS.get(column, max(12, len(column) + 2)))
        sheet.write_string(0, at, column, bold)
    sheet.freeze_panes(1, 0)
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    return sheet


def _finish(sheet: LineSheet, schema: pa.Schema, rows: int) -> None:
    sheet.autofilter(0, 0, rows, len(schema) - 1)
