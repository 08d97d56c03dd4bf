"""What the dashboard can do beside showing: whoever starts it supplies it. Pages that only show do not need it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal, Protocol

from ledger.browse.cases import Filter, Problem
from rollbook.outcomes import Counts

Kind = Literal["xlsx", "csv", "json"]
KINDS: tuple[Kind, ...] = ("xlsx", "csv", "json")
# Letter of a column -> its cell's text; '' is a blank cell.
Cells = Mapping[str, str]
# Letter of a column -> `seen_as` of the text that its cell had when a page showed it.
Seen = Mapping[str, str]


def as_sent(text: str) -> str:
    """A text as a browser sends it back: line breaks are one character, and there is no NUL."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


def seen_as(text: str) -> str:
    """Tells a cell's text from others, however long it is, and whichever way a browser sends it back."""
    return hashlib.sha256(as_sent(text).encode("utf-8", "surrogatepass")).hexdigest()[:16]


_NOT_SEEN: Mapping[int, Seen] = MappingProxyType({})


@dataclass(frozen=True)
class Found:
    """What a rule says of an edited cell: as a line of v_failed_rows. source_column, header: None for the whole row."""

    code: str
    source_column: str | None
    header: str | None
    value: str | None
    message: str
    remedy: str


@dataclass(frozen=True)
class Judged:
    """What would become of an edited row.

    outcome: accepted, unchanged, duplicate, rejected, or ignored where no record is left of it.
    """

    outcome: str
    problems: tuple[Found, ...] = ()


@dataclass(frozen=True)
class Mended:
    """The run that imported mended rows: how it ended, its accounts in rows, and how many cases it closed."""

    run_id: str
    state: str
    destination: str
    counts: Counts
    closed: int


@dataclass(frozen=True)
class Replacing:
    """What a replacement is about: how many open cases have the value, and the field that their column feeds."""

    cases: int
    field: str | None = None


@dataclass(frozen=True)
class Replaced:
    """What a replacement did.

    remembered: the profile that has the synonym now. offered: its TOML text, where there is no profile to write it to.
    """

    mended: Mended
    remembered: Path | None = None
    offered: str | None = None


@dataclass(frozen=True)
class Where:
    """Which cells a replacement is about: `header`'s, of the cases that are chosen, else of those that are filtered."""

    filter: Filter
    header: str
    old: str
    chosen: tuple[int, ...] = ()


class Actions(Protocol):
    """What is done on somebody's behalf. All raise RollbookError with what to do, in one line."""

    def suggest(self, problems: Sequence[Problem]) -> list[str | None]:
        """What was perhaps meant in each of a case's problems; None where nothing known is near enough."""

    def judge(self, case_id: int, cells: Cells, seen: Mapping[int, Seen] = _NOT_SEEN) -> Judged:
        """What the rules say of an open case with these cells in the place of its own; nothing is written.

        seen: see `repair`.
        """

    def repair(self, cells: Mapping[int, Cells], by: str, seen: Mapping[int, Seen] = _NOT_SEEN) -> Mended:
        """Import open cases with these cells in the place of their own, as one run; what changed is recorded.

        seen: by case, how its cells were when they were shown: one that somebody changed since is not overwritten.
        """

    def ignore(self, case_ids: Sequence[int], reason: str, by: str) -> int:
        """Set cases aside that need no repair; how many."""

    def reopen(self, case_ids: Sequence[int], reason: str | None, by: str) -> int:
        """Open cases that were set aside again; how many."""

    def replacing(self, where: Where) -> Replacing:
        """What `replace` would change."""

    def replace(self, where: Where, new: str, by: str, *, remember: bool) -> Replaced:
        """Repair all these cases by one value; remember: their profile reads it so from now on."""

    def export(self, filter: Filter, kind: Kind) -> Path:  # noqa: A002 - as the pages call it
        """The failed rows that are filtered, as a file in a folder of its own: whoever asks removes the folder."""
