"""What a check says of a case is what its import does; and repairs of one case at once lose nothing."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from dashboard.actions import Actions
from ledger.browse.cases import case
from ledger.cases.cases import changes_of
from ledger.database import open_database
from rollbook.errors import CannotBegin
from rollbook.settings import Settings
from tests.dashboard.serving import Browser, dashboards, opened
from tests.pipeline import app
from tests.pipeline.desk import Desk

KNOWN = "Email,Employee ID,Name\nkim@example.com,2001,Kim\n"
NEW = "Email,Employee ID,Name\nlou@example.com,2002,Lou\n"
LOU = ("lou@example.com", "2002", "S-7", "Attended", "", "2021-04-12")
TWICE_WRONG = ("mia@example.com", "2003", "S-7", "wasn't there?", "", "2021-04-31")


@pytest.fixture
def desk(tmp_path: Path, prepared_url: str) -> Desk:
    """A place with nothing in it, on each of the three databases."""
    return Desk(tmp_path, prepared_url)


def _settings(desk: Desk) -> Settings:
    return Settings(database=desk.url, out=desk.folder / "out")


def _actions(desk: Desk) -> Actions:
    return Actions(_settings(desk), open_database(desk.url, create=False))


def _case(desk: Desk, number: int = 1) -> dict[str, Any]:
    """The case of a sheet's row, counted without its header."""
    return next(case for case in app.contents(desk.url)["cases"] if case["row_no"] == number + 1)


def test_a_row_that_new_reference_data_made_right_is_imported_as_it_is(desk: Desk) -> None:
    """Nothing in it is to be changed: what the check says is what the import does, and that it was imported so."""
    desk.do("reference load", "learners", desk.text("known.csv", KNOWN))
    assert desk.do("import", desk.sheet(LOU)).told["failures"] == {"learner.unknown": 1}
    actions = _actions(desk)
    assert actions.judge(1, {}).outcome == "rejected"
    assert actions.repair({1: {}}, "Pat").counts.rejected == 1
    desk.do("reference load", "learners", desk.text("new.csv", NEW))
    with opened(_settings(desk)) as browser:
        browser.get("/failed/1")
        browser.post("/failed/1/check")
        assert "The row can be imported" in browser.text()
        browser.get("/failed/1")
        browser.post("/failed/1/import")
        assert _case(desk)["state"] == "fixed"
        assert "Imported without changes" in browser.text()
    assert [line["email"] for line in app.enrollments(desk.url)] == ["lou@example.com"]
    assert desk.do("undo", "last").told["deleted"] == 1


def _shown(browser: Browser, case_id: int) -> dict[str, str]:
    browser.get(f"/failed/{case_id}")
    return browser.form()


def test_two_tabs_that_change_different_cells_both_land(desk: Desk) -> None:
    """Each sends the whole row; only the cells that somebody edited in it are changed."""
    desk.do("import", desk.sheet(TWICE_WRONG))
    with opened(_settings(desk)) as browser:
        one, two = _shown(browser, 1), _shown(browser, 1)
        browser.post("/failed/1/import", {**one, "cell-D": "attended"})
        assert _case(desk)["state"] == "open"
        browser.post("/failed/1/import", {**two, "cell-F": "2021-04-30"})
    assert _case(desk)["state"] == "fixed"
    (loaded,) = app.enrollments(desk.url)
    assert (loaded["status"], str(loaded["enrolled_at"])[:10]) == ("attended", "2021-04-30")


def test_the_second_who_changes_the_same_cell_is_told(desk: Desk) -> None:
    """By check and import alike, with what stands there now; who meant the same is not held up."""
    desk.do("import", desk.sheet(TWICE_WRONG))
    with opened(_settings(desk)) as browser:
        shown = _shown(browser, 1)
        browser.post("/failed/1/import", {**shown, "cell-D": "attended"})
        for path in ("check", "import"):
            answer = browser.post(f"/failed/1/{path}", {**shown, "csrf": browser.csrf, "cell-D": "no show"})
            assert answer.status_code == 400
            assert "Someone changed" in browser.text()
            assert "Status" in browser.text()
            assert "attended" in browser.text()
            browser.get("/failed/1")
        browser.post("/failed/1/import", {**shown, "cell-D": "attended", "cell-F": "2021-04-30"})
    assert _case(desk)["state"] == "fixed"


def test_two_dashboards_at_once_lose_nothing(desk: Desk) -> None:
    """Different cells of one case both land, whichever is first; of the same cell, one."""
    rows = [(f"p{number}@example.com", f"30{number:02}", *TWICE_WRONG[2:]) for number in range(4)]
    desk.do("import", desk.sheet(*rows))
    with dashboards(desk.url, 2) as (one, two), ThreadPoolExecutor(2) as at_once:

        def both(case_id: int, first: dict[str, str], second: dict[str, str]) -> list[int]:
            edits = [(browser, _shown(browser, case_id) | edit) for browser, edit in ((one, first), (two, second))]
            sent = [at_once.submit(each.post, f"/failed/{case_id}/import", form) for each, form in edits]
            return sorted(answer.result().status_code for answer in sent)

        for case_id in (1, 2, 3):
            assert both(case_id, {"cell-D": "attended"}, {"cell-F": "2021-04-30"}) == [200, 200]
            assert _case(desk, case_id)["state"] == "fixed"
        assert both(4, {"cell-D": "attended"}, {"cell-D": "no show"}) == [200, 400]
    loaded = app.enrollments(desk.url)
    assert {(line["status"], str(line["enrolled_at"])[:10]) for line in loaded} == {("attended", "2021-04-30")}
    assert len(loaded) == 3


