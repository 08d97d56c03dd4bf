"""What to filter by is asked for once in a while, not for each page."""

import time
from pathlib import Path

import pytest

from dashboard.filter_cache import SECONDS, Offering
from ledger.browse.cases import Filter
from ledger.database import open_database
from tests.pipeline.desk import BAD, Desk


def test_choices_are_counted_anew_after_a_moment(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or when somebody changed rows here; by file, and of a bounded number of files."""
    desk = Desk(tmp_path, sqlite_url)
    desk.do("import", desk.sheet(BAD))
    offering = Offering()
    engine = open_database(sqlite_url, create=False)

    def counted(file: str | None = None) -> int:
        with engine.connect() as connection:
            return offering.choices(connection, Filter(file=file)).codes[0].open

    assert counted() == 1
    desk.do("import", desk.sheet(("x@example.com", *BAD[1:]), name="other.csv"))
    assert (counted(), counted("other.csv")) == (1, 2)
    offering.forget()
    assert counted() == 2
    desk.do("import", desk.sheet(("y@example.com", *BAD[1:]), name="third.csv"))
    later = time.monotonic() + SECONDS + 1
    with monkeypatch.context() as patched:
        patched.setattr("dashboard.filter_cache.time.monotonic", lambda: later)
        assert counted() == 3
    for number in range(40):
        counted(f"{number}.csv")
    assert len(offering._known) == 32
