"""Whether a run is still worked on: its lock dies with its process, its state in the ledger does not."""

from dataclasses import replace

from sqlalchemy import Connection

from ledger.lock import is_held
from ledger.runs import RUNNING, STOPPED, Run

KILLED = "its process was killed, or the machine went down."


def as_it_stands(connection: Connection, run: Run) -> Run:
    """The run, told as stopped where the ledger has it running and nobody works on it.

    While its reports are being written it is running still: who waits for its end finds them there.
    """
    if run.reports_due and _is_held(connection, run.run_id):
        return replace(run, state=RUNNING, exit_code=None)
    if state_now(connection, run.run_id, run.state) == run.state:
        return run
    return replace(run, state=STOPPED, summary={**run.summary, "stopped_by": KILLED})


def state_now(connection: Connection, run_id: str, state: str) -> str:
    """The state of a run; `stopped` where the ledger has it running and nobody works on it."""
    return STOPPED if state == RUNNING and not _is_held(connection, run_id) else state


def _is_held(connection: Connection, run_id: str) -> bool:
    return is_held(connection.engine, f"run:{run_id}")
