"""Cases: a failed row is one case however often the same cells are met. Opened, read, closed and ignored here."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any

import pandas as pd
import pyarrow as pa
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
    bindparam,
    delete,
    distinct,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    union,
    update,
)

from ledger import activity
from ledger.cases import case_groups, case_labels
from ledger.remote.waiting import Waiting, waiting_cases
from ledger.sql import planner
from ledger.sql.bulk import insert_frame
from ledger.sql.keys import keyed
from ledger.sql.temporary_tables import temporary
from ledger.tables import (
    FIXED,
    IGNORED,
    OPEN,
    PLACE,
    employees,
    rollbook_cases,
    rollbook_changes,
    rollbook_deliveries,
    rollbook_failures,
    rollbook_parts,
    rollbook_rows,
    rollbook_runs,
)
from rollbook.errors import CannotBegin
from rollbook.rows.outcomes import FAILED, REJECTED, TAKEN

# How a case changed that no run changed, and what stands in the place of its run.
IGNORE, REOPEN, UNDO, NO_RUN = "ignore", "reopen", "undo", ""
# The code of a row that was not taken because its case was corrected elsewhere meanwhile.
CORRECTED_ELSEWHERE = "row.corrected_elsewhere"
# What a case takes over from the first row that showed it, beside its place.
_FROM_ROW = ("learner_email", "learner_employee_id", "session_id", "row_no", "col_no", "cells", "marks")
_FROM_PART = ("file_no", "sheet_position", "source_file", "source_sheet")
_SET_APART = ("part_id", "fingerprint", *_FROM_ROW)
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
    with _failed_rows(connection, run_id) as failed:
        return _count(connection, failed, run_id)


def record_cases(connection: Connection, run_id: str) -> Met:
    """Open a case for every new fingerprint of the run's failed rows, meet the known ones once more.

    A row is the case that bears its fingerprint, which all failed rows must have (`staging.add_cells`). Doing it again
    for the same run changes nothing.
    """
    with _failed_rows(connection, run_id) as failed:
        met = _count(connection, failed, run_id)
        if not met.new + met.known:
            return met
        opened = _open_new(connection, failed, run_id)
        planner.analyze(connection, rollbook_failures, "run_id", "part_id", "row_no", "failure_no")
        planner.analyze(connection, rollbook_cases, *_JOINED_BY)
        if opened == met.new + met.known:
            case_labels.add(connection, failed, run_id)
        else:
            _meet_again(connection, failed, run_id)
            _renew(connection, failed, run_id)
            _restore(connection, failed, run_id)
            case_labels.renew(connection, failed, run_id)
        case_groups.renew(connection, failed, run_id, _started_at(connection, run_id))
    return met


# What cases are found by.
_JOINED_BY = ("case_id", "fingerprint", "state", "session_id", "learner_email", "learner_employee_id")


@contextmanager
def _failed_rows(connection: Connection, run_id: str) -> Iterator[Table]:
    """The failed rows set apart: they are few among the staged ones, and read five times."""
    rows = rollbook_rows.c
    columns = [Column(name, rows[name].type) for name in _SET_APART]
    with temporary(connection, "rollbook_failed_rows", *columns) as failed:
        outcome = and_(rows.run_id == run_id, rows.outcome.in_([REJECTED, FAILED]), rows.fingerprint.is_not(None))
        few = select(*(rows[name] for name in _SET_APART)).where(outcome)
        connection.execute(insert(failed).from_select(list(_SET_APART), few))
        planner.analyze(connection, failed, "part_id", "fingerprint")
        yield failed


def _count(connection: Connection, failed: Table, run_id: str) -> Met:
    """A case that the run itself opened before it was stopped is still new in its accounts."""
    cases = rollbook_cases.c
    before = or_(cases.first_run_id != run_id, cases.first_seen < _started_at(connection, run_id))
    known = exists().where(cases.fingerprint == failed.c.fingerprint, before)
    number = select(func.count(distinct(failed.c.fingerprint)))
    met, known_ones = connection.scalar(number) or 0, connection.scalar(number.where(known)) or 0
    return Met(new=met - known_ones, known=known_ones)


def _meet_again(connection: Connection, failed: Table, run_id: str) -> None:
    cases = rollbook_cases.c
    connection.execute(
        update(rollbook_cases)
        # A join, which changes a case once however many rows are it: MariaDB reads all of an IN for each case.
        .where(cases.fingerprint == failed.c.fingerprint, cases.last_run_id != run_id)
        .values(times=cases.times + 1, last_seen=_started_at(connection, run_id), last_run_id=run_id)
    )


def _started_at(connection: Connection, run_id: str) -> datetime:
    query = select(rollbook_runs.c.started_at).where(rollbook_runs.c.run_id == run_id)
    started: datetime = connection.execute(query).scalar_one()
    return started


def _open_new(connection: Connection, failed: Table, run_id: str) -> int:
    parts = rollbook_parts.c
    place = [failed.c[name] for name in PLACE if name != "run_id"]
    turn = func.row_number().over(partition_by=failed.c.fingerprint, order_by=place)
    unknown = ~exists().where(rollbook_cases.c.fingerprint == failed.c.fingerprint)
    first = select(failed, turn.label("turn")).where(unknown).subquery()
    now = _started_at(connection, run_id)
    values: dict[str, Any] = {name: first.c[name] for name in ("fingerprint", *_FROM_ROW)}
    values |= {name: parts[name] for name in _FROM_PART}
    values |= {name: literal(now, rollbook_cases.c[name].type) for name in ("first_seen", "last_seen")}
    values |= {"first_run_id": literal(run_id), "last_run_id": literal(run_id)}
    values |= {"state": literal(OPEN), "times": literal(1)}
    values |= {"source_key": case_labels.source_key(parts.source_file, parts.source_sheet)}
    with case_groups.senders(connection, failed, run_id) as senders:
        values |= {"sender": senders.c.sender}
        query = (
            select(*(column.label(name) for name, column in values.items()))
            .select_from(first)
            .join(rollbook_parts, and_(parts.run_id == run_id, parts.part_id == first.c.part_id))
            .join(senders, senders.c.part_id == first.c.part_id)
            .where(first.c.turn == 1)
            .order_by(first.c.part_id, first.c.row_no, first.c.col_no)
        )
        opened = insert(rollbook_cases).from_select(list(values), query)
        return connection.execute(opened, execution_options={"preserve_rowcount": True}).rowcount


def _renew(connection: Connection, failed: Table, run_id: str) -> None:
    """A case that was corrected and failed again holds what was corrected so far; its fingerprint stays the first.

    Not what was refused because the case was corrected elsewhere meanwhile.
    """
    cases, changes, failures = rollbook_cases.c, rollbook_changes.c, rollbook_failures.c
    same_row = and_(failures.run_id == run_id, *(failures[name] == failed.c[name] for name in PLACE[1:]))
    refused = exists().where(same_row, failures.code == CORRECTED_ELSEWHERE)
    corrected = select(changes.case_id).where(changes.run_id == run_id, changes.case_id.is_not(None))
    names = ("cells", "marks", "learner_email", "learner_employee_id", "session_id")
    connection.execute(
        update(rollbook_cases)
        .where(
            failed.c.fingerprint == cases.fingerprint,
            failed.c.cells.is_not(None),
            cases.case_id.in_(corrected),
            ~refused,
        )
        .values({name: failed.c[name] for name in names} | {"purged_at": None})
    )


def _restore(connection: Connection, failed: Table, run_id: str) -> None:
    """A purged case that is met again is read as this run has it: cells, and the plan that says what they are."""
    cases, parts = rollbook_cases.c, rollbook_parts.c
    here = and_(failed.c.fingerprint == cases.fingerprint, failed.c.cells.is_not(None), cases.purged_at.is_not(None))
    if connection.scalar(select(failed.c.part_id).where(here).limit(1)) is None:
        return
    values: dict[str, Any] = {name: failed.c[name] for name in _FROM_ROW}
    values |= {name: parts[name] for name in _FROM_PART}
    values |= {"source_key": case_labels.source_key(parts.source_file, parts.source_sheet)}
    same_part = and_(parts.run_id == run_id, parts.part_id == failed.c.part_id)
    connection.execute(
        update(rollbook_cases).where(here, same_part).values({**values, "first_run_id": run_id, "purged_at": None})
    )


def cases_by_id(connection: Connection, case_ids: Iterable[int]) -> pd.DataFrame:
    """rollbook_cases' columns of these cases, by case_id; unknown IDs are simply not there."""
    with chosen_cases(connection, case_ids) as wanted:
        query = select(rollbook_cases).where(rollbook_cases.c.case_id.in_(select(wanted.c.case_id)))
        return _frame(connection, query.order_by(rollbook_cases.c.case_id))


