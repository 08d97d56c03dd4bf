"""What all systems outside have in common: rows are decided here, and stand in the outbox until they are sent."""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from types import MappingProxyType
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, and_, delete, exists, or_

from destinations.decide import begin, decide_capacity, foreseen_cases, place_rows, refuse_held, tally_of
from destinations.protocol import RunTerms, Tally, Undone
from ledger import known, runs
from ledger.cases.cases import reopen_fixed
from ledger.parts import keep_rows
from ledger.remote import outbox, writes
from ledger.remote.outbox import Delivery
from ledger.tables import (
    held_enrollments,
    rollbook_cases,
    rollbook_deliveries,
    rollbook_writes,
)
from rollbook.rows.outcomes import ACCEPTED, LOADED, PENDING, UNCHANGED, UPDATED
from stage.database import Stage, table_of
from stage.parts import PLACE

# What may stand beside a record, and no system outside has a place for.
BESIDE = ("expires_on", "certificate_number", "hours", "credits")


class OutboundDestination:
    """Decides rows and records them in the outbox, as batches.

    name: as `--to` says it; holder: the system. sends: whether Rollbook sends the batches.
    content: of decide.CONTENT, what the system keeps of an enrollment; compared: what it is known by to hold the same.
    order: the columns by which rows stand side by side in batches, before their own order.
    to_deliver: the file of stage/sql that makes the view of the rows to be sent.
    delivered: what becomes of the rows of a check that an import would send.
    not_kept: field -> the SQL that says whether a row has a value of it that the system has no place for.
    """

    is_outbox = True
    name: str
    holder: str
    sends: bool
    content: Sequence[str]
    compared: Sequence[str]
    order: Sequence[str]
    to_deliver: str = "to_deliver"
    delivered: Sequence[str] = (ACCEPTED,)
    not_kept: Mapping[str, str] = MappingProxyType({name: f"{name} IS NOT NULL" for name in BESIDE})

    def decide(self, connection: Connection, stage: Stage, run: RunTerms) -> Tally:
        """Decide rows by identity and copies; see `Destination.decide`."""
        self._place(connection, stage, run)
        self._look_ahead(connection, stage)
        return self._tally(stage)

    def load(self, connection: Connection, stage: Stage, run: RunTerms, decided: Tally) -> Tally:
        """Record the accepted rows in the outbox, as batches; they are pending until the system has answered."""
        stage.run(self.to_deliver)
        for batch in stage.batches(f"FROM to_deliver ORDER BY {', '.join(PLACE)}"):
            keep_rows(connection, run.run_id, batch)
        outbox.record(connection, run.run_id, self._blocks(stage, run))
        outcomes = {**decided.outcomes, LOADED: decided.outcomes[LOADED] - decided.accepted}
        by_part = {part: _waiting(counts) for part, counts in decided.by_part.items()}
        return replace(decided, outcomes={**outcomes, PENDING: decided.accepted}, by_part=by_part)

    def rehearse(self, connection: Connection, stage: Stage, run: RunTerms) -> Tally:
        """Decide; what would be sent counts as loaded."""
        return self.decide(connection, stage, run)

    def rehearse_updates(
        self, existing: Connection, ledger: Connection, stage: Stage, run: RunTerms, others: pa.Array
    ) -> None:
        """What a system outside holds is not journaled: nothing."""

    def foresee_closed(self, existing: Connection, stage: Stage) -> int:
        """How many cases the import closes if the system takes what it sends; batches that are not sent close none."""
        if not self.sends:
            return 0
        sent = ", ".join(f"'{outcome}'" for outcome in self.delivered)
        of_sent = f"FROM decided WHERE outcome IN ({sent})"
        own = stage.column(f"SELECT DISTINCT fingerprint {of_sent} AND fingerprint IS NOT NULL")
        stage.put("own_cases", known.cases(existing, own).select(["case_id", "state"]))
        codes = stage.column(f"SELECT DISTINCT session_id {of_sent} AND session_id <> ''")
        opened = foreseen_cases(existing, stage).select(known.OPEN_CASES.names).cast(known.OPEN_CASES)
        stage.put("open_cases", pa.concat_tables([known.open_cases(existing, codes), opened]))
        mails = stage.column("SELECT DISTINCT mail FROM open_cases WHERE mail <> ''")
        stage.put("case_learners", known.learners(existing, mails, pa.array([], pa.string())))
        closed: int = stage.ask("foreseen_delivered", outcomes=sent).num_rows
        return closed

    def _place(self, connection: Connection, stage: Stage, run: RunTerms) -> None:
        begin(stage, run)
        refuse_held(stage, only_if_new=True)  # what exists is known to the system alone
        place_rows(connection, stage, self.content)

    def _look_ahead(self, connection: Connection, stage: Stage) -> None:
        """Decide by what the system would answer, as far as it is known."""

    def _decide_held(self, connection: Connection, stage: Stage, *, changes: bool = False) -> None:
        """Decide the rows that the system is known to hold: the same, or refused (`enrollment.exists`).

        changes: the system can change what it holds, so where `on_existing` lets it, what differs is `updated`.
        """
        outbox.note_held(connection, self.holder)
        codes = stage.column("SELECT session_code FROM sessions")
        held = known.held(connection, self.holder, codes)
        if not held.num_rows:
            return
        stage.put("held_there", held)
        ranks = ((name, rank) for rank, name in enumerate(self.compared))
        stage.put("compared", table_of(ranks, field=pa.string(), rank=pa.int64()))
        stage.run("held_enrollments", changes=str(changes), holder=self.holder)

    def _decide_capacity(self, connection: Connection, stage: Stage) -> None:
        decide_capacity(stage, partial(known.seats_held, connection, self.holder))

    def _tally(self, stage: Stage) -> Tally:
        stage.run("end")
        return tally_of(stage, self.not_kept)

    def _batches(self, keys: Iterable[Hashable], size: int) -> Iterator[Sequence[int]]:
        """The positions (from 0) of each batch. keys: those of the rows, in the order of `order`."""
        positions = (position for position, _ in enumerate(keys))
        while batch := list(islice(positions, size)):
            yield batch

    def _blocks(self, stage: Stage, run: RunTerms) -> Iterable[tuple[int, ...]]:
        places = tuple(array("q") for _ in range(3))
        numbered = [array("l", batch) for batch in self._batches(_noted(self._keys(stage), places), run.batch_size)]
        return (
            (batch_no, block_no, *(place[at] for place in places))
            for batch_no, batch in enumerate(numbered, 1)
            for block_no, at in enumerate(batch, 1)
        )

    def _keys(self, stage: Stage) -> Iterator[tuple[Any, ...]]:
        """Place and `order` of the rows to be delivered, in this order, then in row order."""
        by = ", ".join(f"coalesce({name}, '') AS {name}" for name in self.order)
        in_order = ", ".join((*self.order, *PLACE))
        query = f"SELECT {', '.join(PLACE)}, {by} FROM to_deliver ORDER BY {in_order}"
        for batch in stage.batches(query):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


