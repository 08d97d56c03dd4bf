"""Import in the browser, by forms alone: what is shown of files, what is chosen, and what is imported."""

import io
import os
import re
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from dashboard.uploads.import_forms import key_of
from ledger.database import open_database, reading
from ledger.tables import training_enrollments
from pipeline.uploads.importing import Importing
from pipeline.uploads.store import JOB, Uploads, read_json
from rollbook.profile import parse_profile
from rollbook.settings import DashboardSettings, Settings, load_settings
from tests.dashboard.serving import Browser, opened
from tests.dashboard.uploading import send, stage_of, uploaded, wait, zipped
from tests.pipeline import app
from tests.pipeline.smarteru_desk import mail, row, smarteru_desk

HEAD = "Email,Session ID,Status,Papers in\n"
SHEET = HEAD + "ann@example.com,S-1,attended,2023-01-05\nben@example.com,S-1,Presentish,2023-01-06\n"
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation with a folder of profiles, which has none yet but one for other files."""
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "other.toml").write_text('[applies]\nfiles = "other_*.csv"\n')
    return Settings(database=f"sqlite:///{tmp_path / 'test.db'}", out=tmp_path / "out", profile=tmp_path / "profiles")


@pytest.fixture
def browser(settings: Settings) -> Iterator[Browser]:
    """A dashboard there."""
    with opened(settings) as browser:
        yield browser


def _numbers(browser: Browser) -> dict[str, int]:
    """What an import would do, or did, as the page counts it."""
    words = browser.text().split()
    names = {"new": "new", "changed": "changed", "there": "there already", "failed": "failed"}
    return {
        told: int(words[at - 1].replace(",", ""))
        for at, word in enumerate(words)
        if (told := names.get(word)) and words[at - 1].replace(",", "").isdigit()
    }


def _press(browser: Browser, path: str, button: str, **fields: str) -> str:
    """Send the form of the page with a button, and wait for what it begins."""
    answer = browser.post(f"{path}/{button}", {**_shown(browser), **fields}, follow=False)
    assert answer.status_code == 303, browser.text()
    return wait(browser, answer.headers["location"])


def _shown(browser: Browser) -> dict[str, str]:
    """What the form of the page says of itself."""
    return dict(re.findall(r'name="(shown-to|checked)" value="([^"]*)"', browser.page))


def test_a_file_is_looked_at_before_anything_is_imported(browser: Browser, settings: Settings) -> None:
    """Its sheet, header row, columns with samples, and what an import would do, as `check` counts it."""
    path = uploaded(browser, {"march.csv": SHEET})
    told = browser.text()
    assert "header in row 1" in told
    assert "ann@example.com" in told
    assert "2023-01-05" in told
    assert "Presentish" in told
    assert "Import 1 row into test.db" in told
    (sheet,) = (settings.out / "uploads").rglob("march.csv")
    checked = app.run("check", sheet, "--database", settings.database, "--out", settings.out).told["rows"]
    shown = _numbers(browser)
    assert shown == {
        "new": checked["loaded"],
        "changed": checked["updated"],
        "there already": checked["unchanged"] + checked["duplicate"],
        "failed": checked["rejected"] + checked["failed"],
    }
    assert app.run("runs", "--database", settings.database).told["runs"] == []
    assert stage_of(browser, path) == "checked"


def test_what_may_be_another_thing_is_told_before_anything_is_imported(browser: Browser) -> None:
    """As the command line tells it: courses that look like one, a session of two courses."""
    lines = ["E-mail,Name,Course,Session ID,Session date,Status"]
    lines += ["ann@example.com,Ann Lee,Rigging Level 2,R-1,2023-01-05,attended"]
    lines += ["jorge@example.com,Jorge Diaz,Rigging L2,R-2,2023-01-06,attended"]
    lines += [
        "eva@example.com,Eva Orr,Cranes,R-3,2023-01-07,attended",
        "bo@example.com,Bo Roy,Hoists,R-3,2023-01-07,attended",
    ]
    uploaded(browser, {"rigging.csv": "\n".join(lines)})
    told = browser.text()
    assert "These look like one course: Rigging Level 2 · Rigging L2." in told
    assert "Rows of the session R-3 differ in this field: Course name (Cranes · Hoists)." in told


def test_words_and_columns_are_mapped_checked_and_imported(browser: Browser, settings: Settings) -> None:
    """And kept as a profile for such files, which the next one is read by."""
    path = uploaded(browser, {"march_2026.csv": SHEET})
    said = {key_of("means", 0, "status", "Presentish"): "attended", key_of("column", 0, "Papers in"): "completed_on"}
    assert _press(browser, path, "check", **said) == "checked"
    assert _numbers(browser)["new"] == 2
    assert "words that are not understood" not in browser.text().lower()
    assert _press(browser, path, "import", remember="yes") == "imported"
    assert _numbers(browser)["new"] == 2
    (profile,) = (settings.profile / "march.toml",)  # type: ignore[operator]
    kept = parse_profile(profile.read_text())
    assert (kept.applies.files, kept.values["status"]) == ("march_*.csv", {"Presentish": "attended"})
    assert kept.columns == {"completed_on": "Papers in"}
    (run,) = app.run("runs", "--database", settings.database).told["runs"]
    assert (run["by"], run["rows"]["loaded"], run["files"]) == ("Pat", 2, ["march_2026.csv"])
    uploaded(browser, {"march_2027.csv": SHEET.replace("S-1", "S-2")})
    assert (_numbers(browser)["new"], "By the profile march" in browser.text()) == (2, True)


def test_choices_that_were_not_checked_are_checked_before_they_are_imported(
    browser: Browser, settings: Settings
) -> None:
    path = uploaded(browser, {"march.csv": SHEET})
    said = {key_of("means", 0, "status", "Presentish"): "attended"}
    assert _press(browser, path, "import", remember="yes", **said) == "checked"
    assert app.run("runs", "--database", settings.database).told["runs"] == []
    assert _numbers(browser)["new"] == 2
    assert "Nothing is imported yet. Your choices were checked first" in browser.text()
    assert 'name="remember" value="yes" checked' in browser.page
    assert _press(browser, path, "import", **said) == "imported"


def test_what_an_earlier_form_says_is_checked_and_not_dropped(browser: Browser, settings: Settings) -> None:
    """In another tab, or after going back: a word that is understood by now can mean something else."""
    word = key_of("means", 0, "status", "Presentish")
    path = uploaded(browser, {"march.csv": SHEET})
    earlier = _shown(browser)
    assert _press(browser, path, "check", **{word: "no_show"}) == "checked"
    assert _press(browser, path, "import", **{**earlier, word: "cancelled"}) == "checked"
    assert 'value="cancelled" selected' in browser.page
    assert app.run("runs", "--database", settings.database).told["runs"] == []
    assert _press(browser, path, "import", **{**earlier, word: "cancelled"}) == "checked"  # nobody has seen this one
    assert _press(browser, path, "import", **{word: "cancelled"}) == "imported"
    query = select(training_enrollments.c.status).order_by(training_enrollments.c.source_row)
    with reading(open_database(settings.database, create=False)) as connection:
        assert list(connection.scalars(query)) == ["attended", "cancelled"]


def test_a_meaning_can_be_taken_back(browser: Browser) -> None:
    word = key_of("means", 0, "status", "Presentish")
    path = uploaded(browser, {"march.csv": SHEET})
    assert (_press(browser, path, "check", **{word: "completed"}), _numbers(browser)["failed"]) == ("checked", 0)
    assert "Meanings that you chose" in browser.text()
    assert (_press(browser, path, "check", **{word: ""}), _numbers(browser)["failed"]) == ("checked", 1)
    assert "Meanings that you chose" not in browser.text()
    assert 'name="remember"' not in browser.page


def test_what_is_there_with_other_values_is_shown_and_replaced(browser: Browser) -> None:
    for sheet in (HEAD + "ann@example.com,S-1,enrolled,\n", HEAD + "ann@example.com,S-1,attended,\n"):
        path = uploaded(browser, {"march.csv": sheet})
        if "attended" in sheet:
            assert _numbers(browser)["failed"] == 1
            _press(browser, path, "check", existing="update")
            assert _numbers(browser)["changed"] == 1
            assert "ann@example.com S-1 Status enrolled attended" in browser.text()
        _press(browser, path, "import", existing="update" if "attended" in sheet else "")


def test_a_column_that_no_field_can_be_is_refused(browser: Browser) -> None:
    path = uploaded(browser, {"march.csv": SHEET})
    for wanted, told in (("nothing_of_ours", "There is no field"), ("status", "are both set to status")):
        answer = browser.post(f"{path}/check", {key_of("column", 0, "Papers in"): wanted})
        assert (answer.status_code, told in browser.text()) == (400, True)
        browser.get(path)
    answer = browser.post(f"{path}/check", {"header-0": "many"})
    assert (answer.status_code, "not the number of a row" in browser.text()) == (400, True)


def test_what_no_column_says_is_said_for_all_rows(browser: Browser) -> None:
    path = uploaded(browser, {"march.csv": "Email,Papers in\nann@example.com,2023-01-05\n"})
    assert _numbers(browser).get("new", 0) == 0
    said = {"all-0-status": "completed", "all-0-session_id": "S-9"}
    _press(browser, path, "check", **said)
    assert _numbers(browser)["new"] == 1
    _press(browser, path, "import", **said)
    assert stage_of(browser, path) == "imported"


def test_many_files_and_archives_are_one_import(browser: Browser, settings: Settings) -> None:
    """Files of one name each keep it; each file of an archive is a file."""
    archive = zipped({"north/a.csv": SHEET.replace("S-1", "S-2"), "south/b.csv": SHEET.replace("S-1", "S-3")})
    path = uploaded(browser, {"march.csv": SHEET, "MARCH.csv": SHEET.replace("S-1", "S-4"), "all.zip": archive})
    assert _numbers(browser)["new"] == 4
    assert "and 3 files like it" in browser.text()
    said = {key_of("means", 0, "status", "Presentish"): "no_show"}
    _press(browser, path, "check", **said)
    assert _numbers(browser)["new"] == 8
    _press(browser, path, "import")
    (run,) = app.run("runs", "--database", settings.database).told["runs"]
    assert sorted(run["files"]) == ["MARCH (2).csv", "a.csv", "b.csv", "march.csv"]
    assert run["rows"]["loaded"] == 8


def test_files_of_two_kinds_are_mapped_by_themselves(browser: Browser) -> None:
    """The same word may mean something else in each."""
    other = "E-mail,Session number,Status\nann@example.com,S-7,Presentish\n"
    path = uploaded(browser, {"march.csv": SHEET, "other.csv": other})
    said = {key_of("means", number, "status", "Presentish"): "attended" for number in range(2)}
    assert sum(name in browser.page for name in said) == 2
    _press(browser, path, "check", **{key_of("means", 0, "status", "Presentish"): "attended"})
    assert key_of("means", 1, "status", "Presentish") in browser.page


def test_columns_of_several_sheets_say_whose_they_are(browser: Browser, settings: Settings) -> None:
    """Where a field is that of another column in each, one profile cannot read both, and the way out is told."""
    book = Workbook()
    day, night = book.active, book.create_sheet("Late shift")
    assert day is not None
    day.append(("Reach at", "Name", "Session ID", "Status"))
    night.append(("Email", "Name", "Session ID", "Status"))
    for at in range(5):
        day.append((f"d{at}@example.com", "Ann Lee", "S-1", "attended"))
        night.append((f"n{at}@example.com", "Bo Ray", "S-1", "attended"))
    stream = io.BytesIO()
    book.save(stream)
    path = uploaded(browser, {"shifts.xlsx": stream.getvalue()})
    assert "Email Late shift" in browser.text()
    browser.post(f"{path}/check", {key_of("column", 0, "Reach at"): "learner_email"})
    assert "upload each sheet as a file of its own" in browser.text()
    browser.get(path)
    _press(browser, path, "import")
    (run,) = app.run("runs", "--database", settings.database).told["runs"]
    browser.get(f"/runs/{run['run']}")
    assert "shifts.xlsx with failures" in browser.text()


def test_a_corrected_workbook_is_recognized(browser: Browser, settings: Settings) -> None:
    """It needs no choices, and its rows are those of the cases."""
    path = uploaded(browser, {"march.csv": SHEET})
    _press(browser, path, "import")
    assert _numbers(browser)["failed"] == 1
    (workbook,) = settings.out.glob("*/failed-rows.xlsx")
    again = uploaded(browser, {"failed-rows.xlsx": workbook.read_bytes()})
    assert "failed-rows workbook of an earlier import" in browser.text()
    assert "is used as" not in browser.page
    assert "failed rows that come back" in browser.text()
    assert stage_of(browser, again) == "checked"


def test_the_rows_that_would_fail_are_a_workbook_to_correct(browser: Browser) -> None:
    path = uploaded(browser, {"march.csv": SHEET})
    answer = browser.get(f"{path}/failed-rows/failed-rows.xlsx")
    assert (answer.status_code, answer.content[:2]) == (200, b"PK")
    assert browser.get(f"{path}/failed-rows/..%2F..%2Fupload.json").status_code == 404
    assert browser.get(f"{path}/failed-rows/upload.json").status_code == 404


def test_what_is_no_spreadsheet_is_told(browser: Browser) -> None:
    """Also a bomb: it is unpacked in the process with limits."""
    bomb = zipped({f"{number}.csv": b"0" * 60_000_000 for number in range(12)})
    for name, content in (("a.csv", b"\x00\x01\x02" * 99), ("b.xlsx", b"PK\x03\x04nothing"), ("c.zip", bomb)):
        path = uploaded(browser, {name: content})
        assert stage_of(browser, path) in ("checked", "refused")
        assert "Import 1 row" not in browser.text()
        assert 'class="warning"' in browser.page, name
        assert browser.post(f"{path}/discard", follow=False).headers["location"] == "/import"


def test_a_cell_is_text_on_every_page(browser: Browser) -> None:
    sheet = f"Email,Session ID,Status,{SCRIPT}\nann@example.com,S-1,{SCRIPT},{SCRIPT}\n"
    path = uploaded(browser, {f"{SCRIPT}.csv": sheet, "b.csv": sheet})
    assert "&lt;script&gt;alert(1)" in browser.page
    assert SCRIPT not in browser.page
    browser.get("/import")
    assert SCRIPT not in browser.page
    _press(browser, path, "check", existing="update")
    assert SCRIPT not in browser.page


def test_a_killed_import_is_told_and_resumed(browser: Browser, settings: Settings) -> None:
    """What it had done is kept; nothing is loaded twice; the files stay until it has ended."""
    rows = "".join(f"p{number}@example.com,S-{number % 50},attended,\n" for number in range(120_000))
    path = uploaded(browser, {"large.csv": HEAD + rows})
    browser.post(f"{path}/import", _shown(browser), follow=False)
    uploads = Uploads(settings)
    (upload,) = uploads.all()
    while not app.run("runs", "--database", settings.database).told["runs"]:
        assert stage_of(browser, path) == "importing"
    os.kill(read_json(uploads.place(upload) / JOB)["pid"], signal.SIGKILL)
    assert wait(browser, path) == "broken"
    assert "its process was killed" in browser.text()
    assert browser.post(f"{path}/discard", follow=False).status_code == 400
    browser.get(path)
    assert _press(browser, path, "import") == "imported"
    (run,) = app.run("runs", "--database", settings.database).told["runs"]
    assert (run["run"], run["rows"]["loaded"]) == (upload.run_id or uploads.all()[0].run_id, 120_000)


def test_a_killed_check_is_told(browser: Browser, settings: Settings) -> None:
    rows = "".join(f"p{number}@example.com,S-1,attended,\n" for number in range(120_000))
    path = send(browser, {"large.csv": HEAD + rows}).headers["location"]
    (upload,) = Uploads(settings).all()
    os.kill(read_json(Uploads(settings).place(upload) / JOB)["pid"], signal.SIGKILL)
    assert wait(browser, path) == "broken"
    assert "Nothing was imported" in browser.text()
    assert _press(browser, path, "check") == "checked"


def test_an_upload_survives_the_dashboard(settings: Settings) -> None:
    """What is being checked goes on, and is there again."""
    with opened(settings) as browser:
        path = send(browser, {"march.csv": SHEET}).headers["location"]
    with opened(settings) as browser:
        assert wait(browser, path) == "checked"
        browser.get("/import")
        assert path in browser.page


def test_everybody_sees_their_own_uploads(settings: Settings) -> None:
    """And of others neither the page nor what is in them."""
    named = settings.model_copy(update={"dashboard": DashboardSettings(trusted_header="X-Remote-User", role="import")})
    with opened(named) as browser:
        browser.client.headers["x-remote-user"] = "sam"
        path = uploaded(browser, {"march.csv": SHEET})
        browser.client.headers["x-remote-user"] = "kim"
        for page in (path, f"{path}/failed-rows/failed-rows.xlsx", f"{path}/profile/0"):
            assert browser.get(page).status_code == 404
        browser.get("/import")
        assert path not in browser.page
        assert browser.post(f"{path}/discard").status_code == 404


def test_where_no_profile_can_be_kept_it_is_given(settings: Settings, tmp_path: Path) -> None:
    none = settings.model_copy(update={"profile": None, "out": tmp_path / "else"})
    with opened(none) as browser:
        path = uploaded(browser, {"march.csv": SHEET})
        _press(browser, path, "check", **{key_of("means", 0, "status", "Presentish"): "attended"})
        assert 'name="remember"' not in browser.page
        text = browser.get(f"{path}/profile/0").text
        assert parse_profile(text).values == {"status": {"Presentish": "attended"}}
        assert browser.get(f"{path}/profile/7").status_code == 404


def test_a_dashboard_that_only_shows_takes_no_files(settings: Settings) -> None:
    with opened(settings, acts=False) as browser:
        assert browser.get("/import").status_code == 400
        assert "read-only" in browser.text()


def test_rows_are_sent_outside_only_when_that_is_confirmed(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The button names the system and the database; a page of its own asks."""
    with smarteru_desk(tmp_path, sqlite_url, monkeypatch) as desk:
        own = {"database": desk.url, "out": desk.folder / "out"}
        with opened(load_settings(desk.folder / "rollbook.toml").model_copy(update=own)) as browser:
            path = uploaded(browser, {"march.csv": desk.rows(row(mail(1))).read_bytes()})
            _press(browser, path, "check", to="smarteru")
            assert "Send 1 row to SmarterU, recorded in test.db" in browser.text()
            browser.post(f"{path}/import", {**_shown(browser), "to": "smarteru"})
            assert "Send to SmarterU?" in browser.text()
            assert (desk.taken(), stage_of(browser, path)) == ({}, "checked")
            browser.post(f"{path}/import", {**browser.hidden(), "confirmed": "smarteru"}, follow=False)
            assert wait(browser, path) == "imported"
        assert desk.taken() == {(mail(1), "S1"): "Attended"}


