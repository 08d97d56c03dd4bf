"""How one comes in: a token where nobody logs in, a login that leads back, and what monitoring programs read."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from dashboard.access.passwords import hashed
from dashboard.access.security import own_path
from dashboard.app import create_app
from ledger.database import open_database
from rollbook.settings import DashboardSettings, Settings
from tests.dashboard.serving import served
from tests.pipeline.desk import BAD, GOOD, Desk

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A database with a failed row."""
    folder = tmp_path_factory.mktemp("place")
    desk = Desk(folder, f"sqlite:///{folder / 'test.db'}")
    desk.do("import", desk.sheet(GOOD, BAD))
    return Settings(database=desk.url, out=folder / "out")


def client_of(settings: Settings, **also: str) -> Iterator[httpx.Client]:
    """A browser at a dashboard with these settings."""
    app = create_app(settings, open_database(settings.database, create=False), token=also.get("token"))
    with served(app) as url, httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture
def client(settings: Settings) -> Iterator[httpx.Client]:
    """A browser at a dashboard without a login, which was started with a token."""
    yield from client_of(settings, token="a-token-of-22-letters")


@pytest.fixture
def logging_in(settings: Settings) -> Iterator[httpx.Client]:
    """A browser at a dashboard with a login."""
    dashboard = DashboardSettings(user="pat", password_hash=hashed(PASSWORD))
    yield from client_of(settings.model_copy(update={"dashboard": dashboard}))


@pytest.mark.parametrize("path", ["/", "/failed/1", "/inbox?token=wrong", "/?token=", "/?token=%C3%A9"])
def test_without_the_token_nothing_is_seen(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 401
    assert "Open the address that `rollbook dashboard` printed" in answer.text


def test_the_token_begins_a_session_and_leaves_the_address(client: httpx.Client) -> None:
    answer = client.get("/failed?state=all&token=a-token-of-22-letters&text=")
    assert (answer.status_code, answer.headers["location"]) == (303, "/failed?state=all&text=")
    assert client.get("/failed").status_code == 200


def test_a_login_leads_to_the_page_that_was_asked_for(logging_in: httpx.Client) -> None:
    asked = logging_in.get("/failed?code=date.invalid&text=a%26b", follow_redirects=True)
    field = re.search(r'name="next" value="([^"]*)"', asked.text)
    assert field is not None
    wanted = field[1].replace("&amp;", "&")
    assert wanted == "/failed?code=date.invalid&text=a%26b"
    wrong = logging_in.post("/login", data={"user": "pat", "password": "no", "next": wanted})
    assert 'value="/failed?code' in wrong.text
    right = logging_in.post("/login", data={"user": "pat", "password": PASSWORD, "next": wanted})
    assert right.headers["location"] == wanted


@pytest.mark.parametrize(
    "text", ["https://evil.example/", "//evil.example", "/\\evil.example", "evil", "", "/a\nb", "/" + "x" * 3000]
)
def test_a_login_leads_to_no_other_site(text: str) -> None:
    assert own_path(text) == "/"
    assert own_path("/inbox/3?x=//y") == "/inbox/3?x=//y"


def test_head_answers_as_get_without_a_body(client: httpx.Client) -> None:
    client.get("/?token=a-token-of-22-letters")
    for path, status in (("/", 200), ("/failed", 200), ("/static/dashboard.css", 200), ("/nowhere", 404)):
        answer = client.head(path)
        assert (answer.status_code, answer.content) == (status, b"")
        assert answer.headers["content-type"] == client.get(path).headers["content-type"]


def test_monitoring_programs_read_numbers_without_a_login(logging_in: httpx.Client) -> None:
    assert logging_in.get("/healthz").text == "ok\n"
    families = list(text_string_to_metric_families(logging_in.get("/metrics").text))
    told = {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}
    assert told["rollbook_cases", "open"] == 1
    assert told["rollbook_open_problems", "date.invalid"] == 1
    assert told["rollbook_runs", "with_failures"] == 1
    assert {(family.type, bool(family.documentation)) for family in families} == {("gauge", True)}


def test_other_addresses_read_no_numbers(settings: Settings) -> None:
    elsewhere = settings.model_copy(update={"dashboard": DashboardSettings(monitors=["192.0.2.0/24"])})
    for client in client_of(elsewhere):
        assert {client.get(path).status_code for path in ("/healthz", "/metrics")} == {403}
        assert client.get("/").status_code == 200


def test_each_page_says_which_database_it_shows(settings: Settings, client: httpx.Client, tmp_path: Path) -> None:
    page = client.get("/?token=a-token-of-22-letters", follow_redirects=True).text
    assert settings.database in page
    assert str(tmp_path) not in page
