"""`rollbook nightly`."""

from typing import TYPE_CHECKING

import click

from cli.options import CREATE, JUDGING, SHARED, GroupedCommand, prefect
from cli.running import running
from rollbook.imports import swift_imports
from rollbook.options import Invocation, JudgingOptions

if TYPE_CHECKING:
    from pipeline.execution import Orchestrate


@click.command(cls=GroupedCommand)
@click.argument("folder")
@JUDGING
@CREATE
@SHARED
@prefect
def nightly(
    folder: str, judging: JudgingOptions, create: bool, invocation: Invocation, orchestrate: "Orchestrate"
) -> int:
    """Import the files in a drop folder.

    FOLDER: a path, or a URL such as s3://…. Files are moved to its done/ or
    failed/ afterwards.
    """
    with running(invocation):
        with swift_imports():
            from pipeline.commands import nightly as command
        return command.nightly(invocation, folder, judging, orchestrate, create=create)
