"""The outbox: rows on their way to a system outside, in batches that are recorded before they are sent.

A batch is `recorded`, then `sending` (committed before the request leaves: a crash leaves it so, and it may have been
taken), then `settled`. Its blocks are `pending` until the system confirmed (TAKEN) or refused (`failed`) them, or was
found to hold what a rule does not let them change (`rejected`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any, NamedTuple

import pandas as pd
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from ledger.runs import PENDING as RUN_PENDING
from ledger.runs import UNFINISHED
from ledger.sql import planner
from ledger.sql.bulk import insert_frame
from ledger.sql.keys import among
from ledger.sql.temporary_tables import temporary
from ledger.tables import (
    PLACE,
    held_enrollments,
    rollbook_batches,
    rollbook_deliveries,
    rollbook_parts,
    rollbook_rows,
    rollbook_runs,
)
from rollbook.rows.outcomes import FAILED, LOADED, PENDING, REJECTED, TAKEN

RECORDED, SENDING, SETTLED = "recorded", "sending", "settled"
# Judging numbers a row's failures from 0, deciding from 1000, delivering from here.
FIRST_DELIVERED = 2000
_PLACE = PLACE[1:]
_KEY = ("learner_email", "learner_employee_id", "session_id")
_FETCHED = 5_000
_REFUSED = (FAILED, REJECTED)
_RECORDED_AT_ONCE = 50_000


@dataclass(frozen=True)
class Batch:
    """A batch of a run: its number, its state, how many blocks it has."""

    batch_no: int
    state: str
    blocks: int


class Delivery(NamedTuple):
    """A block with the row that it carries; what the row holds of a field that it lacks is None, of a key ''."""

    batch_no: int
    block_no: int
    part_id: int
    row_no: int
    col_no: int
    state: str
    code: str | None
    message: str | None
    learner_email: str
    learner_employee_id: str
    session_id: str
    source_file: str
    source_sheet: str
    group_name: str | None
    group_id: str | None
    course_id: str | None
    status: str | None
    grade: str | None
    enrolled_on: date | None
    completed_on: date | None
    score: float | None = None
    attendance_confirmed: bool | None = None
    feedback: str | None = None
    expires_on: date | None = None
    certificate_number: str | None = None
    hours: float | None = None
    credits: float | None = None
    extra: str | None = None
    field: str | None = None


class Refusal(NamedTuple):
    """Why a block was refused: the code, the message, and the field that it blames where that is known."""

    code: str
    message: str
    field: str | None = None


def record(connection: Connection, run_id: str, blocks: Iterable[tuple[int, ...]]) -> int:
    """Write down the batches of a run's pending rows; returns how many batches.

    blocks: (batch_no, block_no, part_id, row_no, col_no).
    """
    names = ["batch_no", "block_no", *_PLACE]
    lines = iter(blocks)
    while some := list(islice(lines, _RECORDED_AT_ONCE)):
        frame = pd.DataFrame(some, columns=names).assign(run_id=run_id, state=PENDING)
        insert_frame(connection, rollbook_deliveries, frame)
    _analyze(connection)
    deliveries, rows = rollbook_deliveries.c, rollbook_rows.c
    sizes = select(deliveries.run_id, deliveries.batch_no, literal(RECORDED), func.count())
    sizes = sizes.where(deliveries.run_id == run_id).group_by(deliveries.run_id, deliveries.batch_no)
    connection.execute(
        insert(rollbook_batches).from_select(["run_id", "batch_no", "state", "block_count"], sizes.order_by("batch_no"))
    )
    connection.execute(
        update(rollbook_deliveries)
        .where(deliveries.run_id == run_id, rows.run_id == run_id, *(rows[n] == deliveries[n] for n in _PLACE))
        .values({name: rows[name] for name in _KEY})
    )
    return connection.scalar(select(func.count()).where(rollbook_batches.c.run_id == run_id)) or 0


def forget(connection: Connection, run_id: str) -> None:
    """Take a run's batches out again, of which none was sent."""
    for table in (rollbook_deliveries, rollbook_batches):
        connection.execute(delete(table).where(table.c.run_id == run_id))


def batches(connection: Connection, run_id: str) -> list[Batch]:
    """The batches of a run in their order; none where nothing was recorded."""
    return [Batch(*line) for line in connection.execute(_batches(run_id).order_by(rollbook_batches.c.batch_no))]


