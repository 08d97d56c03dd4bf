"""`rollbook dashboard`."""

import click

from cli.options import GroupedCommand, option, shared
from cli.running import running
from rollbook.imports import swift_imports
from rollbook.options import Invocation


@click.command(cls=GroupedCommand)
@option(
    "--host",
    metavar="ADDRESS",
    help="Address to listen on (default: 127.0.0.1). Other machines' access needs a login.",
)
@option("--port", type=click.IntRange(0, 65535), metavar="PORT", help="Port to listen on (default: 8765).")
@option("--open", "in_browser", is_flag=True, help="Open the dashboard in the browser.")
@option("--hash-password", is_flag=True, help="Ask for a password and print its hash for the settings.")
@shared("json")
def dashboard(host: str | None, port: int | None, in_browser: bool, hash_password: bool, invocation: Invocation) -> int:
    """Show runs and fix failed rows in the browser."""
    with running(invocation):
        with swift_imports():
            from dashboard import server
        return server.dashboard(invocation, host=host, port=port, in_browser=in_browser, hash_password=hash_password)
