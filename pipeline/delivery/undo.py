"""`rollbook undo` of a run whose rows went to a system outside: put back there row by row, then in the ledger."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from destinations.protocol import Place, RunTerms, Undone
from destinations.registry import DESTINATIONS
from ledger.lock import hold
from ledger.remote import writes
from pipeline.delivery.rest import WAIT_SECONDS, SideBySide, keep_known
from pipeline.delivery.systems import lock_of, section_of, target_of
from rollbook.text.letters import column_letter

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.remote.writes import StandingWrite
    from ledger.runs import Run
    from rollbook.settings import Settings


def take_back(connection: Connection, run: Run, terms: RunTerms, file: str | None, settings: Settings) -> Undone:
    """Cancel what the run created and put back what it updated, the last first. What stays is listed, with the reason.

    A crash loses nothing: what was taken back is marked some hundreds at a time, and putting back may be repeated.
    """
    system = run.destination
    deleted = restored = 0
    left: list[Place] = []
    before = None
    with (
        hold(connection.engine, lock_of(system, settings), wait=WAIT_SECONDS),
        target_of(system, settings) as target,
        SideBySide(section_of(system, settings).at_once) as side_by_side,
    ):
        while some := _standing(connection, run.run_id, file, before):
            reasons: dict[int, str | None] = {}
            by_key: dict[str, list[int]] = {}
            for number, one in enumerate(some):
                if one.later_run is None:
                    by_key.setdefault(one.write.key, []).append(number)

            def put_back(
                number: int, some: list[StandingWrite] = some, reasons: dict[int, str | None] = reasons
            ) -> None:
                reasons[number] = target.take_back(some[number].write)

            try:
                side_by_side.lanes(put_back, list(by_key.values()))
            finally:
                done = [one for number, one in enumerate(some) if number in reasons and reasons[number] is None]
                with connection.begin():
                    writes.take_back(connection, run.run_id, done)
                    keep_known(connection, system, target.known)
            created = sum(one.write.creates for one in done)
            deleted, restored = deleted + created, restored + len(done) - created
            left += [_place(one, reasons.get(number)) for number, one in enumerate(some) if one not in done]
            before = some[-1].batch_no, some[-1].block_no
    with connection.begin():
        undone = DESTINATIONS[system].undo(connection, terms, file)
        return replace(undone, deleted=deleted, restored=restored, left=tuple(left)).checked(run.run_id)


def _standing(
    connection: Connection, run_id: str, file: str | None, before: tuple[int, int] | None
) -> list[StandingWrite]:
    with connection.begin():
        return writes.standing(connection, run_id, file, before)


def _place(one: StandingWrite, reason: str | None) -> Place:
    column = column_letter(one.col_no) if one.col_no else None
    place = (one.source_file, one.source_sheet, one.row_no, column, one.session_id, one.learner)
    return Place(*place, changed_by_run=one.later_run, reason=reason)
