"""Prefect's notification blocks as one of the channels; only `flows/` knows Prefect, and says how."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pipeline.notifying.outgoing import Doubtful, NotSent

if TYPE_CHECKING:
    from pipeline.notifying.outgoing import Outgoing

# Sends by the block of a name: its subject and its text.
Notify = Callable[[str, str, str], None]


def _nobody(_block: str, _subject: str, _text: str) -> None:
    raise NotSent("Prefect is not at hand", whole_channel=True)


_notify: Notify = _nobody


def notify_through(notify: Notify) -> None:
    """Send by blocks through this from now on: `flows.blocks`, where commands or flows run."""
    global _notify  # noqa: PLW0603 - one for the process, as its environment is
    _notify = notify


class BlockSender:
    """Sends messages by a notification block."""

    def send(self, message: Outgoing, begin: Callable[[], None]) -> None:
        """Send one message; raises NotSent by the kind of the error, whose text may hold an address with a key."""
        begin()
        try:
            _notify(message.recipient, message.text.subject, message.text.plain)
        except NotSent:
            raise
        except TimeoutError as error:
            raise Doubtful(f"the block did not confirm that it took the message ({type(error).__name__})") from None
        except Exception as error:  # noqa: BLE001 - a block may be anything
            raise NotSent(f"the block did not take the message ({type(error).__name__})") from None

    def close(self) -> None:
        """Nothing stays open."""
