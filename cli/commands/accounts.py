"""`rollbook rows` and `rollbook changes`."""

from pathlib import Path

import click

from cli.options import REPORTS, RUN, SHARED, GroupedCommand, option
from cli.running import running
from rollbook.imports import swift_imports
from rollbook.options import Invocation
from rollbook.rows.outcomes import OUTCOMES

_EXPORT = option(
    "--export",
    type=click.Path(path_type=Path),
    metavar="PATH",
    group="Files",
    help="Write all of them to this file (.csv, .xlsx or .parquet).",
)


@click.command(cls=GroupedCommand)
@RUN
@_EXPORT
@option(
    "--outcome",
    "outcomes",
    multiple=True,
    type=click.Choice([*OUTCOMES, "ignored"]),
    group="Rows",
    help="Only rows with this outcome (may be given more than once).",
)
@REPORTS
@SHARED
def rows(run: str, export: Path | None, outcomes: tuple[str, ...], out: Path | None, invocation: Invocation) -> int:
    """List every row that a run read, with what became of it and why."""
    with running(invocation):
        with swift_imports():
            from pipeline.commands import accounts as command
        return command.list_rows(invocation, run=run, export=export, out=out, outcomes=outcomes)


@click.command(cls=GroupedCommand)
@RUN
@_EXPORT
@REPORTS
@SHARED
def changes(run: str, export: Path | None, out: Path | None, invocation: Invocation) -> int:
    """List what a run changed of what was there, field by field."""
    with running(invocation):
        with swift_imports():
            from pipeline.commands import accounts as command
        return command.list_changes(invocation, run=run, export=export, out=out)
