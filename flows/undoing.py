"""`rollbook undo`: take a run's rows back out of the database."""

from __future__ import annotations

from destinations.protocol import RunTerms
from destinations.registry import DESTINATIONS
from flows.cli import Invocation
from flows.options import settings_of, who
from flows.settling import LOAD_WAIT_SECONDS
from flows.telling import Teller
from flows.work import now
from ledger import runs
from ledger.database import open_database
from ledger.lock import hold
from reports.undone import print_undone, undone_object
from rollbook.errors import CannotBegin


def undo(invocation: Invocation, *, run: str, file: str | None, by: str | None) -> int:
    """Take back a run's rows, or those of one of its files; 1 when a later run changed some, which stay."""
    engine = open_database(settings_of(invocation).database, create=False)
    with engine.connect() as connection, hold(engine, "load", wait=LOAD_WAIT_SECONDS), connection.begin():
        found = runs.find(connection, run)
        if found.state not in (runs.COMPLETED, runs.WITH_FAILURES) or found.repeats_run_id:
            raise CannotBegin(f"Run {found.run_id} is {found.state} and loaded nothing: there is nothing to undo.")
        known = [line.path for line in runs.list_files(connection, found.run_id)]
        if file is not None and file not in known:
            raise CannotBegin(f"Run {found.run_id} has no file {file}. Its files: {', '.join(known[:5])}")
        terms = RunTerms(found.run_id, now(), by=who(by))
        undone = DESTINATIONS[found.destination].undo(connection, terms, file)
    teller = Teller(invocation)
    if teller.asked_for_json:
        teller.answer(undone_object(found.run_id, undone))
    else:
        print_undone(found.run_id, undone, teller.console)
    return int(bool(undone.left))
