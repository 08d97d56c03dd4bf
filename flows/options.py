"""What the commands' options mean: settings, a run's request, who did it."""

from __future__ import annotations

import getpass
from typing import Any

from flows.cli import Invocation
from flows.request import Request
from rollbook.profile import Limits, load_profiles
from rollbook.settings import Settings, load_settings


def settings_of(invocation: Invocation) -> Settings:
    """The settings, with the database that `--database` names."""
    settings = load_settings(invocation.settings)
    return settings.model_copy(update={"database": invocation.database}) if invocation.database else settings


def who(by: str | None) -> str:
    """The name for the record: `--by`, else the login."""
    try:
        return by or getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        return "unknown"


def request_of(command: str, settings: Settings, given: dict[str, Any]) -> Request:
    """What a run is asked to do."""
    return Request(
        command=command,
        files=tuple(given.get("files", ())),
        destination=given["to"] or "database",
        out=str((given["out"] or settings.out).absolute()),
        profiles=tuple(load_profiles(given["profile"] or settings.profile)),
        on_conflict=given["on_conflict"],
        on_existing=given["on_existing"],
        limits=limits_given(given),
        validate=given["validate"],
        by=who(given["by"]),
        settings=settings,
        workers=given.get("workers"),
        dask=given.get("dask"),
    )


def limits_given(given: dict[str, Any]) -> Limits:
    """The limits that the command line names."""
    return Limits(**{name: given[name] for name in Limits.model_fields})
