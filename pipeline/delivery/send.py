"""Sending what stands in the outbox, by the way of the system that it goes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from destinations.registry import DESTINATIONS
from pipeline.delivery.systems import TARGETS, target_of

if TYPE_CHECKING:
    from pipeline.run_context import RunContext
    from rollbook.errors import RollbookError
    from rollbook.request import Request


def check_target(request: Request) -> None:
    """Raise CannotBegin where the destination is sent to, and what that needs is not there."""
    if request.destination in TARGETS:
        target_of(request.destination, request.settings)
    elif DESTINATIONS[request.destination].sends:
        from pipeline.delivery.smarteru import wire_of

        wire_of(request.settings.smarteru)


def send_batches(work: RunContext) -> RollbookError | None:
    """Send every batch that is not settled; what stopped it, or None."""
    if work.request.destination in TARGETS:
        from pipeline.delivery.rest import send_rows

        return send_rows(work)
    from pipeline.delivery.smarteru import send_blocks

    return send_blocks(work)
