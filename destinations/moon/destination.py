"""Moon ERP as a destination."""

from __future__ import annotations

from types import MappingProxyType

from destinations.outbox_destination import RowByRowDestination
from ledger.remote.outbox import Delivery


class MoonDestination(RowByRowDestination):
    """Training enrollments over its interface, which keeps no historical dates and no letter grades."""

    # A grade or feedback that is '' is to be emptied there.
    content = ("status", "score", "attendance_confirmed", "feedback", "grade IS NOT DISTINCT FROM ''")
    compared = ("status", "grade")
    order = ("session_id",)
    has_seats = True
    # Its own clock sets both dates; a grade is a number there.
    not_kept = MappingProxyType(
        {
            "enrolled_on": "enrolled_on IS NOT NULL",
            "completed_on": "completed_on IS NOT NULL",
            "grade": "coalesce(grade, '') <> '' AND score IS NULL",
            **RowByRowDestination.not_kept,
        }
    )

    def lost(self, row: Delivery) -> list[str]:
        """What `not_kept` says, of one row."""
        dates = [name for name in ("enrolled_on", "completed_on") if getattr(row, name) is not None]
        return [*dates, *(["grade"] if row.grade and row.score is None else []), *super().lost(row)]
