"""What is kept of feeds (`ledger.feeds.feeds`): written in the transaction that loads a run, undone with it."""

from typing import Any

import pyarrow as pa
from sqlalchemy import (
    Connection,
    Table,
    and_,
    case,
    delete,
    exists,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    update,
)

from ledger.feeds.feeds import OTHERS, numbered
from ledger.known import fetched
from ledger.sql import planner
from ledger.sql.bulk import insert_frame
from ledger.tables import rollbook_feed_enrollments, rollbook_feed_imports, training_enrollments

CREATED = pa.schema([(name, pa.int64()) for name in ("enrollment_id", "training_session_id", "employee_id")])
LET_GO = pa.schema([("feed_id", pa.int64()), ("enrollment_id", pa.int64())])
_there = rollbook_feed_enrollments.c
# From so many new lines on, PostgreSQL's planner is told of them.
_MANY = 1_000


def record_import(connection: Connection, **facts: Any) -> int:
    """Write an import of a feed down; chain_from None: it begins a chain of its own. Returns its number."""
    begins = facts["chain_from"] is None
    values = {**facts, "chain_from": 0 if begins else facts["chain_from"]}
    made = connection.execute(insert(rollbook_feed_imports).values(**values))
    (import_id,) = made.inserted_primary_key or (0,)
    if begins:
        _mark(connection, import_id, chain_from=import_id)
    return int(import_id)


def _mark(connection: Connection, import_id: int, **values: Any) -> None:
    here = rollbook_feed_imports.c.import_id == import_id
    connection.execute(update(rollbook_feed_imports).where(here).values(**values))


def last_enrollment(connection: Connection) -> int:
    """The number of the last enrollment that is there: new ones come behind it."""
    return connection.scalar(select(func.max(training_enrollments.c.id))) or 0


def created_since(connection: Connection, run_id: str, last: int) -> pa.Table:
    """CREATED: the enrollments that a run made, all behind that number."""
    made = training_enrollments.c
    query = select(made.id, made.training_session_id, made.employee_id)
    return fetched(connection, query.where(made.id > last, made.run_id == run_id), CREATED)


def bring_created(connection: Connection, feed_id: int, import_id: int, run_id: str, last: int) -> int:
    """All enrollments that a run made were brought by an import; returns how many."""
    made = training_enrollments.c
    lines = select(literal(feed_id), literal(import_id), made.id).where(made.id > last, made.run_id == run_id)
    columns = ["feed_id", "brought_in", "enrollment_id"]
    number = connection.execute(insert(rollbook_feed_enrollments).from_select(columns, lines)).rowcount
    _tell_planner(connection, number)
    return number


def bring(connection: Connection, feed_id: int, import_id: int, enrollments: pa.Array) -> None:
    """These enrollments, which did not stand before, were brought by an import."""
    length = len(enrollments)
    repeated = (pa.repeat(pa.scalar(number, pa.int64()), length) for number in (feed_id, import_id))
    lines = pa.table([*repeated, enrollments], ["feed_id", "brought_in", "enrollment_id"])
    insert_frame(connection, rollbook_feed_enrollments, lines)
    _tell_planner(connection, length)


def _tell_planner(connection: Connection, number: int) -> None:
    if number >= _MANY:
        planner.analyze(connection, rollbook_feed_enrollments, "feed_id", "brought_in", "enrollment_id")


def claim(connection: Connection, enrollments: pa.Array, *, brought: bool) -> None:
    """Write down that everybody else brought these enrollments too.

    brought: those alone that some feed brought; else those alone that none did.
    """
    if not len(enrollments):
        return
    others = rollbook_feed_enrollments.alias("others").c
    with numbered(connection, enrollments) as wanted:
        by_feed = exists().where(others.enrollment_id == wanted.c.enrollment_id, others.feed_id != OTHERS)
        by_others = exists().where(others.enrollment_id == wanted.c.enrollment_id, others.feed_id == OTHERS)
        lines = select(literal(OTHERS), literal(0), wanted.c.enrollment_id)
        lines = lines.where(by_feed if brought else ~by_feed, ~by_others)
        connection.execute(
            insert(rollbook_feed_enrollments).from_select(["feed_id", "brought_in", "enrollment_id"], lines)
        )


