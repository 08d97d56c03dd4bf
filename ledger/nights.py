"""Nights as people look at them: the lines of `v_nights`."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Date, column, select, table

from ledger.night_view import NIGHT_COLUMNS
from rollbook.addresses import is_mailbox

_VIEW = table("v_nights", *(column(name, Date if name == "night" else None) for name in NIGHT_COLUMNS))


@dataclass(frozen=True)
class Night:
    """One source of a drop folder in one night; docs/dashboards.md tells the columns."""

    folder: str
    source: str
    night: date
    came: bool
    first_at: datetime | None
    files: int
    files_failed: int
    rows_read: int
    rows_loaded: int
    rows_failed: int
    new_cases: int
    rows_changed: int
    rows_missing: int | None
    told: tuple[str, ...]
    usual_rows: int | None
    usual_failed: int | None
    usual_nights: int
    nights_before: int


def nights_since(connection: Connection, first: date) -> list[Night]:
    """The nights from that one on, the latest first, by folder and source."""
    query = select(_VIEW).where(_VIEW.c.night >= first)
    found = [_night(*line) for line in connection.execute(query)]
    found = [one for one in found if one.came or not is_mailbox(one.folder)]  # nobody has to reply
    return sorted(found, key=lambda one: (-one.night.toordinal(), one.folder, one.source))


def _night(*cells: object) -> Night:
    """One line; SQLite has days, moments and rounded numbers as text and fractions."""
    told = dict(zip(NIGHT_COLUMNS, cells, strict=True))
    first_at, who = told["first_at"], told["told"]
    whole = {
        name: None if told[name] is None else int(float(str(told[name])))
        for name in NIGHT_COLUMNS
        if name not in ("folder", "source", "night", "came", "first_at", "told")
    }
    return Night(
        folder=str(told["folder"]),
        source=str(told["source"]),
        night=date.fromisoformat(str(told["night"])),
        came=bool(told["came"]),
        first_at=None if first_at is None else datetime.fromisoformat(str(first_at)),
        told=tuple(sorted(str(who).split(", "))) if who else (),
        **whole,  # type: ignore[arg-type]
    )
