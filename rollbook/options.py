"""What commands are told: one object from the option on the command line to the step that reads it.

Prefect takes the same objects as parameters of its flows. The metadata of a field says what `--help` and Prefect's
pages show (`description`), its bounds (`ge`, `le`), the group in which its option stands, and how that is spelled where
it differs (`option`, `metavar`).
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

DestinationName = Literal["database", "smarteru-xml", "smarteru", "moon", "axcelerate"]
OnConflict = Literal["reject", "first", "last", "best"]
OnExisting = Literal["reject", "update", "best"]
# What somebody may do in the dashboard; each role may do what those before it may.
Role = Literal["look", "import", "repair", "administer"]


@dataclass(frozen=True)
class Invocation:
    """What every command shares: where the database is and how to answer; what its next command needs again."""

    settings: Path | None = None
    database: str | None = None
    json: bool = False
    quiet: bool = False
    profile: Path | None = None
    out: Path | None = None


def _help(description: str, **more: Any) -> dict[str, Any]:
    return {"description": description, **more}


@dataclass(frozen=True)
class JudgingOptions:
    """How rows are judged, and where they go."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - so pydantic calls it

    to: DestinationName | None = field(
        default=None, metadata=_help("Destination (default: database; for retry, that of the run).", group="Files")
    )
    profile: Path | None = field(default=None, metadata=_help("Profile, or folder of profiles.", group="Files"))
    out: Path | None = field(default=None, metadata=_help("Folder for reports (default: rollbook-out).", group="Files"))
    on_conflict: OnConflict | None = field(
        default=None,
        metadata=_help("Which row wins if rows for one enrollment differ (default: reject).", group="Rows"),
    )
    on_existing: OnExisting | None = field(
        default=None,
        metadata=_help("What to do if an existing enrollment differs (default: reject).", group="Rows"),
    )
    max_rejected: int | None = field(
        default=None,
        metadata=_help("Load nothing if more than N rows are rejected.", group="Limits", metavar="N", ge=0),
    )
    max_rejected_percent: float | None = field(
        default=None,
        metadata=_help("The same, as a percentage of the rows.", group="Limits", metavar="P", ge=0, le=100),
    )
    max_failed_files: int | None = field(
        default=None,
        metadata=_help("Load nothing if more than N files fail.", group="Limits", metavar="N", ge=0),
    )
    max_changed_percent: float | None = field(
        default=None,
        metadata=_help(
            "Load nothing if more than this percentage of existing enrollments would change.",
            group="Limits",
            metavar="P",
            ge=0,
            le=100,
        ),
    )
    max_missing_percent: float | None = field(
        default=None,
        metadata=_help(
            "Load nothing if more than this percentage of the feed's last import is missing.",
            group="Limits",
            metavar="P",
            ge=0,
            le=100,
        ),
    )
    min_rows_percent: float | None = field(
        default=None,
        metadata=_help(
            "Load nothing if there are fewer rows than this percentage of the feed's last import.",
            group="Limits",
            metavar="P",
            ge=0,
            le=100,
        ),
    )
    validate_batches: bool = field(
        default=False,
        metadata=_help("Validate each SmarterU batch against its XML schema.", group="Rows", option="--validate"),
    )
    by: str | None = field(
        default=None,
        metadata=_help("Your name, for the record (default: your login).", group="Output", metavar="NAME"),
    )
    notify: bool = field(
        default=False,
        metadata=_help("Send messages about the run to those that [notify] of the settings names.", group="Output"),
    )


@dataclass(frozen=True)
class QueryOptions:
    """What is asked of a database whose rows are to be imported."""

    query: Path | None = field(
        default=None,
        metadata=_help("File with the SQL query, if FILE is a database address.", group="Files", metavar="FILE.sql"),
    )
    key: str | None = field(
        default=None,
        metadata=_help("Columns of the query that tell its rows apart (A or A,B).", group="Files", metavar="COLUMNS"),
    )


NO_QUERY = QueryOptions()
LIMITS = (
    *("max_rejected", "max_rejected_percent", "max_failed_files"),
    *("max_changed_percent", "max_missing_percent", "min_rows_percent"),
)


@dataclass(frozen=True)
class EngineOptions:
    """Who judges the files of a migration."""

    workers: int | None = field(
        default=None,
        metadata=_help("Number of local worker processes (default: one per core).", group="Workers", metavar="N", ge=1),
    )
    dask: str | None = field(
        default=None,
        metadata=_help("Use the workers of this Dask scheduler (tcp://HOST:8786).", group="Workers", metavar="ADDRESS"),
    )
