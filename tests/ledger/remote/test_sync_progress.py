"""How far reading a system came: a page a step, in the transaction that stores it."""

from datetime import timedelta

from sqlalchemy import Connection, Engine, select

from ledger.remote import sync_progress
from ledger.tables import rollbook_syncs
from tests.ledger.judged import NOON


def test_nothing_was_read_at_first(connection: Connection) -> None:
    assert sync_progress.pages_stored(connection, "smarteru") == {}
    assert sync_progress.forget(connection, "smarteru") == 0


def test_of_each_step_the_last_page_is_known(connection: Connection) -> None:
    for page, is_done in ((1, False), (2, False), (3, True)):
        sync_progress.note_page(connection, "smarteru", "learners", page, NOON, is_done=is_done)
    later = NOON + timedelta(minutes=1)
    sync_progress.note_page(connection, "smarteru", "enrollments:Did Not Attend", 7, later, is_done=False)
    stored = sync_progress.pages_stored(connection, "smarteru")
    assert stored == {"learners": (3, True), "enrollments:Did Not Attend": (7, False)}
    assert all(isinstance(is_done, bool) for _, is_done in stored.values())
    lines = rollbook_syncs.c
    assert connection.scalars(select(lines.stored_at).order_by(lines.stored_at)).all() == [NOON, later]


def test_systems_do_not_meet(connection: Connection) -> None:
    sync_progress.note_page(connection, "smarteru", "learners", 4, NOON, is_done=False)
    sync_progress.note_page(connection, "moon", "learners", 2, NOON, is_done=True)
    assert sync_progress.pages_stored(connection, "moon") == {"learners": (2, True)}
    assert sync_progress.forget(connection, "moon") == 1
    assert sync_progress.pages_stored(connection, "smarteru") == {"learners": (4, False)}


def test_a_page_that_was_not_committed_is_read_again(sqlite_engine: Engine) -> None:
    with sqlite_engine.begin() as connection:
        sync_progress.note_page(connection, "smarteru", "learners", 1, NOON, is_done=False)
    with sqlite_engine.connect() as connection, connection.begin() as transaction:
        sync_progress.note_page(connection, "smarteru", "learners", 2, NOON, is_done=False)
        transaction.rollback()
    with sqlite_engine.begin() as connection:
        assert sync_progress.pages_stored(connection, "smarteru") == {"learners": (1, False)}
