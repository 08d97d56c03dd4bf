"""`rollbook sign-off`: a page to confirm a run, which says where the database differs from what the run loaded."""

import hashlib
import re
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import create_engine, delete

from ledger.database import parse_url
from ledger.tables import training_enrollments
from rollbook import __version__
from tests.pipeline import app
from tests.pipeline.desk import BAD, GOOD, HEADERS, Desk
from validators import RULES_VERSION

WIDER = (*HEADERS, "Course", "Session date")
FIRE = (*GOOD, "Fire Safety", "2022-05-01")
AID = ("mia@example.com", "1004", "S-2", "Attended", "", "2023-02-01", "First <Aid>", "2023-02-01")


@pytest.fixture
def desk(tmp_path: Path, prepared_sqlite_url: str) -> Desk:
    """A place with nothing in it."""
    return Desk(tmp_path, prepared_sqlite_url)


@pytest.fixture
def each(tmp_path: Path, prepared_url: str) -> Desk:
    """The same on each of the three databases."""
    return Desk(tmp_path, prepared_url)


def signed(desk: Desk, run: str = "last") -> tuple[app.Answer, str]:
    """The answer, and the text of the page, a line a cell."""
    answer = desk.do("sign-off", run, "--out", desk.folder / "signed")
    page = Path(answer.told["sign_off"]).read_text(encoding="utf-8")
    body = page[page.index("<body>") :]
    return answer, "\n".join(
        line for line in map(str.strip, unescape(re.sub("<[^>]*>", "\n", body)).split("\n")) if line
    )


def has(text: str, *cells: object) -> bool:
    """Whether these cells follow each other on the page."""
    return "\n" + "\n".join(map(str, cells)) + "\n" in f"\n{text}\n"


def test_the_page_says_what_was_read_and_that_it_is_there(each: Desk) -> None:
    sheet = each.sheet(FIRE, AID, FIRE, (*BAD, "", ""), headers=WIDER)
    profile = each.text("own.toml", '[defaults]\ngroup_name = "Sales"\n')
    each.do("import", sheet, "--by", "Iris Holt", "--profile", profile, "--max-rejected", "7")
    answer, page = signed(each)
    assert (answer.exit, answer.told["differences"]) == (0, [])
    assert "The database holds what the run loaded." in page
    assert has(page, "loaded", 2, "new in the destination")
    assert has(page, "read", 4)
    assert f"SHA-256 {hashlib.sha256(sheet.read_bytes()).hexdigest()}" in page
    assert f"Profile {profile}, SHA-256 {hashlib.sha256(profile.read_bytes()).hexdigest()}" in page
    assert has(page, "Started by", "Iris Holt")
    assert has(page, "Judged by", f"Rollbook {__version__}, rules version {RULES_VERSION}")
    assert has(page, "Limits given", "--max-rejected 7")
    assert "Not loaded: 1 row that failed." in page
    assert has(page, 2022, 1, 1)
    assert has(page, "Course", "Year", "Loaded or updated", "There now as loaded", "attended", "completed")
    assert has(page, "Fire Safety", 2022, 1, 1, 0, 1)
    assert has(page, "First <Aid>", 2023, 1, 1, 1, 0)
    assert has(page, "status.unknown", 1)


def test_it_names_the_later_run_that_changed_something(each: Desk) -> None:
    first = each.do("import", each.sheet(FIRE, AID, headers=WIDER)).told["run"]
    changed = each.sheet((*FIRE[:4], "95", *FIRE[5:]), name="b.csv", headers=WIDER)
    later = each.do("import", changed, "--on-existing", "update").told["run"]
    answer, page = signed(each, first)
    assert (answer.exit, answer.told["differences"]) == (1, [f"1 enrollment was changed later by run {later}."])
    assert "The database differs from what the run loaded." in page
    assert has(page, "Fire Safety", 2022, 1, 0)
    assert has(page, "First <Aid>", 2023, 1, 1)
    assert signed(each, later)[0].exit == 0
    each.do("undo", later)
    assert signed(each, first)[0].exit == 0


def test_it_says_what_is_missing_without_a_record(each: Desk) -> None:
    each.do("import", each.sheet(FIRE, AID, headers=WIDER))
    with create_engine(parse_url(each.url)).begin() as connection:
        connection.execute(delete(training_enrollments).where(training_enrollments.c.status == "attended"))
    answer, page = signed(each)
    (told,) = answer.told["differences"]
    assert (answer.exit, told.startswith("1 enrollment is missing, and no later run changed it.")) == (1, True)
    assert has(page, "First <Aid>", 2023, 1, 0)


def test_a_run_that_was_undone_says_so(desk: Desk) -> None:
    run = desk.do("import", desk.sheet(FIRE, headers=WIDER)).told["run"]
    desk.do("undo", run)
    assert signed(desk, run)[0].told["differences"] == ["The run was undone: 1 enrollment is no longer there."]


def test_a_repeated_import_is_counted_by_the_run_that_loaded(desk: Desk) -> None:
    sheet = desk.sheet(FIRE, headers=WIDER)
    first = desk.do("import", sheet).told["run"]
    desk.do("import", sheet)
    answer, page = signed(desk)
    assert (answer.exit, f"run {first} of" in page) == (0, True)
    assert has(page, "Fire Safety", 2022, 1, 1)


def test_what_went_to_an_outside_system_is_not_counted_again(desk: Desk) -> None:
    row = (*GOOD[:5], "2023-01-05", "Sales")
    desk.do("import", desk.sheet(row, headers=(*HEADERS, "Group name")), "--to", "smarteru-xml")
    answer, page = signed(desk)
    assert (answer.exit, "Not counted again." in page, "The rows went to SmarterU." in page) == (0, True, True)


def test_a_run_that_has_not_ended_is_not_signed(desk: Desk) -> None:
    run = desk.do("import", desk.sheet(GOOD, BAD), "--max-rejected", "0").told["run"]
    answer = desk.do("sign-off", run)
    assert (answer.exit, f"rollbook resume {run}" in answer.errors) == (2, True)


def test_a_limit_that_somebody_let_pass_is_on_the_page(desk: Desk) -> None:
    """Who did, and how far it was raised; before that, the command that is printed lets it pass."""
    run = desk.do("import", desk.sheet(GOOD, BAD), "--by", "Iris Holt", "--max-rejected", "0").told["run"]
    assert f"rollbook resume {run} --max-rejected 1" in desk.do("sign-off", run).errors
    assert desk.do("resume", run, "--max-rejected", "1", "--by", "Otto Park").exit == 1
    _, page = signed(desk, run)
    assert has(page, "Limits given", "--max-rejected 1")
    assert has(page, "Started by", "Iris Holt")
    assert " by Otto Park" in page[page.index("Resumed") :].splitlines()[1]


def test_a_check_is_not_signed(desk: Desk) -> None:
    """And `last` is the last run, not the check."""
    desk.do("import", desk.sheet(GOOD))
    run = desk.do("check", desk.sheet(GOOD, BAD)).told["run"]
    answer = desk.do("sign-off", run, "--out", desk.folder / "out")
    assert (answer.exit, f"{run} is a check, which loaded nothing" in answer.errors) == (2, True)
    assert signed(desk)[0].exit == 0


def test_the_page_stands_by_itself_and_runs_nothing(desk: Desk) -> None:
    desk.do("import", desk.sheet(("=cmd|' /C calc'!A0@example.com", *GOOD[1:]), name="<script>x.csv"))
    page = Path(signed(desk)[0].told["sign_off"]).read_text(encoding="utf-8")
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert not re.search(r"(?:src|href|url)\s*[=(]", page)
