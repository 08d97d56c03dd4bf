"""Whether a sheet's XML is as plain as programs write it, which proves that the fast parser reads it right.

The rows are compared with a grammar: one regular expression that describes plain rows and nothing else, each block of
the sheet wholly. What stands before and behind the rows is read as XML. Everything else is read cell by cell.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from threading import Thread
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc

from sources.cells.sheet_builder import Draft
from sources.cells.shown_cells import mark_of_number
from sources.raw_sheets import column_index
from sources.readers.xlsx.book import XlsxBook
from sources.readers.xlsx.cells import SheetCells

_BLOCK = 1 << 20
_BEGIN, _END = b"<sheetData>", b"</sheetData>"
# A row of plain cells is never as long, nor what stands around the rows.
_LONGEST = 16 << 20
# The parser keeps every cell of the rectangle in memory, the blank ones too: so many for each that holds something.
_MOST_BLANK = 50
_FEW_CELLS = 2_000_000
_HEAD = 4096
_DIMENSION = re.compile(rb'<dimension ref="A1:([A-Z]{1,3})([0-9]{1,7})"')
# In UTF-8, and nothing but elements without a prefix.
_PLAIN_HEAD = re.compile(
    rb"""(?:\xef\xbb\xbf)?\s*(?:<\?xml version=["']1\.0["'](?: encoding=["'](?i:utf-8)["'])?[^>?]*\?>)?"""
    rb"""\s*<worksheet\s"""
)
_ESCAPE = re.compile(rb"_x[0-9A-Fa-f]{4}_")
_ROW_BEGINS = b'<row r="'
_ROW = re.compile(rb'<row r="(\d+)"')
_WIDE = re.compile(rb'<c r="([A-Z]{2})\d')
_FORMULA = r"(?:<f(?: [^>]*/>|[^<]*</f>))?"
# Up to 1048576.
_ROWS = r"(?:[0-9]{1,6}|10(?:[0-3][0-9]{4}|4(?:[0-7][0-9]{3}|8(?:[0-4][0-9]{2}|5(?:[0-6][0-9]|7[0-6])))))"
_KNOWN_ERRORS = r"#(?:DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!|GETTING_DATA)"


def grammar(book: XlsxBook, letters: str) -> str:
    """Plain rows, as RE2 understands it. Numbers under a date format are days that a calendar has.

    letters: the columns that they may have.
    """
    usual = [number for number, style in enumerate(book.styles) if style.is_usual]
    dates = [number for number in usual if book.styles[number].is_date(0)]
    others = "|".join(str(number) for number in usual if number not in set(dates))
    formula = "" if book.calculates else r"(?:<f(?: [^<>]*)?(?:/>|>[^<]*</f>))?"
    styled = r'(?: s="[0-9]+")?'
    contents = (
        rf'(?: s="(?:{others})")?(?: t="n")?>{formula}<v>-?[0-9]+(?:\.[0-9]+)?(?:E[-+]?[0-9]+)?</v></c>',
        rf' s="(?:{"|".join(map(str, dates))})"(?: t="n")?>{formula}<v>[0-9]{{1,6}}(?:\.[0-9]+)?(?:E-[0-9]+)?</v></c>',
        rf'{styled} t="s"{styled}><v>[0-9]+</v></c>',
        rf'{styled} t="str"{styled}>{formula}<v>[^<]*</v></c>',
        rf'{styled} t="inlineStr"{styled}><is><t(?: xml:space="preserve")?>[^<]*</t></is></c>',
        rf'{styled} t="b"{styled}>{formula}<v>[01]</v></c>',
        rf'{styled} t="e"{styled}>{formula}<v>{_KNOWN_ERRORS}</v></c>',
        rf'{styled}(?: t="[a-z]+")?(?:/>|></c>)',
    )
    cell = rf'<c r="{letters}{_ROWS}"(?:{"|".join(contents)})'
    return rf'^(?:<row r="{_ROWS}"(?: [^<>]*)?(?:/>|>(?:{cell})*</row>))*$'


def _noted_numbers(book: XlsxBook) -> re.Pattern[bytes] | None:
    """Numbers under formats that show something else: letters, row, style, value; under most only fractions do."""
    always = [str(number) for number in {*book.renders, *(n for n, t in book.marking.items() if t == "always")}]
    fractions = [str(number) for number in book.marking.keys() - {int(number) for number in always}]
    if not always and not fractions:
        return None
    place = r'<c r="([A-Z]+)(\d+)" s="(?:'
    whole = rf'({"|".join(always) or "-"})"(?: t="n")?>{_FORMULA}<v>([-.\dE+]+)</v>'
    broken = rf'({"|".join(fractions) or "-"})"(?: t="n")?>{_FORMULA}<v>(-?\d+(?:\.\d+|E-)[-.\dE+]*)</v>'
    return re.compile(f"{place}{whole}|{broken})".encode())


class PlainScan(Thread):
    """Reads a sheet's XML once, beside the parser, and notes in the draft what the parser does not tell.

    draft: gets the merged ranges and how numbers are shown.
    """

    def __init__(self, book: XlsxBook, part: str, draft: Draft) -> None:
        super().__init__(daemon=True)
        self._book, self._part, self._draft = book, part, draft
        self._failure: Exception | None = None
        self._is_plain = False
        self._rows = _Rows(book, draft)
        self.start()

    def finish(self) -> bool:
        """Wait for the end of it: is the sheet plain? A failure comes out here."""
        self.join()
        if self._failure:
            raise self._failure
        return self._is_plain

    @property
    def cells(self) -> int:
        """How many cells of the sheet's XML hold a value, a blank text too."""
        return self._rows.values

    def run(self) -> None:
        """The thread's work."""
        try:
            with self._book.package.open(self._part) as file:
                self._is_plain = self._scan(file)
        except Exception as error:  # noqa: BLE001 - it is raised again in the main thread
            self._failure = error

    def _scan(self, file: IO[bytes]) -> bool:
        head, begin, rest = file.read(_BLOCK).partition(_BEGIN)
        if not (begin and _PLAIN_HEAD.match(head) and self._book.has_plain_strings):
            return False
        for rows, tail in _blocks_of_rows(rest, file):
            if not self._rows.take(rows):
                return False
            if tail is not None:
                return self._rows.are_dense and self._take_frame(head + begin + tail)
        return False

    def _take_frame(self, frame: bytes) -> bool:
        """Read what stands around the rows; is it the XML of a sheet whose rows those were?"""
        around = Draft(self._draft.name, self._draft.position, self._draft.visible)
        cells = SheetCells(self._book, around)
        cells.read(BytesIO(frame), self._part)
        self._draft.merges.extend(around.merges)
        return (
            cells.is_sheet and not (around.columns or cells.hides_zeros) and cells.calculates == self._book.calculates
        )


class _Rows:
    """The rows of a sheet, a block at a time, as long as they are plain."""

    def __init__(self, book: XlsxBook, draft: Draft) -> None:
        self._draft, self._book, self._noted = draft, book, _noted_numbers(book)
        self._styles = [f' s="{number}"'.encode() for number in {*book.renders, *book.marking}]
        self._narrow, self._wide = grammar(book, "[A-Z]"), grammar(book, "[A-Z]{1,2}")
        self._cells = self._last_row = 0  # the cells of blocks that have columns beyond Z
        self.values = 0
        self._last_column = column_index("Z")

    @property
    def are_dense(self) -> bool:
        """Does the parser, which keeps the blank cells between the others too, find room for them?"""
        blank = (self._last_column + 1) * self._last_row
        return self._last_column <= column_index("Z") or blank <= max(_MOST_BLANK * self._cells, _FEW_CELLS)

    def take(self, rows: bytes) -> bool:
        """Note what the rows show; False where they are not plain."""
        if not self._are_plain(rows) or (b"_" in rows and _ESCAPE.search(rows)):
            return False
        if not self._are_in_order(rows):
            return False
        self.values += rows.count(b"</v>") + rows.count(b"</is>")
        if self._noted and any(style in rows for style in self._styles):
            self._note_formats(self._noted, rows)
        return True

    def _are_in_order(self, rows: bytes) -> bool:
        """Are the numbers of the rows greater than those before, and no more rows than their numbers allow for?"""
        first, last = _ROW.match(rows), _ROW.match(rows, max(rows.rfind(_ROW_BEGINS), 0))
        if first is None or last is None:
            return not rows
        before, self._last_row = self._last_row, int(last[1])
        return before < int(first[1]) and rows.count(_ROW_BEGINS) <= self._last_row - int(first[1]) + 1

    def _are_plain(self, rows: bytes) -> bool:
        if _matches(rows, self._narrow):
            return True
        if not _matches(rows, self._wide):
            return False
        widest = max(_WIDE.findall(rows), default=b"Z")
        self._last_column = max(self._last_column, column_index(widest.decode()))
        self._cells += rows.count(b"<c ")
        return True

    def _note_formats(self, noted: re.Pattern[bytes], rows: bytes) -> None:
        for match in noted.finditer(rows):
            letters, row, style, value, of_fraction, fraction = match.groups()
            number, cell_style = float(value or fraction), self._book.styles[int(style or of_fraction)]
            place = int(row) - 1, column_index(letters.decode())
            text = cell_style.render(number) if cell_style.render else None
            if text is not None:
                self._draft.show(*place, text)
            if mark := mark_of_number(number, cell_style.code, self._book.is_1904):
                self._draft.marks[place] = mark


def _matches(rows: bytes, pattern: str) -> bool:
    return bool(pc.match_substring_regex(pa.scalar(rows, pa.binary()), pattern).as_py())


def _blocks_of_rows(rest: bytes, file: IO[bytes]) -> Iterator[tuple[bytes, bytes | None]]:
    """The rows in blocks of whole rows, and with the last of them what stands behind the rows."""
    while True:
        rows, end, tail = rest.partition(_END)
        if end:
            yield rows, end + tail + file.read(_LONGEST)
            return
        cut = rest.rfind(_ROW_BEGINS)
        if cut > 0:
            yield rest[:cut], None
            rest = rest[cut:]
        block = file.read(_BLOCK)
        if not block or len(rest) > _LONGEST:
            return
        rest += block


def is_modest(book: XlsxBook, part: str) -> bool:
    """Does a sheet say of itself that it is a rectangle with few blank cells? It need not be true."""
    with book.package.open(part) as file:
        found = _DIMENSION.search(file.read(_HEAD))
    if found is None:
        return False
    rectangle = (column_index(found[1].decode()) + 1) * int(found[2])
    return rectangle <= 2 * book.package.size(part)
