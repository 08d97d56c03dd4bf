"""The cells of cases over time: as they are now, as they were, and as a run's failed-rows workbook showed them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import pandas as pd
from sqlalchemy import Connection, and_, select

from ledger.cases.cases import chosen_cases
from ledger.tables import FIXED, rollbook_cases, rollbook_changes, rollbook_parts, rollbook_rows

Cells = Mapping[str, str | None]


def cells_now(connection: Connection, stored: pd.DataFrame) -> dict[int, dict[str, str | None]]:
    """case_id -> cells. The repair that fixed a case stands in its changes alone, until then in its cells.

    stored: rollbook_cases' columns.
    """
    found = {int(case): dict(json.loads(cells)) for case, cells in _pairs(stored, "cells")}
    fixed_by = dict(_pairs(stored[stored["state"] == FIXED], "fixed_run_id"))
    for case_id, run_id, _, letter, _, text in _changes(connection, fixed_by):
        if run_id == fixed_by[case_id]:
            found[case_id][letter] = text
    return found


def cells_at(connection: Connection, now: Mapping[int, Cells], moment: datetime) -> dict[int, dict[str, str | None]]:
    """case_id -> the cells as they were at a moment: what was changed later is as its first change found it."""
    found = {case_id: dict(cells) for case_id, cells in now.items()}
    met: set[tuple[int, str]] = set()
    for case_id, _, changed_at, letter, text, _ in _changes(connection, now):
        if changed_at > moment and (case_id, letter) not in met:
            met.add((case_id, letter))
            found[case_id][letter] = text
    return found


class Sheet(NamedTuple):
    """A sheet of a run's file."""

    run_id: str
    file_no: int
    sheet_position: int


def cells_of_rows(
    connection: Connection, run_ids: Sequence[str], case_ids: Iterable[int]
) -> dict[int, tuple[Sheet, Cells]]:
    """case_id -> sheet and cells, under its letters, of the row that was it in these runs, if it kept its own."""
    rows, cases, parts = rollbook_rows.c, rollbook_cases.c, rollbook_parts.c
    with chosen_cases(connection, case_ids) as wanted:
        query = (
            select(cases.case_id, parts.run_id, parts.file_no, parts.sheet_position, rows.cells)
            .join(rollbook_cases, cases.fingerprint == rows.fingerprint)
            .join(wanted, wanted.c.case_id == cases.case_id)
            .join(rollbook_parts, and_(parts.run_id == rows.run_id, parts.part_id == rows.part_id))
            .where(rows.run_id.in_(run_ids), rows.cells.is_not(None))
        )
        return {case_id: (Sheet(*sheet), json.loads(cells)) for case_id, *sheet, cells in connection.execute(query)}


def _pairs(stored: pd.DataFrame, name: str) -> Iterable[tuple[int, str]]:
    return zip(stored["case_id"].tolist(), stored[name].tolist(), strict=True)


def _changes(
    connection: Connection, case_ids: Iterable[int]
) -> Iterable[tuple[int, str, datetime, str, str | None, str | None]]:
    """case_id, run_id, changed_at, letter, from, to of every change of a cell, in the order of the changes."""
    changes = rollbook_changes.c
    names = ("case_id", "run_id", "changed_at", "source_column", "from_value", "to_value")
    with chosen_cases(connection, case_ids) as wanted:
        query = select(*(changes[name] for name in names)).join(wanted, wanted.c.case_id == changes.case_id)
        query = query.where(changes.source_column.is_not(None)).order_by(changes.change_id)
        return [tuple(line) for line in connection.execute(query)]
