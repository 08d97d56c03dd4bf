"""One round of delivery: every run whose batches wait in the outbox is sent, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from destinations.registry import DESTINATIONS
from ledger import runs
from ledger.database import open_database
from ledger.remote import outbox
from pipeline.execution import ExecutionOptions
from pipeline.lifecycle import send_run
from pipeline.notifying.send import sending
from pipeline.options import console_of, settings_of
from pipeline.runner import Runner, StepLabel
from rollbook.errors import RunIsLive

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.runs import Run
    from pipeline.execution import Orchestrate
    from rollbook.options import Invocation
    from rollbook.settings import Settings


def deliver_waiting(invocation: Invocation, *, emitted: bool, do: Runner, orchestrate: Orchestrate) -> int:
    """Send what waits under today's settings of the wire, in the flow run that is at work; the worst exit code.

    emitted: also what was only emitted. do: what each run goes through.
    """
    settings = settings_of(invocation)
    way = ExecutionOptions(console_of(invocation), orchestrate)
    engine = open_database(settings.database, create=False)
    with sending(settings, way.console), engine.connect() as connection:
        return way.console.show_each(connection, _delivered(connection, settings, way, emitted, do), as_list=True)


def _delivered(
    connection: Connection, settings: Settings, way: ExecutionOptions, emitted: bool, do: Runner
) -> Iterator[Run]:
    """The runs as they end; none after one that was stopped, for what stopped it stops the others too."""
    destinations = [name for name, one in DESTINATIONS.items() if one.is_outbox and (one.sends or emitted)]
    with connection.begin():
        waiting = outbox.waiting(connection, destinations)
    for number, run_id in enumerate(waiting, 1):
        try:
            ended = do(StepLabel("deliver", run_id, number, len(waiting)), _send, connection, run_id, settings, way)
        except RunIsLive as error:
            way.console.say(str(error))
            continue
        yield ended
        if ended.state == runs.STOPPED:
            return


def _send(connection: Connection, run_id: str, settings: Settings, way: ExecutionOptions) -> Run:
    with connection.begin():
        run = runs.find(connection, run_id)
    return send_run(connection, run, settings, way)