def ended_since(connection: Connection, case_ids: Iterable[int]) -> dict[int, tuple[str, int]]:
    """Those of the cases that are not open any more: file and row of each."""
    found = cases_by_id(connection, case_ids)
    ended = found[found["state"] != OPEN]
    places = zip(ended["case_id"], ended["source_file"], ended["row_no"], strict=True)
    return {int(case_id): (PurePath(file).name, int(row)) for case_id, file, row in places}


def of_same_rows(connection: Connection, case_ids: Iterable[int]) -> list[int]:
    """The other open cases of the sheet rows in which these stand: a row of a wide sheet is a case a session."""
    cases = rollbook_cases.c
    place = (cases.first_run_id, cases.file_no, cases.sheet_position, cases.row_no)
    with chosen_cases(connection, case_ids) as wanted:
        named = select(cases.source_key, cases.case_id, *place).where(cases.col_no > 0)
        chosen = connection.execute(named.where(cases.case_id.in_(select(wanted.c.case_id)))).all()
    places = {tuple(told) for _, _, *told in chosen}
    found: set[int] = set()
    # By the beginning of a file's name cases are found in an index; planners given all at once read all cases for each.
    for key in sorted({key for key, *_ in chosen}):
        rows = [row_no for of_key, *_, row_no in chosen if of_key == key]
        here = and_(cases.state == OPEN, cases.source_key == key, cases.col_no > 0)
        near = select(cases.case_id, *place).where(here, cases.row_no.between(min(rows), max(rows)))
        found.update(case_id for case_id, *told in connection.execute(near) if tuple(told) in places)
    return sorted(found - {case_id for _, case_id, *_ in chosen})


