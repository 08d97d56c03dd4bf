"""The clock of runs."""

from datetime import UTC, datetime


def now() -> datetime:
    """This moment, in UTC and without zone, as the ledger keeps moments."""
    return datetime.now(UTC).replace(tzinfo=None)
