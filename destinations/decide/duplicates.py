"""Copies within a run: rows about the same learner and session. One is kept, or all are in conflict."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    FromClause,
    Select,
    and_,
    case,
    func,
    select,
    update,
)

from destinations.decide import work_tables
from destinations.decide.reject import reject
from destinations.protocol import RunTerms
from ledger.tables import rollbook_parts, rollbook_rows
from rollbook.outcomes import ACCEPTED, DUPLICATE
from rollbook.statuses import PROGRESS

CONFLICT = "enrollment.conflict"
CONFLICTING = "conflict"
# Others that a conflict names.
NAMED_OTHERS = 3


def decide_copies(connection: Connection, run: RunTerms, content: Sequence[str] = work_tables.CONTENT) -> None:
    """Mark all copies but the one that is kept as `duplicate` of it; reject those in conflict.

    content: of working.CONTENT, what the destination keeps; copies that differ in nothing else are the same. A conflict
        is told at the first of it.
    """
    _find(connection, run)
    if not connection.scalar(select(func.count()).select_from(work_tables.copies)):
        return
    _settle(connection, content)
    _choose(connection)
    work_tables.fill(connection, work_tables.losers, _losers())
    work_tables.drop_placed(connection, work_tables.losers)
    _mark_duplicates(connection, run)
    if connection.scalar(select(func.count()).where(work_tables.settled.c.verdict == CONFLICTING)):
        work_tables.fill(connection, work_tables.firsts, _firsts())
        reject(connection, run, _conflicts(run, content[0]), partial(_with_details, content[0]))


def _find(connection: Connection, run: RunTerms) -> None:
    """Number the rows of each learner and session in row order, where there are several."""
    placed, shared = work_tables.placed, work_tables.shared
    keys = [placed.c[name] for name in work_tables.LEARNER_AND_SESSION]
    work_tables.fill(connection, shared, select(*keys).group_by(*keys).having(func.count() > 1))
    number = func.row_number().over(partition_by=keys, order_by=work_tables.place(placed))
    content = [placed.c[name] for name in work_tables.CONTENT]
    rule = work_tables.policy_of_row(run, "on_conflict", placed)
    query = select(*keys, number, *work_tables.place(placed), rule, *content).select_from(
        placed.join(shared, _same_group(placed, shared))
    )
    work_tables.fill(connection, work_tables.copies, query)


def _settle(connection: Connection, content: Sequence[str]) -> None:
    """Per learner and session: are the copies the same, and if not, which rule chooses.

    Files that disagree about the rule choose none: their copies are in conflict.
    """
    copies, first = work_tables.copies, work_tables.copies.alias("first")
    same = and_(*(copies.c[name].is_not_distinct_from(first.c[name]) for name in content))
    rules = func.min(copies.c.rule), func.max(copies.c.rule)
    verdict = case(
        (func.min(case((same, 1), else_=0)) == 1, "same"),
        (and_(rules[0] == rules[1], rules[0] != "reject"), rules[0]),
        else_=CONFLICTING,
    )
    query = (
        select(copies.c.learner_no, copies.c.session_no, verdict)
        .select_from(copies.join(first, and_(_same_group(copies, first), first.c.copy_no == 1)))
        .group_by(copies.c.learner_no, copies.c.session_no)
    )
    work_tables.fill(connection, work_tables.settled, query)


def _same_group(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    return work_tables.same_line(one, other, work_tables.LEARNER_AND_SESSION)


def _choose(connection: Connection) -> None:
    """The copy that is kept of each learner and session without conflict.

    `best` is the furthest status, then the latest completion, then the latest enrollment, then the first in row order.
    """
    copies, settled = work_tables.copies, work_tables.settled
    is_best = settled.c.verdict == "best"
    completed_on, enrolled_on = (case((is_best, copies.c[name])) for name in ("completed_on", "enrolled_on"))
    rank = func.row_number().over(
        partition_by=(copies.c.learner_no, copies.c.session_no),
        order_by=(
            case((is_best, case(PROGRESS, value=copies.c.status, else_=-1)), else_=0).desc(),
            completed_on.is_(None),
            completed_on.desc(),
            enrolled_on.is_(None),
            enrolled_on.desc(),
            case((settled.c.verdict == "last", -copies.c.copy_no), else_=copies.c.copy_no),
        ),
    )
    columns = (copies.c.learner_no, copies.c.session_no, copies.c.copy_no, *work_tables.place(copies))
    ranked = (
        select(*columns, rank.label("rank_no"))
        .select_from(copies.join(settled, _same_group(copies, settled)))
        .where(settled.c.verdict != CONFLICTING)
        .subquery("ranked")
    )
    work_tables.fill(connection, work_tables.winners, select(*list(ranked.c)[:-1]).where(ranked.c.rank_no == 1))


def _losers() -> CompoundSelect[Any]:
    """The places of all copies but those that are kept."""
    return select(*work_tables.place(work_tables.copies)).except_(select(*work_tables.place(work_tables.winners)))


def _mark_duplicates(connection: Connection, run: RunTerms) -> None:
    copies, winners = work_tables.copies, work_tables.winners
    connection.execute(
        update(rollbook_rows)
        .where(
            work_tables.same_place(run, copies),
            rollbook_rows.c.outcome == ACCEPTED,
            _same_group(copies, winners),
            copies.c.copy_no != winners.c.copy_no,
        )
        .values(outcome=DUPLICATE, duplicate_of=work_tables.place_text(winners))
    )


def _firsts() -> Select[Any]:
    """Of the first four of a group, at least three are others; set apart, for a group may be all of the run."""
    copies, settled = work_tables.copies, work_tables.settled
    return (
        select(*(copies.c[name] for name in (*work_tables.LEARNER_AND_SESSION, "copy_no", "part_id", "row_no")))
        .select_from(copies.join(settled, _same_group(copies, settled)))
        .where(settled.c.verdict == CONFLICTING, copies.c.copy_no <= NAMED_OTHERS + 1)
    )


def _conflicts(run: RunTerms, blamed: str) -> Select[Any]:
    """Every row in conflict, a line for each of the others that its failure names."""
    copies, other = work_tables.copies, work_tables.firsts
    named = and_(_same_group(copies, other), other.c.copy_no != copies.c.copy_no)
    return select(
        *work_tables.place(rollbook_rows),
        rollbook_rows.c[blamed],
        other.c.copy_no,
        other.c.row_no.label("other_row"),
        rollbook_parts.c.source_file,
        rollbook_parts.c.source_sheet,
    ).select_from(
        copies.join(rollbook_rows, work_tables.same_place(run, copies))
        .join(other, named)
        .join(
            rollbook_parts,
            and_(rollbook_parts.c.run_id == run.run_id, rollbook_parts.c.part_id == other.c.part_id),
        )
    )


def _with_details(blamed: str, lines: pd.DataFrame) -> pd.DataFrame:
    """One line a row: the first others in row order, by file, sheet and row."""
    others = lines.sort_values([*work_tables.PLACE, "copy_no"], ignore_index=True)
    others = others[others.groupby(list(work_tables.PLACE)).cumcount() < NAMED_OTHERS]
    place = others["source_file"] + ", sheet " + others["source_sheet"] + ", row " + others["other_row"].astype("str")
    told = others.assign(detail=place).groupby(list(work_tables.PLACE), sort=True)
    rows = told.agg(detail=("detail", "; ".join), value=(blamed, "first")).reset_index()
    return rows.assign(field=blamed, code=CONFLICT)
