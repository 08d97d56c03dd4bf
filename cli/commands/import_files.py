"""`rollbook import`."""

from typing import TYPE_CHECKING

import click

from cli.options import FILES, JUDGING_AND_NOTIFY, QUERY, SHARED, GroupedCommand, prefect
from cli.running import running
from rollbook.imports import swift_imports
from rollbook.options import Invocation, JudgingOptions, QueryOptions

if TYPE_CHECKING:
    from pipeline.execution import Orchestrate


@click.command("import", cls=GroupedCommand)
@FILES
@QUERY
@JUDGING_AND_NOTIFY
@SHARED
@prefect
def import_files(
    files: tuple[str, ...],
    query: QueryOptions,
    judging: JudgingOptions,
    invocation: Invocation,
    orchestrate: "Orchestrate",
) -> int:
    """Import files, folders, globs or addresses."""
    with running(invocation):
        with swift_imports():
            from pipeline.commands import import_files as command
        return command.import_files(invocation, files, judging, orchestrate, query)
