"""`rollbook runs` and `rollbook show`."""

import click

from cli.options import RUN, SHARED, GroupedCommand, option
from cli.running import running
from rollbook.imports import swift_imports
from rollbook.options import Invocation


@click.command(cls=GroupedCommand)
@option("--all", "every", is_flag=True, help="List all runs, not only the last 50.")
@SHARED
def runs(every: bool, invocation: Invocation) -> int:
    """List the runs, newest first."""
    with running(invocation):
        with swift_imports():
            from pipeline.commands import runs as command
        return command.list_runs(invocation, every=every)


@click.command(cls=GroupedCommand)
@RUN
@SHARED
def show(run: str, invocation: Invocation) -> int:
    """Show a run's counts, files, failures and reports."""
    with running(invocation):
        with swift_imports():
            from pipeline.commands import runs as command
        return command.show(invocation, run=run)
