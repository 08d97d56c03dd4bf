"""The outbox of messages emptied: each sent once, tried again later, or marked as doubtful or failed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from ledger import messages
from ledger.database import open_database
from ledger.lock import hold
from ledger.messages import DOUBTFUL, FAILED, RECORDED, SENDING, SENT
from pipeline.notifying.direct import forget_away, tell_away
from pipeline.notifying.outgoing import Doubtful, NotSent, Outgoing, Refused, Sender
from pipeline.notifying.recipients import MAIL, WEBHOOK, is_set
from pipeline.notifying.rows import Rows, is_ready, rows_of
from pipeline.notifying.senders import sender_of
from reports.notifications.message_text import text_of
from reports.notifications.notice import Notice
from rollbook.clock import now
from rollbook.errors import DatabaseAway, RollbookError, RunIsLive

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.messages import Message
    from reports.terminal.console import Console
    from rollbook.settings import Settings

# A message that could not be sent for so long is given up.
_GIVEN_UP = timedelta(days=7)
# Seconds after which the rest waits for the next command.
_MOST_SECONDS = 300.0


@contextmanager
def sending(settings: Settings, console: Console, *, notify: bool = True) -> Iterator[None]:
    """Whatever messages the command inside records are sent when it ends, by an error too.

    notify: whether the command's runs are told of; then so is a database that does not answer.
    """
    try:
        yield
    except Exception:
        send_messages(settings, console, tells_away=notify)
        raise
    send_messages(settings, console, tells_away=notify)


def send_messages(
    settings: Settings, console: Console, *, at_once: bool = False, tells_away: bool = False
) -> tuple[int, int]:
    """Send what waits, and complain of what could not be sent; how many messages were sent, and were not.

    at_once: also what was to wait longer after a try that failed. tells_away: whether people hear of a database that
    does not answer. A process that is sending already is left to it.
    """
    if not is_set(settings):
        return 0, 0
    try:
        engine = open_database(settings.database, create=False, migrate=False)
        forget_away(settings)
        with hold(engine, "notify"), engine.connect() as connection:
            return _Outbox(connection, settings, console).empty(at_once=at_once)
    except RunIsLive:
        return 0, 0
    except (RollbookError, DBAPIError) as error:  # of the database: what waits is sent when it answers again
        if tells_away and isinstance(error, DatabaseAway):
            tell_away(settings, console, error)
        console.say(f"Messages are sent later: {error if isinstance(error, RollbookError) else type(error).__name__}")
        return 0, 0


class _Outbox:
    """One round of sending, on one connection to the ledger."""

    def __init__(self, connection: Connection, settings: Settings, console: Console) -> None:
        self._connection = connection
        self._settings = settings
        self._console = console
        self._senders: dict[str, Sender] = {}
        self._down: dict[str, NotSent] = {}
        self._sent = self._not_sent = 0

    def empty(self, *, at_once: bool) -> tuple[int, int]:
        with self._connection.begin():
            doubtful = messages.settle_interrupted(self._connection, now(), repeatable=WEBHOOK)
            due = messages.due(self._connection, None if at_once else now())
        for message in doubtful:
            self._console.complain(f"A message to {message.recipient} {_ENDS[DOUBTFUL]}: {messages.INTERRUPTED}.")
        until = time.monotonic() + _MOST_SECONDS
        try:
            for message in due:
                if time.monotonic() < until:
                    self._send(message)
        finally:
            for sender in self._senders.values():
                sender.close()
        return self._sent, self._not_sent

    def _send(self, message: Message) -> None:
        notice = Notice.from_facts(message.facts)
        with self._connection.begin():
            if not is_ready(self._connection, message, now()):
                return
            rows = rows_of(self._connection, message, notice, self._settings.notify)
        try:
            self._try(message, self._outgoing(message, notice, rows))
        except NotSent as error:
            self._put_off(message, error)
        else:
            self._mark(message, state=SENT, next_attempt_at=None, ended_at=now(), error=None)
            self._sent += 1

    def _try(self, message: Message, outgoing: Outgoing) -> None:
        if message.channel in self._down:
            raise self._down[message.channel]
        if message.channel not in self._senders:
            self._senders[message.channel] = sender_of(message.channel, self._settings)
        self._senders[message.channel].send(outgoing, lambda: self._mark(message, state=SENDING))

    def _outgoing(self, message: Message, notice: Notice, rows: Rows) -> Outgoing:
        if message.channel != MAIL and notice.stop != "limits":  # what is said of a file may tell its cells
            files = tuple(replace(file, message=None) for file in notice.files)
            notice = replace(notice, files=files, stopped_by=None)
        return Outgoing(
            message.delivery_id,
            message.recipient,
            text_of(notice, rows.place, self._console.commands),
            message.recorded_at,
            rows.attachments,
            _facts(message, notice, rows),
            notice.in_reply_to,
        )

    def _put_off(self, message: Message, error: NotSent) -> None:
        at, attempts = now(), message.attempts + 1
        ended: dict[str, Any] = {"next_attempt_at": None, "ended_at": at}
        if isinstance(error, Doubtful):
            state = DOUBTFUL
        elif isinstance(error, Refused) or at - message.recorded_at > _GIVEN_UP:
            state = FAILED
        else:
            state, ended = RECORDED, {"next_attempt_at": at + messages.wait_before(attempts)}
        self._mark(message, state=state, attempts=attempts, error=str(error), **ended)
        self._not_sent += 1
        if self._down.get(message.channel) is not error:  # the same is said once
            self._console.complain(f"A message to {message.recipient} {_ENDS[state]}: {error}.")
        if error.whole_channel:
            self._down[message.channel] = error

    def _mark(self, message: Message, **values: Any) -> None:
        with self._connection.begin():
            messages.mark(self._connection, message, **values)


_ENDS = {
    DOUBTFUL: "may not have arrived, and is not sent again",
    FAILED: "was not sent, and is not tried again",
    RECORDED: "was not sent, and is tried again later",
}


def _facts(message: Message, notice: Notice, rows: Rows) -> dict[str, Any]:
    """What a webhook gets: counts, codes and names, and no cell of a row."""
    return {
        "id": message.delivery_id,
        "kind": notice.kind,
        "at": f"{notice.at:%Y-%m-%dT%H:%M:%SZ}",
        "run": notice.run,
        "folder": notice.folder,
        "files": [{"name": file.name, "code": file.code, "failed_rows": file.failed_rows} for file in notice.files],
        "rows": {name: asdict(notice)[name] for name in ("succeeded", "failed", "pending")},
        "cases": {"new": notice.new, "known": notice.known},
        "stopped": notice.stop,
        "link": rows.place.link,
    }
