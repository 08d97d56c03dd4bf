"""`rollbook dashboard`: the pages served, and what they do on somebody's behalf."""

from __future__ import annotations

import secrets
import socket
import webbrowser
from contextlib import suppress
from typing import TYPE_CHECKING

import click
import uvicorn

from dashboard.actions import Actions
from dashboard.app import create_app
from dashboard.passwords import hashed
from dashboard.security import mode_of
from ledger.database import mask_url, open_database
from pipeline.options import console_of, settings_of, who
from rollbook.errors import CannotBegin
from rollbook.options import Invocation

if TYPE_CHECKING:
    from starlette.types import ASGIApp


# The shortest password that is hashed.
_CHARACTERS = 12


def dashboard(
    invocation: Invocation,
    *,
    host: str | None,
    port: int | None,
    in_browser: bool,
    hash_password: bool,
) -> int:
    """Serve the pages until interrupted; raises CannotBegin where others could look without a login.

    host, port: in the place of those of the settings. in_browser: open them there. hash_password: nothing but that.
    """
    if hash_password:
        return _hash_password()
    settings = settings_of(invocation)
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = settings.model_copy(update={"dashboard": settings.dashboard.model_copy(update=given)})
    console = console_of(invocation)
    mode = mode_of(settings.dashboard)
    engine = open_database(settings.database, create=False)
    token = secrets.token_urlsafe(16) if mode == "open" else None
    app = create_app(settings, engine, Actions(settings, engine), by=who(None), token=token)
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


def server_of(app: ASGIApp) -> uvicorn.Server:
    """The server of the application, which tells nobody what people ask for."""
    config = uvicorn.Config(
        app,
        # Addresses of pages hold what people search for.
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,  # whose headers are believed, the guard says
        timeout_graceful_shutdown=5,
    )
    return uvicorn.Server(config)


_HOW = {"open": "(this machine only)", "login": "(with a login)", "header": "(the proxy says who is logged in)"}


def _hash_password() -> int:
    password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    if len(password) < _CHARACTERS:
        raise CannotBegin(f"Use a password of at least {_CHARACTERS} characters.")
    click.echo(f'password_hash = "{hashed(password)}"')
    return 0
