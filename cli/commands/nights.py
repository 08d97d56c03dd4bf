"""`rollbook nights`."""

import click

from cli.options import SHARED, GroupedCommand, option
from cli.running import running
from rollbook.imports import swift_imports
from rollbook.options import Invocation


@click.command(cls=GroupedCommand)
@option("--days", type=click.IntRange(1, 400), default=14, metavar="N", help="How many nights (default: 14).")
@SHARED
def nights(days: int, invocation: Invocation) -> int:
    """Show what came night by night.

    A line for each source of a drop folder and night; what is unusual is
    marked.
    """
    with running(invocation):
        with swift_imports():
            from pipeline.commands import nights as command
        return command.nights(invocation, days=days)
