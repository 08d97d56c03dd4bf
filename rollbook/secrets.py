"""Secrets: from the environment, else from a Prefect Secret block. They are never written anywhere."""

import os

import httpx

from rollbook.errors import CannotBegin


def secret(name: str) -> str:
    """The secret of an environment variable, else of the Prefect Secret block of that name (`rollbook-…`).

    The block is asked for only where PREFECT_API_URL is set. Raises CannotBegin where neither has it.
    """
    value = os.environ.get(name) or (_of_block(name) if os.environ.get("PREFECT_API_URL") else None)
    if not value:
        block = block_name(name)
        raise CannotBegin(
            f"{name} is not set. Set it in the environment, or keep it in the Prefect Secret block {block}."
        )
    return value


def secrets_here(*names: str) -> list[str]:
    """Those of the secrets that stand in the environment, to keep them out of what is told."""
    return [value for name in names if (value := os.environ.get(name))]


def block_name(name: str) -> str:
    """The Prefect block for an environment variable: `ROLLBOOK_A_B` is `rollbook-a-b`."""
    return name.lower().replace("_", "-")


def _of_block(name: str) -> str | None:
    from prefect.blocks.system import Secret

    try:
        block = Secret.load(block_name(name))
    except ValueError:  # Prefect's word for a block that does not exist
        return None
    except httpx.HTTPError as error:
        told = f"the Prefect server that may keep it does not answer ({type(error).__name__})"
        raise CannotBegin(f"{name} is not set, and {told}. Set it in the environment, or fix the server.") from None
    value: str = block.get()  # type: ignore[union-attr,unused-ignore]
    return value
