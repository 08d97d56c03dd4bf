"""Secrets: from the environment, else from a Prefect Secret block. They are never written anywhere."""

import os
from collections.abc import Callable

from rollbook.errors import CannotBegin

Keeper = Callable[[str], str | None]


def _nobody(_: str) -> None:
    """Where neither a command nor a flow runs."""


# Who is asked for a secret that the environment does not have: `flows.blocks`, where commands or flows run.
_keeper: Keeper = _nobody


def secret(name: str) -> str:
    """The secret of an environment variable, else of the Prefect Secret block of that name (`rollbook-…`).

    The block is asked for only where PREFECT_API_URL is set. Raises CannotBegin where neither has it.
    """
    value = secret_or_none(name)
    if not value:
        block = block_name(name)
        raise CannotBegin(
            f"{name} is not set. Set it in the environment, or keep it in the Prefect Secret block {block}."
        )
    return value


def secret_or_none(name: str) -> str | None:
    """The same; None where neither has it."""
    value = os.environ.get(name)
    if not value and os.environ.get("PREFECT_API_URL"):
        value = _keeper(name)
    return value or None


def secrets_here(*names: str) -> list[str]:
    """Those of the secrets that stand in the environment, to keep them out of what is told."""
    return [value for name in names if (value := os.environ.get(name))]


def block_name(name: str) -> str:
    """The Prefect block for an environment variable: `ROLLBOOK_A_B` is `rollbook-a-b`."""
    return name.lower().replace("_", "-")


def ask_also(keeper: Keeper) -> None:
    """Ask a keeper for the secrets that the environment does not have. It takes a variable's name; None: not there."""
    global _keeper  # noqa: PLW0603 - one for the process, as its environment is
    _keeper = keeper
