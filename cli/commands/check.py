"""`rollbook check`."""

import click

from cli.options import FILES, JUDGING, QUERY, SHARED, GroupedCommand
from cli.running import running
from rollbook.imports import swift_imports
from rollbook.options import Invocation, JudgingOptions, QueryOptions


@click.command(cls=GroupedCommand)
@FILES
@QUERY
@JUDGING
@SHARED
def check(files: tuple[str, ...], query: QueryOptions, judging: JudgingOptions, invocation: Invocation) -> int:
    """Run an import without loading anything.

    Nothing is written to the destination.
    """
    with running(invocation):
        with swift_imports():
            from pipeline.commands import import_files as command
        return command.check(invocation, files, judging, query)
