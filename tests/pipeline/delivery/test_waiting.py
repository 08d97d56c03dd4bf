"""A case whose delivery waits is locked: no road delivers it a second time, and the page says why."""

import re
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import openpyxl
import pytest

from dashboard.actions import Actions
from ledger.browse.cases import Filter
from ledger.database import open_database
from pipeline.repairs.requests import Where
from rollbook.errors import CannotBegin
from rollbook.settings import Settings, load_settings
from tests.dashboard.serving import dashboards, opened
from tests.pipeline import app
from tests.pipeline.desk import Desk
from tests.pipeline.killing import at_steps, killed
from tests.pipeline.rest_desk import RestDesk, axcelerate_desk, axcelerate_row, moon_desk, moon_row
from tests.pipeline.smarteru_desk import mail, outbox_of, row, smarteru_desk

CLOSED = "http://127.0.0.1:9"


def _settings(desk: Desk) -> Settings:
    own = {"database": desk.url, "out": desk.folder / "out"}
    return load_settings(desk.folder / "rollbook.toml").model_copy(update=own)


def _actions(desk: Desk) -> Actions:
    return Actions(_settings(desk), open_database(desk.url, create=False))


def _is_locked(desk: Desk, run: str, change: dict[str, str]) -> None:
    """By page, replacement, retry and ignoring."""
    actions = _actions(desk)
    with pytest.raises(CannotBegin, match="is on its way to"):
        actions.repair({1: change}, "Pat")
    with pytest.raises(CannotBegin, match="is on its way to"):
        actions.judge(1, change)
    with pytest.raises(CannotBegin, match="is on its way to"):
        actions.ignore([1], "left", "Pat")
    retried = desk.type("retry", run)
    assert (retried.exit, "on the way" in retried.errors) == (2, True)
    (delivering,) = _delivering(desk)
    assert f"run {delivering}" in retried.errors
    assert " UTC" in retried.errors
    assert {line["state"] for line in desk.do("failures", run).told["failures"]} == {"waiting"}
    listed = desk.type("failures", run)
    assert f"run {delivering}" in listed.out + listed.errors
    with opened(_settings(desk)) as browser:
        browser.get("/failed/1")
        assert "so that it is not delivered twice" in browser.text()
        assert f"run {delivering} , since 20" in browser.text()
        assert "Import this row" not in browser.page
        for address in ("/failed", "/failed?state=waiting"):
            browser.get(address)
            assert "Case 1 waiting" in browser.text()
            assert 'name="case" value="1"' not in browser.page
        browser.get("/inbox?tab=waiting")
        assert "Waiting 1" in browser.text()
        group = re.search(r'href="(/inbox/\d+)"', browser.page)
        assert group is not None
        browser.get(group[1])
        assert "1 row , 1 waiting" in browser.text()
        browser.get(f"{group[1]}/grid")
        assert "row 2 waiting" in browser.text()
        assert "cell-1-" not in browser.page


def _delivering(desk: Desk) -> list[str]:
    """The runs that have not sent all that they are to send."""
    return [run["run"] for run in desk.do("runs").told["runs"] if run["state"] in ("running", "stopped", "pending")]


