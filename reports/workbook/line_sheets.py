"""Many lines as a workbook: whole batches are made XML at once, ten times as fast as cell by cell."""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from reports.workbook.text_sheet import escaped
from rollbook.returned import returned_cell

# Below Excel's last row, with the headers.
ROWS_A_SHEET = 1_048_575
# Lines of which the XML is in memory, some 500 bytes each and several times over while it is made.
_AT_ONCE = 8_192
_WIDTHS = {
    **dict.fromkeys(("source_file", "learner", "duplicate_of", "reason", "was", "is"), 30),
    **dict.fromkeys(("source_sheet", "session", "field"), 20),
}
# What a cell cannot hold as it is: a formula's beginning, markup, controls, `_x`, outer spaces; a very long text.
_UNUSUAL = r"^'*[=+\-@\t\r]|[&<>\x00-\x1f\x7f\x{FFFE}\x{FFFF}]|_x|^\s|\s$"
_LONG = 16_000
_COPIED = 1 << 20


def write_lines_workbook(batches: Iterable[pa.Table], schema: pa.Schema, path: Path, title: str) -> None:
    """Write lines of texts and whole numbers, under a header that stays and can be filtered."""
    with Workbook(str(path), {"constant_memory": True}) as workbook:
        sheet, at = _new_sheet(workbook, schema, f"{title} 1"), 0
        for here in (part for batch in _small(batches) for part in _fitting(batch, ROWS_A_SHEET - at)):
            if at == ROWS_A_SHEET:
                _finish(sheet, schema, at)
                sheet, at = _new_sheet(workbook, schema, f"{title} {len(workbook.worksheets()) + 1}"), 0
            sheet.write_lines(at + 1, here)
            at += here.num_rows
        _finish(sheet, schema, at)


def _small(batches: Iterable[pa.Table]) -> Iterator[pa.Table]:
    return (batch.slice(first, _AT_ONCE) for batch in batches for first in range(0, batch.num_rows, _AT_ONCE))


def _fitting(batch: pa.Table, room: int) -> list[pa.Table]:
    """What fits into the sheet, and the rest."""
    return [part for part in (batch.slice(0, room), batch.slice(room)) if part.num_rows]


class LineSheet(Worksheet):  # type: ignore[misc]  # XlsxWriter is not typed
    """For workbooks in constant memory: takes whole batches, as `TextSheet` takes whole rows.

    Cells name no place of their own, which halves the XML: they follow each other without a gap. What Arrow holds is
    UTF-8 already: it is written and copied as it is.
    """

    previous_row: int

    def write_lines(self, row: int, batch: pa.Table) -> None:
        """Write a line a row, from `row` on, which is counted from 0 and follows the last one."""
        self._write_single_row(row)
        lines = pc.binary_join_element_wise("<row>", *map(_cells, batch.columns), "</row>", "")
        last = row + batch.num_rows - 1
        self._check_dimensions(row, 0)
        self._check_dimensions(last, batch.num_columns - 1)
        self.row_data_fh.flush()
        self.row_data_fh.buffer.write(_text_of(lines))
        self.previous_row = last + 1

    def _write_optimized_sheet_data(self) -> None:
        """Copy the rows into the sheet, as XlsxWriter does, which reads and writes them as text."""
        self._xml_start_tag("sheetData")
        for file in (self.row_data_fh, self.fh):
            file.flush()
        self.row_data_fh.buffer.seek(0)
        shutil.copyfileobj(self.row_data_fh.buffer, self.fh.buffer, _COPIED)
        self.row_data_fh.close()
        Path(self.row_data_filename).unlink()
        self._xml_end_tag("sheetData")


def _text_of(texts: pa.StringArray) -> pa.Buffer:
    """Texts, none of which is missing, one behind the other in UTF-8."""
    _, offsets, text = texts.buffers()
    bounds = np.frombuffer(offsets, np.int32)
    first, last = (int(bounds[place]) for place in (texts.offset, texts.offset + len(texts)))
    return text.slice(first, last - first)


def _cells(column: pa.ChunkedArray) -> pa.Array:
    """The XML of each cell, made once of each value."""
    coded = column.combine_chunks().dictionary_encode()
    values = coded.dictionary
    if pa.types.is_integer(values.type):
        cells = pc.binary_join_element_wise("<c><v>", pc.cast(values, pa.string()), "</v></c>", "")
    else:
        cells = pc.binary_join_element_wise('<c t="inlineStr"><is><t', _escaped(values), "</t></is></c>", "")
    return pc.fill_null(cells.take(coded.indices), "<c/>")


def _escaped(texts: pa.Array) -> pa.Array:
    """Texts as they stand in a cell's XML, behind `<t`; most need nothing."""
    unusual = pc.or_(pc.match_substring_regex(texts, _UNUSUAL), pc.greater(pc.utf8_length(texts), _LONG))
    plain = pc.binary_join_element_wise(">", texts, "")
    if not pc.any(unusual).as_py():
        return plain
    spelled = [f' xml:space="preserve">{escaped(returned_cell(text))}' for text in texts.filter(unusual).to_pylist()]
    return pc.replace_with_mask(plain, unusual, pa.array(spelled, pa.string()))


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
