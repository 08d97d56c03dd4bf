"""`rollbook dashboard`: the pages served, and what they do on somebody's behalf."""

from __future__ import annotations

import secrets
import socket
import webbrowser
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click
import uvicorn

from dashboard.access.connections import BoundedProtocol
from dashboard.access.passwords import hashed
from dashboard.access.people import People
from dashboard.access.users import new_token, remove_user, set_user
from dashboard.actions import Actions
from dashboard.app import create_app
from ledger.database import mask_url, open_database
from pipeline.options import console_of, settings_of, who
from rollbook.errors import CannotBegin
from rollbook.options import Invocation, Role

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import ASGIApp


# The shortest password that is hashed.
_CHARACTERS = 12


@dataclass(frozen=True)
class UserChange:
    """What becomes of the users file: a user is added or changed, or removed. token: they get one, and no password."""

    add: str | None = None
    role: Role | None = None
    token: bool = False
    remove: str | None = None


_NO_CHANGE = UserChange()


def dashboard(
    invocation: Invocation,
    *,
    host: str | None,
    port: int | None,
    in_browser: bool,
    hash_password: bool,
    user: UserChange = _NO_CHANGE,
) -> int:
    """Serve the pages until interrupted; raises CannotBegin where others could look without a login.

    host, port: in the place of those of the settings. in_browser: open them there. hash_password, user: nothing but
    that.
    """
    if hash_password:
        click.echo(f'password_hash = "{hashed(_asked_password())}"')
        return 0
    settings = settings_of(invocation)
    if user.add is not None or user.remove is not None:
        return _change_user(settings.dashboard.users, user)
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = settings.model_copy(update={"dashboard": settings.dashboard.model_copy(update=given)})
    console = console_of(invocation)
    mode = People(settings.dashboard).mode
    engine = open_database(settings.database, create=False)
    token = secrets.token_urlsafe(16) if mode == "open" else None
    actions = Actions(settings, engine, invocation.settings)
    actions.importing.tidy()
    app = create_app(settings, engine, actions, by=who(None), token=token)
    bound = listening(settings.dashboard.host, settings.dashboard.port)
    shown = f"[{settings.dashboard.host}]" if ":" in settings.dashboard.host else settings.dashboard.host
    address = f"http://{shown}:{bound.getsockname()[1]}/" + (f"?token={token}" if token else "")
    console.say(f"Showing {mask_url(settings.database)} at {address} {_HOW[mode]}; Ctrl-C ends it.")
    if in_browser:
        webbrowser.open(address)
    with bound, suppress(KeyboardInterrupt):
        server_of(app).run(sockets=[bound])
    return 0


def listening(host: str, port: int) -> socket.socket:
    """A socket at the address; raises CannotBegin where nobody can listen there."""
    try:
        family, *_, address = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        told = f"The address {host}, port {port}, cannot be used: {error.strerror or error}."
        raise CannotBegin(f"{told} Choose another with --host or --port (0 takes a free port).") from None


def server_of(app: ASGIApp, http: type[BoundedProtocol] = BoundedProtocol) -> uvicorn.Server:
    """The server of the application, which tells nobody what people ask for. http: how it takes connections."""
    config = uvicorn.Config(
        app,
        http=http,
        ws="none",
        # Addresses of pages hold what people search for.
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,  # whose headers are believed, the guard says
        timeout_graceful_shutdown=5,
    )
    return uvicorn.Server(config)


_HOW = {"open": "(this machine only)", "login": "(with a login)", "header": "(the proxy says who is logged in)"}


def _asked_password() -> str:
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    if len(password) < _CHARACTERS:
        raise CannotBegin(f"Use a password of at least {_CHARACTERS} characters.")
    return password


def _change_user(path: Path | None, user: UserChange) -> int:
    """Change the users file, and say so on standard error; a token goes to standard output."""
    if path is None:
        raise CannotBegin('Set the users file under [dashboard] of the settings first, such as users = "users.toml".')
    if user.remove is not None:
        remove_user(path, user.remove)
        click.echo(f"Removed {user.remove} from {path}.", err=True)
        return 0
    name = user.add or ""
    if user.token:
        token = new_token()
        role = set_user(path, name, user.role, token=token)
        click.echo(f"{name} has the role {role} and one more token. It is shown only now:", err=True)
        click.echo(token)
        return 0
    role = set_user(path, name, user.role, password_hash=hashed(_asked_password()))
    click.echo(f"{name} has the role {role} in {path}.", err=True)
    return 0
