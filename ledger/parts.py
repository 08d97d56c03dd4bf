"""The parts of a run as the ledger knows them, and what stays of its rows: refused, failed, waiting, copies."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict

import pandas as pd
import pyarrow as pa
from sqlalchemy import ColumnElement, Connection, Table, and_, bindparam, delete, exists, func, insert, select, update

from ledger.sql.bulk import insert_frame
from ledger.tables import PLACE, rollbook_cases, rollbook_deliveries, rollbook_failures, rollbook_parts, rollbook_rows
from rollbook.rows.outcomes import TAKEN
from stage.parts import PART_STEP, Part, StagedPart

_COLUMNS = [rollbook_parts.c[name] for name in Part.__dataclass_fields__]


def add_parts(connection: Connection, run_id: str, parts: Sequence[Part]) -> None:
    """Write down parts that are to be judged (state `planned`); those that stand there already are left as they are."""
    there = set(connection.scalars(select(rollbook_parts.c.part_id).where(rollbook_parts.c.run_id == run_id)))
    lines = [{**asdict(part), "state": "planned"} for part in parts if part.part_id not in there]
    if lines:
        connection.execute(insert(rollbook_parts), lines)


def list_parts(connection: Connection, run_id: str, file_no: int | None = None) -> list[Part]:
    """The parts of a run, or of one of its files, in row order."""
    query = select(*_COLUMNS).where(rollbook_parts.c.run_id == run_id).order_by(rollbook_parts.c.part_id)
    if file_no is not None:
        query = query.where(_is_of_file(rollbook_parts, file_no))
    return [Part(**row) for row in connection.execute(query).mappings()]


def forget_file(connection: Connection, run_id: str, file_no: int) -> None:
    """Take a file's parts, rows and failures out of the run: it failed as a whole, or is read anew."""
    for table in (rollbook_rows, rollbook_failures, rollbook_parts):
        connection.execute(delete(table).where(table.c.run_id == run_id, _is_of_file(table, file_no)))


def _is_of_file(table: Table, file_no: int) -> ColumnElement[bool]:
    """By the number of the part, for by it a line is found in the key."""
    return table.c.part_id.between(file_no * PART_STEP, (file_no + 1) * PART_STEP - 1)


def count_parts(connection: Connection, run_id: str, staged: Iterable[StagedPart]) -> None:
    """Write down how many rows judged parts have."""
    told = [
        {
            "of_part": part.part_id,
            "rows_read": part.rows_read,
            "rows_ignored": sum(part.ignored_counts.values()),
            "ignored": json.dumps(dict(sorted(part.ignored_counts.items()))),
        }
        for part in staged
    ]
    here = and_(rollbook_parts.c.run_id == run_id, rollbook_parts.c.part_id == bindparam("of_part"))
    if told:
        connection.execute(update(rollbook_parts).where(here).values(state="staged"), told)


def keep_rows(connection: Connection, run_id: str, rows: pa.Table) -> None:
    """Keep rows of a run, as far as rollbook_rows has columns for them."""
    kept = rows.select([name for name in rows.column_names if name in rollbook_rows.c])
    insert_frame(connection, rollbook_rows, _of_run(kept, run_id))


def keep_failures(connection: Connection, run_id: str, failures: pa.Table) -> None:
    """Keep the failures of a run's rows, in the columns of rollbook_failures but for the run's."""
    insert_frame(connection, rollbook_failures, _of_run(failures, run_id))


def _of_run(lines: pa.Table, run_id: str) -> pa.Table:
    return lines.append_column("run_id", pa.repeat(run_id, lines.num_rows))


def kept_rows(connection: Connection, run_id: str) -> pd.DataFrame:
    """part_id, row, col, fingerprint, outcome of the rows that were kept of a run."""
    rows = rollbook_rows.c
    query = select(rows.part_id, rows.row_no, rows.col_no, rows.fingerprint, rows.outcome).where(rows.run_id == run_id)
    return pd.DataFrame(connection.execute(query).all(), columns=["part_id", "row", "col", "fingerprint", "outcome"])


def forget_rows(connection: Connection, run_id: str) -> None:
    """Take out what stays of a run's rows: it is decided anew."""
    for table in (rollbook_rows, rollbook_failures):
        connection.execute(delete(table).where(table.c.run_id == run_id))


def standing_by_part(connection: Connection, run_id: str) -> dict[int, dict[str, int]]:
    """part_id -> rows by outcome of all rows of a run that is delivered, those that were taken among them."""
    rows, sent = rollbook_rows.c, rollbook_deliveries.c
    query = select(rows.part_id, rows.outcome, func.count()).where(rows.run_id == run_id)
    waits = exists().where(rows.run_id == sent.run_id, *(rows[name] == sent[name] for name in PLACE[1:]))
    gone = select(sent.part_id, sent.state, func.count()).where(sent.run_id == run_id, sent.state.in_(TAKEN), ~waits)
    counts: dict[int, dict[str, int]] = {}
    for part_id, state, number in (
        *connection.execute(query.group_by(rows.part_id, rows.outcome)),
        *connection.execute(gone.group_by(sent.part_id, sent.state)),
    ):
        of_part = counts.setdefault(part_id, {})
        of_part[state] = of_part.get(state, 0) + number
    return counts


def count_read(connection: Connection, run_id: str) -> tuple[int, int]:
    """(rows read, rows ignored) of a run, as its parts say: the other side of the accounts."""
    told = rollbook_parts.c
    sums = select(func.sum(told.rows_read), func.sum(told.rows_ignored)).where(told.run_id == run_id)
    read, ignored = connection.execute(sums).one()
    return int(read or 0), int(ignored or 0)


def end_rows(connection: Connection, run_id: str) -> None:
    """Keep of an ended run only the rows that did not arrive; their cells are kept with their case.

    The same text in other columns is the same case: then the row keeps its own.
    """
    rows, cases = rollbook_rows.c, rollbook_cases.c
    connection.execute(delete(rollbook_rows).where(rows.run_id == run_id, rows.outcome.in_(TAKEN)))
    same = and_(rows.cells == cases.cells, func.coalesce(rows.marks, "") == func.coalesce(cases.marks, ""))
    known = and_(rows.run_id == run_id, rows.fingerprint == cases.fingerprint, same)
    connection.execute(update(rollbook_rows).where(known).values(cells=None, marks=None))
