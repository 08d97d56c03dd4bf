"""SmarterU as a destination: rows are decided as for the database, then recorded in the outbox as blocks of batches."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NoReturn

import pyarrow as pa

from destinations.outbox_destination import BESIDE, OutboundDestination
from destinations.protocol import RunTerms
from destinations.smarteru.batching import batches
from ledger.remote.session_days import known_days
from rollbook.errors import CannotBegin
from stage.database import table_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from stage.database import Stage

# What SmarterU has no place for.
NOT_KEPT = ("completed_on", "attendance_confirmed", "feedback", *BESIDE)


class SmarterUDestination(OutboundDestination):
    """Emits batches (`smarteru-xml`), or sends them too (`smarteru`)."""

    holder = "smarteru"
    content = compared = ("status", "grade", "enrolled_on")
    order = ("group_name", "group_id", "course_id", "session_id")
    to_deliver = "to_deliver_dated"
    not_kept = MappingProxyType({name: f"{name} IS NOT NULL" for name in NOT_KEPT})

    def __init__(self, name: str, *, sends: bool) -> None:
        self.name = name
        self.sends = sends

    def undo(self, connection: Connection, run: RunTerms, file: str | None = None) -> NoReturn:  # noqa: ARG002 - as every destination's
        """SmarterU knows no way back."""
        raise CannotBegin(
            f"Run {run.run_id} went to SmarterU, whose interface takes no enrollment back. Take them back there by "
            "hand: the reports of the run name each one."
        )

    def _look_ahead(self, connection: Connection, stage: Stage) -> None:
        """By what SmarterU is known to hold, then by the dates. Its history may be overbooked: seats do not matter."""
        self._decide_held(connection, stage)
        dateless = (
            "SELECT DISTINCT session_code FROM in_play JOIN sessions USING (session_no) WHERE enrolled_on IS NULL"
        )
        days = known_days(connection, stage.column(dateless).to_pylist())
        stage.put("found_days", table_of(days.items(), session_code=pa.string(), session_date=pa.date32()))
        stage.run("enrollment_days")

    def _batches(self, keys: Iterable[Hashable], size: int) -> Iterator[Sequence[int]]:
        return batches(keys, size)
