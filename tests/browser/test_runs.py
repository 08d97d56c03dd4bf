"""Runs in a real browser: one that is at work is seen to end, and nothing leaves for a system outside on Enter."""

from playwright.sync_api import Browser, Page, Request, expect
from sqlalchemy import select, update

from ledger.database import open_database
from ledger.lock import hold
from ledger.tables import rollbook_runs
from tests.browser.sites import Site


def _mark(site: Site, **values: object) -> str:
    """Set columns of a run of which something was loaded; its ID."""
    runs = rollbook_runs.c
    with open_database(site.database, create=False).begin() as connection:
        run_id = connection.scalar(select(runs.run_id).where(runs.rows_loaded > 0).limit(1))
        connection.execute(update(rollbook_runs).where(runs.run_id == run_id).values(**values))
    return str(run_id)


def _columns(site: Site, run_id: str) -> object:
    query = select(rollbook_runs).where(rollbook_runs.c.run_id == run_id)
    with open_database(site.database, create=False).connect() as connection:
        return connection.execute(query).one()


def test_a_run_that_is_at_work_is_seen_to_end(fresh: Site, page: Page) -> None:
    """Without a click: its page is shown anew."""
    run_id = _mark(fresh, state="running")
    with hold(open_database(fresh.database, create=False), f"run:{run_id}"):
        page.goto(f"{fresh.url}/runs/{run_id}")
        expect(page.locator("#progress")).to_contain_text("Running now.")
        expect(page.get_by_role("progressbar")).to_have_count(1)
        expect(page.get_by_text("Resume this run")).to_have_count(0)
    expect(page.get_by_role("button", name="Resume this run")).to_be_visible()
    expect(page.locator("main")).to_contain_text("its process was killed")


def test_nothing_leaves_on_enter(fresh: Site, chromium: Browser) -> None:
    """On the box and on the button; without scripts, Enter on the box only shows the page again."""
    run_id = _mark(fresh, destination="moon")
    before = _columns(fresh, run_id)
    for with_scripts in (True, False):
        context = chromium.new_context(java_script_enabled=with_scripts)
        page = context.new_page()
        page.goto(f"{fresh.url}/runs/{run_id}")
        page.get_by_role("button", name="Undo at Moon ERP").click()
        expect(page.locator("h1")).to_have_text("Take back from Moon ERP?")
        sent: list[str] = []
        _note_requests(page, sent)
        box = page.get_by_role("checkbox", name="Yes, change Moon ERP")
        box.press("Enter")
        box.check()
        box.press("Enter")
        if with_scripts:
            page.get_by_role("button", name="Take back from Moon ERP · database rollbook.db").press("Enter")
        page.wait_for_timeout(300)
        assert sent == [] or not with_scripts
        assert _columns(fresh, run_id) == before
        expect(page.locator("h1")).to_have_text("Take back from Moon ERP?")
        context.close()


def _note_requests(page: Page, sent: list[str]) -> None:
    def note(request: Request) -> None:
        if not request.url.endswith("/static/icon.svg"):  # browsers ask for it when they please
            sent.append(request.url)

    page.on("request", note)


def test_a_run_is_undone_in_two_clicks(fresh: Site, page: Page) -> None:
    run_id = _mark(fresh, exit_code=1)
    page.goto(f"{fresh.url}/runs/{run_id}")
    page.get_by_text("Undo this run").click()
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_role("status").first).to_contain_text("The run was taken back")


def test_a_learner_is_found_from_any_page_by_the_keyboard(fresh: Site, page: Page) -> None:
    """One text and Enter."""
    page.goto(f"{fresh.url}/runs")
    page.get_by_role("searchbox", name="Learner, session, course, file or run").fill("amara.okonjo@example.com")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{fresh.url}/learner?email=amara.okonjo%40example.com&number=00417")
    expect(page.get_by_role("table", name="Loaded attendances")).to_be_visible()
