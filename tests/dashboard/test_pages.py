"""What the pages show: all of it as text, wherever it came from."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from dashboard.forms import look_of
from ledger.database import open_database
from ledger.lock import hold
from ledger.tables import rollbook_runs
from rollbook.settings import NightlySettings, Settings
from tests.dashboard.serving import Browser, opened
from tests.pipeline.desk import BAD, GOOD, Desk

SCRIPT = '<script>alert("x")</script><img src=x onerror=alert(1)>'
NASTY = (SCRIPT, "1009", "S-1", '"><b>&amp;', "", "2023-01-05")
ARABIC = ("ليلى@example.com", "1010", "S-1", "مستمع", "", "2023-01-05")
CASES = 4


def _place(folder: Path) -> Desk:
    """A place where a file with failed rows was imported."""
    desk = Desk(folder, f"sqlite:///{folder / 'test.db'}")
    assert desk.do("import", desk.sheet(GOOD, BAD, NASTY, ARABIC, ("", "1011", "S-1", "?", "", ""))).exit == 1
    return desk


def _settings(desk: Desk) -> Settings:
    return Settings(database=desk.url, out=desk.folder / "out")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a place that no test changes."""
    return _settings(_place(tmp_path_factory.mktemp("place")))


@pytest.fixture(scope="module")
def opened_once(settings: Settings) -> Iterator[Browser]:
    """A server there."""
    with opened(settings) as browser:
        yield browser


