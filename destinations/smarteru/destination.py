"""SmarterU as a destination: rows are decided as for the database, then recorded in the outbox as blocks of batches."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, NoReturn

from sqlalchemy import Connection

from destinations import working
from destinations.capacity import decide_capacity
from destinations.copies import decide_copies
from destinations.held import decide_held, seats_held
from destinations.identities import decide_learners
from destinations.protocol import RunTerms, Tally
from destinations.sessions import find_sessions
from destinations.smarteru.batching import batches
from destinations.tallies import tally_of
from destinations.verdicts import reopen
from ledger import outbox
from ledger.tables import rollbook_rows
from rollbook.errors import CannotBegin
from rollbook.outcomes import ACCEPTED, LOADED, PENDING

# What SmarterU keeps of an enrollment, and what it has no place for.
CONTENT = ("status", "grade", "enrolled_on")
NOT_KEPT = ("completed_on", "attendance_confirmed", "feedback")


class SmarterUDestination:
    """Emits batches (`smarteru-xml`), or sends them too (`smarteru`)."""

    holder = "smarteru"
    is_outbox = True

    def __init__(self, name: str, *, sends: bool) -> None:
        self.name = name
        self.sends = sends

    def decide(self, connection: Connection, run: RunTerms) -> Tally:
        """Mark rows by identity, copies, what SmarterU is known to hold and seats; see `Destination.decide`."""
        reopen(connection, run)
        working.prepare(connection, run)
        decide_learners(connection, run)
        find_sessions(connection, run)
        working.place_rows(connection, run)
        decide_copies(connection, run, CONTENT)
        decide_held(connection, run, self.holder)
        decide_capacity(connection, run, seats_held(self.holder))
        working.clear(connection)
        return self._tally(connection, run)

    def load(self, connection: Connection, run: RunTerms, decided: Tally | None = None) -> Tally:
        """Record the accepted rows in the outbox, as batches; they are pending until SmarterU has answered."""
        decided = decided or self._tally(connection, run)
        outbox.record(connection, run.run_id, self._blocks(connection, run))
        outcomes = {**decided.outcomes, LOADED: decided.outcomes[LOADED] - decided.accepted}
        by_part = {part: _waiting(counts) for part, counts in decided.by_part.items()}
        return replace(decided, outcomes={**outcomes, PENDING: decided.accepted}, by_part=by_part)

    def rehearse(self, connection: Connection, run: RunTerms) -> Tally:
        """Decide; what would be sent counts as loaded."""
        return self.decide(connection, run)

    def undo(self, connection: Connection, run: RunTerms, file: str | None = None) -> NoReturn:  # noqa: ARG002 - as every destination's
        """SmarterU knows no way back."""
        raise CannotBegin(
            f"Run {run.run_id} went to SmarterU, whose interface takes no enrollment back. Take them back there by "
            "hand: the reports of the run name each one."
        )

    def _tally(self, connection: Connection, run: RunTerms) -> Tally:
        return tally_of(connection, run, {name: rollbook_rows.c[name].is_not(None) for name in NOT_KEPT})

    def _blocks(self, connection: Connection, run: RunTerms) -> Iterable[tuple[int, ...]]:
        places = tuple(array("q") for _ in range(3))
        keys = _noted(outbox.pending_keys(connection, run.run_id), places)
        numbered = [array("l", batch) for batch in batches(keys, run.batch_size)]
        return (
            (batch_no, block_no, *(place[at] for place in places))
            for batch_no, batch in enumerate(numbered, 1)
            for block_no, at in enumerate(batch, 1)
        )


def _noted(lines: Iterator[tuple[Any, ...]], places: tuple[array[int], ...]) -> Iterator[tuple[Any, ...]]:
    """The keys of the lines, one by one, while their places are noted: a million rows take 24 MB so."""
    for part_id, row_no, col_no, *key in lines:
        for place, number in zip(places, (part_id, row_no, col_no), strict=True):
            place.append(number)
        yield tuple(key)


def _waiting(counts: Any) -> dict[str, int]:
    return {PENDING if outcome == ACCEPTED else outcome: number for outcome, number in counts.items()}
