"""Rows on their way to a system outside: what it answered is shown, and a repair is sent there again."""

from pathlib import Path

import pytest

from dashboard.actions import Actions
from ledger.database import open_database
from rollbook.errors import CannotBegin
from rollbook.settings import Settings, load_settings
from tests.dashboard.serving import opened
from tests.pipeline.smarteru_desk import SmarterUDesk, mail, row, smarteru_desk


def _settings(desk: SmarterUDesk) -> Settings:
    own = {"database": desk.url, "out": desk.folder / "out"}
    return load_settings(desk.folder / "rollbook.toml").model_copy(update=own)


def test_a_refused_row_is_mended_and_sent_again(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answers are told row by row; the mended row goes where the row was meant to go, and its case closes."""
    with smarteru_desk(tmp_path, sqlite_url, monkeypatch) as desk:
        answer = desk.send(row(mail(1)), row("stranger@example.com"), row(mail(3), status="hm"))
        assert answer.told["rows"]["failed"] == 1
        settings = load_settings(tmp_path / "rollbook.toml").model_copy(
            update={"database": desk.url, "out": tmp_path / "out"}
        )
        with opened(settings) as browser:
            browser.get("/runs/last")
            told = browser.text()
            for text in ("Deliveries", "ESH:21", "stranger@example.com", "settled", "1 failed, 1 loaded"):
                assert text in told
            assert mail(1) not in browser.page
            browser.get("/runs/last?answers=all")
            assert mail(1) in browser.page
            browser.get("/failed?code=ESH:21")
            assert "stranger@example.com" in browser.text()
            case = browser.page.partition('href="/failed/')[2].partition('"')[0]
            browser.get(f"/failed/{case}")
            browser.post(f"/failed/{case}/import", {"cell-A": mail(2)})
            assert "Send to SmarterU · database test.db" in browser.text()
            assert desk.taken() == {(mail(1), "S1"): "Attended"}
            browser.post(f"/failed/{case}/import", {**browser.hidden(), "confirmed": "smarteru"})
            assert "This row is fixed" in browser.text()
        assert desk.taken() == {(mail(1), "S1"): "Attended", (mail(2), "S1"): "Attended"}


def test_rows_of_two_destinations_are_not_one_repair(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which of them the run goes to could not be told."""
    with smarteru_desk(tmp_path, sqlite_url, monkeypatch) as desk:
        desk.emit(row(mail(1), status="hm"))
        desk.do("import", desk.rows(row(mail(2), status="hm"), name="other.csv"))
        settings = load_settings(tmp_path / "rollbook.toml").model_copy(
            update={"database": desk.url, "out": tmp_path / "out"}
        )
        actions = Actions(settings, open_database(desk.url, create=False))
        with pytest.raises(CannotBegin, match="different destinations"):
            actions.repair({1: {"F": "Attended"}, 2: {"F": "Attended"}}, "Pat")
        assert actions.repair({1: {"F": "Attended"}}, "Pat").destination == "smarteru-xml"
        assert actions.repair({2: {"F": "Attended"}}, "Pat").destination == "database"
