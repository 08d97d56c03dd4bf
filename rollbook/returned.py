"""What the writer and the reader of a failed-rows workbook agree on."""

import re
from collections.abc import Sequence

from rollbook.formulas import shown

ROLLBOOK_ROW, PROBLEMS, WHAT_TO_DO = OUR_HEADERS = ("Rollbook row", "Problems", "What to do")
SUMMARY_SHEET = "Rollbook summary"

_MARK = re.compile(r"(\d+)-([0-9a-f]{4})", re.IGNORECASE)
# Excel's limit for one cell, in UTF-16 units.
_CELL_UNITS = 32_767
# Only texts that begin so may be neutralised; all others without odd characters are shown as they are.
_LEADERS = frozenset("'=+-@")
# A typed date is read as `2024-01-31 00:00:00`; nobody wrote the time.
_DATE = re.compile(r"\d{4}-\d{2}-\d{2} 00:00:00")
_MIDNIGHT = " 00:00:00"
_DATED = 19


def row_mark(case_id: int, fingerprint: str) -> str:
    """The text by which a returned row is known again, such as `17-3fa2`."""
    return f"{case_id}-{fingerprint[:4]}"


def read_row_marks(text: str) -> list[tuple[int, str]]:
    """(case ID, first four hex digits of its fingerprint) of each mark in a `Rollbook row` cell, in order."""
    return [(int(case_id), digits.lower()) for case_id, digits in _MARK.findall(text)]


def is_returned(first_cells: Sequence[str | None]) -> bool:
    """Whether a sheet whose header row begins so is one of a failed-rows workbook."""
    return [(text or "").strip().casefold() for text in first_cells[:3]] == [text.casefold() for text in OUR_HEADERS]


def returned_cell(raw: str) -> str:
    """The text that the workbook shows for a raw cell: one that reads so was not touched since, whatever it held.

    It is `rollbook.formulas.shown`, without the two characters that XML has no way to write, cut where the cell holds
    more than a cell of a workbook can, and without the midnight of a date.
    """
    if len(raw) <= _CELL_UNITS // 2 and raw.isprintable() and raw[:1] not in _LEADERS:
        return raw.removesuffix(_MIDNIGHT) if len(raw) == _DATED and _DATE.match(raw) else raw
    text = shown(raw).replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")
    if len(text) <= _CELL_UNITS // 2 or len(text.encode("utf-16-le")) // 2 <= _CELL_UNITS:
        return text
    note = f" … [cut by Rollbook: {len(raw):,} characters]"
    kept = text.encode("utf-16-le")[: (_CELL_UNITS - len(note)) * 2]
    return kept.decode("utf-16-le", "ignore") + note