def test_who_presses_twice_imports_once(browser: Browser, settings: Settings) -> None:
    path = uploaded(browser, {"march.csv": SHEET})
    with ThreadPoolExecutor() as pool:
        sent = {"csrf": browser.csrf, **_shown(browser)}
        list(pool.map(lambda _: browser.client.post(f"{browser.url}{path}/import", data=sent), range(3)))
    assert wait(browser, path) == "imported"
    assert len(app.run("runs", "--database", settings.database).told["runs"]) == 1


def test_systems_are_offered_that_are_set_up(settings: Settings) -> None:
    """A form cannot ask for another."""
    importing = Importing(settings, None)  # type: ignore[arg-type]
    assert importing.destinations() == ["database"]
    moon = settings.moon.model_copy(update={"url": "https://moon.example/api"})
    assert Importing(settings.model_copy(update={"moon": moon}), None).destinations() == ["database", "moon"]  # type: ignore[arg-type]
    with opened(settings) as browser:
        path = uploaded(browser, {"march.csv": SHEET})
        assert browser.post(f"{path}/check", {"to": "moon"}).status_code == 400


def test_the_first_profile_is_saved_into_an_empty_folder(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "none yet"
    folder.mkdir()
    with opened(settings.model_copy(update={"profile": folder})) as browser:
        path = uploaded(browser, {"march.csv": "Notes\n" + SHEET})
        assert "title (1)" in browser.text()
        _press(browser, path, "check", **{key_of("means", 0, "status", "Presentish"): "attended"})
        _press(browser, path, "import", remember="yes")
    assert [file.name for file in folder.iterdir()] == ["march.toml"]
