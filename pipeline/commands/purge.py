"""`rollbook purge`: what people wrote is taken out of old failed rows, and old reports are deleted."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ledger import activity
from ledger import purge as purging
from ledger.accounts import kept_accounts
from ledger.database import open_database
from ledger.lock import hold
from pipeline.load import LOAD_WAIT_SECONDS
from pipeline.options import console_of, settings_of, who
from reports.text import count_noun
from rollbook.clock import now
from rollbook.errors import CannotBegin

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from ledger.purge import OldRun
    from rollbook.options import Invocation

_AGE = re.compile(r"(\d{1,5})([dw])")


@dataclass
class Purged:
    """What was taken out: cases by state before, runs, their rows and problems, and folders of reports."""

    older_than: str
    dry_run: bool
    open: int = 0
    fixed: int = 0
    ignored: int = 0
    runs: int = 0
    rows: int = 0
    problems: int = 0
    folders: int = 0


def purge(invocation: Invocation, *, older_than: str, dry_run: bool) -> int:
    """Take the cells out of cases and rows that are older, and delete the reports of their runs."""
    console = console_of(invocation)
    today = now()
    before = today - age_of(older_than)
    engine = open_database(settings_of(invocation).database, create=False)
    with engine.connect() as connection, hold(engine, "purge"):
        purging.prepare(connection)
        connection.rollback()
        with connection.begin():
            runs = purging.old_runs(connection, before)
            purged = _counted(connection, before, runs, dry_run=dry_run)
        if not dry_run:
            with hold(engine, "load", wait=LOAD_WAIT_SECONDS):
                for _ in purging.steps(connection, before, today):
                    pass
            for run in runs:
                _purge_run(connection, run, today)
            with connection.begin():
                done, forgotten = (
                    purged.open + purged.fixed + purged.ignored,
                    activity.forget_details(connection, before),
                )
                if done or forgotten or runs:
                    activity.record(connection, activity.Activity(activity.PURGE, today, who(None), rows=done))
    if console.asked_for_json:
        console.answer(asdict(purged))
    else:
        console.say(_in_words(purged))
    return 0


def age_of(text: str) -> timedelta:
    """`90d` or `12w`; CannotBegin for anything else, and for nothing."""
    found = _AGE.fullmatch(text.strip().lower())
    if found is None or not int(found[1]):
        raise CannotBegin(f"'{text}' is not a valid age. Use days or weeks: --older-than 90d, --older-than 12w.")
    return timedelta(days=int(found[1]) * (7 if found[2] == "w" else 1))


def _counted(connection: Connection, before: datetime, runs: list[OldRun], *, dry_run: bool) -> Purged:
    purged = Purged(before.isoformat(sep=" ", timespec="seconds"), dry_run, runs=len(runs))
    for state, number in purging.count_cases(connection, before).items():
        setattr(purged, state, number)
    for run in runs:
        rows, problems = purging.count_rows(connection, run.run_id)
        purged.rows += rows
        purged.problems += problems
        purged.folders += folder_of(run) is not None
    return purged


def _purge_run(connection: Connection, run: OldRun, today: datetime) -> None:
    """Its parts one by one, then its reports; that it is done is noted last."""
    with hold(connection.engine, f"run:{run.run_id}"):
        with connection.begin():
            parts = purging.parts_of(connection, run.run_id)
        for part_id in parts:
            with connection.begin():
                purging.purge_part(connection, run.run_id, part_id)
        folder = folder_of(run)
        if folder is not None:
            try:
                shutil.rmtree(folder)
            except OSError as error:
                raise CannotBegin(f"{folder} cannot be deleted ({error.strerror}). Then purge again.") from None
        with connection.begin(), TemporaryDirectory(prefix="rollbook-") as own:
            kept_accounts.forget_learners(connection, run.run_id, Path(own))
            purging.end_run(connection, run.run_id, today)


def folder_of(run: OldRun) -> Path | None:
    """The folder of a run's reports; None where it is not there, or is a link to somewhere else."""
    known: dict[str, Any] = json.loads(run.request)
    folder = Path(known.get("out") or "", run.run_id)
    return folder if known.get("out") and folder.is_dir() and not folder.is_symlink() else None


def _in_words(purged: Purged) -> str:
    cases = purged.open + purged.fixed + purged.ignored
    would = "would lose" if purged.dry_run else "lost"
    rows = f"{count_noun(purged.rows, 'row')} of {count_noun(purged.runs, 'run')}"
    facts = f"{count_noun(cases, 'case')} ({purged.open:,} of them open) and {rows}"
    folders = f"{count_noun(purged.folders, 'folder')} of reports {'would be' if purged.dry_run else 'were'} deleted"
    return f"Older than {purged.older_than} UTC: {facts} {would} their cells; {folders}."
