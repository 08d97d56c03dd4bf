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
@click.argument("folder", required=False)
@JUDGING
@CREATE
@SHARED
@prefect
def nightly(
    folder: str | None, judging: JudgingOptions, create: bool, invocation: Invocation, orchestrate: "Orchestrate"
) -> int:
    """Import the files in a drop folder.

    FOLDER: a path, an address such as sftp://…, or the name of a [source.NAME]
    in the settings. Without it: the folder and all sources of the settings.
    Files are moved to done/ or failed/ there afterwards.
    """
    with running(invocation):
        with swift_imports():
            from pipeline.commands import nightly as command
        return command.nightly(invocation, folder, judging, orchestrate, create=create)
