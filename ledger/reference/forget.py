"""Loaded reference data is forgotten: its rules no longer hold; what is in use stays, as if an import had made it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Table, and_, delete, exists, insert, select, union, update

from ledger.reference.load import loaded_kinds
from ledger.reference.upserts import IMPORT, REFERENCE
from ledger.sql.temporary_tables import temporary
from ledger.tables import (
    courses,
    employees,
    group_courses,
    group_members,
    groups,
    rollbook_references,
    training_enrollments,
    training_sessions,
)
from rollbook.errors import CannotBegin

# kind -> its table, and the columns that name a line of it.
_LINES: Mapping[str, tuple[Table, tuple[Column[Any], ...]]] = {
    "sessions": (training_sessions, (training_enrollments.c.training_session_id,)),
    "learners": (employees, (training_enrollments.c.employee_id, group_members.c.employee_id)),
    "groups": (groups, (group_members.c.group_id, group_courses.c.group_id)),
    "courses": (courses, (training_sessions.c.course_id, group_courses.c.course_id)),
}
_LINKS: Mapping[str, Table] = {"memberships": group_members, "group-courses": group_courses}


@dataclass(frozen=True)
class Forgotten:
    """removed: lines by kind, those that nothing else held any more among them. kept: lines that something uses."""

    removed: Mapping[str, int]
    kept: int


def forget(connection: Connection, kind: str, *, forgotten_at: datetime) -> Forgotten:
    """Remove the loaded data of a kind. Raises CannotBegin where none is loaded."""
    if kind not in loaded_kinds(connection):
        raise CannotBegin(f"No {kind} are loaded: there is nothing to forget.")
    known = rollbook_references.c
    connection.execute(update(rollbook_references).where(known.kind == kind).values(forgotten_at=forgotten_at))
    kept, removed = 0, Counter[str]()
    if kind in _LINKS:
        removed[kind] = connection.execute(delete(_LINKS[kind])).rowcount
    else:
        table = _LINES[kind][0]
        loaded = update(table).where(table.c.origin == REFERENCE)
        kept = connection.execute(loaded.values(origin=IMPORT, run_id=None)).rowcount
    if kind == "sessions" and "courses" not in loaded_kinds(connection):
        brought = update(courses).where(courses.c.origin == REFERENCE)
        connection.execute(brought.values(origin=IMPORT, run_id=None))
    # Sessions before their courses: what a line was kept for may have gone with it.
    for name, (table, users) in _LINES.items():
        removed[name] += _remove_unused(connection, table, users)
    return Forgotten({name: number for name, number in removed.items() if number}, kept - removed[kind])


def _remove_unused(connection: Connection, table: Table, users: tuple[Column[Any], ...]) -> int:
    """Delete the lines that were loaded once and that nothing uses; what a run made bears its ID."""
    forgotten = and_(table.c.origin == IMPORT, table.c.run_id.is_(None))
    if not connection.scalar(select(exists().where(forgotten))):
        return 0
    number = Column("id", BigInteger, primary_key=True, autoincrement=False)
    with temporary(connection, "rollbook_used", number) as used:
        every = union(*(select(user).where(user.is_not(None)).distinct() for user in users))
        connection.execute(insert(used).from_select(["id"], every))
        return connection.execute(delete(table).where(forgotten, ~exists().where(used.c.id == table.c.id))).rowcount
