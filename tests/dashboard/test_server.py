"""The repair loop of the dashboard: edited rows are checked, imported and closed, and who changed what is on record."""

import csv
import json
import signal
import subprocess
import sys
import time
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import click.testing
import httpx
import openpyxl
import pytest

from cli.main import rollbook
from dashboard.access.passwords import is_password
from dashboard.actions import Actions
from dashboard.server import listening
from ledger.browse.cases import Filter
from ledger.cases.cases import changes_of
from ledger.database import open_database
from ledger.purge import purge_cases
from pipeline.repairs.repair import repaired
from pipeline.repairs.requests import Where
from rollbook.errors import CannotBegin, DatabaseRefused
from rollbook.settings import Settings
from tests.dashboard.serving import opened
from tests.pipeline import app
from tests.pipeline.desk import BAD, GOOD, Desk

TYPO = ("cy@example.com", "1003", "S-1", "Presnt", "", "2023-01-05")
OTHER = ("dee@example.com", "1004", "S-1", "Presnt", "", "2023-01-05")
FORMULA = ("eve@example.com", "1005", "S-1", "=cmd|x", "", "2023-01-05")
WIDE = ("Name", "E-mail", "2023-09-04", "2023-09-11", "2023-09-18")

_CHANGED = ("source_column", "from_value", "to_value")


@pytest.fixture
def desk(tmp_path: Path, prepared_url: str) -> Desk:
    """A place where some rows failed, on each of the three databases."""
    return _place(Desk(tmp_path, prepared_url))


@pytest.fixture
def sqlite_desk(tmp_path: Path, sqlite_url: str) -> Desk:
    """The same, where the database makes no difference."""
    return _place(Desk(tmp_path, sqlite_url))


def _place(desk: Desk) -> Desk:
    assert desk.do("import", desk.sheet(GOOD, BAD, TYPO, OTHER, FORMULA)).exit == 1
    return desk


def _settings(desk: Desk, **more: Any) -> Settings:
    return Settings(database=desk.url, out=desk.folder / "out", **more)


def _actions(desk: Desk, **more: Any) -> Actions:
    return Actions(_settings(desk, **more), open_database(desk.url, create=False))


def _states(desk: Desk) -> dict[int, str]:
    """Row -> the state of its case."""
    return {case["row_no"]: case["state"] for case in app.contents(desk.url)["cases"]}


def _changes(desk: Desk) -> list[tuple[Any, ...]]:
    """By whom, through what, which cell of which case, from what to what."""
    found: list[tuple[Any, ...]] = []
    with open_database(desk.url, create=False).begin() as connection:
        for case_id in range(1, 5):
            changes = changes_of(connection, case_id)[["changed_by", "changed_through", *_CHANGED]]
            found += [(case_id, *line) for line in changes.itertuples(index=False)]
    return found


def test_a_row_is_checked_mended_and_closed_in_the_browser(desk: Desk) -> None:
    """What is wrong is told at once; half a repair leaves the rest; the whole one loads the row where it belongs."""
    with opened(_settings(desk)) as browser:
        browser.get("/failed/1")
        browser.post("/failed/1/check", {"cell-D": "attended"})
        assert "1 problem left" in browser.text()
        assert 'value="attended"' in browser.page
        fragment = browser.post("/failed/1/check", {"cell-D": "attended", "cell-F": "2023-02-28"}, {"x-fragment": "1"})
        assert "The row can be imported" in fragment.text
        assert "<html" not in fragment.text
        before = app.contents(desk.url)
        assert _changes(desk) == []
        browser.get("/failed/1")
        browser.post("/failed/1/import", {"cell-D": "attended"})
        assert "there are still problems" in browser.text()
        assert 'value="attended"' in browser.page
        assert before["cases"] != app.contents(desk.url)["cases"]
        browser.post("/failed/1/import", {"cell-F": "2023-02-28"})
        assert "This row is fixed" in browser.text()
    assert _states(desk) == {3: "fixed", 4: "open", 5: "open", 6: "open"}
    assert _changes(desk) == [
        (1, "Pat", "dashboard", "D", "perhaps", "attended"),
        (1, "Pat", "dashboard", "F", "2023-02-30", "2023-02-28"),
    ]
    (ben,) = [line for line in app.enrollments(desk.url) if line["email"] == "ben@example.com"]
    assert (ben["status"], Path(ben["source_file"]).name, ben["source_row"]) == ("attended", "history.csv", 3)


