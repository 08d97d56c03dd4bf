"""A message on its way: what is sent, and how sending it can end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from reports.notifications.message_text import MessageText


@dataclass(frozen=True)
class Outgoing:
    """What is sent to one recipient.

    delivery_id: the same at every try. in_reply_to: the Message-ID of the mail that it answers.
    attachments: (name, file). facts: what a webhook gets of it, as JSON holds it.
    """

    delivery_id: str
    recipient: str
    text: MessageText
    recorded_at: datetime
    attachments: tuple[tuple[str, Path], ...] = ()
    facts: dict[str, Any] | None = None
    in_reply_to: str | None = None


class NotSent(Exception):
    """The message was not taken, in words without a secret. A later try may succeed.

    whole_channel: whether no other message can be sent this way now.
    """

    def __init__(self, why: str, *, whole_channel: bool = False) -> None:
        super().__init__(why)
        self.whole_channel = whole_channel


class Refused(NotSent):
    """The message was refused for good."""


class Doubtful(NotSent):
    """The message may have been taken: nobody can know."""


class Sender(Protocol):
    """Sends the messages of one channel. It is opened by the first one."""

    def send(self, message: Outgoing, begin: Callable[[], None]) -> None:
        """Send a message; raises NotSent. begin: called just before the other side may take it."""

    def close(self) -> None:
        """Hang up."""
