"""Text files (CSV, TSV and their kin) to one raw sheet, a batch of lines at a time."""

import csv
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from rollbook.addresses import recorded
from rollbook.text_form import UNSAID, TextForm
from sources.cells.arrow_files import RecordStream
from sources.cells.text_tricks import as_shown, without_boms, without_end_mark
from sources.errors import Unreadable
from sources.text.delimiters import delimiter_of, odd_line_end, quote_of
from sources.text.encodings import Encoded, encoding_of, line_that_does_not_fit
from sources.text.line_widths import LineWidths

# A spreadsheet program keeps 32,767 characters in a cell and 16,384 columns. A longer cell is for the rules to refuse;
# one of so many is no cell, but a quotation mark that is never closed.
_CELL_CHARACTERS = 1 << 24
_COLUMNS = 16_384
# A batch is so many lines, fewer where lines are long.
_LINES = 20_000
_CHARACTERS = 4_000_000
# Stands where the file ends: an open quote would take it in.
_END = "\x00end of the file\x00"

Batch = tuple[list[int], list[list[str]]]
Dialect = dict[str, Any]


def read_delimited(path: Path, arrow: Path, said: TextForm = UNSAID) -> tuple[dict[str, object], TextForm]:
    """Write the file's one sheet to `arrow`; its name, rows and width, and the form that was taken.

    A record's row is its number, counted from 1, as a spreadsheet program shows it: a cell with line breaks takes
    several lines, but one row. Messages of lines count these, as an editor does. said: what is known of the form; the
    rest is found. Raises Unreadable for an unclosed quote, which would silently swallow the lines after it.
    """
    csv.field_size_limit(_CELL_CHARACTERS)
    encoded = encoding_of(path, said.encoding)
    stream, widths = RecordStream(arrow, as_shown if encoded.has_tricks else None), LineWidths()
    try:
        with path.open(encoding=encoded.name, newline="") as file:
            sample = list(islice(file, 200))
        _refuse_one_line(sample)
        found, declared = delimiter_of(sample)
        delimiter = said.delimiter or found
        quote = quote_of(sample[declared:], delimiter) if said.quote is None else said.quote
        taken = TextForm(encoded.name, delimiter, quote)
        with path.open(encoding=encoded.name, newline="") as file:
            for lines, records in _batches(file, _dialect(taken), declared, encoded):
                widths.add(lines, records)
                stream.add(lines, records)
    except UnicodeError as error:
        line = line_that_does_not_fit(path, encoded.name)
        raise Unreadable(
            f"Line {line} cannot be read as {encoded.name}, or the file is cut off there. "
            "Export it again, or save it as “CSV UTF-8” in Excel and import that."
        ) from error
    stream.finish([])
    widths.write(arrow)
    return {"name": recorded(path.stem), "rows": stream.rows, "width": stream.width}, taken


def _refuse_one_line(sample: list[str]) -> None:
    """Lines that end otherwise than lines do would be one header."""
    if mark := odd_line_end(sample):
        shown = f"“{mark}”" if mark.isprintable() else f"the character U+{ord(mark):04X}"
        raise Unreadable(
            f"The lines of the file end with {shown}, which is not a line break. "
            "Export it again, or save it as “CSV UTF-8” in Excel and import that."
        )


def _dialect(form: TextForm) -> Dialect:
    if form.quote:
        return {"delimiter": form.delimiter, "quotechar": form.quote}
    return {"delimiter": form.delimiter, "quoting": csv.QUOTE_NONE}


