"""What became of messages, a line each."""

from collections.abc import Iterator, Sequence
from typing import Any

from ledger.messages import DOUBTFUL, FAILED, SENT, Message
from reports.text import count_noun, day_and_time

_CHANNELS = {"mail": "Mail", "chat": "Chat", "webhook": "Webhook", "prefect": "Prefect block"}
# More of them are counted.
_SHOWN = 5


def message_lines(messages: Sequence[Message]) -> list[str]:
    """`Mail to hr@example.com: sent 2026-11-21 02:15 UTC`; of one that was not sent, why."""
    return [f"{_CHANNELS[message.channel]} to {message.recipient}: {_became(message)}" for message in messages]


def _became(message: Message) -> str:
    why = f": {message.error}" if message.error else ""
    if message.state == SENT:
        return f"sent {day_and_time(message.ended_at)}"
    if message.state == DOUBTFUL:
        return f"may not have arrived, and is not sent again{why}"
    if message.state == FAILED:
        return f"not sent, and not tried again{why}"
    tried = f", tried {count_noun(message.attempts, 'time')}" if message.attempts else ""
    return f"waits to be sent{tried}{why}"


def not_sent_lines(messages: Sequence[Message]) -> Iterator[str]:
    """What `rollbook runs` says below its list of messages that were not sent; nothing where all were."""
    if not messages:
        return
    were = "message was" if len(messages) == 1 else "messages were"
    yield f"{len(messages):,} {were} not sent. To send what waits: rollbook notify"
    yield from message_lines(messages[:_SHOWN])
    if len(messages) > _SHOWN:
        yield f"… and {len(messages) - _SHOWN:,} more."


def message_object(message: Message) -> dict[str, Any]:
    """A message as JSON can hold it: {run, kind, channel, recipient, state, attempts, error}."""
    names = ("kind", "channel", "recipient", "state", "attempts", "error")
    return {"run": message.run_id, **{name: getattr(message, name) for name in names}}
