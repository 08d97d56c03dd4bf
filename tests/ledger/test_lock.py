"""A lock is held by one process at a time, and goes with it."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL

from ledger.database import memory_database, open_database
from ledger.lock import hold
from rollbook.errors import RunIsLive
from tests.servers import fresh_database

HOLDER = """
import sys, time
from ledger.database import open_database
from ledger.lock import hold
with hold(open_database(sys.argv[1], create=False), sys.argv[2]):
    print("held", flush=True)
    time.sleep(float(sys.argv[3]))
"""


@contextmanager
def another_process(engine: Engine, name: str, seconds: float = 60) -> Iterator["subprocess.Popen[str]"]:
    """A process that holds the lock by now."""
    url = engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", HOLDER, url, name, str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_held_lock_is_refused_and_others_are_free(engine: Engine) -> None:
    with another_process(engine, "run:261121-aaaaa"):
        with pytest.raises(RunIsLive, match="261121-aaaaa is being worked on"), hold(engine, "run:261121-aaaaa"):
            pass
        with hold(engine, "run:261121-bbbbb"), hold(engine, "load"):
            pass


def test_a_lock_goes_with_a_killed_process(engine: Engine) -> None:
    with another_process(engine, "load") as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        with hold(engine, "load", wait=5):
            pass


def test_who_waits_gets_the_lock_when_it_is_let_go(engine: Engine) -> None:
    with another_process(engine, "load", seconds=0.5):
        begun = time.monotonic()
        with hold(engine, "load", wait=30):
            assert time.monotonic() - begun < 20


def test_waiting_ends_when_it_is_told_to(engine: Engine) -> None:
    refused = pytest.raises(RunIsLive, match="loading into this database")
    with another_process(engine, "load"), refused, hold(engine, "load", wait=0.3):
        pass


def test_a_lock_may_be_taken_again_after_an_error(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), hold(engine, "load"):
        raise ZeroDivisionError
    with hold(engine, "load"):
        pass


def test_transactions_inside_are_free_to_end(engine: Engine) -> None:
    with hold(engine, "load"):
        with engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM rollbook_runs")
        with engine.connect() as connection:
            connection.exec_driver_sql("DELETE FROM rollbook_runs")
            connection.rollback()


def test_no_lock_file_is_left_beside_a_sqlite_database(sqlite_engine: Engine) -> None:
    with hold(sqlite_engine, "run:261121-aaaaa"):
        pass
    folder = Path(str(sqlite_engine.url.database)).parent
    assert [file.name for file in folder.iterdir() if "lock" in file.name] == []


def test_a_database_in_memory_needs_no_lock() -> None:
    engine = memory_database()
    with hold(engine, "load"):
        pass
    engine.dispose()


def test_locks_of_another_database_on_the_server_do_not_matter(mariadb: URL) -> None:
    """GET_LOCK's names are the whole server's."""
    with fresh_database(mariadb, "lock_one") as one, fresh_database(mariadb, "lock_two") as two:
        first, second = (open_database(url, create=True) for url in (one, two))
        with another_process(first, "load"), hold(second, "load"):
            pass
        first.dispose()
        second.dispose()
