"""Import a file, in a real browser: chosen or dropped, looked at, mapped, checked, imported."""

import os
import signal
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from pipeline.uploads.store import JOB, Uploads, read_json
from rollbook.settings import DashboardSettings, Settings
from tests.browser.sites import Site, dashboard_with, look_at, serious_findings
from tests.dashboard.forked_jobs import fork_jobs
from tests.pipeline import app

SHEET = """Email,Session ID,Status,Papers in
amara.okonjo@example.com,S-100,attended,2023-01-05
ingrid.solheim@example.com,S-100,Presentish,
"""


# Colors, and the width of the window.
_SEEN: tuple[tuple[Literal["dark", "light"], int], ...] = (("light", 1280), ("dark", 390), ("light", 320))


class Hands:
    """What a person does, counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0

    def press(self, button: str) -> None:
        """Click a button."""
        self.clicks += 1
        self.page.get_by_role("button", name=button).click()

    def choose(self, label: str, option: str) -> None:
        """Choose from a list."""
        self.clicks += 2
        self.page.get_by_label(label).select_option(option)

    def file(self, *paths: Path) -> None:
        """Choose files."""
        self.clicks += 1
        self.page.get_by_label("Excel, CSV").set_input_files(paths)


@pytest.fixture(autouse=True)
def _swift_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    fork_jobs(monkeypatch)


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    """A sheet with a word and a column that nobody knows."""
    path = tmp_path / "north_2026.csv"
    path.write_text(SHEET, encoding="utf-8")
    return path


def _loaded(site: Site) -> int:
    (run, *_) = app.run("runs", "--database", site.database).told["runs"]
    return int(run["rows"]["loaded"])


def test_a_sheet_with_an_unknown_word_and_column_is_imported(fresh: Site, page: Page, sheet: Path) -> None:
    """Choose the file, say what both mean, check, import: at most eight clicks."""
    hands = Hands(page)
    page.goto(f"{fresh.url}/import")
    hands.file(sheet)
    expect(page.get_by_role("heading", name="What an import would do")).to_be_visible()
    expect(page.get_by_role("button", name="Import 1 row into rollbook.db")).to_be_visible()
    hands.choose("Meaning of Presentish", "attended")
    hands.choose("Papers in is used as", "Completed on")
    hands.press("Check again")
    expect(page.get_by_role("button", name="Import 2 rows into rollbook.db")).to_be_visible()
    hands.press("Import 2 rows into rollbook.db")
    expect(page.get_by_role("status").first).to_contain_text("Imported into rollbook.db")
    assert hands.clicks <= 8
    assert _loaded(fresh) == 2


def test_files_are_dropped(fresh: Site, page: Page) -> None:
    page.goto(f"{fresh.url}/import")
    dropped = page.evaluate_handle(
        "text => { const all = new DataTransfer(); all.items.add(new File([text], 'march.csv')); return all; }", SHEET
    )
    page.dispatch_event("body", "dragover", {"dataTransfer": dropped})
    expect(page.locator("#upload")).to_contain_class("over")
    page.dispatch_event("body", "drop", {"dataTransfer": dropped})
    expect(page.locator("h1")).to_have_text("march.csv")
    expect(page.get_by_role("heading", name="What an import would do")).to_be_visible()


def test_it_works_without_scripts(fresh: Site, chromium: Browser, sheet: Path) -> None:
    """The page looks again by itself while the files are read."""
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{fresh.url}/import")
    page.get_by_label("Excel, CSV").set_input_files(sheet)
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_role("heading", name="What an import would do")).to_be_visible()
    page.get_by_label("Meaning of Presentish").select_option("no show")
    page.get_by_role("button", name="Check again").click()
    page.get_by_role("button", name="Import 2 rows").click()
    expect(page.get_by_role("status").first).to_contain_text("Imported into rollbook.db")
    context.close()
    assert _loaded(fresh) == 2


def test_leaving_the_page_loses_nothing(fresh: Site, page: Page, sheet: Path) -> None:
    """Reload, back and forth, another window: the upload is there, and the menu leads to it."""
    page.goto(f"{fresh.url}/import")
    page.get_by_label("Excel, CSV").set_input_files(sheet)
    expect(page.locator("h1")).to_have_text("north_2026.csv")
    page.goto(fresh.url)
    page.get_by_role("link", name="Import", exact=True).click()
    page.get_by_role("link", name="north_2026.csv").first.click()
    expect(page.get_by_role("heading", name="What an import would do")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Meaning of Presentish")).to_be_visible()
    page.get_by_role("button", name="Import 1 row").click()
    expect(page.get_by_role("status").first).to_contain_text("Imported")
    page.go_back()
    page.reload()
    expect(page.get_by_role("status").first).to_contain_text("Imported")
    assert _loaded(fresh) == 1


def test_enter_checks_and_imports_nothing(fresh: Site, page: Page, sheet: Path) -> None:
    before = app.run("runs", "--database", fresh.database).told["runs"]
    page.goto(f"{fresh.url}/import")
    page.get_by_label("Excel, CSV").set_input_files(sheet)
    page.get_by_text("Header row, and what holds").click()
    field = page.get_by_label("Row of the header")
    field.fill("1")
    field.press("Enter")
    expect(page.get_by_role("heading", name="What an import would do")).to_be_visible()
    assert app.run("runs", "--database", fresh.database).told["runs"] == before


def test_what_is_too_large_is_told(filled: Path, tmp_path: Path, page: Page, chromium: Browser) -> None:
    """Before it is sent; without scripts, after it was refused."""
    large = tmp_path / "large.csv"
    large.write_bytes(b"x" * 3 * 2**20)
    settings = Settings(
        database=f"sqlite:///{filled / 'rollbook.db'}",
        out=tmp_path / "out",
        dashboard=DashboardSettings(upload_mib=1),
    )
    with dashboard_with(settings, filled) as site:
        page.goto(f"{site.url}/import")
        page.get_by_label("Excel, CSV").set_input_files(large)
        expect(page.get_by_role("status")).to_contain_text("more than 1 MiB")
        context = chromium.new_context(java_script_enabled=False)
        plain = context.new_page()
        plain.goto(f"{site.url}/import")
        plain.get_by_label("Excel, CSV").set_input_files(large)
        plain.get_by_role("button", name="Upload and check").click()
        expect(plain.get_by_role("alert")).to_contain_text("larger than 1 MiB")
        context.close()


def test_an_import_that_is_killed_while_its_page_is_open_is_told(fresh: Site, page: Page, tmp_path: Path) -> None:
    """And resumed by one click."""
    rows = "".join(f"amara.okonjo@example.com,S-{number},attended,\n" for number in range(120_000))
    large = tmp_path / "large.csv"
    large.write_text(SHEET.splitlines()[0] + "\n" + rows)
    page.goto(f"{fresh.url}/import")
    page.get_by_label("Excel, CSV").set_input_files(large)
    page.get_by_role("button", name="Import 120,000 rows").click()
    expect(page.locator("#upload-progress")).to_contain_text("Importing")
    uploads = Uploads(Settings(out=fresh.folder / "out"))
    (upload,) = uploads.all()
    os.kill(read_json(uploads.place(upload) / JOB)["pid"], signal.SIGKILL)
    expect(page.get_by_role("alert")).to_contain_text("The import stopped")
    page.get_by_role("button", name="Resume the import").click()
    expect(page.get_by_role("status").first).to_contain_text("Imported into rollbook.db")
    assert _loaded(fresh) == 120_000


def test_the_pages_are_accessible(fresh: Site, page: Page, sheet: Path) -> None:
    """No serious finding of axe-core's, and no page wider than the window, whichever window and colors."""
    page.goto(f"{fresh.url}/import")
    _accessible(page)
    page.get_by_label("Excel, CSV").set_input_files(sheet)
    expect(page.get_by_role("heading", name="What an import would do")).to_be_visible()
    _accessible(page)
    page.goto(f"{fresh.url}/import")
    _accessible(page)
    page.get_by_role("link", name="north_2026.csv").first.click()
    page.get_by_role("button", name="Discard").click()
    expect(page.locator("h1")).to_have_text("Import files")


def _accessible(page: Page) -> None:
    for scheme, width in _SEEN:
        look_at(page, scheme, {"width": width, "height": 800})
        assert serious_findings(page) == [], (scheme, width)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (scheme, width)
    assert page.locator("h1").count() == 1
