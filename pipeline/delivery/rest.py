"""Sending to a system that takes rows one by one: it is read, what will be written is recorded, then it is written.

A crash at any point is finished by doing the batch again: rows without a verdict are looked up anew, and what was
recorded tells what is ours of that which is there now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from threading import Event
from typing import TYPE_CHECKING, Self, TypeVar

from destinations.registry import ROW_BY_ROW
from destinations.row_target import Known, RowVerdict, Target
from ledger.lock import hold
from ledger.remote import ids, outbox, writes
from ledger.remote.outbox import SETTLED, Batch, Delivery, Refusal
from ledger.remote.writes import Write
from pipeline.delivery.systems import lock_of, section_of, target_of
from pipeline.load import run_terms
from rollbook.clock import now
from rollbook.errors import RollbookError, RunIsLive, Stopped
from rollbook.rows.outcomes import FAILED, LOADED, PENDING, TAKEN, UNCHANGED, UPDATED
from stage.parts import PART_STEP

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from pipeline.run_context import RunContext

T = TypeVar("T")
# How long a run waits for another that writes to the same system.
WAIT_SECONDS = 3600.0
_NOT_KEPT = "not kept: "
# Of these the system holds what we wrote.
_WRITTEN = (LOADED, UPDATED)


def send_rows(work: RunContext) -> RollbookError | None:
    """Send every batch that is not settled; what stopped it, or None."""
    system, settings = work.request.destination, work.request.settings
    target = target_of(system, settings)
    with work.transaction() as connection:
        waiting = [batch for batch in outbox.batches(connection, work.run_id) if batch.state != SETTLED]
    try:
        with (
            hold(work.connection.engine, lock_of(system, settings), wait=WAIT_SECONDS),
            target,
            SideBySide(section_of(system, settings).at_once) as side_by_side,
        ):
            sending = _Sending(work, target, side_by_side)
            for batch in waiting:
                sending.carry(batch)
    except (Stopped, RunIsLive) as error:
        return error
    return None


class SideBySide:
    """Does something for each of some items, at most so many at once; a context manager."""

    def __init__(self, at_once: int) -> None:
        self._pool = ThreadPoolExecutor(at_once)
        self._stop = Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._pool.shutdown(cancel_futures=True)

    def each(self, do: Callable[[T], None], items: Iterable[T]) -> None:
        """Raises what the first raised, when those that were begun have ended; the others are not begun."""
        begun = [self._pool.submit(do, item) for item in items]
        _, others = wait(begun, return_when=FIRST_EXCEPTION)
        for other in others:
            other.cancel()
        wait(others)
        for one in begun:
            if not one.cancelled():
                one.result()

    def lanes(self, do: Callable[[T], None], lanes: Sequence[Sequence[T]]) -> None:
        """The same for the items of each lane, one after the other."""
        failed = Event()

        def along(lane: Sequence[T]) -> None:
            for item in lane:
                if failed.is_set() or self._stop.is_set():
                    return
                try:
                    do(item)
                except BaseException:
                    failed.set()
                    raise

        self.each(along, lanes)


class _Sending:
    """The batches of a run on their way."""

    def __init__(self, work: RunContext, target: Target, side_by_side: SideBySide) -> None:
        self._work, self._target, self._side_by_side = work, target, side_by_side
        self._system = work.request.destination
        self._destination = ROW_BY_ROW[self._system]
        self._told: dict[int, str | None] = {}
        self._policies = run_terms(work).policies

    def carry(self, batch: Batch) -> None:
        """Send the rows that are pending, until each has a verdict."""
        run_id, number = self._work.run_id, batch.batch_no
        with self._work.transaction() as connection:
            rows = [one for one in outbox.deliveries(connection, run_id, number) if one.state == PENDING]
            outbox.mark_sending(connection, run_id, number, now())
            known = Known(ids.find(connection, self._system, self._target.codes(rows)))
        self._told = {row.block_no: _not_kept(self._destination.lost(row)) for row in rows}
        try:
            self._target.prepare(rows, known, self._side_by_side.each)
        finally:
            with self._work.transaction() as connection:
                keep_known(connection, self._system, known)
        while rows:
            keys = {row.block_no: self._target.key(row) for row in rows}
            first, later = _first_of_each(rows, keys)
            rows = sorted([*self._round(number, first, keys), *later], key=lambda row: row.block_no)
        with self._work.transaction() as connection:
            outbox.settle_batch(connection, run_id, number, now())

    def _round(self, batch_no: int, rows: Sequence[Delivery], keys: Mapping[int, str | None]) -> list[Delivery]:
        """Decide rows of which no two are about the same, record what will be written, and write it.

        Returns those that are to be looked at again, when this is done.
        """
        with self._work.transaction() as connection:
            begun = writes.begun(connection, self._system, filter(None, keys.values()))
        settled: dict[int, RowVerdict] = {}
        planned: dict[int, Write] = {}
        for row in rows:
            of_key = begun.get(keys[row.block_no] or "")
            found = self._target.look(row, of_key, self._policies[row.part_id // PART_STEP].on_existing)
            if isinstance(found, RowVerdict):
                settled[row.block_no] = found
            elif found is not None:
                planned[row.block_no] = found
        finished = {
            block: begun[keys[block] or ""] for block, verdict in settled.items()
            if (keys[block] or "") in begun and verdict.state in _WRITTEN
        }  # fmt: skip
        with self._work.transaction() as connection:
            writes.begin(connection, self._work.run_id, batch_no, self._system, {**planned, **finished})
        self._note(batch_no, settled, forget={block for block, one in settled.items() if one.state != FAILED})
        written = self._write(batch_no, [row for row in rows if row.block_no in planned], planned)
        return [row for row in rows if row.block_no not in settled and row.block_no not in written]

    def _write(self, batch_no: int, rows: Sequence[Delivery], planned: Mapping[int, Write]) -> dict[int, RowVerdict]:
        """Write what was recorded, and what became of it; without those that are to be looked at again."""
        written: dict[int, RowVerdict] = {}
        untouched: set[int] = set()

        def write(row: Delivery) -> None:
            verdict = self._target.write(row, planned[row.block_no])
            if verdict is None:
                untouched.add(row.block_no)
            else:
                written[row.block_no] = verdict

        try:
            self._side_by_side.lanes(write, self._in_lanes(rows))
        finally:
            self._note(batch_no, written, forget=written.keys())
            if untouched:
                with self._work.transaction() as connection:
                    writes.refuse(connection, self._work.run_id, batch_no, dict.fromkeys(untouched))
        return written

    def _in_lanes(self, rows: Sequence[Delivery]) -> list[list[Delivery]]:
        lanes: dict[Hashable, list[Delivery]] = {}
        for row in rows:
            lanes.setdefault(self._target.lane(row), []).append(row)
        return list(lanes.values())

    def _note(self, batch_no: int, verdicts: Mapping[int, RowVerdict], forget: Collection[int]) -> None:
        """Commit what became of rows of a batch.

        forget: of which it is sure that nothing was written, unless the verdict says otherwise. A row that cannot even
        be looked up may have been written before a crash.
        """
        run_id = self._work.run_id
        taken = {block: verdict for block, verdict in verdicts.items() if verdict.state in TAKEN}
        refused = {block: verdict for block, verdict in verdicts.items() if block not in taken}
        if not verdicts:
            return
        with self._work.transaction() as connection:
            alike: dict[tuple[str, str | None], list[int]] = {}
            for block, verdict in taken.items():
                told = None if verdict.state == UNCHANGED else self._told[block]
                alike.setdefault((verdict.state, told), []).append(block)
            for (state, told), blocks in alike.items():
                outbox.confirm(connection, run_id, batch_no, blocks, state, told)
            for state in {verdict.state for verdict in refused.values()}:
                why = {
                    block: Refusal(verdict.code or "", verdict.message or "", verdict.field)
                    for block, verdict in refused.items()
                    if verdict.state == state
                }
                outbox.refuse(connection, run_id, batch_no, why, state)
            keep_known(connection, self._system, self._target.known)
            ours = {block: one.target_id for block, one in verdicts.items() if one.state in _WRITTEN}
            writes.confirm(connection, run_id, batch_no, ours)
            # What was found unchanged is somebody else's, whatever its number.
            others = {block: one.target_id if block in refused else None for block, one in verdicts.items()}
            writes.refuse(connection, run_id, batch_no, {block: others[block] for block in forget if block not in ours})


def keep_known(connection: Connection, system: str, known: Known) -> None:
    """Write down what was found out of the system's IDs."""
    ids.forget(connection, system, known.gone)
    ids.keep(connection, system, known.found)
    known.ids = {name: target_id for name, target_id in known.ids.items() if name not in known.gone} | known.found
    known.gone, known.found = set(), {}


def _not_kept(fields: Sequence[str]) -> str | None:
    return _NOT_KEPT + ", ".join(fields) if fields else None


def count_not_kept(messages: Mapping[str, int]) -> dict[str, int]:
    """Field -> how many rows lost a value of it. messages: of rows that were taken, with how many have each."""
    counts = Counter[str]()
    for message, rows in messages.items():
        counts.update(dict.fromkeys(message.removeprefix(_NOT_KEPT).split(", "), rows))
    return dict(counts)


def _first_of_each(rows: Sequence[Delivery], keys: Mapping[int, str | None]) -> tuple[list[Delivery], list[Delivery]]:
    """The first row of each key, and all others: what those write must be there before these are looked up."""
    met: set[str] = set()
    first: list[Delivery] = []
    later: list[Delivery] = []
    for row in rows:
        key = keys[row.block_no]
        (later if key in met else first).append(row)
        if key is not None:
            met.add(key)
    return first, later
