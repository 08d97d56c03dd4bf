"""What people may do: everybody has a role, and each page and form asks for one."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import cast, get_args

from fastapi import Request

from rollbook.errors import CannotBegin
from rollbook.options import Role

# Each may do what those before it may.
ROLES: tuple[Role, ...] = get_args(Role)
# What a role may do, as the pages say it.
ROLE_NAMES: Mapping[Role, str] = MappingProxyType(
    {"look": "look", "import": "import files", "repair": "repair rows", "administer": "administer"}
)
# (method, path) of every route -> the role that it asks for; None: whoever gets as far, without a login too.
# A route that is not here is answered to nobody.
ROUTES: Mapping[tuple[str, str], Role | None] = MappingProxyType(
    {
        ("GET", "/language/{language}"): None,
        ("GET", "/login"): None,
        ("POST", "/login"): None,
        ("POST", "/login/kept"): None,
        ("POST", "/logout"): None,
        ("GET", "/healthz"): None,
        ("GET", "/metrics"): None,
        ("GET", "/"): "look",
        ("GET", "/inbox"): "look",
        ("GET", "/inbox/{group_id:int}"): "look",
        ("POST", "/inbox/{group_id:int}/fix"): "repair",
        ("POST", "/inbox/{group_id:int}/ignore"): "repair",
        ("POST", "/inbox/{group_id:int}/reopen"): "repair",
        ("POST", "/inbox/{group_id:int}/assign"): "repair",
        ("GET", "/inbox/{group_id:int}/grid"): "look",
        ("POST", "/inbox/{group_id:int}/grid"): "repair",
        ("POST", "/inbox/{group_id:int}/grid/check"): "repair",
        ("POST", "/inbox/{group_id:int}/grid/ignore"): "repair",
        ("GET", "/inbox/{group_id:int}/sides"): "look",
        ("POST", "/inbox/{group_id:int}/sides"): "repair",
        ("GET", "/failed"): "look",
        ("GET", "/failed/download"): "look",
        ("GET", "/failed/{case_id:int}"): "look",
        ("POST", "/failed/ignore"): "repair",
        ("POST", "/failed/reopen"): "repair",
        ("POST", "/failed/{case_id:int}/check"): "repair",
        ("POST", "/failed/{case_id:int}/import"): "repair",
        ("GET", "/failed/replace"): "repair",
        ("POST", "/failed/replace"): "repair",
        ("GET", "/import"): "import",
        ("POST", "/import"): "import",
        ("GET", "/import/{upload_id}"): "import",
        ("POST", "/import/{upload_id}/check"): "import",
        ("POST", "/import/{upload_id}/import"): "import",
        ("POST", "/import/{upload_id}/discard"): "import",
        ("GET", "/import/{upload_id}/failed-rows/{name}"): "import",
        ("GET", "/import/{upload_id}/profile/{number:int}"): "import",
        ("GET", "/api/v1"): "look",
        ("GET", "/api/v1/openapi.json"): "look",
        ("POST", "/api/v1/imports"): "import",
        ("GET", "/api/v1/runs"): "look",
        ("GET", "/api/v1/runs/{run_id}"): "look",
        ("GET", "/api/v1/runs/{run_id}/rows"): "look",
        ("GET", "/api/v1/runs/{run_id}/changes"): "look",
        ("POST", "/api/v1/runs/{run_id}/undo"): "import",
        ("GET", "/api/v1/cases"): "look",
        ("GET", "/runs"): "look",
        ("GET", "/runs/{run_id}"): "look",
        ("GET", "/runs/{run_id}/progress"): "look",
        ("GET", "/runs/{run_id}/reports/{name}"): "look",
        # Who may only import does so with the runs that they started: see `require_own`.
        ("POST", "/runs/{run_id}/resume"): "import",
        ("POST", "/runs/{run_id}/retry"): "import",
        ("POST", "/runs/{run_id}/undo"): "import",
        ("GET", "/nights"): "look",
        ("GET", "/search"): "look",
        ("GET", "/learner"): "look",
        ("GET", "/session"): "look",
        ("GET", "/activity"): "administer",
        ("GET", "/activity/download"): "administer",
    }
)


class NotAllowed(CannotBegin):
    """The person's role does not allow it."""


def covers(role: Role | None, asked: Role) -> bool:
    """Whether a role may do what the other may."""
    return role is not None and ROLES.index(role) >= ROLES.index(asked)


def role_of(request: Request) -> Role | None:
    """The role of whose request it is; None before the login."""
    return cast("Role | None", request.state.role)


async def require_role(request: Request) -> None:
    """Raise NotAllowed where the role does not do for the route: a dependency of every route."""
    at = request.scope["method"], request.scope["route"].path
    if at not in ROUTES:
        raise NotAllowed("Nobody may open this page, because no role is set for it. Report this to your administrator.")
    asked, role = ROUTES[at], role_of(request)
    if asked is not None and not covers(role, asked):
        own = f"Your role is “{ROLE_NAMES[role]}”. " if role else ""
        raise NotAllowed(f"{own}This needs the role “{ROLE_NAMES[asked]}”. Ask your administrator.")


def require_own(request: Request, started_by: str | None, user: str) -> None:
    """Raise NotAllowed where somebody who may only import asks for a run that another started."""
    if not covers(role_of(request), "repair") and started_by != user:
        raise NotAllowed(
            "You can only do this with runs that you started. To do it with others, ask your administrator for the "
            f"role “{ROLE_NAMES['repair']}”."
        )
