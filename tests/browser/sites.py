"""A dashboard that runs as people start it, on a database with real failures, and a browser to look at it."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from sqlalchemy import select, update

from ledger.database import open_database, reading
from ledger.tables import rollbook_case_groups, rollbook_runs
from rollbook.settings import Settings
from tests.dashboard.serving import opened
from tests.ledger.test_nights import night
from tests.pipeline import app

CHROMIUM_MISSING = "Chromium is not installed: no chromium on the path (Debian: package chromium)"
DATA = Path("data").resolve()
ODD = """Email,Employee ID,Name,Session ID,Status,Grade,Enrolled on
amara.okonjo@example.com,00417,سارة الأحمد,S-1,Presnt,80,2023-01-05
ingrid.solheim@example.com,01030,Ingrid <script>alert(1)</script>,S-1,Presnt,80,2023-01-05
tobias.wrenfield@example.com,01643,"Ben <b>""&amp;""</b>",S-1,<img src=x onerror=alert(2)>,70,2023-02-30
"""


@dataclass(frozen=True)
class Site:
    """A dashboard that runs. url: without a slash at the end. token: what the first address must bear."""

    url: str
    folder: Path
    token: str | None = None

    def at(self, path: str) -> str:
        """The address of a page for a browser that was not here before."""
        return self.url + path + (f"{'&' if '?' in path else '?'}token={self.token}" if self.token else "")

    @property
    def database(self) -> str:
        """The address of its database."""
        return database_of(self.folder)

    def case(self, name: str) -> int:
        """The number of the open case whose sheet is named, with the lowest row."""
        lines = app.run("failures", "--database", self.database).told["failures"]
        found = [one for one in lines if Path(one["source_file"]).name == name and one["state"] == "open"]
        return int(min(found, key=lambda one: one["source_row"])["case_id"])

    def group(self, code: str) -> int:
        """The number of a group of rows with that problem."""
        groups = rollbook_case_groups.c
        with reading(open_database(self.database, create=False)) as connection:
            return int(connection.scalars(select(groups.group_id).where(groups.code == code)).first() or 0)


def database_of(folder: Path) -> str:
    """Where the database of a site stands."""
    return f"sqlite:///{folder / 'rollbook.db'}"


# Source -> the rows that it sent in the last nights, the last one first; None: nothing came.
NIGHTS: dict[str, tuple[int | None, ...]] = {
    "hris_employees.xlsx": (2_412, 2_409, 2_411, 2_405, 2_406, 2_400, 2_398),
    "lms_report.csv": (88, 1_204, 1_180, 1_211, 1_195, 1_203, 1_188),
    "contractors.csv": (None, 140, 138, 141, 139, 139, 140, 138, 137, 140, 141, 139),
    "site_safety.xlsx": (310, 296, 322, 301, 288, 305, 299),
}


def _pass_nights(folder: Path) -> None:
    """Drop folders of the last two weeks, as if `rollbook nightly` had looked into them."""
    with open_database(database_of(folder), create=False).begin() as connection:
        for days_ago in range(13, -1, -1):
            for name, rows in NIGHTS.items():
                number = rows[days_ago] if days_ago < len(rows) else rows[1 + days_ago % (len(rows) - 1)]
                if number is not None:
                    failed = number // 40 if name == "site_safety.xlsx" else 0
                    night(connection, days_ago, number, name=name, loaded=number - failed, rejected=failed)
        ended = {"state": "completed", "finished_at": rollbook_runs.c.started_at}
        connection.execute(update(rollbook_runs).where(rollbook_runs.c.command == "nightly").values(ended))


def fill(folder: Path) -> None:
    """Import the sample sheets, one that is odd, and what came in the last nights."""
    (folder / "odd.csv").write_text(ODD, encoding="utf-8")
    where = ("--database", database_of(folder), "--out", folder / "out", "--quiet")
    app.run("reference", "load", "learners", DATA / "reference" / "learners.csv", "--database", database_of(folder))
    app.run("import", DATA / "history", "--profile", DATA / "profiles", *where)
    _pass_nights(folder)
    app.run("import", folder / "odd.csv", *where)


@contextmanager
def dashboard(folder: Path, *options: str) -> Iterator[Site]:
    """The command, in a process of its own, on any free port."""
    command = [sys.executable, "-m", "cli", "dashboard", "--port", "0", "--database", database_of(folder), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            told = process.stderr.readline()
            found = re.search(r"(http://\S+?:\d+)/(?:\?token=(\S+))?", told)
            assert found, told
            yield Site(found[1], folder, found[2])
        finally:
            process.terminate()


@contextmanager
def dashboard_here(folder: Path) -> Iterator[Site]:
    """The same pages and actions, served by a thread of this process, which has all that a new one would load."""
    with dashboard_with(Settings(database=database_of(folder), out=folder / "out"), folder) as site:
        yield site


@contextmanager
def dashboard_with(settings: Settings, folder: Path) -> Iterator[Site]:
    """The same with other settings."""
    with opened(settings) as client:
        yield Site(client.url, folder)


def chromium_path() -> str | None:
    """Where Debian's, or another, Chromium is."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def browser() -> Iterator[Browser]:
    """A Chromium without a window."""
    options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium_path(), args=options)
        try:
            yield opened
        finally:
            opened.close()


def look_at(page: Page, scheme: Literal["dark", "light"], size: ViewportSize) -> None:
    """Let a page that is there be seen in a window of that size, and in these colors."""
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme)


def serious_findings(page: Page) -> list[tuple[str, str]]:
    """What axe-core finds serious on a page as it stands: rule, and the first element that breaks it."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]
