"""`rollbook notify`."""

import click

from cli.options import SHARED, GroupedCommand, option
from cli.running import running
from rollbook.imports import swift_imports
from rollbook.options import Invocation


@click.command(cls=GroupedCommand)
@option("--test", is_flag=True, help="Send a test message to everybody that [notify] of the settings names.")
@SHARED
def notify(test: bool, invocation: Invocation) -> int:
    """Send the messages that wait.

    Messages that could not be sent before are tried again.
    """
    with running(invocation):
        with swift_imports():
            from pipeline.commands import notify as command
        return command.notify(invocation, test=test)
