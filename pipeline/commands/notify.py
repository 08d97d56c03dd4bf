"""`rollbook notify`: messages that wait are sent, or a test message to everybody that the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.notifying.direct import send_directly
from pipeline.notifying.outgoing import NotSent
from pipeline.notifying.recipients import MAIL, Recipient, everybody, is_set
from pipeline.notifying.send import send_messages
from pipeline.options import console_of, settings_of
from reports.notifications.message_text import test_text
from reports.text import count_noun
from rollbook.errors import CannotBegin

if TYPE_CHECKING:
    from reports.terminal.console import Console
    from rollbook.options import Invocation
    from rollbook.settings import Settings


def notify(invocation: Invocation, *, test: bool) -> int:
    """Send what waits, or a test; 1 where a message could not be sent. Raises CannotBegin where nobody is named."""
    settings, console = settings_of(invocation), console_of(invocation)
    if not is_set(settings):
        raise CannotBegin("The settings name nobody to notify. Write [notify] in rollbook.toml; see docs/settings.md.")
    sent, not_sent = _test(settings, console) if test else send_messages(settings, console, at_once=True)
    if console.asked_for_json:
        console.answer({"exit": int(not_sent > 0), "sent": sent, "not_sent": not_sent})
    elif not test:
        console.say(f"Sent {count_noun(sent, 'message')}." if sent or not_sent else "No message is waiting.")
    return int(not_sent > 0)


def _test(settings: Settings, console: Console) -> tuple[int, int]:
    """How many test messages were sent, and were not."""
    failed, tested = 0, _tested(settings)
    for recipient in tested:
        try:
            send_directly(settings, recipient, "test", test_text(recipient.language))
            console.say(f"Sent a test message to {recipient.name}.")
        except NotSent as error:
            failed += 1
            console.complain(f"The test message to {recipient.name} was not sent: {error}.")
    return len(tested) - failed, failed


def _tested(settings: Settings) -> list[Recipient]:
    """Everybody that the settings name; where mail goes to the owners of sheets alone, its sender."""
    found, sender = everybody(settings), settings.notify.from_
    if sender is not None and all(recipient.channel != MAIL for recipient in found):
        found.insert(0, Recipient(MAIL, sender, settings.notify.language))
    return found
