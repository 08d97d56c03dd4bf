"""Copies within a run: rows about the same learner and session. One is kept, or all are in conflict."""

from typing import Any

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    case,
    func,
    select,
    update,
)

from destinations import working
from destinations.protocol import RunTerms
from destinations.verdicts import reject
from ledger.tables import rollbook_parts, rollbook_rows
from rollbook.outcomes import ACCEPTED, DUPLICATE
from rollbook.statuses import PROGRESS

CONFLICT = "enrollment.conflict"
# What the database keeps of a row, and what copies are compared by, blanks included.
COMPARED = ("status", "score", "grade", "enrolled_on", "completed_on", "attendance_confirmed", "feedback")
# Others that a conflict names.
NAMED_OTHERS = 3


def decide_copies(connection: Connection, run: RunTerms) -> None:
    """Mark all copies but the one that is kept as `duplicate` of it; reject those in conflict."""
    _find(connection)
    if not connection.scalar(select(func.count()).select_from(working.copies)):
        return
    _settle(connection, run)
    _choose(connection, run)
    _mark_duplicates(connection, run)
    if connection.scalar(select(func.count()).where(working.settled.c.verdict == "conflict")):
        reject(connection, run, _conflicts(run), _told)


def _find(connection: Connection) -> None:
    """Number the rows of each learner and session in row order, where there are several."""
    placed, shared = working.placed, working.shared
    keys = [placed.c[name] for name in working.LEARNER_AND_SESSION]
    working.fill(connection, shared, select(*keys).group_by(*keys).having(func.count() > 1))
    number = func.row_number().over(partition_by=keys, order_by=working.place(placed))
    query = select(*keys, number, *working.place(placed)).select_from(placed.join(shared, _same_group(placed, shared)))
    working.fill(connection, working.copies, query)


def _settle(connection: Connection, run: RunTerms) -> None:
    """Per learner and session: are the copies the same, and if not, which rule chooses.

    Files that disagree about the rule choose none: their copies are in conflict.
    """
    copies, first = working.copies, working.copies.alias("first")
    first_row = rollbook_rows.alias("first_row")
    same = and_(*(rollbook_rows.c[name].is_not_distinct_from(first_row.c[name]) for name in COMPARED))
    rule = working.policy_of_row(run, "on_conflict")
    one_rule = func.min(rule) == func.max(rule)
    query = (
        select(
            copies.c.learner_no,
            copies.c.session_no,
            case(
                (func.min(case((same, 1), else_=0)) == 1, "same"),
                (and_(one_rule, func.min(rule) != "reject"), func.min(rule)),
                else_="conflict",
            ),
        )
        .select_from(
            copies.join(rollbook_rows, working.same_place(run, copies))
            .join(first, and_(_same_group(copies, first), first.c.copy_no == 1))
            .join(
                first_row,
                and_(first_row.c.run_id == run.run_id, *(first_row.c[n] == first.c[n] for n in working.PLACE)),
            )
        )
        .group_by(copies.c.learner_no, copies.c.session_no)
    )
    working.fill(connection, working.settled, query)


def _same_group(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    return working.same_line(one, other, working.LEARNER_AND_SESSION)


def _choose(connection: Connection, run: RunTerms) -> None:
    """The copy that is kept of each learner and session without conflict.

    `best` is the furthest status, then the latest completion, then the latest enrollment, then the first in row order.
    """
    copies, settled, rows = working.copies, working.settled, rollbook_rows.c
    is_best = settled.c.verdict == "best"
    rank = func.row_number().over(
        partition_by=(copies.c.learner_no, copies.c.session_no),
        order_by=(
            case((is_best, case(PROGRESS, value=rows.status, else_=-1)), else_=0).desc(),
            case((is_best, rows.completed_on)).is_(None),
            case((is_best, rows.completed_on)).desc(),
            case((is_best, rows.enrolled_on)).is_(None),
            case((is_best, rows.enrolled_on)).desc(),
            case((settled.c.verdict == "last", -copies.c.copy_no), else_=copies.c.copy_no),
        ),
    )
    ranked = (
        select(
            copies.c.learner_no, copies.c.session_no, copies.c.copy_no, *working.place(copies), rank.label("rank_no")
        )
        .select_from(
            copies.join(settled, _same_group(copies, settled)).join(rollbook_rows, working.same_place(run, copies))
        )
        .where(settled.c.verdict != "conflict")
        .subquery("ranked")
    )
    chosen = select(*list(ranked.c)[:-1]).where(ranked.c.rank_no == 1)
    working.fill(connection, working.winners, chosen)


def _mark_duplicates(connection: Connection, run: RunTerms) -> None:
    copies, winners = working.copies, working.winners
    connection.execute(
        update(rollbook_rows)
        .where(
            working.same_place(run, copies),
            rollbook_rows.c.outcome == ACCEPTED,
            _same_group(copies, winners),
            copies.c.copy_no != winners.c.copy_no,
        )
        .values(outcome=DUPLICATE, duplicate_of=working.told_place(winners))
    )


def _conflicts(run: RunTerms) -> Select[Any]:
    """Every row in conflict, a line for each of the others that its failure names."""
    copies, other, settled = working.copies, working.copies.alias("other"), working.settled
    # Of the first four of a group, at least three are others.
    named = and_(_same_group(copies, other), other.c.copy_no != copies.c.copy_no, other.c.copy_no <= NAMED_OTHERS + 1)
    return (
        select(
            *working.place(rollbook_rows),
            rollbook_rows.c.status,
            other.c.copy_no,
            other.c.row_no.label("other_row"),
            rollbook_parts.c.source_file,
            rollbook_parts.c.source_sheet,
        )
        .select_from(
            copies.join(settled, _same_group(copies, settled))
            .join(rollbook_rows, working.same_place(run, copies))
            .join(other, named)
            .join(
                rollbook_parts,
                and_(rollbook_parts.c.run_id == run.run_id, rollbook_parts.c.part_id == other.c.part_id),
            )
        )
        .where(settled.c.verdict == "conflict")
    )


def _told(lines: pd.DataFrame) -> pd.DataFrame:
    """One line a row: the first others in row order, by file, sheet and row."""
    others = lines.sort_values([*working.PLACE, "copy_no"], ignore_index=True)
    others = others[others.groupby(list(working.PLACE)).cumcount() < NAMED_OTHERS]
    place = others["source_file"] + ", sheet " + others["source_sheet"] + ", row " + others["other_row"].astype("str")
    told = others.assign(detail=place).groupby(list(working.PLACE), sort=True)
    rows = told.agg(detail=("detail", "; ".join), value=("status", "first")).reset_index()
    return rows.assign(field="status", code=CONFLICT)
