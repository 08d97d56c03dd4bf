"""Messages about runs and drop folders: recorded with what they tell of, sent afterwards, never sent twice."""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Select, and_, func, insert, or_, select, update

from ledger.tables import rollbook_cases, rollbook_failures, rollbook_messages, rollbook_rows

RECORDED, SENDING, SENT, DOUBTFUL, FAILED = "recorded", "sending", "sent", "doubtful", "failed"
NOT_LOADED, OVERDUE = "not_loaded", "overdue"
# After these messages somebody waits to hear that it is well again.
TROUBLES = (NOT_LOADED, OVERDUE)
INTERRUPTED = "the process was killed while it was sending this"


@dataclass(frozen=True)
class Message:
    """A line of rollbook_messages. content: JSON text of what its text is made of. Moments are in UTC."""

    message_id: int
    delivery_id: str
    kind: str
    channel: str
    recipient: str
    state: str
    run_id: str | None
    rows_run_id: str | None
    about: str | None
    solved_at: datetime | None
    content: str
    recorded_at: datetime
    attempts: int
    next_attempt_at: datetime | None
    ended_at: datetime | None
    error: str | None

    @property
    def facts(self) -> dict[str, Any]:
        """What its text is made of."""
        facts: dict[str, Any] = json.loads(self.content)
        return facts


def hash_of(*words: str) -> str:
    """Words of any length as one key."""
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()


def record(
    connection: Connection,
    *,
    kind: str,
    channel: str,
    recipient: str,
    at: datetime,
    content: str,
    about: str | None = None,
    run_id: str | None = None,
    rows_run_id: str | None = None,
) -> None:
    """Write down that somebody is to hear something, in the transaction that is open."""
    connection.execute(
        insert(rollbook_messages).values(
            delivery_id=uuid4().hex,
            kind=kind,
            channel=channel,
            recipient=recipient,
            state=RECORDED,
            run_id=run_id,
            rows_run_id=rows_run_id,
            about=about,
            content=content,
            recorded_at=at,
            next_attempt_at=at,
        )
    )


def due(connection: Connection, at: datetime | None) -> list[Message]:
    """What is to be sent now, the oldest first; all that waits, whatever its time, where `at` is None."""
    there = rollbook_messages.c
    waits = there.next_attempt_at.is_not(None) if at is None else there.next_attempt_at <= at
    return _messages(connection, select(rollbook_messages).where(waits).order_by(there.message_id))


def mark(connection: Connection, message: Message, **values: Any) -> None:
    """Set columns of a message."""
    here = rollbook_messages.c.message_id == message.message_id
    connection.execute(update(rollbook_messages).where(here).values(**values))


def settle_interrupted(connection: Connection, at: datetime, repeatable: str) -> list[Message]:
    """What a crash left while it was being sent is doubtful from now on, and not sent again; these messages.

    repeatable: the channel whose messages are sent again, for there a second one is known by its delivery_id.
    """
    there = rollbook_messages.c
    left = there.state == SENDING
    again = {"state": RECORDED, "next_attempt_at": at, "error": INTERRUPTED}
    connection.execute(update(rollbook_messages).where(left, there.channel == repeatable).values(again))
    doubtful = _messages(connection, select(rollbook_messages).where(left).order_by(there.message_id))
    ended = {"state": DOUBTFUL, "next_attempt_at": None, "ended_at": at, "error": INTERRUPTED}
    connection.execute(update(rollbook_messages).where(left).values(ended))
    return doubtful


def of_run(connection: Connection, run_id: str) -> list[Message]:
    """The messages about a run, the oldest first."""
    there = rollbook_messages.c
    return _messages(connection, select(rollbook_messages).where(there.run_id == run_id).order_by(there.message_id))


def mails_sent(connection: Connection, delivery_ids: Collection[str]) -> list[Message]:
    """The mails of these IDs, as a reply names them; the latest first."""
    there = rollbook_messages.c
    query = select(rollbook_messages).where(there.channel == "mail", there.delivery_id.in_(delivery_ids))
    return _messages(connection, query.order_by(there.message_id.desc()))


def language_of(connection: Connection, recipient: str) -> str | None:
    """The language of the last mail to somebody; None where there was none."""
    there = rollbook_messages.c
    query = select(there.content).where(there.channel == "mail", func.lower(there.recipient) == recipient.lower())
    content = connection.scalar(query.order_by(there.message_id.desc()).limit(1))
    return None if content is None else str(json.loads(content)["language"])


def runs_told(connection: Connection, recipient: str) -> set[str]:
    """The runs whose failed rows somebody heard of by mail."""
    there = rollbook_messages.c
    to_them = and_(there.channel == "mail", func.lower(there.recipient) == recipient.lower())
    return set(connection.scalars(select(there.rows_run_id).where(to_them, there.rows_run_id.is_not(None)).distinct()))


