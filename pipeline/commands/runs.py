"""The commands that look: runs, show, failures; and `failures ignore` and `reopen`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ledger import messages, runs
from ledger.alive import as_it_stands
from ledger.database import open_database, reading
from pipeline.options import console_of, settings_of, who
from reports.ledger_report import report_of
from reports.text import count_noun
from rollbook.clock import now
from rollbook.errors import CannotBegin
from rollbook.options import Invocation

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.runs import Run, RunFile
    from reports.terminal.failures import FailedFile
    from reports.terminal.runs import RunLine


# So old a message that was not sent is no news.
_SPOKEN_OF = timedelta(days=30)


def list_runs(invocation: Invocation, *, every: bool) -> int:
    """`rollbook runs`: the latest runs first; all of them as JSON, or where `every` asks for that."""
    from reports.terminal.runs import SHOWN_RUNS, print_runs, runs_object

    console = console_of(invocation)
    with _looking(invocation) as connection:
        found = runs.list_runs(connection, None if every or console.asked_for_json else SHOWN_RUNS)
        shown = {run.run_id for run in found}
        earlier = runs.count_runs(connection) - len(found)
        left = [run for run in runs.unfinished(connection) if earlier and run.run_id not in shown]
        lines, stopped = (run_lines(connection, some) for some in (found, left))
        not_sent = messages.not_sent(connection, now() - _SPOKEN_OF)
    if console.asked_for_json:
        console.answer(runs_object(lines, not_sent))
    else:
        print_runs(
            lines, console.console, console.commands, earlier=earlier, stopped_earlier=stopped, not_sent=not_sent
        )
    return 0


def run_lines(connection: Connection, found: Sequence[Run]) -> list[RunLine]:
    """The runs as the list shows them, each as it stands."""
    from reports.terminal.runs import RunLine

    paths = runs.paths_by_run(connection, [run.run_id for run in found])
    return [
        RunLine(
            run=run.run_id,
            command=run.command,
            state=run.state,
            destination=run.destination,
            started_at=run.started_at,
            finished_at=run.finished_at,
            counts=run.counts,
            files=tuple(Path(path).name for path in paths[run.run_id]),
            by=run.started_by,
            exit=run.exit_code,
            raised_limits=run.summary.get(runs.RAISED_LIMITS),
        )
        for run in (as_it_stands(connection, run) for run in found)
    ]


def show(invocation: Invocation, *, run: str) -> int:
    """`rollbook show`: a run as its own summary told it."""
    from reports.terminal.runs import print_show, show_object

    console = console_of(invocation)
    with _looking(invocation) as connection:
        found = as_it_stands(connection, runs.find(connection, run))
        report = report_of(connection, found)
        told = messages.of_run(connection, found.run_id)
    if console.asked_for_json:
        console.answer(show_object(report))
    else:
        print_show(report, console.console, console.commands, told)
    return 0


def list_failures(invocation: Invocation, *, run: str, export: Path | None) -> int:
    """`rollbook failures`: the failed rows of a run, on the screen or exported."""
    from ledger.accounts.row_keys import row_keys
    from ledger.cases.failures import export as lines_of
    from ledger.remote.waiting import waiting_cases
    from pipeline.output.suggestions import suggestions
    from reports.files.exports import export_failures
    from reports.terminal.failures import failures_object, print_failures

    console = console_of(invocation)
    with _looking(invocation) as connection:
        found = runs.find(connection, run)
        lines = lines_of(connection, found.rows_run_id)
        on_the_way = waiting_cases(connection)
        lines = lines.assign(suggestion=suggestions(connection, found.rows_run_id, lines))
        if keys := row_keys(connection, found.rows_run_id):
            places = zip(lines["source_file"], lines["source_sheet"], lines["source_row"], strict=True)
            lines = lines.assign(key=[keys.get(place, "") for place in places])
        files = [_failed_file(file) for file in runs.list_files(connection, found.rows_run_id) if file.code]
    if export is not None:
        console.say(f"Wrote {count_noun(len(lines), 'problem')} to {export_failures(lines, export, run=found.run_id)}")
    if console.asked_for_json:
        console.answer(failures_object(found.run_id, lines, files))
    elif export is None:
        rows = found.counts.rejected + found.counts.failed
        print_failures(found.run_id, lines, console.console, console.commands, files=files, rows=rows)
        listed = set(lines["case_id"].dropna())
        for delivery in sorted({one.delivery for case_id, one in on_the_way.items() if case_id in listed}):
            console.say(f"Waiting rows are on their way and locked until they are confirmed: {delivery}.")
    return 0


def _failed_file(file: RunFile) -> FailedFile:
    from reports.terminal.failures import FailedFile
    from validators.rules import RULES

    rule = RULES.get(file.code or "")
    return FailedFile(file.path, file.code or "", file.message or "", rule.what_to_do if rule else "")


def ignore(invocation: Invocation, *, cases: tuple[str, ...], reason: str, by: str | None) -> int:
    """`rollbook failures ignore`: these cases need no repair."""
    from ledger.cases import cases as ledger_cases

    numbers = [_case_number(case) for case in cases]
    engine = open_database(settings_of(invocation).database, create=False)
    with engine.begin() as connection:
        ledger_cases.ignore(connection, numbers, reason, by=who(by), at=now())
    console_of(invocation).say(f"Ignored: {', '.join(map(str, numbers))}.")
    return 0


def reopen(invocation: Invocation, *, cases: tuple[str, ...], reason: str | None, by: str | None) -> int:
    """`rollbook failures reopen`: these cases, which were ignored, need a repair after all."""
    from ledger.cases import cases as ledger_cases

    numbers = [_case_number(case) for case in cases]
    engine = open_database(settings_of(invocation).database, create=False)
    with engine.begin() as connection:
        ledger_cases.reopen(connection, numbers, reason, by=who(by), at=now())
    console_of(invocation).say(f"Reopened: {', '.join(map(str, numbers))}.")
    return 0


def _case_number(case: str) -> int:
    """A case by its number, or by its mark in the failed-rows workbook (`17-3fa2`)."""
    number = case.partition("-")[0]
    if not number.isdigit():
        raise CannotBegin(f"'{case}' is not a case. `rollbook failures` lists the case numbers.")
    return int(number)


@contextmanager
def _looking(invocation: Invocation) -> Iterator[Connection]:
    engine = open_database(settings_of(invocation).database, create=False, migrate=False)
    with reading(engine) as connection, connection.begin():
        yield connection
