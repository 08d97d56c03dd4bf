"""`rollbook check`."""

import click

from cli.options import FILES, JUDGING, SHARED, GroupedCommand
from cli.running import running
from rollbook.imports import swift_imports
from rollbook.options import Invocation, JudgingOptions


@click.command(cls=GroupedCommand)
@FILES
@JUDGING
@SHARED
def check(files: tuple[str, ...], judging: JudgingOptions, invocation: Invocation) -> int:
    """Run an import without loading anything.

    Nothing is written to the destination.
    """
    with running(invocation):
        with swift_imports():
            from pipeline.commands import import_files as command
        return command.check(invocation, files, judging)
