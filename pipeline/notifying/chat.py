"""Chat: Slack, Teams, Matrix and some hundred others, by Apprise."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pipeline.notifying.outgoing import Doubtful, NotSent, Refused

if TYPE_CHECKING:
    from pipeline.notifying.outgoing import Outgoing

# How the HTTP library that Apprise uses says that a request had left.
_HAD_LEFT = ("read timed out", "connection aborted", "remote end closed")


class ChatSender:
    """Sends messages to chats. What Apprise says of a failure may hold the address, so it is not repeated."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._addresses = addresses

    def send(self, message: Outgoing, begin: Callable[[], None]) -> None:
        """Send one message; raises NotSent."""
        import apprise

        address = self._addresses.get(message.recipient)
        if address is None:
            raise Refused("this address is no longer in the settings")
        chat = apprise.Apprise()
        if not chat.add(address):
            raise NotSent("Apprise does not know this kind of address, or it is not complete")
        begin()
        with apprise.LogCapture(level=logging.DEBUG) as log:  # type: ignore[no-untyped-call]
            taken = chat.notify(
                body=message.text.plain, title=message.text.subject, body_format=apprise.NotifyFormat.TEXT
            )
            said = log.getvalue().lower()
        if not taken:
            if any(words in said for words in _HAD_LEFT):
                raise Doubtful("the chat server did not confirm that it took the message")
            raise NotSent("the chat server did not take the message")

    def close(self) -> None:
        """Nothing stays open."""
