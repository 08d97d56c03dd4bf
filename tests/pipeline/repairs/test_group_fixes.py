"""A fix for a group: its rehearsal says what its import does, and undo takes it back."""

from pathlib import Path

import pytest
from sqlalchemy import select

from dashboard.actions import Actions
from ledger.database import open_database, reading
from ledger.tables import rollbook_case_groups
from pipeline.repairs.requests import GroupFix
from rollbook.errors import CannotBegin
from rollbook.settings import Settings
from tests.pipeline import app
from tests.pipeline.desk import Desk

WAIVED = [(f"p{number}@example.com", str(3000 + number), "S-7", "Excused", "", "2021-04-12") for number in range(4)]
SPOILED = ("q@example.com", "3100", "S-7", "Excused", "", "2021-04-31")


@pytest.fixture
def desk(tmp_path: Path, prepared_url: str) -> Desk:
    """A place with nothing in it, on each of the three databases."""
    return Desk(tmp_path, prepared_url)


def _actions(desk: Desk) -> Actions:
    return Actions(Settings(database=desk.url, out=desk.folder / "out"), open_database(desk.url, create=False))


def _group(desk: Desk, code: str) -> tuple[int, str, int]:
    groups = rollbook_case_groups.c
    with reading(open_database(desk.url, create=False)) as connection, connection.begin():
        query = select(groups.group_id, groups.header, groups.open_cases).where(groups.code == code)
        group_id, header, number = connection.execute(query).one()
    return group_id, header, number


def _states(desk: Desk) -> list[str]:
    return [case["state"] for case in app.contents(desk.url)["cases"]]


def test_what_a_value_means_is_rehearsed_done_and_taken_back(desk: Desk) -> None:
    """Rows with another problem stay open, with that problem alone."""
    desk.do("import", desk.sheet(*WAIVED, SPOILED))
    group_id, header, number = _group(desk, "status.unknown")
    assert number == 5
    actions, fix = _actions(desk), GroupFix(group_id, "status.unknown", header, "means", {"Excused": "cancelled"})
    rehearsed = actions.rehearse(fix)
    assert (rehearsed.loaded, rehearsed.rows, rehearsed.problems) == (4, 5, {"date.invalid": 1})
    assert _states(desk) == ["open"] * 5
    done = actions.fix(fix, "Pat", remember=False)
    assert (done.repaired.counts.loaded, done.repaired.counts.rejected) == (4, 1)
    assert sorted(_states(desk)) == ["fixed"] * 4 + ["open"]
    assert _group(desk, "status.unknown")[2] == 0
    assert _group(desk, "date.invalid")[2] == 1
    assert actions.undo(done.repaired.run_id, "Pat") == 0
    assert _states(desk) == ["open"] * 5
    assert app.enrollments(desk.url) == []


def test_text_inside_cells_is_replaced(desk: Desk) -> None:
    rows = [(f"p{number}@example,com", str(number), "S-7", "Attended", "", "2021-04-12") for number in range(3)]
    desk.do("import", desk.sheet(*rows))
    group_id, header, _ = _group(desk, "learner.email")
    fix = GroupFix(group_id, "learner.email", header, "within", old=",com", new=".com")
    assert _actions(desk).rehearse(fix).loaded == 3
    assert _actions(desk).fix(fix, "Pat", remember=False).repaired.counts.loaded == 3
    assert {line["email"] for line in app.enrollments(desk.url)} == {f"p{number}@example.com" for number in range(3)}
    with pytest.raises(CannotBegin, match="No open row of this group"):
        _actions(desk).rehearse(fix)


def test_missing_learners_are_created_or_the_rows_judged_again(desk: Desk) -> None:
    known = desk.text("known.csv", "Email,Employee ID,Name\nkim@example.com,2001,Kim\n")
    desk.do("reference load", "learners", known)
    desk.do("import", desk.sheet(*((*row[:3], "Attended", *row[4:]) for row in WAIVED)))
    group_id, header, number = _group(desk, "learner.unknown")
    assert number == 4
    again, create = (GroupFix(group_id, "learner.unknown", header, kind) for kind in ("again", "create"))
    actions = _actions(desk)
    assert (actions.rehearse(again).loaded, actions.rehearse(create).loaded) == (0, 4)
    more = "Email,Employee ID,Name\np0@example.com,3000,P\np1@example.com,3001,Q\n"
    desk.do("reference load", "learners", desk.text("more.csv", more))
    assert actions.rehearse(again).loaded == 2
    assert actions.fix(again, "Pat", remember=False).repaired.counts.loaded == 2
    assert actions.fix(create, "Pat", remember=False).repaired.counts.loaded == 2
    assert _group(desk, "learner.unknown")[2] == 0


def test_what_exists_is_kept_or_updated(desk: Desk) -> None:
    desk.do("import", desk.sheet(("a@example.com", "1", "S-7", "Attended", "", "2021-04-12")))
    desk.do("import", desk.sheet(("a@example.com", "1", "S-7", "No show", "", "2021-04-12"), name="later.csv"))
    group_id, header, _ = _group(desk, "enrollment.exists")
    fix = GroupFix(group_id, "enrollment.exists", header, "update")
    actions = _actions(desk)
    assert actions.rehearse(fix).outcomes == {"updated": 1} or actions.rehearse(fix).loaded == 1
    done = actions.fix(fix, "Pat", remember=False)
    assert done.repaired.counts.updated == 1
    assert [line["status"] for line in app.enrollments(desk.url)] == ["no_show"]
    actions.undo(done.repaired.run_id, "Pat")
    assert [line["status"] for line in app.enrollments(desk.url)] == ["attended"]
    assert actions.ignore_group(group_id, "What is there is right.", "Pat") == 1
    assert _states(desk) == ["ignored"]
    assert actions.reopen_group(group_id, None, "Pat") == 1
    assert _states(desk) == ["open"]
