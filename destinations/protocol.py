"""What a destination must be able to do, and the plain values that go in and out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from rollbook.errors import CannotBegin
from rollbook.rows.outcomes import ACCEPTED, LOADED, OUTCOMES

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlalchemy import Connection

    from rollbook.options import OnConflict, OnExisting
    from stage.database import Stage

# (file number, sheet position) -> field -> (letter, header) of the column that feeds it.
SheetColumns = Mapping[tuple[int, int], Mapping[str, tuple[str, str]]]


@dataclass(frozen=True)
class Policy:
    """What happens to copies that differ, in the run and in the destination."""

    on_conflict: "OnConflict" = "reject"
    on_existing: "OnExisting" = "reject"


@dataclass(frozen=True)
class Held:
    """Why the row of a case is refused whatever it says: the code and detail of its failure, and the cell to blame.

    only_if_new: it may stand where it says what is there already.
    """

    code: str
    detail: str
    source_column: str | None = None
    header: str | None = None
    value: str | None = None
    only_if_new: bool = False


@dataclass(frozen=True)
class RunTerms:
    """All that deciding and loading one run depends on, beside the rows in its stage.

    started_at: the run's recorded start in UTC, without zone: the "now" of defaulted dates and of every change.
    policies: the policy of each file, by its number; files that are not named have the default one.
    columns: where each sheet's fields stand, so that a failure found here is told at its cell; may stay empty.
    by: who is named in changes.
    batch_size: rows in a batch, at most, where the destination is fed by batches.
    names: general field -> the destination's own, where its rows call it otherwise.
    held: fingerprint of each case of whose row this run cannot have its way -> why.
    feeds: the number of the feed of each file that belongs to one that was imported before.
    """

    run_id: str
    started_at: datetime
    policies: Mapping[int, Policy] = field(default_factory=dict)
    columns: SheetColumns = field(default_factory=dict)
    by: str | None = None
    batch_size: int = 100
    names: Mapping[str, str] = field(default_factory=dict)
    held: Mapping[str, "Held"] = field(default_factory=dict)
    feeds: Mapping[int, int] = field(default_factory=dict)


# What follows a text that is stored already, where texts of rows stand beside it.
STORED = " (already stored)"


@dataclass(frozen=True)
class Tally:
    """What became of a run's rows.

    outcomes: rows by outcome, every outcome named; rows not loaded yet are told as `loaded` if they would be.
    created: learners, sessions and courses that the rows made (or would make).
    alike: groups of courses that it made and that look like one, each with the spelling to keep first.
    disputed: (session, field that its rows differ in, what they say …) of sessions that it made; of one that exists,
        what is stored, marked as STORED, and what its rows say.
    doubtful_people: (e-mail or employee ID, name, name …) of learners whose names may be of several people.
    closed: cases that the run closed (or would close).
    not_kept: cells of loaded or updated rows that the destination has no place for, by field.
    accepted: rows that are, or were, still to be loaded.
    by_part: part_id -> rows by outcome, `accepted` among them.
    """

    outcomes: Mapping[str, int]
    created: Mapping[str, int] = field(default_factory=dict)
    alike: tuple[tuple[str, ...], ...] = ()
    disputed: tuple[tuple[str, ...], ...] = ()
    doubtful_people: tuple[tuple[str, ...], ...] = ()
    closed: int = 0
    not_kept: Mapping[str, int] = field(default_factory=dict)
    accepted: int = 0
    by_part: Mapping[int, Mapping[str, int]] = field(default_factory=dict)

    @property
    def read(self) -> int:
        """All rows."""
        return sum(self.outcomes.values())


def by_outcome(staged: Mapping[str, int]) -> dict[str, int]:
    """Rows by outcome, from the outcomes as decided: what is still `accepted` counts as `loaded`."""
    counts = {outcome: staged.get(outcome, 0) for outcome in OUTCOMES}
    counts[LOADED] += staged.get(ACCEPTED, 0)
    return counts


@dataclass(frozen=True)
class Place:
    """An enrollment by where it came from and what it is about.

    changed_by_run: the later run that changed it; else `reason` says why it stays.
    """

    source_file: str | None
    source_sheet: str | None
    source_row: int | None
    source_column: str | None
    session_code: str
    learner: str
    changed_by_run: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Undone:
    """What was taken back.

    deleted, restored: enrollments. removed: learners, sessions and courses that imports had created.
    reopened: cases that it had fixed. left: enrollments that stay, such as those that a later run changed.
    learners_restored: learners who lost the number, e-mail or name that the run had told. corrections: open cases
    that it had corrected and not loaded, whose cells are as before.
    """

    deleted: int
    restored: int
    removed: Mapping[str, int]
    reopened: int
    left: tuple[Place, ...] = ()
    learners_restored: int = 0
    corrections: int = 0

    def checked(self, run_id: str) -> "Undone":
        """Itself. Raises CannotBegin, which rolls the transaction back, where nothing was taken back or is left."""
        taken = (
            self.deleted,
            self.restored,
            self.reopened,
            self.learners_restored,
            self.corrections,
            *self.removed.values(),
        )
        if not any(taken) and not self.left:
            raise CannotBegin(f"Nothing of run {run_id} is left: there is nothing to undo.")
        return self


class Destination(Protocol):
    """One place that rows are carried to. Every method works inside the transaction of `connection`.

    is_outbox: `load` only records the rows in the outbox, where they are pending; another step delivers them.
    sends: that step sends them; else somebody else does, and they stay pending.
    holder: the system that holds the enrollments, as `held_enrollments` names it.
    """

    name: str
    is_outbox: bool
    sends: bool
    holder: str

    def decide(self, connection: "Connection", stage: "Stage", run: RunTerms) -> Tally:
        """Decide every row that is not to be loaded, in the stage; nothing is written to the connection."""

    def load(self, connection: "Connection", stage: "Stage", run: RunTerms, decided: Tally) -> Tally:
        """Carry over what `decide`, called before in the same transaction, left accepted. decided: what it returned."""

    def rehearse(self, connection: "Connection", stage: "Stage", run: RunTerms) -> Tally:
        """Decide, and tell what `load` would do, without writing anything."""

    def rehearse_updates(
        self, existing: "Connection", ledger: "Connection", stage: "Stage", run: RunTerms, others: "pa.Array"
    ) -> None:
        """After `rehearse`, journal in the ledger of a check what `load` would update.

        others: numbers of enrollments that are copied there too, for something else to change them.
        """

    def foresee_closed(self, existing: "Connection", stage: "Stage") -> int:
        """After `rehearse`, how many cases `load` would close."""

    def undo(self, connection: "Connection", run: RunTerms, file: str | None = None) -> Undone:
        """Take the rows of a run (of one of its files) back out."""