class RowByRowDestination(OutboundDestination):
    """A system that takes rows one by one, is read before it is written, and can be put back.

    So what it holds is decided when a row is sent. Only a check, which sends nothing, goes by what is known of it.
    has_seats: whether its sessions count them.
    """

    sends = True
    has_seats = False
    delivered = (ACCEPTED, UPDATED, UNCHANGED)

    def __init__(self, name: str) -> None:
        self.name = self.holder = name

    def rehearse(self, connection: Connection, stage: Stage, run: RunTerms) -> Tally:
        """Decide, and foresee by what is known what the system holds."""
        self._place(connection, stage, run)
        self._decide_held(connection, stage, changes=True)
        if self.has_seats:
            self._decide_capacity(connection, stage)
        return self._tally(stage)

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

    def lost(self, row: Delivery) -> list[str]:
        """The fields of which a row has a value that is not kept."""
        return [name for name in BESIDE if getattr(row, name) is not None]


def _noted(lines: Iterator[tuple[Any, ...]], places: tuple[array[int], ...]) -> Iterator[tuple[Any, ...]]:
    """The keys of the lines, one by one, while their places are noted: a million rows take 24 MB so."""
    for part_id, row_no, col_no, *key in lines:
        for place, number in zip(places, (part_id, row_no, col_no), strict=True):
            place.append(number)
        yield tuple(key)


def _waiting(counts: Any) -> dict[str, int]:
    return {PENDING if outcome == ACCEPTED else outcome: number for outcome, number in counts.items()}
