"""What to filter by, remembered for a moment: who pages through rows is offered the same on each page."""

import time
from dataclasses import replace
from threading import Lock

from sqlalchemy import Connection

from ledger.browse.cases import Choices, Filter, choices, sheets_of

SECONDS = 10.0
# Counting a million cases takes a while: then the numbers are kept for so many times as long.
_TIMES_AS_LONG = 20.0


class Offering:
    """The choices as they were counted last, for some seconds; only the sheets depend on what is filtered by."""

    def __init__(self) -> None:
        self._until = 0.0
        self._counted: Choices | None = None
        self._lock = Lock()

    def choices(self, connection: Connection, wanted: Filter) -> Choices:
        """What to filter by; counts may be some seconds old, but for those of the sheets."""
        told = self._remembered() or self._count(connection)
        return told if wanted.file is None else replace(told, sheets=sheets_of(connection, wanted.file))

    def forget(self) -> None:
        """Somebody changed rows here: count anew."""
        with self._lock:
            self._counted = None

    def _remembered(self) -> Choices | None:
        with self._lock:
            return self._counted if time.monotonic() < self._until else None

    def _count(self, connection: Connection) -> Choices:
        begun = time.monotonic()
        found = choices(connection)
        ended = time.monotonic()
        with self._lock:
            self._counted, self._until = found, ended + max(SECONDS, _TIMES_AS_LONG * (ended - begun))
        return found