@pytest.fixture
def browser(opened_once: Browser) -> Browser:
    """A browser there that has seen nothing yet."""
    opened_once.client.cookies.clear()
    opened_once.page = ""
    return opened_once


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A place that a test may change."""
    return _place(tmp_path)


def _cases(browser: Browser) -> list[int]:
    return [int(number) for number in re.findall(r'<a href="/failed/(\d+)">Case', browser.page)]


def test_cells_are_text_whatever_they_hold(browser: Browser) -> None:
    """On every page on which a cell stands; markup in it is shown, not done."""
    for path in (
        "/failed",
        "/failed/2",
        "/failed?text=%3Cscript%3E",
        "/failed/replace?value=%3Cscript%3E&column=%3Cb%3E",
    ):
        assert browser.get(path).status_code == 200
        assert "<script>" not in browser.page
        assert "<img" not in browser.page
        assert "<b>" not in browser.page
    assert SCRIPT in browser.get("/failed/2").text.replace("&lt;", "<").replace("&gt;", ">").replace("&#34;", '"')


def test_each_way_of_writing_keeps_its_direction(browser: Browser) -> None:
    """What comes from sheets says itself whether it goes from right to left."""
    browser.get("/failed/3")
    assert re.search(r'name="cell-D" dir="auto"[^>]*value="مستمع"', browser.page)
    assert 'lang="en"' in browser.page


def test_a_row_is_shown_with_all_that_is_wrong(browser: Browser) -> None:
    """Its cells under their headers, the bad ones marked, problems, remedies, history."""
    browser.get("/failed/1")
    told = browser.text()
    for text in ("history.csv", "row 3", "status.unknown", "date.invalid", "perhaps", "First seen", "in 1 run"):
        assert text in told
    cells = dict(re.findall(r'name="cell-([A-Z])"[^>]*value="([^"]*)"', browser.page))
    assert cells == dict(zip("ABCDEF", BAD, strict=True))
    assert re.findall(r'name="cell-([A-Z])"[^>]*aria-invalid', browser.page) == ["D", "F"]


def test_rows_are_listed_with_their_cells(browser: Browser) -> None:
    """In the order of their columns, without the blank ones; the bad ones marked."""
    browser.get("/failed?text=perhaps")
    (line,) = re.findall(r'<p class="row-cells">(.*?)</p>', browser.page)
    cells = re.findall(r'<bdi title="([A-Z])"( class="value")?>([^<]*)</bdi>', line)
    filled = [(letter, text) for letter, text in zip("ABCDEF", BAD, strict=True) if text]
    assert [(letter, text) for letter, _, text in cells] == filled
    assert [letter for letter, marked, _ in cells if marked] == ["D", "F"]


def test_what_is_not_there_is_not_found(browser: Browser) -> None:
    """A case, a run, a page; what cannot be meant is told, and no query breaks a page."""
    for path in (
        "/failed/999",
        "/failed/999999999999999999999",
        "/runs/nothing",
        "/runs/2",
        "/runs/%00",
        "/runs?older=%27",
        "/x",
        "/failed/download?kind=exe",
    ):
        assert browser.get(path).status_code == 404, path
    assert browser.get("/failed?after=rubbish").status_code == 400
    for path in ("/?days=x", "/?days=-1"):
        assert browser.get(path).status_code == 404
    for path in (
        "/failed?sort=x&state=x&run=%00%27",
        "/failed?text=%25_%5C%27%22",
        "/runs?older=x&newer=y",
        "/?days=365",
    ):
        assert browser.get(path).status_code == 200, path


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("", CASES),
        ("code=status.unknown", 4),
        ("code=date.invalid", 1),
        ("text=PERHAPS", 1),
        ("text=مستمع", 1),
        ("column=Email", 1),
        ("state=fixed", 0),
        ("state=all&run=nothing", 0),
        ("code=status.unknown&text=perhaps&column=Status", 1),
    ],
)
def test_rows_are_filtered(browser: Browser, query: str, number: int) -> None:
    """By what the form offers; what was filtered stands in the form again."""
    browser.get(f"/failed?{query}")
    assert len(_cases(browser)) == number
    for value in re.findall(r"text=([^&]+)", query):
        assert f'value="{value}"' in browser.page


def test_pages_lead_on_and_back(settings: Settings) -> None:
    """By their place, in both directions; no row is passed over or shown twice."""
    small = settings.model_copy(update={"dashboard": settings.dashboard.model_copy(update={"page_size": 1})})
    with opened(small) as browser:
        seen, path = [], "/failed?sort=case"
        while path:
            browser.get(path)
            seen += _cases(browser)
            found = re.search(r'rel="next" href="([^"]+)"', browser.page)
            path = found[1].replace("&amp;", "&") if found else ""
        assert seen == [1, 2, 3, 4]
        back = re.search(r'rel="prev" href="([^"]+)"', browser.page)
        assert back
        browser.get(back[1].replace("&amp;", "&"))
        assert _cases(browser) == [3]


def test_runs_lead_on_and_back(desk: Desk) -> None:
    """The latest first."""
    for number in range(2):
        desk.do("import", desk.sheet(GOOD, name=f"{number}.csv"))
    settings = _settings(desk)
    small = settings.model_copy(update={"dashboard": settings.dashboard.model_copy(update={"page_size": 2})})
    with opened(small) as browser:
        runs = r'<a href="/runs/([\w-]+)">\1</a>'
        first = re.findall(runs, browser.get("/runs").text)
        assert "Newer" not in browser.page
        older = re.search(r'rel="next" href="([^"]+)"', browser.page)
        assert older
        second = re.findall(runs, browser.get(older[1]).text)
        assert (len(first), len(second)) == (2, 1)
        assert "Older" not in browser.page
        newer = re.search(r'rel="prev" href="([^"]+)"', browser.page)
        assert newer
        assert re.findall(runs, browser.get(newer[1]).text) == first


def test_the_overview_counts(browser: Browser) -> None:
    """Open, fixed and ignored; rules and files lead to their rows; runs have a bar each and a table."""
    browser.get("/")
    told = browser.text()
    for text in (f"{CASES} open", "status.unknown", "history.csv", "None yet", "expect_within"):
        assert text in told
    assert browser.page.count('class="of-rejected" x=') >= 1
    for href in set(re.findall(r'href="(/(?:failed|runs)[^"]*)"', browser.page)):
        assert browser.get(href.replace("&amp;", "&")).status_code == 200


def test_a_nightly_run_that_is_due_is_told(desk: Desk) -> None:
    """When nothing new came within what the settings expect."""
    settings = _settings(desk)
    for expected, words, told in (("26h", "26 hours", "On time"), ("0m", "0 minutes", "Overdue")):
        nightly = NightlySettings(expect_within=expected)
        with opened(settings.model_copy(update={"nightly": nightly})) as browser:
            browser.get("/")
            assert f"Overdue. A new file was expected within {words}." in browser.text()
            drop = desk.folder / "drop" / expected
            drop.mkdir(parents=True)
            desk.sheet(GOOD, name=f"drop/{expected}/new-{expected}.csv")
            text = f"out = '{settings.out}'\n[nightly]\nsettled_seconds = 0\n"
            desk.do("nightly", drop, "--settings", desk.text("nightly.toml", text))
            browser.get("/")
            assert told in browser.text()
            assert "1 row read" in browser.text()


def test_a_killed_run_is_shown_as_stopped_with_what_continues_it(desk: Desk) -> None:
    """On each page that names it; while somebody works on it, it is running."""
    desk.do("import", desk.sheet(GOOD))
    engine = open_database(desk.url, create=False)
    with engine.begin() as connection:
        connection.execute(update(rollbook_runs).values(state="running", command="nightly", finished_at=None))
        *_, run = connection.scalars(select(rollbook_runs.c.run_id).order_by(rollbook_runs.c.started_at))
    with opened(_settings(desk)) as browser:
        for path in ("/", "/runs", f"/runs/{run}"):
            with hold(engine, f"run:{run}"):
                browser.get(path)
                assert " running " in browser.text()
            browser.get(path)
            assert " stopped " in browser.text()
        assert "its process was killed" in browser.text()
        assert "Resume this run" in browser.text()


def test_a_run_tells_how_it_understood_its_files(browser: Browser) -> None:
    """Sheets, header row, which column feeds which field, outcomes, problems by rule."""
    browser.get("/runs/last")
    told = browser.text()
    for text in (
        "with failures",
        "5 read",
        "1 loaded",
        "4 rejected",
        "header in row 1",
        "learner_email",
        "status.unknown 4",
    ):
        assert text in told, text


def test_reports_are_handed_out_and_nothing_else(desk: Desk) -> None:
    """What lies in the run's folder, by its name; no path leads out of it, no link is followed."""
    with opened(_settings(desk)) as browser:
        browser.get("/runs/last")
        report = re.search(r'href="(/runs/([\w-]+)/reports/failed-rows.xlsx)"', browser.page)
        assert report
        answer = browser.get(report[1])
        assert answer.content.startswith(b"PK")
        assert "attachment" in answer.headers["content-disposition"]
        folder = desk.folder / "out" / report[2]
        (folder / "secret.csv").symlink_to(desk.folder / "history.csv")
        (folder / "notes.txt").write_text("x")
        base = f"/runs/{report[2]}/reports"
        for name in (
            "secret.csv",
            "notes.txt",
            "..%2F..%2Fhistory.csv",
            "%2e%2e/history.csv",
            "%2Fetc%2Fpasswd",
            "x.csv",
        ):
            assert browser.get(f"{base}/{name}").status_code == 404, name


