"""`rollbook retry`."""

from typing import TYPE_CHECKING

import click

from cli.options import JUDGING_AND_NOTIFY, RUN, SHARED, GroupedCommand, prefect
from cli.running import running
from rollbook.imports import swift_imports
from rollbook.options import Invocation, JudgingOptions

if TYPE_CHECKING:
    from pipeline.execution import Orchestrate


@click.command(cls=GroupedCommand)
@RUN
@JUDGING_AND_NOTIFY
@SHARED
@prefect
def retry(run: str, judging: JudgingOptions, invocation: Invocation, orchestrate: "Orchestrate") -> int:
    """Check and load a run's failed rows again.

    Uses the current profile, rules and reference data.
    """
    with running(invocation):
        with swift_imports():
            from pipeline.commands import import_files as command
        return command.retry(invocation, run, judging, orchestrate)
