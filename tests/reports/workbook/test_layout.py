"""How a sheet looks in the failed-rows workbook, from its plan."""

from dataclasses import replace

from reports.workbook.layout import sheet_form
from rollbook.rows.statuses import STATUSES
from transforms.planning.columns.column_mapping import ColumnPlan
from transforms.planning.layouts.wide import SessionColumn
from transforms.planning.plan import SheetPlan
from transforms.values.statuses.status_words import StatusMeaning

PLAN = SheetPlan(
    "Data",
    2,
    "read",
    headers=(("A", "ID"), ("B", "Course"), ("C", "Status"), ("D", "Password")),
    columns=(
        ColumnPlan("learner_employee_id", ("A",)),
        ColumnPlan("course_name", ("B",)),
        ColumnPlan("status", ("C",), values=(("DNA", "no_show"),)),
    ),
    never=("D",),
)


def test_a_long_sheet() -> None:
    """IDs are text; the drop-down offers the statuses and the profile's own words."""
    form = sheet_form(PLAN)
    assert (form.position, form.name, form.headers) == (2, "Data", dict(PLAN.headers))
    assert (form.never, form.ids, form.sessions) == (("D",), ["A"], ())
    assert form.statuses == {"C": (*STATUSES, "DNA")}
    assert sheet_form(PLAN, 7).position == 7


def test_answers_come_first_under_a_header_that_asks() -> None:
    """`Attended`: Yes and No."""
    column = ColumnPlan("status", ("C",), meaning=StatusMeaning("Attended", "attended", "no_show"))
    assert sheet_form(replace(PLAN, columns=(column,))).statuses == {"C": ("Yes", "No", *STATUSES)}


def test_a_wide_sheet() -> None:
    """The drop-downs are on the sessions' columns, unless their cells hold grades."""
    sessions = (SessionColumn("B", 2, "2024-01-12"), SessionColumn("C", 3, "2024-01-19"))
    wide = replace(PLAN, columns=PLAN.columns[:1], layout="wide", sessions=sessions, cell=ColumnPlan("status", ()))
    assert sheet_form(wide).statuses == {"B": STATUSES, "C": STATUSES}
    assert sheet_form(wide).sessions == ("B", "C")
    assert sheet_form(replace(wide, cell=ColumnPlan("grade", ()))).statuses == {}
