"""Who may look, and what every answer says to browsers."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dashboard.access.modes import mode_of
from dashboard.access.passwords import hashed
from rollbook.errors import CannotBegin
from rollbook.settings import DashboardSettings, Settings
from tests.dashboard.serving import Browser, opened

PASSWORD = "correct horse battery"
LOGIN = DashboardSettings(user="pat", password_hash=hashed(PASSWORD))
HEADER = DashboardSettings(trusted_header="X-Remote-User")
PAGES = (
    *("/", "/failed", "/runs", "/failed/replace", "/import"),
    *("/nights", "/search?q=ab", "/activity", "/activity/download"),
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a database that has nothing in it."""
    return Settings(database=f"sqlite:///{tmp_path / 'test.db'}", out=tmp_path / "out")


@pytest.fixture
def browser(settings: Settings) -> Iterator[Browser]:
    """On this machine, without a login."""
    with opened(settings) as browser:
        yield browser


def _with(settings: Settings, dashboard: DashboardSettings) -> Settings:
    return settings.model_copy(update={"dashboard": dashboard})


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "rollbook.example.com", "::", ""])  # noqa: S104 - refused
def test_other_machines_need_a_login(host: str) -> None:
    """Without one, it does not begin, and says what to set."""
    with pytest.raises(CannotBegin, match="password_hash"):
        mode_of(DashboardSettings(host=host))
    assert mode_of(LOGIN.model_copy(update={"host": host})) == "login"
    assert mode_of(HEADER.model_copy(update={"host": host})) == "header"


def test_half_a_login_is_none() -> None:
    """A name without a password is a mistake, on this machine too."""
    with pytest.raises(CannotBegin, match="belong together"):
        mode_of(DashboardSettings(user="pat"))
    for host in ("127.0.0.1", "localhost", "::1", "[::1]"):
        assert mode_of(DashboardSettings(host=host)) == "open"


@pytest.mark.parametrize("path", [*PAGES, "/nothing", "/static/dashboard.css", "/static/none.css", "/failed/1"])
def test_every_answer_has_the_headers(browser: Browser, path: str) -> None:
    """Errors too: nothing inline runs, nothing is framed, guessed or kept."""
    headers = browser.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == ("public, max-age=3600" if path.startswith("/static/") else "no-store")
    assert "server" not in headers


@pytest.mark.parametrize("path", PAGES)
def test_pages_hold_nothing_inline_and_nothing_remote(browser: Browser, path: str) -> None:
    """The policy would stop it; and they work without a network."""
    page = browser.get(path).text
    assert " style=" not in page
    assert "<style" not in page
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in page
    assert " onclick" not in page
    assert page.count("<script") == page.count('<script src="/static/')


