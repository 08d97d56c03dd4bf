"""Rows in conflict are compared side by side, and one click keeps one side."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rollbook.settings import Settings
from tests.dashboard.serving import Browser, opened
from tests.pipeline import app
from tests.pipeline.desk import Desk

LEARNER = ("cy@example.com", "1003", "S-1")
RIVALS = ((*LEARNER, "Attended", "", "2023-01-05"), (*LEARNER, "No show", "", "2023-01-05"))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A database with nothing in it."""
    return Desk(tmp_path, f"sqlite:///{tmp_path / 'test.db'}")


@pytest.fixture
def browser(desk: Desk) -> Iterator[Browser]:
    """A dashboard there."""
    with opened(Settings(database=desk.url, out=desk.folder / "out")) as browser:
        yield browser


def _statuses(desk: Desk) -> list[str]:
    return [line["status"] for line in app.enrollments(desk.url)]


def test_one_of_two_rows_is_picked_and_taken_back(browser: Browser, desk: Desk) -> None:
    """What contradicts it is fixed with it, and open again after one click."""
    desk.do("import", desk.sheet(*RIVALS))
    browser.get("/inbox/1/sides")
    assert "row 2" in browser.text()
    assert "row 3" in browser.text()
    assert "Status (different) Attended No show" in browser.text()
    assert "Email cy@example.com cy@example.com" in browser.text()
    assert browser.page.count("Keep this row") == 2
    browser.post("/inbox/1/sides", {"case": "2", "keep": "row"})
    assert "2 cases fixed" in browser.text()
    assert _statuses(desk) == ["no_show"]
    assert "Nothing is left to compare" in browser.text()
    run = re.search(r'action="/runs/([^/"]+)/undo"', browser.page)
    assert run is not None
    browser.post(f"/runs/{run[1]}/undo", {"group": "1"})
    assert _statuses(desk) == []
    assert {case["state"] for case in app.contents(desk.url)["cases"]} == {"open"}


@pytest.mark.parametrize(("kind", "status"), [("first", "attended"), ("last", "no_show"), ("best", "attended")])
def test_one_of_each_is_taken_in_the_whole_group(browser: Browser, desk: Desk, kind: str, status: str) -> None:
    desk.do("import", desk.sheet(*RIVALS))
    browser.get("/inbox/1")
    browser.post("/inbox/1/fix", {"kind": kind, "step": "look"})
    assert "2 of 2 rows would load" in browser.text()
    browser.post("/inbox/1/fix", {"kind": kind, "step": "do"})
    assert "2 cases fixed" in browser.text()
    assert _statuses(desk) == [status]


def test_a_rival_in_another_senders_file_is_compared_too(browser: Browser, desk: Desk) -> None:
    """A group has one sender's rows: those of the others that these contradict are decided with them."""
    desk.do("import", desk.sheet(RIVALS[0], name="lms.csv"), desk.sheet(RIVALS[1], name="hr.csv"))
    browser.get("/inbox/1/sides")
    assert "lms.csv" in browser.text()
    assert "hr.csv" in browser.text()
    browser.post("/inbox/1/fix", {"kind": "best", "step": "do"})
    assert _statuses(desk) == ["attended"]
    assert {case["state"] for case in app.contents(desk.url)["cases"]} == {"fixed"}


def test_what_is_there_stands_beside_the_row(browser: Browser, desk: Desk) -> None:
    desk.do("import", desk.sheet(RIVALS[0]))
    desk.do("import", desk.sheet(RIVALS[1], name="later.csv"))
    browser.get("/inbox/1/sides")
    assert "Status (different) attended No show" in browser.text()
    assert "Enrolled on 2023-01-05 2023-01-05" in browser.text()
    browser.post("/inbox/1/sides", {"case": "1", "keep": "row"})
    assert "1 case fixed" in browser.text()
    assert _statuses(desk) == ["no_show"]


def test_what_is_there_is_kept_with_a_reason_on_record(browser: Browser, desk: Desk) -> None:
    desk.do("import", desk.sheet(RIVALS[0]))
    desk.do("import", desk.sheet(RIVALS[1], name="later.csv"))
    browser.get("/inbox/1/sides")
    browser.post("/inbox/1/sides", {"case": "1", "keep": "there"})
    assert "What is there was kept: 1 row ignored." in browser.text()
    assert _statuses(desk) == ["attended"]
    browser.get("/failed/1")
    assert "What is there is kept." in browser.text()


def test_other_groups_and_rows_have_no_sides(browser: Browser, desk: Desk) -> None:
    desk.do("import", desk.sheet((*LEARNER, "perhaps", "", "2023-01-05")))
    assert browser.get("/inbox/1/sides").status_code == 404
    browser.get("/inbox/1")
    for sent in ({}, {"case": "1", "keep": "row"}, {"case": ["1", "2"]}):
        assert browser.post("/inbox/1/sides", sent).status_code == 400
        browser.get("/inbox/1")
