"""What the commands' options mean: settings, a run's request, who did it."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from reports.terminal.console import Console
from rollbook.commands import CommandLine
from rollbook.errors import CannotBegin
from rollbook.options import LIMITS, EngineOptions, Invocation, JudgingOptions, QueryOptions
from rollbook.profile import Limits, load_profiles
from rollbook.request import Request
from rollbook.settings import Settings, load_settings
from sources.remote.opened import is_database

_HERE = EngineOptions()
# The commands whose runs are told without being asked.
_NOTIFY = ("nightly", "migrate")
# How an address is printed that has a password.
_HIDDEN = "***"


def settings_of(invocation: Invocation) -> Settings:
    """The settings, with the database that `--database` names."""
    settings = load_settings(invocation.settings)
    if not invocation.database:
        return settings
    return settings.model_copy(update={"database": _with_password(invocation.database, settings.database)})


def _with_password(given: str, known: str) -> str:
    """An address as it was printed, with the password that the environment or the settings have for it."""
    if f":{_HIDDEN}@" not in given:
        return given
    if given == shown_database(known):
        return known
    raise CannotBegin(f"Write the password in place of {_HIDDEN}, or put the whole address into ROLLBOOK_DATABASE_URL.")


def shown_database(url: str) -> str:
    """The database's address as a command can name it from any folder; a password is hidden."""
    from ledger.database import absolute, parse_url

    parsed = absolute(parse_url(url))
    return parsed.set(drivername=parsed.get_backend_name()).render_as_string(hide_password=True)


def command_line(invocation: Invocation) -> CommandLine:
    """What a command that is printed has to name, so that it does the same from any folder."""
    settings_file = invocation.settings or Path("rollbook.toml")
    everywhere = {"--settings": str(settings_file.absolute())} if settings_file.exists() else {}
    shown = shown_database(settings_of(invocation).database)
    if invocation.database or shown.startswith("sqlite:"):
        everywhere["--database"] = shown
    profile, out = (str(path.absolute()) if path else None for path in (invocation.profile, invocation.out))
    return CommandLine(everywhere, profile, out)


def console_of(invocation: Invocation) -> Console:
    """Where a command says what it has to say."""
    return Console(partial(command_line, invocation), json=invocation.json, quiet=invocation.quiet)


def who(by: str | None) -> str:
    """The name for the record: `--by`, else the login."""
    try:
        return by or getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        return "unknown"


def request_of(
    command: str,
    settings: Settings,
    files: Sequence[str],
    judging: JudgingOptions,
    engine: EngineOptions = _HERE,
) -> Request:
    """What a run is asked to do."""
    return Request(
        command=command,
        files=tuple(files),
        destination=judging.to or "database",
        out=str((judging.out or settings.out).absolute()),
        profiles=tuple(load_profiles(judging.profile or settings.profile)),
        on_conflict=judging.on_conflict,
        on_existing=judging.on_existing,
        limits=limits_given(judging),
        validate=judging.validate_batches,
        by=who(judging.by),
        settings=settings,
        workers=engine.workers,
        dask=engine.dask,
        folder=str(Path.cwd()),
        notify=judging.notify or command in _NOTIFY,
    )


def limits_given(judging: JudgingOptions) -> Limits:
    """The limits that the command line names."""
    return Limits(**{name: getattr(judging, name) for name in LIMITS})


def with_query(request: Request, asked: QueryOptions) -> Request:
    """The request with what is asked of a database; raises CannotBegin where only a part of it is said."""
    if asked.query is None and asked.key is None:
        return request
    if asked.query is None or asked.key is None:
        raise CannotBegin("Write both: --query FILE.sql, and --key COLUMNS, those that tell the rows apart.")
    queried = next(filter(is_database, request.files), None)
    if queried is None:
        raise CannotBegin("--query is for a database: name its address, such as postgresql://USER@HOST/DATABASE")
    key = tuple(name for column in asked.key.split(",") if (name := column.strip()))
    return replace(request, query=str(asked.query), key=key, queried=queried)
