"""Pictures of every page for the guides, light and dark, narrow and wide: `python -m tests.browser.pictures`."""

from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser

from dashboard.access.passwords import hashed
from tests.browser.sites import Site, browser, dashboard, fill

INTO = Path("docs/images/dashboard")
PAGES = {
    "overview": "/",
    "inbox": "/inbox",
    "group": "/inbox/2",
    "grid": "/inbox/2/grid",
    "sides": "/inbox/{rivals}/sides",
    "failed-rows": "/failed?code=status.unknown",
    "row": "/failed/{case}",
    "replace": "/failed/replace?code=status.unknown",
    "import": "/import",
    "upload": "{upload}",
    "api": "/api/v1",
    "runs": "/runs",
    "run": "/runs/last",
    "nights": "/nights",
    "learner": "/learner?email=amara.okonjo@example.com",
    "session": "/session?code=SAF-101-2303",
    "search": "/search?q=example.com",
    "activity": "/activity",
}
_STATUS = (*["Attended"] * 5, "Completed", "No show", "Joined late", "Attnded")
SIZES = {"wide": {"width": 1280, "height": 900}, "narrow": {"width": 390, "height": 844}}
_HEAD = "Employee no,E-mail,Name,Course,Session,Status,Signed off,Trainer,Room\n"
_PLACES = 'out = "{folder}/out"\n'
_LOGIN = '[dashboard]\nuser = "data-team"\npassword_hash = "{}"\n'


def main() -> None:
    """Make the sample database, serve it, and look at each page."""
    INTO.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder, browser() as chromium:
        fill(Path(folder))
        settings = Path(folder) / "rollbook.toml"
        settings.write_text(_PLACES.format(folder=folder), encoding="utf-8")
        with dashboard(Path(folder), "--settings", str(settings)) as site:
            telling = {
                "{case}": _telling_case(chromium, site),
                "{rivals}": str(site.group("enrollment.conflict")),
                "{upload}": _telling_upload(chromium, site),
            }
            for name, page in PAGES.items():
                path = next((page.replace(place, told) for place, told in telling.items() if place in page), page)
                _picture(chromium, name, site.at(path))
        settings.write_text(_LOGIN.format(hashed("not a password of anybody's")), encoding="utf-8")
        with dashboard(Path(folder), "--settings", str(settings)) as site:
            _picture(chromium, "login", f"{site.url}/login")


def _telling_case(chromium: Browser, site: Site) -> str:
    """The number of a case whose status is misspelt."""
    page = chromium.new_page()
    page.goto(site.at("/failed?text=Attendding"))
    told = page.locator("tbody a").first.inner_text()
    page.close()
    return told.removeprefix("Case ")


def _telling_upload(chromium: Browser, site: Site) -> str:
    """The path of an upload with a word and a column that nobody knows."""
    sheet = site.folder / "north_office_2026.csv"
    lines = [
        f"{2000 + at:05},learner{at}@example.com,Learner {at},Fire safety,FS-{at % 7},{_STATUS[at % 9]},"
        f"2026-03-{at % 28 + 1:02},R. Okafor,2.{at % 4:02}\n"
        for at in range(240)
    ]
    sheet.write_text(_HEAD + "".join(lines), encoding="utf-8")
    page = chromium.new_page()
    page.goto(site.at("/import"))
    page.locator("#files").set_input_files(sheet)
    page.get_by_role("heading", name="What an import would do").wait_for(timeout=60_000)
    path = page.url.removeprefix(site.url)
    page.close()
    return path


def _picture(chromium: Browser, name: str, url: str) -> None:
    for size, viewport in SIZES.items():
        for scheme in ("light", "dark"):
            context = chromium.new_context(viewport=viewport, color_scheme=scheme)  # type: ignore[arg-type]
            page = context.new_page()
            page.goto(url)
            page.screenshot(path=INTO / f"{name}-{size}-{scheme}.png")
            context.close()


if __name__ == "__main__":
    main()
