"""Which system is read in which way."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from pipeline.sync.base import Synced, Watch
    from pipeline.sync.named import Named
    from rollbook.settings import Settings


def sync(
    connection: Connection,
    system: str,
    settings: Settings,
    by: str | None,
    watch: Watch,
    named: Collection[tuple[str, str]] = (),
    sheets: Named | None = None,
) -> Synced:
    """Read what a system knows into the ledger. Raises Stopped; the next sync goes on behind the last page stored.

    named: (learner, session) of further rows to ask for, where the system tells only what it is asked for.
    sheets: what to read of SmarterU; None: all.
    """
    if system == "smarteru":
        from pipeline.sync.smarteru import sync_smarteru

        return sync_smarteru(connection, settings.smarteru, by, watch, sheets)
    from pipeline.sync.rest import sync_rows

    return sync_rows(connection, system, settings, by, watch, named)
