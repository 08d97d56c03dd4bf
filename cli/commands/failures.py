"""`rollbook failures`."""

from pathlib import Path

import click

from cli.options import BY, SHARED, GroupedCommand, option
from cli.running import running
from rollbook.imports import swift_imports
from rollbook.options import Invocation

_CASES = click.argument("cases", nargs=-1, required=True, metavar="CASE…")


class DefaultGroup(click.Group):
    """A group whose first word may also be an argument of its hidden `list` command (`failures last`)."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `list` in front unless a sub-command or its help is asked for."""
        if not args or (args[0] not in self.commands and args[0] not in ("--help", "-h")):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(cls=DefaultGroup)
def failures() -> None:
    """List, export, ignore or reopen failed rows.

    \b
    rollbook failures [RUN] [--export PATH.xlsx|.csv|.json]
    rollbook failures ignore CASE… --reason TEXT
    rollbook failures reopen CASE…
    """


@failures.command("list", cls=GroupedCommand, hidden=True)
@click.argument("run", default="last")
@option(
    "--export",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Write them to this file (.xlsx, .csv or .json).",
)
@SHARED
def list_failures(run: str, export: Path | None, invocation: Invocation) -> int:
    """List or export the failed rows of RUN (default: last)."""
    with running(invocation):
        with swift_imports():
            from pipeline.commands import runs as command
        return command.list_failures(invocation, run=run, export=export)


@failures.command(cls=GroupedCommand)
@_CASES
@option("--reason", required=True, metavar="TEXT", help="Why these cases need no correction.")
@BY
@SHARED
def ignore(cases: tuple[str, ...], reason: str, by: str | None, invocation: Invocation) -> int:
    """Close cases that need no correction."""
    with running(invocation):
        with swift_imports():
            from pipeline.commands import runs as command
        return command.ignore(invocation, cases=cases, reason=reason, by=by)


@failures.command(cls=GroupedCommand)
@_CASES
@option("--reason", metavar="TEXT", help="Why these cases need a correction after all.")
@BY
@SHARED
def reopen(cases: tuple[str, ...], reason: str | None, by: str | None, invocation: Invocation) -> int:
    """Open ignored cases again."""
    with running(invocation):
        with swift_imports():
            from pipeline.commands import runs as command
        return command.reopen(invocation, cases=cases, reason=reason, by=by)
