"""One part of a sheet: its raw rows made canonical, judged, and the cells of the rejected ones kept."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from flows.sheets import OpenSheet
from rollbook.outcomes import REJECTED
from transforms.canonical import canonical_rows, kept_records
from transforms.plan import SheetPlan
from validators.context import Context
from validators.judge import judge

_PLACE = ["row", "col"]


@dataclass(frozen=True)
class JudgedPart:
    """What a part is staged with: see ledger.staging.stage_part."""

    rows: pd.DataFrame
    failures: pd.DataFrame
    ignored: Mapping[str, int]
    kept: pd.DataFrame


def judge_part(sheet: OpenSheet, first_row: int, last_row: int, context: Context) -> JudgedPart:
    """Judge the rows numbered `first_row` to `last_row` of a sheet."""
    part = sheet.part(first_row, last_row)
    marks = sheet.marks[sheet.marks["row"].between(first_row, last_row)]
    canonical = canonical_rows(part, marks, sheet.plan)
    places, own = places_of(sheet.plan), own_places_of(sheet.plan)
    judged = judge(canonical.rows, canonical.failures, context, places=places, own_places=own, cells=part)
    keep = judged.rows["outcome"] == REJECTED
    if sheet.cases is not None:
        keep[:] = True
    kept = kept_records(part, marks, sheet.plan, judged.rows.loc[keep, _PLACE].reset_index(drop=True))
    if sheet.cases is not None:  # whatever became of its cells, the row stands for its case
        kept = kept.drop(columns="fingerprint").merge(sheet.cases, on=_PLACE, how="left")
    ignored = {str(reason): count for reason, count in canonical.ignored["reason"].value_counts().items()}
    return JudgedPart(judged.rows, judged.failures, ignored, kept)


def places_of(plan: SheetPlan) -> dict[str, tuple[str, str]]:
    """field -> (letter, header) of the column that feeds it."""
    return {column.field: (column.letters[0], (*column.headers, "")[0]) for column in plan.columns if column.letters}


def own_places_of(plan: SheetPlan) -> dict[int, tuple[str, str]]:
    """Column number -> (letter, header) of a wide sheet's sessions."""
    return {session.number: (session.letter, session.header) for session in plan.sessions}
