"""`rollbook sign-off`: one page on which somebody confirms a run, with the database counted again."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from destinations.codes import MEANINGS
from destinations.registry import DESTINATIONS
from ledger import activity, runs
from ledger.accounts.recount import Recount, recount
from ledger.database import address, open_database, reading, spare_memory
from pipeline.options import console_of, settings_of
from pipeline.output.checked_lines import find_checked
from reports.endings import how_to_resume
from reports.files.whole_file import whole_file
from reports.ledger_report import report_of
from reports.sign_off import differences, sign_off_page, signed_files
from rollbook.clock import now
from rollbook.errors import CannotBegin
from rollbook.options import Invocation
from rollbook.request import Request
from validators.rules import RULES

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.runs import Run


def sign_off(invocation: Invocation, *, run: str, out: Path | None) -> int:
    """Write the page of a run; 1 where the database differs from what the run loaded.

    out: the folder of the reports, in which the run has a folder of its own.
    """
    settings = settings_of(invocation)
    console = console_of(invocation)
    engine = open_database(settings.database, create=False, migrate=False)
    with reading(engine) as connection, connection.begin():
        spare_memory(connection)
        checked = None if runs.is_known(connection, run) else find_checked((out or settings.out).absolute(), run)
        if checked is not None:
            idle = f"{checked.name} is a check, which loaded nothing: there is nothing to sign"
            raise CannotBegin(f"{idle}. What would become of its rows: rollbook rows {checked.name}")
        found = runs.find(connection, run)
        if found.state in runs.UNFINISHED:
            goes_on = how_to_resume(found.run_id, found.summary.get(runs.RAISED_LIMITS))
            raise CannotBegin(f"Run {found.run_id} has not ended: there is nothing to sign. {goes_on}")
        recounted = _recounted(connection, found)
        page = _page(connection, found, recounted)
    path = (out or settings.out).absolute() / found.run_id / "sign-off.html"
    with whole_file(path) as draft:
        draft.write_text(page, encoding="utf-8")
    told = differences(found, recounted) if recounted else []
    if console.asked_for_json:
        console.answer({"run": found.run_id, "exit": int(bool(told)), "sign_off": str(path), "differences": told})
    else:
        console.say(f"Wrote {path}. Open it in a browser, and print it to sign.")
    for line in told:
        console.complain(line)
    return int(bool(told))


def _page(connection: Connection, run: Run, recounted: Recount | None) -> str:
    report, request = report_of(connection, run), Request.from_json(run.request)
    resumed = activity.activities(connection, activity.ActivityFilter(kind=activity.RESUME, run_id=run.run_id))
    return sign_off_page(
        run,
        report,
        signed_files(runs.list_files(connection, run.run_id), report, request.profiles),
        recounted,
        database=address(connection.engine.url),
        limits=request.limits.model_dump(),
        resumed=resumed[::-1],
        meanings={**{code: rule.checks for code, rule in RULES.items()}, **MEANINGS},
        at=now(),
    )


def _recounted(connection: Connection, run: Run) -> Recount | None:
    """What the database holds of the run, of the one that it repeats; None where the rows went elsewhere."""
    if DESTINATIONS[run.destination].is_outbox:
        return None
    first = runs.find(connection, run.rows_run_id)
    with TemporaryDirectory(prefix="rollbook-") as folder:
        return recount(connection, first, Path(folder))
