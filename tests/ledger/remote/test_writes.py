"""What is recorded before it is written, what is known of it later, and the IDs of systems, on all three databases."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, select

from ledger.database import open_database
from ledger.remote import ids, outbox, writes
from ledger.remote.writes import Write
from ledger.tables import rollbook_writes
from tests.ledger.judged import NOON, a_part, a_run, failures_of, rows_of, stage_part, waiting_keys
from tests.servers import fresh_database

FIRST, SECOND, THIRD = "261121-aaaaa", "261121-bbbbb", "261121-ccccc"
MADE = Write("5:7", None, True, {}, {"status": "attended", "feedback": "gut – \N{GREEK SMALL LETTER ALPHA}"})
CHANGED = Write("5:8", "12", False, {"status": "enrolled", "score": None}, {"status": "completed", "score": "92.5"})


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "mariadb"])
def migrated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One database of each kind for all tests here."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('writes') / 'test.db'}"
        else:
            url = stack.enter_context(fresh_database(request.getfixturevalue(request.param), "test_writes"))
        opened = open_database(url, create=True)
        yield opened
        opened.dispose()


@pytest.fixture
def connection(migrated: Engine) -> Iterator[Connection]:
    """A transaction that is rolled back, with three runs one after the other, each of two rows in the outbox."""
    with migrated.connect() as opened, opened.begin() as transaction:
        for number, run in enumerate((FIRST, SECOND, THIRD)):
            a_run(opened, run, destination="moon", started_at=NOON + timedelta(hours=number))
            rows = rows_of(*({"learner_employee_id": who, "session_id": "5"} for who in ("E7", "E8")))
            stage_part(opened, a_part(opened, run), rows, failures_of(), {})
            keys = waiting_keys(opened, run, ["session_id"])
            outbox.record(opened, run, [(1, at, *key[:3]) for at, key in enumerate(list(keys), 1)])
        yield opened
        transaction.rollback()


def _states(connection: Connection) -> dict[tuple[str, int], str]:
    lines = rollbook_writes.c
    return {
        (run, block): state
        for run, block, state in connection.execute(select(lines.run_id, lines.block_no, lines.state))
    }


def test_what_was_begun_and_not_confirmed_is_known_by_its_key(connection: Connection) -> None:
    writes.begin(connection, FIRST, 1, "moon", {1: MADE, 2: CHANGED})
    assert writes.begun(connection, "moon", ["5:7", "5:8", "9:9"]) == {"5:7": MADE, "5:8": CHANGED}
    assert writes.begun(connection, "axcelerate", ["5:7"]) == {}
    writes.confirm(connection, FIRST, 1, {2: None})
    assert writes.begun(connection, "moon", ["5:7", "5:8"]) == {"5:7": MADE}


def test_what_is_begun_again_takes_the_place_of_the_former(connection: Connection) -> None:
    writes.begin(connection, FIRST, 1, "moon", {1: CHANGED})
    writes.begin(connection, FIRST, 1, "moon", {1: MADE})
    assert writes.begun(connection, "moon", ["5:7", "5:8"]) == {"5:7": MADE}


def test_refused_writes_are_forgotten_but_for_what_was_made_before(connection: Connection) -> None:
    writes.begin(connection, FIRST, 1, "moon", {1: MADE, 2: CHANGED})
    writes.refuse(connection, FIRST, 1, {1: "77", 2: None})
    assert _states(connection) == {(FIRST, 1): writes.BEGUN}
    assert writes.begun(connection, "moon", ["5:7"])["5:7"].target_id == "77"


def test_a_later_run_that_finishes_it_has_it_handed_on(connection: Connection) -> None:
    writes.begin(connection, FIRST, 1, "moon", {1: MADE})
    writes.begin(connection, SECOND, 1, "moon", {1: MADE, 2: CHANGED})
    writes.confirm(connection, SECOND, 1, {1: "77"})
    assert _states(connection) == {
        (FIRST, 1): writes.HANDED_ON,
        (SECOND, 1): writes.DONE,
        (SECOND, 2): writes.BEGUN,
    }


def test_what_stands_comes_last_first_with_the_later_run_that_changed_it(connection: Connection) -> None:
    writes.begin(connection, FIRST, 1, "moon", {1: MADE, 2: CHANGED})
    writes.confirm(connection, FIRST, 1, {1: "77", 2: None})
    writes.begin(connection, THIRD, 1, "moon", {2: CHANGED})
    writes.confirm(connection, THIRD, 1, {2: None})
    last, first = writes.standing(connection, FIRST)
    assert (last.block_no, last.write, last.later_run) == (2, CHANGED, THIRD)
    assert (first.write.target_id, first.later_run, first.learner, first.session_id) == ("77", None, "E7", "5")
    assert [one.block_no for one in writes.standing(connection, FIRST, before=(1, 2))] == [1]
    assert writes.standing(connection, THIRD)[0].later_run is None
    writes.take_back(connection, THIRD, writes.standing(connection, THIRD))
    assert writes.standing(connection, THIRD) == []
    assert [one.later_run for one in writes.standing(connection, FIRST)] == [None, None]


def test_of_one_file_only_what_came_from_it(connection: Connection) -> None:
    writes.begin(connection, FIRST, 1, "moon", {1: MADE})
    (one,) = writes.standing(connection, FIRST)
    assert writes.standing(connection, FIRST, one.source_file) == [one]
    assert writes.standing(connection, FIRST, "another.xlsx") == []


def test_ids_are_kept_by_system_and_kind(connection: Connection) -> None:
    many = {("employee", f"E{number}"): str(number) for number in range(1200)}
    ids.keep(connection, "moon", {**many, ("email", "E1"): '"x"'})
    ids.keep(connection, "axcelerate", {("employee", "E1"): "999"})
    ids.keep(connection, "moon", {("employee", "E1"): "-1"})
    found = ids.find(connection, "moon", [*many, ("employee", "nobody"), ("email", "E1")])
    assert found == {**many, ("employee", "E1"): "-1", ("email", "E1"): '"x"'}
    ids.forget(connection, "moon", {("employee", "E1")})
    assert ids.find(connection, "moon", [("employee", "E1"), ("email", "E1")]) == {("email", "E1"): '"x"'}
    assert ids.find(connection, "axcelerate", [("employee", "E1")]) == {("employee", "E1"): "999"}
