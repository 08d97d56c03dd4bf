"""`rollbook inspect`."""

from pathlib import Path
from typing import get_args

import click

from cli.options import FILES, PROFILE, QUERY, GroupedCommand, option, shared
from cli.running import running
from rollbook.imports import swift_imports
from rollbook.options import DestinationName, Invocation, QueryOptions


@click.command(cls=GroupedCommand)
@FILES
@QUERY
@option("--to", type=click.Choice(get_args(DestinationName)), group="Files", help="Destination (default: database).")
@PROFILE
@option(
    "--write-profile",
    type=click.Path(path_type=Path),
    metavar="PATH",
    group="Files",
    help="Write a profile of what was found; in a folder, one for each kind of file.",
)
@shared("database")
def inspect(
    files: tuple[str, ...],
    query: QueryOptions,
    to: DestinationName | None,
    profile: Path | None,
    write_profile: Path | None,
    invocation: Invocation,
) -> int:
    """Show how files would be read.

    Lists each sheet's header row, the column for each field, and samples.
    """
    with running(invocation):
        from sources.process.pool import start_early

        start_early()
        with swift_imports():
            from pipeline.commands import inspect as command
        return command.inspect(
            invocation, files=files, to=to or "database", profile=profile, write_profile=write_profile, query=query
        )