def test_a_check_writes_nothing(desk: Desk) -> None:
    """Not a line in any table, not a file."""
    before, files = app.contents(desk.url), sorted(desk.files())
    actions = _actions(desk)
    judged = actions.judge(2, {"D": "attended"})
    assert (judged.outcome, judged.problems) == ("accepted", ())
    judged = actions.judge(2, {"D": "attended", "C": ""})
    assert judged.outcome == "rejected"
    assert [problem.code for problem in judged.problems] == ["session.missing"]
    judged = actions.judge(2, {"A": "ana@example.com", "B": "1001", "D": "Completed", "E": "80"})
    assert judged.outcome == "unchanged"
    judged = actions.judge(2, {"A": "ana@example.com", "B": "1001", "D": "no show"})
    assert [problem.code for problem in judged.problems] == ["enrollment.exists"]
    assert app.contents(desk.url) == before
    assert sorted(desk.files()) == files


def test_what_cannot_be_repaired_is_told(sqlite_desk: Desk) -> None:
    """An unknown case, and one that is not open."""
    actions = _actions(sqlite_desk)
    with pytest.raises(CannotBegin, match="no case 99"):
        actions.repair({99: {"D": "attended"}}, "Pat")
    actions.ignore([2], "left", "Pat")
    with pytest.raises(CannotBegin, match="is ignored"):
        actions.repair({2: {"D": "attended"}}, "Pat")
    with pytest.raises(CannotBegin, match="is ignored"):
        actions.judge(2, {"D": "attended"})


def test_purged_rows_are_told_and_left_alone(sqlite_desk: Desk) -> None:
    """Their place and what kind of problem it was are shown; nothing of them is edited, replaced or handed out."""
    with open_database(sqlite_desk.url, create=False).begin() as connection:
        assert len(purge_cases(connection, datetime(2100, 1, 1), datetime(2100, 1, 1))) == 4  # noqa: DTZ001 - as the ledger
    actions = _actions(sqlite_desk)
    with opened(_settings(sqlite_desk)) as browser:
        assert browser.get("/failed").status_code == 200
        browser.get("/failed/2")
        assert "removed for privacy" in browser.text()
        assert "Import this row" not in browser.page
        assert browser.post("/failed/2/import", {"cell-D": "attended"}).status_code == 400
        assert browser.get("/failed/download?kind=xlsx").status_code == 400
        assert browser.get("/failed/download?kind=csv").status_code == 200
    with pytest.raises(CannotBegin, match="removed for privacy"):
        actions.repair({2: {"D": "attended"}}, "Pat")
    assert actions.replacing(Where(Filter(), "Status", "Presnt")).cases == 0


def test_rows_are_set_aside_with_a_reason(sqlite_desk: Desk) -> None:
    """Those that were chosen; without a reason, or without a row, nothing happens."""
    with opened(_settings(sqlite_desk)) as browser:
        browser.get("/failed?code=status.unknown")
        assert browser.post("/failed/ignore", {"case": ["1", "2"], "reason": " "}).status_code == 400
        browser.get("/failed?code=status.unknown")
        assert browser.post("/failed/ignore", {"reason": "left"}).status_code == 400
        browser.get("/failed?code=status.unknown")
        fields: dict[str, str | list[str]] = {
            "case": ["1", "2"],
            "reason": "left <in> 2019",
            "back": "code=status.unknown",
        }
        answer = browser.post("/failed/ignore", fields)
        assert answer.url.query == b"code=status.unknown&ignored=2"
        assert "2 rows ignored" in browser.text()
        browser.get("/failed")
        assert "status.unknown (2)" in browser.text()  # of four
        browser.get("/failed/1")
        assert "left <in> 2019 (Pat" in browser.text()
        assert "Import this row" not in browser.page
    assert _states(sqlite_desk) == {3: "ignored", 4: "ignored", 5: "open", 6: "open"}


