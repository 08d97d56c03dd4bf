"""A failed-rows workbook that comes back: of this database or refused, its rows given back to their cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from ledger import runs
from ledger.cases import cases
from ledger.database import address
from ledger.identity import ledger_id
from pipeline.returned.case_history import History
from pipeline.returned.left_cases import LeftCases
from pipeline.returned.recognition import origin
from pipeline.returned.stored_cases import Recorded, recorded, stand_for, with_stored_ids
from pipeline.sheets import OpenSheet, planned
from rollbook.commands import command
from rollbook.returned import Origin, RowMark
from rollbook.systems import SYSTEM_NAMES
from rollbook.text.formulas import unshown
from transforms.planning.plan import SheetPlan
from transforms.returned.matching import matched_by_cells, with_moved_marks
from transforms.returned.sheet import (
    Damaged,
    ReturnedRow,
    ReturnedSheet,
    find_like,
    find_returned,
    is_summary,
    marks_of,
    returned_rows,
    unread_rows,
)
from transforms.returned.workbook import ReturnedCells, correct, foreign_plan, lose_zeros
from validators.rules import system_of

if TYPE_CHECKING:
    from ledger.runs import Run, RunFile
    from pipeline.run_context import RunContext
    from sources.raw_sheets import RawSheet, ReadFile

NOT_OURS, ELSEWHERE, DAMAGED = "file.other_database", "file.other_destination", "file.damaged_workbook"
_NOT_READ = "This sheet contains no failed rows and is not read."


class WorkbookRefused(Exception):
    """The workbook cannot be taken in here; raised while its file is opened, which fails with this code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True)
class _Sheet:
    """A sheet of the workbook: as read, what is left of its form, and the cases that its marks name here."""

    raw: RawSheet
    table: pa.Table
    form: ReturnedSheet | None
    marks: Sequence[RowMark]
    named: pd.DataFrame

    @property
    def is_new(self) -> bool:
        """Whether its rows have no cases yet: a check left them."""
        return self.named.empty and any(mark.case_id is None for mark in self.marks)


def refusal(path: str, said: Origin) -> str:
    """Why a workbook of another database is not taken in, with the command that fits."""
    run = f" (run {said.runs[0]})" if len(said.runs) == 1 else ""
    if said.database is None:
        there = "Import it into the database that it came from."
        return f"This workbook holds failed rows of another database{run}. Nothing of it was imported here. {there}"
    fits = command("import", Path(path).absolute(), "--database", said.database)
    whose = f"This workbook holds failed rows of the database {said.database}{run}."
    return f"{whose} Nothing of it was imported here. Import it there: {fits}"


def open_returned(work: RunContext, file: RunFile, found: ReadFile) -> list[OpenSheet]:
    """The sheets of a failed-rows workbook: its cases in their first places, other rows where they stand now.

    Raises WorkbookRefused for one of another database or for another destination, and for one of which it cannot be
    told which rows are which.
    """
    said = origin(found)
    known = _runs_of(work, said)
    history = History(work, said, known)
    sheets = [_looked_at(work, raw, history) for raw in found.sheets if not is_summary(_table(raw))]
    _refuse_foreign(work, file, said, known, sheets)
    _refuse_for_elsewhere(work, file, known, sheets)
    profile = next((group.profile for sheet in sheets for group in recorded(work, sheet.named)), None)
    if profile is not None:  # what is corrected is read as it was read first
        work.files[file.file_no] = file = replace(file, profile=profile)
    left = LeftCases(work, known, history, {int(case) for sheet in sheets for case in sheet.named["case_id"]})
    try:
        opened = [sheet for each in sheets for sheet in _opened(work, file, each, left)]
    except Damaged as error:
        raise WorkbookRefused(DAMAGED, str(error)) from None
    if not any(sheet.plan.state == "read" for sheet in opened):
        raise WorkbookRefused(
            DAMAGED, "This failed-rows workbook has no failed rows any more. Correct a fresh copy of it."
        )
    return opened


def _table(sheet: RawSheet) -> pa.Table:
    return sheet.table()


def _looked_at(work: RunContext, raw: RawSheet, history: History) -> _Sheet:
    table = raw.table()
    form = find_returned(table)
    marks = marks_of(table, form) if form is not None else []
    return _Sheet(raw, table, form, marks, history.of(_cases_named(work, marks)))


