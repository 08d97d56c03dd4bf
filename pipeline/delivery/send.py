"""Sending what stands in the outbox, by the way of the system that it goes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from destinations.registry import DESTINATIONS
from flows.targets import TARGETS, target_of

if TYPE_CHECKING:
    from flows.request import Request
    from flows.work import Work
    from rollbook.errors import RollbookError


def check_target(request: Request) -> None:
    """Raise CannotBegin where the destination is sent to, and what that needs is not there."""
    if request.destination in TARGETS:
        target_of(request.destination, request.settings)
    elif DESTINATIONS[request.destination].sends:
        from flows.sending_blocks import wire_of

        wire_of(request.settings.smarteru)


def send_batches(work: Work) -> RollbookError | None:
    """Send every batch that is not settled; what stopped it, or None."""
    if work.request.destination in TARGETS:
        from flows.sending_rows import send_rows

        return send_rows(work)
    from flows.sending_blocks import send_blocks

    return send_blocks(work)
