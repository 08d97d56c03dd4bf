"""What a person asks of failed rows, cell by cell, and what comes of it. Light: pages that only show import it too."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from ledger.browse.cases import Filter
from rollbook.rows.outcomes import Counts
from rollbook.rows.problems import Problem

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


NOT_SEEN: Mapping[int, Seen] = MappingProxyType({})


@dataclass(frozen=True)
class RehearsedRow:
    """What would become of an edited row.

    outcome: accepted, unchanged, duplicate, rejected, or ignored where no record is left of it.
    """

    outcome: str
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class RehearsedRows:
    """What would become of many edited rows: outcome -> how many rows; code -> how many problems would be left.

    destination: where they would go.
    """

    outcomes: Mapping[str, int]
    problems: Mapping[str, int]
    destination: str = "database"

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(self.outcomes.values())

    @property
    def loaded(self) -> int:
        """How many would be where they belong: loaded, updated, or there already."""
        return self.rows - sum(self.outcomes.get(name, 0) for name in ("rejected", "failed", "ignored"))


@dataclass(frozen=True)
class Terms:
    """What a repair decides otherwise than the run that met the rows.

    on_existing: what becomes of an enrollment that is there with other values. on_conflict: which of rows that
    contradict each other is taken. creates: a kind of reference data (learners, groups, courses, sessions) of which
    unknown ones are created this time.
    """

    on_existing: Literal["update"] | None = None
    on_conflict: Literal["first", "last", "best"] | None = None
    creates: str | None = None


AS_BEFORE = Terms()


@dataclass(frozen=True)
class Repaired:
    """The run that imported corrected rows: how it ended, its accounts in rows, and how many cases it closed."""

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

    repaired: Repaired
    remembered: Path | None = None
    offered: str | None = None


@dataclass(frozen=True)
class Where:
    """Which cells a replacement is about: `header`'s, of the cases that are chosen, else of those that are filtered."""

    filter: Filter
    header: str
    old: str
    chosen: tuple[int, ...] = ()


# The kind of reference data of which a rule finds unknown ones.
CREATED_BY_RULE: Mapping[str, str] = MappingProxyType(
    {
        "learner.unknown": "learners",
        "group.unknown": "groups",
        "course.unknown": "courses",
        "session.unknown": "sessions",
    }
)


FixKind = Literal["again", "means", "within", "create", "update", "first", "last", "best"]


@dataclass(frozen=True)
class GroupFix:
    """A fix for all open rows of a group: of column `header`, whose problem has the code.

    again: as the rows are, under today's profile, rules and reference data. means: in the place of each value its
    meaning (value -> text; '' stands for a blank cell). within: in each cell `old` is replaced by `new`. create: what
    is unknown is created. update: what exists is updated by these rows. first, last, best: of rows that contradict
    each other that one is taken; rows of other groups which these contradict are fixed with them.

    chosen: only these cases, if there are any.
    """

    group_id: int
    code: str
    header: str
    kind: FixKind
    meanings: Mapping[str, str] | None = None
    old: str = ""
    new: str = ""
    chosen: tuple[int, ...] = ()
