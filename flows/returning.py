"""Stored cases on their way back: from a corrected failed-rows workbook, or as they are for `retry`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from flows.sheets import OpenSheet, planned
from ledger import cases, failures
from rollbook.formulas import unshown
from rollbook.returned import OUR_HEADERS, read_row_marks
from transforms.keeping import WHOLE_LINE
from transforms.mending import Mended, foreign_plan, is_failed_rows_sheet, mend, returned_rows
from transforms.plan import SheetPlan, plan_sheet

if TYPE_CHECKING:
    from flows.work import Work
    from ledger.runs import RunFile
    from sources.sheets import RawSheet, ReadFile

Changes = Mapping[int, Mapping[str, str | None]]
NO_CHANGES: Changes = MappingProxyType({})
# The recorded plan under which a case was read first.
_PLAN = ["first_run_id", "file_no", "sheet_position"]


@dataclass(frozen=True)
class Recorded:
    """`stored` cases that were read first under the same plan, and that plan with its file's profile."""

    plan: SheetPlan
    profile: str | None
    stored: pd.DataFrame


def is_returned(found: ReadFile) -> bool:
    """Whether the file is a failed-rows workbook."""
    return any(is_failed_rows_sheet(sheet.table()) for sheet in found.sheets)


def returned_profile(work: Work, found: ReadFile) -> str | None:
    """The profile of the run that a failed-rows workbook came from; None where none of its cases is known here."""
    known = [group for sheet in _failed_rows_sheets(found) for group in recorded(work, _cases_named(work, sheet))]
    return known[0].profile if known else None


def returned_sheets(work: Work, file: RunFile, found: ReadFile) -> list[OpenSheet]:
    """The sheets of a failed-rows workbook: its cases in their first places, other rows where they stand now."""
    return [opened for sheet in _failed_rows_sheets(found) for opened in _returned(work, file, sheet)]


def retried_sheets(work: Work, file: RunFile) -> list[OpenSheet]:
    """The open cases of a former run's file, planned anew under today's profile of the file."""
    assert work.request.retries is not None
    with work.transaction() as connection:
        records = failures.failed_records(connection, work.request.retries, file.file_no)
        wanted = records.loc[records["state"] == cases.OPEN, "case_id"].dropna().unique()
        stored = cases.cases_by_id(connection, wanted)
    return [_retried(work, file, group) for group in recorded(work, stored[stored["purged_at"].isna()])]


def repaired_sheets(work: Work, file: RunFile) -> list[OpenSheet]:
    """The cases that a run repairs, of one of the files that they were read from first, with what was changed."""
    with work.transaction() as connection:
        changes = cases.repairs(connection, work.run_id) if work.mended is None else work.mended
        stored = cases.cases_by_id(connection, changes)
    run_id, file_no = first_files(stored)[file.file_no - 1]
    here = stored[(stored["first_run_id"] == run_id) & (stored["file_no"] == file_no)]
    return [_retried(work, file, group, changes) for group in recorded(work, here)]


def first_files(stored: pd.DataFrame) -> list[tuple[str, int]]:
    """(run, number) of each file that stored cases were read from first: the files of a run that repairs them."""
    places = zip(stored["first_run_id"], stored["file_no"], strict=True)
    return sorted({(str(run_id), int(file_no)) for run_id, file_no in places})


def _failed_rows_sheets(found: ReadFile) -> list[RawSheet]:
    return [sheet for sheet in found.sheets if is_failed_rows_sheet(sheet.table())]


def _returned(work: Work, file: RunFile, sheet: RawSheet) -> Iterator[OpenSheet]:
    """Each recorded plan gives a sheet of mended cases; rows that are no known case give one more."""
    table, groups = sheet.table(), recorded(work, _cases_named(work, sheet))
    if not groups:
        yield _ordinary(work, file, sheet)
        return
    known = {int(case) for group in groups for case in group.stored["case_id"]}
    for number, group in enumerate(groups):
        own = set(group.stored["case_id"].astype(int))
        rows = returned_rows(table, sheet.marks, group.plan)
        mine = [row for row in rows if own & {case for case, _ in row.marks}]
        # Rows without a case of ours are read once, under the first plan.
        rest = [row for row in rows if not known & {case for case, _ in row.marks}] if number == 0 else []
        mended = mend(group.stored, mine + rest, group.plan)
        if len(mended.part):
            yield _mended(mended, group)
        if len(mended.foreign):
            plan = foreign_plan(group.plan, mended.foreign)
            yield OpenSheet(plan, file.path, sheet.name, rows=mended.foreign, marks_of_rows=mended.foreign_marks)