def _frame(connection: Connection, query: Any) -> pd.DataFrame:
    frame = pd.DataFrame(connection.execute(query).all(), columns=list(CASE_COLUMNS))
    return frame.astype(dict.fromkeys(_TEXTS, "str") | dict.fromkeys(_NUMBERS, "int64"))


def chosen_cases(connection: Connection, case_ids: Iterable[int]) -> AbstractContextManager[Table]:
    """A table of these cases, however many: the databases' bounds on bound parameters differ."""
    number = Column("case_id", BigInteger, primary_key=True, autoincrement=False)
    keys = pa.table({"case_id": pa.array(sorted({int(case_id) for case_id in case_ids}), pa.int64())})
    return keyed(connection, "rollbook_chosen_cases", keys, number)


def ignore(connection: Connection, case_ids: Sequence[int], reason: str, *, by: str, at: datetime) -> int:
    """Set open cases to `ignored` with a reason, and record it; returns how many.

    Raises CannotBegin where one is unknown, fixed, or on its way to its destination.
    """
    found = _known(connection, case_ids)
    fixed = found.loc[found["state"] == FIXED, "case_id"].tolist()
    if fixed:
        raise CannotBegin(f"Case {_numbers(fixed)} is fixed already.")
    refuse_waiting(waiting_cases(connection), case_ids)
    _record_state(connection, found, by=by, at=at, through=IGNORE, said=reason)
    activity.record(connection, _done(IGNORE, case_ids, by, at, reason))
    return _set(connection, case_ids, state=IGNORED, reason=f"{reason} ({by}, {at:%Y-%m-%d})")