def let_go(connection: Connection, feed_id: int, import_id: int, gone: pa.Array, cancelled: pa.Array) -> None:
    """These enrollments are missing from an import on, some of which it cancelled."""
    _set(connection, feed_id, gone, missing_in=import_id)
    if len(cancelled):
        with numbered(connection, cancelled) as wanted:
            here = and_(_there.feed_id == feed_id, _there.missing_in == import_id)
            _update(connection, wanted, here, is_cancelled=True)


def doubt(connection: Connection, feed_id: int, doubtful: pa.Array, certain: pa.Array, compared: int) -> None:
    """From now on it is doubtful whether the first are there, and certain of the others again.

    compared: the last import of which it is known what was missing in it.
    """
    sure = case((_there.brought_in > compared, _there.brought_in), else_=compared)
    _set(connection, feed_id, doubtful, sure_in=func.coalesce(_there.sure_in, sure))
    _set(connection, feed_id, certain, sure_in=None)


def _set(connection: Connection, feed_id: int, enrollments: pa.Array, **values: Any) -> None:
    """Set columns where these enrollments stand."""
    if len(enrollments):
        with numbered(connection, enrollments) as wanted:
            _update(connection, wanted, and_(_there.feed_id == feed_id, _there.missing_in.is_(None)), **values)


def _update(connection: Connection, wanted: Table, here: Any, **values: Any) -> None:
    same = wanted.c.enrollment_id == _there.enrollment_id
    connection.execute(update(rollbook_feed_enrollments).where(same, here).values(**values))


def cancelled_by(connection: Connection, feed_ids: set[int]) -> pa.Table:
    """LET_GO: the enrollments that these feeds cancelled, and that nobody touched since."""
    made, imports = training_enrollments.c, rollbook_feed_imports.c
    query = (
        select(_there.feed_id, _there.enrollment_id)
        .join(rollbook_feed_imports, imports.import_id == _there.missing_in)
        .join(training_enrollments, and_(made.id == _there.enrollment_id, made.run_id == imports.run_id))
        .where(_there.feed_id.in_(feed_ids), _there.is_cancelled == true())
    )
    return fetched(connection, query.distinct(), LET_GO)


def take_back(connection: Connection, run_id: str, is_of_run: Any, *, whole: bool) -> None:
    """Forget what a run's imports brought, before its enrollments go; what was missing in them stands again.

    is_of_run: which enrollments go, or are restored. whole: all of the run's.
    """
    made, imports = training_enrollments.c, rollbook_feed_imports.c
    of_run = list(connection.scalars(select(imports.import_id).where(imports.run_id == run_id)))
    restored = true() if whole else exists().where(made.id == _there.enrollment_id, is_of_run)
    connection.execute(
        update(rollbook_feed_enrollments)
        .where(_there.missing_in.in_(of_run), restored)
        .values(missing_in=None, is_cancelled=false())
    )
    if whole:
        for import_id in of_run:
            _hand_on(connection, import_id)
        connection.execute(delete(rollbook_feed_imports).where(imports.import_id.in_(of_run)))


def forget_deleted(connection: Connection, is_gone: Any) -> None:
    """Forget enrollments that are about to be deleted: their numbers may come again. is_gone: which."""
    made = training_enrollments.c
    gone = select(made.id).where(is_gone)
    connection.execute(delete(rollbook_feed_enrollments).where(_there.enrollment_id.in_(gone)))


def _hand_on(connection: Connection, import_id: int) -> None:
    """What an import brought and a later one of its feed held too was brought by that one; the rest is forgotten."""
    imports = rollbook_feed_imports.c
    feed_id = connection.scalar(select(imports.feed_id).where(imports.import_id == import_id))
    following = connection.scalar(
        select(func.min(imports.import_id)).where(imports.feed_id == feed_id, imports.import_id > import_id)
    )
    mine = and_(_there.feed_id == feed_id, _there.brought_in == import_id)
    if following is not None:
        others = rollbook_feed_enrollments.alias("others").c
        later = select(others.enrollment_id).where(others.feed_id == feed_id, others.brought_in == following)
        held_too = or_(_there.missing_in.is_(None), _there.missing_in > following)
        moved = and_(mine, held_too, _there.enrollment_id.not_in(select(later.subquery().c.enrollment_id)))
        connection.execute(update(rollbook_feed_enrollments).where(moved).values(brought_in=following))
        chained = and_(imports.feed_id == feed_id, imports.chain_from == import_id)
        connection.execute(update(rollbook_feed_imports).where(chained).values(chain_from=following))
    connection.execute(delete(rollbook_feed_enrollments).where(mine))
