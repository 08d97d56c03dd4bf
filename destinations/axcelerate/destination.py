"""aXcelerate as a destination."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from destinations.outbox_destination import RowByRowDestination
from validators.activities import STANDS_FOR

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from destinations.protocol import RunTerms, Tally
    from stage.database import Stage


class AxcelerateDestination(RowByRowDestination):
    """Outcomes and dates of units and other activities, and the modules of learning plans.

    Its rows stand in the stage as enrollments: the contact as learner, class and unit as session, the outcome as grade,
    start and end as days of enrollment and completion, the override of access as feedback.
    """

    compared = ("grade", "enrolled_on", "completed_on")
    content = (*compared, "feedback")
    order = ("learner_employee_id", "session_id")

    def decide(self, connection: Connection, stage: Stage, run: RunTerms) -> Tally:
        """See `OutboundDestination.decide`; what is told is told of aXcelerate's own fields."""
        return super().decide(connection, stage, replace(run, names=STANDS_FOR))

    def rehearse(self, connection: Connection, stage: Stage, run: RunTerms) -> Tally:
        """See `RowByRowDestination.rehearse`; so is this."""
        return super().rehearse(connection, stage, replace(run, names=STANDS_FOR))
