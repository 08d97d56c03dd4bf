"""A notification by a Prefect block: whoever runs the imports chooses the kind and the address there."""

from typing import Any, cast

from prefect.blocks.abstract import NotificationBlock
from prefect.blocks.core import Block


def notify(block: str, subject: str, body: str) -> None:
    """Send it by the notification block of that name (`custom-webhook/ops`); raises whatever hinders it."""
    loaded = cast("NotificationBlock", Block.load(block))
    with loaded.raise_on_failure():  # else some kinds fail in silence
        _: Any = loaded.notify(body, subject)  # a coroutine only where an event loop runs
