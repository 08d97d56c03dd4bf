"""Who is enrolled in a session of Moon ERP: as it was read in bulk, and as it was written since."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from destinations.moon.answers import Record
from destinations.moon.records import CONTENT, Held, Id, held_of, id_of

# Under which a session may hold its enrollments: no page names it.
_NAMES = ("enrollments", "training_enrollments")


class Roster:
    """The enrollments of one session; from many threads.

    id: of the session. seats: how many may be enrolled; None: no end. taken: how many are: all but the cancelled ones.
    read_at: monotonic seconds; nothing that is older than this is in it. reading: held by whoever reads it anew.
    """

    def __init__(self, session: Id, seats: int | None, rows: Iterable[Record], read_at: float) -> None:
        self.id = session
        self.reading = threading.Lock()
        self._changing = threading.Lock()
        self._promised = self._leaving = 0
        self._noted: list[tuple[Id, Held | None]] = []
        self._take(seats, rows, read_at)

    def find(self, employee: Id) -> Held | None:
        """What is held for an employee."""
        return self._held.get(str(employee))

    def note(self, employee: Id, held: Held | None) -> None:
        """Take note of what was written, or found, for an employee."""
        with self._changing:
            self._noted.append((employee, held))
            self._put(employee, held)

    def renew(self, seats: int | None, rows: Iterable[Record], read_at: float, noted: int) -> None:
        """Take what was read anew. noted: what `notes` said before that: what was noted since is not in it for sure."""
        with self._changing:
            since = self._noted[noted:]
            self._take(seats, rows, read_at)
            for employee, held in since:
                self._put(employee, held)

    def notes(self) -> int:
        """How many times something was noted."""
        return len(self._noted)

    def is_full(self) -> bool:
        """Whether no seat is left."""
        return self.seats is not None and self.taken >= self.seats

    def reserve(self, *, takes: bool, leaves: bool) -> bool | None:
        """Count with what will be written; see `release`. False: it takes a seat, and none is left.

        None: whether one is left depends on what others before it come to.
        """
        with self._changing:
            if takes and self.seats is not None and self.taken + self._promised >= self.seats:
                return None if self._promised or self._leaving else False
            self._promised += takes
            self._leaving += leaves
            return True

    def release(self, *, took: bool, left: bool) -> None:
        """What was reserved is written, and noted, or will not be."""
        with self._changing:
            self._promised -= took
            self._leaving -= left

    def _take(self, seats: int | None, rows: Iterable[Record], read_at: float) -> None:
        found: dict[str, list[Held]] = {}
        for row in rows:
            held = held_of(row)
            if held is not None and str(row.get("training_session_id", self.id)) == str(self.id):
                found.setdefault(str(row.get("employee_id")), []).append(held)
        self.seats, self.read_at = seats, read_at
        self.taken = sum(one.takes_seat for several in found.values() for one in several)
        self._held = {employee: best_of(several) for employee, several in found.items()}

    def _put(self, employee: Id, held: Held | None) -> None:
        before = self._held.pop(str(employee), None)
        self.taken -= before is not None and before.takes_seat
        if held is not None:
            self._held[str(employee)] = held
            self.taken += held.takes_seat


def best_of(found: Sequence[Held]) -> Held:
    """Of several enrollments of a pair the one that is not cancelled, else the latest."""
    return max(enumerate(found), key=lambda one: (one[1].takes_seat, one[1].enrolled_at, one[0]))[1]


def enrollments_in(session: Mapping[str, Any]) -> list[Record] | None:
    """The enrollments that the record of a session holds; None where it holds none that say as much as those of a list.

    An empty list counts under its known names alone: it might be one of anything.
    """
    lists = {name: rows for name, rows in session.items() if isinstance(rows, list)}
    whole = [rows for rows in lists.values() if rows and all(map(_is_whole, rows))]
    if len(whole) == 1:
        return whole[0]
    return [] if not whole and any(lists.get(name) == [] for name in _NAMES) else None


def _is_whole(row: object) -> bool:
    if not isinstance(row, dict) or id_of(row, "employee_id") is None or held_of(row) is None:
        return False
    return all(name in row for name in CONTENT)
