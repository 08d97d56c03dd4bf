"""Rejecting rows: their failures as the rules word them, told at the cell, and their outcome."""

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Select, String, and_, delete, exists, func, select, update

from destinations.protocol import RunTerms
from ledger import planner
from ledger.bulk import insert_frame
from ledger.tables import PLACE, rollbook_failures, rollbook_parts, rollbook_rows
from rollbook.outcomes import ACCEPTED, DUPLICATE, PENDING, REJECTED, UNCHANGED, UPDATED

# Judging numbers a row's failures from 0, deciding from here: so a decision can be taken back and made anew.
FIRST_DECIDED = 1000
_BATCH_ROWS = 50_000
_FAILURE = ["part_id", "row_no", "col_no", "source_column", "header", "field", "value", "code", "message", "remedy"]

Telling = Callable[[pd.DataFrame], pd.DataFrame]


def reject(connection: Connection, run: RunTerms, rows: Select[Any], told: Telling) -> None:
    """Write a failure for each row that the query finds, and mark these rows `rejected`.

    rows: a query over `rollbook_rows` with part_id, row_no, col_no and whatever `told` needs.
    told: adds the columns field, value, code and detail (`str`, missing allowed but in `code`).
    """
    written = sum(
        insert_frame(connection, rollbook_failures, _failures(connection, run, told(found)))
        for found in _batches(connection, run, rows)
    )
    if written:
        _set_outcome(connection, run, [ACCEPTED, UPDATED], REJECTED)


def _set_outcome(
    connection: Connection, run: RunTerms, before: list[str], after: str, *, judged_well: bool = False
) -> None:
    """Give an outcome to the run's rows that a decision refused; judged_well: only if no rule had."""
    rows, failures = rollbook_rows, rollbook_failures
    planner.analyze(connection, failures, "run_id", "part_id", "failure_no")
    refused = exists().where(
        *(failures.c[name] == rows.c[name] for name in PLACE), failures.c.failure_no == FIRST_DECIDED
    )
    here = and_(rows.c.run_id == run.run_id, rows.c.outcome.in_(before), refused)
    if judged_well:
        judged = and_(*(failures.c[name] == rows.c[name] for name in PLACE), failures.c.failure_no < FIRST_DECIDED)
        here = and_(here, ~exists().where(judged))
    connection.execute(update(rows).where(here).values(outcome=after))


def reopen(connection: Connection, run: RunTerms) -> None:
    """Take back what an earlier decision about the run's rows said; what judging said stays."""
    rows, failures = rollbook_rows, rollbook_failures
    ours = and_(failures.c.run_id == run.run_id, failures.c.failure_no == FIRST_DECIDED)
    connection.execute(
        update(rows)
        .where(rows.c.run_id == run.run_id, rows.c.outcome.in_([UPDATED, UNCHANGED, DUPLICATE, PENDING]))
        .values(outcome=ACCEPTED, duplicate_of=None)
    )
    if connection.scalar(select(func.count()).where(ours)):
        _set_outcome(connection, run, [REJECTED], ACCEPTED, judged_well=True)
        connection.execute(delete(failures).where(ours))


def _batches(connection: Connection, run: RunTerms, rows: Select[Any]) -> Iterator[pd.DataFrame]:
    """The query's rows in row order, never many at once: parts are small."""
    for first, last in _ranges_of_parts(connection, run):
        query = rows.where(rollbook_rows.c.part_id.between(first, last))
        found = connection.execute(query.order_by(*(rollbook_rows.c[name] for name in PLACE[1:])))
        texts = [column.key for column in rows.selected_columns if isinstance(column.type, String)]
        frame = pd.DataFrame([tuple(row) for row in found], columns=list(found.keys()))
        frame = frame.astype(dict.fromkeys(texts, "str"))
        if len(frame):
            yield frame


def _ranges_of_parts(connection: Connection, run: RunTerms) -> list[tuple[int, int]]:
    """Neighbouring parts, first and last, that hold about _BATCH_ROWS rows together."""
    parts = rollbook_parts.c
    query = select(parts.part_id, parts.rows_read).where(parts.run_id == run.run_id).order_by(parts.part_id)
    ranges: list[tuple[int, int]] = []
    held = 0
    for part_id, rows_read in connection.execute(query):
        if not ranges or held + rows_read > _BATCH_ROWS:
            ranges.append((part_id, part_id))
            held = 0
        ranges[-1] = (ranges[-1][0], part_id)
        held += rows_read
    return ranges


def _failures(connection: Connection, run: RunTerms, told: pd.DataFrame) -> pd.DataFrame:
    from validators.rules import render

    if "source_column" in told:
        blamed = told
    else:
        blamed = told.assign(field=told["field"].replace(dict(run.names)), source_column=None, header=None)
    if run.columns and "source_column" not in told:
        blamed = _blamed(connection, run, blamed)
    texts = ["header", "field", "value", "code", "detail", "source_column"]
    blamed = blamed.astype(dict.fromkeys(texts, "str"))
    failures = blamed.assign(row=blamed["row_no"], col=blamed["col_no"], column=blamed["source_column"])
    return render(failures)[_FAILURE].assign(run_id=run.run_id, failure_no=FIRST_DECIDED)


def _blamed(connection: Connection, run: RunTerms, told: pd.DataFrame) -> pd.DataFrame:
    """With the letter and header of the column that feeds each failure's field, where its sheet has one."""
    parts = rollbook_parts.c
    query = select(parts.part_id, parts.file_no, parts.sheet_position).where(parts.run_id == run.run_id)
    sheet_of = {part_id: (file_no, position) for part_id, file_no, position in connection.execute(query)}
    cells: list[tuple[str | None, str | None]] = [
        run.columns.get(sheet_of[part_id], {}).get(name, (None, None))
        for part_id, name in zip(told["part_id"], told["field"], strict=True)
    ]
    return told.assign(**pd.DataFrame(cells, columns=["source_column", "header"], index=told.index))
