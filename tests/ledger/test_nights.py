"""The view of nights, on each database."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import Connection, insert, update

from ledger import drops, messages, runs
from ledger.database import open_database
from ledger.nights import Night, nights_since
from ledger.tables import rollbook_feed_imports, rollbook_files, rollbook_messages, rollbook_runs
from rollbook.clock import now

FOLDER = "/srv/drop"


@pytest.fixture
def ledger(prepared_url: str) -> Iterator[Connection]:
    """A ledger without a run."""
    with open_database(prepared_url, create=False).connect() as connection, connection.begin():
        yield connection


def moment(days_ago: int, hour: int = 2) -> datetime:
    """That hour of a night; of a day that has not come to it yet, its beginning."""
    day = datetime.combine(now().date() - timedelta(days=days_ago), time())
    return at if (at := day + timedelta(hours=hour)) <= now() else day


def night(
    ledger: Connection,
    days_ago: int,
    read: int,
    *,
    name: str = "lms_export 1.csv",
    state: str = drops.DONE,
    **counts: int,
) -> str:
    """A file that came, and its run; its ID."""
    at = moment(days_ago)
    run_id = f"{at:%y%m%d}-{len(name):05}"
    drop = drops.take(ledger, FOLDER, name, f"{days_ago}{name}", at)
    runs.begin(ledger, run_id=run_id, command="nightly", destination="database", started_at=at, request="{}")
    told = {f"rows_{what}" if what != "new" else "cases_new": number for what, number in counts.items()}
    ledger.execute(update(rollbook_runs).where(rollbook_runs.c.run_id == run_id).values(rows_read=read, **told))
    ledger.execute(insert(rollbook_files).values(run_id=run_id, file_no=1, path=name, state="done"))
    drops.decide(ledger, drop, state=state, target=f"{state}/{name}", run_id=run_id)
    drops.settle(ledger, drop, at)
    return run_id


def shown(ledger: Connection, days: int = 60) -> dict[tuple[str, int], Night]:
    """(source, days ago) -> the line."""
    today = now().date()
    found = nights_since(ledger, today - timedelta(days=days))
    assert [one.night for one in found] == sorted((one.night for one in found), reverse=True)
    return {(one.source, (today - one.night).days): one for one in found}


def test_a_line_tells_what_became_of_a_night(ledger: Connection) -> None:
    """The counts of its run, what its feed missed, and who heard of it."""
    run_id = night(ledger, 1, 10, loaded=5, updated=2, rejected=2, failed=1, new=3)
    night(ledger, 1, 4, name="other.csv", state=drops.FAILED)
    import_of = {"feed_id": 1, "run_id": run_id, "chain_from": 0, "is_compared": True, "rows_read": 10, "changed": 6}
    counts = {"missing": 4, "back": 0, "cancelled": 0, "on_missing": "report"}
    ledger.execute(insert(rollbook_feed_imports).values(**import_of, **counts))
    for recipient, state in (("b@x.org", messages.SENT), ("a@x.org", messages.DOUBTFUL), ("c@x.org", messages.FAILED)):
        said = {"kind": "failed", "channel": "mail", "recipient": recipient, "at": moment(1), "content": "{}"}
        messages.record(ledger, run_id=run_id, **said)  # type: ignore[arg-type]
        where = rollbook_messages.c.recipient == recipient
        ledger.execute(update(rollbook_messages).where(where).values(state=state))
    line = shown(ledger)["lms_export", 1]
    assert (line.came, line.first_at, line.files, line.files_failed) == (True, moment(1), 1, 0)
    assert (line.rows_read, line.rows_loaded, line.rows_failed, line.new_cases) == (10, 7, 3, 3)
    assert (line.rows_changed, line.rows_missing) == (6, 4)
    assert line.told == ("a@x.org", "b@x.org")
    assert (line.usual_rows, line.usual_nights, line.nights_before) == (None, 0, 0)
    other = shown(ledger)["other", 1]
    assert (other.files_failed, other.rows_missing, other.told) == (1, None, ())


def test_a_night_without_a_file_has_a_line(ledger: Connection) -> None:
    """From the first file on until today, with who was told that it is overdue."""
    for days_ago in (5, 4, 2):
        night(ledger, days_ago, 100)
    said = {
        "kind": messages.OVERDUE,
        "channel": "mail",
        "recipient": "ops@x.org",
        "at": moment(3),
        "content": f'"{FOLDER}"',
    }
    messages.record(ledger, **said)  # type: ignore[arg-type]
    ledger.execute(update(rollbook_messages).values(state=messages.SENT))
    lines = shown(ledger)
    assert {days_ago: line.came for (_, days_ago), line in lines.items()} == {
        **dict.fromkeys((5, 4, 2), True),
        **dict.fromkeys((3, 1, 0), False),
    }
    assert lines["lms_export", 3].told == ("ops@x.org",)
    assert (lines["lms_export", 3].rows_read, lines["lms_export", 3].first_at) == (0, None)
    assert [lines["lms_export", days_ago].nights_before for days_ago in (5, 4, 3, 2, 1, 0)] == [0, 1, 2, 2, 3, 3]


def test_what_is_usual_is_the_median_of_the_last_fourteen(ledger: Connection) -> None:
    """Of nights with a file; older ones no longer count, and those of other sources never did."""
    for days_ago in range(20, 14, -1):
        night(ledger, days_ago, 9_000)
    for days_ago in range(14, 0, -1):
        night(ledger, days_ago, 100 + days_ago, rejected=days_ago % 3)
    night(ledger, 0, 5)
    night(ledger, 1, 7, name="other.csv")
    line = shown(ledger)["lms_export", 0]
    assert (line.usual_nights, line.nights_before) == (14, 14)
    assert line.usual_rows in (107, 108)
    assert line.usual_failed == 1


def test_a_file_left_in_its_place_did_not_come_yet(ledger: Connection) -> None:
    """One whose content was imported before did, without a run, from the same source."""
    night(ledger, 2, 10, name="march 1.csv")
    ledger.execute(update(rollbook_files).values(sender="hris"))
    left = drops.take(ledger, FOLDER, "locked.csv", "bb", moment(1))
    drops.settle(ledger, left, moment(1), state=drops.LEFT)
    again = drops.take(ledger, FOLDER, "april.csv", "2march 1.csv", moment(1))
    drops.decide(ledger, again, state=drops.SKIPPED, target="done/april.csv", run_id=None)
    lines = shown(ledger)
    assert {source for source, _ in lines} == {"hris"}
    assert (lines["hris", 1].came, lines["hris", 1].rows_read) == (True, 0)
