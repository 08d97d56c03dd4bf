"""Feeds: who sends files again and again, what its last import was, and which enrollments it brought.

An enrollment of a feed stands from the import that brought it to the one in which it is missing; it may come back. Only
what changes is written.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

import pyarrow as pa
from sqlalchemy import BigInteger, Column, Connection, Select, Table, and_, exists, func, insert, select

from ledger.known import fetched
from ledger.sql.keys import keyed
from ledger.tables import (
    employees,
    key,
    rollbook_feed_enrollments,
    rollbook_feed_imports,
    rollbook_feeds,
    rollbook_rows,
    rollbook_runs,
    training_enrollments,
    training_sessions,
)
from rollbook.rows.outcomes import REJECTED

# Everybody else: imports without a feed, and people.
OTHERS = 0
NUMBERS = pa.schema([("enrollment_id", pa.int64())])
STANDING = pa.schema([("enrollment_id", pa.int64()), ("brought_in", pa.int64()), ("sure_in", pa.int64())])
OLD_ROWS = pa.schema([("sure_in", pa.int64()), ("fingerprint", pa.string())])
DESCRIBED = pa.schema(
    [
        ("enrollment_id", pa.int64()),
        *((name, pa.string()) for name in ("mail", "number", "name", "session_code", "status")),
        ("source_sheet", pa.string()),
    ]
)


@dataclass(frozen=True)
class FeedImport:
    """A line of rollbook_feed_imports, and when its run began."""

    import_id: int
    feed_id: int
    run_id: str
    chain_from: int
    is_compared: bool
    rows_read: int
    changed: int
    missing: int
    back: int
    cancelled: int
    on_missing: str
    latest_on: date | None
    started_at: datetime


def any_feed(connection: Connection) -> bool:
    """Whether any feed ever brought anything."""
    return bool(connection.scalar(select(exists().where(rollbook_feeds.c.feed_id > OTHERS))))


def find_feed(connection: Connection, name: str, destination: str) -> int | None:
    """The number of the feed of that name; None of one that never brought anything."""
    there = rollbook_feeds.c
    query = select(there.feed_id).where(there.name == name, there.destination == destination)
    return connection.scalar(query.order_by(there.feed_id).limit(1))


def make_feed(connection: Connection, name: str, destination: str) -> int:
    """The number of the feed of that name, which is written down where it is new. To be called under the load lock."""
    found = find_feed(connection, name, destination)
    if found is not None:
        return found
    made = connection.execute(insert(rollbook_feeds).values(name=name, destination=destination))
    (feed_id,) = made.inserted_primary_key or (0,)
    return int(feed_id)


def last_compared(connection: Connection, feed_id: int) -> FeedImport | None:
    """The last import of a feed of which it was found out what is missing."""
    there = rollbook_feed_imports.c
    query = select(rollbook_feed_imports).where(there.feed_id == feed_id, there.is_compared)
    found = _imports(connection, query.order_by(there.import_id.desc()).limit(1))
    return found[0] if found else None


def last_import(connection: Connection, feed_id: int) -> FeedImport | None:
    """The last import of a feed that was loaded and not undone."""
    there = rollbook_feed_imports.c
    query = select(rollbook_feed_imports).where(there.feed_id == feed_id).order_by(there.import_id.desc())
    found = _imports(connection, query.limit(1))
    return found[0] if found else None


def imports_of(connection: Connection, run_id: str) -> list[tuple[str, FeedImport]]:
    """The imports of a run's feeds, each with the feed's name."""
    there, feeds = rollbook_feed_imports.c, rollbook_feeds.c
    names = dict(connection.execute(select(feeds.feed_id, feeds.name)).tuples().all())
    query = select(rollbook_feed_imports).where(there.run_id == run_id).order_by(there.import_id)
    return [(names[found.feed_id], found) for found in _imports(connection, query)]


def _imports(connection: Connection, query: Select[Any]) -> list[FeedImport]:
    told = query.add_columns(rollbook_runs.c.started_at).join(
        rollbook_runs, rollbook_runs.c.run_id == rollbook_feed_imports.c.run_id
    )
    names = [field.name for field in fields(FeedImport)]
    return [FeedImport(*(line[name] for name in names)) for line in connection.execute(told).mappings()]


def later_import(connection: Connection, run_id: str) -> FeedImport | None:
    """The last import of the feed that a run was of, if that is a later one than the run's own."""
    there = rollbook_feed_imports.c
    own = connection.execute(
        select(there.feed_id, there.import_id).where(there.run_id == run_id).order_by(there.import_id.desc()).limit(1)
    ).first()
    last = last_import(connection, own.feed_id) if own else None
    return last if last and own and last.import_id > own.import_id else None


