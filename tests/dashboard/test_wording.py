"""The pages speak the reader's language, all of them and everywhere."""

import json
import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest

from dashboard import wording
from dashboard.confirming import SEND
from dashboard.overview_page import CHART
from dashboard.repairs.failed_pages import SORT_NAMES
from dashboard.repairs.grid_pages import OUTCOME_NAMES
from dashboard.repairs.group_pages import CREATES, TAB_NAMES
from dashboard.repairs.sides_pages import KEPT
from dashboard.runs.run_pages import COVERED
from dashboard.uploads.import_forms import english_label
from ledger.activity import KINDS
from ledger.database import open_database
from ledger.tables import CASE_STATES
from reports.activity import ACTIVITY_NAMES
from reports.languages.texts import MEANT, PLURALS, table_of
from rollbook.rows.fields import FIELDS
from rollbook.rows.outcomes import ACCEPTED, OUTCOMES
from rollbook.rows.statuses import STATUSES
from rollbook.settings import Settings
from tests.dashboard.serving import Browser, opened
from tests.ledger.test_nights import night
from tests.pipeline.desk import BAD, GOOD, HEADERS, Desk

PAGES = (
    *("/", "/inbox", "/inbox?tab=fixed", "/inbox/1", "/inbox/1/grid", "/failed", "/failed?state=ignored", "/failed/1"),
    *("/failed/replace", "/import", "/runs", "/runs/last", "/nights", "/search", "/search?q=zzz", "/activity"),
    *("/learner?email=ana%40example.com", "/session?code=S-1", "/no-such-page", "/search?q=example"),
)
_CODE = [path for ending in ("html", "py", "js") for path in sorted(Path("dashboard").rglob(f"*.{ending}"))]
_SAID = re.compile(r'\b(?:say|count|counted)\(\s*"([^"]+)"')
# Words that codes of ours stand for: states of runs, files, sheets and batches, commands, why rows are ignored.
_WORDS = (
    *("all", "waiting", "running", "stopped", "completed", "with failures", "undone", "deliver", "check", "found"),
    *("read", "skipped", "done", "recorded", "sending", "settled", "workbook", "dashboard", "database", "smarteru-xml"),
    *("blank", "title", "note", "repeated header", "totals", "example", "skipped by profile", "ignored"),
    *(kind for kind in KINDS if kind in ("import", "nightly", "migrate", "retry", "repair", "resume", "undo")),
    *("ignore", "reopen", ACCEPTED, *CASE_STATES, *OUTCOMES, *(status.replace("_", " ") for status in STATUSES)),
)


def _used() -> set[str]:
    """The English texts that pages may say."""
    written = {text for path in _CODE for text in _SAID.findall(path.read_text(encoding="utf-8"))}
    by_name = (ACTIVITY_NAMES, SORT_NAMES, OUTCOME_NAMES, TAB_NAMES, CREATES)
    named = {text for names in by_name for text in names.values()}
    alone = {SEND, "Take back from {system}", KEPT, COVERED, CHART, *_WORDS, *map(english_label, FIELDS)}
    nights = {"{n} rows, usually about {usual}", "{n} failed, usually about {usual}", "{n} files not loaded"}
    return written | named | alone | nights


@pytest.mark.parametrize("language", [language for language in PLURALS if language != "en"])
def test_a_language_has_every_text_of_the_pages_and_no_other(language: str) -> None:
    known = set(table_of(language)["pages"])
    assert (_used() - known, known - _used()) == (set(), set())


def test_english_has_both_forms_of_each_text_that_counts() -> None:
    counted = {text for text in _used() if "{n}" in text and text != "and {n} earlier"}
    assert counted - set(table_of("en")["pages"]) == set()


class _Words(HTMLParser):
    """What a page says: (text, whether it may be a person's own)."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[tuple[str, bool]] = []
        self._open: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        own = tag in ("bdi", "code", "title") or ("dir" in told and tag != "html") or any(self._open[-1:])
        self.said += [(str(told[name]), True) for name in ("aria-label", "title", "placeholder") if told.get(name)]
        if tag not in ("meta", "link", "input", "br", "rect", "hr"):
            self._open.append(own)

    def handle_endtag(self, tag: str) -> None:
        if tag != "rect":
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if text := " ".join(data.split()).strip(" :·.,"):
            self.said.append((text, any(self._open[-1:])))


def _english(language: str) -> tuple[set[str], list[re.Pattern[str]]]:
    """The texts of the pages that this language says otherwise, and what those with values look like."""
    told = {english: own for section in ("pages", "rules") for english, own in table_of(language)[section].items()}
    texts = {english.partition(MEANT)[0].strip(" :·.,") for english, own in told.items() if own != english}
    same = {own.strip(" :·.,") for own in told.values() if isinstance(own, str)}
    plain = [re.escape(re.sub(r"\[\[.*?\]\]", "", text)) for text in texts if "{" in text]
    patterns = [re.sub(r"\\\{\w+\\\}", ".+", text) for text in plain]
    return texts - same, [re.compile(pattern) for pattern in patterns if len(re.findall("[a-z]{2,}", pattern)) > 2]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser at pages with rows that failed, were ignored and loaded, and nights."""
    folder = tmp_path_factory.mktemp("place")
    desk = Desk(folder, f"sqlite:///{folder / 'test.db'}")
    assert desk.do("import", desk.sheet(GOOD, BAD, BAD, ("", "1011", "S-1", "?", "", ""))).exit == 1
    engine = open_database(desk.url, create=False)
    with engine.begin() as connection:
        for days_ago in range(12):
            night(connection, days_ago, 500 if days_ago else 20, name="feed.csv", loaded=490, rejected=10)
    settings = Settings.model_validate({"database": desk.url, "out": folder / "out", "notify": {"language": "de"}})
    with opened(settings) as browser:
        browser.get("/failed/2")
        browser.post("/failed/ignore", {"case": "2", "reason": "-"})
        yield browser


