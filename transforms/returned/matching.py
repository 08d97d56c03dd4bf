"""Rows of a failed-rows workbook that lost their marks, known again by the cells that nobody had to change."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import pandas as pd

from rollbook.returned import RowMark
from transforms.returned.sheet import ReturnedRow
from transforms.returned.workbook import shown_cells, shown_text

# A cell that so many cases have, at most, tells them from others.
_FEW = 50

Key = tuple[tuple[str, str], ...]


@dataclass
class _Line:
    """A row of the sender's sheet with all of its failed cases."""

    cells: dict[str, str] = field(default_factory=dict)
    marks: list[RowMark] = field(default_factory=list)
    blamed: set[str] = field(default_factory=set)


def matched_by_cells(
    rows: Sequence[ReturnedRow], stored: pd.DataFrame, blamed: Mapping[int, frozenset[str]]
) -> list[ReturnedRow]:
    """The rows, those that are known again with the marks of their cases.

    stored: `case_id`, `fingerprint`, `row`, `cells` (JSON) of the cases that a row may be of. blamed: {case_id: letters
        of the cells that its problems blame}. A row is known where all cells but those blamed are as they were, of
        exactly one row; of rows that were alike in every cell, each is taken once.
    """
    lines = _lines(stored, blamed)
    columns = rows[0].columns if rows else frozenset()
    index: dict[frozenset[str], dict[Key, list[int]]] = {}
    for number, line in enumerate(lines):
        for left_out in (frozenset[str](), frozenset(line.blamed & columns)):
            key = _key(line.cells, columns - left_out)
            known = index.setdefault(left_out, {}).setdefault(key, [])
            if number not in known:
                known.append(number)
    taken: set[int] = set()
    return [_marked(row, lines, index, taken) for row in rows]


def with_moved_marks(rows: Sequence[ReturnedRow], stored: pd.DataFrame) -> list[ReturnedRow]:
    """The first row whose marks are those of another row, as after the marks were sorted apart from the other cells.

    stored: as in `matched_by_cells`. Such a row has less than half of the cells of its own cases, and more than half of
    those of a case that it does not name.
    """
    shown = {int(case["case_id"]): set(_texts(case).items()) for case in stored.to_dict("records")}
    index: dict[tuple[str, str], list[int]] = {}
    for case_id, cells in shown.items():
        for cell in cells:
            index.setdefault(cell, []).append(case_id)
    return list(islice((row for row in rows if _is_of_another(row, shown, index)), 1))


def _is_of_another(
    row: ReturnedRow, shown: Mapping[int, set[tuple[str, str]]], index: Mapping[tuple[str, str], list[int]]
) -> bool:
    own = [shown[case] for case, _, _ in row.marks if case is not None and case in shown]
    cells = {(letter, shown_text(text)) for letter, text in row.cells.items()}
    kept = max((len(cells & mine) for mine in own), default=len(cells))
    if not own or 2 * kept >= len(cells):
        return False
    # What many rows share tells none of them.
    telling = [index[cell] for cell in cells if 0 < len(index.get(cell, ())) <= _FEW]
    others = {case_id for found in telling for case_id in found if shown[case_id] not in own}
    return any(len(cells & shown[case_id]) > max(kept, len(cells) // 2) for case_id in others)


def _texts(case: Mapping[Any, Any]) -> dict[str, str]:
    return {letter: shown_text(text) for letter, text in shown_cells(case).items() if text.strip()}


def _lines(stored: pd.DataFrame, blamed: Mapping[int, frozenset[str]]) -> list[_Line]:
    lines: dict[int, _Line] = {}
    for case in stored.to_dict("records"):
        line = lines.setdefault(case["row"], _Line())
        line.cells |= {letter: shown_text(text) for letter, text in shown_cells(case).items()}
        line.marks.append(RowMark(case["case_id"], str(case["fingerprint"])[:4], None))
        line.blamed |= blamed.get(case["case_id"], frozenset())
    return list(lines.values())


def _key(cells: Mapping[str, str], columns: frozenset[str]) -> Key:
    return tuple(sorted((letter, text) for letter, text in cells.items() if letter in columns and text.strip()))


def _marked(
    row: ReturnedRow, lines: Sequence[_Line], index: Mapping[frozenset[str], Mapping[Key, list[int]]], taken: set[int]
) -> ReturnedRow:
    cells = {letter: shown_text(text) for letter, text in row.cells.items()}
    exact = [number for number in index.get(frozenset(), {}).get(_key(cells, row.columns), []) if number not in taken]
    found = exact or [number for number in _like(cells, row.columns, index) if number not in taken]
    if not found or any(lines[number].cells != lines[found[0]].cells for number in found):
        return row
    taken.add(found[0])
    return replace(row, marks=tuple(lines[found[0]].marks))


def _like(
    cells: Mapping[str, str], columns: frozenset[str], index: Mapping[frozenset[str], Mapping[Key, list[int]]]
) -> Iterator[int]:
    for left_out, known in index.items():
        key = _key(cells, columns - left_out)
        if key:
            yield from known.get(key, [])
