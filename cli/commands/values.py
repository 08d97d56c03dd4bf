"""`rollbook values`."""

from pathlib import Path
from typing import get_args

import click

from cli.options import PROFILE, GroupedCommand, option, shared
from cli.running import running
from rollbook.imports import swift_imports
from rollbook.options import DestinationName, Invocation

_PATH = click.Path(path_type=Path)


@click.command(cls=GroupedCommand)
@click.argument("files", nargs=-1, metavar="FILE…")
@option("--to", type=click.Choice(get_args(DestinationName)), group="Files", help="Destination (default: database).")
@PROFILE
@option("--field", metavar="FIELD", group="Values", help="Only the texts of this field.")
@option(
    "--workbook", type=_PATH, metavar="PATH", group="Values", help="Workbook to write (default: rollbook-values.xlsx)."
)
@option(
    "--apply", "apply", type=_PATH, metavar="PATH", group="Values", help="Write what a workbook says into the profile."
)
@option("--always", is_flag=True, group="Values", help="With --apply: a new profile applies to all files.")
@shared()
def values(
    files: tuple[str, ...],
    to: DestinationName | None,
    profile: Path | None,
    field: str | None,
    workbook: Path | None,
    apply: Path | None,
    always: bool,
    invocation: Invocation,
) -> int:
    """Say what unknown words mean.

    Writes a workbook of the texts that are not understood, with a column to
    fill in; with --apply, writes what it says into a profile.
    """
    if bool(files) == bool(apply):
        raise click.UsageError("Name the files to look at, or a workbook with --apply.")
    with running(invocation):
        with swift_imports():
            from pipeline.commands import values as command
        if apply:
            return command.apply(invocation, apply, profile=profile, always=always)
        target = workbook or Path("rollbook-values.xlsx")
        return command.collect(invocation, files, to=to, profile=profile, field=field, workbook=target)
