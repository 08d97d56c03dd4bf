"""What to filter by, remembered for a moment: who pages through rows is offered the same on each page."""

import time
from collections import OrderedDict
from threading import Lock

from sqlalchemy import Connection

from ledger.browse.cases import Choices, Filter, choices

SECONDS = 10.0
# Counting a million cases takes a while: then the numbers are kept for so many times as long.
_TIMES_AS_LONG = 20.0
_MOST = 32


class Offering:
    """The choices by the file that is filtered by, on which alone they depend; some files, for some seconds."""

    def __init__(self) -> None:
        self._known: OrderedDict[str | None, tuple[float, Choices]] = OrderedDict()
        self._lock = Lock()

    def choices(self, connection: Connection, wanted: Filter) -> Choices:
        """What to filter by; counts may be some seconds old."""
        with self._lock:
            until, found = self._known.get(wanted.file, (0.0, None))
        begun = time.monotonic()
        if found is not None and begun < until:
            return found
        found = choices(connection, wanted)
        ended = time.monotonic()
        with self._lock:
            self._known[wanted.file] = (ended + max(SECONDS, _TIMES_AS_LONG * (ended - begun)), found)
            self._known.move_to_end(wanted.file)
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
        return found

    def forget(self) -> None:
        """Somebody changed rows here: count anew."""
        with self._lock:
            self._known.clear()
