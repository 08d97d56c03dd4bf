"""A case whose delivery waits is locked: no road delivers it a second time, and the page says why."""

from pathlib import Path

import openpyxl
import pytest

from dashboard.actions import Actions
from ledger.browse.cases import Filter
from ledger.database import open_database
from pipeline.repairs.requests import Where
from rollbook.errors import CannotBegin
from rollbook.settings import Settings, load_settings
from tests.dashboard.serving import opened
from tests.pipeline.desk import Desk
from tests.pipeline.rest_desk import axcelerate_desk, axcelerate_row, moon_desk, moon_row
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
    with opened(_settings(desk)) as browser:
        browser.get("/failed/1")
        assert "so that it is not delivered twice" in browser.text()
        assert "Import this row" not in browser.page


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
