"""Who did what is on a page for administrators: filtered, and as CSV."""

import csv
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from dashboard.access.passwords import hashed
from ledger.activity import ActivityFilter, activities
from ledger.database import open_database, reading
from rollbook.settings import DashboardSettings, Settings
from tests.dashboard.serving import Browser, opened
from tests.pipeline.desk import BAD, GOOD, Desk

PASSWORD = "correct horse battery"


@pytest.fixture
def desk(tmp_path: Path, sqlite_url: str) -> Desk:
    """A place with a run of which a row failed."""
    desk = Desk(tmp_path, sqlite_url)
    desk.do("import", desk.sheet(GOOD, BAD), "--by", "=sam")
    return desk


@pytest.fixture
def browser(desk: Desk) -> Iterator[Browser]:
    """In front of its login."""
    dashboard = DashboardSettings(user="pat", password_hash=hashed(PASSWORD))
    with opened(Settings(database=desk.url, out=desk.folder / "out", dashboard=dashboard)) as browser:
        yield browser


def _kinds(desk: Desk, number: int, **wanted: str) -> list[str]:
    """The kinds of what was done, when there are so many: they are written when the answer was sent."""
    for _ in range(200):
        with reading(open_database(desk.url, create=False)) as connection:
            found = [one.kind for one in activities(connection, ActivityFilter(**wanted))]  # type: ignore[arg-type]
        if len(found) >= number:
            return found
        time.sleep(0.05)
    return found


def test_each_deed_is_on_record(desk: Desk, browser: Browser) -> None:
    """Logins and failed ones, downloads, rows that were ignored and reopened, a group that was assigned."""
    browser.post("/login", {"user": "pat", "password": "wrong"})
    browser.post("/login", {"user": "my secret password", "password": ""})
    browser.post("/login", {"user": "pat", "password": PASSWORD})
    browser.get("/failed/1")
    browser.post("/failed/ignore", {"case": "1", "reason": "left in 2019"})
    browser.get("/failed/1")
    browser.post("/failed/reopen", {"case": "1"})
    browser.get("/inbox/1")
    browser.post("/inbox/1/assign", {"to": "me"})
    browser.get("/failed/download?kind=csv")
    browser.get("/inbox/1")
    browser.post("/logout")
    done = ["import", "login_failed", "login_failed", "login", "ignore", "reopen", "assign", "download", "logout"]
    assert sorted(_kinds(desk, len(done))) == sorted(done)
    browser.post("/login", {"user": "pat", "password": PASSWORD})
    browser.get("/activity")
    text = browser.text()
    assert "secret" not in text
    assert "127.0.0.1" in text
    assert "left in 2019" in text
    browser.get("/activity?kind=ignore&who=pat")
    assert browser.page.count("<tr") == 2
    browser.get("/activity?who=nobody")
    assert "Nothing was done" in browser.text()


def test_the_list_is_paged_and_downloaded(desk: Desk, browser: Browser) -> None:
    """A name that is a formula is none in the file; what cannot be meant is left out."""
    browser.post("/login", {"user": "pat", "password": PASSWORD})
    _kinds(desk, 2)
    text = browser.get("/activity/download?kind=import&since=x&until=2999-01-01").content.decode("utf-8-sig")
    (line,) = csv.DictReader(StringIO(text))
    assert (line["kind"], line["who"], line["run_id"][:1].isdigit()) == ("import", "'=sam", True)
    assert _kinds(desk, 1, kind="download") == ["download"]
    for query in ("kind=nothing", "before=0", "since=2026-13-45", "run=%00", "who=%F0%9F%98%80"):
        assert browser.get(f"/activity?{query}").status_code == 200


def test_only_administrators_see_it(desk: Desk) -> None:
    proxy = DashboardSettings(trusted_header="X-Remote-User", trusted_role_header="X-Remote-Groups")
    with opened(Settings(database=desk.url, dashboard=proxy)) as browser:
        who = {"x-remote-user": "kim", "x-remote-groups": "repair"}
        assert browser.get("/activity", who).status_code == 403
        browser.get("/", who)
        assert 'href="/activity"' not in browser.page
