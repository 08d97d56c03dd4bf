"""What somebody typed is kept when their session has ended."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.access.passwords import hashed
from dashboard.kept_forms import from_text
from rollbook.settings import DashboardSettings, Settings
from tests.dashboard.serving import Browser, opened
from tests.pipeline.desk import BAD, GOOD, Desk

PASSWORD = "correct horse battery"
TYPED = 'left "in" 2019 <b>'


@pytest.fixture
def desk(tmp_path: Path, sqlite_url: str) -> Desk:
    """A place where a row failed."""
    desk = Desk(tmp_path, sqlite_url)
    desk.do("import", desk.sheet(GOOD, BAD))
    return desk


@pytest.fixture
def browser(desk: Desk) -> Iterator[Browser]:
    """Logged in."""
    dashboard = DashboardSettings(user="pat", password_hash=hashed(PASSWORD))
    with opened(Settings(database=desk.url, out=desk.folder / "out", dashboard=dashboard)) as browser:
        browser.post("/login", {"user": "pat", "password": PASSWORD})
        browser.get("/failed/1")
        yield browser


def _own(browser: Browser) -> dict[str, str]:
    return {"origin": browser.url}


def test_after_the_login_it_is_sent_again(desk: Desk, browser: Browser) -> None:
    """Through a wrong password, too; nothing is done before."""
    browser.client.cookies.clear()
    answer = browser.post("/failed/ignore", {"case": "1", "reason": TYPED}, _own(browser), follow=False)
    assert answer.status_code == 401
    assert "what you entered is kept" in browser.text()
    browser.post("/login", {**browser.hidden(), "user": "pat", "password": "wrong"})
    browser.post("/login", {**browser.hidden(), "user": "pat", "password": PASSWORD})
    assert "Send it again" in browser.text()
    assert TYPED in browser.text()
    kept = browser.hidden()
    assert (kept["case"], kept["reason"]) == ("1", TYPED)
    assert desk.do("failures").told["failures"][0]["state"] == "open"
    browser.post("/failed/ignore", kept, _own(browser))
    assert desk.do("failures").told["failures"][0]["state"] == "ignored"


def test_a_form_of_an_earlier_session_is_shown_again(desk: Desk, browser: Browser) -> None:
    """Somebody logged in anew in another tab: the page of before is not lost."""
    fields = {"csrf": "0" * 64, "case": "1", "reason": TYPED}
    answer = browser.post("/failed/ignore", fields, _own(browser))
    assert answer.status_code == 403
    assert TYPED in browser.text()
    browser.post("/failed/ignore", browser.hidden(), _own(browser))
    assert desk.do("failures").told["failures"][0]["state"] == "ignored"


@pytest.mark.parametrize(
    "headers", [{}, {"origin": "http://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}]
)
def test_forms_of_other_sites_are_not_kept(browser: Browser, headers: dict[str, str]) -> None:
    """They are refused as ever, with a session and without one."""
    whole = {**_own(browser), **headers} if "sec-fetch-site" in headers else headers
    wrong = {"csrf": "x", "case": "1", "reason": TYPED}
    assert browser.post("/failed/ignore", wrong, whole).status_code == 403
    assert TYPED not in browser.text()
    browser.client.cookies.clear()
    assert browser.post("/failed/ignore", wrong, whole, follow=False).status_code == 303


def test_nobody_else_leads_to_the_login_that_keeps(browser: Browser) -> None:
    browser.client.cookies.clear()
    assert browser.post("/login/kept", {"reason": TYPED}, _own(browser)).status_code == 404


@pytest.mark.parametrize("text", ["", "x", "1", "[1]", "{}", "[[1]]", '["ab"]', "[" * 100_000])
def test_what_is_no_form_of_ours_is_none(text: str) -> None:
    assert from_text(text) in ([], [("a", "b")])
