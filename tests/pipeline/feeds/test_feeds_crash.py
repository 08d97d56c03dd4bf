"""An import of a feed that is killed anywhere: what is kept in mind of the feed, and cancelled, ends as it should."""

import copy
import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.pool import NullPool

from ledger.database import parse_url
from ledger.tables import rollbook_feed_enrollments, rollbook_feed_imports, rollbook_feeds
from tests.pipeline import app
from tests.pipeline.feeds.desk import Desk, rows
from tests.pipeline.killing import at_statements, killed, points_of

KILLED = -9


def moved(desk: Desk, folder: Path) -> Desk:
    """The same desk in another folder, as it is now."""
    shutil.copytree(desk.folder, folder)
    other = copy.copy(desk)
    other.folder, other.drop, other.url = folder, folder / "drop", f"sqlite:///{folder / 'rollbook.db'}"
    return other


def words_of(desk: Desk) -> list[str]:
    """A pass over the drop folder."""
    return ["nightly", *map(str, (desk.drop, "--profile", desk.folder / "feed.toml", *desk.place))]


def memory(url: str) -> dict[str, list[Any]]:
    """All that is kept in mind of feeds, but for run IDs."""
    with create_engine(parse_url(url), poolclass=NullPool).connect() as connection:
        return {
            table.name: sorted(
                tuple(str(value) for name, value in line.items() if name != "run_id")
                for line in connection.execute(select(table)).mappings()
            )
            for table in (rollbook_feeds, rollbook_feed_imports, rollbook_feed_enrollments)
        }


@pytest.fixture
def begun(tmp_path: Path) -> Desk:
    """A complete feed of which two are missing, and a file in which one is back and others are not."""
    (tmp_path / "base").mkdir()
    url = f"sqlite:///{tmp_path / 'base' / 'rollbook.db'}"
    desk = Desk(tmp_path / "base", url, name="hris", complete=True, on_missing="cancel")
    for night in (rows(range(10)), rows(range(8))):
        assert desk.night(night).exit == 0
    desk.file(rows([*range(2, 9), 11]), "drop/next.csv")
    return desk


def test_killed_at_every_touch_of_what_is_kept_in_mind(begun: Desk, tmp_path: Path) -> None:
    """And of enrollments that are cancelled by it, and when all is committed."""
    before = memory(begun.url)
    undisturbed = moved(begun, tmp_path / "undisturbed")
    passed = points_of(words_of(undisturbed), at_statements)
    expected = (memory(undisturbed.url), undisturbed.statuses(), undisturbed.cancelled())
    assert expected[0] != before
    assert expected[2] == ["l0@example.com", "l1@example.com", "l9@example.com"]
    touched = [number for number, point in enumerate(passed, 1) if "rollbook_feed" in point]
    assert len(touched) >= 3
    committed = next(number for number in range(touched[-1], len(passed) + 1) if passed[number - 1] == "COMMIT")
    for number in [*touched, committed, committed + 1]:
        desk = moved(begun, tmp_path / str(number))
        assert killed(words_of(desk), at_statements, number) == KILLED
        if number in touched:
            assert memory(desk.url) == before, passed[number - 1]
        assert app.run(*words_of(desk)).exit == 0
        assert (memory(desk.url), desk.statuses(), desk.cancelled()) == expected, (number, passed[number - 1])
