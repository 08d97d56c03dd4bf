"""What a run changed of enrollments that were there before it, field by field: the lines of `rollbook changes`.

The journal has what each update replaced. What it put there is what the next update of the enrollment replaced, else
what the enrollment holds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Select,
    Table,
    and_,
    case,
    func,
    insert,
    or_,
    select,
)

from ledger.sql import planner
from ledger.sql.temporary_tables import temporary
from ledger.tables import employees, rollbook_changes, training_enrollments, training_sessions

# The columns of a line. was, is: as people write them, NULL for a blank field. source_*: the row that changed it.
CHANGE_LINES = pa.schema(
    [
        ("enrollment_id", pa.int64()),
        *((name, pa.string()) for name in ("learner", "session", "field", "was", "is", "source_file", "source_sheet")),
        ("source_row", pa.int64()),
        ("run_id", pa.string()),
    ]
)
_TEXTS = ("status", "grade", "feedback", "certificate_number")
_NUMBERS = ("hours", "credits")
_DEFAULTED = {"enrolled_on": "enrolled_at", "completed_on": "completed_at"}
_OTHERS = "extra"
_HELD = (
    *(*_TEXTS, *_NUMBERS, "attendance_confirmed", "expires_on", _OTHERS),
    *(name for day in _DEFAULTED.values() for name in (day, f"{day}_is_default")),
)
_PLACE = ("source_file", "source_sheet", "source_row")
UPDATES_AT_ONCE = 10_000


def change_lines(connection: Connection, run_id: str) -> Iterator[pa.Table]:
    """The lines of a run as CHANGE_LINES, by source, some at a time.

    An update that was taken back (`undo`) is none any more.
    """
    number = Column("enrollment_id", BigInteger, primary_key=True, autoincrement=False)
    with temporary(connection, "rollbook_later", number, Column("change_id", BigInteger)) as later:
        _find_later(connection, later, run_id)
        with connection.execute(_updates(later, run_id), execution_options={"yield_per": UPDATES_AT_ONCE}) as found:
            for updates in found.partitions():
                lines = [line for update in updates for line in _lines_of(update, run_id)]
                columns = list(zip(*lines, strict=True)) or [()] * len(CHANGE_LINES)
                arrays = [pa.array(values, kind) for values, kind in zip(columns, CHANGE_LINES.types, strict=True)]
                yield pa.table(arrays, CHANGE_LINES)


def count_updates(connection: Connection, run_id: str) -> int:
    """How many enrollments the run's lines in the journal are about."""
    journal = rollbook_changes.c
    ours = and_(journal.run_id == run_id, journal.enrollment_id.is_not(None))
    return connection.scalar(select(func.count()).where(ours)) or 0


def _find_later(connection: Connection, later: Table, run_id: str) -> None:
    """Note, of each enrollment that another run updated after this one, the line that says what this one left."""
    journal = rollbook_changes.c
    query = select(journal.enrollment_id, func.min(journal.change_id)).where(
        journal.replaced_run_id == run_id, journal.run_id != run_id, journal.enrollment_id.is_not(None)
    )
    grouped = query.group_by(journal.enrollment_id)
    connection.execute(insert(later).from_select(["enrollment_id", "change_id"], grouped))
    planner.analyze(connection, later, "enrollment_id")


def _updates(later: Table, run_id: str) -> Select[Any]:
    """A line an enrollment: `was_` and `is_` of what it holds, where that came from, whom and what it is about."""
    journal, there, people = rollbook_changes.c, training_enrollments.c, employees.c
    then = rollbook_changes.alias("then")
    untouched = then.c.change_id.is_(None)
    left = {name: case((untouched, there[name]), else_=then.c[f"replaced_{name}"]) for name in (*_HELD, *_PLACE)}
    return (
        select(
            there.id.label("enrollment_id"),
            func.coalesce(people.email, people.employee_number, people.name).label("learner"),
            training_sessions.c.session_code.label("session"),
            *(journal[f"replaced_{name}"].label(f"was_{name}") for name in _HELD),
            *(column.label(name if name in _PLACE else f"is_{name}") for name, column in left.items()),
        )
        .select_from(rollbook_changes)
        .join(training_enrollments, there.id == journal.enrollment_id)
        .outerjoin(later, later.c.enrollment_id == journal.enrollment_id)
        .outerjoin(then, then.c.change_id == later.c.change_id)
        .outerjoin(employees, people.id == there.employee_id)
        .outerjoin(training_sessions, training_sessions.c.id == there.training_session_id)
        .where(journal.run_id == run_id, or_(there.run_id == run_id, ~untouched))
        .order_by(*(left[name] for name in _PLACE), there.id)
    )


def _lines_of(update: Sequence[Any], run_id: str) -> Iterator[tuple[Any, ...]]:
    """The lines of an update as `_updates` gives it: whom it is about, what was and is held, its source."""
    about, held, place = update[:3], update[3:-3], update[-3:]
    was, became = (dict(zip(_HELD, half, strict=True)) for half in (held[: len(_HELD)], held[len(_HELD) :]))
    for name, (columns, shown) in _SHOWN.items():
        before, after = ([half[column] for column in columns] for half in (was, became))
        if before != after and (told := shown(*before)) != (now := shown(*after)):
            yield (*about, name, told, now, *place, run_id)
    if was[_OTHERS] != became[_OTHERS]:
        former, others = (json.loads(half[_OTHERS] or "{}") for half in (was, became))
        for header in dict.fromkeys((*former, *others)):
            if former.get(header) != others.get(header):
                yield (*about, f"{_OTHERS}: {header}", former.get(header), others.get(header), *place, run_id)


def _text(text: str | None) -> str | None:
    return text


def _number(number: float | None) -> str | None:
    return None if number is None else str(int(number)) if number == int(number) else str(number)


def _yes_no(said: bool | None) -> str | None:
    return None if said is None else "yes" if said else "no"


def _day(moment: date | datetime | None, is_default: bool | None = False) -> str | None:
    """`2024-03-05`, with the time where there is one; `(default)` follows what no sheet said."""
    if moment is None:
        return None
    at_midnight = not isinstance(moment, datetime) or moment.time() == datetime.min.time()
    told = f"{moment:%Y-%m-%d}" if at_midnight else f"{moment:%Y-%m-%d %H:%M}"
    return f"{told} (default)" if is_default else told


# Field -> the columns that hold it, and how people write it.
_SHOWN: Mapping[str, tuple[tuple[str, ...], Callable[..., str | None]]] = {
    **{name: ((name,), _text) for name in _TEXTS},
    **{name: ((name,), _number) for name in _NUMBERS},
    "attendance_confirmed": (("attendance_confirmed",), _yes_no),
    "expires_on": (("expires_on",), _day),
    **{name: ((at, f"{at}_is_default"), _day) for name, at in _DEFAULTED.items()},
}
