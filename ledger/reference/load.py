"""Reference data: learners, groups, courses and sessions as the target knows them; the rules read nothing else.

What an import creates is no reference data (`origin` says which is which); loading makes it so when it is matched.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Column, ColumnElement, Connection, Select, case, insert, select, update

from ledger.activity import REFERENCE as LOADED_REFERENCE
from ledger.activity import Activity, record
from ledger.reference.adopt import Clashing
from ledger.reference.adopt_sessions import adopt_courses, adopt_sessions
from ledger.reference.store import STORE
from ledger.reference.upserts import IMPORT, REFERENCE, Loaded
from ledger.tables import (
    courses,
    employees,
    group_courses,
    group_members,
    groups,
    rollbook_references,
    training_sessions,
)
from rollbook.errors import CannotBegin
from transforms.values.normalize import addresses
from validators.context import REFERENCE_COLUMNS, References
from validators.groups import NamedIndex

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
    A row that contradicts another, or names what is not loaded, is a problem told by its number and left out; so is one
    that would make two enrollments one that differ. What imports created is taken over, with its enrollments.
    """
    if kind not in KINDS:
        raise CannotBegin(f"There is no reference data '{kind}'. Kinds: {', '.join(KINDS)}.")
    whole = frame.reindex(columns=["row", *KINDS[kind]]).reset_index(drop=True)
    loaded = _put(connection, kind, whole)
    _grow_generation(connection, kind, len(whole) - len(loaded.problems), loaded_at, loaded_by, source)
    return loaded


def _put(connection: Connection, kind: str, rows: pd.DataFrame) -> Loaded:
    """The rows in their tables, without those whose enrollments clash: as if they were not in the file."""
    clashes = []
    while True:
        try:
            with connection.begin_nested():
                loaded = STORE[kind](connection, rows)
                adopted = _adopt(connection, kind, rows[~rows["row"].isin(loaded.problems["row"])])
        except Clashing as found:
            clashes.append(found.problems)
            rows = rows[~rows["row"].isin(found.problems["row"])].reset_index(drop=True)
        else:
            problems = pd.concat([loaded.problems, *clashes]).sort_values("row", kind="stable", ignore_index=True)
            return replace(loaded, problems=problems, adopted=loaded.adopted + adopted)


def _adopt(connection: Connection, kind: str, rows: pd.DataFrame) -> int:
    """Take over the sessions or courses that imports made; learners were, as they were stored."""
    before = loaded_kinds(connection)
    if kind == "sessions":
        named = None
        if "courses" in before:
            known = _read(connection, "courses")
            named = NamedIndex(known["course_id"], known["name"])
        return adopt_sessions(connection, rows, _read(connection, "sessions"), named)
    if kind == "courses":
        return adopt_courses(connection, rows["course_id"], is_first="courses" not in before)
    return 0


def _grow_generation(
    connection: Connection, kind: str, rows: int, loaded_at: datetime, loaded_by: str | None, source: str | None
) -> None:
    known = rollbook_references.c
    values = {"forgotten_at": None, "loaded_at": loaded_at, "loaded_by": loaded_by, "source": source, "row_count": rows}
    record(connection, Activity(LOADED_REFERENCE, loaded_at, loaded_by, rows=rows, detail=kind))
    before = connection.scalar(select(known.generation).where(known.kind == kind))
    if before is None:
        connection.execute(insert(rollbook_references).values(kind=kind, generation=1, **values))
    else:
        grown = update(rollbook_references).where(known.kind == kind).values(generation=before + 1, **values)
        connection.execute(grown)


def loaded_kinds(connection: Connection) -> dict[str, int]:
    """{kind: generation} of the kinds that were loaded, and not forgotten since."""
    known = rollbook_references.c
    query = select(known.kind, known.generation).where(known.forgotten_at.is_(None))
    return dict(connection.execute(query).tuples().all())


def load_references(connection: Connection) -> References:
    """The kinds that were loaded, lines of origin 'reference' only; the others are None."""
    kinds = [kind for kind in KINDS if kind in loaded_kinds(connection)]
    return References(**{kind.replace("-", "_"): _read(connection, kind) for kind in kinds})


def _read(connection: Connection, kind: str) -> pd.DataFrame:
    return _framed([tuple(row) for row in connection.execute(_QUERIES[kind]())], kind)


def _framed(rows: list[tuple[Any, ...]], kind: str) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(KINDS[kind]))
    texts = [name for name in frame.columns if name not in ("session_date", "max_participants")]
    frame[texts] = frame[texts].astype("str")
    if "email" in texts:
        frame["email"] = addresses(frame["email"])
    if kind == "sessions":
        frame["session_date"] = pd.to_datetime(frame["session_date"]).astype("datetime64[s]")
        frame["max_participants"] = frame["max_participants"].astype("Int64")
    return frame


def _learners() -> Select[Any]:
    """The loaded learners; what an import added to one of them is left out."""
    c = employees.c
    told = (_unless_given(c.email), _unless_given(c.employee_number), _unless_given(c.name))
    return select(*told).where(c.origin == REFERENCE).order_by(c.id)


def _unless_given(half: Column[Any]) -> ColumnElement[Any]:
    told_by = employees.c[f"{half.name.removeprefix('employee_')}_run_id"]
    return case((told_by.is_(None), half))


def _groups() -> Select[Any]:
    return select(groups.c.group_code, groups.c.name).where(groups.c.origin == REFERENCE).order_by(groups.c.id)


def _memberships() -> Select[Any]:
    return (
        select(
            groups.c.group_code,
            groups.c.name,
            _unless_given(employees.c.email),
            _unless_given(employees.c.employee_number),
        )
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
    return _all_sessions().where(training_sessions.c.origin == REFERENCE)


def _all_sessions() -> Select[Any]:
    c = training_sessions.c
    columns = (c.session_date, c.session_start, c.grade_type, c.max_participants, c.status)
    query = select(c.session_code, courses.c.course_code, courses.c.name, *columns)
    return query.outerjoin(courses, courses.c.id == c.course_id).order_by(c.id)


def forgotten_sessions(connection: Connection) -> pd.DataFrame:
    """The sessions that were loaded once, were forgotten and stay in use: `id` and the columns of the kind."""
    c = training_sessions.c
    query = _all_sessions().where(c.origin == IMPORT, c.run_id.is_(None)).add_columns(c.id)
    rows = connection.execute(query).all()
    numbers = pd.Series([row[-1] for row in rows], dtype="int64")
    return _framed([tuple(row[:-1]) for row in rows], "sessions").assign(id=numbers)


_QUERIES: Mapping[str, Callable[[], Select[Any]]] = {
    "learners": _learners,
    "groups": _groups,
    "memberships": _memberships,
    "courses": _courses,
    "group-courses": _group_courses,
    "sessions": _sessions,
}