def test_a_case_that_was_fixed_meanwhile_is_told(tmp_path: Path, sqlite_url: str) -> None:
    """Nothing of what was edited too late is imported."""
    desk = Desk(tmp_path, sqlite_url)
    desk.do("import", desk.sheet((*LOU[:3], "hm", *LOU[4:])))
    actions = _actions(desk)
    actions.repair({1: {"D": "attended"}}, "Pat")
    with pytest.raises(CannotBegin, match="Case 1 is fixed"):
        actions.repair({1: {"D": "no show"}}, "Pat")


def test_a_fixed_case_shows_what_was_imported_and_what_it_had_been(tmp_path: Path, sqlite_url: str) -> None:
    """Over several repairs the first value stands beside the last; after an undo the case is as it was before."""
    desk = Desk(tmp_path, sqlite_url)
    desk.do("import", desk.sheet(TWICE_WRONG))
    engine = open_database(desk.url, create=False)

    def cells() -> dict[str, tuple[str | None, str | None]]:
        with engine.connect() as connection:
            told = case(connection, 1)
        return {cell.letter: (cell.text, cell.former) for cell in told.cells if cell.is_changed}

    actions = _actions(desk)
    actions.repair({1: {"D": "here", "E": "7"}}, "Pat")
    assert cells() == {"D": ("here", TWICE_WRONG[3]), "E": ("7", None)}
    actions.repair({1: {"D": "completed", "F": "2021-04-30"}}, "Pat")
    fixed = {"D": ("completed", TWICE_WRONG[3]), "E": ("7", None), "F": ("2021-04-30", "2021-04-31")}
    assert (_case(desk)["state"], cells()) == ("fixed", fixed)
    with opened(_settings(desk)) as browser:
        browser.get("/failed/1")
        assert "2021-04-30 Was: 2021-04-31" in browser.text()
    assert desk.do("undo", "last").exit == 0
    assert cells() == {"D": ("here", TWICE_WRONG[3]), "E": ("7", None)}


def test_an_ignored_case_is_reopened_and_keeps_its_history(desk: Desk) -> None:
    """On a page and by command; who did it, when and why is on record; only what is ignored can be reopened."""
    desk.do("import", desk.sheet(TWICE_WRONG))
    with opened(_settings(desk)) as browser:
        browser.get("/failed/1")
        browser.post("/failed/ignore", {"case": "1", "reason": "a test"})
        browser.get("/failed/1")
        browser.post("/failed/reopen", {"case": "1", "reason": "no test after all"})
        assert (_case(desk)["state"], _case(desk)["reason"]) == ("open", None)
        assert "Ignored: a test" in browser.text()
        assert "Reopened: no test after all" in browser.text()
        assert desk.type("failures ignore", "1", "--reason", "left", "--by", "Ann").exit == 0
        assert desk.type("failures reopen", "1", "--by", "Ann").exit == 0
        again = desk.type("failures reopen", "1")
        assert (again.exit, "Only ignored cases" in again.errors) == (2, True)
        assert desk.type("failures reopen", "99").exit == 2
        browser.get("/failed/1")
        assert "Import this row" in browser.text()
    with open_database(desk.url, create=False).connect() as connection:
        changes = changes_of(connection, 1)[["run_id", "changed_by", "changed_through", "to_value"]]
        lines = list(changes.astype(object).where(changes.notna(), None).itertuples(index=False, name=None))
    assert lines == [
        ("", "Pat", "ignore", "a test"),
        ("", "Pat", "reopen", "no test after all"),
        ("", "Ann", "ignore", "left"),
        ("", "Ann", "reopen", None),
    ]


def test_undo_also_takes_back_corrections_of_rows_that_were_not_loaded(desk: Desk) -> None:
    """Cells that were changed since stay, and undoing twice changes nothing."""
    bo = ("bo@example.com", "2004", "S-7", "hm", "", "2021-04-12")
    desk.do("import", desk.sheet(bo, TWICE_WRONG, (*TWICE_WRONG[:2], "S-8", *TWICE_WRONG[3:])))
    actions = _actions(desk)
    cells = {number: json.loads(_case(desk, number)["cells"]) for number in (1, 2, 3)}
    run = actions.repair(
        {1: {"D": "no_show"}, 2: {"D": "no_show"}, 3: {"D": "no_show", "F": "2021-04-32"}}, "Pat"
    ).run_id
    actions.repair({3: {"F": "2021-04-33"}}, "Kim")
    assert [_case(desk, number)["state"] for number in (1, 2, 3)] == ["fixed", "open", "open"]
    assert actions.undo(run, "Lee") == 0
    now = {number: json.loads(_case(desk, number)["cells"]) for number in (1, 2, 3)}
    assert now == {**cells, 3: {**cells[3], "F": "2021-04-33"}}
    with open_database(desk.url, create=False).connect() as connection:
        last = changes_of(connection, 2).iloc[-1]
    assert tuple(last[["changed_by", "changed_through", "from_value", "to_value"]]) == (
        "Lee", "undo", "no_show", "wasn't there?",
    )  # fmt: skip
    actions.repair({2: {"D": "no_show"}}, "Kim")
    with pytest.raises(CannotBegin, match="nothing to undo"):
        actions.undo(run, "Lee")
    assert json.loads(_case(desk, 2)["cells"])["D"] == "no_show"


def test_a_repair_that_loaded_nothing_can_be_taken_back(desk: Desk) -> None:
    desk.do("import", desk.sheet(TWICE_WRONG))
    run = _actions(desk).repair({1: {"D": "cancelled"}}, "Pat").run_id
    assert json.loads(_case(desk)["cells"])["D"] == "cancelled"
    assert desk.do("undo", run).exit == 0
    assert json.loads(_case(desk)["cells"])["D"] == TWICE_WRONG[3]
