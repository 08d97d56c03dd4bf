"""A run is running while somebody works on it; what was killed is told as stopped, by its lock and not by its state."""

from ledger import runs
from ledger.alive import KILLED, as_it_stands
from ledger.database import open_database
from ledger.lock import hold, is_held
from ledger.tables import rollbook_runs
from tests.ledger.judged import a_run


def test_a_lock_is_seen_without_being_taken(prepared_url: str) -> None:
    """By any other connection, and only under its own name."""
    engine = open_database(prepared_url, create=False)
    assert not is_held(engine, "run:a")
    with hold(engine, "run:a"):
        assert is_held(engine, "run:a")
        assert not is_held(engine, "run:b")
    assert not is_held(engine, "run:a")
    with hold(engine, "run:a"):
        pass


def test_a_killed_run_is_stopped(prepared_url: str) -> None:
    """Its lock went with its process; nothing is written to say so."""
    engine = open_database(prepared_url, create=False)
    with engine.begin() as connection:
        run_id = a_run(connection)
        run = runs.find(connection, run_id)
    with hold(engine, f"run:{run_id}"), engine.connect() as connection:
        assert as_it_stands(connection, run) == run
    with engine.connect() as connection:
        stands = as_it_stands(connection, run)
        assert (stands.state, stands.summary["stopped_by"]) == ("stopped", KILLED)
        assert stands.is_unfinished
        assert runs.find(connection, run_id).state == "running"


def test_a_run_whose_reports_are_being_written_is_running(prepared_url: str) -> None:
    """Who waits for its end finds them; left without them by a crash, it is what it was loaded as."""
    engine = open_database(prepared_url, create=False)
    with engine.begin() as connection:
        run_id = a_run(connection)
        ended = {"state": "with_failures", "exit_code": 1, "summary": '{"reports_due": true}'}
        connection.execute(rollbook_runs.update().where(rollbook_runs.c.run_id == run_id).values(ended))
        run = runs.find(connection, run_id)
    with hold(engine, f"run:{run_id}"), engine.connect() as connection:
        stands = as_it_stands(connection, run)
        assert (stands.state, stands.exit_code) == ("running", None)
    with engine.connect() as connection:
        assert as_it_stands(connection, run) == run
