"""`rollbook sign-off`."""

from pathlib import Path

import click

from cli.options import REPORTS, RUN, SHARED, GroupedCommand
from cli.running import running
from rollbook.imports import swift_imports
from rollbook.options import Invocation


@click.command("sign-off", cls=GroupedCommand)
@RUN
@REPORTS
@SHARED
def sign_off(run: str, out: Path | None, invocation: Invocation) -> int:
    """Write a page on which somebody confirms a run."""
    with running(invocation):
        with swift_imports():
            from pipeline.commands import sign_off as command
        return command.sign_off(invocation, run=run, out=out)
