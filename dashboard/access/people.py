"""Who somebody is and may do, as the settings, the users file and the proxy say."""

import hmac
from collections.abc import Iterable

from starlette.datastructures import Headers

from dashboard.access.modes import Mode, mode_of
from dashboard.access.passwords import is_password
from dashboard.access.users import Users
from dashboard.roles import ROLES
from rollbook.options import Role
from rollbook.settings import DashboardSettings


class People:
    """Those who may open the pages.

    `open`: whoever is at this machine, who may do everything. `login`: the one of the settings, who may too, and those
    of the users file. `header`: whom the proxy names.
    """

    def __init__(self, settings: DashboardSettings) -> None:
        """Raise CannotBegin where the users file is missing or cannot be understood."""
        self.mode: Mode = mode_of(settings)
        self._settings = settings
        self.users = Users(settings.users)
        self.users.all()

    def role(self, user: str | None, headers: Headers) -> Role | None:
        """The role of a user whom the mode knows; None where it is nobody's.

        headers: of the request, where it came from the proxy.
        """
        if self.mode == "open":
            return "administer"
        known = self.users.find(user)
        if self.mode == "login":
            return known.role if known is not None else "administer" if self._is_settings(user) else None
        told = [*self._roles_told(headers), *([known.role] if known is not None else [])]
        return max(told, key=ROLES.index) if told else self._default()

    def is_known(self, user: str, password: str) -> bool:
        """Whether the password is the user's; it takes as long where there is no such user."""
        return is_password(password, self._hash(user))

    def knows(self, user: str) -> bool:
        """Whether there is a user of that name."""
        return self.users.find(user) is not None or self._is_settings(user)

    def mark(self, user: str | None) -> str:
        """What a session of the user bears: it ends when the password is changed."""
        known = self.users.find(user)
        return known.mark if known is not None else ""

    def _hash(self, user: str) -> str | None:
        known = self.users.find(user)
        if known is not None:
            return known.password_hash
        return self._settings.password_hash if self._is_settings(user) else None

    def _is_settings(self, user: str | None) -> bool:
        known = self._settings.user
        return bool(known and user) and hmac.compare_digest(str(user).encode(), str(known).encode())

    def _roles_told(self, headers: Headers) -> Iterable[Role]:
        """The roles that the proxy's header names, or the groups in it that the settings give a role."""
        told = headers.getlist(self._settings.trusted_role_header or "")
        if len(told) != 1:  # told twice, one of them may be the browser's
            return []
        names = [name.strip() for name in told[0].split(",")]
        groups = self._settings.groups
        return [role for name in names for role in ROLES if role in (name, groups.get(name))]

    def _default(self) -> Role:
        """Of whom neither the proxy nor the users file gives a role."""
        if self._settings.role is not None:
            return self._settings.role
        gives_roles = self._settings.trusted_role_header or self._settings.users
        return "look" if gives_roles else "administer"
