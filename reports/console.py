"""How a run is told: its report put together from the ledger, as one JSON object or as a page for people."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.main import Invocation
from ledger import cases, runs
from pipeline.options import command_line
from pipeline.run_context import transaction
from reports.endings import alarms, how_it_ended, how_it_goes_on
from reports.run_report import FileReport, RunReport, SheetReport
from reports.summary import print_summary, summary_object
from rollbook.request import Request
from rollbook.text_form import TextForm

if TYPE_CHECKING:
    from rich.console import Console
    from sqlalchemy import Connection

    from ledger.runs import Run, RunFile
    from rollbook.commands import CommandLine


class Teller:
    """Answers on standard output: JSON, a page, or nothing."""

    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation
        self._json = invocation.json
        self._quiet = invocation.quiet
        self.shows_bars = sys.stderr.isatty() and not invocation.quiet

    def say(self, line: str) -> None:
        """A remark beside the answer, on standard error."""
        if not self._quiet:
            print(self.commands.complete(line), file=sys.stderr)

    def complain(self, line: str) -> None:
        """What went wrong, on standard error, however quiet."""
        print(f"rollbook: {self.commands.complete(line)}", file=sys.stderr)

    def answer(self, told: dict[str, Any]) -> None:
        """The one object of `--json`."""
        print(json.dumps(told, ensure_ascii=False, default=str))

    def tell(self, connection: Connection, run: Run) -> int:
        """Tell how a run ended; its exit code."""
        return self.tell_each(connection, [run])

    def tell_each(self, connection: Connection, ended: Iterable[Run], *, as_list: bool = False) -> int:
        """Tell how each run ended as it ends; the worst exit code.

        As JSON in one object, whose `runs` are those told; just one is that object itself, unless as_list.
        """
        return self.tell_reports((report_of(connection, run) for run in ended), as_list=as_list)

    def tell_reports(self, ended: Iterable[RunReport], *, as_list: bool = False) -> int:
        """The same, of reports that are there already or come as the runs end."""
        reports = []
        for report in ended:
            reports.append(report)
            self._tell(report)
        worst = max((report.exit for report in reports), default=0)
        if self._json:
            objects = [summary_object(report) for report in reports]
            self.answer(objects[0] if len(objects) == 1 and not as_list else {"exit": worst, "runs": objects})
        return worst

    def _tell(self, report: RunReport) -> None:
        if not self._json and not self._quiet:
            print_summary(report, self.console, self.commands)
        elif self._quiet:
            for line in alarms(report):
                self.complain(line)
        elif report.stopped_by:
            self.complain(f"{how_it_ended(report)} {how_it_goes_on(report)}")

    def alarm(self, line: str) -> None:
        """What somebody should hear of, where the page or the object that says it is not printed."""
        if self._quiet:
            self.complain(line)

    @cached_property
    def commands(self) -> CommandLine:
        """What the commands that are printed name, so that they can be pasted."""
        return command_line(self._invocation)

    @property
    def asked_for_json(self) -> bool:
        """Whether `--json` was given."""
        return self._json

    @property
    def console(self) -> Console:
        """Where pages are printed; nowhere when quiet."""
        from reports.terminal_tables import console_for

        console = console_for()
        console.quiet = self._quiet
        return console


def report_of(connection: Connection, run: Run) -> RunReport:
    """Everything that the summary of a run tells, from the ledger alone."""
    with transaction(connection):
        files = runs.list_files(connection, run.run_id)
        sheets = runs.rows_by_sheet(connection, run.run_id)
        codes = runs.failures_by_code(connection, run.rows_run_id)
        remedies = runs.remedies_by_code(connection, run.rows_run_id)
        first = runs.find(connection, run.repeats_run_id) if run.repeats_run_id else None
        covered = cases.count_covered(connection, run.run_id) if run.cases["closed"] else 0
    ignored: Counter[str] = Counter()
    for _, reasons in sheets.values():
        ignored.update(reasons)
    summary = run.summary
    return RunReport(
        run=run.run_id,
        state=run.state,
        destination=run.destination,
        exit=run.exit_code if run.exit_code is not None else 3,
        counts=run.counts,
        files=tuple(_file_report(file, sheets, summary.get("failed_rows", {})) for file in files),
        cases=run.cases,
        created=summary.get("created", {}),
        not_kept=summary.get("not_kept", {}),
        failures={**codes, **Counter(file.code for file in files if file.code)},
        not_checked=tuple(summary.get("not_checked", ())),
        reports=reports_of(first or run),
        seconds=float(summary.get("seconds") or 0.0),
        remedies=remedies,
        ignored=dict(ignored),
        repeats=(first.run_id, first.started_at) if first else None,
        stopped_by=summary.get("stopped_by"),
        raised_limits=summary.get(runs.RAISED_LIMITS),
        covered=covered,
        command=run.command,
        by=run.started_by,
        started_at=run.started_at,
    )


def _file_report(
    file: RunFile, sheets: dict[tuple[int, int], tuple[int, dict[str, int]]], failed_rows: dict[str, int]
) -> FileReport:
    plans = json.loads(file.plan or "[]")
    form = next((TextForm(**plan["form"]) for plan in plans if plan.get("form")), None)
    return FileReport(
        path=file.path,
        sha256=file.sha256,
        state=file.state,
        code=file.code,
        message=file.message,
        failed_rows=failed_rows.get(str(file.file_no), 0),
        form=form,
        sheets=tuple(
            SheetReport(
                plan["name"],
                plan["state"],
                plan["header_row"],
                sheets.get((file.file_no, place), (plan["rows"], {}))[0],
                (plan["message"] if plan["message"] != file.message else None) or plan["note"],
                tuple(header for header, _ in plan.get("unused", ())),
            )
            for place, plan in enumerate(plans)
        ),
    )


def reports_of(written: Run) -> dict[str, str]:
    """The failed-rows workbook that a run wrote, the folder where there are several; its batches. Not of a repeat."""
    folder = Path(Request.from_json(written.request).out) / written.run_id
    found = sorted(folder.glob("failed-rows*.xlsx"))
    told = {"failed_rows": str(found[0] if len(found) == 1 else folder)} if found else {}
    rows = sorted(folder.glob("*.report.csv"))
    if any(folder.glob("smarteru-*.xml")):
        return told | {"batches": str(folder)}
    return told | ({"rows": str(rows[0])} if rows else {})
