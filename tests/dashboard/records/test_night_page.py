"""Last night by source: what is unusual stands first, and says why."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ledger import drops
from ledger.database import open_database
from rollbook.clock import now
from rollbook.settings import Settings
from tests.dashboard.serving import Browser, opened
from tests.ledger.test_nights import night


@pytest.fixture
def browser(tmp_path: Path, prepared_sqlite_url: str) -> Iterator[Browser]:
    """One source as ever, one with few rows, one that did not come, one whose file was not loaded."""
    with open_database(prepared_sqlite_url, create=False).begin() as connection:
        for days in range(1, 13):
            night(connection, days, 100, name="as-ever.csv", loaded=100)
            night(connection, days, 1_000, name="few & rows.csv", loaded=1_000)
            night(connection, days, 50, name="late.csv", loaded=50)
        night(connection, 0, 101, name="as-ever.csv", loaded=100, rejected=1, new=1)
        night(connection, 0, 20, name="few & rows.csv", loaded=20)
        night(connection, 0, 0, name="broken.csv", state=drops.FAILED)
    with opened(Settings(database=prepared_sqlite_url, out=tmp_path / "out")) as browser:
        yield browser


def _sources(browser: Browser) -> list[str]:
    return [part.split("</span>")[0] for part in browser.page.split('<th scope="row"><span dir="auto">')[1:]]


def test_what_is_unusual_stands_first_and_says_why(browser: Browser) -> None:
    browser.get("/nights")
    assert _sources(browser) == ["broken", "few &amp; rows", "late", "as-ever"]
    text = browser.text()
    assert "3 unusual sources" in text
    assert "20 rows, usually about 1,000" in text
    assert "nothing came, usually every night" in text
    assert "1 file not loaded" in text
    assert 'href="/inbox?sender=as-ever"' in browser.page


def test_other_nights_are_a_click_away(browser: Browser) -> None:
    """Days of which nothing is known are the last one."""
    yesterday = now().date() - timedelta(days=1)
    browser.get(f"/nights?night={yesterday}")
    assert _sources(browser) == ["as-ever", "few &amp; rows", "late"]
    assert "All 3 sources as usual" in browser.text()
    for asked in ("2999-01-01", "1999-01-01", "yesterday", "2026-02-30"):
        assert browser.get(f"/nights?night={asked}").status_code == 200
        assert "3 unusual sources" in browser.text()
    browser.get(f"/nights?night={now().date() - timedelta(days=40)}")
    assert "No file came in this night" in browser.text()


def test_without_a_drop_folder_it_says_what_to_do(tmp_path: Path, prepared_sqlite_url: str) -> None:
    with opened(Settings(database=prepared_sqlite_url, out=tmp_path / "out")) as browser:
        browser.get("/nights")
        assert "rollbook nightly FOLDER" in browser.text()
