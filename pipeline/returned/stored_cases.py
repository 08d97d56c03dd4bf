"""Stored cases on their way back: as they are for `retry`, or as they were corrected on a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from ledger import known
from ledger.cases import cases, failures
from ledger.remote.waiting import waiting_cases
from ledger.tables import OPEN
from pipeline.sheets import OpenSheet
from transforms.planning.plan import SheetPlan, plan_sheet
from transforms.raw_records import WHOLE_LINE
from transforms.values.lookalikes import may_be_latin
from transforms.values.normalize import identity

if TYPE_CHECKING:
    from ledger.runs import RunFile
    from pipeline.run_context import RunContext
    from transforms.planning.columns.column_mapping import ColumnPlan

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


def retried_sheets(work: RunContext, file: RunFile) -> list[OpenSheet]:
    """The open cases of a former run's file, planned anew under today's profile of the file."""
    assert work.request.retries is not None
    with work.transaction() as connection:
        records = failures.failed_records(connection, work.request.retries, file.file_no)
        wanted = records.loc[records["state"] == OPEN, "case_id"].dropna().unique()
        stored = cases.cases_by_id(connection, set(wanted) - set(waiting_cases(connection, besides=work.run_id)))
    return [_retried(work, file, group) for group in recorded(work, stored[stored["purged_at"].isna()])]


def repaired_sheets(work: RunContext, file: RunFile) -> list[OpenSheet]:
    """The cases that a run repairs, of one of the files that they were read from first, with what was changed."""
    with work.transaction() as connection:
        changes = cases.repairs(connection, work.run_id) if work.repairs is None else work.repairs
    with work.looking() as connection:
        stored = cases.cases_by_id(connection, changes)
    run_id, file_no = first_files(stored)[file.file_no - 1]
    here = stored[(stored["first_run_id"] == run_id) & (stored["file_no"] == file_no)]
    return [_retried(work, file, group, changes) for group in recorded(work, here)]


def first_files(stored: pd.DataFrame) -> list[tuple[str, int]]:
    """(run, number) of each file that stored cases were read from first: the files of a run that repairs them."""
    places = zip(stored["first_run_id"], stored["file_no"], strict=True)
    return sorted({(str(run_id), int(file_no)) for run_id, file_no in places})


def _retried(work: RunContext, file: RunFile, group: Recorded, changes: Changes = NO_CHANGES) -> OpenSheet:
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
    stands = stand_for(places, group.stored)
    sheet = OpenSheet(plan, first["source_file"], first["source_sheet"], rows=part, marks_of_rows=marks, cases=stands)
    return with_stored_ids(work, sheet)


def with_stored_ids(work: RunContext, sheet: OpenSheet) -> OpenSheet:
    """The sheet, with IDs that may be Latin letters or others read as what they are where the database has just these.

    Who corrects an ID to the stored one that it looks like cannot type another.
    """
    columns = tuple(replace(column, stored=_stored_ids(work, sheet, column)) for column in sheet.plan.columns)
    return sheet if columns == sheet.plan.columns else replace(sheet, plan=replace(sheet.plan, columns=columns))


def _stored_ids(work: RunContext, sheet: OpenSheet, column: ColumnPlan) -> tuple[str, ...]:
    rows = sheet.rows
    if rows is None or column.own_script or column.field not in ("learner_employee_id", "session_id"):
        return ()
    cells = {identity(str(text)) for letter in column.letters if letter in rows for text in rows[letter].dropna()}
    doubtful = pa.array(sorted(filter(may_be_latin, cells)), pa.string())
    if not len(doubtful):
        return ()
    nothing = pa.array([], pa.string())
    with work.looking() as connection:
        if column.field == "session_id":
            found = known.sessions(connection, doubtful)["session_code"]
        else:
            found = known.learners(connection, nothing, doubtful)["number"]
    return tuple(sorted(set(found.to_pylist()) & set(doubtful.to_pylist())))


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


def stand_for(places: pd.DataFrame, stored: pd.DataFrame) -> pd.DataFrame:
    """row, col, fingerprint: which case each record stands for."""
    return places.merge(stored[["case_id", "fingerprint"]], on="case_id")[["row", "col", "fingerprint"]]


def recorded(work: RunContext, stored: pd.DataFrame) -> list[Recorded]:
    """Cases by the plan under which they were read first; `row` and `col` as `correct` wants them.

    What the plan says of the file beside its columns (another table, odd grades) was told with that file.
    """
    stored = stored.rename(columns={"row_no": "row", "col_no": "col"})
    groups = []
    for _, some in stored.groupby(_PLAN, sort=True):
        run_id, file_no, place = some[_PLAN].iloc[0]
        file = next(file for file in work.files_of(str(run_id)) if file.file_no == file_no)
        plan = SheetPlan.from_json(json.dumps(json.loads(file.plan or "[]")[int(place)]))
        plan = replace(plan, note=None, other_row=None)
        groups.append(Recorded(plan, file.profile, some.reset_index(drop=True)))
    return groups
