"""What to filter by is asked for once in a while, not for each page."""

import time
from pathlib import Path

import pytest

from dashboard.filter_cache import SECONDS, Offering
from ledger.browse.cases import Choices, Filter
from ledger.database import open_database
from tests.pipeline.desk import BAD, Desk


def test_choices_are_counted_anew_after_a_moment(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or when somebody changed rows here; the sheets of a file are counted each time."""
    desk = Desk(tmp_path, sqlite_url)
    desk.do("import", desk.sheet(BAD))
    offering = Offering()
    engine = open_database(sqlite_url, create=False)

    def offered(file: str | None = None) -> Choices:
        with engine.connect() as connection:
            return offering.choices(connection, Filter(file=file))

    def counted() -> int:
        return offered().codes[0].open

    assert counted() == 1
    other = desk.sheet(("x@example.com", *BAD[1:]), name="other.csv")
    desk.do("import", other)
    assert counted() == 1
    assert [sheet.open for sheet in offered(str(other)).sheets] == [1]
    offering.forget()
    assert counted() == 2
    desk.do("import", desk.sheet(("y@example.com", *BAD[1:]), name="third.csv"))
    later = time.monotonic() + SECONDS + 1
    with monkeypatch.context() as patched:
        patched.setattr("dashboard.filter_cache.time.monotonic", lambda: later)
        assert counted() == 3
