"""What `rollbook nights` prints: a line a source and night, and what was unusual."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console

from ledger.nights import Night
from reports.terminal.terminal_tables import lines, table
from reports.text import count_noun, iso_moment, listed
from rollbook.commands import BARE, CommandLine

# Of a number that is usual, so many percent more or less are not unusual, nor are so few rows.
_PERCENT, _FEW = 30, 10
# What is usual is known after so many nights; of so many of 14 nights, a source comes every night.
_KNOWN, _EVERY_NIGHT = 3, 10


def unusual(night: Night) -> list[str]:
    """What is not as in the last 14 nights of this source, in words."""
    if not night.came:
        return ["nothing came, usually every night"] if night.nights_before >= _EVERY_NIGHT else []
    found = [f"{count_noun(night.files_failed, 'file')} not loaded"] if night.files_failed else []
    if night.usual_nights < _KNOWN or night.usual_rows is None:
        return found
    if _differs(night.rows_read, night.usual_rows):
        found.append(f"{count_noun(night.rows_read, 'row')}, usually about {night.usual_rows:,}")
    failed = night.usual_failed or 0
    if night.rows_failed > failed and _differs(night.rows_failed, failed):
        found.append(f"{night.rows_failed:,} failed, usually about {failed:,}")
    return found


def _differs(number: int, usual: int) -> bool:
    """Whether it is far from what is usual; nothing at all always is."""
    apart = abs(number - usual)
    return bool(apart) and (number == 0 or (apart > _FEW and apart * 100 > usual * _PERCENT))


def is_shown(night: Night) -> bool:
    """Not a night without a file of a source that comes now and then."""
    return night.came or bool(unusual(night))


def nights_object(nights: Sequence[Night]) -> dict[str, Any]:
    """`nights --json`: {"exit", "nights": [the columns of v_nights, `told` as a list, and `unusual`: why]}."""
    return {
        "exit": 0,
        "nights": [
            {
                **vars(night),
                "night": night.night.isoformat(),
                "first_at": iso_moment(night.first_at),
                "told": list(night.told),
                "unusual": unusual(night),
            }
            for night in nights
        ],
    }


_HEADERS = ("Night", "Source", "Came", "Read", "Loaded", "Failed", "New", "Changed", "Missing", "Unusual", "Told")


def print_nights(nights: Sequence[Night], console: Console, commands: CommandLine = BARE) -> None:
    """The same for people, the latest night first."""
    shown = [night for night in nights if is_shown(night)]
    if not shown:
        hint = "No file came into a drop folder in these nights (rollbook nightly --help)."
        lines(console, [commands.complete(hint)], indent=0)
        return
    several = len({night.folder for night in shown}) > 1
    headers = (*_HEADERS, "Folder") if several else _HEADERS
    table(console, headers, [(*_cells(night), night.folder) if several else _cells(night) for night in shown])
    lines(console, ["Nights and times are in UTC."])


def _cells(night: Night) -> tuple[object, ...]:
    numbers = (night.rows_read, night.rows_loaded, night.rows_failed, night.new_cases, night.rows_changed)
    return (
        night.night.isoformat(),
        night.source,
        f"{night.first_at:%H:%M}" if night.first_at else "no",
        *(numbers if night.came else (None,) * len(numbers)),
        night.rows_missing,
        listed(unusual(night)),
        listed(list(night.told)),
    )
