"""Prefect's blocks: as a keeper of secrets (`rollbook.secrets.ask_also`), and as one of the roads of messages."""

from typing import Any, cast

import httpx
from prefect.blocks.abstract import NotificationBlock
from prefect.blocks.core import Block
from prefect.blocks.system import Secret

from rollbook.errors import CannotBegin
from rollbook.secrets import block_name


def secret_of_block(name: str) -> str | None:
    """The secret in the block for an environment variable; raises CannotBegin where the server does not answer."""
    try:
        block = Secret.load(block_name(name))
    except ValueError:  # Prefect's word for a block that does not exist
        return None
    except httpx.HTTPError as error:
        told = f"the Prefect server that may keep it does not answer ({type(error).__name__})"
        raise CannotBegin(f"{name} is not set, and {told}. Set it in the environment, or fix the server.") from None
    value: str = block.get()  # type: ignore[union-attr,unused-ignore]
    return value


def notify_by_block(block: str, subject: str, text: str) -> None:
    """Send a message by the notification block of that name (`custom-webhook/ops`); raises whatever hinders it."""
    loaded = cast("NotificationBlock", Block.load(block))
    with loaded.raise_on_failure():  # else some kinds fail in silence
        _: Any = loaded.notify(text, subject)  # a coroutine only where an event loop runs