def reopen(connection: Connection, case_ids: Sequence[int], reason: str | None, *, by: str, at: datetime) -> int:
    """Set ignored cases to `open` again, and record it; returns how many. CannotBegin where one is not ignored."""
    found = _known(connection, case_ids)
    others = found[found["state"] != IGNORED]
    if len(others):
        first = others.iloc[0]
        raise CannotBegin(f"Case {first['case_id']} is {first['state']}. Only ignored cases can be reopened.")
    _record_state(connection, found, by=by, at=at, through=REOPEN, said=reason)
    activity.record(connection, _done(REOPEN, case_ids, by, at, reason))
    return _set(connection, case_ids, state=OPEN, reason=None)


def _done(kind: str, case_ids: Sequence[int], by: str, at: datetime, reason: str | None) -> activity.Activity:
    one = int(case_ids[0]) if len(case_ids) == 1 else None
    return activity.Activity(kind, at, by, case_id=one, rows=len(case_ids), detail=reason)


def _known(connection: Connection, case_ids: Sequence[int]) -> pd.DataFrame:
    """The cases; CannotBegin where one is unknown."""
    found = cases_by_id(connection, case_ids)
    missing = sorted(set(map(int, case_ids)) - set(found["case_id"].astype(int)))
    if missing:
        raise CannotBegin(f"There is no case {_numbers(missing)}. `rollbook failures` lists the cases.")
    return found


def refuse_waiting(waiting: Mapping[int, Waiting], case_ids: Iterable[int]) -> None:
    """Raise CannotBegin where one of the cases is on its way to its destination."""
    first = next((waiting[case_id] for case_id in case_ids if case_id in waiting), None)
    if first is not None:
        raise CannotBegin(
            f"Case {first.case_id} is on its way to its destination and not confirmed yet ({first.delivery}). Nothing "
            "was changed. Wait for the answer; if it is refused, the row can be corrected again."
        )


def _record_state(
    connection: Connection, found: pd.DataFrame, *, by: str, at: datetime, through: str, said: str | None
) -> None:
    """A line a case that no run changed: the reason that it had, and the one that was given."""
    lines = found[["case_id"]].assign(source_column=None, from_value=found["reason"], to_value=said)
    lines = lines.astype(dict.fromkeys(("source_column", "from_value", "to_value"), "str"))
    record_changes(connection, lines, run_id=NO_RUN, changed_at=at, changed_by=by, through=through)


def close(
    connection: Connection, case_ids: Iterable[int], *, run_id: str, fixed_at: datetime, fixed_by: str | None
) -> int:
    """Set cases that are not fixed yet to `fixed`, by this run; returns how many."""
    return _set(connection, case_ids, state=FIXED, fixed_at=fixed_at, fixed_by=fixed_by, fixed_run_id=run_id)


def _set(connection: Connection, case_ids: Iterable[int], **values: Any) -> int:
    with chosen_cases(connection, case_ids) as wanted:
        cases = rollbook_cases.c
        # A join: MariaDB reads all of an IN for each case.
        here = and_(cases.case_id == wanted.c.case_id, cases.state != FIXED)
        number = connection.scalar(select(func.count()).select_from(rollbook_cases.join(wanted, here))) or 0
        with case_groups.counted(connection, select(wanted.c.case_id)):
            connection.execute(update(rollbook_cases).where(here).values(**values))
    return int(number)


def reopen_fixed(connection: Connection, run_id: str, *where: ColumnElement[bool]) -> int:
    """Open again what a run fixed, all of it or what is `where`; returns how many cases."""
    cases = rollbook_cases.c
    here = and_(cases.state == FIXED, cases.fixed_run_id == run_id, *where)
    with case_groups.counted(connection, select(cases.case_id).where(here)):
        return connection.execute(
            update(rollbook_cases).where(here).values(state=OPEN, fixed_at=None, fixed_by=None, fixed_run_id=None)
        ).rowcount


