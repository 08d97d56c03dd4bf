"""`rollbook migrate`."""

from typing import TYPE_CHECKING

import click

from cli.options import FILES, JUDGING, SHARED, GroupedCommand, engine, prefect
from cli.running import running
from rollbook.imports import swift_imports
from rollbook.options import EngineOptions, Invocation, JudgingOptions

if TYPE_CHECKING:
    from pipeline.execution import Orchestrate


@click.command(cls=GroupedCommand)
@FILES
@JUDGING
@engine
@SHARED
@prefect
def migrate(
    files: tuple[str, ...],
    judging: JudgingOptions,
    engine: EngineOptions,
    invocation: Invocation,
    orchestrate: "Orchestrate",
) -> int:
    """Import many files in parallel, as one run.

    Files are read and checked by several processes, on this machine or on a
    Dask cluster.
    """
    with running(invocation):
        with swift_imports():
            from pipeline.commands import import_files as command
        return command.migrate(invocation, files, judging, engine, orchestrate)