def unsettled(connection: Connection, run_id: str) -> list[Batch]:
    """The batches of a run that are not settled: those never sent, then those whose last try is the longest ago."""
    lines = rollbook_batches.c
    never_sent_first = case((lines.sent_at.is_(None), 0), else_=1)
    query = _batches(run_id).where(lines.state != SETTLED)
    query = query.order_by(never_sent_first, lines.sent_at, lines.batch_no)
    return [Batch(*line) for line in connection.execute(query)]


def _batches(run_id: str) -> Select[Any]:
    lines = rollbook_batches.c
    return select(lines.batch_no, lines.state, lines.block_count).where(lines.run_id == run_id)


def find_batches(connection: Connection, learner: str, session_id: str, blocks: int) -> list[tuple[str, int]]:
    """(run_id, batch_no), the latest run first, of batches of so many blocks whose first is about this enrollment."""
    sent, lines, runs = rollbook_deliveries.c, rollbook_batches.c, rollbook_runs.c
    query = (
        select(sent.run_id, sent.batch_no)
        .join(rollbook_batches, and_(lines.run_id == sent.run_id, lines.batch_no == sent.batch_no))
        .join(rollbook_runs, runs.run_id == sent.run_id)
        .where(sent.block_no == 1, lines.block_count == blocks, sent.session_id == session_id)
        .where(or_(sent.learner_email == learner, sent.learner_employee_id == learner))
    )
    return list(connection.execute(query.order_by(runs.started_at.desc(), sent.batch_no)).tuples())


def is_recorded(connection: Connection, run_id: str) -> bool:
    """Whether a run's batches stand in the outbox."""
    query = select(rollbook_batches.c.batch_no).where(rollbook_batches.c.run_id == run_id).limit(1)
    return connection.scalar(query) is not None


def waiting(connection: Connection, destinations: Sequence[str]) -> list[str]:
    """The runs to these destinations that have batches not settled, the oldest first."""
    lines, runs = rollbook_batches.c, rollbook_runs.c
    unsettled = exists().where(lines.run_id == runs.run_id, lines.state != SETTLED)
    there = and_(runs.destination.in_(destinations), runs.state.in_((*UNFINISHED, RUN_PENDING)))
    query = select(runs.run_id).where(there, unsettled)
    return list(connection.scalars(query.order_by(runs.started_at, runs.run_id)))


def enrollments_named(connection: Connection, destination: str) -> set[tuple[str, str]]:
    """(learner_employee_id, session_id) of the rows that stand in the stage or were sent, of all runs to a system."""
    found: set[tuple[str, str]] = set()
    for table in (rollbook_rows, rollbook_deliveries):
        query = (
            select(table.c.learner_employee_id, table.c.session_id)
            .join(rollbook_runs, rollbook_runs.c.run_id == table.c.run_id)
            .where(rollbook_runs.c.destination == destination)
        )
        found.update(connection.execute(query.distinct()).tuples())
    return {(learner, session) for learner, session in found if learner and session}


def deliveries(connection: Connection, run_id: str, batch_no: int) -> list[Delivery]:
    """The blocks of one batch in their order."""
    return [Delivery._make(line) for line in connection.execute(_deliveries(run_id, batch_no))]


def deliveries_by_batch(connection: Connection, run_id: str) -> Iterator[list[Delivery]]:
    """The blocks of every batch, a batch at a time, never many in memory; the connection is busy until the last."""
    batch: list[Delivery] = []
    with connection.execute(_deliveries(run_id), execution_options={"yield_per": _FETCHED}) as result:
        for some in result.partitions():
            for line in some:
                if batch and line[0] != batch[0].batch_no:
                    yield batch
                    batch = []
                batch.append(Delivery._make(line))
    if batch:
        yield batch


def _deliveries(run_id: str, batch_no: int | None = None) -> Select[Any]:
    sent, rows, parts = rollbook_deliveries.c, rollbook_rows.c, rollbook_parts.c
    carried = ("group_name", "group_id", "course_id", "status", "grade", "enrolled_on", "completed_on")
    beside = ("expires_on", "certificate_number", "hours", "credits")
    further = ("score", "attendance_confirmed", "feedback", *beside, "extra")
    told = ("batch_no", "block_no", *_PLACE, "state", "code", "message", *_KEY)
    query = (
        select(
            *(sent[name] for name in told),
            parts.source_file,
            parts.source_sheet,
            *(rows[name] for name in (*carried, *further)),
            sent.field,
        )
        .join(rollbook_parts, and_(parts.run_id == sent.run_id, parts.part_id == sent.part_id))
        .outerjoin(rollbook_rows, _same_row())
        .where(sent.run_id == run_id)
        .order_by(sent.batch_no, sent.block_no)
    )
    return query if batch_no is None else query.where(sent.batch_no == batch_no)


