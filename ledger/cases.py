"""Cases: a failed row is one case however often the same cells are met. Opened, read, closed and ignored here."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Integer,
    String,
    Table,
    Text,
    and_,
    distinct,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)

from ledger.bulk import insert_frame
from ledger.tables import (
    PLACE,
    rollbook_cases,
    rollbook_changes,
    rollbook_parts,
    rollbook_rows,
    rollbook_runs,
)
from ledger.temporary import temporary
from rollbook.errors import CannotBegin
from rollbook.outcomes import FAILED, REJECTED

OPEN, FIXED, IGNORED = CASE_STATES = ("open", "fixed", "ignored")
# What a case takes over from the first row that showed it, beside its place.
_FROM_ROW = ("learner_email", "learner_employee_id", "session_id", "row_no", "col_no", "cells", "marks")
_FROM_PART = ("file_no", "sheet_position", "source_file", "source_sheet")
CASE_COLUMNS = tuple(rollbook_cases.c.keys())
_TEXTS = [column.name for column in rollbook_cases.c if isinstance(column.type, String | Text)]
_NUMBERS = [column.name for column in rollbook_cases.c if isinstance(column.type, Integer)]


@dataclass(frozen=True)
class Met:
    """How many cases a run met for the first time, and how many were known."""

    new: int
    known: int


def count_cases(connection: Connection, run_id: str) -> Met:
    """How many of the failed rows' cases are new and known; writes nothing (for `check`)."""
    rows, cases = rollbook_rows.c, rollbook_cases.c
    known = exists().where(cases.fingerprint == rows.fingerprint)
    number = select(func.count(distinct(rows.fingerprint))).where(_failed(run_id))
    met = connection.scalar(number) or 0
    known_ones = connection.scalar(number.where(known)) or 0
    return Met(new=met - known_ones, known=known_ones)


def record_cases(connection: Connection, run_id: str) -> Met:
    """Open a case for every new fingerprint of the run's failed rows, meet the known ones once more.

    The rows get their `case_id`; raw cells that the case holds too are taken out of the row. All failed rows must have
    their fingerprint (`staging.add_cells`). Doing it again for the same run changes nothing.
    """
    met = count_cases(connection, run_id)
    _meet_again(connection, run_id)
    _open_new(connection, run_id)
    _link(connection, run_id)
    _renew(connection, run_id)
    _let_case_hold_cells(connection, run_id)
    return met


def _failed(run_id: str) -> ColumnElement[bool]:
    rows = rollbook_rows.c
    return and_(rows.run_id == run_id, rows.outcome.in_([REJECTED, FAILED]), rows.fingerprint.is_not(None))


def _started_at(run_id: str) -> Any:
    return select(rollbook_runs.c.started_at).where(rollbook_runs.c.run_id == run_id).scalar_subquery()


def _meet_again(connection: Connection, run_id: str) -> None:
    cases = rollbook_cases.c
    met = select(rollbook_rows.c.fingerprint).where(_failed(run_id))
    connection.execute(
        update(rollbook_cases)
        .where(cases.fingerprint.in_(met), cases.last_run_id != run_id)
        .values(times=cases.times + 1, last_seen=_started_at(run_id), last_run_id=run_id)
    )


def _open_new(connection: Connection, run_id: str) -> None:
    rows, cases, parts, runs = rollbook_rows.c, rollbook_cases.c, rollbook_parts.c, rollbook_runs.c
    turn = func.row_number().over(partition_by=rows.fingerprint, order_by=[rows[name] for name in PLACE])
    unknown = ~exists().where(cases.fingerprint == rows.fingerprint)
    first = (
        select(rows.run_id, rows.fingerprint, rows.part_id, *(rows[name] for name in _FROM_ROW), turn.label("turn"))
        .where(_failed(run_id), unknown)
        .subquery()
    )
    values: dict[str, Any] = {name: first.c[name] for name in ("fingerprint", *_FROM_ROW)}
    values |= {name: parts[name] for name in _FROM_PART}
    values |= {"first_seen": runs.started_at, "last_seen": runs.started_at}
    values |= {"first_run_id": runs.run_id, "last_run_id": runs.run_id}
    query = (
        select(*(column.label(name) for name, column in values.items()))
        .select_from(first)
        .join(rollbook_parts, and_(parts.run_id == first.c.run_id, parts.part_id == first.c.part_id))
        .join(rollbook_runs, runs.run_id == first.c.run_id)
        .where(first.c.turn == 1)
        .order_by(first.c.part_id, first.c.row_no, first.c.col_no)
        .add_columns(literal(OPEN).label("state"), literal(1).label("times"))
    )
    connection.execute(insert(rollbook_cases).from_select([*values, "state", "times"], query))


def _link(connection: Connection, run_id: str) -> None:
    rows, cases = rollbook_rows.c, rollbook_cases.c
    same = rows.fingerprint == cases.fingerprint
    connection.execute(update(rollbook_rows).where(_failed(run_id), same).values(case_id=cases.case_id))


def _renew(connection: Connection, run_id: str) -> None:
    """A case that was mended and failed again holds what was corrected so far; its fingerprint stays the first."""
    rows, cases, changes = rollbook_rows.c, rollbook_cases.c, rollbook_changes.c
    mended = exists().where(changes.run_id == run_id, changes.case_id == cases.case_id)
    names = ("cells", "marks", "learner_email", "learner_employee_id", "session_id")
    connection.execute(
        update(rollbook_cases)
        .where(_failed(run_id), rows.case_id == cases.case_id, rows.cells.is_not(None), mended)
        .values({name: rows[name] for name in names})
    )


