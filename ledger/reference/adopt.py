"""Reference data takes over what imports created: lines that mean the same become one, with their enrollments."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd
from sqlalchemy import BigInteger, Column, Connection, Table, and_, delete, exists, func, select, update

from ledger.reference.feed_merge import take_over
from ledger.sql.bulk import insert_frame
from ledger.sql.temporary_tables import temporary
from ledger.tables import employees, group_members, training_enrollments, training_sessions
from rollbook.rows.statuses import COMPLETED

# Which column of an enrollment names a line of the table, and which the other half of its key.
_KEY = {
    employees.name: ("employee_id", "training_session_id"),
    training_sessions.name: ("training_session_id", "employee_id"),
}
_COMPARED = (
    *("status", "attendance_confirmed", "feedback"),
    *("expires_on", "certificate_number", "hours", "credits"),
)
_DATES = ("enrolled_at", "completed_at")


class Clashing(Exception):
    """Enrollments that would meet differ, so nothing of what was said may stay. problems: row, message."""

    def __init__(self, problems: pd.DataFrame) -> None:
        super().__init__()
        self.problems = problems


def merge(connection: Connection, table: Table, lines: pd.DataFrame, rows: pd.DataFrame) -> None:
    """Make lines of `employees` or `training_sessions` one: enrollments move, and lines that were taken over go.

    lines: id, line (int64): which line becomes which. rows: row, line: the rows of the file that say so.
    Of two enrollments that meet, the one that was loaded first stays, with the dates that only the other was given.
    Raises Clashing, with everything to be rolled back, where they differ.
    """
    if lines.empty:
        return
    with _adopted(connection, lines) as adopted:
        meeting = _meeting(connection, table, adopted)
        differing = _differing(meeting)
        if len(differing):
            raise Clashing(_problems(connection, differing, rows))
        _make_one(connection, meeting)
        key = training_enrollments.c[_KEY[table.name][0]]
        moved = and_(key == adopted.c.id, adopted.c.id != adopted.c.line)
        connection.execute(update(training_enrollments).where(moved).values({key.name: adopted.c.line}))
        if table is employees:
            _move_members(connection, adopted)
        gone = exists().where(adopted.c.id == table.c.id, adopted.c.id != adopted.c.line)
        connection.execute(delete(table).where(gone))


@contextmanager
def _adopted(connection: Connection, lines: pd.DataFrame) -> Iterator[Table]:
    """A table of every line that takes part: id, and the line that it becomes, which is its own where it stays."""
    stay = pd.DataFrame({"id": lines["line"].unique()})
    every = pd.concat([lines[["id", "line"]], stay.assign(line=stay["id"])], ignore_index=True)
    columns = (
        Column("id", BigInteger, primary_key=True, autoincrement=False),
        Column("line", BigInteger, nullable=False),
    )
    with temporary(connection, "rollbook_adopted", *columns) as adopted:
        insert_frame(connection, adopted, every)
        yield adopted


def _meeting(connection: Connection, table: Table, adopted: Table) -> pd.DataFrame:
    """The enrollments that would have the same key: all their columns, and `line`; in the order of their loading."""
    key, other = (training_enrollments.c[name] for name in _KEY[table.name])
    meet = (
        select(adopted.c.line, other)
        .join(training_enrollments, key == adopted.c.id)
        .group_by(adopted.c.line, other)
        .having(func.count() > 1)
        .subquery("meet")
    )
    query = (
        select(training_enrollments, adopted.c.line, other.label("other"))
        .join(adopted, adopted.c.id == key)
        .join(meet, and_(meet.c.line == adopted.c.line, meet.c[other.name] == other))
        .order_by(training_enrollments.c.id)
    )
    result = connection.execute(query)
    return pd.DataFrame(result.all(), columns=list(result.keys()))


def _differing(meeting: pd.DataFrame) -> pd.DataFrame:
    """Enrollments that say something else than the first of those that they meet, with `fields`: what differs.

    As against what exists: a blank says nothing, and a default date is not compared.
    """
    found = []
    for _, some in meeting.groupby(["line", "other"], sort=False):
        first, *others = some.to_dict("records")
        told = [(other, _fields_that_differ(first, other)) for other in others]
        found += [{**other, "fields": ", ".join(fields)} for other, fields in told if fields]
    return pd.DataFrame(found)


def _fields_that_differ(first: dict[Any, Any], other: dict[Any, Any]) -> list[str]:
    fields = [name for name in _COMPARED if _says_else(first[name], other[name])]
    if _says_else(_grade(first), _grade(other)):
        fields.append("grade")
    compared = ("enrolled_at", *(["completed_at"] if other["status"] == COMPLETED else []))
    for name in compared:
        is_default = first[f"{name}_is_default"] or other[f"{name}_is_default"]
        if not is_default and _says_else(first[name], other[name]):
            fields.append(name.replace("_at", "_on"))
    return fields


def _says_else(first: Any, other: Any) -> bool:
    return not pd.isna(other) and (pd.isna(first) or first != other)


def _grade(line: dict[Any, Any]) -> Any:
    return line["grade"] if pd.isna(line["score"]) else float(line["score"])


def _problems(connection: Connection, differing: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """row, message: each row whose enrollments clash, with the first clash."""
    first = differing.drop_duplicates("line")
    sessions = select(training_sessions.c.id, training_sessions.c.session_code)
    wanted = sessions.where(training_sessions.c.id.in_(first["training_session_id"].astype(int).tolist()))
    codes = dict(connection.execute(wanted).tuples().all())
    told = "Two enrollments in session " + first["training_session_id"].map(codes) + " become one, but their "
    told += first["fields"] + " differ (one came from " + first["source_file"].fillna("elsewhere") + " in run "
    told += first["run_id"] + "). Nothing was taken over: correct one of them, then load this row again."
    return rows.merge(first[["line"]].assign(message=told), on="line")[["row", "message"]].drop_duplicates("row")


def _make_one(connection: Connection, meeting: pd.DataFrame) -> None:
    """Delete all but the first of the enrollments that meet; a date that it was not given comes from the next."""
    there = training_enrollments
    gone: list[tuple[int, int]] = []
    for _, some in meeting.groupby(["line", "other"], sort=False):
        first, *others = some.to_dict("records")
        gone += [(other["id"], first["id"]) for other in others]
        values = {name: value for other in reversed(others) for name, value in _given(first, other).items()}
        if values:
            connection.execute(update(there).where(there.c.id == first["id"]).values(values))
    columns = Column("id", BigInteger, primary_key=True), Column("stays", BigInteger)
    with temporary(connection, "rollbook_gone", *columns) as table:
        insert_frame(connection, table, pd.DataFrame(gone, columns=["id", "stays"], dtype="int64"))
        take_over(connection, table)
        connection.execute(delete(there).where(exists().where(table.c.id == there.c.id)))


def _given(first: dict[Any, Any], other: dict[Any, Any]) -> dict[str, Any]:
    """The dates, and the cells beside the record, that the other enrollment was given and the first was not."""
    extra = {"extra": other["extra"]} if pd.isna(first["extra"]) and not pd.isna(other["extra"]) else {}
    return extra | {
        key: value
        for name in _DATES
        if first[f"{name}_is_default"] and not other[f"{name}_is_default"] and not pd.isna(other[name])
        for key, value in ((name, other[name]), (f"{name}_is_default", False))
    }


def _move_members(connection: Connection, adopted: Table) -> None:
    """Groups of a learner who was taken over are those of the one who took over."""
    members, there = group_members.c, group_members.alias("there").c
    moved = and_(adopted.c.id == members.employee_id, adopted.c.id != adopted.c.line)
    known = exists().where(there.group_id == members.group_id, there.employee_id == adopted.c.line)
    lines = select(members.group_id, adopted.c.line).join(adopted, moved).where(~known).distinct()
    found = pd.DataFrame(connection.execute(lines).all(), columns=["group_id", "employee_id"])
    connection.execute(delete(group_members).where(exists().where(moved)))
    insert_frame(connection, group_members, found)
