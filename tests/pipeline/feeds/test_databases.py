"""Feeds on each of the three databases: what is kept in mind is the same, and goes with what it is about."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.pool import NullPool

from ledger.database import parse_url
from ledger.tables import rollbook_feed_enrollments, training_enrollments
from tests.pipeline import app
from tests.pipeline.attendance import write
from tests.pipeline.feeds.desk import Desk, row, rows


@pytest.fixture
def desk(tmp_path: Path, prepared_url: str) -> Desk:
    """A complete feed, and another."""
    desk = Desk(tmp_path, prepared_url, name="hris", complete=True, on_missing="cancel")
    desk.profile("lms", name="lms", complete=True, on_missing="cancel")
    desk.profile("plain")
    return desk


def told(answer: app.Answer) -> tuple[int, int, int]:
    """Missing, back, cancelled."""
    return tuple(answer.told["feed"][name] for name in ("missing", "back", "cancelled"))


def stray(url: str) -> int:
    """How many enrollments feeds are said to have brought that are not there."""
    there = rollbook_feed_enrollments.c
    gone = there.enrollment_id.not_in(select(training_enrollments.c.id))
    with create_engine(parse_url(url), poolclass=NullPool).connect() as connection:
        return connection.scalar(select(func.count()).select_from(rollbook_feed_enrollments).where(gone)) or 0


def test_what_feeds_send_night_after_night(desk: Desk) -> None:
    """Gone, back, doubtful, brought by two, by a person, undone, in a run of several files."""
    unreadable = ("", "S-1", "Attended", "", "")
    first = desk.send(rows(range(8)))
    desk.send(rows(range(6, 10)), profile="lms")
    desk.send([row(0)], profile="plain")
    assert told(desk.send(rows(range(2, 6)))) == (2, 0, 1)  # 6 and 7 are the other feed's too, 0 a person's
    assert desk.cancelled() == ["l1@example.com"]
    assert told(desk.send([*rows(range(1, 5)), unreadable])) == (0, 1, 0)
    assert told(desk.send([*rows(range(1, 4)), row(5), unreadable])) == (1, 0, 1)
    assert desk.cancelled() == ["l4@example.com"]
    assert told(desk.send(rows(range(7, 10)), profile="lms")) == (1, 0, 1)
    last = desk.send(rows((1, 2)))
    assert told(last) == (2, 0, 2)
    assert app.run("undo", last.told["run"], *desk.place[:4]).exit == 0
    assert desk.cancelled() == ["l4@example.com", "l6@example.com"]
    assert told(desk.send(rows((1, 3)))) == (2, 0, 2)
    (desk.folder / "both").mkdir()
    desk.file(rows(range(1, 4)), "both/a.csv")
    desk.file([row(11)], "both/b.csv")
    both = app.run("import", desk.folder / "both", "--profile", desk.folder / "feed.toml", *desk.place)
    assert told(both) == (0, 1, 0)
    app.run("undo", first.told["run"], *desk.place[:4])
    assert stray(desk.url) == 0


def test_a_stop_and_what_lets_it_pass(desk: Desk) -> None:
    desk.send(rows(range(10)))
    stopped = desk.send(rows(range(10), {0: "No show", 1: "No show"}), "--max-changed-percent", "10")
    assert (stopped.exit, len(stopped.told["examples"])) == (3, 2)
    again = app.run("resume", stopped.told["run"], "--max-changed-percent", "20", *desk.place)
    assert (again.exit, again.told["feed"]["changed"]) == (0, 2)


def test_what_reference_data_makes_one_stays_the_feeds(desk: Desk) -> None:
    """Two enrollments of one learner, by e-mail and by number, become one: it is missing once."""
    headers = ("Email", "Employee ID", "Session ID", "Status")
    sheet = write(
        desk.folder / "both.csv",
        [("ann@example.com", "", "S-1", "Attended"), ("", "7", "S-1", "Attended"), ("", "8", "S-1", "Attended")],
        headers,
    )
    place = ("--profile", desk.folder / "feed.toml", *desk.place)
    app.run("import", sheet, *place)
    people = write(
        desk.folder / "people.csv", [("7", "ann@example.com"), ("8", "bo@example.com")], ("Employee ID", "Email")
    )
    assert app.run("reference", "load", "learners", people, *desk.place[:4]).exit == 0
    assert stray(desk.url) == 0
    write(sheet, [("", "8", "S-1", "Attended")], headers)
    assert told(app.run("import", sheet, *place)) == (1, 0, 1)
    assert desk.cancelled() == ["ann@example.com"]