def _let_case_hold_cells(connection: Connection, run_id: str) -> None:
    """The same text in other columns is the same case: then the row keeps its cells, by which its sheet is rebuilt."""
    rows, cases = rollbook_rows.c, rollbook_cases.c
    same = and_(
        rows.case_id == cases.case_id,
        rows.cells == cases.cells,
        func.coalesce(rows.marks, "") == func.coalesce(cases.marks, ""),
    )
    connection.execute(update(rollbook_rows).where(_failed(run_id), same).values(cells=None, marks=None))


def open_cases(connection: Connection, run_id: str, states: Sequence[str] = (OPEN,)) -> pd.DataFrame:
    """The cases of a run's failed rows that are still open (or in `states`): rollbook_cases' columns, in row order."""
    rows, cases = rollbook_rows.c, rollbook_cases.c
    met = (
        select(rows.case_id, func.min(rows.part_id).label("part_id"))
        .where(rows.run_id == run_id, rows.case_id.is_not(None))
        .group_by(rows.case_id)
        .subquery()
    )
    query = (
        select(rollbook_cases)
        .join(met, met.c.case_id == cases.case_id)
        .where(cases.state.in_(list(states)))
        .order_by(met.c.part_id, cases.row_no, cases.col_no, cases.case_id)
    )
    return _frame(connection, query)


def cases_by_id(connection: Connection, case_ids: Iterable[int]) -> pd.DataFrame:
    """rollbook_cases' columns of these cases, by case_id; unknown IDs are simply not there."""
    with _chosen(connection, case_ids) as wanted:
        query = select(rollbook_cases).where(rollbook_cases.c.case_id.in_(select(wanted.c.case_id)))
        return _frame(connection, query.order_by(rollbook_cases.c.case_id))


def cases_by_fingerprint(connection: Connection, fingerprints: Sequence[str]) -> pd.DataFrame:
    """rollbook_cases' columns of the cases with these fingerprints, by case_id."""
    frames = []
    for start in range(0, len(fingerprints), 500):
        some = list(fingerprints[start : start + 500])
        frames.append(_frame(connection, select(rollbook_cases).where(rollbook_cases.c.fingerprint.in_(some))))
    return pd.concat(frames).sort_values("case_id", ignore_index=True) if frames else cases_by_id(connection, [])


def _frame(connection: Connection, query: Any) -> pd.DataFrame:
    frame = pd.DataFrame(connection.execute(query).all(), columns=list(CASE_COLUMNS))
    return frame.astype(dict.fromkeys(_TEXTS, "str") | dict.fromkeys(_NUMBERS, "int64"))


@contextmanager
def _chosen(connection: Connection, case_ids: Iterable[int]) -> Iterator[Table]:
    """However many they are: the databases' bounds on bound parameters differ."""
    with temporary(connection, "rollbook_chosen_cases", Column("case_id", BigInteger, nullable=False)) as wanted:
        insert_frame(connection, wanted, pd.DataFrame({"case_id": sorted({int(case_id) for case_id in case_ids})}))
        yield wanted


def ignore(connection: Connection, case_ids: Sequence[int], reason: str) -> int:
    """Set open cases to `ignored` with a reason; returns how many. CannotBegin when an ID is unknown or fixed."""
    found = cases_by_id(connection, case_ids)
    missing = sorted(set(map(int, case_ids)) - set(found["case_id"].astype(int)))
    if missing:
        raise CannotBegin(f"There is no case {_told(missing)}. `rollbook failures` lists the cases.")
    fixed = found.loc[found["state"] == FIXED, "case_id"].tolist()
    if fixed:
        raise CannotBegin(f"Case {_told(fixed)} is fixed already.")
    return _set(connection, case_ids, state=IGNORED, reason=reason)


def close(
    connection: Connection, case_ids: Iterable[int], *, run_id: str, fixed_at: datetime, fixed_by: str | None
) -> int:
    """Set cases that are not fixed yet to `fixed`, by this run; returns how many."""
    return _set(connection, case_ids, state=FIXED, fixed_at=fixed_at, fixed_by=fixed_by, fixed_run_id=run_id)


def _set(connection: Connection, case_ids: Iterable[int], **values: Any) -> int:
    with _chosen(connection, case_ids) as wanted:
        cases = rollbook_cases.c
        here = and_(cases.case_id.in_(select(wanted.c.case_id)), cases.state != FIXED)
        number = connection.scalar(select(func.count()).select_from(rollbook_cases).where(here)) or 0
        connection.execute(update(rollbook_cases).where(here).values(**values))
    return int(number)


def _told(case_ids: Sequence[int]) -> str:
    return ", ".join(str(case_id) for case_id in case_ids[:5]) + (", …" if len(case_ids) > 5 else "")


def record_changes(
    connection: Connection,
    changes: pd.DataFrame,
    *,
    run_id: str,
    changed_at: datetime,
    changed_by: str | None,
    through: str,
) -> None:
    """Write down repairs, a line a changed cell: case_id, source_column, from_value, to_value (missing: blank).

    through: workbook | dashboard | retry.
    """
    insert_frame(
        connection,
        rollbook_changes,
        changes[["case_id", "source_column", "from_value", "to_value"]].assign(
            run_id=run_id, changed_at=pd.Timestamp(changed_at), changed_by=changed_by, changed_through=through
        ),
    )


def changes_of(connection: Connection, case_id: int) -> pd.DataFrame:
    """What was repaired on a case, in order: run_id, changed_at, changed_by, changed_through, column, from, to."""
    changes = rollbook_changes.c
    names = ("run_id", "changed_at", "changed_by", "changed_through", "source_column", "from_value", "to_value")
    query = select(*(changes[name] for name in names)).where(changes.case_id == case_id).order_by(changes.change_id)
    return pd.DataFrame(connection.execute(query).all(), columns=list(names))
