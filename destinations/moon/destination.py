"""Moon ERP as a destination."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_

from destinations.outbox_destination import RowByRowDestination
from ledger.remote.outbox import Delivery
from ledger.tables import rollbook_rows


class MoonDestination(RowByRowDestination):
    """Training enrollments over its interface, which keeps no historical dates and no letter grades."""

    content = ("status", "score", "attendance_confirmed", "feedback")
    compared = ("status", "grade")
    order = ("session_id",)
    has_seats = True

    def not_kept(self) -> dict[str, ColumnElement[bool]]:
        """Its own clock sets both dates; a grade is a number there."""
        rows = rollbook_rows.c
        lost = {name: rows[name].is_not(None) for name in ("enrolled_on", "completed_on")}
        return {**lost, "grade": and_(rows.grade.is_not(None), rows.score.is_(None))}

    def lost(self, row: Delivery) -> list[str]:
        """The same of one row."""
        dates = [name for name in ("enrolled_on", "completed_on") if getattr(row, name) is not None]
        return [*dates, *(["grade"] if row.grade is not None and row.score is None else [])]
