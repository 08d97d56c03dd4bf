"""What a command says: how runs ended, as one JSON object or as a page for people; remarks and complaints beside it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import cached_property
from json import dumps
from typing import TYPE_CHECKING, Any

from reports.endings import alarms, how_it_ended, how_it_goes_on
from reports.json_pieces import json_pieces
from reports.run_report import RunReport
from reports.terminal.summary import print_summary, summary_object
from rollbook.commands import split_command

if TYPE_CHECKING:
    from rich.console import Console as RichConsole
    from sqlalchemy import Connection

    from ledger.runs import Run
    from rollbook.commands import CommandLine


class Console:
    """Answers on standard output: JSON, a page, or nothing.

    command_line: gives what the commands that are printed name.
    """

    def __init__(self, command_line: Callable[[], CommandLine], *, json: bool, quiet: bool) -> None:
        self._command_line = command_line
        self._json = json
        self._quiet = quiet
        self.shows_bars = sys.stderr.isatty() and not quiet

    def say(self, line: str) -> None:
        """A remark beside the answer, on standard error; a command that ends it is on a line of its own."""
        if not self._quiet:
            said, command = split_command(self.commands.complete(line))
            print(*filter(None, [said, f"  {command}" if command else ""]), sep="\n", file=sys.stderr)

    def complain(self, line: str) -> None:
        """What went wrong, on standard error, however quiet."""
        print(f"rollbook: {self.commands.complete(line)}", file=sys.stderr)

    def answer(self, told: dict[str, Any]) -> None:
        """The one object of `--json`."""
        print(dumps(told, ensure_ascii=False, default=str))

    def answer_lines(self, told: dict[str, Any], name: str, lines: Iterable[Any]) -> None:
        """The same with a last entry that is a list of many lines, each printed as it comes."""
        for piece in json_pieces(told, name, lines):
            print(piece, end="")
        print()

    def show(self, connection: Connection, run: Run) -> int:
        """Tell how a run ended; its exit code."""
        return self.show_each(connection, [run])

    def show_each(self, connection: Connection, ended: Iterable[Run], *, as_list: bool = False) -> int:
        """Tell how each run ended as it ends; the worst exit code.

        As JSON in one object, whose `runs` are those told; just one is that object itself, unless as_list.
        """
        from reports.ledger_report import report_of

        return self.show_reports((report_of(connection, run) for run in ended), as_list=as_list)

    def show_reports(self, ended: Iterable[RunReport], *, as_list: bool = False) -> int:
        """The same, of reports that are there already or come as the runs end."""
        reports = []
        for report in ended:
            reports.append(report)
            self._show(report)
        worst = max((report.exit for report in reports), default=0)
        if self._json:
            objects = [summary_object(report) for report in reports]
            self.answer(objects[0] if len(objects) == 1 and not as_list else {"exit": worst, "runs": objects})
        return worst

    def _show(self, report: RunReport) -> None:
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
        return self._command_line()

    @property
    def asked_for_json(self) -> bool:
        """Whether `--json` was given."""
        return self._json

    @property
    def console(self) -> RichConsole:
        """Where pages are printed; nowhere when quiet."""
        from reports.terminal.terminal_tables import console_for

        console = console_for()
        console.quiet = self._quiet
        return console