def _mended(mended: Mended, group: Recorded) -> OpenSheet:
    first = group.stored.iloc[0]
    return OpenSheet(
        group.plan,
        first["source_file"],
        first["source_sheet"],
        rows=mended.part,
        marks_of_rows=mended.marks,
        cases=_stand_for(mended.places, group.stored),
        changes=mended.changes.rename(columns={"column": "source_column"}),
    )


def _ordinary(work: Work, file: RunFile, sheet: RawSheet) -> OpenSheet:
    """A failed-rows sheet none of whose cases stands in this database: an ordinary sheet behind our columns."""
    table = sheet.table()
    ours = [letter for letter in "ABC"[: len(OUR_HEADERS)] if letter in table.column_names]
    rows = sheet.part(*_span(table)).drop(columns=ours)
    for letter in rows.columns.drop("row"):
        rows[letter] = rows[letter].map(unshown, na_action="ignore").astype("str")
    profile, context = work.profile(file.file_no), work.context(file.file_no)
    return planned(file.path, profile, context, sheet, table.drop_columns(ours), rows)


def _span(table: pa.Table) -> tuple[int, int]:
    return table.column("row")[0].as_py(), table.column("row")[-1].as_py()


def _retried(work: Work, file: RunFile, group: Recorded, changes: Changes = NO_CHANGES) -> OpenSheet:
    """The stored rows as a sheet of their own, under the profile of today; what was inferred then stays."""
    part, marks = _stored_rows(group, changes)
    first = group.stored.iloc[0]
    plan = plan_sheet(
        pa.table({name: pa.array(part[name], from_pandas=True) for name in part}),
        marks,
        sheet_name=group.plan.name,
        sheet_position=group.plan.position,
        file_name=Path(first["source_file"]).name,
        from_workbook=group.plan.from_workbook,
        profile=work.profile(file.file_no),
        destination=work.request.destination,
        today=work.today,
        recorded=group.plan,
    )
    places = group.stored[["row", "col", "case_id"]]
    stand_for = _stand_for(places, group.stored)
    return OpenSheet(plan, first["source_file"], first["source_sheet"], rows=part, marks_of_rows=marks, cases=stand_for)


def _stored_rows(group: Recorded, changes: Changes) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The raw rows and marks of stored cases, one row a sheet row; a cell that was changed has lost its mark."""
    rows: dict[int, dict[str, str]] = {}
    kinds: list[tuple[int, str | None, str]] = []
    for case in group.stored.to_dict("records"):
        changed = changes.get(case["case_id"], {})
        cells = json.loads(case["cells"]) | changed
        rows.setdefault(case["row"], {}).update({letter: text for letter, text in cells.items() if text is not None})
        marks = json.loads(case["marks"]) if isinstance(case["marks"], str) else {}
        gone = {*changed, WHOLE_LINE} if changed else set()
        kinds += [(case["row"], letter or None, kind) for letter, kind in marks.items() if letter not in gone]
    numbers = sorted(rows)
    part = pd.DataFrame({"row": pd.Series(numbers, dtype="int64")})
    for letter in group.plan.header_of:
        part[letter] = pd.Series([rows[number].get(letter) for number in numbers], dtype="str")
    marks = pd.DataFrame(kinds, columns=["row", "column", "kind"]).drop_duplicates()
    return part, marks.astype({"row": "int64", "column": "str", "kind": "str"})


def _stand_for(places: pd.DataFrame, stored: pd.DataFrame) -> pd.DataFrame:
    """row, col, fingerprint: which case each record stands for."""
    return places.merge(stored[["case_id", "fingerprint"]], on="case_id")[["row", "col", "fingerprint"]]


def _cases_named(work: Work, sheet: RawSheet) -> pd.DataFrame:
    """The cases that the marks of a failed-rows sheet name, where they are those of this database."""
    texts = sheet.table().column("A").unique().drop_null().to_pylist()
    named = dict(mark for text in texts for mark in read_row_marks(text))
    with work.transaction() as connection:
        stored = cases.cases_by_id(connection, named)
    marks = zip(stored["case_id"].tolist(), stored["fingerprint"].tolist(), strict=True)
    ours = [fingerprint.startswith(named[case_id]) for case_id, fingerprint in marks]
    return stored[pd.Series(ours, index=stored.index, dtype=bool)]


def recorded(work: Work, stored: pd.DataFrame) -> list[Recorded]:
    """Cases by the plan under which they were read first; `row` and `col` as `mend` wants them."""
    stored = stored.rename(columns={"row_no": "row", "col_no": "col"})
    groups = []
    for _, some in stored.groupby(_PLAN, sort=True):
        run_id, file_no, place = some[_PLAN].iloc[0]
        file = next(file for file in work.files_of(str(run_id)) if file.file_no == file_no)
        plan = SheetPlan.from_json(json.dumps(json.loads(file.plan or "[]")[int(place)]))
        groups.append(Recorded(plan, file.profile, some.reset_index(drop=True)))
    return groups
