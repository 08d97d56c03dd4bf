"""Who sends the messages of each channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.notifying.recipients import CHAT, PREFECT, WEBHOOK, addresses_by_name

if TYPE_CHECKING:
    from pipeline.notifying.outgoing import Sender
    from rollbook.settings import Settings


def sender_of(channel: str, settings: Settings) -> Sender:
    """Who sends the messages of a channel; what each needs is imported only then."""
    notify = settings.notify
    if channel == CHAT:
        from pipeline.notifying.chat import ChatSender

        return ChatSender(addresses_by_name(notify.chat))
    if channel == PREFECT:
        from pipeline.notifying.block import BlockSender

        return BlockSender()
    if channel == WEBHOOK:
        from pipeline.notifying.webhook import WebhookSender

        return WebhookSender(notify, addresses_by_name(notify.webhook))
    from pipeline.notifying.mail import MailSender

    return MailSender(notify)
