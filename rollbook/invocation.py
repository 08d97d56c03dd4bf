"""What every command is told beside its own options."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Invocation:
    """What every command shares: where the database is and how to answer; what its next command needs again."""

    settings: Path | None = None
    database: str | None = None
    json: bool = False
    quiet: bool = False
    profile: Path | None = None
    out: Path | None = None