def test_one_value_takes_the_place_of_another(desk: Desk) -> None:
    """In all rows that are filtered, or in those that were chosen; the profile remembers it."""
    text = "# ours\n[applies]\nfiles = 'history*.csv'  # all years\n"
    profile = desk.text("profiles/hr.toml", text)
    with opened(_settings(desk, profile=profile.parent)) as browser:
        browser.get("/failed/replace?code=status.unknown")
        asked = {"header": "status ", "old": "Presnt", "new": "Present", "back": "code=status.unknown"}
        browser.post("/failed/replace", {**asked, "step": "look"})
        assert "2 rows have Presnt" in browser.text()
        assert _changes(desk) == []
        browser.post("/failed/replace", {**asked, "step": "do", "remember": "yes"})
        assert "2 cases fixed" in browser.text()
        assert "Saved in the profile hr.toml" in browser.text()
    written = profile.read_text()
    assert written.startswith(text)
    assert 'Presnt = "attended"' in written
    assert _states(desk) == {3: "open", 4: "fixed", 5: "fixed", 6: "open"}
    later = desk.do(
        "import",
        desk.sheet(("zoe@example.com", "1", "S-1", "Presnt", "", ""), name="history2.csv"),
        "--profile",
        profile,
    )
    assert later.told["rows"]["loaded"] == 1


def test_only_the_chosen_rows_are_changed(sqlite_desk: Desk) -> None:
    """Without a profile to write to, what would be written is shown."""
    with opened(_settings(sqlite_desk)) as browser:
        browser.get("/failed")
        browser.post("/failed/replace", {"step": "ask", "case": "3", "back": ""})
        assert "In the selected row." in browser.text()
        asked: dict[str, str | list[str]] = {"header": "Status", "old": "Presnt", "new": "no show", "case": ["1", "3"]}
        browser.post("/failed/replace", {**asked, "step": "look"})
        assert "1 row has Presnt" in browser.text()
        browser.post("/failed/replace", {**asked, "step": "do", "remember": "yes"})
        assert 'Presnt = "no_show"' in browser.text()
    assert _states(sqlite_desk) == {3: "open", 4: "open", 5: "fixed", 6: "open"}


def test_what_means_nothing_is_not_remembered(sqlite_desk: Desk) -> None:
    """Then nothing is replaced either; nor where no row has the value."""
    actions = _actions(sqlite_desk, profile=sqlite_desk.text("p.toml", "[rules]\non_conflict = 'first'\n"))
    where = Where(Filter(), "Status", "Presnt")
    with pytest.raises(CannotBegin, match="is not a status"):
        actions.replace(where, "hmm", "Pat", remember=True)
    with pytest.raises(CannotBegin, match="nothing to replace"):
        actions.replace(Where(Filter(), "Status", "Gone"), "attended", "Pat", remember=False)
    assert actions.replacing(Where(Filter(text="dee"), "Status", "Presnt")).cases == 1
    assert actions.replacing(Where(Filter(), "Status", "Presnt")).field == "status"
    assert actions.replacing(Where(Filter(), "Email", "Presnt")).cases == 0
    assert _changes(sqlite_desk) == []
    assert "values" not in (sqlite_desk.folder / "p.toml").read_text()


def test_the_workbook_that_is_downloaded_closes_its_cases(desk: Desk) -> None:
    """Untouched it gives the same failures; corrected it loads the rows where they came from."""
    with opened(_settings(desk)) as browser:
        workbook = desk.folder / "down.xlsx"
        workbook.write_bytes(browser.get("/failed/download?kind=xlsx&code=status.unknown").content)
    (sheet, *_) = openpyxl.load_workbook(workbook)
    assert [cell.value for cell in sheet[1]][:4] == ["Rollbook row", "Problems", "What to do", "Email"]
    assert sheet.max_row == 5
    before = desk.do("failures").told["failures"]
    same = desk.do("import", workbook)
    assert (same.told["rows"]["rejected"], same.told["cases"]) == (4, {"new": 0, "known": 4, "closed": 0})
    told = ("case_id", "source_row", "source_column", "value", "code", "message")
    again = desk.do("failures").told["failures"]
    assert [[line[name] for name in told] for line in again] == [[line[name] for name in told] for line in before]
    book = openpyxl.load_workbook(workbook)
    for row in book.worksheets[0].iter_rows(min_row=2):
        row[6].value = "attended"
    book.save(workbook)
    mended = desk.do("import", workbook)
    assert mended.told["rows"]["loaded"] == 3
    assert _states(desk) == {3: "open", 4: "fixed", 5: "fixed", 6: "fixed"}


def test_downloads_run_no_formula(sqlite_desk: Desk) -> None:
    """CSV neutralises it, JSON holds the text as it is; both hold what is filtered."""
    with opened(_settings(sqlite_desk)) as browser:
        lines = list(csv.DictReader(StringIO(browser.get("/failed/download?kind=csv").content.decode("utf-8-sig"))))
        told = json.loads(browser.get("/failed/download?kind=json&text=cmd").text)["failures"]
    assert [(line["case_id"], line["header"], line["value"]) for line in lines] == [
        ("1", "Status", "perhaps"),
        ("1", "Enrolled on", "2023-02-30"),
        ("2", "Status", "Presnt"),
        ("3", "Status", "Presnt"),
        ("4", "Status", "'=cmd|x"),
    ]
    assert [(line["case_id"], line["value"], line["source_row"]) for line in told] == [(4, "=cmd|x", 6)]


