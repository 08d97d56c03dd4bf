"""`rollbook reference sync`: what a system knows is read page by page; what was broken off goes on where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from ledger.lock import hold
from ledger.reference.load import store
from ledger.reference.upserts import Loaded
from ledger.remote import ids, outbox, sync_progress
from pipeline.load import LOAD_WAIT_SECONDS
from rollbook.clock import now

if TYPE_CHECKING:
    from sqlalchemy import Connection


HELD, IDS = "enrollments", "ids"
GOES_ON = "it goes on behind the last page stored."
# number; frames by kind of reference data, HELD, or IDS (kind, code, target_id; missing: it is none any more); whether
# it is the last of its step.
Read = tuple[int, dict[str, pd.DataFrame], bool]
# Told each step and page as it is stored.
Watch = Callable[[str, int], None]


@dataclass
class Synced:
    """What a sync stored: rows added, changed and unchanged of each kind; `enrollments` are those that exist there."""

    kinds: dict[str, Loaded] = field(default_factory=dict)
    held: int = 0

    def add(self, kind: str, loaded: Loaded) -> None:
        """Add what one page brought."""
        before = self.kinds.get(kind)
        if before is not None:
            counts = (before.added + loaded.added, before.changed + loaded.changed, before.unchanged + loaded.unchanged)
            problems = pd.concat([before.problems, loaded.problems], ignore_index=True)
            loaded = Loaded(*counts, problems, before.adopted + loaded.adopted)
        self.kinds[kind] = loaded


class Storing:
    """Reads steps and stores them page by page. url: where it was read, for the record."""

    def __init__(self, connection: Connection, system: str, url: str, by: str | None, watch: Watch) -> None:
        self._connection, self._system, self._url, self._by, self._watch = connection, system, url, by, watch
        self.synced = Synced()

    def store(self, steps: Mapping[str, Callable[[int], Iterator[Read]]]) -> Synced:
        """Every step in an order in which each finds what it refers to. Each is given the first page to read."""
        with self._connection.begin():
            before = sync_progress.pages_stored(self._connection, self._system)
        for step, read in steps.items():
            page, is_done = before.get(step, (0, False))
            if not is_done:
                for number, frames, is_last in read(page + 1):
                    self._store(step, number, frames, is_last=is_last)
        with self._connection.begin():
            sync_progress.forget(self._connection, self._system)
        return self.synced

    def _store(self, step: str, number: int, frames: dict[str, pd.DataFrame], *, is_last: bool) -> None:
        with hold(self._connection.engine, "load", wait=LOAD_WAIT_SECONDS), self._connection.begin():
            for kind, frame in frames.items():
                if kind == HELD:
                    outbox.hold(self._connection, self._system, frame)
                    self.synced.held += len(frame)
                elif kind == IDS:
                    self._store_ids(frame)
                else:
                    told = {"loaded_at": now(), "loaded_by": self._by, "source": self._url}
                    self.synced.add(kind, store(self._connection, kind, frame, **told))  # type: ignore[arg-type]
            sync_progress.note_page(self._connection, self._system, step, number, now(), is_done=is_last)
        self._watch(step, number)

    def _store_ids(self, frame: pd.DataFrame) -> None:
        known = frame.dropna(subset=["target_id"])
        gone = frame[frame["target_id"].isna()]
        ids.forget(self._connection, self._system, set(zip(gone["kind"], gone["code"], strict=True)))
        names = zip(known["kind"], known["code"], strict=True)
        ids.keep(self._connection, self._system, dict(zip(names, known["target_id"], strict=True)))
