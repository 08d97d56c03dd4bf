"""`rollbook serve`."""

import click

from cli.options import CREATE, GroupedCommand, option, shared
from cli.running import running
from rollbook.imports import swift_imports
from rollbook.options import Invocation


@click.command(cls=GroupedCommand)
@option("--folder", metavar="FOLDER", help="Drop folder (default: from the settings).")
@CREATE
@shared("json")
def serve(folder: str | None, create: bool, invocation: Invocation) -> int:
    """Run scheduled imports with a Prefect server.

    Checks the drop folder and the outbox on schedule, until stopped.
    """
    with running(invocation):
        with swift_imports():
            from flows import serve as command
        return command.serve(invocation, folder=folder, create=create)
