"""What is kept of a record beside its values: its raw cells with their marks, and the fingerprint it is known by."""

import hashlib
import json
from collections.abc import Sequence

import pandas as pd

from transforms.sheet_plan import SheetPlan

# The key under which a mark of a whole line stands among those of its cells.
WHOLE_LINE = ""


def fingerprints(part: pd.DataFrame, plan: SheetPlan, places: pd.DataFrame) -> pd.Series:
    """The fingerprint (32 hex digits) of the records at `places` (`row`, `col`), on its index.

    Made of the headers and raw texts of the row's non-blank cells but those that are never stored, and of the
    defaults; in wide sheets only the record's own session cell counts.
    """
    constants = json.dumps(plan.constants)
    headers = plan.header_of
    order = sorted(_stored_letters(part, plan), key=lambda letter: headers.get(letter) or f"@{letter}")
    names = {letter: headers.get(letter) or f"@{letter}" for letter in order}
    found = [
        hashlib.blake2b(
            json.dumps([[names[letter], text] for letter, text in cells.items()]).encode() + constants.encode(),
            digest_size=16,
        ).hexdigest()
        for cells in _cells_at(part, plan, places, order)
    ]
    return pd.Series(found, index=places.index, dtype="str")


def raw_cells(
    part: pd.DataFrame, marks: pd.DataFrame, plan: SheetPlan, places: pd.DataFrame
) -> tuple[pd.Series, pd.Series]:
    """JSON {letter: text} of the records at `places`, and JSON {letter: kind} of their marks (NaN where none).

    The cells are those that the fingerprint counts; a mark of the whole line stands under `WHOLE_LINE`.
    """
    letters = _stored_letters(part, plan)
    cells = _cells_at(part, plan, places, letters)
    told = pd.Series([json.dumps(found, ensure_ascii=False) for found in cells], index=places.index, dtype="str")
    by_row: dict[int, dict[str, str]] = {}
    here = marks[marks["row"].isin(places["row"])] if len(marks) else marks
    for row, letter, kind in here[["row", "column", "kind"]].itertuples(index=False):
        by_row.setdefault(row, {})[letter if isinstance(letter, str) else WHOLE_LINE] = kind
    own = {session.number: session.letter for session in plan.sessions}
    kinds = [
        {
            x: kind
            for x, kind in by_row.get(row, {}).items()
            if x in (WHOLE_LINE, own.get(col)) or (x in letters and x not in own.values())
        }
        for row, col in places[["row", "col"]].itertuples(index=False)
    ]
    told_marks = [json.dumps(found) if found else None for found in kinds]
    return told, pd.Series(told_marks, index=places.index, dtype="str")


def _stored_letters(part: pd.DataFrame, plan: SheetPlan) -> list[str]:
    return [letter for letter in part.columns if letter != "row" and letter not in plan.never]


def _cells_at(
    part: pd.DataFrame, plan: SheetPlan, places: pd.DataFrame, letters: Sequence[str]
) -> list[dict[str, str]]:
    """The non-blank cells of each record, in the order of `letters`."""
    at = pd.Index(part["row"]).get_indexer(pd.Index(places["row"]))
    few = part.iloc[at]
    columns = {letter: few[letter].tolist() for letter in letters}
    own = {session.number: session.letter for session in plan.sessions}
    shared = set(letters) - set(own.values())
    found = []
    for place, col in enumerate(places["col"].tolist()):
        here = [letter for letter in letters if letter == own.get(col) or letter in shared] if own else letters
        found.append({letter: text for letter in here if isinstance(text := columns[letter][place], str)})
    return found
