"""`rollbook undo`."""

from pathlib import Path

import click

from cli.options import BY, OUT, RUN, SHARED, GroupedCommand, option
from cli.running import running
from rollbook.imports import swift_imports
from rollbook.options import Invocation


@click.command(cls=GroupedCommand)
@RUN
@option("--file", "file", metavar="FILE", help="Undo only the rows of this file.")
@OUT
@BY
@SHARED
def undo(run: str, file: str | None, out: Path | None, by: str | None, invocation: Invocation) -> int:
    """Remove a run's rows from the database.

    Rows that the run updated are restored.
    """
    with running(invocation):
        with swift_imports():
            from pipeline.commands import undo as command
        return command.undo(invocation, run=run, file=file, out=out, by=by)