def mark_sending(connection: Connection, run_id: str, batch_no: int, at: datetime) -> None:
    """To be committed before the request leaves: from now on the batch may have been taken."""
    _mark(connection, run_id, batch_no, state=SENDING, sent_at=at)


def mark_recorded(connection: Connection, run_id: str, batch_no: int) -> None:
    """The request never left: the batch is as before."""
    _mark(connection, run_id, batch_no, state=RECORDED, sent_at=None)


def settle_batch(connection: Connection, run_id: str, batch_no: int, at: datetime) -> None:
    """Mark a batch as settled when each of its blocks has its outcome."""
    open_blocks = exists().where(_blocks_of(run_id, batch_no), rollbook_deliveries.c.state == PENDING)
    _mark(connection, run_id, batch_no, ~open_blocks, state=SETTLED, settled_at=at)


def _mark(connection: Connection, run_id: str, batch_no: int, *where: ColumnElement[bool], **values: Any) -> None:
    here = and_(rollbook_batches.c.run_id == run_id, rollbook_batches.c.batch_no == batch_no, *where)
    connection.execute(update(rollbook_batches).where(here).values(**values))


def confirm(
    connection: Connection,
    run_id: str,
    batch_no: int,
    block_nos: Sequence[int],
    state: str = LOADED,
    message: str | None = None,
) -> None:
    """The system took these blocks. state: one of TAKEN. message: what is to be told of them."""
    if not block_nos:
        return
    number, (first, last) = rollbook_deliveries.c.block_no, (min(block_nos), max(block_nos))
    whole = len(set(block_nos)) == last - first + 1  # as nearly always; a hundred bound numbers take their time
    these = number.between(first, last) if whole else number.in_(list(block_nos))
    here = and_(_blocks_of(run_id, batch_no), these)
    connection.execute(
        update(rollbook_deliveries).where(here).values(state=state, code=None, message=message, field=None)
    )


def refuse(connection: Connection, run_id: str, batch_no: int, why: Mapping[int, Refusal], state: str = FAILED) -> None:
    """The system refused these blocks, or a rule did (`rejected`). why: by block_no."""
    for block_no, (code, message, field) in why.items():
        here = and_(_blocks_of(run_id, batch_no), rollbook_deliveries.c.block_no == block_no)
        connection.execute(
            update(rollbook_deliveries).where(here).values(state=state, code=code, message=message, field=field)
        )


def _blocks_of(run_id: str, batch_no: int) -> Any:
    return and_(rollbook_deliveries.c.run_id == run_id, rollbook_deliveries.c.batch_no == batch_no)


def failed(connection: Connection, run_id: str) -> list[Delivery]:
    """The blocks that the system or a rule refused and whose rows are still pending."""
    refused = rollbook_deliveries.c.state.in_(_REFUSED)
    query = _deliveries(run_id).where(refused, rollbook_rows.c.outcome == PENDING)
    return [Delivery._make(line) for line in connection.execute(query)]


def has_taken(connection: Connection, run_id: str) -> bool:
    """Whether the system took a block of the run."""
    sent = rollbook_deliveries.c
    query = select(sent.block_no).where(sent.run_id == run_id, sent.state.in_(TAKEN)).limit(1)
    return connection.scalar(query) is not None


def messages_of_taken(connection: Connection, run_id: str) -> dict[str, int]:
    """What is told of blocks that the system took, with how many it is told of."""
    sent = rollbook_deliveries.c
    query = select(sent.message, func.count()).where(sent.run_id == run_id, sent.state.in_(TAKEN))
    query = query.where(sent.message.is_not(None)).group_by(sent.message)
    return dict(connection.execute(query).tuples().all())


