"""One part of a sheet: its raw rows made canonical, judged, and the cells of the rejected ones kept."""

from pipeline.sheets import OpenSheet
from rollbook.rows.outcomes import REJECTED
from stage.ignored_rows import ranges_of
from stage.parts import JudgedPart, Part, judged_part
from transforms.canonical import canonical_rows, kept_records
from transforms.other_columns import other_columns
from transforms.planning.plan import SheetPlan
from transforms.planning.ragged import surplus_lines, with_ragged
from transforms.values.placeholders import NO_LEARNER
from validators.context import Context
from validators.judge import JudgedRows, judge

_PLACE = ["row", "col"]


def judge_part(sheet: OpenSheet, part: Part, context: Context) -> JudgedPart:
    """Judge the rows of one part of a sheet."""
    rows = sheet.part(part.first_row, part.last_row)
    marks = sheet.marks[sheet.marks["row"].between(part.first_row, part.last_row)]
    marks = with_ragged(marks, surplus_lines(rows, sheet.plan))
    canonical = canonical_rows(rows, marks, sheet.plan)
    places, own = places_of(sheet.plan), own_places_of(sheet.plan)
    judged = judge(canonical.rows, canonical.failures, context, places=places, own_places=own, cells=rows)
    keep = judged.rows["outcome"] == REJECTED
    if sheet.cases is not None or context.system != "database":  # whoever refuses a row later gives its cells back
        keep[:] = True
    places_kept = judged.rows.loc[keep, _PLACE].reset_index(drop=True)
    kept = kept_records(rows, marks, sheet.plan, places_kept, _nameless(judged))
    if sheet.cases is not None:  # whatever became of its cells, the row stands for its case
        kept = kept.drop(columns="fingerprint").merge(sheet.cases, on=_PLACE, how="left")
    ignored = ranges_of(canonical.ignored)
    others = other_columns(rows, sheet.plan, judged.rows["row"])
    return judged_part(part, judged.rows, judged.failures, ignored, kept, others)


def _nameless(judged: JudgedRows) -> set[int]:
    """The numbers of the rows that name nobody, not even by a name."""
    unidentified = judged.failures.loc[judged.failures["code"] == NO_LEARNER, "row"]
    return set(unidentified) - set(judged.rows.loc[judged.rows["learner_name"].notna(), "row"])


def places_of(plan: SheetPlan) -> dict[str, tuple[str, str]]:
    """field -> (letter, header) of the column that feeds it."""
    return {column.field: (column.letters[0], (*column.headers, "")[0]) for column in plan.columns if column.letters}


def own_places_of(plan: SheetPlan) -> dict[int, tuple[str, str]]:
    """Column number -> (letter, header) of a wide sheet's sessions."""
    return {session.number: (session.letter, session.header) for session in plan.sessions}
