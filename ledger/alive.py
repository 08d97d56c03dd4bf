"""Whether a run is still worked on: its lock dies with its process, its state in the ledger does not."""

from dataclasses import replace

from sqlalchemy import Connection

from ledger.lock import is_held
from ledger.runs import RUNNING, STOPPED, Run

KILLED = "its process ended without a word: it was killed, or the machine went down."


def as_it_stands(connection: Connection, run: Run) -> Run:
    """The run, told as stopped where the ledger has it running and nobody works on it."""
    if run.state != RUNNING or is_held(connection.engine, f"run:{run.run_id}"):
        return run
    return replace(run, state=STOPPED, summary={**run.summary, "stopped_by": KILLED})
