"""`rollbook undo`: take a run's rows back out of the database, or of the system that they went to."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from destinations.protocol import RunTerms
from destinations.registry import DESTINATIONS
from ledger import activity, runs
from ledger.cases import cases
from ledger.database import open_database
from ledger.lock import hold
from pipeline.delivery.systems import TARGETS
from pipeline.load import LOAD_WAIT_SECONDS
from pipeline.options import console_of, settings_of, who
from reports.files.batch_csv import LEFT_COLUMNS, write_blocks
from reports.terminal.undone import left_lines, print_undone, undone_object
from reports.text import count_noun
from rollbook.clock import now
from rollbook.errors import CannotBegin, Stopped
from rollbook.options import Invocation

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from destinations.protocol import Undone
    from ledger.runs import Run
    from rollbook.settings import Settings


def undo(invocation: Invocation, *, run: str, file: str | None, out: Path | None, by: str | None) -> int:
    """Take back a run's rows, or those of one of its files; 1 when some stay, as those that a later run changed.

    out: a folder in which a report of what stays is written, in a folder of the run's.
    Raises CannotBegin (2) where nothing of the run is there, whatever the reason.
    """
    settings = settings_of(invocation)
    found, undone = taken_back(open_database(settings.database, create=False), settings, run, file, by=who(by))
    console = console_of(invocation)
    if console.asked_for_json:
        console.answer(undone_object(found.run_id, undone))
    else:
        print_undone(found.run_id, undone, console.console, console.commands, found.destination)
    if out is not None:
        console.say(f"Report of what stays: {_written(out / found.run_id, undone)}")
    if undone.left:
        console.alarm(f"{count_noun(len(undone.left), 'enrollment')} of run {found.run_id} could not be taken back.")
    return int(bool(undone.left))


def taken_back(
    engine: Engine, settings: Settings, run: str, file: str | None = None, *, by: str | None
) -> tuple[Run, Undone]:
    """Take back a run's rows, or those of one of its files; the run, and what was done and left."""
    with engine.connect() as connection, hold(engine, "load", wait=LOAD_WAIT_SECONDS), ExitStack() as stack:
        with connection.begin():
            found = _undoable(connection, run, file)
        terms = RunTerms(found.run_id, now(), by=by)
        if found.destination in TARGETS:
            from pipeline.delivery.undo import take_back

            stack.enter_context(hold(engine, f"run:{found.run_id}"))
            undone = take_back(connection, found, terms, file, settings)
            stack.enter_context(connection.begin())
            _take_back_corrections(connection, terms, file)
        else:
            stack.enter_context(connection.begin())
            undone = DESTINATIONS[found.destination].undo(connection, terms, file)
            corrections = _take_back_corrections(connection, terms, file)
            undone = replace(undone, corrections=corrections).checked(found.run_id)
        told = None if file is None else Path(file).name
        activity.record(connection, activity.Activity(activity.UNDO, terms.started_at, by, found.run_id, detail=told))
    return found, undone


def _take_back_corrections(connection: Connection, terms: RunTerms, file: str | None) -> int:
    """How many open cases have their cells as before the run; none where only a file of it is taken back."""
    if file is not None:
        return 0
    return cases.take_back_corrections(connection, terms.run_id, at=terms.started_at, by=terms.by)


def _written(folder: Path, undone: Undone) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return write_blocks(folder / "undo.report.csv", LEFT_COLUMNS, left_lines(undone))
    except OSError as error:
        told = f"The rows are taken back, but {folder} cannot be written ({error.strerror})."
        raise Stopped(f"{told} What stays is listed above.") from None


def _undoable(connection: Connection, run: str, file: str | None) -> Run:
    found = runs.find(connection, run)
    if found.repeats_run_id:
        first = found.repeats_run_id
        counts = runs.find(connection, first).counts
        told = f"Run {found.run_id} changed nothing, because run {first} had the same files"
        other = f" To undo that one: rollbook undo {first}" if counts.loaded + counts.updated else ""
        raise CannotBegin(f"{told}: there is nothing to undo.{other}")
    if found.state not in (runs.COMPLETED, runs.WITH_FAILURES, runs.UNDONE):
        raise CannotBegin(f"Run {found.run_id} is {found.state} and loaded nothing: there is nothing to undo.")
    known = [line.path for line in runs.list_files(connection, found.run_id)]
    if file is not None and file not in known:
        raise CannotBegin(f"Run {found.run_id} has no file {file}. Its files: {', '.join(known[:5])}")
    return found
