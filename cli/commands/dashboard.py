"""`rollbook dashboard`."""

from typing import get_args

import click

from cli.options import GroupedCommand, option, shared
from cli.running import running
from rollbook.imports import swift_imports
from rollbook.options import Invocation, Role

_USERS = "Users file"


@click.command(cls=GroupedCommand)
@option(
    "--host",
    metavar="ADDRESS",
    help="Address to listen on (default: 127.0.0.1). Other machines' access needs a login.",
)
@option("--port", type=click.IntRange(0, 65535), metavar="PORT", help="Port to listen on (default: 8765).")
@option("--open", "in_browser", is_flag=True, help="Open the dashboard in the browser.")
@option("--hash-password", is_flag=True, help="Ask for a password and print its hash for the settings.")
@option("--add-user", metavar="NAME", group=_USERS, help="Add a user, or change their password or role.")
@option("--role", type=click.Choice(get_args(Role)), group=_USERS, help="What they may do (new users: look).")
@option("--token", is_flag=True, group=_USERS, help="Print a token for the HTTP API instead of asking for a password.")
@option("--remove-user", metavar="NAME", group=_USERS, help="Remove a user.")
@shared("json")
def dashboard(
    host: str | None,
    port: int | None,
    in_browser: bool,
    hash_password: bool,
    add_user: str | None,
    role: Role | None,
    token: bool,
    remove_user: str | None,
    invocation: Invocation,
) -> int:
    """Show runs and fix failed rows in the browser."""
    with running(invocation):
        with swift_imports():
            from dashboard import server
        return server.dashboard(
            invocation,
            host=host,
            port=port,
            in_browser=in_browser,
            hash_password=hash_password,
            user=server.UserChange(add_user, role, token, remove_user),
        )
