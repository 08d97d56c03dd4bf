"""`rollbook resume`."""

from typing import TYPE_CHECKING

import click

from cli.options import RAISED_LIMITS, SHARED, GroupedCommand, engine, prefect
from cli.running import running
from rollbook.imports import swift_imports
from rollbook.options import EngineOptions, Invocation, JudgingOptions

if TYPE_CHECKING:
    from pipeline.execution import Orchestrate


@click.command(cls=GroupedCommand)
@click.argument("run", required=False)
@RAISED_LIMITS
@engine
@SHARED
@prefect
def resume(
    run: str | None,
    judging: JudgingOptions,
    engine: EngineOptions,
    invocation: Invocation,
    orchestrate: "Orchestrate",
) -> int:
    """Finish runs that were interrupted.

    Finishes RUN, or all unfinished runs.
    """
    with running(invocation):
        with swift_imports():
            from pipeline.commands import import_files as command
        return command.resume(invocation, run, judging, engine, orchestrate)
