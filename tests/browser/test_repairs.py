"""The way back, in a real browser: a failed row is found, corrected, judged, imported, and its case is fixed."""

from io import BytesIO
from pathlib import Path

from openpyxl import load_workbook
from playwright.sync_api import Locator, Page, expect

from tests.browser.sites import Site
from tests.pipeline import app


def _state(site: Site, case: int) -> str:
    lines = app.run("failures", "--database", site.database).told["failures"]
    return next((one["state"] for one in lines if one["case_id"] == case), "fixed")


def _changes(page: Page) -> list[list[str]]:
    rows = page.get_by_role("table", name="Changes").locator("tbody tr")
    return [[cell.inner_text() for cell in row.locator("td").all()[1:]] for row in rows.all()]


def test_a_row_is_repaired_by_the_keyboard_alone(fresh: Site, page: Page) -> None:
    """From the overview to the fixed case, with Tab, letters and Enter."""
    page.goto(fresh.url)
    _tab_to(page, "link", "status.unknown")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Failed rows")
    case = _first_case(page, "hr_attendance_2023.xlsx")
    _tab_to(page, "link", f"Case {case}")
    page.keyboard.press("Enter")
    _tab_to(page, "textbox", "Status")
    page.keyboard.press("Control+a")
    page.keyboard.type("attended")
    expect(page.locator("#verdict")).to_contain_text("No problems found")
    _tab_to(page, "button", "Import this row")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("This row is fixed")
    expect(page.locator("h1")).to_contain_text("fixed")
    ((_, through, _, before, after),) = _changes(page)
    assert (through, after) == ("dashboard", "attended")
    assert before not in ("", "attended")
    assert _state(fresh, case) == "fixed"


def _first_case(page: Page, name: str) -> int:
    link = page.locator("tbody tr", has_text=name).locator("a").first
    return int(link.inner_text().removeprefix("Case "))


def _tab_to(page: Page, role: str, name: str) -> None:
    """Press Tab until that has the focus, which must be seen."""
    wanted = page.get_by_role(role, name=name, exact=True).first  # type: ignore[arg-type]
    for _ in range(200):
        page.keyboard.press("Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            style = "one => getComputedStyle(one).outlineStyle + getComputedStyle(one).boxShadow"
            assert wanted.evaluate(style) != "nonenone", (name, "shows no focus")
            return
    raise AssertionError(f"Tab does not reach {role} {name!r}")


def test_cells_are_marked_as_the_rules_see_them_now(fresh: Site, page: Page) -> None:
    """A cell that was mended is marked no more, one that was spoiled is, with what is wrong with it."""
    case = fresh.case("odd.csv") + 2  # a wrong status and a day that there is not
    page.goto(f"{fresh.url}/failed/{case}")
    status, day, email = (page.locator(f"#cell-{letter}") for letter in "EGA")
    for cell, is_wrong in ((status, True), (day, True), (email, False)):
        _expect_marked(page, cell, is_wrong=is_wrong)
    status.fill("attended")
    email.fill("ann lee@")
    _expect_marked(page, status, is_wrong=False)
    _expect_marked(page, email, is_wrong=True)
    _expect_marked(page, day, is_wrong=True)
    expect(page.locator("#wrong-A")).to_contain_text("ann lee@")


def _expect_marked(page: Page, cell: Locator, *, is_wrong: bool) -> None:
    row = page.locator("tr", has=cell)
    if is_wrong:
        expect(cell).to_have_attribute("aria-invalid", "true")
        expect(row.locator(".why")).to_have_count(1)
        expect(row).to_contain_class("bad")
    else:
        expect(cell).not_to_have_attribute("aria-invalid", "true")
        expect(row.locator(".why")).to_have_count(0)
        expect(row).not_to_contain_class("bad")


def test_what_is_still_wrong_is_told_and_stays_open(fresh: Site, page: Page) -> None:
    case = fresh.case("odd.csv") + 2  # a wrong status and a day that there is not
    page.goto(f"{fresh.url}/failed/{case}")
    page.locator("#cell-E").fill("attended")
    expect(page.locator("#verdict")).to_contain_text("left")
    page.get_by_role("button", name="Import this row").click()
    expect(page.get_by_role("status").first).to_contain_text("there are still problems")
    assert _state(fresh, case) == "open"


def test_a_value_is_replaced_in_all_rows_at_once_and_remembered(fresh: Site, page: Page) -> None:
    page.goto(f"{fresh.url}/failed?text=Presnt")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("checkbox", name="Select all rows on this page").check()
    page.get_by_role("button", name="Replace a value").click()
    page.get_by_label("Column").fill("Status")
    page.get_by_label("Current value").fill("Presnt")
    page.get_by_label("New value").fill("attended")
    page.get_by_role("button", name="Preview changes").click()
    expect(page.get_by_role("status")).to_contain_text("2 rows")
    page.get_by_label("Remember this").check()
    page.get_by_role("button", name="Replace and import 2 rows").click()
    expect(page.locator("h1")).to_have_text("Replaced")
    expect(page.get_by_role("status")).to_contain_text("2 cases fixed")
    expect(page.locator("main")).to_contain_text('Presnt = "attended"')
    page.goto(f"{fresh.url}/failed?text=Presnt")
    expect(page.locator(".empty")).to_have_count(1)


def test_rows_that_need_no_repair_are_set_aside_with_a_reason(fresh: Site, page: Page) -> None:
    case = fresh.case("odd.csv")
    page.goto(f"{fresh.url}/failed/{case}")
    page.get_by_label("Reason for ignoring this row").fill("a test of somebody's")
    page.get_by_role("button", name="Ignore this row").click()
    expect(page.get_by_role("status")).to_contain_text("1 row ignored")
    page.goto(f"{fresh.url}/failed/{case}")
    expect(page.locator("main")).to_contain_text("a test of somebody's")
    assert _state(fresh, case) == "ignored"


def test_what_is_filtered_is_downloaded(fresh: Site, page: Page) -> None:
    page.goto(f"{fresh.url}/failed?text=Presnt")
    with page.expect_download() as download:
        page.get_by_role("link", name="Excel workbook to correct and import").click()
    book = load_workbook(BytesIO(Path(download.value.path()).read_bytes()))
    cells = [str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell]
    assert cells.count("Presnt") == 2
    assert "سارة الأحمد" in cells
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert text.count("Presnt") >= 2
    assert "onerror" not in text