def test_without_actions_it_only_shows(settings: Settings) -> None:
    """Its pages have no forms that write, and who sends one is told."""
    with opened(settings, acts=False) as browser:
        for path in ("/", "/failed", "/failed/1", "/runs", "/runs/last"):
            assert browser.get(path).status_code == 200
            assert "Import this row" not in browser.page
            assert 'name="case"' not in browser.page
        assert browser.get("/failed/download").status_code == 400
        browser.get("/failed/replace")
        assert browser.post("/failed/1/import").status_code == 400
        assert "read-only" in browser.text()


def test_labels_and_landmarks_are_there(browser: Browser) -> None:
    """Every field has a label, every table a caption, every page one heading, a language and a way past its top."""
    for path in ("/", "/failed", "/failed/1", "/failed/replace", "/runs", "/runs/last"):
        page = browser.get(path).text
        assert len(re.findall(r"<h1", page)) == 1
        assert page.count("<table") == page.count("<caption")
        assert '<a class="skip" href="#main">' in page
        labelled = set(re.findall(r'<label for="([^"]+)"', page))
        fields = re.findall(r"<(?:input|select|textarea)\b[^>]*>", page)
        for each in fields:
            named = re.search(r'id="([^"]+)"', each)
            assert 'type="hidden"' in each or "aria-label=" in each or (named and named[1] in labelled), each


def test_pages_are_light(browser: Browser) -> None:
    """With all that they load: less than 300 KB."""
    parts = [browser.get(f"/static/{name}").content for name in ("dashboard.css", "dashboard.js", "icon.svg")]
    for path in ("/", "/failed", "/failed/1", "/runs/last"):
        assert sum(map(len, parts)) + len(browser.get(path).content) < 300 * 1024


def test_a_database_that_goes_is_told(desk: Desk) -> None:
    """In one line, without what it said."""
    with opened(_settings(desk)) as browser:
        for file in desk.folder.glob("test.db*"):
            file.unlink()
        answer = browser.get("/failed")
    assert answer.status_code in (500, 503)
    assert "no such table" not in answer.text
    assert "database" in browser.text()


def test_a_look_is_written_as_it_is_read() -> None:
    """A query that was made of what an address asked for asks for the same."""
    asked = {"code": "status.unknown", "text": "a&b=c", "state": "all", "sort": "-file", "file": "x/y z.csv"}
    look = look_of(asked)
    assert look_of(look.hidden()) == look
    assert look_of({}).query() == ""
    assert look_of({"after": "x"}).query() == ""
    assert look.query(after="x").endswith("after=x")
