"""`reference forget`: the rules of a kind no longer hold; what is in use stays, as if an import had made it."""

import pytest
from sqlalchemy import Connection, select

from ledger.reference.forget import forget
from ledger.reference.load import load_references, loaded_kinds
from ledger.tables import courses, employees, group_members, groups, training_sessions
from rollbook.errors import CannotBegin
from tests.destinations.stage import enrolled, enrollment
from tests.ledger.judged import NOON
from tests.ledger.reference.test_load import SESSION, load


def ids(connection: Connection, table: object, key: str) -> dict[str, int]:
    query = select(table.c[key], table.c.id)  # type: ignore[attr-defined]
    return dict(connection.execute(query).tuples().all())


def origins(connection: Connection, table: object, key: str) -> dict[str, str]:
    query = select(table.c[key], table.c.origin)  # type: ignore[attr-defined]
    return dict(connection.execute(query).tuples().all())


def fill(connection: Connection) -> None:
    """A learner and a session in use, and others of which nothing is."""
    load(connection, "learners", {"email": "a@x.org"}, {"email": "b@x.org"}, {"email": "c@x.org"})
    load(connection, "sessions", SESSION, {**SESSION, "session_id": "S2", "course_id": "C2"})
    load(connection, "groups", {"group_id": "G1"}, {"group_id": "G2"})
    load(connection, "memberships", {"group_id": "G1", "email": "b@x.org"})
    learner, session = ids(connection, employees, "email"), ids(connection, training_sessions, "session_code")
    enrollment(connection, learner["a@x.org"], session["S1"])


def test_what_is_in_use_stays_and_is_loaded_no_more(connection: Connection) -> None:
    fill(connection)
    forgotten = forget(connection, "learners", forgotten_at=NOON)
    assert (dict(forgotten.removed), forgotten.kept) == ({"learners": 1}, 2)
    assert origins(connection, employees, "email") == {"a@x.org": "import", "b@x.org": "import"}
    assert load_references(connection).learners is None
    assert len(enrolled(connection)) == 1


def test_what_only_the_forgotten_held_goes_with_it(connection: Connection) -> None:
    fill(connection)
    forget(connection, "learners", forgotten_at=NOON)
    forget(connection, "groups", forgotten_at=NOON)
    forgotten = forget(connection, "memberships", forgotten_at=NOON)
    assert dict(forgotten.removed) == {"memberships": 1, "learners": 1, "groups": 1}
    assert connection.execute(select(group_members)).all() == connection.execute(select(groups)).all() == []


def test_courses_that_sessions_brought_go_with_them(connection: Connection) -> None:
    fill(connection)
    forgotten = forget(connection, "sessions", forgotten_at=NOON)
    assert (dict(forgotten.removed), forgotten.kept) == ({"sessions": 1, "courses": 1}, 1)
    assert origins(connection, training_sessions, "session_code") == {"S1": "import"}
    assert origins(connection, courses, "course_code") == {"C1": "import"}


def test_loaded_again_it_is_a_generation_that_never_was(connection: Connection) -> None:
    """Else the answer of a run under the first would be taken for one under the second."""
    load(connection, "groups", {"group_id": "G1"})
    forget(connection, "groups", forgotten_at=NOON)
    assert loaded_kinds(connection) == {}
    load(connection, "groups", {"group_id": "G1"})
    assert loaded_kinds(connection) == {"groups": 2}


@pytest.mark.parametrize("before", [False, True])
def test_what_is_not_loaded_cannot_be_forgotten(connection: Connection, *, before: bool) -> None:
    if before:
        load(connection, "groups", {"group_id": "G1"})
        forget(connection, "groups", forgotten_at=NOON)
    with pytest.raises(CannotBegin, match="nothing to forget"):
        forget(connection, "groups", forgotten_at=NOON)