def test_the_cookie_is_read_by_no_script(browser: Browser) -> None:
    """Nor sent along by other sites."""
    cookie = browser.get("/").headers["set-cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "evil.example:8765", "[::2]"])
def test_a_name_that_leads_here_is_not_answered(browser: Browser, host: str) -> None:
    """A page of somebody else's must not read ours by letting its own name lead here."""
    answer = browser.get("/", {"host": host})
    assert answer.status_code in (400, 421)
    assert "Overview" not in answer.text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1234", "[::1]:99", "LOCALHOST"])
def test_this_machine_has_several_names(browser: Browser, host: str) -> None:
    """Each of them is answered."""
    assert browser.get("/", {"host": host}).status_code == 200


UPLOAD = "/import/0123456789abcdef"
FORMS = (
    *("/failed/ignore", "/failed/1/check", "/failed/1/import", "/failed/replace", "/logout"),
    *(f"/runs/last/{what}" for what in ("resume", "retry", "undo")),
    *(f"{UPLOAD}/{doing}" for doing in ("check", "import", "discard")),
)


@pytest.mark.parametrize("path", FORMS)
def test_a_form_without_its_token_is_refused(browser: Browser, path: str) -> None:
    """Without one, with a wrong one, with one of another session, with one of another origin."""
    assert browser.post(path).status_code == 403
    browser.get("/failed/replace")
    own = browser.csrf
    assert own
    for token in ("", "x", own[:-1], "ä" * 64):
        assert browser.post(path, {"csrf": token}).status_code == 403
    assert browser.post(path, {"csrf": own}, {"origin": "http://evil.example"}).status_code == 403
    with httpx.Client(trust_env=False) as stranger:
        assert stranger.post(browser.url + path, data={"csrf": own}).status_code == 403
    assert browser.post(path, {"csrf": own}, follow=False).status_code != 403


def test_a_form_is_bounded(browser: Browser) -> None:
    """Neither too long nor with too many fields."""
    browser.get("/failed/replace")
    for fields in ({"reason": "x" * 5_000_000}, {"case": ["1"] * 30_000}):
        answer = browser.post("/failed/ignore", fields)
        assert (answer.status_code, "Select fewer rows" in browser.text()) == (400, True)


def test_strangers_see_nothing_but_the_login(settings: Settings) -> None:
    """Every page leads there; every form is refused."""
    with opened(_with(settings, LOGIN)) as browser:
        for path in (*PAGES, "/failed/1", "/failed/download", "/runs/last", "/nothing", UPLOAD, f"{UPLOAD}/profile/0"):
            answer = browser.get(path, follow=False)
            assert answer.status_code == 303
            assert answer.headers["location"].split("?")[0] == "/login"
        for path in FORMS:
            assert browser.post(path, follow=False).headers["location"] == "/login"
        assert browser.get("/static/dashboard.css").status_code == 200


def test_who_knows_the_password_gets_in(settings: Settings) -> None:
    """With a session of its own, until the log-out; its cookie is no use then."""
    with opened(_with(settings, LOGIN)) as browser:
        for user, password in (("pat", "wrong"), ("sam", PASSWORD), ("", "")):
            assert browser.post("/login", {"user": user, "password": password}).status_code == 401
        browser.client.cookies.clear()
    with opened(_with(settings, LOGIN)) as browser:
        assert browser.post("/login", {"user": "pat", "password": PASSWORD}).status_code == 200
        assert "Log out" in browser.get("/").text
        (cookie,) = browser.client.cookies.jar
        assert browser.post("/logout").url.path == "/login"
        again = browser.get("/", follow=False, headers={"cookie": f"{cookie.name}={cookie.value}"})
        assert again.status_code == 303


def test_two_dashboards_are_open_in_one_browser(settings: Settings) -> None:
    """Of two databases on one machine, whose cookies a browser keeps together."""
    with opened(_with(settings, LOGIN)) as one, opened(_with(settings, LOGIN)) as other:
        other.client = one.client
        for browser in (one, other):
            assert browser.post("/login", {"user": "pat", "password": PASSWORD}).status_code == 200
        for browser in (one, other):
            assert "Log out" in browser.get("/").text
            assert browser.post("/logout").url.path == "/login"


def test_guessing_is_slowed(settings: Settings) -> None:
    """After some failures an address has to wait, with the right password too; forms of other sites are refused."""
    wrong = {"user": "pat", "password": "guess"}
    with opened(_with(settings, LOGIN)) as browser:
        assert browser.post("/login", wrong, {"sec-fetch-site": "cross-site"}).status_code == 403
        assert [browser.post("/login", wrong).status_code for _ in range(3)] == [401, 401, 401]
        answer = browser.post("/login", {"user": "pat", "password": PASSWORD})
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) >= 1


def test_a_proxy_says_who_it_is(settings: Settings) -> None:
    """Its header is believed from its address alone; without it nobody is let in."""
    with opened(_with(settings, HEADER)) as browser:
        assert browser.get("/").status_code == 401
        assert browser.get("/", {"x-remote-user": "sam", "host": "rollbook.example.com"}).status_code == 200
        assert "sam" in browser.text()
        assert "Log out" not in browser.page
        twice = [("x-remote-user", "admin"), ("x-remote-user", "sam")]
        assert httpx.get(browser.url, headers=twice, trust_env=False).status_code == 401
    stranger = HEADER.model_copy(update={"trusted_proxies": ["10.0.0.0/8"]})
    with opened(_with(settings, stranger)) as browser:
        assert browser.get("/", {"x-remote-user": "sam"}).status_code == 401


def test_forms_belong_to_the_one_whom_the_proxy_names(settings: Settings) -> None:
    """Another user with the same cookie gets a session of its own; https makes the cookie secure."""
    with opened(_with(settings, HEADER)) as browser:
        first = browser.get("/failed/replace", {"x-remote-user": "sam", "x-forwarded-proto": "https"})
        assert "Secure" in first.headers["set-cookie"]
        cookie = first.headers["set-cookie"].partition(";")[0]
        mine = {"x-remote-user": "sam", "cookie": cookie}
        assert browser.post("/failed/ignore", {"csrf": browser.csrf}, mine).status_code == 400
        token = browser.csrf or first.text.partition('name="csrf" value="')[2].partition('"')[0]
        theirs = {"x-remote-user": "kim", "cookie": cookie}
        assert browser.post("/failed/ignore", {"csrf": token}, theirs).status_code == 403


def test_names_are_those_of_the_settings(settings: Settings) -> None:
    """With a login, any name is answered unless the settings list them; a proxy may ask by another than the browser."""
    named = LOGIN.model_copy(update={"names": ["rollbook.example.com"]})
    with opened(_with(settings, named)) as browser:
        assert browser.get("/login", {"host": "evil.example"}).status_code == 421
        assert browser.get("/login", {"host": "rollbook.example.com"}).status_code == 200
        browser.post("/login", {"user": "pat", "password": PASSWORD})
        told = browser.post("/failed/ignore", headers={"origin": "https://rollbook.example.com"})
        assert told.status_code == 400


def test_no_secret_is_in_a_page_or_a_run(settings: Settings) -> None:
    """The hash of the password stands in the settings alone."""
    guarded = _with(settings, LOGIN)
    assert LOGIN.password_hash is not None
    assert LOGIN.password_hash not in repr(guarded)
    assert "scrypt" not in guarded.model_dump_json()
