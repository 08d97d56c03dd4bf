"""Rows of a failed-rows workbook that lost their marks, known again by the cells that nobody had to change."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from rollbook.returned import RowMark
from transforms.returned.sheet import ReturnedRow
from transforms.returned.workbook import shown_cells, shown_text

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
