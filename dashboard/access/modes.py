"""How people are told apart: nobody logs in, by a login here, or by a proxy's header."""

from ipaddress import ip_address
from typing import Literal

from rollbook.errors import CannotBegin
from rollbook.settings import DashboardSettings

Mode = Literal["open", "login", "header"]


def mode_of(settings: DashboardSettings) -> Mode:
    """How people are told apart; raises CannotBegin where other machines could look without a login."""
    if settings.trusted_header:
        return "header"
    if bool(settings.user) != bool(settings.password_hash):
        raise CannotBegin("[dashboard] user and password_hash belong together: set both, or neither.")
    if settings.user or settings.users:
        return "login"
    if not is_loopback(settings.host):
        raise CannotBegin(
            f"{settings.host} can be reached by others, so a login is needed. Under [dashboard] of the settings, set "
            "`users` to a file that `rollbook dashboard --add-user` fills, or user and password_hash (`rollbook "
            "dashboard --hash-password` makes the hash), or trusted_header."
        )
    return "open"


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
