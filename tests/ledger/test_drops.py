"""Files of a drop folder in the ledger."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, update

from ledger import drops, runs
from ledger.tables import rollbook_runs

NOON = datetime(2026, 11, 21, 12)  # noqa: DTZ001  moments of the ledger have no zone
RUN = "261121-aaaaa"


def taken(connection: Connection, name: str, sha256: str, hours: int = 0, folder: str = "/drop") -> drops.Drop:
    """A file taken from the folder."""
    return drops.take(connection, folder, name, sha256, NOON + timedelta(hours=hours))


def done(connection: Connection, drop: drops.Drop, state: str = drops.DONE, run_id: str | None = RUN) -> None:
    """The file at its end."""
    drops.decide(connection, drop, state=state, target=f"{state}/{drop.name}", run_id=run_id)
    drops.settle(connection, drop, NOON)


def _is_done(connection: Connection, sha256: str) -> bool:
    return drops.done_before(connection, "/drop", sha256) is not None


def test_a_file_is_at_work_until_it_is_moved(connection: Connection) -> None:
    first, second = taken(connection, "a.csv", "aa"), taken(connection, "b.csv", "bb")
    taken(connection, "c.csv", "cc", folder="/elsewhere")
    assert drops.at_work(connection, "/drop") == [first, second]
    decided = drops.decide(connection, first, state=drops.DONE, target="done/a.csv", run_id=RUN)
    assert drops.at_work(connection, "/drop") == [decided, second]
    assert (decided.state, decided.target, decided.run_id) == ("done", "done/a.csv", RUN)
    drops.settle(connection, decided, NOON)
    assert drops.at_work(connection, "/drop") == [second]


def test_content_in_done_is_known_by_its_hash(connection: Connection) -> None:
    """That in failed/ may come back, and so may that of a run that was undone, or of another folder."""
    done(connection, taken(connection, "a.csv", "aa"))
    done(connection, taken(connection, "b.csv", "bb"), drops.FAILED)
    done(connection, taken(connection, "c.csv", "cc", folder="/elsewhere"))
    assert [_is_done(connection, content) for content in ("aa", "bb", "cc")] == [True, False, False]
    runs.begin(connection, run_id=RUN, command="nightly", destination="database", started_at=NOON, request="{}")
    assert _is_done(connection, "aa")
    connection.execute(update(rollbook_runs).values(state=runs.UNDONE))
    assert not _is_done(connection, "aa")


def test_a_file_that_is_not_moved_yet_is_not_done(connection: Connection) -> None:
    drop = taken(connection, "a.csv", "aa")
    drops.decide(connection, drop, state=drops.DONE, target="done/a.csv", run_id=RUN)
    assert not _is_done(connection, "aa")


def test_when_something_new_came_last(connection: Connection) -> None:
    """What was skipped as known is nothing new, but it came."""
    assert drops.last_taken(connection, "/drop", also_known=True) is None
    taken(connection, "a.csv", "aa", 1)
    done(connection, taken(connection, "b.csv", "bb", 2), drops.SKIPPED, None)
    taken(connection, "c.csv", "cc", 3, folder="/elsewhere")
    assert drops.last_taken(connection, "/drop", also_known=False) == NOON + timedelta(hours=1)
    assert drops.last_taken(connection, "/drop", also_known=True) == NOON + timedelta(hours=2)


def test_a_run_is_found_by_its_file(connection: Connection) -> None:
    """The latest since a moment, of that path with that content."""
    for number, (path, content) in enumerate([("/drop/a.csv", "aa"), ("/drop/a.csv", "bb"), ("/drop/b.csv", "aa")]):
        run_id = f"261121-aaaa{number}"
        begun = NOON + timedelta(hours=number)
        runs.begin(connection, run_id=run_id, command="nightly", destination="database", started_at=begun, request="{}")
        runs.add_file(connection, runs.RunFile(run_id, 1, path, content))
    found = runs.find_of_file(connection, "/drop/a.csv", "aa", NOON)
    assert found is not None
    assert found.run_id == "261121-aaaa0"
    assert runs.find_of_file(connection, "/drop/a.csv", "aa", NOON + timedelta(seconds=1)) is None
    assert runs.find_of_file(connection, "/drop/a.csv", "cc", NOON) is None


def test_what_was_imported_last(connection: Connection) -> None:
    """Well or not; what was skipped or left was not imported."""
    assert drops.last_imported(connection, "/drop") is None
    done(connection, taken(connection, "a.csv", "aa"))
    done(connection, taken(connection, "b.csv", "bb"), drops.FAILED)
    done(connection, taken(connection, "a.csv", "aa"), drops.SKIPPED, None)
    last = drops.last_imported(connection, "/drop")
    assert last is not None
    assert (last.name, last.state) == ("b.csv", drops.FAILED)
