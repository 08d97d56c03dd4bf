"""Cases of which another run has the say: on their way, or corrected elsewhere. Found before rows are decided."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
from sqlalchemy import select

from destinations.decide import WAITING
from destinations.protocol import Held
from ledger.cases.case_cells import cells_now
from ledger.cases.cases import (
    CORRECTED_ELSEWHERE,
    cases_by_id,
    forget_changes,
    keep_correction,
    own_changes,
    refused_corrections,
)
from ledger.known import cases as known_cases
from ledger.remote.waiting import waiting_cases
from ledger.returned import returned_files
from ledger.tables import FIXED, rollbook_parts
from stage.parts import PART_STEP

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from pipeline.run_context import RunContext
    from stage.database import Stage

_SHOWN, _CHARACTERS = 3, 60


class _Row(NamedTuple):
    """A row of this run that is a stored case, and its place."""

    fingerprint: str
    case_id: int
    file_no: int
    sheet_position: int
    cells: Mapping[str, str]


class Contest(NamedTuple):
    """A case that this run brings back and that is not as it was taken: somebody corrected or loaded it meanwhile.

    letters: of the cells that both corrected, each to something else. cells: as the other has them, and else as this
    run does. is_fixed: it is loaded.
    """

    case_id: int
    letters: tuple[str, ...]
    cells: Mapping[str, str]
    is_fixed: bool
    held: Held


def waiting(work: RunContext) -> dict[str, Held]:
    """The cases that other runs deliver."""
    with work.looking() as connection:
        found = waiting_cases(connection, besides=work.run_id)
    return {case.fingerprint: Held(WAITING, case.delivery) for case in found.values()}


def contests(work: RunContext, connection: Connection, stage: Stage) -> dict[str, Contest]:
    """By fingerprint, the cases of this run that were corrected elsewhere meanwhile."""
    rows = {row.fingerprint: row for row in _differing(work, connection, stage)}
    if not rows:
        return {}
    with work.looking() as existing:
        stored = cases_by_id(existing, [row.case_id for row in rows.values()])
        stored = stored[stored["purged_at"].isna()]  # of the others nobody knows what was corrected
        now = cells_now(existing, stored)
    own = own_changes(connection, work.run_id)
    fixed = stored[(stored["state"] == FIXED) & (stored["fixed_run_id"] != work.run_id)]
    fixed_by = dict(zip(fixed["case_id"].tolist(), fixed["fixed_run_id"].tolist(), strict=True))
    found = {}
    for row in rows.values():
        if row.case_id not in now:
            continue
        changes = own.get(row.case_id, {})
        headers = work.plans(row.file_no)[row.sheet_position].header_of
        letters = _contested(row.cells, now[row.case_id], changes, headers)
        run = fixed_by.get(row.case_id)
        if letters or (run and changes):
            there = {letter: now[row.case_id].get(letter) for letter in letters}
            cells = {letter: text for letter, text in {**row.cells, **there}.items() if text}
            held = _held(row, now[row.case_id], letters, [*changes] if run else [], headers, run)
            found[row.fingerprint] = Contest(row.case_id, tuple(letters), cells, bool(run), held)
    return found


def keep_uncontested(work: RunContext, connection: Connection, found: Mapping[str, Contest]) -> None:
    """Leave the contested cells of what was refused as they are, and take over the others that were corrected."""
    refused = refused_corrections(connection, work.run_id) if found else set()
    for fingerprint in refused & found.keys():
        contest = found[fingerprint]
        if contest.is_fixed:
            forget_changes(connection, work.run_id, [contest.case_id])
        else:
            keep_correction(connection, work.run_id, contest.case_id, contest.cells, contest.letters)


def _differing(work: RunContext, connection: Connection, stage: Stage) -> list[_Row]:
    """Rows that were brought back, but for those of open cases that are in every cell as the case is."""
    places = _brought_back(work, connection)
    if not places:
        return []
    rows = stage.lines(
        "SELECT fingerprint, part_id, cells FROM rows WHERE fingerprint IS NOT NULL AND cells IS NOT NULL"
    )
    ours = [row for row in rows if row[1] in places]
    with work.looking() as existing:
        known = known_cases(existing, pa.array(sorted({row[0] for row in ours}), pa.string())).to_pylist()
    cases = {case["fingerprint"]: case for case in known}
    return [
        _Row(fingerprint, case["case_id"], part_id // PART_STEP, places[part_id], json.loads(cells))
        for fingerprint, part_id, cells in ours
        if (case := cases.get(fingerprint)) and (case["cells"] != cells or case["state"] == FIXED)
    ]


def _brought_back(work: RunContext, connection: Connection) -> dict[int, int]:
    """part_id -> position of its sheet, of the parts that hold stored cases: few runs have any."""
    parts = rollbook_parts.c
    query = select(parts.part_id, parts.sheet_position).where(parts.run_id == work.run_id)
    places = dict(connection.execute(query).tuples().all())
    if not work.request.reads_files:
        return places
    returned = returned_files(connection, work.run_id, work.files.values())
    return {part_id: place for part_id, place in places.items() if part_id // PART_STEP in returned}


def _contested(
    row: Mapping[str, str],
    now: Mapping[str, str | None],
    changes: Mapping[str, tuple[str | None, str | None]],
    headers: Mapping[str, str],
) -> list[str]:
    """The letters of the cells that are neither as this run has them nor as it took them in order to change them."""

    def is_contested(letter: str) -> bool:
        there = now.get(letter) or ""
        taken, _ = changes.get(letter, (row.get(letter), None))
        return there not in (row.get(letter) or "", taken or "")

    return [letter for letter in headers if is_contested(letter)]


def _held(
    row: _Row,
    now: Mapping[str, str | None],
    letters: list[str],
    own: list[str],
    headers: Mapping[str, str],
    run: str | None,
) -> Held:
    """letters: of the cells that both corrected. own: of those that this run corrects of a case that is loaded."""
    told = [
        f"“{headers.get(x) or x}” is now “{_short(now.get(x))}”, and “{_short(row.cells.get(x))}” here"
        for x in dict.fromkeys([*letters, *own][:_SHOWN])
    ]
    told += [f"run {run} loaded it"] * bool(run)
    if not letters:
        return Held(CORRECTED_ELSEWHERE, "; ".join(told), only_if_new=True)
    first = letters[0]
    return Held(CORRECTED_ELSEWHERE, "; ".join(told), first, headers[first] or None, row.cells.get(first))


def _short(text: str | None) -> str:
    line = " ".join((text or "").split())
    return line if len(line) <= _CHARACTERS else f"{line[: _CHARACTERS - 1]}…"
