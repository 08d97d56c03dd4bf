"""A run is live, dead or ended, and its page says which; it is resumed, retried and undone there, on record."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from ledger.activity import ActivityFilter, activities
from ledger.database import open_database, reading
from ledger.lock import hold
from ledger.tables import rollbook_runs
from rollbook.settings import DashboardSettings, MoonSettings, Settings
from tests.dashboard.serving import Browser, opened
from tests.pipeline import app
from tests.pipeline.desk import BAD, GOOD, Desk

PROXY = DashboardSettings(trusted_header="X-Remote-User", trusted_role_header="X-Remote-Groups")


@pytest.fixture
def desk(tmp_path: Path, sqlite_url: str) -> Desk:
    """A place with a run of which a row failed."""
    desk = Desk(tmp_path, sqlite_url)
    assert desk.do("import", desk.sheet(GOOD, BAD), "--by", "sam").exit == 1
    return desk


def _settings(desk: Desk, **more: object) -> Settings:
    return Settings(database=desk.url, out=desk.folder / "out").model_copy(update=more)


@pytest.fixture
def browser(desk: Desk) -> Iterator[Browser]:
    """At its pages, without a login."""
    with opened(_settings(desk)) as browser:
        yield browser


def _last(desk: Desk) -> str:
    return str(desk.do("runs").told["runs"][0]["run"])


def _mark(desk: Desk, run_id: str, **values: object) -> None:
    with open_database(desk.url, create=False).begin() as connection:
        connection.execute(update(rollbook_runs).where(rollbook_runs.c.run_id == run_id).values(**values))


def _done(desk: Desk, **wanted: str) -> list[tuple[str, str | None]]:
    with reading(open_database(desk.url, create=False)) as connection:
        return [(one.kind, one.who) for one in activities(connection, ActivityFilter(**wanted))]  # type: ignore[arg-type]


def _until_ended(desk: Desk, run_id: str) -> str:
    """The state of a run that a process of its own works on, when that has ended."""
    for _ in range(300):
        state = next(run["state"] for run in desk.do("runs").told["runs"] if run["run"] == run_id)
        if state not in ("running", "stopped"):
            return str(state)
        time.sleep(0.1)
    raise AssertionError(f"run {run_id} does not end")


def test_a_run_at_work_is_told_from_a_dead_one(desk: Desk, browser: Browser) -> None:
    run_id = _last(desk)
    _mark(desk, run_id, state="running", finished_at=None)
    with hold(open_database(desk.url, create=False), f"run:{run_id}"):
        browser.get(f"/runs/{run_id}")
        assert "Running now." in browser.text()
        assert "Resume" not in browser.text()
        assert browser.get(f"/runs/{run_id}/progress").headers["x-run-state"] == "running"
        assert "<html" not in browser.get(f"/runs/{run_id}/progress").text
        answer = browser.post(f"/runs/{run_id}/resume", {"csrf": _csrf(browser, "/failed/1")})
        assert (answer.status_code, "nothing to resume" in browser.text()) == (400, True)
    browser.get(f"/runs/{run_id}")
    assert "its process was killed" in browser.text()
    assert "Resume this run" in browser.text()
    assert browser.get(f"/runs/{run_id}/progress").headers["x-run-state"] == "stopped"


def _csrf(browser: Browser, path: str) -> str:
    browser.get(path)
    return browser.csrf


def test_a_run_that_limits_stopped_is_resumed(desk: Desk, browser: Browser) -> None:
    """In a process of its own, whose end is seen; who did it is on record and on the page."""
    sheet = desk.sheet(*((f"p{number}@example.com", "", "S-9", "hm", "", "") for number in range(3)), name="b.csv")
    assert desk.do("import", sheet, "--max-rejected", "1").exit == 3
    run_id = _last(desk)
    browser.get(f"/runs/{run_id}")
    assert "Resume this run anyway" in browser.text()
    assert browser.post(f"/runs/{run_id}/resume").url.path == f"/runs/{run_id}"
    assert _until_ended(desk, run_id) == "with_failures"
    assert _done(desk, run_id=run_id) == [("resume", "Pat"), ("import", _done(desk, run_id=run_id)[-1][1])]
    browser.get(f"/runs/{run_id}")
    assert "Resume by Pat" in browser.text()


def test_failed_rows_are_retried_by_a_run_of_their_own(desk: Desk, browser: Browser) -> None:
    run_id = _last(desk)
    browser.get(f"/runs/{run_id}")
    assert "Retry the failed rows" in browser.text()
    answer = browser.post(f"/runs/{run_id}/retry")
    began = answer.url.path.removeprefix("/runs/")
    assert began != run_id
    assert _until_ended(desk, began) == "with_failures"
    assert _done(desk, kind="retry") == [("retry", "Pat")]


def test_what_could_not_be_retried_is_on_record(desk: Desk, browser: Browser) -> None:
    """Somebody closed the last row meanwhile: the page of the run says so."""
    run_id = _last(desk)
    csrf = _csrf(browser, "/failed/1")
    browser.post("/failed/ignore", {"case": "1", "reason": "a test"})
    assert browser.post(f"/runs/{run_id}/retry", {"csrf": csrf}).url.path == f"/runs/{run_id}"
    for _ in range(100):
        if "there is nothing to retry" in browser.get(f"/runs/{run_id}").text:
            break
        time.sleep(0.1)
    assert "there is nothing to retry" in browser.text()


def test_a_run_is_undone(desk: Desk, browser: Browser) -> None:
    run_id = _last(desk)
    browser.get(f"/runs/{run_id}")
    assert "Take back 1 row from test.db" in browser.text()
    browser.post(f"/runs/{run_id}/undo")
    assert "The run was taken back." in browser.text()
    assert app.enrollments(desk.url) == []
    assert ("undo", "Pat") in _done(desk, run_id=run_id)
    assert "Undo by Pat" in browser.text()
    assert "Take back" not in browser.text()


@pytest.mark.parametrize("what", ["undo", "retry", "resume"])
def test_nothing_leaves_without_a_confirmation(desk: Desk, what: str) -> None:
    """The page that asks names the system, its address and the database; Enter does nothing on it."""
    run_id = _last(desk)
    state = "stopped" if what == "resume" else "with_failures"
    _mark(desk, run_id, destination="moon", state=state)
    before = app.contents(desk.url)
    with opened(_settings(desk, moon=MoonSettings(url="https://moon.example/api"))) as browser:
        browser.get(f"/runs/{run_id}")
        assert "Moon ERP" in browser.text()
        answer = browser.post(f"/runs/{run_id}/{what}")
        assert (answer.status_code, answer.url.path) == (200, f"/runs/{run_id}/{what}")
        assert f"{'Take back from' if what == 'undo' else 'Send to'} Moon ERP · database test.db" in browser.text()
        assert "https://moon.example/api" in browser.text()
        first, second = re.findall(r"<button([^>]*)>", browser.page.partition("data-outside")[2])
        assert ("name=" in first, 'name="confirmed" value="moon"' in second) == (False, True)
        assert browser.post(f"/runs/{run_id}/{what}", {"agreed": "yes"}).status_code == 200
        assert browser.post(f"/runs/{run_id}/{what}", {"confirmed": "smarteru"}).status_code == 200
    assert app.contents(desk.url) == before


def test_who_may_only_import_has_the_buttons_of_their_own_runs(desk: Desk) -> None:
    run_id = _last(desk)
    with opened(_settings(desk, dashboard=PROXY)) as browser:
        for user, role, offered in (("sam", "import", True), ("kim", "import", False), ("kim", "repair", True)):
            who = {"x-remote-user": user, "x-remote-groups": role}
            browser.client.cookies.clear()
            browser.get(f"/runs/{run_id}", who)
            assert ("Undo this run" in browser.text()) == offered, (user, role)
            assert ("Retry the failed rows" in browser.text()) == offered
