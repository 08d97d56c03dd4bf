"""Lines that are chosen by keys in a temporary table: all of these, no others, in the same transaction."""

import pyarrow as pa
from sqlalchemy import BigInteger, Column, Connection, Engine, event, insert, select

from ledger.sql.keys import delete_chosen, keyed
from ledger.sql.temporary_tables import temporary
from ledger.tables import group_members

MEMBERS = [{"group_id": group, "employee_id": employee} for group in (1, 2, 3) for employee in (1, 2, 3)]


def members(connection: Connection) -> set[tuple[int, int]]:
    """Who is in which group."""
    return set(connection.execute(select(group_members)).tuples())


def leave(connection: Connection, employee: int) -> None:
    """Take somebody out of all groups but the first."""
    keys = [Column(name, BigInteger, primary_key=True, autoincrement=False) for name in ("group_id", "employee_id")]
    there = group_members.c
    chosen = select(there.group_id, there.employee_id).where(there.employee_id == employee, there.group_id > 1)
    with temporary(connection, "rollbook_gone", *keys) as gone:
        delete_chosen(connection, group_members, gone, chosen)


def test_what_a_query_chooses_is_deleted(connection: Connection) -> None:
    """By the whole key, not by one column of it."""
    connection.execute(insert(group_members), MEMBERS)
    leave(connection, 2)
    assert members(connection) == {(1, 1), (1, 2), (1, 3), (2, 1), (2, 3), (3, 1), (3, 3)}


def test_nothing_chosen_asks_nothing(connection: Connection) -> None:
    """A delete by an empty table of keys could still read all lines."""
    connection.execute(insert(group_members), MEMBERS)
    asked: list[str] = []
    event.listen(connection, "before_cursor_execute", lambda *told: asked.append(told[2]))
    leave(connection, 4)
    assert not [statement for statement in asked if statement.startswith("DELETE")]
    assert len(members(connection)) == len(MEMBERS)


def test_keys_are_joined_with(connection: Connection) -> None:
    connection.execute(insert(group_members), MEMBERS)
    number = Column("employee_id", BigInteger, primary_key=True, autoincrement=False)
    with keyed(connection, "rollbook_some", pa.table({"employee_id": [3, 4]}), number) as some:
        query = select(group_members.c.group_id).join(some, some.c.employee_id == group_members.c.employee_id)
        assert sorted(connection.scalars(query)) == [1, 2, 3]


def test_temporary_tables_do_not_end_the_transaction(engine: Engine) -> None:
    """MariaDB commits at many statements that make or drop something."""
    with engine.connect() as connection:
        connection.execute(insert(group_members), MEMBERS)
        leave(connection, 1)
        connection.rollback()
        assert members(connection) == set()
