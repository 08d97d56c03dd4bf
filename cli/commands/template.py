"""`rollbook template`."""

from pathlib import Path
from typing import get_args

import click

from cli.options import GroupedCommand, option, shared
from cli.running import running
from rollbook.imports import swift_imports
from rollbook.options import DestinationName, Invocation


@click.command(cls=GroupedCommand)
@click.argument("path", type=click.Path(path_type=Path), default="rollbook-template.xlsx", metavar="[PATH]")
@option("--to", type=click.Choice(get_args(DestinationName)), group="Files", help="Destination (default: database).")
@option("--language", default="en", metavar="CODE", group="Files", help="Its language, such as de (default: en).")
@shared("database")
def template(path: Path, to: DestinationName | None, language: str, invocation: Invocation) -> int:
    """Write an empty workbook to fill in.

    It has the usual headers, example rows, a list of the statuses, and a sheet
    that explains the columns.
    """
    with running(invocation):
        with swift_imports():
            from pipeline.commands import template as command
        return command.template(invocation, path=path, to=to or "database", language=language)
