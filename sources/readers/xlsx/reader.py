"""Workbooks of Excel 2007 and later (.xlsx, .xlsm): by the fast parser where a sheet is plain, else cell by cell."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import fastexcel

from sources.cells.sheet_builder import Draft
from sources.readers.package import Package
from sources.readers.xlsx.book import BookSheet, XlsxBook
from sources.readers.xlsx.cells import SheetCells
from sources.readers.xlsx.fast_parser import parse
from sources.readers.xlsx.plain_sheet import PlainScan, is_modest

# A sheet of less XML is scanned before the parser is asked: both take no time.
_SMALL = 8 << 20


def read_xlsx(path: Path) -> Iterator[Draft]:
    """The sheets in their order; raises Unreadable, or whatever the parser raises on a damaged file."""
    with zipfile.ZipFile(path) as archive:
        book = XlsxBook(Package(archive))
        reader = _fast_reader(path, book)
        for position, sheet in enumerate(book.sheets):
            if sheet.is_table:
                draft = Draft(sheet.name, position, sheet.is_visible)
                if reader is None or not _read_fast(reader, book, sheet, draft):
                    draft = _read_cells(book, sheet, position)
                yield draft


def _fast_reader(path: Path, book: XlsxBook) -> fastexcel.ExcelReader | None:
    """The fast parser, where it finds what the workbook is made of."""
    if not book.is_plain:
        return None
    try:
        reader = fastexcel.read_excel(str(path))
    except fastexcel.FastExcelError:
        return None
    named = [sheet.name for sheet in book.sheets]
    return reader if reader.sheet_names == named and len(set(named)) == len(named) else None


def _read_fast(reader: fastexcel.ExcelReader, book: XlsxBook, sheet: BookSheet, draft: Draft) -> bool:
    """Fill the draft by the fast parser; False where the sheet is not plain or the parser gives up."""
    if book.package.stored_name(sheet.part) != sheet.part:
        return False
    scan = PlainScan(book, sheet.part, draft)
    is_beside = book.package.size(sheet.part) > _SMALL and is_modest(book, sheet.part)
    if not is_beside and not scan.finish():
        return False
    try:
        cells = parse(reader, draft)
    except fastexcel.FastExcelError:
        return False
    # Of a cell that comes twice, the parser keeps the last.
    return scan.finish() and scan.cells == cells


def _read_cells(book: XlsxBook, sheet: BookSheet, position: int) -> Draft:
    draft = Draft(sheet.name, position, sheet.is_visible)
    with book.package.open(sheet.part) as file:
        SheetCells(book, draft).read(file, sheet.part)
    return draft