def note_held(connection: Connection, holder: str) -> None:
    """Note as held whatever was confirmed and not closed out yet, of any run, also one that a crash left."""
    sent, runs = rollbook_deliveries.c, rollbook_runs.c
    waiting = select(rollbook_rows.c.run_id).where(rollbook_rows.c.outcome == PENDING).distinct()
    confirmed = (
        select(*(sent[name] for name in _CONFIRMED))
        .join(rollbook_runs, runs.run_id == sent.run_id)
        .where(sent.state.in_(TAKEN), runs.destination.in_([holder, f"{holder}-xml"]), sent.run_id.in_(waiting))
    )
    if connection.execute(confirmed.limit(1)).first() is None:
        return
    _analyze(connection)
    columns = [Column(name, sent[name].type, primary_key=name in PLACE, autoincrement=False) for name in _CONFIRMED]
    # Set apart, for deliveries are not found by their row on each database, nor rows by their outcome.
    with temporary(connection, "rollbook_confirmed", *columns) as apart, _held_lines(connection) as fresh:
        connection.execute(insert(apart).from_select(list(_CONFIRMED), confirmed.distinct()))
        connection.execute(insert(fresh).from_select(held_enrollments.c.keys(), _waiting(apart, holder)))


_CONFIRMED = ("run_id", *_PLACE, "session_id", "learner_email", "learner_employee_id")


def _waiting(confirmed: Table, holder: str) -> Select[Any]:
    """The lines of held_enrollments that rows in the stage make, of those that were confirmed."""
    sent, rows = confirmed.c, rollbook_rows.c
    content = [rows[name] for name in ("status", "grade", "enrolled_on", "completed_on")]
    same = and_(rows.run_id == sent.run_id, *(rows[name] == sent[name] for name in _PLACE))
    keys = (sent.session_id, sent.learner_email, sent.learner_employee_id)
    query = select(literal(holder), *keys, *content, sent.run_id).select_from(confirmed.join(rollbook_rows, same))
    return query.where(rows.outcome == PENDING).distinct()


def close_out(connection: Connection, run_id: str) -> None:
    """Rows of confirmed blocks leave the stage, those of refused ones get their outcome. Note what is held before."""
    sent, rows = rollbook_deliveries.c, rollbook_rows.c
    pairs = [(rows[name], sent[name]) for name in ("run_id", *_PLACE)]
    _analyze(connection)
    for states in (TAKEN, *((state,) for state in _REFUSED)):
        done = among(connection, pairs, sent.run_id == run_id, sent.state.in_(states))
        waiting = and_(rows.run_id == run_id, rows.outcome == PENDING, done)
        if states == TAKEN:
            connection.execute(delete(rollbook_rows).where(waiting))
        else:
            connection.execute(update(rollbook_rows).where(waiting).values(outcome=states[0]))


def _analyze(connection: Connection) -> None:
    planner.analyze(connection, rollbook_deliveries, "run_id", "part_id", "state")
    planner.analyze(connection, rollbook_rows, "run_id", "part_id", "outcome")


def _same_row() -> Any:
    sent, rows = rollbook_deliveries.c, rollbook_rows.c
    return and_(rows.run_id == sent.run_id, *(rows[name] == sent[name] for name in _PLACE))


def plain_grade(grade: str) -> str:
    """A grade so that two ways of writing one are the same text: `92.50`, `92,5 %` and `92.5`; `PASS` and `Pass`."""
    text = grade.strip().removesuffix("%").strip().replace(",", ".")
    try:
        return f"{float(text):g}"
    except ValueError:
        return grade.strip().casefold()


def hold(connection: Connection, holder: str, held: pd.DataFrame) -> None:
    """Note what a system was read to hold, in place of what was noted of the same enrollments.

    held: learner_email, learner_employee_id, session_id (missing where not known), status, grade, enrolled_on,
        completed_on.
    """
    keyed = held.assign(**{name: held[name].astype("str").fillna("") for name in _KEY}, destination=holder)
    lines = keyed.drop_duplicates(list(_KEY), keep="last").assign(run_id=None)
    lines["grade"] = lines["grade"].map(plain_grade, na_action="ignore").astype("str")
    with _held_lines(connection) as fresh:
        insert_frame(connection, fresh, lines[held_enrollments.c.keys()])


@contextmanager
def _held_lines(connection: Connection) -> Iterator[Table]:
    """An empty table of what is held; at the end its lines take the place of those about the same enrollments."""
    there = held_enrollments.c
    # With its key, MariaDB does not read all of them for each that is held.
    columns = [Column(one.name, one.type, primary_key=one.primary_key, autoincrement=False) for one in there]
    with temporary(connection, "rollbook_held", *columns) as fresh:
        yield fresh
        pairs = [(there[name], fresh.c[name]) for name in ("destination", *_KEY)]
        connection.execute(delete(held_enrollments).where(among(connection, pairs)))
        connection.execute(insert(held_enrollments).from_select(there.keys(), select(fresh)))
