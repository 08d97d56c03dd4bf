"""What the database holds after any sequence of feeds, in plain Python: the same decisions as the program's."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field

CANCEL = "cancel"


@dataclass(frozen=True)
class Sent:
    """A file. sender: the name of a feed, '' for somebody else. rows: learner -> status.

    bad: learners whose rows say no status. unreadable: rows that name nobody, each by its own text.
    """

    sender: str
    rows: Mapping[int, str]
    bad: frozenset[int] = frozenset()
    unreadable: frozenset[int] = frozenset()


@dataclass
class Told:
    """What the summary says of a feed."""

    missing: int
    back: int
    cancelled: int


@dataclass
class Memory:
    """Of a feed: what stands, and in which import it surely did last; what it ever brought; its rows of no owner."""

    standing: dict[int, int] = field(default_factory=dict)
    brought: set[int] = field(default_factory=set)
    unclear: list[set[object]] = field(default_factory=list)


@dataclass
class FeedModel:
    """The enrollments by learner, in one session, and what every feed brought. policies: of the feeds."""

    policies: Mapping[str, str]
    statuses: dict[int, str] = field(default_factory=dict)
    by_others: set[int] = field(default_factory=set)
    memories: dict[str, Memory] = field(default_factory=dict)
    before: FeedModel | None = None

    def send(self, sent: Sent) -> Told | None:
        """Import a file; what is said of the feed."""
        self.before = deepcopy(self)
        known = set(self.statuses)
        self.statuses.update(sent.rows)
        if not sent.sender:
            self.by_others |= set(sent.rows)
            return None
        return self._remember(sent, known)

    def undo(self) -> None:
        """Take the last file back."""
        assert self.before is not None
        before = self.before
        self.statuses, self.by_others, self.memories = before.statuses, before.by_others, before.memories

    def _remember(self, sent: Sent, known: set[int]) -> Told:
        memory = self.memories.setdefault(sent.sender, Memory())
        number = len(memory.unclear)
        there = sent.bad & known
        unclear = {("nobody", each) for each in sent.unreadable} | {("bad", each) for each in sent.bad - known}
        absent = set(memory.standing) - set(sent.rows) - there
        doubtful = {each for each in absent if unclear - memory.unclear[memory.standing[each]]}
        missing = {each for each in absent - doubtful if not self._held_elsewhere(each, sent.sender)}
        back = (set(sent.rows) & memory.brought) - set(memory.standing)
        gone = {
            each for each in missing if self.policies[sent.sender] == CANCEL and not self._is_kept(each, sent.sender)
        }
        cancelled = {each for each in gone if self.statuses[each] != "cancelled"}
        self.statuses.update(dict.fromkeys(cancelled, "cancelled"))
        kept = {each: at for each, at in memory.standing.items() if each in there | doubtful}
        # What is there in a row that is not loaded is as sure as it was: it was not loaded now.
        memory.standing = {**{each: number if each in there else at for each, at in kept.items()}}
        memory.standing |= dict.fromkeys(sent.rows, number)
        memory.brought |= set(sent.rows)
        memory.unclear.append(set(unclear))
        return Told(len(missing), len(back), len(cancelled))

    def _held_elsewhere(self, learner: int, sender: str) -> bool:
        return any(learner in memory.standing for name, memory in self.memories.items() if name != sender)

    def _is_kept(self, learner: int, sender: str) -> bool:
        others = (name for name, memory in self.memories.items() if name != sender and learner in memory.brought)
        return learner in self.by_others or any(self.policies[name] != CANCEL for name in others)
