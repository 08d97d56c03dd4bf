"""Rows that came of a query are told by their key: the values of some columns, which are at home in that database."""

from __future__ import annotations

import json
from typing import TypeAlias

from sqlalchemy import Connection

from ledger import runs
from ledger.cases.failures import failed_record_batches

# File, sheet and number of a row.
RowPlace: TypeAlias = tuple[str, str, int]
_COLUMNS = ("source_file", "source_sheet", "row", "sheet_position", "cells")


def row_keys(connection: Connection, run_id: str) -> dict[RowPlace, str]:
    """The keys of a run's failed rows that came of a query, such as `id 17`; of files there are none."""
    found: dict[RowPlace, str] = {}
    for file in runs.list_files(connection, run_id):
        keys = {place: key for place, plan in enumerate(json.loads(file.plan or "[]")) if (key := _columns(plan))}
        for batch in failed_record_batches(connection, run_id, file.file_no, _COLUMNS) if keys else ():
            for *place, position, cells in zip(*(batch.column(name).to_pylist() for name in _COLUMNS), strict=True):
                if position in keys and cells:
                    found[place[0], place[1], place[2]] = _told(keys[position], json.loads(cells))
    return found


def _columns(plan: dict[str, object]) -> list[tuple[str, str]]:
    """(letter, header) of the columns of the key."""
    headers = dict(plan.get("headers") or ())  # type: ignore[call-overload]  # a list of pairs
    letters: list[str] = list(plan.get("key") or ())  # type: ignore[call-overload]
    return [(letter, headers.get(letter, letter)) for letter in letters]


def _told(key: list[tuple[str, str]], cells: dict[str, str]) -> str:
    return ", ".join(f"{header} {cells.get(letter, '')}" for letter, header in key)