def _batches(file: TextIO, dialect: Dialect, declared: int, encoded: Encoded) -> Iterator[Batch]:
    line, size = 1 + sum(1 for _ in islice(file, declared)), 500
    row = line
    while lines := list(islice(file, size)):
        if len(lines) < size or lines[-1][-1] not in "\r\n":
            lines = without_end_mark(lines)
        if encoded.has_boms:
            lines = without_boms(lines)
        if not lines:
            return
        size = max(50, min(_LINES, _CHARACTERS * len(lines) // sum(map(len, lines))))
        records = _line_by_line(lines, dialect, line)
        if records is None:
            starts, records, line = _across_lines(lines, file, dialect, line)
        else:
            starts = list(range(line, line + len(lines)))
            line += len(lines)
        if max(map(len, records)) > _COLUMNS:
            widest = max(range(len(records)), key=lambda at: len(records[at]))
            raise Unreadable(f"Line {starts[widest]} has more than {_COLUMNS:,} cells. Fix it and import again.")
        yield list(range(row, row + len(records))), records
        row += len(records)


def _line_by_line(lines: list[str], dialect: Dialect, first: int) -> list[list[str]] | None:
    """The records of lines that hold one each; None where a record goes on over a line break. first: of their lines."""
    is_flawless = True
    try:
        records = list(csv.reader([*lines, _END], **dialect, strict=True))
    except csv.Error:
        is_flawless = False
        try:
            records = list(csv.reader([*lines, _END], **dialect))
        except csv.Error:
            return None
    ended = records.pop() == [_END]
    if not ended or len(records) != len(lines):
        return None
    for number, (line, record) in enumerate(zip(lines, records, strict=True) if not is_flawless else ()):
        _refuse_stray_quote(line, record, dialect, first + number)
    return records


def _refuse_stray_quote(line: str, record: list[str], dialect: Dialect, number: int) -> None:
    r"""A quotation mark within a quoted cell, as in `"Ann \"Al\" Lee"`, mixes up the text around it."""
    if not any(dialect.get("quotechar", "\0") in cell for cell in record):
        return
    # Some programs put spaces behind a quoted cell.
    tight = re.sub(rf'" +(?={re.escape(dialect["delimiter"])}|[\r\n]|$)', '"', line)
    try:
        list(csv.reader([tight], **dialect, strict=True))
    except csv.Error as error:
        raise Unreadable(
            f"Line {number} holds a quotation mark within a quoted cell. There it must be doubled. "
            "Fix that line, or export the file again as .xlsx, and import that."
        ) from error


def _across_lines(
    lines: list[str], file: TextIO, dialect: Dialect, line: int
) -> tuple[list[int], list[list[str]], int]:
    """The records that start in `lines`, the last one read to its end, and the number of the line after it."""
    recent: list[str] = []
    source = _remembered(lines, file, recent)
    reader = csv.reader(source, **dialect)
    starts, records = [], []
    while reader.line_num < len(lines):
        start = line + reader.line_num
        record = _next_record(reader, recent, start)
        if len(recent) > 1:
            _refuse_unclosed(recent, record, dialect, start)
        elif recent:
            _refuse_stray_quote(recent[0], record, dialect, start)
        recent.clear()
        starts.append(start)
        records.append(record)
    return starts, records, line + reader.line_num


def _remembered(lines: list[str], file: TextIO, recent: list[str]) -> Iterator[str]:
    for source in (lines, file, [_END]):
        for text in source:
            recent.append(text)
            yield text


def _next_record(reader: Iterator[list[str]], recent: list[str], start: int) -> list[str]:
    try:
        return next(reader)
    except csv.Error as error:
        if len(recent) > 1:
            raise _unclosed(start) from error
        raise Unreadable(
            f"Line {start} holds a cell of more than {_CELL_CHARACTERS:,} characters. Fix that line and import again."
        ) from error


def _refuse_unclosed(recent: list[str], record: list[str], dialect: Dialect, start: int) -> None:
    """A record over several lines must be quoted without a flaw: else a stray quote holds lines together."""
    if any(_END in cell for cell in record):
        raise _unclosed(start)
    try:
        list(csv.reader(recent, **dialect, strict=True))
    except csv.Error as error:
        raise _unclosed(start) from error


def _unclosed(line: int) -> Unreadable:
    return Unreadable(f"Line {line} opens a quotation mark that is not closed. Fix that line and import again.")