def close_delivered(connection: Connection, run_id: str, *, fixed_at: datetime, fixed_by: str | None) -> None:
    """Close the open cases whose row or enrollment a system outside confirmed; before the rows leave the stage."""
    cases, sent, rows = rollbook_cases.c, rollbook_deliveries.c, rollbook_rows.c
    loaded = and_(sent.run_id == run_id, sent.state.in_(TAKEN))
    same_row = and_(rows.run_id == sent.run_id, *(rows[name] == sent[name] for name in PLACE[1:]))
    corrected = (
        select(rows.fingerprint).join(rollbook_deliveries, same_row).where(loaded, rows.fingerprint.is_not(None))
    )
    chosen = [select(cases.case_id).where(cases.state == OPEN, cases.fingerprint.in_(corrected))]
    halves = ("learner_email", "learner_employee_id")
    # Two numbers with one e-mail are two learners: neither half may say otherwise.
    agree = and_(*(or_(cases[name] == sent[name], cases[name] == "", sent[name] == "") for name in halves))
    shared = and_(employees.c.email == cases.learner_email, employees.c.employee_number != sent.learner_employee_id)
    agree = and_(agree, or_(cases.learner_employee_id != "", sent.learner_employee_id == "", ~exists().where(shared)))
    for name in halves:
        same = and_(cases.session_id == sent.session_id, cases[name] == sent[name], agree)
        named = select(cases.case_id).select_from(rollbook_cases).join(rollbook_deliveries, same)
        chosen.append(named.where(loaded, cases.state == OPEN, cases.session_id != "", cases[name] != ""))
    found = connection.scalars(union(*chosen)).all()
    close(connection, found, run_id=run_id, fixed_at=fixed_at, fixed_by=fixed_by)


def count_closed(connection: Connection, run_id: str) -> int:
    """How many cases a run closed."""
    cases = rollbook_cases.c
    return connection.scalar(select(func.count()).where(cases.fixed_run_id == run_id, cases.state == FIXED)) or 0


