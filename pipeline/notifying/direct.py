"""Messages that no ledger records: tests, and that the database does not answer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ledger.database import mask_url
from pipeline.notifying.outgoing import NotSent, Outgoing
from pipeline.notifying.recipients import Recipient, everybody, is_set
from pipeline.notifying.senders import sender_of
from reports.notifications.message_text import MessageText, Place, text_of
from reports.notifications.notice import Notice
from rollbook.clock import now

if TYPE_CHECKING:
    from pathlib import Path

    from reports.terminal.console import Console
    from rollbook.errors import RollbookError
    from rollbook.settings import Settings


def send_directly(settings: Settings, recipient: Recipient, kind: str, text: MessageText) -> None:
    """Send a message now or never; raises NotSent."""
    moment, delivery_id = now(), uuid4().hex
    facts: dict[str, Any] = {"id": delivery_id, "kind": kind, "at": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}
    sender = sender_of(recipient.channel, settings)
    try:
        sender.send(Outgoing(delivery_id, recipient.name, text, moment, facts=facts), lambda: None)
    finally:
        sender.close()


def tell_away(settings: Settings, console: Console, error: RollbookError) -> None:
    """Tell those that the settings name that the database does not answer; once in a while, as a file remembers."""
    told = _told(settings)
    quiet = settings.notify.quiet.total_seconds()
    if not is_set(settings) or (told.exists() and time.time() - told.stat().st_mtime < quiet):
        return
    for recipient in everybody(settings):
        language, where = recipient.language, mask_url(settings.database)
        notice = Notice("not_loaded", now(), language, stop="away", stopped_by=str(error), folder=where)
        try:
            send_directly(settings, recipient, "not_loaded", text_of(notice, Place(), console.commands))
        except NotSent as problem:
            console.complain(f"A message to {recipient.name} was not sent: {problem}.")
    told.parent.mkdir(parents=True, exist_ok=True)
    told.touch()


def forget_away(settings: Settings) -> None:
    """The database answers: when it does not again, that is news."""
    _told(settings).unlink(missing_ok=True)


def _told(settings: Settings) -> Path:
    return settings.out / "database-away-was-told"
