"""The name that a database bears for good, at whatever address: a failed-rows workbook knows it by that."""

import secrets

from sqlalchemy import Connection, insert, select

from ledger.tables import rollbook_ledger

LEDGER_ID = "ledger_id"
# No letter that is read as another, and no hex digit in front: see rollbook.returned.
_FIRST = "ghjkmnpqrstvwxyz"
_OTHERS = "23456789abcdefghjkmnpqrstvwxyz"


def new_ledger_id() -> str:
    """Six characters at random, such as `k7mq2x`."""
    return secrets.choice(_FIRST) + "".join(secrets.choice(_OTHERS) for _ in range(5))


def ledger_id(connection: Connection) -> str | None:
    """The ID of the database; None of the one in memory that a check uses where there is none yet."""
    told = rollbook_ledger.c
    return connection.scalar(select(told.value).where(told.name == LEDGER_ID))


def name_ledger(connection: Connection) -> None:
    """Give a new database its ID."""
    connection.execute(insert(rollbook_ledger).values(name=LEDGER_ID, value=new_ledger_id()))
