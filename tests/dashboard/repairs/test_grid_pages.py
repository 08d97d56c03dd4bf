"""The grid by forms alone: what is edited is checked and saved as one run, and nobody's changes are overwritten."""

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rollbook.settings import Settings
from tests.dashboard.serving import Browser, opened
from tests.pipeline import app
from tests.pipeline.desk import GOOD, Desk

SCRIPT = '"><script>alert(1)</script>'
ROWS = [(f"p{at}@example.com", f"{3000 + at}", "S-7", "Excused", "", "2021-04-12") for at in range(3)]
NASTY = ("z@example.com", SCRIPT, "S-7", "Excused", "", "2021-04-12")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Rows with an unknown status."""
    desk = Desk(tmp_path, f"sqlite:///{tmp_path / 'test.db'}")
    desk.do("import", desk.sheet(GOOD, *ROWS, NASTY, name="hr_2026-01-07.csv"))
    return desk


@pytest.fixture
def browser(desk: Desk) -> Iterator[Browser]:
    """A dashboard there, at the grid."""
    with opened(Settings(database=desk.url, out=desk.folder / "out")) as browser:
        browser.get("/inbox/1/grid")
        yield browser


def _form(page: str) -> dict[str, str]:
    """What a browser sends of the grid that was not edited."""
    found = re.findall(r'name="((?:cell|seen)-[^"]+)"[^>]*value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def test_rows_are_shown_in_the_senders_columns(browser: Browser) -> None:
    told = browser.text()
    assert "Row Email Employee ID Session ID Status Grade Enrolled on" in told
    assert SCRIPT not in browser.page
    assert _form(browser.page)["cell-4-B"] == SCRIPT
    assert len(re.findall('aria-invalid="true"', browser.page)) == 4
    for address in ("?text=p1", "?text=nobody", "?run=none", "?ignored=2"):
        assert browser.get(f"/inbox/1/grid{address}").status_code == 200
    assert browser.get("/inbox/9/grid").status_code == 404
    assert browser.get("/inbox/1/grid?after=nonsense").status_code == 400


def test_changed_rows_are_checked_and_saved_as_one_run(browser: Browser, desk: Desk) -> None:
    """What was not edited is sent along by browsers without scripts, and is not imported."""
    sent = _form(browser.page) | {"cell-1-D": "attended", "cell-2-D": "soso"}
    browser.post("/inbox/1/grid/check", sent)
    assert "row 3 can be imported" in browser.text()
    assert "row 4 has problems" in browser.text()
    assert len(app.enrollments(desk.url)) == 1
    assert _form(browser.page)["cell-1-D"] == "attended"
    browser.post("/inbox/1/grid", _form(browser.page) | {"cell-2-D": "no_show"})
    assert "imported 2 rows: 2 cases fixed" in browser.text()
    assert {line["status"] for line in app.enrollments(desk.url)} == {"completed", "attended", "no_show"}
    assert "cell-1-D" not in browser.page
    assert "cell-3-D" in browser.page


def test_scripts_are_told_the_verdicts_alone(browser: Browser) -> None:
    sent = _form(browser.page) | {"cell-1-D": "attended", "cell-2-D": "soso"}
    answer = browser.post("/inbox/1/grid/check", sent, {"X-Verdicts": "yes"}).json()
    assert answer["rows"]["1"] == {"is_good": True, "told": "can be imported", "problems": {}}
    assert answer["rows"]["2"]["is_good"] is False
    assert list(answer["rows"]["2"]["problems"]) == ["D"]
    assert "3" not in answer["rows"]


def test_what_somebody_changed_meanwhile_is_not_overwritten(browser: Browser, desk: Desk) -> None:
    """Another cell of the row may be changed by each of two people."""
    mine = _form(browser.page)
    browser.post("/inbox/1/grid", mine | {"cell-1-D": "soso"})
    first = browser.post("/inbox/1/grid", mine | {"cell-1-D": "attended"})
    assert first.status_code == 400
    assert "Someone changed “Status” of case 1 to “soso” after you opened it" in browser.text()
    assert len(app.enrollments(desk.url)) == 1
    browser.get("/inbox/1/grid")
    browser.post("/inbox/1/grid", mine | {"cell-1-E": "80"})
    assert "imported 1 row" in browser.text()
    browser.get("/failed/1")
    assert browser.form()["cell-D"] == "soso"
    assert browser.form()["cell-E"] == "80"


def test_rows_that_somebody_ended_meanwhile_do_not_cost_the_other_ones(browser: Browser, desk: Desk) -> None:
    """They are named, nothing is saved, and what was entered in the others is saved the next time."""
    mine = _form(browser.page) | {f"cell-{case_id}-D": "attended" for case_id in (1, 2, 3)}
    browser.post("/failed/ignore", {"case": "3", "reason": "not ours"})
    browser.get("/inbox/1/grid")
    browser.post("/inbox/1/grid", {"cell-1-D": "completed", "seen-1": mine["seen-1"]})
    browser.post("/inbox/1/grid", mine)
    told = "fixed or ignored by now: hr_2026-01-07.csv, row 3; hr_2026-01-07.csv, row 5. What you entered"
    assert told in browser.text()
    assert 'data-gone="1 3"' in browser.page
    assert len(app.enrollments(desk.url)) == 2
    again = _form(browser.page)
    assert (again["cell-2-D"], "cell-1-D" in again) == ("attended", False)
    browser.post("/inbox/1/grid", again)
    assert "imported 1 row: 1 case fixed" in browser.text()


def test_selected_rows_are_ignored(browser: Browser, desk: Desk) -> None:
    assert browser.post("/inbox/1/grid/ignore", {"reason": "not ours"}).status_code == 400
    browser.get("/inbox/1/grid")
    browser.post("/inbox/1/grid/ignore", {"reason": "not ours", "case": ["1", "2"]})
    assert "2 rows ignored" in browser.text()
    assert [case["state"] for case in app.contents(desk.url)["cases"]].count("ignored") == 2


def test_forms_that_mean_nothing_change_nothing(browser: Browser, desk: Desk) -> None:
    """Cells of which nobody says how they were shown, of no case, and of no column of its sheet."""
    page = browser.page
    for sent in ({}, _form(page), {"cell-1-D": "attended"}, {"cell-x-D": "attended", "seen-x": "{}"}):
        browser.get("/inbox/1/grid")
        assert browser.post("/inbox/1/grid", sent).status_code == 400
    seen = _form(page)["seen-1"]
    for sent in ({"cell-99-D": "attended", "seen-99": seen}, {"cell-1-D": "x", "seen-1": "[" * 100_000}):
        browser.get("/inbox/1/grid")
        assert browser.post("/inbox/1/grid", sent).status_code == 400
    assert browser.client.post(browser.url + "/inbox/1/grid", data=_form(page)).status_code == 403
    assert len(app.enrollments(desk.url)) == 1