def count_about(connection: Connection, about: str, since: datetime) -> int:
    """How many messages about something were recorded since then."""
    there = rollbook_messages.c
    query = select(func.count()).where(there.about == about, there.recorded_at > since)
    return connection.scalar(query) or 0


def not_sent(connection: Connection, since: datetime) -> list[Message]:
    """What waits after a try that failed, was refused or is doubtful, recorded since then; the latest first."""
    there = rollbook_messages.c
    tried = and_(there.state == RECORDED, there.attempts > 0)
    query = select(rollbook_messages).where(or_(tried, there.state.in_((DOUBTFUL, FAILED, SENDING))))
    return _messages(connection, query.where(there.recorded_at > since).order_by(there.message_id.desc()))


def solve(connection: Connection, abouts: Collection[str], at: datetime) -> set[tuple[str, str]]:
    """Who heard of one of these troubles and not yet that it is over, by channel and name; from now on it is."""
    there = rollbook_messages.c
    open_ones = and_(there.about.in_(abouts), there.kind.in_(TROUBLES), there.solved_at.is_(None))
    heard = {
        (channel, name) for channel, name in connection.execute(select(there.channel, there.recipient).where(open_ones))
    }
    if heard:
        connection.execute(update(rollbook_messages).where(open_ones).values(solved_at=at))
    return heard


def unsolved(connection: Connection, about: str, channel: str, recipient: str, since: datetime) -> list[dict[str, Any]]:
    """What somebody heard of a trouble since then that is not over."""
    there = rollbook_messages.c
    to_them = and_(there.channel == channel, there.recipient == recipient, there.recorded_at > since)
    query = select(there.content).where(there.about == about, there.kind.in_(TROUBLES), there.solved_at.is_(None))
    return [json.loads(content) for content in connection.scalars(query.where(to_them))]


def count_open_cases(
    connection: Connection, run_id: str, file_nos: Sequence[int], channel: str, recipient: str, since: datetime
) -> tuple[int, int]:
    """How many open cases failed in these files of a run: those that somebody has not heard of since then, the others.

    Whoever got a message about a run heard of all cases that failed in it.
    """
    rows, cases = rollbook_rows.c, rollbook_cases.c
    failed = (
        select(cases.fingerprint)
        .join(rollbook_rows, rows.fingerprint == cases.fingerprint)
        .where(rows.run_id == run_id, of_files(rows.part_id, file_nos), cases.state == "open")
        .distinct()
    )
    total = connection.scalar(select(func.count()).select_from(failed.subquery())) or 0
    there, earlier = rollbook_messages.c, rollbook_rows.alias("earlier")
    to_them = and_(there.channel == channel, there.recipient == recipient, there.recorded_at > since)
    heard_in = select(there.rows_run_id).where(to_them, there.rows_run_id.is_not(None))
    if not total or connection.scalar(heard_in.limit(1)) is None:
        return total, 0
    heard = select(earlier.c.run_id).where(
        earlier.c.fingerprint == cases.fingerprint, earlier.c.run_id.in_(heard_in.scalar_subquery())
    )
    known = connection.scalar(select(func.count()).select_from(failed.where(heard.exists()).subquery())) or 0
    return total - known, known


def failing_columns(connection: Connection, run_id: str, file_nos: Sequence[int], most: int) -> list[tuple[str, int]]:
    """(header, problems) of the columns with the most problems in these files of a run."""
    there = rollbook_failures.c
    number = func.count()
    query = (
        select(there.header, number)
        .where(there.run_id == run_id, there.header.is_not(None), of_files(there.part_id, file_nos))
        .group_by(there.header)
        .order_by(number.desc(), there.header)
    )
    return [(header, count) for header, count in connection.execute(query.limit(most)).tuples()]


def of_files(part_id: ColumnElement[int], file_nos: Sequence[int]) -> ColumnElement[bool]:
    """Whether a part is one of these files'."""
    from stage.parts import PART_STEP

    return or_(*(part_id.between(number * PART_STEP, (number + 1) * PART_STEP - 1) for number in file_nos))


def wait_before(attempts: int) -> timedelta:
    """How long nothing is tried after so many tries: nothing after the first, then longer and longer."""
    return timedelta(seconds=(0, 60, 300, 900, 3600)[min(attempts, 5) - 1])


def _messages(connection: Connection, query: Select[Any]) -> list[Message]:
    names = [field.name for field in fields(Message)]
    return [Message(**{name: line[name] for name in names}) for line in connection.execute(query).mappings()]