def _numbers(case_ids: Sequence[int]) -> str:
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

    A line without a source_column: the case was imported again as it is.

    through: workbook | dashboard | retry, IGNORE | REOPEN with reasons as values, or UNDO.
    """
    insert_frame(
        connection,
        rollbook_changes,
        changes[["case_id", "source_column", "from_value", "to_value"]].assign(
            run_id=run_id, changed_at=pd.Timestamp(changed_at), changed_by=changed_by, changed_through=through
        ),
    )


def repairs(connection: Connection, run_id: str) -> dict[int, dict[str, str | None]]:
    """case_id -> {letter: the text that takes the cell's place; None: blank}, as a run wrote its repairs down.

    A case without any cell is imported as it is.
    """
    changes = rollbook_changes.c
    query = select(changes.case_id, changes.source_column, changes.to_value)
    query = query.where(changes.run_id == run_id, changes.case_id.is_not(None)).order_by(changes.change_id)
    found: dict[int, dict[str, str | None]] = {}
    for case_id, letter, text_now in connection.execute(query):
        cells = found.setdefault(case_id, {})
        if letter is not None:
            cells[letter] = text_now
    return found


def own_changes(connection: Connection, run_id: str) -> dict[int, dict[str, tuple[str | None, str | None]]]:
    """case_id -> {letter: (text before, text after)} of the cells that a run repairs."""
    changes = rollbook_changes.c
    query = select(changes.case_id, changes.source_column, changes.from_value, changes.to_value)
    query = query.where(changes.run_id == run_id, changes.case_id.is_not(None), changes.source_column.is_not(None))
    found: dict[int, dict[str, tuple[str | None, str | None]]] = {}
    for case_id, letter, *texts in connection.execute(query.order_by(changes.change_id)):
        found.setdefault(case_id, {})[letter] = (texts[0], texts[1])
    return found


def take_back_corrections(connection: Connection, run_id: str, *, at: datetime, by: str | None) -> int:
    """Give the open cases that a run corrected and did not load the cells back that it found; how many cases.

    Only cells that this run changed last, as the changes on record say, which this is one of. What is wrong with them
    is found when the row is judged the next time.
    """
    changes = rollbook_changes.c
    ours = select(changes.case_id).where(changes.run_id == run_id, changes.case_id.is_not(None))
    names = ("case_id", "source_column", "run_id", "from_value", "to_value")
    query = select(*(changes[name] for name in names)).where(changes.case_id.in_(ours))
    query = query.where(changes.source_column.is_not(None)).order_by(changes.change_id)
    last = {(case_id, letter): told for case_id, letter, *told in connection.execute(query)}
    stored = cases_by_id(connection, {case_id for case_id, _ in last})
    stored = stored[stored["state"] == OPEN]
    now = {int(case_id): json.loads(cells) for case_id, cells in zip(stored["case_id"], stored["cells"], strict=True)}
    lines = [
        (case_id, letter, after, before)
        for (case_id, letter), (run, before, after) in last.items()
        if case_id in now and run == run_id and before != after and now[case_id].get(letter) == after
    ]
    if not lines:
        return 0
    for case_id, letter, _, before in lines:
        now[case_id].pop(letter, None)
        if before is not None:
            now[case_id][letter] = before
    cases, touched = rollbook_cases.c, sorted({case_id for case_id, *_ in lines})
    connection.execute(
        update(rollbook_cases).where(cases.case_id == bindparam("of")).values(cells=bindparam("told")),
        [{"of": case_id, "told": json.dumps(now[case_id], ensure_ascii=False)} for case_id in touched],
    )
    told = pd.DataFrame(lines, columns=["case_id", "source_column", "from_value", "to_value"])
    record_changes(connection, told, run_id=NO_RUN, changed_at=at, changed_by=by, through=UNDO)
    return len(touched)


def forget_changes(connection: Connection, run_id: str, case_ids: Iterable[int]) -> None:
    """Take out what a run wrote down of these cases' repairs, which it is about to write down anew."""
    changes = rollbook_changes.c
    with chosen_cases(connection, case_ids) as wanted:
        ours = and_(changes.run_id == run_id, changes.case_id.in_(select(wanted.c.case_id)))
        connection.execute(delete(rollbook_changes).where(ours))


def refused_corrections(connection: Connection, run_id: str) -> set[str]:
    """The fingerprints of the rows that a run did not take because their case was corrected elsewhere."""
    rows, failures = rollbook_rows.c, rollbook_failures.c
    same_row = and_(*(rows[name] == failures[name] for name in PLACE))
    query = select(rows.fingerprint).select_from(rollbook_failures).join(rollbook_rows, same_row)
    query = query.where(failures.run_id == run_id, failures.code == CORRECTED_ELSEWHERE, rows.fingerprint.is_not(None))
    return set(connection.scalars(query))


def keep_correction(
    connection: Connection, run_id: str, case_id: int, cells: Mapping[str, str], letters: Iterable[str]
) -> None:
    """Give a case what a run may correct of it: these cells, and no change of these letters on record.

    The run's own row, which it did not take, holds the same from now on, for its workbook shows it.
    """
    cases, rows, changes = rollbook_cases.c, rollbook_rows.c, rollbook_changes.c
    fingerprint = select(cases.fingerprint).where(cases.case_id == case_id).scalar_subquery()
    told = json.dumps(dict(cells), ensure_ascii=False)
    ours = and_(rows.run_id == run_id, rows.fingerprint == fingerprint)
    connection.execute(update(rollbook_rows).where(ours).values(cells=told))
    marks = connection.scalar(select(cases.marks).where(cases.case_id == case_id))
    stays = {letter: kind for letter, kind in json.loads(marks or "{}").items() if letter in cells}
    connection.execute(
        update(rollbook_cases)
        .where(cases.case_id == case_id)
        .values(cells=told, marks=json.dumps(stays) if stays else None)
    )
    here = and_(changes.run_id == run_id, changes.case_id == case_id, changes.source_column.in_(list(letters)))
    connection.execute(delete(rollbook_changes).where(here))


def changes_of(connection: Connection, case_id: int) -> pd.DataFrame:
    """What was repaired on a case, in order: run_id, changed_at, changed_by, changed_through, column, from, to."""
    changes = rollbook_changes.c
    names = ("run_id", "changed_at", "changed_by", "changed_through", "source_column", "from_value", "to_value")
    query = select(*(changes[name] for name in names)).where(changes.case_id == case_id).order_by(changes.change_id)
    return pd.DataFrame(connection.execute(query).all(), columns=list(names))
