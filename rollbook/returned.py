"""What the writer and the reader of a failed-rows workbook agree on."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from rollbook.text.days import without_midnight
from rollbook.text.formulas import shown

ROLLBOOK_ROW, PROBLEMS, WHAT_TO_DO = OUR_HEADERS = ("Rollbook row", "Problems", "What to do")
SUMMARY_SHEET = "Rollbook summary"

# What the summary sheet says in its first cell, and the labels beside which the origin of the rows stands.
SUMMARY_TITLE = "Rows that could not be imported"
RUN, LEDGER, DATABASE, CHECKED, DOWNLOADED = LABELS = (
    "Rollbook run",
    "Rollbook ledger",
    "Database",
    "Only checked",
    "Downloaded (UTC)",
)
# Spreadsheet programs turn hyphens into dashes. The ledger's ID begins with a letter that is no hex digit: no program
# takes the mark for a date or a number.
_DASH = r"\s*[-\u2010-\u2015\u2212]\s*"
_OF_LEDGER = rf"(?:{_DASH}([g-z][0-9a-z]{{5}})\b)?"
_MARK = re.compile(rf"\b(\d+){_DASH}([0-9a-f]{{4}})\b{_OF_LEDGER}", re.IGNORECASE)
_NEW = re.compile(rf"new{_OF_LEDGER}", re.IGNORECASE)
# Excel's limit for one cell, in UTF-16 units.
_CELL_UNITS = 32_767
# Only texts that begin so may be neutralised; all others without odd characters are shown as they are.
_LEADERS = frozenset("'=+-@")


@dataclass(frozen=True)
class Origin:
    """Where the rows of a failed-rows workbook come from, as it says of itself.

    runs: the runs that left them. ledger: the ID of the database; None where there was none yet. database: its address,
    without a password. is_check: a check left them, and opened no cases. downloaded: when cases were written as they
    stood then, in UTC; None where a run wrote its own rows.
    """

    runs: tuple[str, ...] = ()
    ledger: str | None = None
    database: str | None = None
    is_check: bool = False
    downloaded: datetime | None = None

    def to_labels(self) -> dict[str, str]:
        """{label: text}, as properties and the summary sheet hold it."""
        texts = {RUN: ", ".join(self.runs), LEDGER: self.ledger, DATABASE: self.database}
        texts[DOWNLOADED] = self.downloaded.isoformat(sep=" ") if self.downloaded else None
        return {label: text for label, text in texts.items() if text} | ({CHECKED: "yes"} if self.is_check else {})

    @classmethod
    def from_labels(cls, texts: Mapping[str, str]) -> "Origin":
        """The origin that `to_labels` told; what is missing there is None."""
        runs = tuple(run.strip() for run in texts.get(RUN, "").split(",") if run.strip())
        return cls(runs, texts.get(LEDGER), texts.get(DATABASE), CHECKED in texts, _moment(texts.get(DOWNLOADED)))


def _moment(text: str | None) -> datetime | None:
    """A moment as `to_labels` wrote it; None where a spreadsheet program made something else of it."""
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


class RowMark(NamedTuple):
    """By what a returned row is known again.

    case_id, digits: its case and the first four hex digits of the case's fingerprint; None of a row without a case,
    which a check left. ledger: the ID of the database that has the case; None where there was no database yet.
    """

    case_id: int | None
    digits: str | None
    ledger: str | None


def row_mark(case_id: int | None, fingerprint: str | None, ledger: str | None = None) -> str:
    """The text of a mark, such as `17-3fa2-k7mq2x`; of a row without a case `new-k7mq2x`."""
    of_case = f"{case_id}-{fingerprint[:4]}" if case_id is not None and fingerprint else "new"
    return f"{of_case}-{ledger}" if ledger else of_case


def read_row_marks(text: str) -> list[RowMark]:
    """The marks in a `Rollbook row` cell, in order."""
    if new := _NEW.fullmatch(text.strip()):
        return [RowMark(None, None, new[1] and new[1].lower())]
    found = _MARK.findall(text)
    return [RowMark(int(case_id), digits.lower(), ledger.lower() or None) for case_id, digits, ledger in found]


def our_columns(cells: Sequence[str | None]) -> dict[str, int]:
    """{our header: its place} in a sheet's row of cells, where these say that it is a sheet of a failed-rows workbook.

    `Rollbook row` says so by itself; where that column was deleted, the two others together do.
    """
    texts = [" ".join((text or "").split()).casefold() for text in cells]
    found = {header: texts.index(header.casefold()) for header in OUR_HEADERS if header.casefold() in texts}
    return found if ROLLBOOK_ROW in found or {PROBLEMS, WHAT_TO_DO} <= found.keys() else {}


def returned_cell(raw: str) -> str:
    """The text that the workbook shows for a raw cell: one that reads so was not touched since, whatever it held.

    It is `rollbook.text.formulas.shown`, without the two characters that XML has no way to write, cut where the cell
    holds more than a cell of a workbook can, and without the midnight of a date.
    """
    if len(raw) <= _CELL_UNITS // 2 and raw.isprintable() and raw[:1] not in _LEADERS:
        return without_midnight(raw)
    text = shown(raw).replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")
    if len(text) <= _CELL_UNITS // 2 or len(text.encode("utf-16-le")) // 2 <= _CELL_UNITS:
        return text
    note = f" … [cut by Rollbook: {len(raw):,} characters]"
    kept = text.encode("utf-16-le")[: (_CELL_UNITS - len(note)) * 2]
    return kept.decode("utf-16-le", "ignore") + note
