"""Every page in a real browser: fit for all, light, nothing from elsewhere, and what a cell holds is text."""

from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Error, Page, Response

from tests.browser.sites import Site, serious_findings

PAGES = (
    "/",
    "/failed",
    "/failed?state=",
    "/failed/{case}",
    "/failed/replace",
    "/inbox",
    "/inbox?tab=new",
    "/inbox/1",
    "/inbox/1/grid",
    "/inbox/{rivals}/sides",
    "/runs",
    "/runs/last",
    "/nights",
    "/nights?night=2000-01-01",
    "/search?q=example.com",
    "/search?q=nothing+like+it",
    "/learner?email=amara.okonjo@example.com",
    "/session?code=S-1",
    "/session?code=SAF-101-2303",
    "/activity",
    "/nowhere",
)
MOST_BYTES = 300_000
NARROW, WIDE = {"width": 360, "height": 740}, {"width": 1400, "height": 900}


def _url(site: Site, path: str) -> str:
    case, rivals = site.case("odd.csv"), site.group("enrollment.conflict")
    path = path.replace("{case}", str(case)).replace("{rivals}", str(rivals))
    return site.at(path)


@pytest.mark.parametrize(
    ("scheme", "size", "locale"),
    [("light", WIDE, "en-GB"), ("dark", NARROW, "de-DE"), ("light", NARROW, "ar")],
    ids=["light-wide", "dark-narrow-german", "light-narrow-arabic"],
)
def test_every_page_is_accessible_light_and_asks_nobody_else(
    site: Site, chromium: Browser, scheme: Any, size: Any, locale: str
) -> None:
    """No serious finding of axe-core's, no page wider than the window, whatever the language."""
    for path in PAGES:
        context = chromium.new_context(viewport=size, color_scheme=scheme, locale=locale)
        page = context.new_page()
        answers = _answers(page)
        page.goto(_url(site, path))
        assert page.locator("html").get_attribute("lang") == locale[:2], path
        assert serious_findings(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (path, "is too wide")
        assert page.locator("h1").count() == 1, path
        page.wait_for_load_state("networkidle")
        assert {answer.url.startswith(site.url) for answer in answers} == {True}, path
        assert 0 < sum(len(answer.body()) for answer in answers if answer.status != 303) <= MOST_BYTES, path
        context.close()


def _answers(page: Page) -> list[Response]:
    """Those that come from now on."""
    found: list[Response] = []

    def note(answer: Response) -> None:
        found.append(answer)

    page.on("response", note)
    return found


def _what_runs(page: Page) -> list[str]:
    """Words of scripts that run, or fail to, from now on."""
    found: list[str] = []

    def shown(dialog: Dialog) -> None:
        found.append(dialog.message)
        dialog.dismiss()

    def failed(error: Error) -> None:
        found.append(str(error))

    def told(message: ConsoleMessage) -> None:
        if message.type == "error":
            found.append(message.text)

    page.on("dialog", shown)
    page.on("pageerror", failed)
    page.on("console", told)
    return found


def test_what_a_cell_holds_is_text(site: Site, page: Page) -> None:
    """HTML and script are shown as they stand in the sheet, and nothing of them runs."""
    ran = _what_runs(page)
    first = site.case("odd.csv")
    for case in range(first, first + 3):
        page.goto(site.at(f"/failed/{case}"))
    assert page.locator("#cell-E").input_value() == "<img src=x onerror=alert(2)>"
    assert page.locator("#cell-C").input_value() == 'Ben <b>"&amp;"</b>'
    page.goto(site.at(f"/failed/{first + 1}"))
    assert page.locator("#cell-C").input_value() == "Ingrid <script>alert(1)</script>"
    page.goto(site.at("/failed?text=onerror"))
    assert "<img src=x onerror=alert(2)>" in page.locator("tbody").inner_text()
    assert page.locator("img, tbody script").count() == 0
    assert ran == []


def test_arabic_runs_from_right_to_left(site: Site, page: Page) -> None:
    page.goto(site.at(f"/failed/{site.case('odd.csv')}"))
    cell = page.locator("#cell-C")
    assert cell.input_value() == "سارة الأحمد"
    assert cell.evaluate("one => one.matches(':dir(rtl)')")
    assert page.locator("#cell-A").evaluate("one => one.matches(':dir(ltr)')")


def test_pages_without_script_say_the_same(site: Site, chromium: Browser) -> None:
    """What is filtered, looked at and checked needs none."""
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.at("/failed"))
    page.get_by_label("Search in cells").fill("Presnt")
    page.get_by_role("button", name="Filter").click()
    assert page.locator("tbody tr").count() == 2
    page.locator("tbody a").first.click()
    page.locator("#cell-E").fill("attended")
    page.get_by_role("button", name="Check").click()
    assert "Presnt" not in page.locator("#verdict").inner_text()
    context.close()
