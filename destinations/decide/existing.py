"""Rows whose enrollment exists in the database already: the same, to be updated, or refused."""

from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, literal, or_, select, update

from destinations.decide import work_tables
from destinations.decide.reject import reject
from destinations.protocol import RunTerms
from ledger.tables import rollbook_rows, training_enrollments
from rollbook.outcomes import ACCEPTED, REJECTED, UNCHANGED, UPDATED
from rollbook.statuses import COMPLETED, PROGRESS

EXISTS = "enrollment.exists"
_TOLD = {
    "status": "status",
    "grade": "grade",
    "enrolled_on": "enrolled_at",
    "completed_on": "completed_at",
    "attendance_confirmed": "attendance_confirmed",
    "feedback": "feedback",
}


def decide_existing(connection: Connection, run: RunTerms) -> None:
    """Mark rows `unchanged` or `updated`, and reject those that differ where that is the rule."""
    if not _is_known(connection):
        return
    _find(connection, run)
    found = work_tables.existing
    kinds = set(connection.scalars(select(found.c.outcome).distinct()))
    if kinds & {UNCHANGED, UPDATED}:
        connection.execute(
            update(rollbook_rows)
            .where(
                work_tables.same_place(run, found),
                rollbook_rows.c.outcome == ACCEPTED,
                found.c.outcome.in_([UNCHANGED, UPDATED]),
            )
            .values(outcome=found.c.outcome)
        )
    if REJECTED in kinds:
        reject(connection, run, _differing(run), _with_details)


def _is_known(connection: Connection) -> bool:
    """Whether any learner and any session of the run exist; else no enrollment can."""
    learner = select(func.max(work_tables.learners.c.learner_no))
    session = select(func.max(work_tables.sessions.c.session_no))
    return (connection.scalar(learner) or 0) > 0 and (connection.scalar(session) or 0) > 0


def _find(connection: Connection, run: RunTerms) -> None:
    there = training_enrollments.c
    rule = work_tables.policy_of_row(run, "on_existing", rollbook_rows)
    differs = or_(*differences().values())
    outcome = case(
        (and_(~differs, or_(rule == "reject", ~_dates_a_default())), UNCHANGED),
        (rule == "update", UPDATED),
        (and_(rule == "best", _is_better()), UPDATED),
        (rule == "best", UNCHANGED),
        else_=REJECTED,
    )
    placed = work_tables.placed
    same = and_(there.training_session_id == placed.c.session_no, there.employee_id == placed.c.learner_no)
    query = (
        select(*work_tables.place(placed), there.id, outcome)
        .select_from(placed.join(training_enrollments, same).join(rollbook_rows, work_tables.same_place(run, placed)))
        .where(work_tables.accepted(run))
    )
    work_tables.fill(connection, work_tables.existing, query)


def differences() -> dict[str, ColumnElement[bool]]:
    """Per field: does the staged row say something else than the enrollment? Never NULL.

    A blank cell says nothing, and neither does a default date. A day of completion counts with the status `completed`
    only: no other keeps one. Grades are compared as numbers where both are.
    """
    here, there = rollbook_rows.c, training_enrollments.c
    grade = case(
        (and_(here.score.is_not(None), there.score.is_not(None)), here.score != there.score),
        else_=_is_other(here.grade, there.grade),
    )
    return {
        "status": _is_other(here.status, there.status),
        "grade": and_(here.grade.is_not(None), grade),
        "enrolled_on": and_(~there.enrolled_at_is_default, _is_other(here.enrolled_on, func.date(there.enrolled_at))),
        "completed_on": and_(
            here.status == COMPLETED,
            ~there.completed_at_is_default,
            _is_other(here.completed_on, func.date(there.completed_at)),
        ),
        "attendance_confirmed": _is_other(here.attendance_confirmed, there.attendance_confirmed),
        "feedback": _is_other(here.feedback, there.feedback),
    }


