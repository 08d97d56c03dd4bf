"""What becomes of a row, and the accounts that must add up."""

from dataclasses import dataclass, fields

from rollbook.errors import AccountsError

LOADED, UPDATED, UNCHANGED, DUPLICATE, REJECTED, FAILED, PENDING = OUTCOMES = (
    "loaded",
    "updated",
    "unchanged",
    "duplicate",
    "rejected",
    "failed",
    "pending",
)
# Inside a run only: judged good, not yet decided. No row of an ended run has it.
ACCEPTED = "accepted"
# The destination holds what the row says.
TAKEN = (LOADED, UPDATED, UNCHANGED)
# The codes of a file whose rows are loaded all the same.
UNUSED_DATES = "file.unused_dates"
OTHER_TABLE = "file.other_table"
LOADED_ALL_THE_SAME = (None, UNUSED_DATES, OTHER_TABLE)


@dataclass(frozen=True)
class Counts:
    """The accounts of a run, in rows. `ignored` rows carry no record and stand outside `read`."""

    read: int = 0
    loaded: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicate: int = 0
    rejected: int = 0
    failed: int = 0
    pending: int = 0
    ignored: int = 0

    @property
    def taken(self) -> int:
        """Rows that say what the destination holds now."""
        return sum(getattr(self, outcome) for outcome in TAKEN)

    def check(self) -> "Counts":
        """Return the counts themselves, or raise AccountsError when a row is missing or counted twice."""
        total = sum(getattr(self, outcome) for outcome in OUTCOMES)
        if total != self.read:
            told = ", ".join(f"{f.name} {getattr(self, f.name)}" for f in fields(self))
            raise AccountsError(
                f"The accounts do not add up: {self.read} rows read, {total} accounted for ({told}). "
                "Nothing was loaded. This is a bug in Rollbook: report it with this message."
            )
        return self
