"""The systems that take rows one by one: how each is reached, with which keys, and what its refusals mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rollbook.errors import CannotBegin
from rollbook.secrets import secret
from rollbook.settings import ADDRESSES

if TYPE_CHECKING:
    from destinations.row_target import Target
    from rollbook.settings import AxcelerateSettings, MoonSettings, Settings

MOON_KEY = "ROLLBOOK_MOON_TOKEN"
AXCELERATE_KEYS = ("ROLLBOOK_AXCELERATE_API_TOKEN", "ROLLBOOK_AXCELERATE_WS_TOKEN")


def _moon(settings: Settings) -> Target:
    from destinations.moon.target import moon_target

    return moon_target(settings.moon, secret(MOON_KEY))


def _axcelerate(settings: Settings) -> Target:
    from destinations.axcelerate.target import axcelerate_target

    return axcelerate_target(settings.axcelerate, *map(secret, AXCELERATE_KEYS))


TARGETS: dict[str, Callable[[Settings], Target]] = {"moon": _moon, "axcelerate": _axcelerate}


def target_of(system: str, settings: Settings) -> Target:
    """The system, ready to be reached; raises CannotBegin where its address or a key lacks, or is not safe."""
    url_of(system, settings)
    return TARGETS[system](settings)


def section_of(system: str, settings: Settings) -> MoonSettings | AxcelerateSettings:
    """The system's own settings."""
    section: MoonSettings | AxcelerateSettings = getattr(settings, system)
    return section


def url_of(system: str, settings: Settings) -> str:
    """The system's address; raises CannotBegin where none is set."""
    url = section_of(system, settings).url
    if not url:
        raise CannotBegin(f"{ADDRESSES[system]} is not set. Set it, or `url` under [{system}] of the settings.")
    return url


def lock_of(system: str, settings: Settings) -> str:
    """The name of the lock that whoever writes to the system holds: two runs must not write the same rows at once."""
    return f"{system}:{urlsplit(url_of(system, settings)).hostname}"
