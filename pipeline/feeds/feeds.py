"""The feeds of one run, from the comparison with what they sent before to what is kept in mind of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from destinations.database.cancel import cancel_enrollments
from ledger.feeds import feed_memory, feeds
from pipeline.feeds.bounds import beyond, not_checked
from pipeline.feeds.compare import Findings, compare
from pipeline.feeds.identify import OF_FEEDS, feed_name, feeds_of
from pipeline.feeds.remember import remember

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from destinations.protocol import RunTerms, Tally
    from pipeline.feeds.identify import RunFeed
    from pipeline.limits import Exceeded
    from pipeline.run_context import RunContext
    from stage.database import Stage


@dataclass
class Feeds:
    """The feeds of a run, and what is found out of each."""

    work: RunContext
    feeds: Sequence[RunFeed]
    numbers: Mapping[int, int]
    found: list[Findings] = field(default_factory=list)

    @classmethod
    def of(cls, work: RunContext, connection: Connection) -> Feeds:
        """The feeds of a run whose files are judged. numbers: by file, the feed's, where it was imported before."""
        of_run = feeds_of(work, connection)
        numbers = {}
        with work.looking() as there:
            for feed in of_run:
                number = feeds.find_feed(there, feed.name, work.request.destination) if feed.name else None
                numbers.update(dict.fromkeys(feed.files, number) if number is not None else {})
        return cls(work, of_run, numbers)

    def compare(self, stage: Stage, tally: Tally) -> None:
        """Compare what each feed sent with what it sent before; of other files, what a limit asks for."""
        wanted = [each for each in self.feeds if each.name is not None or _is_limited(each)]
        self.found = [compare(self.work, stage, each, tally) for each in wanted]

    def beyond(self) -> list[Exceeded]:
        """The limits that the run's feeds go beyond."""
        return [one for each in self.found for one in beyond(self.work.request, each)]

    @contextmanager
    def remembering(self, connection: Connection, stage: Stage, terms: RunTerms) -> Iterator[None]:
        """While the run is loaded: then what is missing is cancelled where that is wished, and all is kept in mind."""
        is_needed = any(each.name is not None for each in self.feeds) or feeds.any_feed(connection)
        last = feed_memory.last_enrollment(connection) if is_needed else 0
        yield
        if is_needed:
            self.cancel(connection, terms)
            others = next((each for each in self.feeds if each.name is None), None)
            remember(self.work, connection, stage, self.found, others, last)

    @property
    def to_cancel(self) -> pa.Array:
        """The enrollments that are to be cancelled, of all feeds."""
        return pa.chunked_array([each.to_cancel for each in self.found], pa.int64()).combine_chunks()

    def cancel(self, connection: Connection, terms: RunTerms) -> None:
        """Cancel what is missing and to be cancelled; a check does it in its own ledger."""
        for found in self.found:
            if len(found.to_cancel):
                file = self.work.files[found.feed.files[0]].path
                cancel_enrollments(connection, terms, found.to_cancel, file)

    def told(self, *, is_stopped: bool) -> list[dict[str, Any]]:
        """What the summary says of each feed with a name, and of limits of other files; see docs/feeds.md."""
        found = [
            {
                **_told(each, is_stopped=is_stopped),
                "not_checked": not_checked(self.work.request, each, self._homeless(each)),
            }
            for each in self.found
        ]
        return [each for each in found if each["name"] is not None or each["not_checked"]]

    def _homeless(self, found: Findings) -> bool:
        """Whether there are files that no feed sent, beside what people bring back."""
        profiles = [self.work.files[number].profile or "" for number in found.feed.files]
        return any(feed_name(self.work.request, profile) is None for profile in profiles)


def _is_limited(feed: RunFeed) -> bool:
    return any(getattr(feed.limits, name) is not None for name in OF_FEEDS)


def _told(found: Findings, *, is_stopped: bool) -> dict[str, Any]:
    return {
        "name": found.feed.name,
        "missing": found.missing,
        "back": len(found.memory.back),
        "cancelled": 0 if is_stopped else len(found.to_cancel),
        "changed": found.changed,
        "held": found.stood,
        "complete": bool(found.feed.terms.complete),
        "not_compared": found.why_not,
        "doubtful": len(found.memory.doubtful),
        "absences": [asdict(each) for each in found.absences],
    }
