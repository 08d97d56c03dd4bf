"""What all systems outside have in common: rows are decided here, and stand in the outbox until they are sent."""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, or_

from destinations.decide import work_tables
from destinations.decide.capacity import decide_capacity
from destinations.decide.duplicates import decide_copies
from destinations.decide.existing_remote import decide_held, seats_held
from destinations.decide.holding import reject_held
from destinations.decide.learners import decide_learners
from destinations.decide.reject import reopen
from destinations.decide.sessions import find_sessions
from destinations.decide.tally import tally_of
from destinations.protocol import RunTerms, Tally, Undone
from ledger import runs
from ledger.cases import reopen_fixed
from ledger.remote import outbox, writes
from ledger.remote.outbox import Delivery
from ledger.tables import (
    held_enrollments,
    rollbook_cases,
    rollbook_deliveries,
    rollbook_writes,
)
from rollbook.outcomes import ACCEPTED, LOADED, PENDING


class OutboundDestination:
    """Decides rows and records them in the outbox, as batches.

    name: as `--to` says it; holder: the system. sends: whether Rollbook sends the batches.
    content: of working.CONTENT, what the system keeps of an enrollment; compared: what it is known by to hold the same.
    order: the columns by which rows stand side by side in batches, before their own order.
    """

    is_outbox = True
    name: str
    holder: str
    sends: bool
    content: Sequence[str]
    compared: Sequence[str]
    order: Sequence[str]

    def decide(self, connection: Connection, run: RunTerms) -> Tally:
        """Mark rows by identity and copies; see `Destination.decide`."""
        self._place(connection, run)
        self._look_ahead(connection, run)
        work_tables.clear(connection)
        return self._tally(connection, run)

    def load(self, connection: Connection, run: RunTerms, decided: Tally | None = None) -> Tally:
        """Record the accepted rows in the outbox, as batches; they are pending until the system has answered."""
        decided = decided or self._tally(connection, run)
        outbox.record(connection, run.run_id, self._blocks(connection, run))
        outcomes = {**decided.outcomes, LOADED: decided.outcomes[LOADED] - decided.accepted}
        by_part = {part: _waiting(counts) for part, counts in decided.by_part.items()}
        return replace(decided, outcomes={**outcomes, PENDING: decided.accepted}, by_part=by_part)

    def rehearse(self, connection: Connection, run: RunTerms) -> Tally:
        """Decide; what would be sent counts as loaded."""
        return self.decide(connection, run)

    def _place(self, connection: Connection, run: RunTerms) -> None:
        reopen(connection, run)
        for only_if_new in (False, True):  # what exists is known to the system alone
            reject_held(connection, run, only_if_new=only_if_new)
        work_tables.prepare(connection, run)
        decide_learners(connection, run)
        find_sessions(connection, run)
        work_tables.place_rows(connection, run)
        decide_copies(connection, run, self.content)

    def _look_ahead(self, connection: Connection, run: RunTerms) -> None:
        """Mark what the system would answer, as far as it is known."""

    def not_kept(self) -> dict[str, ColumnElement[bool]]:
        """Field -> whether a staged row has a value of it that the system has no place for."""
        return {}

    def _tally(self, connection: Connection, run: RunTerms) -> Tally:
        return tally_of(connection, run, self.not_kept())

    def _batches(self, keys: Iterable[Hashable], size: int) -> Iterator[Sequence[int]]:
        """The positions (from 0) of each batch. keys: those of the rows, in the order of `order`."""
        positions = (position for position, _ in enumerate(keys))
        while batch := list(islice(positions, size)):
            yield batch

    def _blocks(self, connection: Connection, run: RunTerms) -> Iterable[tuple[int, ...]]:
        places = tuple(array("q") for _ in range(3))
        keys = _noted(outbox.pending_keys(connection, run.run_id, self.order), places)
        numbered = [array("l", batch) for batch in self._batches(keys, run.batch_size)]
        return (
            (batch_no, block_no, *(place[at] for place in places))
            for batch_no, batch in enumerate(numbered, 1)
            for block_no, at in enumerate(batch, 1)
        )


class RowByRowDestination(OutboundDestination):
    """A system that takes rows one by one, is read before it is written, and can be put back.

    So what it holds is decided when a row is sent. Only a check, which sends nothing, goes by what is known of it.
    has_seats: whether its sessions count them.
    """

    sends = True
    has_seats = False

    def __init__(self, name: str) -> None:
        self.name = self.holder = name

    def rehearse(self, connection: Connection, run: RunTerms) -> Tally:
        """Decide, and foresee by what is known what the system holds."""
        self._place(connection, run)
        decide_held(connection, run, self.holder, self.compared, changes=True)
        if self.has_seats:
            decide_capacity(connection, run, seats_held(self.holder))
        work_tables.clear(connection)
        return self._tally(connection, run)

    def undo(self, connection: Connection, run: RunTerms, file: str | None = None) -> Undone:
        """The ledger's side, after the system was put back: nothing is held any more, cases are open again."""
        sent, there, lines = rollbook_deliveries.c, held_enrollments.c, rollbook_writes.c
        same_block = and_(*(lines[name] == sent[name] for name in ("run_id", "batch_no", "block_no")))
        key = and_(*(sent[name] == there[name] for name in ("session_id", "learner_email", "learner_employee_id")))
        undone = exists().where(same_block, lines.run_id == run.run_id, lines.state == writes.UNDONE, key)
        connection.execute(
            delete(held_enrollments).where(there.destination == self.holder, there.run_id == run.run_id, undone)
        )
        cases = rollbook_cases.c
        who = or_(cases.learner_email == there.learner_email, cases.learner_employee_id == there.learner_employee_id)
        held = exists().where(there.destination == self.holder, there.session_id == cases.session_id, who)
        reopened = reopen_fixed(connection, run.run_id, *([] if file is None else [~held]))
        if file is None:
            runs.mark(connection, run.run_id, state=runs.UNDONE)
        return Undone(deleted=0, restored=0, removed={}, reopened=reopened)

    def lost(self, row: Delivery) -> list[str]:  # noqa: ARG002 - for those that lose something
        """The fields of which a row has a value that is not kept."""
        return []


def _noted(lines: Iterator[tuple[Any, ...]], places: tuple[array[int], ...]) -> Iterator[tuple[Any, ...]]:
    """The keys of the lines, one by one, while their places are noted: a million rows take 24 MB so."""
    for part_id, row_no, col_no, *key in lines:
        for place, number in zip(places, (part_id, row_no, col_no), strict=True):
            place.append(number)
        yield tuple(key)


def _waiting(counts: Any) -> dict[str, int]:
    return {PENDING if outcome == ACCEPTED else outcome: number for outcome, number in counts.items()}
