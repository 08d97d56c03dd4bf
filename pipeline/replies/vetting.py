"""Whether a mail brings corrected workbooks back from the person that they were sent to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ledger import messages
from rollbook.notify_settings import LANGUAGES
from rollbook.request import Reply
from sources.our_signs import may_be_ours

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.messages import Message
    from rollbook.returned import Origin
    from rollbook.settings import ReadingSettings, Settings
    from sources.mail.unpacking import Mail

SENDER, THREAD, NO_WORKBOOK, NOT_THEIRS, TOO_LARGE = (
    "reply.sender",
    "reply.thread",
    "reply.no_workbook",
    "reply.not_theirs",
    "reply.too_large",
)


@dataclass(frozen=True)
class Accepted:
    """A mail that is imported. workbooks: (name, file), at least one."""

    reply: Reply
    workbooks: tuple[tuple[str, Path], ...]


@dataclass(frozen=True)
class Refused:
    """A mail of which nothing is imported. reply: None where its sender is not to be answered."""

    code: str
    reply: Reply | None = None


@dataclass(frozen=True)
class LeftAlone:
    """A mail that is not for Rollbook, and stays as it is. why: as a clause, where it is told."""

    why: str | None = None


@dataclass(frozen=True)
class Correspondence:
    """What the ledger knows of a mail. answered: our messages that it names, the latest first.

    language: of the last mail to its sender; None where there was none. runs: those that its sender heard of.
    """

    answered: Sequence[Message] = ()
    language: str | None = None
    runs: Collection[str] = ()


def correspondence(connection: Connection, mail: Mail, answers: Collection[str]) -> Correspondence:
    """What the ledger knows of a mail that names these delivery_ids."""
    sender = mail.sender or ""
    return Correspondence(
        messages.mails_sent(connection, answers),
        messages.language_of(connection, sender),
        messages.runs_told(connection, sender),
    )


def vet(mail: Mail, known: Correspondence, settings: Settings, others: Sequence[str]) -> Accepted | Refused | LeftAlone:
    """Judge a mail. others: who may reply beside the recipients of our messages.

    A sender is easily forged, but only who got a message knows its delivery_id: both must fit, and the workbook must
    be of a run that this person heard of. Who is not known is not answered: it might be nobody's address.
    """
    if is_automatic(mail, settings):  # whoever answers it may be answered for ever
        return LeftAlone("written by a program" if mail.attachments else None)
    if not mail.attachments:
        return LeftAlone("without a workbook" if known.answered else None)
    if not known.answered:
        return Refused(THREAD, _told_before(mail, known))
    reply = reply_to(mail, known, others)
    return Refused(SENDER) if reply is None else _with_workbooks(mail, known, settings, reply)


def _with_workbooks(mail: Mail, known: Correspondence, settings: Settings, reply: Reply) -> Accepted | Refused:
    """Judge what somebody attached who may reply."""
    if mail.has_too_many:
        return Refused(TOO_LARGE, reply)
    found = [(name, file, said) for name, file in mail.attachments if (said := _origin(file, settings.reading))]
    if not found:
        return Refused(NO_WORKBOOK, reply)
    told = {*known.runs, *(message.rows_run_id for message in known.answered)}
    if not all(told.issuperset(said.runs) for _, _, said in found):
        return Refused(NOT_THEIRS, reply)
    return Accepted(reply, tuple((name, file) for name, file, _ in found))


def is_automatic(mail: Mail, settings: Settings) -> bool:
    """Whether a program wrote it, Rollbook among them."""
    return mail.is_automatic or (mail.sender or "").lower() == (settings.notify.from_ or "").lower()


def reply_to(mail: Mail, known: Correspondence, others: Sequence[str]) -> Reply | None:
    """Who is answered, as the ledger or the settings write their address; None where the mail is another one's."""
    sender = (mail.sender or "").lower()
    for message in known.answered:
        if message.recipient.lower() == sender:
            return Reply(message.recipient, message.facts["language"], mail.message_id)
    named = next((address for address in others if address.lower() == sender), None)
    if named is None or not known.answered:
        return None
    return Reply(named, known.answered[0].facts["language"], mail.message_id)


def _told_before(mail: Mail, known: Correspondence) -> Reply | None:
    """Somebody who got mails of Rollbook is answered, also if this one is no reply."""
    if mail.sender is None or known.language not in LANGUAGES:
        return None
    return Reply(mail.sender, known.language, mail.message_id)


def _origin(file: Path, limits: ReadingSettings) -> Origin | None:
    if not may_be_ours(file):
        return None
    from pipeline.returned.recognition import origin_of_file

    return origin_of_file(file, limits)