def standing(connection: Connection, last: FeedImport) -> pa.Table:
    """STANDING: the enrollments that a feed's last import held; sure_in is NULL where nothing made that doubtful."""
    there = rollbook_feed_enrollments.c
    query = select(there.enrollment_id, func.max(there.brought_in), func.max(there.sure_in)).where(
        there.feed_id == last.feed_id, there.brought_in >= last.chain_from, there.missing_in.is_(None)
    )
    return fetched(connection, query.group_by(there.enrollment_id), STANDING)


def missing_before(connection: Connection, feed_id: int, enrollments: pa.Array) -> pa.Array:
    """Of these enrollments, those that the feed brought once and that are missing since."""
    there, others = rollbook_feed_enrollments.c, rollbook_feed_enrollments.alias("others").c
    with numbered(connection, enrollments) as wanted:
        mine = and_(there.enrollment_id == wanted.c.enrollment_id, there.feed_id == feed_id)
        stands = exists().where(
            others.feed_id == feed_id, others.enrollment_id == there.enrollment_id, others.missing_in.is_(None)
        )
        query = select(there.enrollment_id).join(wanted, mine).where(there.missing_in.is_not(None), ~stands).distinct()
        return fetched(connection, query, NUMBERS).column(0).combine_chunks()


def held_by_others(connection: Connection, feed_id: int, enrollments: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Of these enrollments, those that another feed holds; and those that another feed, or anybody else, keeps alive.

    What everybody else brought is kept alive for good. A feed keeps alive what it holds, and what is missing in it
    where its profile has that reported only.
    """
    there = rollbook_feed_enrollments.c
    with numbered(connection, enrollments) as wanted:
        same = and_(there.enrollment_id == wanted.c.enrollment_id, there.feed_id != feed_id)
        query = select(there.enrollment_id, there.feed_id, there.missing_in).join(wanted, same)
        found = connection.execute(query).tuples().all()
    policies = {feed: _on_missing(connection, feed) for feed in {feed for _, feed, _ in found}}
    holding = {number for number, feed, missing_in in found if feed != OTHERS and missing_in is None}
    alive = {number for number, feed, _ in found if policies[feed] == "report"}
    return pa.array(sorted(holding), pa.int64()), pa.array(sorted(holding | alive), pa.int64())


def _on_missing(connection: Connection, feed_id: int) -> str:
    last = last_import(connection, feed_id)
    return last.on_missing if last else "report"


def old_rows(connection: Connection, imports: Sequence[int], fingerprints: pa.Array) -> pa.Table:
    """OLD_ROWS: which of these rows, that were not loaded, were like this in which of these imports."""
    there, rows = rollbook_feed_imports.c, rollbook_rows.c
    name = Column("fingerprint", key(32), primary_key=True)
    with keyed(connection, "rollbook_feed_rows", pa.table({"fingerprint": fingerprints}), name) as wanted:
        query = (
            select(there.import_id, rows.fingerprint)
            .join(rollbook_rows, rows.run_id == there.run_id)
            .join(wanted, wanted.c.fingerprint == rows.fingerprint)
            .where(there.import_id.in_(imports), rows.outcome == REJECTED)
        )
        return fetched(connection, query.distinct(), OLD_ROWS)


def describe(connection: Connection, enrollments: pa.Array) -> pa.Table:
    """DESCRIBED: these enrollments as people know them; those that are no longer there are left out."""
    there, people, sessions = training_enrollments.c, employees.c, training_sessions.c
    with numbered(connection, enrollments) as wanted:
        query = (
            select(
                there.id,
                people.email,
                people.employee_number,
                people.name,
                sessions.session_code,
                there.status,
                there.source_sheet,
            )
            .join(wanted, wanted.c.enrollment_id == there.id)
            .join(employees, people.id == there.employee_id)
            .join(training_sessions, sessions.id == there.training_session_id)
        )
        return fetched(connection, query, DESCRIBED)


def numbered(connection: Connection, enrollments: pa.Array) -> AbstractContextManager[Table]:
    """A temporary table of these enrollments."""
    number = Column("enrollment_id", BigInteger, primary_key=True, autoincrement=False)
    return keyed(connection, "rollbook_feed_numbers", pa.table({"enrollment_id": enrollments}), number)