def _is_other(here: ColumnElement[Any], there: ColumnElement[Any]) -> ColumnElement[bool]:
    return and_(here.is_not(None), here.is_distinct_from(there))


def _dates_a_default() -> ColumnElement[bool]:
    """The row has the day for which the enrollment has a default only."""
    here, there = rollbook_rows.c, training_enrollments.c
    completion = and_(here.status == COMPLETED, here.completed_on.is_not(None), there.completed_at_is_default)
    return or_(completion, and_(here.enrolled_on.is_not(None), there.enrolled_at_is_default))


def _is_better() -> ColumnElement[bool]:
    """Further along, or as far and later: by completion where the row has one, else by enrollment.

    Any day that a sheet gives is better than a default.
    """
    here, there = rollbook_rows.c, training_enrollments.c
    far_here = case(PROGRESS, value=here.status, else_=-1)
    far_there = case(PROGRESS, value=there.status, else_=-1)
    completion = and_(here.status == COMPLETED, here.completed_on.is_not(None))
    completed_there = case((~there.completed_at_is_default, func.date(there.completed_at)))
    enrolled_there = case((~there.enrolled_at_is_default, func.date(there.enrolled_at)))
    later = case(
        (completion, func.coalesce(here.completed_on > completed_there, literal(True))),
        (here.enrolled_on.is_not(None), func.coalesce(here.enrolled_on > enrolled_there, literal(True))),
        else_=literal(False),
    )
    return or_(far_here > far_there, and_(far_here == far_there, later))


def _differing(run: RunTerms) -> Select[Any]:
    """Rows to refuse, what they and the enrollment say, and where that came from."""
    found, here, there = work_tables.existing, rollbook_rows.c, training_enrollments.c
    return (
        select(
            *work_tables.place(rollbook_rows),
            *(case((differs, 1), else_=0).label(f"differs_{name}") for name, differs in differences().items()),
            *(here[name].label(f"here_{name}") for name in _TOLD),
            *(there[column].label(f"there_{name}") for name, column in _TOLD.items()),
            there.run_id.label("from_run"),
            there.source_file,
            there.source_sheet,
            there.source_row,
        )
        .select_from(
            rollbook_rows.join(found, work_tables.same_place(run, found)).join(
                training_enrollments, there.id == found.c.enrollment_id
            )
        )
        .where(found.c.outcome == REJECTED)
    )


def _with_details(rows: pd.DataFrame) -> pd.DataFrame:
    """The fields that differ, first the one that is blamed, and the origin of what exists."""
    detail = pd.Series("", index=rows.index, dtype="str")
    blamed = pd.Series(None, index=rows.index, dtype="str")
    value = pd.Series(None, index=rows.index, dtype="str")
    for name in _TOLD:
        differs = rows[f"differs_{name}"].eq(1)
        here, there = (_shown(name, rows[f"{side}_{name}"]) for side in ("here", "there"))
        clause = name + " is " + there.fillna("blank") + " there, " + here.fillna("blank") + " here; "
        detail = detail.mask(differs, detail + clause)
        value = value.mask(differs & blamed.isna(), here)
        blamed = blamed.mask(differs & blamed.isna(), name)
    return rows.assign(field=blamed, value=value, code=EXISTS, detail=detail + _origin(rows))


def _shown(name: str, values: pd.Series) -> pd.Series:
    if name.endswith("_on"):
        return values.astype("str").str.slice(0, 10).where(values.notna())
    if name == "attendance_confirmed":
        return values.map({True: "yes", False: "no"}).astype("str")
    return values.astype("str").str.slice(0, 80)


def _origin(rows: pd.DataFrame) -> pd.Series:
    place = rows["source_file"] + ", sheet " + rows["source_sheet"] + ", row " + rows["source_row"].astype("str")
    return ("it came from " + place).where(rows["source_file"].notna(), "") + " in run " + rows["from_run"]