def test_a_wide_row_is_mended_as_a_whole(tmp_path: Path, sqlite_url: str) -> None:
    """What its sessions share is corrected once, and all of its cases close; a session's own cell is its own."""
    desk = Desk(tmp_path, sqlite_url)
    profile = desk.text("wide.toml", '[sheet]\nlayout = "wide"\n[defaults]\ncourse_id = "C-1"\n')
    rows = [("Ana", "ana@example", "P", "P", "hm"), ("Ben", "ben@example.com", "P", "", "P")]
    desk.do("import", desk.sheet(*rows, headers=WIDE), "--profile", profile)
    actions = _actions(desk)
    states = {case["col_no"]: case["state"] for case in app.contents(desk.url)["cases"]}
    assert states == {3: "open", 4: "open", 5: "open"}
    with opened(_settings(desk)) as browser:
        browser.get("/failed/2")
        assert "2023-09-11" in browser.page
        assert "2023-09-18" not in browser.page
    mended = actions.repair({2: {"B": "ana@example.com", "E": "P"}}, "Pat")
    assert (mended.counts.read, mended.counts.loaded, mended.counts.rejected, mended.closed) == (3, 2, 1, 2)
    states = {case["col_no"]: case["state"] for case in app.contents(desk.url)["cases"]}
    assert states == {3: "fixed", 4: "fixed", 5: "open"}
    assert actions.repair({3: {"E": "P"}}, "Pat").counts.loaded == 1


def test_a_typed_date_is_shown_as_its_day_and_kept(tmp_path: Path, sqlite_url: str) -> None:
    """In its cell, in the list's columns; sent back as it was shown, it was not edited."""
    desk = Desk(tmp_path, sqlite_url)
    row = ("ben@example.com", "1002", "S-1", "perhaps", "", "2023-01-05 00:00:00")
    desk.do("import", desk.sheet(row))
    with opened(_settings(desk)) as browser:
        browser.get("/failed/1")
        assert 'value="2023-01-05"' in browser.page
        assert "00:00:00" not in browser.text()
        browser.post("/failed/1/import", {"cell-D": "attended", "cell-F": "2023-01-05"})
    assert _changes(desk) == [(1, "Pat", "dashboard", "D", "perhaps", "attended")]


def test_a_typed_date_is_replaced_as_it_is_shown(tmp_path: Path, sqlite_url: str) -> None:
    """As a value, and as the header of a wide sheet's session."""
    desk = Desk(tmp_path, sqlite_url)
    profile = desk.text("wide.toml", '[sheet]\nlayout = "wide"\n[defaults]\ncourse_id = "C-1"\n')
    wide = desk.sheet(("Ana", "ana@example.com", "hm"), headers=("Name", "Email", "2023-09-11 00:00:00"))
    desk.do("import", wide, "--profile", profile)
    long = desk.sheet(("ben@example.com", "1002", "S-1", "no", "", "2023-01-05 00:00:00"), name="long.csv")
    desk.do("import", long)
    actions = _actions(desk)
    assert actions.replacing(Where(Filter(state=None), "2023-09-11", "hm")).cases == 1
    assert actions.replacing(Where(Filter(state=None), "Enrolled on", "2023-01-05")).cases == 1
    assert actions.replacing(Where(Filter(state=None), "Enrolled on", "2023-01-06")).cases == 0