def _cases_named(work: RunContext, marks: Sequence[RowMark]) -> pd.DataFrame:
    """The cases that marks name, where they are those of this database."""
    named = {mark.case_id: mark.digits for mark in marks if mark.case_id is not None and mark.digits}
    with work.looking() as connection:
        stored = cases.cases_by_id(connection, named)
    pairs = zip(stored["case_id"].tolist(), stored["fingerprint"].tolist(), strict=True)
    ours = [fingerprint.startswith(named[case_id]) for case_id, fingerprint in pairs]
    return stored[pd.Series(ours, index=stored.index, dtype=bool)]


def _runs_of(work: RunContext, said: Origin) -> list[Run]:
    """The runs that the workbook names, where this database knows them."""
    with work.looking() as other:
        return runs.find_each(other, said.runs)


def _refuse_foreign(work: RunContext, file: RunFile, said: Origin, known: list[Run], sheets: Sequence[_Sheet]) -> None:
    with work.looking() as connection:
        own = ledger_id(connection)
    named = {mark.ledger for sheet in sheets for mark in sheet.marks} | {said.ledger}
    lost = bool(said.runs) and not known and not said.is_check
    unknown = (
        not said.runs
        and bool([m for sheet in sheets for m in sheet.marks if m.case_id])
        and not any(len(sheet.named) for sheet in sheets)
    )
    if not (named - {None, own}) and not lost and not unknown:
        return
    if said.database is not None and said.database == address(work.existing.engine.url):
        raise WorkbookRefused(
            NOT_OURS,
            f"This workbook holds failed rows of a database that was at {said.database} before this one. Import the "
            "sender's file again instead.",
        )
    raise WorkbookRefused(NOT_OURS, refusal(file.path, said))


def _refuse_for_elsewhere(work: RunContext, file: RunFile, known: list[Run], sheets: Sequence[_Sheet]) -> None:
    """Rows that failed on their way to one system are not loaded into another, nor are their cases closed by that."""
    last = {str(run) for sheet in sheets for run in sheet.named["last_run_id"]}
    with work.looking() as other:
        found = known or runs.find_each(other, sorted(last))
    destinations = sorted({run.destination for run in found})
    if not destinations or system_of(work.request.destination) in map(system_of, destinations):
        return
    there = destinations[0]
    name, to = SYSTEM_NAMES.get(system_of(there), "the database"), [] if there == "database" else ["--to", there]
    fits = command("import", Path(file.path).absolute(), *to)
    raise WorkbookRefused(
        ELSEWHERE, f"This workbook holds rows that were to go to {name}. Nothing of it was imported. Import it: {fits}"
    )


def _opened(work: RunContext, file: RunFile, sheet: _Sheet, left: LeftCases) -> Iterator[OpenSheet]:
    if sheet.is_new:
        yield from _ordinary(work, file, sheet)
    elif len(sheet.named):
        yield from _of_cases(work, file, sheet, left)
    else:
        yield from _matched(work, file, sheet, left)


def _of_cases(work: RunContext, file: RunFile, sheet: _Sheet, left: LeftCases) -> Iterator[OpenSheet]:
    """Each recorded plan gives a sheet of corrected cases; rows that are no known case give one more."""
    groups = recorded(work, sheet.named)
    known = {int(case) for case in sheet.named["case_id"]}
    assert sheet.form is not None
    for number, group in enumerate(groups):
        own = set(group.stored["case_id"].astype(int))
        rows = returned_rows(sheet.table, sheet.form, sheet.raw.marks, group.plan)
        mine = [row for row in rows if own & {mark.case_id for mark in row.marks}]
        # Rows without a case of ours are read once, under the first plan.
        rest = [row for row in rows if not known & {mark.case_id for mark in row.marks}] if number == 0 else []
        if moved := with_moved_marks(mine, group.stored):
            raise Damaged(_moved(sheet, moved))
        found, rest = _known_by_cells(rest, group, left)
        yield from _given_back(work, file, sheet.raw, mine + rest, group, left)
        yield from _given_back(work, file, sheet.raw, [row for row, _ in found], found[0][1], left) if found else ()


def _known_by_cells(
    rows: Sequence[ReturnedRow], like: Recorded, left: LeftCases
) -> tuple[list[tuple[ReturnedRow, Recorded]], list[ReturnedRow]]:
    """Rows without a mark that are cases of the same sheet all the same, and the others."""
    unmarked = [row for row in rows if not row.marks and row.cells]
    group = next((other for other in left.groups() if other.plan == like.plan), None) if unmarked else None
    if group is None:
        return [], list(rows)
    matched = {row.row: row for row in matched_by_cells(unmarked, group.stored, left.blamed) if row.marks}
    left.take(list(matched.values()))
    return [(row, group) for row in matched.values()], [row for row in rows if row.row not in matched]


