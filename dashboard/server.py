"""`rollbook dashboard`: the pages served, and what they do on somebody's behalf."""

from __future__ import annotations

import socket
import webbrowser
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING

import click
import uvicorn

from dashboard.actions import Cells, Judged, Kind, Mended, Replaced, Replacing, Seen, Where
from dashboard.app import create_app
from dashboard.passwords import hashed
from dashboard.security import mode_of
from ledger import cases
from ledger.database import open_database, reading, told
from ledger.runs import reference_generation
from pipeline.options import console_of, settings_of, who
from rollbook.clock import now
from rollbook.errors import CannotBegin
from rollbook.options import Invocation
from rollbook.profile import load_profiles

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Engine
    from starlette.types import ASGIApp

    from ledger.browse.cases import Filter, Problem
    from rollbook.settings import Settings
    from validators.context import References

_NOT_SEEN: Mapping[int, Seen] = MappingProxyType({})
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
    teller = console_of(invocation)
    mode = mode_of(settings.dashboard)
    engine = open_database(settings.database, create=False)
    app = create_app(settings, engine, DashboardActions(settings, engine), by=who(None))
    bound = listening(settings.dashboard.host, settings.dashboard.port)
    shown = f"[{settings.dashboard.host}]" if ":" in settings.dashboard.host else settings.dashboard.host
    address = f"http://{shown}:{bound.getsockname()[1]}/"
    teller.say(f"Showing {told(settings.database)} at {address} {_HOW[mode]}; Ctrl-C ends it.")
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


def as_frame(problems: Sequence[Problem]) -> pd.DataFrame:
    """code, field, value of each problem."""
    import pandas as pd

    return pd.DataFrame([(each.code, each.field, each.value) for each in problems], columns=["code", "field", "value"])


class DashboardActions:
    """`dashboard.actions.Actions` on a database: one change at a time.

    What judges and imports is brought in only when it is needed: who only looks needs little memory.
    """

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self._settings = settings
        self._engine = engine
        # Who only checks or downloads does not wait until a long import has ended.
        self._one, self._checking, self._downloading, self._suggesting = Lock(), Lock(), Lock(), Lock()
        self._references: tuple[dict[str, int], References] | None = None

    def suggest(self, problems: Sequence[Problem]) -> list[str | None]:
        """See Actions."""
        from pipeline.suggestions import suggester_of
        from validators.suggestions import is_asked

        if not is_asked({problem.code for problem in problems}):
            return [None] * len(problems)
        with self._suggesting:
            profiles = [text for _, text in load_profiles(self._settings.profile)]
            # Anew for each page: one suggester answers for a bounded time only.
            return suggester_of(self._known_references(), profiles).suggest(as_frame(problems))

    def _known_references(self) -> References:
        """The reference data, read again when some of it was loaded."""
        from ledger.reference.load import load_references

        with reading(self._engine) as connection, connection.begin():
            generation = reference_generation(connection)
            if self._references is None or self._references[0] != generation:
                self._references = (generation, load_references(connection))
        return self._references[1]

    def judge(self, case_id: int, cells: Cells, seen: Mapping[int, Seen] = _NOT_SEEN) -> Judged:
        """See Actions."""
        from pipeline.repairs.repair import judged

        with self._checking:
            return judged(self._engine, self._settings, case_id, cells, seen)

    def repair(self, cells: Mapping[int, Cells], by: str, seen: Mapping[int, Seen] = _NOT_SEEN) -> Mended:
        """See Actions."""
        from pipeline.repairs.repair import one_at_a_time, repaired

        with self._one, one_at_a_time(self._engine):
            return repaired(self._engine, self._settings, cells, by, seen)

    def ignore(self, case_ids: Sequence[int], reason: str, by: str) -> int:
        """See Actions."""
        with self._engine.begin() as connection:
            return cases.ignore(connection, case_ids, reason, by=by, at=now())

    def reopen(self, case_ids: Sequence[int], reason: str | None, by: str) -> int:
        """See Actions."""
        with self._engine.begin() as connection:
            return cases.reopen(connection, case_ids, reason, by=by, at=now())

    def replacing(self, where: Where) -> Replacing:
        """See Actions."""
        from pipeline.repairs.replace import cells_of

        with self._checking:
            found = cells_of(self._engine, where)
        return Replacing(len(found.letters), found.feeds)

    def replace(self, where: Where, new: str, by: str, *, remember: bool) -> Replaced:
        """See Actions."""
        from pipeline.repairs.repair import one_at_a_time
        from pipeline.repairs.replace import replaced

        with self._one, one_at_a_time(self._engine):
            return replaced(self._engine, self._settings, where, new, by, remember_it=remember)

    def export(self, filter: Filter, kind: Kind) -> Path:  # noqa: A002 - as the pages call it
        """See Actions."""
        from pipeline.repairs.export import export

        with self._downloading:
            return export(self._engine, filter, kind)
