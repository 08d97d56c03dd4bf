"""A learner's and a session's page, and the search on every page."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rollbook.settings import Settings
from tests.dashboard.serving import Browser, opened
from tests.pipeline.desk import Desk

HEADERS = ("Email", "Employee ID", "Name", "Session ID", "Status", "Grade")
ROWS = (
    ("ana@example.com", "1001", "<b>Ana</b>", "S-1", "Completed", "80"),
    ("ana@example.com", "1001", "<b>Ana</b>", "S-2", "perhaps", ""),
    ("ben@example.com", "1002", "Ben", "S-1", "hm", ""),
    ("dee@example.com", "1004", "Dee", "S & T/4", "Attended", ""),
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Where two rows are loaded, one failed and one is ignored."""
    folder: Path = tmp_path_factory.mktemp("place")
    desk = Desk(folder, f"sqlite:///{folder / 'test.db'}")
    desk.do("import", desk.sheet(*ROWS, headers=HEADERS))
    desk.do("failures ignore", "2", "--reason", "a test")
    with opened(Settings(database=desk.url, out=folder / "out")) as browser:
        yield browser


def test_a_learner_has_all_that_is_known_with_its_place(browser: Browser) -> None:
    browser.get("/learner?email=Ana@example.com")
    text = browser.text()
    assert "<b>Ana</b>" in text
    assert "· row 2" in text
    assert "· row 3" in text
    assert "Loaded 1" in text
    assert "Failed 1" in text
    assert browser.get("/learner?number=1001").status_code == 200
    browser.get("/learner?email=ben@example.com")
    assert "only failed rows name this learner" in browser.text()
    assert "Ignored 1" in browser.text()


def test_an_email_and_a_number_of_two_people_show_both(browser: Browser) -> None:
    browser.get("/learner?email=ana@example.com&number=1004")
    assert "belong to 2 different people" in browser.text()
    assert "Dee" in browser.text()


def test_a_session_has_its_learners_and_failed_rows(browser: Browser) -> None:
    browser.get("/session?code=S-1")
    assert "Loaded 1" in browser.text()
    assert "Ignored 1" in browser.text()
    browser.get("/session?code=S-2")
    assert "only failed rows name this session" in browser.text()
    assert browser.get("/session?code=S+%26+T%2F4").status_code == 200


@pytest.mark.parametrize(
    "path", ["/learner", "/learner?email=x@y.z", "/session", "/session?code=S-9", "/session?code=%00"]
)
def test_what_is_not_there_is_not_found(browser: Browser, path: str) -> None:
    assert browser.get(path).status_code == 404


def test_what_is_one_thing_alone_is_shown_at_once(browser: Browser) -> None:
    for text, path in (("ana@example.com", "/learner"), ("S-2", "/session"), ("S %26 T/4", "/session")):
        assert browser.get(f"/search?q={text}").url.path == path
    assert browser.get("/search?q=history.csv").url.path.startswith("/runs/")
    for text in ("Case 1", "case 1"):
        assert browser.get(f"/search?q={text}").url.path == "/failed/1"
    assert browser.get("/search?q=Case one").url.path == "/search"
    german = browser.client.get(f"{browser.url}/search?q=fall 1", headers={"Accept-Language": "de"})
    assert german.headers["location"] == "/failed/1"


def test_several_are_listed_by_kind(browser: Browser) -> None:
    answer = browser.get("/search?q=example.com")
    assert answer.url.path == "/search"
    assert "Learners" in browser.text()
    assert 'value="example.com"' in browser.page
    browser.get("/search?q=<script>")
    assert "No learner, session, course, file, run or case was found" in browser.text()
    assert "<script>" not in browser.page.replace("<script src", "")


@pytest.mark.parametrize("path", ["/", "/failed", "/runs", "/nights", "/inbox"])
def test_every_page_has_the_search(browser: Browser, path: str) -> None:
    browser.get(path)
    assert 'action="/search"' in browser.page