@pytest.mark.parametrize("language", ["de", "ar"])
def test_no_page_says_anything_in_english(language: str, browser: Browser) -> None:
    """Of all that the catalogs have in another way: texts alone, and sentences around values."""
    texts, patterns = _english(language)
    for path in PAGES:
        answer = browser.get(path, {"accept-language": f"{language};q=0.9, en;q=0.1"})
        words = _Words()
        words.feed(answer.text)
        left = [text for text, is_own in words.said if text in texts and not (is_own and text in HEADERS)]
        left += [text for text, _ in words.said for pattern in patterns if pattern.fullmatch(text)]
        assert left == [], path
        direction = "rtl" if language == "ar" else "ltr"
        assert f'<html lang="{language}" dir="{direction}">' in answer.text


@pytest.mark.parametrize("path", ["/failed", "/learner?email=ana%40example.com"])
def test_a_link_at_the_foot_changes_the_language_and_leads_back(path: str, browser: Browser) -> None:
    assert '<html lang="de"' in browser.get(path).text, "that of the settings, where the browser says nothing"
    link = f"/language/fr?back={quote(path, safe='')}"
    assert link in unescape(browser.page)
    answer = browser.get(link, {"accept-language": "es"})
    assert answer.url.path + (f"?{answer.url.query.decode()}" if answer.url.query else "") == path
    assert '<html lang="fr"' in browser.get(path, {"accept-language": "es"}).text, "the choice counts more"
    browser.client.cookies.delete(wording.COOKIE)
    assert '<html lang="es"' in browser.get(path, {"accept-language": "es"}).text


@pytest.mark.parametrize("back", ["https://example.com/", "//example.com", "/\\example.com", "javascript:alert(1)"])
def test_it_leads_to_no_other_site(back: str, browser: Browser) -> None:
    answer = browser.get(f"/language/en?back={quote(back, safe='')}", follow=False)
    assert answer.headers["location"] == "/"
    browser.client.cookies.delete(wording.COOKIE)


def test_a_language_that_we_do_not_have_is_not_found(browser: Browser) -> None:
    assert browser.get("/language/tlh?back=/").status_code == 404


@pytest.mark.parametrize(
    ("kept", "asked", "language"),
    [
        (None, "", "es"),
        (None, "ja, ko", "es"),
        (None, "ja, fr-CA;q=0.5, de;q=0.4", "fr"),
        (None, "de;q=0, ar;q=0.1", "ar"),
        (None, "en-GB", "en"),
        ("ar", "de", "ar"),
        ("tlh", "de", "de"),
        (None, ";;;q=x,,*", "es"),
    ],
)
def test_what_the_reader_chose_counts_most_then_the_browser_then_the_settings(
    kept: str | None, asked: str, language: str
) -> None:
    assert wording.choose(kept, asked, "es") == language


def test_scripts_have_their_texts_and_plural_forms() -> None:
    wording.speak("ar")
    told = json.loads(wording.script_texts())
    wording.speak("en")
    assert set(told) == set(wording.in_scripts())
    assert set(told["Save {n} rows"]) == set(PLURALS["ar"][1])
    assert told["Sending…"] != "Sending…"


def test_values_are_text_and_stand_apart_in_arabic() -> None:
    wording.speak("ar")
    shown = str(wording.say("Was: {value}", value="<b>&"))
    command = str(wording.say("Administrator: continue with `{command}`", command="rollbook resume 1"))
    wording.speak("en")
    assert command.endswith("<code>rollbook resume 1</code>"), "as it is copied"
    assert shown.endswith("\u2068&lt;b&gt;&amp;\u2069")
    shown = str(wording.say("Administrator: continue with `{command}`", command="a & b"))
    assert shown.endswith("<code>a &amp; b</code>")


def test_of_uploaded_files_the_names_are_told() -> None:
    """And of others where they are."""
    told = "it came from /srv/our reports/uploads/0123456789abcdef/files/June list.csv, sheet June, row 3"
    assert wording.translated(told) == "it came from June list.csv, sheet June, row 3"
    both = "/srv/drop/June.csv, row 3; /srv/uploads/0123456789abcdef/files/May.csv, row 4"
    assert wording.translated(both) == "/srv/drop/June.csv, row 3; May.csv, row 4"
    assert wording.translated("/srv/drop/June.csv, sheet June, row 3") == "/srv/drop/June.csv, sheet June, row 3"
