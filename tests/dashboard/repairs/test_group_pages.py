"""The inbox and a group's page: what is shown, and its fixes by forms alone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.repairs.group_pages import title_of
from ledger.browse.groups import GLANCE, GroupLine, Value
from rollbook.settings import Settings
from tests.dashboard.serving import Browser, opened
from tests.ledger.judged import NOON
from tests.pipeline import app
from tests.pipeline.desk import GOOD, Desk

SCRIPT = "<script>alert(1)</script>"


def rows(status: str, number: int) -> list[tuple[str, ...]]:
    """Rows with that status, each of a learner of its own."""
    return [
        (f"{status[:2]}{at}@example.com", f"{status[:2]}{at}", "S-1", status, "", "2023-01-05") for at in range(number)
    ]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Files of two senders in which rows failed."""
    desk = Desk(tmp_path, f"sqlite:///{tmp_path / 'test.db'}")
    desk.do("import", desk.sheet(GOOD, *rows("Waived", 3), *rows("Perhaps", 2), name="hr_2026-01-07.csv"))
    desk.do("import", desk.sheet(*rows(SCRIPT, 1), name="lms.csv"))
    return desk


@pytest.fixture
def browser(desk: Desk) -> Iterator[Browser]:
    """A dashboard there."""
    with opened(Settings(database=desk.url, out=desk.folder / "out")) as browser:
        yield browser


def test_the_inbox_shows_what_is_wrong_with_whose_rows(browser: Browser) -> None:
    assert browser.get("/inbox").status_code == 200
    told = browser.text()
    assert "5 Unknown statuses new Status: Waived Perhaps hr" in told
    assert SCRIPT not in browser.page
    assert f"1 “{SCRIPT}” cannot be read as a status" in told
    assert [int(number) for number in re.findall(r'class="count">([0-9,]+)', browser.page)[:5]] == [3, 3, 0, 0, 0]
    browser.get("/inbox?sender=lms")
    assert "hr_" not in browser.page
    assert "Unknown statuses" not in browser.text()
    for address in ("/inbox?tab=nothing", "/inbox?start=40", "/inbox?tab=fixed&mine=yes&sender=%3Cb%3E"):
        assert browser.get(address).status_code == 200
    assert browser.get("/inbox/99").status_code == 404
    assert browser.get(f"/inbox/{10**30}").status_code == 404


@pytest.mark.parametrize(
    ("looked_at", "expected"), [(300, "“Waived” cannot be read as a status"), (GLANCE, "Unknown statuses")]
)
def test_a_title_names_a_value_only_if_all_rows_have_it(looked_at: int, expected: str) -> None:
    """Of a large group only some rows were looked at."""
    day, values = NOON, (Value("Waived", looked_at),)
    line = GroupLine(1, "status.unknown", "Status", "hr", day, day, 300, 0, 0, None, values=values)
    assert title_of(line) == expected


def test_a_preview_offers_to_import_what_would_load(browser: Browser) -> None:
    """Where nothing would, the correction can be kept all the same: other problems may be mended next."""
    for new, expected in (("cancelled", "Import 3 rows"), ("Weaved", "Apply to 3 rows")):
        browser.get("/inbox/1")
        browser.post("/inbox/1/fix", {"kind": "within", "old": "Waived", "new": new, "step": "look"})
        assert expected in browser.text()


def test_a_value_is_given_its_meaning_in_all_rows_and_taken_back(browser: Browser, desk: Desk) -> None:
    """Preview, import, undo: three clicks beside what is typed."""
    browser.get("/inbox/1")
    assert "Waived 3" in browser.text()
    sent = {"kind": "means", "means-Waived": "cancelled", "means-Perhaps": "", "step": "look"}
    browser.post("/inbox/1/fix", sent)
    assert "3 of 3 rows would load" in browser.text()
    assert len(app.enrollments(desk.url)) == 1
    browser.post("/inbox/1/fix", {"kind": "means", "means-Waived": "cancelled", "step": "do"})
    assert "imported 3 rows: 3 cases fixed" in browser.text()
    assert len(app.enrollments(desk.url)) == 4
    run = re.search(r'action="/runs/([^/"]+)/undo"', browser.page)
    assert run is not None
    browser.post(f"/runs/{run[1]}/undo", {"group": "1"})
    assert "The run was taken back. Its rows are open again." in browser.text()
    assert len(app.enrollments(desk.url)) == 1
    assert "Waived 3" in browser.text()


def test_a_group_is_ignored_reopened_and_assigned(browser: Browser, desk: Desk) -> None:
    browser.get("/inbox/1")
    assert browser.post("/inbox/1/ignore", {"reason": " "}).status_code == 400
    browser.get("/inbox/1")
    browser.post("/inbox/1/ignore", {"reason": "not ours"})
    assert "5 rows ignored." in browser.text()
    assert [case["state"] for case in app.contents(desk.url)["cases"]].count("ignored") == 5
    browser.get("/inbox?tab=ignored")
    assert "5 Unknown statuses" in browser.text()
    browser.get("/inbox/1")
    browser.post("/inbox/1/reopen")
    assert "5 rows reopened." in browser.text()
    browser.post("/inbox/1/assign", {"name": "Ann"})
    browser.get("/inbox")
    assert "Ann" in browser.text()


def test_forms_that_mean_nothing_change_nothing(browser: Browser, desk: Desk) -> None:
    browser.get("/inbox/1")
    for sent in ({}, {"kind": "means"}, {"kind": "within", "new": "x"}, {"kind": "create"}, {"kind": "update"}):
        browser.get("/inbox/1")
        assert browser.post("/inbox/1/fix", {**sent, "step": "do"}).status_code == 400
    browser.get("/inbox/1")
    browser.post("/inbox/1/fix", {"kind": "within", "old": ".*", "new": "x", "step": "look"})
    assert "No open row of this group has “.*” in this column." in browser.text()
    assert browser.client.post(browser.url + "/inbox/1/fix", data={"kind": "again", "step": "do"}).status_code == 403
    assert len(app.enrollments(desk.url)) == 1


def test_all_suggestions_are_taken_at_once(browser: Browser, desk: Desk) -> None:
    """What nothing is suggested for stays as it is."""
    typos = [*rows("Compleeted", 2), *rows("Attendded", 1), *rows("xyz", 1)]
    desk.do("import", desk.sheet(*typos, name="typos.csv"))
    groups = re.findall(r'href="/inbox/(\d+)"', browser.get("/inbox?sender=typos").text)
    browser.get(f"/inbox/{groups[0]}")
    assert browser.text().count("suggested") == 2
    field = re.search(r'name="field" value="(\w+)"', browser.page)
    assert field is not None
    browser.post(f"/inbox/{groups[0]}/fix", {"kind": "means", "field": field[1], "step": "suggested"})
    assert "3 of 3 rows would load" in browser.text()
    assert {"means-Compleeted", "means-Attendded"} <= set(re.findall(r'type="hidden" name="(means-\w+)"', browser.page))
