"""Each role may do what is its own: every route is tried with every role."""

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import get_args

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.datastructures import Headers

from dashboard.access.people import People
from dashboard.access.security import API
from dashboard.access.users import new_token, set_user
from dashboard.actions import Actions
from dashboard.app import create_app
from dashboard.masking import masked
from dashboard.roles import ROLES, ROUTES, covers
from ledger.database import open_database
from rollbook.errors import CannotBegin
from rollbook.options import Role
from rollbook.settings import DashboardSettings, Settings
from tests.dashboard.serving import served
from tests.pipeline import app
from tests.pipeline.desk import BAD, GOOD, Desk

REFUSED = "This needs the role"
HEADERS = DashboardSettings(
    trusted_header="X-Remote-User", trusted_role_header="X-Remote-Groups", groups={"hr-data": "repair"}
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A database with a failed row."""
    folder = tmp_path_factory.mktemp("place")
    desk = Desk(folder, f"sqlite:///{folder / 'test.db'}")
    desk.do("import", desk.sheet(GOOD, BAD), "--by", "sam")
    return desk


@pytest.fixture(scope="module")
def pages(desk: Desk) -> FastAPI:
    """The pages of it, where a proxy says who it is and what their role is."""
    users = desk.folder / "users.toml"
    for role in ROLES:
        set_user(users, f"program {role}", role, token=f"token-{role}")
    dashboard = HEADERS.model_copy(update={"users": users})
    settings = Settings(database=desk.url, out=desk.folder / "out", dashboard=dashboard)
    engine = open_database(desk.url, create=False)
    return create_app(settings, engine, Actions(settings, engine))


@pytest.fixture(scope="module")
def url(pages: FastAPI) -> Iterator[str]:
    """Where they are served."""
    with served(pages) as url:
        yield url


def _routes(pages: FastAPI) -> set[tuple[str, str]]:
    """(method, path) of every route but that of the static files, which everybody gets."""
    found = [each for each in iter_route_contexts(pages.routes) if each.path != "/static"]
    return {(method, str(each.path)) for each in found for method in each.methods or ()}


def test_every_route_has_a_role_and_no_other_is_named(pages: FastAPI) -> None:
    assert _routes(pages) == set(ROUTES)


def _asked(url: str, pages: FastAPI, method: str, path: str, role: Role) -> httpx.Response:
    """What a route answers to somebody of that role, whose form bears its token and nothing else."""
    plain = re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: {"name": "none.csv", "run_id": "none"}.get(found[1], "1"), path)
    if path.startswith(API) and method == "POST":  # a cookie does not do
        token = {"authorization": f"Bearer token-{role}"}
        return httpx.post(url + plain, headers=token, trust_env=False, timeout=60)
    who = {"x-remote-user": "kim", "x-remote-groups": role}
    with httpx.Client(base_url=url, headers=who, trust_env=False, timeout=60) as client:
        client.get("/runs")
        ((_, cookie),) = client.cookies.items()
        session = pages.state.desk.sessions.read(cookie)
        data = {"csrf": masked(session.csrf)} if method == "POST" else None
        return client.request(method, plain, data=data)


@pytest.mark.parametrize(("method", "path"), sorted(ROUTES))
def test_every_route_is_tried_with_every_role(url: str, pages: FastAPI, desk: Desk, method: str, path: str) -> None:
    """It is refused to those below its role, before anything is done, and answered to the others."""
    asked = ROUTES[method, path]
    for role in ROLES:
        before = app.contents(desk.url)
        answer = _asked(url, pages, method, path, role)
        if asked is not None and not covers(role, asked):
            assert (answer.status_code, REFUSED in answer.text) == (403, True), role
            assert app.contents(desk.url) == before
        else:
            assert REFUSED not in answer.text, role
            assert answer.status_code < 500, role


def test_a_route_without_a_role_is_answered_to_nobody(desk: Desk) -> None:
    settings = Settings(database=desk.url, dashboard=HEADERS)
    added = create_app(settings, open_database(desk.url, create=False))
    added.add_api_route("/new", lambda: "secret", methods=["GET"])
    who = {"x-remote-user": "kim", "x-remote-groups": "administer"}
    with served(added) as url:
        answer = httpx.get(f"{url}/new", headers=who, trust_env=False)
    assert (answer.status_code, "secret" in answer.text) == (403, False)


def test_each_role_may_do_what_those_before_it_may() -> None:
    assert get_args(Role) == ("look", "import", "repair", "administer")
    for (at, role), (other, asked) in product(enumerate(ROLES), enumerate(ROLES)):
        assert covers(role, asked) == (at >= other)
        assert not covers(None, asked)


def test_who_may_only_import_undoes_only_their_own_runs(desk: Desk, pages: FastAPI, url: str) -> None:
    run_id = next(run["run"] for run in desk.do("runs").told["runs"] if run["command"] == "import")
    answer = _asked(url, pages, "POST", f"/runs/{run_id}/undo", "import")
    assert answer.status_code == 403
    assert "runs that you started" in answer.text
    assert app.enrollments(desk.url)


def test_what_a_role_may_not_do_is_not_offered(url: str) -> None:
    """Nobody is shown a button that would refuse them."""
    for role, offered in (("look", False), ("repair", True)):
        who = {"x-remote-user": "kim", "x-remote-groups": role}
        group, case = (httpx.get(url + path, headers=who, trust_env=False).text for path in ("/inbox/1", "/failed/1"))
        assert ("Judge these rows again" in group) == offered
        assert ("Import this row" in case) == offered
        assert ('method="post"' in group) == offered


@pytest.mark.parametrize(
    ("told", "role"),
    [
        (["look"], "look"),
        (["staff, hr-data"], "repair"),
        (["hr-data,administer"], "administer"),
        (["staff"], "look"),
        ([""], "look"),
        ([], "look"),
        (["administer", "look"], "look"),
        (["Administer"], "look"),
    ],
)
def test_the_proxy_names_roles_or_groups(url: str, told: list[str], role: Role) -> None:
    """The highest counts; a header that was sent twice does not, for one of them may be the browser's."""
    headers = [("x-remote-user", "kim"), *(("x-remote-groups", each) for each in told)]
    for path, asked in (("/failed/replace", "repair"), ("/", "look")):
        answer = httpx.get(url + path, headers=headers, trust_env=False)
        assert (answer.status_code == 200) == covers(role, asked)  # type: ignore[arg-type]


def test_a_header_of_a_browser_gives_no_role(desk: Desk) -> None:
    """It counts only from the addresses of the proxies."""
    elsewhere = HEADERS.model_copy(update={"trusted_proxies": ["192.0.2.1"]})
    settings = Settings(database=desk.url, dashboard=elsewhere)
    with served(create_app(settings, open_database(desk.url, create=False))) as url:
        who = {"x-remote-user": "kim", "x-remote-groups": "administer"}
        assert httpx.get(url, headers=who, trust_env=False).status_code == 401


@pytest.mark.parametrize(
    ("more", "role"),
    [
        ({}, "administer"),
        ({"role": "repair"}, "repair"),
        ({"trusted_role_header": "X-Groups"}, "look"),
        ({"trusted_role_header": "X-Groups", "role": "import"}, "import"),
    ],
)
def test_whom_nothing_gives_a_role_has_that_of_the_settings(more: dict[str, str], role: Role) -> None:
    """Where nothing gives roles at all, whom the proxy lets in may do everything, as one who is alone."""
    people = People(DashboardSettings.model_validate({"trusted_header": "X-User", **more}))
    assert people.role("kim", Headers()) == role
    assert People(DashboardSettings()).role(None, Headers()) == "administer"


def test_programs_show_a_token(desk: Desk, tmp_path: Path) -> None:
    """Under /api/ alone; without one nothing is told, and a cookie only reads."""
    users, token = tmp_path / "users.toml", new_token()
    set_user(users, "robot", "import", token=token)
    settings = Settings(database=desk.url, dashboard=DashboardSettings(users=users))
    pages = create_app(settings, open_database(desk.url, create=False))
    with served(pages) as url:
        for headers in ({}, {"authorization": "Bearer x"}, {"authorization": f"Basic {token}"}):
            answer = httpx.get(f"{url}/api/v1/none", headers=headers, trust_env=False)
            assert answer.status_code == 401
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["status"] == 401
        mine = {"authorization": f"Bearer {token}"}
        assert httpx.get(f"{url}/api/v1/none", headers=mine, trust_env=False).status_code == 404
        assert httpx.get(f"{url}/failed", headers=mine, trust_env=False).status_code == 303
    with pytest.raises(CannotBegin):
        People(DashboardSettings(users=tmp_path / "none.toml"))
