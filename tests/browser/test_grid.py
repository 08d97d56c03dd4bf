"""The grid in a real browser: corrected by the keyboard, judged as one types, and saved as one run."""

import csv
import re

from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from ledger.database import open_database, reading
from ledger.tables import rollbook_case_members, rollbook_cases
from tests.browser.sites import Site
from tests.pipeline import app

HEADERS = ("Email", "Employee ID", "Name", "Session ID", "Status", "Grade", "Enrolled on")
ROWS = 12


def _grid(site: Site) -> str:
    """The address of the grid of a new group: rows that all have another misspelt status."""
    path = site.folder / "typos.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        lines = [
            ("amara.okonjo@example.com", "00417", "Amara Okonjo", f"T-{at}", f"atended{at}", "", "2023-01-05")
            for at in range(ROWS)
        ]
        csv.writer(file).writerows([HEADERS, *lines])
    app.run("import", path, "--database", site.database, "--out", site.folder / "out", "--quiet")
    return f"{site.url}/inbox/{_group(site)}/grid"


def _group(site: Site) -> int:
    query = select(rollbook_case_members.c.group_id).where(rollbook_case_members.c.case_id == site.case("typos.csv"))
    with reading(open_database(site.database, create=False)) as connection:
        return int(connection.execute(query).scalar_one())


def _states(site: Site) -> list[str]:
    cases = rollbook_cases.c
    query = select(cases.state).where(cases.source_file.contains("typos.csv")).order_by(cases.case_id)
    with reading(open_database(site.database, create=False)) as connection:
        return list(connection.scalars(query))


def test_rows_are_corrected_with_few_keys(fresh: Site, page: Page) -> None:
    """Beside what is typed into the cells: at most three keys a row."""
    page.goto(_grid(fresh))
    pressed = 0

    def press(key: str) -> None:
        nonlocal pressed
        pressed += 1
        page.keyboard.press(key)

    press("e")
    for at in range(ROWS):
        assert page.evaluate("document.activeElement.value") == f"atended{at}"
        page.keyboard.type("attended" if at % 2 else "no_show")
        press("Enter" if at % 3 else "Tab")
    expect(page.locator("#told")).to_contain_text(f"{ROWS} of {ROWS} rows can be imported")
    expect(page.locator("#save")).to_have_text(f"Save {ROWS} rows")
    press("Control+s")
    expect(page.get_by_role("status").first).to_contain_text(f"{ROWS} cases fixed")
    assert pressed <= 3 * ROWS
    assert _states(fresh) == ["fixed"] * ROWS
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status").first).to_contain_text("taken back")
    assert _states(fresh) == ["open"] * ROWS


def test_a_row_is_judged_as_one_types(fresh: Site, page: Page) -> None:
    page.goto(_grid(fresh))
    row = page.locator("tr[data-case]").first
    cell = row.locator('[aria-invalid="true"]')
    expect(cell).to_have_count(1)
    cell.fill("attended")
    expect(row.locator(".verdict")).to_have_text("can be imported")
    expect(row.locator(".why")).to_have_count(0)
    row.locator('[name$="-G"]').fill("2023-02-30")
    expect(row.locator(".verdict")).to_have_text("has problems")
    expect(row.locator('[name$="-G"]')).to_have_attribute("aria-invalid", "true")
    assert _states(fresh) == ["open"] * ROWS


def test_a_column_is_pasted_down_the_rows(fresh: Site, page: Page) -> None:
    """As a spreadsheet copies it; what has no row on the page is told."""
    page.goto(_grid(fresh))
    page.keyboard.press("e")
    _paste(page, "\r\n".join(["attended"] * (ROWS + 2)) + "\r\n")
    expect(page.locator("#told")).to_contain_text(f"{ROWS} of {ROWS} rows can be imported")
    expect(page.locator("#told")).to_contain_text("2 pasted values had no cell on this page")
    page.keyboard.press("Escape")
    for _ in range(3):  # each takes back a cell, and none is typed into one
        page.keyboard.press("z")
    expect(page.locator("#save")).to_have_text(f"Save {ROWS - 3} rows")
    shown = page.locator('[name^="cell-"]').evaluate_all("cells => cells.map((cell) => cell.value)")
    assert ([value for value in shown if value.startswith("atended")], "z" in shown) == (
        [f"atended{ROWS - at}" for at in (3, 2, 1)],
        False,
    )


def _paste(page: Page, text: str) -> None:
    page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
            document.activeElement.dispatchEvent(event);
        }""",
        text,
    )


def test_what_was_typed_outlives_a_reload_and_another_page(fresh: Site, page: Page) -> None:
    address = _grid(fresh)
    page.goto(address)
    page.locator('[name$="-E"]').first.fill("attended")
    page.reload()
    expect(page.locator('[name$="-E"]').first).to_have_value("attended")
    expect(page.locator("#save")).to_have_text("Save 1 row")
    page.goto(f"{address}?text=T-5")
    expect(page.locator("#told")).to_contain_text("1 row changed on other pages")
    page.locator('[name$="-E"]').first.fill("no_show")
    expect(page.locator("#save")).to_have_text("Save 2 rows")
    page.locator("#save").click()
    expect(page.get_by_role("status").first).to_contain_text("2 cases fixed")
    expect(page.locator("#save")).to_be_hidden()


def test_keys_lead_through_the_rows(fresh: Site, page: Page) -> None:
    page.goto(_grid(fresh))
    for key, row in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
        page.keyboard.press(key)
        assert page.evaluate("[...document.querySelectorAll('tr[data-case]')].indexOf(document.activeElement)") == row
    page.keyboard.press("i")
    assert page.evaluate("document.activeElement.id") == "reason"
    expect(page.locator('[name="case"]').nth(1)).to_be_checked()
    page.keyboard.type("j/?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("1 row ignored")
    page.wait_for_load_state()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "f-text"
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.get_by_label("Use the keys that are single letters and signs").uncheck()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") != "f-text"


def test_the_grid_works_without_scripts(fresh: Site, chromium: Browser) -> None:
    """Enter checks, and writes nothing; one button saves the whole page."""
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(_grid(fresh))
    page.locator('[name$="-E"]').nth(3).fill("attended")
    page.locator('[name$="-E"]').nth(3).press("Enter")
    assert "Nothing has been imported yet." in page.locator("#told").inner_text()
    assert "can be imported" in page.locator("tr[data-case]").nth(3).inner_text()
    page.get_by_role("button", name="Save the changed rows").click()
    assert "1 case fixed" in page.get_by_role("status").first.inner_text()
    context.close()
    assert sorted(_states(fresh)) == ["fixed"] + ["open"] * (ROWS - 1)


def test_the_grid_fits_the_window(fresh: Site, page: Page) -> None:
    address = _grid(fresh)
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), width
        assert re.fullmatch(r"\d+ open rows in this group", page.locator(".narrowing .quiet").inner_text()), width
