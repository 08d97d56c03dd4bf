"""`rollbook nights`: what came into drop folders night by night, and what became of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ledger.database import open_database, reading
from ledger.nights import nights_since
from pipeline.options import console_of, settings_of
from reports.terminal.nights import nights_object, print_nights
from rollbook.clock import now

if TYPE_CHECKING:
    from rollbook.options import Invocation


def nights(invocation: Invocation, *, days: int) -> int:
    """The last nights, a line a source."""
    console = console_of(invocation)
    first = now().date() - timedelta(days=days - 1)
    engine = open_database(settings_of(invocation).database, create=False, migrate=False)
    with reading(engine) as connection, connection.begin():
        found = nights_since(connection, first)
    if console.asked_for_json:
        console.answer(nights_object(found))
    else:
        print_nights(found, console.console, console.commands)
    return 0
