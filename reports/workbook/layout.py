"""How a sheet looks in the failed-rows workbook, from the plan that it was read by."""

from typing import TYPE_CHECKING

from reports.workbook.job import SheetForm
from rollbook.rows.fields import FIELDS
from rollbook.rows.statuses import STATUSES

if TYPE_CHECKING:
    from transforms.planning.columns.column_mapping import ColumnPlan
    from transforms.planning.plan import SheetPlan


def sheet_form(plan: "SheetPlan", position: int | None = None) -> SheetForm:
    """The form of a planned sheet: its headers, which columns are IDs, what the drop-downs of statuses offer.

    position: by which the failed rows name the sheet, where it is not the plan's own.
    """
    sessions = tuple(session.letter for session in plan.sessions)
    statuses = {at: _words(column) for column in plan.columns if column.field == "status" for at in column.letters}
    if plan.cell is not None and plan.cell.field == "status":
        statuses |= dict.fromkeys(sessions, _words(plan.cell))
    ids = {at for column in plan.columns if FIELDS[column.field].kind == "id" for at in column.letters}
    return SheetForm(
        position=plan.position if position is None else position,
        name=plan.name,
        headers=plan.header_of,
        never=plan.never,
        ids=sorted(ids),
        statuses=statuses,
        sessions=sessions,
        unused=tuple(header for header, _ in plan.unused),
        kept=plan.destination == "database",
        left_out=tuple(header or f"@{x}" for x, header in plan.headers if x in (*plan.never, *plan.ignore)),
    )


def _words(column: "ColumnPlan") -> tuple[str, ...]:
    """What is valid in a status column: yes and no where the header gives them a sense, statuses, own words."""
    if column.answers:
        return ("Yes", "No")
    answers = ["Yes"] * bool(column.meaning.yes) + ["No"] * bool(column.meaning.no)
    explained = [word for word, _ in column.values]
    known = [status for status in STATUSES if not column.pattern]
    return tuple(dict.fromkeys([*answers, *known, *explained]))
