"""A browser for all tests of a process, and a dashboard for those of a module."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.sites import CHROMIUM_MISSING, Site, browser, chromium_path, dashboard, dashboard_here, fill

# A row that is judged takes seconds where other tests share the machine.
_PATIENCE_MS = 30_000
expect.set_options(timeout=_PATIENCE_MS)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A Chromium; `.ci/run` installs it, so there nothing is skipped."""
    if chromium_path() is None:
        pytest.skip(CHROMIUM_MISSING)
    with browser() as opened:
        yield opened


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Path:
    """A folder with a database of the sample sheets and an odd one; not to be changed."""
    assert chromium.is_connected()
    folder = tmp_path_factory.mktemp("site")
    fill(folder)
    return folder


@pytest.fixture(scope="module")
def site(filled: Path) -> Iterator[Site]:
    """A dashboard on it, to be looked at."""
    with dashboard(filled) as running:
        yield running


@pytest.fixture
def fresh(filled: Path, tmp_path: Path) -> Iterator[Site]:
    """A dashboard on a copy: what is repaired is gone."""
    folder = tmp_path / "site"
    shutil.copytree(filled, folder)
    with dashboard_here(folder) as running:
        yield running


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """An empty page, in a window of its own."""
    context = chromium.new_context(viewport={"width": 1200, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(_PATIENCE_MS)
    yield opened
    context.close()