def test_a_row_that_moon_has_not_confirmed_is_not_sent_again(
    tmp_path: Path, prepared_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Repaired while Moon ERP is away: it gets one enrollment, in the session of the first repair."""
    with moon_desk(tmp_path, prepared_url, monkeypatch) as desk:
        first = desk.send(moon_row(1, 301, "hm"))
        address = desk.server.url
        monkeypatch.setenv("ROLLBOOK_MOON_URL", CLOSED)
        assert _actions(desk).repair({1: {"D": "Attended"}}, "Pat").counts.pending == 1
        _is_locked(desk, first.told["run"], {"C": "302", "D": "Attended"})
        assert _actions(desk).replacing(Where(Filter(), "Status", "hm")).cases == 0
        monkeypatch.setenv("ROLLBOOK_MOON_URL", address)
        assert desk.do("resume").exit == 0
        assert desk.held("EMP-0001", 301) is not None
        assert desk.held("EMP-0001", 302) is None
        with pytest.raises(CannotBegin, match="Case 1 is fixed"):
            _actions(desk).repair({1: {"C": "302"}}, "Pat")
        with opened(_settings(desk)) as browser:
            browser.get("/failed?state=waiting")
            assert "Case 1" not in browser.text()


def test_a_row_that_axcelerate_has_not_confirmed_is_not_sent_again(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same at aXcelerate."""
    with axcelerate_desk(tmp_path, sqlite_url, monkeypatch) as desk:
        first = desk.send(axcelerate_row(1001, 9003, "hm"))
        address = desk.server.url
        monkeypatch.setenv("ROLLBOOK_AXCELERATE_URL", CLOSED)
        assert _actions(desk).repair({1: {"D": "20"}}, "Pat").counts.pending == 1
        _is_locked(desk, first.told["run"], {"B": "502", "D": "20"})
        monkeypatch.setenv("ROLLBOOK_AXCELERATE_URL", address)
        assert desk.do("resume").exit == 0
        assert desk.outcome(1001, 9003) == "20"


def test_a_workbook_brings_no_second_delivery(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was emitted for SmarterU may have been sent by hand: the row is rejected, and the rule says so."""
    with smarteru_desk(tmp_path, sqlite_url, monkeypatch) as desk:
        emitted = desk.emit(row(mail(1), status="hm"))
        assert emitted.told["rows"]["rejected"] == 1
        workbook = Path(emitted.told["reports"]["failed_rows"])
        assert _actions(desk).repair({1: {"F": "Attended"}}, "Pat").state == "pending"
        _is_locked(desk, emitted.told["run"], {"E": "S2", "F": "Attended"})
        path = workbook if workbook.is_file() else next(workbook.glob("*.xlsx"))
        book = openpyxl.load_workbook(path)
        for cells in book.worksheets[0].iter_rows(min_row=2):
            for cell in cells:
                cell.value = "Attended" if cell.value == "hm" else "S2" if cell.value == "S1" else cell.value
        book.save(path)
        for command in ("check", "import"):
            again = desk.do(command, path, "--to", "smarteru-xml")
            assert again.told["failures"] == {"delivery.waiting": 1}
        assert {line["session_id"] for line in outbox_of(desk.url)[0]} == {"S1"}


def test_the_other_rows_of_a_run_are_retried(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that wait are left out, which is said."""
    with smarteru_desk(tmp_path, sqlite_url, monkeypatch) as desk:
        emitted = desk.emit(row(mail(1), status="hm"), row(mail(2), status="hm"))
        _actions(desk).repair({1: {"F": "Attended"}}, "Pat")
        retried = desk.type("retry", emitted.told["run"])
        assert "1 row of run" in retried.errors + retried.out
        again = desk.do("retry", emitted.told["run"])
        assert again.told["rows"]["read"] == 1


# That rows are sent to Moon ERP.
CONFIRMED = {"confirmed": "moon"}


def _racing(desk: RestDesk, first: dict[str, str], second: dict[str, str], cases: int) -> None:
    """Two dashboards, each a process of its own, correct each case at once."""
    with (
        dashboards(desk.url, 2, "--settings", desk.folder / "rollbook.toml") as browsers,
        ThreadPoolExecutor(2) as at_once,
    ):
        for number in range(1, cases + 1):
            for browser in browsers:
                browser.get(f"/failed/{number}")
            edits = [
                (browser, browser.form() | edit | CONFIRMED)
                for browser, edit in zip(browsers, (first, second), strict=True)
            ]
            sent = [at_once.submit(browser.post, f"/failed/{number}/import", form) for browser, form in edits]
            assert sorted(answer.result().status_code for answer in sent) == [200, 400]


@pytest.mark.parametrize("is_away", [False, True], ids=["there", "away"])
def test_two_dashboards_that_correct_a_case_at_once_enroll_once(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch, is_away: bool
) -> None:
    """In two sessions by turns, whether or not Moon ERP is there: after `resume` each learner is in one of them."""
    with moon_desk(tmp_path, sqlite_url, monkeypatch) as desk:
        desk.send(*[moon_row(number, 301, "hm") for number in (1, 2)])
        address = desk.server.url
        if is_away:
            monkeypatch.setenv("ROLLBOOK_MOON_URL", CLOSED)
        _racing(desk, {"cell-D": "Attended"}, {"cell-C": "302", "cell-D": "Attended"}, cases=2)
        monkeypatch.setenv("ROLLBOOK_MOON_URL", address)
        for run in _delivering(desk):
            assert desk.do("resume", run).exit == 0
        for number in ("EMP-0001", "EMP-0002"):
            assert sum(desk.held(number, session) is not None for session in (301, 302)) == 1
        assert desk.server.double_writes == []


def test_a_retry_and_a_correction_at_once_enroll_once(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`retry` under a profile that knows the word, a workbook and a page, each a process of its own."""
    with moon_desk(tmp_path, sqlite_url, monkeypatch) as desk:
        sent = desk.send(*[moon_row(number, 301, "hm") for number in range(1, 7)])
        run, workbook = sent.told["run"], Path(sent.told["reports"]["failed_rows"])
        book = openpyxl.load_workbook(workbook)
        for cells in book.worksheets[0].iter_rows(min_row=2):
            for cell in cells:
                cell.value = "Attended" if cell.value == "hm" else "303" if cell.value == "301" else cell.value
        book.save(workbook)
        profile = desk.text("profile.toml", '[values.status]\nhm = "attended"\n')
        shared = ("--database", desk.url, "--settings", desk.folder / "rollbook.toml", "--out", desk.folder / "out")
        racing = [
            app.fork("retry", run, "--profile", profile, *shared),
            app.fork("import", workbook, "--to", "moon", *shared),
        ]
        with dashboards(desk.url, 1, "--settings", desk.folder / "rollbook.toml") as (browser,):
            for number in range(1, 7):
                browser.get(f"/failed/{number}")
                if 'name="cell-D"' in browser.page:
                    edit = {"cell-C": "302", "cell-D": "Attended"}
                    browser.post(f"/failed/{number}/import", {**browser.form(), **edit, **CONFIRMED})
        for process in racing:
            process.communicate(timeout=120)
        for left in _delivering(desk):
            desk.do("resume", left)
        held = [
            [session for session in (301, 302, 303) if desk.held(f"EMP-{number:04}", session) is not None]
            for number in range(1, 7)
        ]
        assert [len(sessions) for sessions in held] == [1] * 6, held
        assert desk.server.double_writes == []


@pytest.mark.parametrize("point", [2, 5, 6, 7, 8, 9, 10])
def test_a_retry_that_is_killed_and_a_correction_enroll_once(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch, point: int
) -> None:
    """Killed before or after its row stands in the outbox: either the case is locked, or `resume` leaves it out."""
    with moon_desk(tmp_path, sqlite_url, monkeypatch) as desk:
        run = desk.send(moon_row(1, 301, "hm")).told["run"]
        profile = desk.text("profile.toml", '[values.status]\nhm = "attended"\n')
        shared = ("--database", desk.url, "--settings", desk.folder / "rollbook.toml", "--out", desk.folder / "out")
        words = [str(word) for word in ("retry", run, "--profile", profile, *shared)]
        assert killed(words, at_steps, point) in (-signal.SIGKILL, 0)
        with suppress(CannotBegin):
            _actions(desk).repair({1: {"C": "302", "D": "Attended"}}, "Pat")
        desk.do("resume")
        assert sum(desk.held("EMP-0001", session) is not None for session in (301, 302)) == 1
        assert desk.server.double_writes == []