def test_a_repair_that_was_broken_off_is_resumed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was changed stands in the ledger with the run: `resume` finishes it, once."""

    def refuse(*_: object, **__: object) -> None:
        raise DatabaseRefused("no room")

    engine = open_database(desk.url, create=False)
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.load.runs.finish", refuse)
        with pytest.raises(DatabaseRefused):
            repaired(engine, _settings(desk), {2: {"D": "attended"}, 3: {"D": "no show"}}, "Pat")
    assert _states(desk)[4] == "open"
    resumed = desk.do("resume")
    assert (resumed.exit, resumed.told["rows"]["loaded"], resumed.told["cases"]["closed"]) == (0, 2, 2)
    assert _states(desk) == {3: "open", 4: "fixed", 5: "fixed", 6: "open"}
    assert len(_changes(desk)) == 2
    assert desk.type("resume").exit == 0
    undone = desk.do("undo", resumed.told["run"])
    assert undone.told["deleted"] == 2


def test_limits_of_a_profile_hold_up_no_repair(sqlite_desk: Desk) -> None:
    """They are made for whole sheets; here a person looks at each row."""
    profile = sqlite_desk.text("p.toml", "[limits]\nmax_rejected = 0\n")
    mended = _actions(sqlite_desk, profile=profile).repair({2: {"D": "attended"}, 3: {"D": "hm"}}, "Pat")
    assert (mended.state, mended.counts.loaded, mended.counts.rejected) == ("with_failures", 1, 1)


def test_another_address_needs_a_login(tmp_path: Path, sqlite_url: str) -> None:
    """It ends with 2 and says what to set, before anything listens; a database is not made."""
    desk = Desk(tmp_path, sqlite_url)
    printed = desk.type("dashboard", "--host", "0.0.0.0", "--port", "0")  # noqa: S104 - refused
    assert (printed.exit, "password_hash" in printed.errors, len(printed.errors.splitlines())) == (2, True, 1)
    assert desk.type("dashboard", "--port", "0").exit == 2
    assert list(tmp_path.iterdir()) == []


def test_an_address_that_is_taken_is_told(sqlite_desk: Desk) -> None:
    """In one line that says what to do; so is one that is not this machine's."""
    with listening("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        printed = sqlite_desk.type("dashboard", "--port", port)
    assert (printed.exit, len(printed.errors.splitlines())) == (2, 1)
    assert f"port {port}" in printed.errors


def test_the_hash_of_a_password_is_printed() -> None:
    """As the settings take it; too short a password is refused."""
    runner = click.testing.CliRunner()
    answer = runner.invoke(rollbook, ["dashboard", "--hash-password"], input="correct horse\ncorrect horse\n")
    kept = answer.stdout.partition('"')[2].rpartition('"')[0]
    assert is_password("correct horse", kept)
    assert Settings.model_validate({"dashboard": {"user": "pat", "password_hash": kept}}).dashboard.user == "pat"
    short = runner.invoke(rollbook, ["dashboard", "--hash-password"], input="short\nshort\n")
    assert isinstance(short.exception, CannotBegin)


def test_the_command_serves_until_it_is_interrupted(tmp_path: Path, sqlite_url: str) -> None:
    """It tells where, without a password of the database; the database is as it was."""
    desk = Desk(tmp_path, sqlite_url)
    desk.do("import", desk.sheet(GOOD, BAD))
    command = [sys.executable, "-m", "cli", "dashboard", "--port", "0", "--database", desk.url]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as served:
        assert served.stderr
        line = served.stderr.readline()
        address = next(word for word in line.split() if word.startswith("http://127.0.0.1:"))
        for _ in range(100):
            try:
                page = httpx.Client(trust_env=False, follow_redirects=True).get(address).text
                break
            except httpx.ConnectError:
                time.sleep(0.1)
        assert "1 open" in page
        served.send_signal(signal.SIGINT)
        assert served.wait(20) == 0
        assert served.stderr.read() == ""


def test_what_was_perhaps_meant_is_told_beside_its_cell(tmp_path: Path, sqlite_url: str) -> None:
    """From the loaded reference data as they are now; what is near to nothing has no suggestion."""
    desk = Desk(tmp_path, sqlite_url)
    learners = desk.text(
        "learners.csv", "Email,Employee ID,Name\nana@example.com,1001,Ana\ndana.brown@example.com,1003,Dana\n"
    )
    desk.do("reference load", "learners", learners)
    rows = [("dana.brwn@example.com", "", "S-1", "Attended", "", ""), ("x@y.example", "", "S-1", "Attended", "", "")]
    desk.do("import", desk.sheet(GOOD, *rows))
    with opened(_settings(desk)) as browser:
        browser.get("/failed/1")
        assert "Did you mean dana.brown@example.com ?" in browser.text()
        assert 'data-cell="cell-A" data-value="dana.brown@example.com"' in browser.page
        browser.get("/failed/2")
        assert "Did you mean" not in browser.text()
        learners.write_text("Email,Employee ID,Name\nxx@y.example,1009,Xe\nx.y@y.example,1010,Xy\n")
        desk.do("reference load", "learners", learners)
        browser.get("/failed/1")
        assert "Did you mean dana.brown@example.com ?" in browser.text()