def _matched(work: RunContext, file: RunFile, sheet: _Sheet, left: LeftCases) -> Iterator[OpenSheet]:
    """A sheet without a mark of ours: every row must be known by its cells; raises Damaged."""
    for group in left.groups():
        form = sheet.form or find_like(sheet.table, group.plan)
        if form is None:
            continue
        rows = returned_rows(sheet.table, form, sheet.raw.marks, group.plan)
        matched = matched_by_cells(rows, group.stored, left.blamed)
        lost = [row for row in matched if not row.marks]
        if len(lost) == len(rows) and len(left.groups()) > 1:
            continue
        if lost:
            raise Damaged(_lost(sheet, lost))
        left.take(matched)
        yield from _given_back(work, file, sheet.raw, matched, group, left)
        return
    if sheet.form is not None:
        raise Damaged(_lost(sheet, []))
    yield OpenSheet(
        SheetPlan(sheet.raw.name, sheet.raw.position, "skipped", rows=sheet.raw.rows, message=_NOT_READ),
        file.path,
        sheet.raw.name,
        raw=sheet.raw,
    )


def _lost(sheet: _Sheet, lost: Sequence[ReturnedRow]) -> str:
    which = f" ({unread_rows(lost)})" if lost else ""
    return (
        f"Sheet “{sheet.raw.name}” is from a failed-rows workbook, but the marks in its column “Rollbook row” are gone "
        f"and its other cells do not show which rows these are{which}. Nothing of the file was imported. "
        "Correct a fresh copy of the workbook, and leave that column as it is."
    )


def _moved(sheet: _Sheet, moved: Sequence[ReturnedRow]) -> str:
    return (
        f"Sheet “{sheet.raw.name}” is from a failed-rows workbook. The marks in its column “Rollbook row” were sorted "
        f"or moved apart from the other columns: they are next to other rows than before, as in {unread_rows(moved)}. "
        "Nothing of the file was imported. Correct a fresh copy of the workbook, and sort whole rows only."
    )


def _given_back(
    work: RunContext, file: RunFile, raw: RawSheet, rows: Sequence[ReturnedRow], group: Recorded, left: LeftCases
) -> Iterator[OpenSheet]:
    blamed = left.blamed_of(group.stored) if lose_zeros(group.stored, rows) else {}
    corrected = correct(group.stored, rows, group.plan, blamed)
    if len(corrected.part):
        yield with_stored_ids(work, _corrected(corrected, group))
    if len(corrected.foreign):
        plan = foreign_plan(group.plan, corrected.foreign)
        foreign = OpenSheet(plan, file.path, raw.name, rows=corrected.foreign, marks_of_rows=corrected.foreign_marks)
        yield with_stored_ids(work, foreign)


def _corrected(corrected: ReturnedCells, group: Recorded) -> OpenSheet:
    first = group.stored.iloc[0]
    return OpenSheet(
        group.plan,
        first["source_file"],
        first["source_sheet"],
        rows=corrected.part,
        marks_of_rows=corrected.marks,
        cases=stand_for(corrected.places, group.stored),
        changes=_changes(corrected, group),
    )


def _changes(corrected: ReturnedCells, group: Recorded) -> pd.DataFrame:
    """What was changed. What the workbook gives back of purged cases is no change: nobody knows what was there."""
    purged = group.stored.loc[group.stored["purged_at"].notna(), "case_id"]
    changed = corrected.changes[~corrected.changes["case_id"].isin(purged)]
    return changed.rename(columns={"column": "source_column"}).reset_index(drop=True)


def _ordinary(work: RunContext, file: RunFile, sheet: _Sheet) -> list[OpenSheet]:
    """A sheet of rows that a check found, none of which is a case yet: an ordinary sheet behind our columns."""
    assert sheet.form is not None
    ours = [letter for letter in sheet.form.ours.values() if letter in sheet.table.column_names]
    rows = sheet.raw.part(*_span(sheet.table)).drop(columns=ours)
    for letter in rows.columns.drop("row"):
        rows[letter] = rows[letter].map(unshown, na_action="ignore").astype("str")
    profile, context = work.profile(file.file_no), work.context(file.file_no)
    return planned(file.path, profile, context, sheet.raw, sheet.table.drop_columns(ours), rows)


def _span(table: pa.Table) -> tuple[int, int]:
    return table.column("row")[0].as_py(), table.column("row")[-1].as_py()
