"""The same rows, problems and cases are counted everywhere: summary, JSON, `failures`, views, pages."""

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from ledger.database import parse_url
from rollbook.settings import Settings
from tests.dashboard.serving import opened
from tests.pipeline import app
from tests.pipeline.desk import Desk
from tests.pipeline.returned.test_holding import actions, book_of, corrected

HEADERS = ("Name", "Email", "Employee ID", "2022-03-01", "2022-04-05", "2022-05-10")
# One wrong address, twice; one without a learner; two wrong words; two rows that differ; all good; one blank session.
WIDE = (
    ("Ann", "ann@example.com", "1", "Attended", "maybe", "ask Tom"),
    ("Bo", "bo(at)example.com", "2", "Attended", "Attended", "Attended"),
    ("Bo", "bo(at)example.com", "2", "Attended", "Attended", "Attended"),
    ("Cy", "cy@example.com", "3", "Completed", "", "no show"),
    ("Di", "", "", "Attended", "Attended", ""),
    ("Eve", "eve@example.com", "4", "Attended", "Attended", "Attended"),
    ("Eve", "eve@example.com", "4", "Attended", "Completed", "Attended"),
)
FORM = '[sheet]\nlayout = "wide"\n[defaults]\ncourse_name = "Fire drill"\n'
OTHER = '[sheet]\nlayout = "wide"\n[defaults]\ncourse_name = "First aid"\n'


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Desk:
    """A place with nothing in it, on each of the three databases."""
    return Desk(tmp_path, database_url)


def asked(desk: Desk, query: str) -> list[tuple[Any, ...]]:
    """The lines that a query of somebody's own gives."""
    with create_engine(parse_url(desk.url), poolclass=NullPool).connect() as connection:
        return [tuple(line) for line in connection.execute(text(query))]


def assert_counted_alike(desk: Desk, answer: app.Answer) -> None:
    """One run: its failed rows, its problems by rule and its cases, wherever they are told."""
    run, rows, met = answer.told["run"], answer.told["rows"], answer.told["cases"]
    failed, problems = rows["rejected"] + rows["failed"], sum(answer.told["failures"].values())
    assert {**desk.do("show", run).told, "seconds": 0} == {**answer.told, "seconds": 0}
    view = f"FROM v_failed_rows WHERE run_id = '{run}'"
    assert asked(desk, f"SELECT count(DISTINCT case_id) {view}") == [(met["new"] + met["known"],)]
    assert dict(asked(desk, f"SELECT code, count(*) {view} GROUP BY code")) == answer.told["failures"]
    assert asked(desk, f"SELECT rows_rejected + rows_failed FROM v_run_summary WHERE run_id = '{run}'") == [(failed,)]
    listed = desk.do("failures", run).told["failures"]
    assert len(listed) == problems
    printed = desk.type("failures", run).out
    assert f"Run {run}: {problems} problems in {failed} rows." in printed
    with opened(Settings(database=desk.url, out=desk.folder / "out")) as browser:
        browser.get(f"/runs/{run}")
        assert f"Cases: {met['new']} new, {met['known']} seen before, {met['closed']} fixed." in browser.text()


def assert_open_alike(desk: Desk) -> None:
    """What is open over all runs, by rule: on the first page, in the list and in the view."""
    by_rule = dict(
        asked(desk, "SELECT code, count(DISTINCT case_id) FROM v_failed_rows WHERE state = 'open' GROUP BY code")
    )
    cases = [case for case in app.contents(desk.url)["cases"] if case["state"] == "open"]
    assert asked(desk, "SELECT count(DISTINCT case_id) FROM v_failed_rows WHERE state = 'open'") == [(len(cases),)]
    with opened(Settings(database=desk.url, out=desk.folder / "out")) as browser:
        for code, number in by_rule.items():
            browser.get(f"/failed?code={code}")
            assert len(set(re.findall(r'href="/failed/(\d+)', browser.page))) == number, code


def test_wide_sheets_with_failures_copies_and_corrections(desk: Desk) -> None:
    """After an import, one of the same cells again, and one of the corrected workbook."""
    profile = desk.text("wide.toml", FORM)
    first = desk.do("import", desk.sheet(*WIDE, headers=HEADERS), "--profile", profile)
    assert (first.told["rows"]["read"], first.told["cases"]["new"]) == (19, 9), first.told
    assert_counted_alike(desk, first)
    again = desk.do("import", desk.sheet(*WIDE[:4], name="again.csv", headers=HEADERS), "--profile", profile)
    assert (again.told["cases"]["new"], again.told["cases"]["known"]) == (0, 5)
    assert_counted_alike(desk, again)
    assert_open_alike(desk)
    actions(desk).repair({1: {"E": "no show"}}, "Pat")
    book = corrected(book_of(first), row=3, Email="bo@example.com")
    fixed = desk.do("import", book)
    assert fixed.told["cases"]["closed"] == 3, fixed.told
    assert_counted_alike(desk, fixed)
    assert_open_alike(desk)


def test_a_failed_row_whose_attendance_another_row_loads(desk: Desk) -> None:
    """Its case is closed, and the summary and the page say why; nothing is to be corrected."""
    good = [
        ("ana@example.com", "1001", "S-1", "Attended", "", ""),
        ("bea@example.com", "1002", "S-1", "Attended", "", ""),
    ]
    bad = [(*row[:3], "here, I think", *row[4:]) for row in good]
    sheets = desk.sheet(*good, name="x.csv"), desk.sheet(*bad, name="y.csv")
    counts = {"new": 2, "known": 0, "closed": 2}
    assert desk.do("check", *sheets).told["cases"] == counts
    answer = desk.do("import", *sheets)
    assert (answer.exit, answer.told["cases"]) == (1, counts)
    assert desk.do("check", desk.sheet(*bad, name="z.csv")).told["cases"] == {"new": 0, "known": 2, "closed": 0}
    assert_counted_alike(desk, answer)
    page = desk.type("show", "last").out
    why = "2 of them are fixed by now: corrected, or loaded by another row or run."
    assert why in page
    assert "Nothing needs to be corrected." in page
    assert "Correct the red cells" not in page
    again = desk.type("import", desk.folder / "x.csv", desk.folder / "y.csv").out
    assert "Nothing changed" in again
    assert why in again
    assert "Correct the red cells" not in again
    with opened(Settings(database=desk.url, out=desk.folder / "out")) as browser:
        browser.get(f"/runs/{answer.told['run']}")
        assert why in browser.text()
