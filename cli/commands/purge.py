"""`rollbook purge`."""

import click

from cli.options import SHARED, GroupedCommand, option
from cli.running import running
from rollbook.imports import swift_imports
from rollbook.options import Invocation


@click.command(cls=GroupedCommand)
@option("--older-than", "older_than", required=True, metavar="AGE", help="Age in days or weeks, such as 90d or 12w.")
@option("--dry-run", "dry_run", is_flag=True, help="Only show what would be removed.")
@SHARED
def purge(older_than: str, dry_run: bool, invocation: Invocation) -> int:
    """Remove old cell values and old reports.

    Cell values of old failed rows are removed, and old reports deleted. Counts
    stay.
    """
    with running(invocation):
        with swift_imports():
            from pipeline.commands import purge as command
        return command.purge(invocation, older_than=older_than, dry_run=dry_run)
