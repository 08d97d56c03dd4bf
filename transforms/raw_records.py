"""What is kept of a record beside its values: its raw cells with their marks, and the fingerprint it is known by."""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Sequence

import pandas as pd

from transforms.planning.sheet_plan import SheetPlan

# The key under which a mark of a whole line stands among those of its cells.
WHOLE_LINE = ""


def kept_records(
    part: pd.DataFrame,
    marks: pd.DataFrame,
    plan: SheetPlan,
    places: pd.DataFrame,
    nameless: Collection[int] = (),
) -> pd.DataFrame:
    """`row`, `col`, `fingerprint`, `cells`, `marks` of the records at `places` (`row`, `col`), on its index.

    nameless: numbers of the rows that name nobody. Alike cells are one record met twice; of nobody they may be those of
        several people, so each such row has a fingerprint of its own: by how many rows of the part were alike before.

    fingerprint: 32 hex digits, made of the headers and raw texts of the row's non-blank cells but those that are never
        stored, and of the defaults; in wide sheets only the record's own session cell counts.
    cells: these cells as JSON {letter: text}. marks: theirs as JSON {letter: kind}, NaN where there are none; a mark of
        the whole line stands under `WHOLE_LINE`.
    """
    letters = _stored_letters(part, plan)
    cells = _cells_at(part, plan, places, letters)
    told = [json.dumps(found, ensure_ascii=False) for found in cells]
    fingerprints = _fingerprints(cells, plan, letters)
    if nameless:
        first = int(part["row"].to_numpy()[0])
        fingerprints = _told_apart(fingerprints, places, nameless, first if first > plan.first_row else 0)
    columns = {
        "fingerprint": fingerprints,
        "cells": told,
        "marks": _mark_texts(part, marks, plan, places),
    }
    return places.assign(**{name: pd.Series(found, index=places.index, dtype="str") for name, found in columns.items()})


def _fingerprints(cells: Sequence[dict[str, str]], plan: SheetPlan, letters: Sequence[str]) -> list[str]:
    """By header, not by letter: the same columns in another order are the same case."""
    headers = plan.header_of
    names = {letter: headers.get(letter) or f"@{letter}" for letter in letters}
    named = sorted(names.items(), key=lambda item: item[1])
    constants = json.dumps(plan.constants).encode()
    return [
        hashlib.blake2b(
            json.dumps([[name, found[letter]] for letter, name in named if letter in found]).encode() + constants,
            digest_size=16,
        ).hexdigest()
        for found in cells
    ]


def _told_apart(
    fingerprints: Sequence[str], places: pd.DataFrame, nameless: Collection[int], beginning: int
) -> list[str]:
    """Those of nameless rows with their number among the alike ones; the first of a sheet keeps its own.

    beginning: the first row of a later part, which does not know the rows before it; 0 in the first part.
    """
    seen: Counter[tuple[str, int]] = Counter()
    found = []
    for fingerprint, row, col in zip(fingerprints, places["row"].tolist(), places["col"].tolist(), strict=True):
        number = seen[fingerprint, col]
        seen[fingerprint, col] += 1
        if row in nameless and (number or beginning):
            key = json.dumps([fingerprint, beginning, number]).encode()
            fingerprint = hashlib.blake2b(key, digest_size=16).hexdigest()  # noqa: PLW2901
        found.append(fingerprint)
    return found


def _mark_texts(part: pd.DataFrame, marks: pd.DataFrame, plan: SheetPlan, places: pd.DataFrame) -> list[str | None]:
    here = marks[marks["row"].isin(places["row"])] if len(marks) else marks
    if not len(here):
        return [None] * len(places)
    by_row: dict[int, dict[str, str]] = {}
    for row, letter, kind in here[["row", "column", "kind"]].itertuples(index=False):
        by_row.setdefault(row, {})[letter if isinstance(letter, str) else WHOLE_LINE] = kind
    letters = _stored_letters(part, plan)
    own = {session.number: session.letter for session in plan.sessions}
    kinds = [
        {
            x: kind
            for x, kind in by_row.get(row, {}).items()
            if x in (WHOLE_LINE, own.get(col)) or (x in letters and x not in own.values())
        }
        for row, col in places[["row", "col"]].itertuples(index=False)
    ]
    return [json.dumps(found) if found else None for found in kinds]


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
