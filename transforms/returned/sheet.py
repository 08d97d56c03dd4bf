"""A failed-rows workbook recognised by what is left of its signs, and its rows read back by the sender's columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from rollbook.returned import (
    LABELS,
    ROLLBOOK_ROW,
    SUMMARY_TITLE,
    Origin,
    RowMark,
    our_columns,
    read_row_marks,
    returned_cell,
)
from rollbook.text.quoted import quoted
from transforms.planning.plan import SheetPlan
from transforms.planning.table.headers import header_key
from transforms.planning.table.table_detection import Cells, rows_of, sheet_letters

_HEADER_SEARCHED = 20
_SUMMARY_SEARCHED = 60


class Damaged(ValueError):
    """What was done to the workbook leaves its rows unclear. The message says what it is and what to do."""


@dataclass(frozen=True)
class ReturnedSheet:
    """A sheet of failed rows: its header row, our columns {header: letter}, and the sender's {letter: header}."""

    header_row: int
    ours: Mapping[str, str]
    theirs: Mapping[str, str]


@dataclass(frozen=True)
class ReturnedRow:
    """One row: its number here, its marks, its cells by the original letters.

    columns: the original letters of the columns that the workbook still has; of the others nothing is known.
    """

    row: int
    marks: tuple[RowMark, ...]
    cells: Mapping[str, str]
    kinds: Mapping[str, str]
    columns: frozenset[str]


def find_returned(table: pa.Table) -> ReturnedSheet | None:
    """The sheet, where one of its first rows bears our headers, in whatever place; else None."""
    letters = sheet_letters(table)
    for row, cells in rows_of(table.slice(0, _HEADER_SEARCHED)):
        places = our_columns([cells.get(letter) for letter in letters])
        if places:
            ours = {header: letters[place] for header, place in places.items()}
            return ReturnedSheet(row, ours, _theirs(letters, cells, set(ours.values())))
    return None


def find_like(table: pa.Table, plan: SheetPlan) -> ReturnedSheet | None:
    """The sheet without our columns, where one of its first rows bears most of the headers of a recorded plan."""
    wanted = {key for letter, text in plan.headers if letter not in plan.never and (key := header_key(text))}
    for row, cells in rows_of(table.slice(0, _HEADER_SEARCHED)):
        found = wanted & {header_key(text) for text in cells.values()}
        if len(found) >= 2 and 2 * len(found) > len(wanted):
            return ReturnedSheet(row, {}, _theirs(sheet_letters(table), cells, set()))
    return None


def _theirs(letters: Sequence[str], cells: Cells, ours: set[str]) -> dict[str, str]:
    return {letter: cells.get(letter, "") for letter in letters if letter not in ours}


def is_summary(table: pa.Table) -> bool:
    """Is the raw sheet the summary of a failed-rows workbook, whatever its name?"""
    return bool(summary_labels(table)) or any(
        text.strip() == SUMMARY_TITLE
        for _, cells in rows_of(table.slice(0, _HEADER_SEARCHED))
        for text in cells.values()
    )


def summary_labels(table: pa.Table) -> dict[str, str]:
    """{label: text} of what a summary sheet says of the origin of its rows."""
    found: dict[str, str] = {}
    for _, cells in rows_of(table.slice(0, _SUMMARY_SEARCHED)):
        texts = [text.strip() for text in cells.values()]
        if (len(texts) == 2 and texts[0] in LABELS[:2]) or (len(texts) == 2 and texts[0] in LABELS and found):
            found[texts[0]] = texts[1]
    return found


def origin_of(properties: Mapping[str, str], tables: Sequence[pa.Table]) -> Origin:
    """Where the rows come from, by the workbook's properties and, where it lost those, by its summary sheet."""
    told: dict[str, str] = {}
    for table in tables:
        told |= summary_labels(table)
    return Origin.from_labels(told | dict(properties))


def marks_of(table: pa.Table, sheet: ReturnedSheet) -> list[RowMark]:
    """All marks of the sheet, each once."""
    letter = sheet.ours.get(ROLLBOOK_ROW)
    if letter is None:
        return []
    texts = table.column(letter).unique().drop_null().to_pylist()
    return list(dict.fromkeys(mark for text in texts for mark in read_row_marks(text)))


def returned_rows(table: pa.Table, sheet: ReturnedSheet, marks: pd.DataFrame, plan: SheetPlan) -> list[ReturnedRow]:
    """The rows of a failed-rows sheet, blank ones left out; raises Damaged.

    marks: of that sheet, as reading gives them. plan: the recorded plan of the sheet that the rows came from. A column
    that was moved is known by its header; one that the sender's sheet does not have is passed over.
    """
    originals = _original_letters(sheet.theirs, plan)
    kinds: dict[int, dict[str, str]] = {}
    for row, letter, kind in marks[["row", "column", "kind"]].itertuples(index=False):
        if letter in originals:
            kinds.setdefault(row, {})[originals[letter]] = kind
    found, columns = [], frozenset(originals.values())
    for row, cells in rows_of(table):
        told = tuple(read_row_marks(cells.get(sheet.ours.get(ROLLBOOK_ROW, ""), "")))
        own = {originals[letter]: text for letter, text in cells.items() if letter in originals}
        if row > sheet.header_row and (own or told):
            found.append(ReturnedRow(row, told, own, kinds.get(row, {}), columns))
    return found


def _original_letters(theirs: Mapping[str, str], plan: SheetPlan) -> dict[str, str]:
    """Letter in the workbook -> letter in the sender's sheet; those that are never returned left no gap."""
    wanted = {x: header_key(returned_cell(text)) for x, text in plan.headers if x not in plan.never}
    headers = {letter: header_key(text) for letter, text in theirs.items()}
    at_home = dict(zip(theirs, wanted, strict=False))
    if all(headers[letter] == wanted[home] for letter, home in at_home.items()):
        return at_home
    found: dict[str, str] = {}
    for letter, key in headers.items():
        homes = [home for home in wanted if wanted[home] == key] if key else []
        if not homes:
            continue
        if len(homes) != sum(other == key for other in headers.values()):
            raise Damaged(
                f"The header {quoted(theirs[letter])} is here {_times(headers, key)}, but {len(homes)} times in the "
                "sender's sheet: which column is which is not clear. Correct a fresh copy of the workbook, "
                "and keep its columns."
            )
        found[letter] = next(home for home in homes if home not in found.values())
    return found


def _times(headers: Mapping[str, str], key: str) -> str:
    number = sum(other == key for other in headers.values())
    return "once" if number == 1 else f"{number} times"


def unread_rows(rows: Sequence[ReturnedRow]) -> str:
    """Rows named for a message, at most three of them."""
    named = ", ".join(str(row.row) for row in rows[:3])
    return f"row {named}" if len(rows) == 1 else f"rows {named}{' …' if len(rows) > 3 else ''}"
