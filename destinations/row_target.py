"""What a system that takes its rows one by one must be able to do, and the plain values that go in and out.

`pipeline.delivery.rest` drives it: what a batch needs is read, what will be written is recorded, then it is written.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self, TypeVar

from ledger.remote.outbox import Delivery
from ledger.remote.writes import Write
from rollbook.options import OnExisting

T = TypeVar("T")
# Does something for each of some items, several at once; raises what the first raised, when all others have ended.
Each = Callable[[Callable[[T], None], Iterable[T]], None]


class RowVerdict(NamedTuple):
    """What became of a row: `loaded`, `updated`, `unchanged`, `failed` (the system said no) or `rejected` (a rule did).

    code, message: of the last two; the code is one of the system's table of codes or a rule's. target_id: the system's
    own number of what was written, where it has one. field: Rollbook's, that a refusal blames, where that is known.
    """

    state: str
    code: str | None = None
    message: str | None = None
    target_id: str | None = None
    field: str | None = None


@dataclass(frozen=True)
class RefusalCode:
    """One way in which a system refuses a row.

    code: its stable name. meaning, remedy: a sentence each, for people. fields: Rollbook's fields that it may blame,
    the main one first.
    """

    code: str
    meaning: str
    remedy: str
    fields: tuple[str, ...] = ()


@dataclass
class Known:
    """The system's own IDs as earlier runs and syncs found them: (kind, code) -> ID.

    found: those that were looked up now, to be kept. gone: those that turned out to be wrong, to be forgotten.
    """

    ids: dict[tuple[str, str], str] = field(default_factory=dict)
    found: dict[tuple[str, str], str] = field(default_factory=dict)
    gone: set[tuple[str, str]] = field(default_factory=set)


class Target(Protocol):
    """A system over the wire, during one run. `write` and `take_back` are called by many threads, the others by one.

    Raises Stopped or Unavailable (`rollbook.errors`) where nothing more can be done for any row: the token is refused,
    nobody answers. What concerns a row alone is its Verdict.
    known: what `prepare` was given last; what is found out later, also in taking back, enters it too.
    """

    known: Known

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def codes(self, rows: Sequence[Delivery]) -> Iterable[tuple[str, str]]:
        """(kind, code) of the IDs that the rows need."""

    def prepare(self, rows: Sequence[Delivery], known: Known, each: Each[Any]) -> None:
        """Read what rows of a batch have in common, and the IDs that are not known yet."""

    def key(self, row: Delivery) -> str | None:
        """What the row is about, in the system's own IDs: the same for rows of any run; None where that is unknown."""

    def lane(self, row: Delivery) -> Hashable:
        """Rows of one lane are written one after the other, in row order; lanes side by side."""

    def look(self, row: Delivery, begun: Write | None, on_existing: OnExisting) -> RowVerdict | Write | None:
        """Decide by what was read: the row is settled, or this is to be written. Sends no request.

        Called for the rows of a batch in their order, by one thread. None: look again when what the rows before it
        lead to is written. begun: what was recorded to be written for the same key and never confirmed; what is there
        now may be ours. Its `former` and `creates` are handed on.
        """

    def write(self, row: Delivery, write: Write) -> RowVerdict | None:
        """Write it. Nothing is sent twice that was confirmed; what is in doubt is read before it is sent again.

        None: nothing was written, for something else is there than `look` saw: look again.
        """

    def take_back(self, write: Write) -> str | None:
        """Put back what was before; where that cannot be, why: one sentence. May be repeated."""
