"""Reference data: learners, groups, courses and sessions as the target knows them; the rules read nothing else.

What an import creates is no reference data (`origin` says which is which); loading makes it so when it is matched.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Select, insert, select, update

from ledger.reference_rows import STORE
from ledger.tables import (
    courses,
    employees,
    group_courses,
    group_members,
    groups,
    rollbook_references,
    training_sessions,
)
from ledger.upserts import REFERENCE, Loaded
from rollbook.errors import CannotBegin
from validators.context import REFERENCE_COLUMNS, References

# The columns of each kind's frame, beside `row`, the number that the spreadsheet program shows.
KINDS = REFERENCE_COLUMNS


def store(
    connection: Connection,
    kind: str,
    frame: pd.DataFrame,
    *,
    loaded_at: datetime,
    loaded_by: str | None = None,
    source: str | None = None,
) -> Loaded:
    """Add reference data, or change what is there; a blank never overwrites, and nothing is removed.

    frame: `row` and the columns of KINDS[kind], cleaned as canonical rows are (text `str`, `session_date` datetime64,
        `max_participants` Int64); columns may be left out.
    A row that contradicts another, or names what is not loaded, is a problem told by its number and left out.
    """
    if kind not in KINDS:
        raise CannotBegin(f"There is no reference data '{kind}'. Kinds: {', '.join(KINDS)}.")
    whole = frame.reindex(columns=["row", *KINDS[kind]]).reset_index(drop=True)
    loaded = STORE[kind](connection, whole)
    _grow_generation(connection, kind, len(whole) - len(loaded.problems), loaded_at, loaded_by, source)
    return loaded


def _grow_generation(
    connection: Connection, kind: str, rows: int, loaded_at: datetime, loaded_by: str | None, source: str | None
) -> None:
    known = rollbook_references.c
    values = {"loaded_at": loaded_at, "loaded_by": loaded_by, "source": source, "row_count": rows}
    before = connection.scalar(select(known.generation).where(known.kind == kind))
    if before is None:
        connection.execute(insert(rollbook_references).values(kind=kind, generation=1, **values))
    else:
        grown = update(rollbook_references).where(known.kind == kind).values(generation=before + 1, **values)
        connection.execute(grown)


def loaded_kinds(connection: Connection) -> dict[str, int]:
    """{kind: generation} of the kinds that were loaded."""
    known = rollbook_references.c
    return dict(connection.execute(select(known.kind, known.generation)).tuples().all())


def load_references(connection: Connection) -> References:
    """The kinds that were loaded, lines of origin 'reference' only; the others are None."""
    kinds = [kind for kind in KINDS if kind in loaded_kinds(connection)]
    return References(**{kind.replace("-", "_"): _read(connection, kind) for kind in kinds})


def _read(connection: Connection, kind: str) -> pd.DataFrame:
    rows = connection.execute(_QUERIES[kind]()).all()
    frame = pd.DataFrame(rows, columns=list(KINDS[kind]))
    texts = [name for name in frame.columns if name not in ("session_date", "max_participants")]
    frame[texts] = frame[texts].astype("str")
    if kind == "sessions":
        frame["session_date"] = pd.to_datetime(frame["session_date"]).astype("datetime64[s]")
        frame["max_participants"] = frame["max_participants"].astype("Int64")
    return frame


def _learners() -> Select[Any]:
    c = employees.c
    return select(c.email, c.employee_number, c.name).where(c.origin == REFERENCE).order_by(c.id)


def _groups() -> Select[Any]:
    return select(groups.c.group_code, groups.c.name).where(groups.c.origin == REFERENCE).order_by(groups.c.id)


def _memberships() -> Select[Any]:
    return (
        select(groups.c.group_code, groups.c.name, employees.c.email, employees.c.employee_number)
        .join(group_members, group_members.c.group_id == groups.c.id)
        .join(employees, employees.c.id == group_members.c.employee_id)
        .order_by(groups.c.id, employees.c.id)
    )


def _courses() -> Select[Any]:
    return select(courses.c.course_code, courses.c.name).where(courses.c.origin == REFERENCE).order_by(courses.c.id)


def _group_courses() -> Select[Any]:
    return (
        select(groups.c.group_code, groups.c.name, courses.c.course_code)
        .join(group_courses, group_courses.c.group_id == groups.c.id)
        .join(courses, courses.c.id == group_courses.c.course_id)
        .order_by(groups.c.id, courses.c.id)
    )


def _sessions() -> Select[Any]:
    c = training_sessions.c
    columns = (c.session_date, c.session_start, c.grade_type, c.max_participants, c.status)
    return (
        select(c.session_code, courses.c.course_code, courses.c.name, *columns)
        .outerjoin(courses, courses.c.id == c.course_id)
        .where(c.origin == REFERENCE)
        .order_by(c.id)
    )


_QUERIES: Mapping[str, Callable[[], Select[Any]]] = {
    "learners": _learners,
    "groups": _groups,
    "memberships": _memberships,
    "courses": _courses,
    "group-courses": _group_courses,
    "sessions": _sessions,
}
