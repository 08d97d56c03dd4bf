"""Last night: a line for each source of the drop folders, what is unusual first."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from dashboard.charts import trend_bars
from dashboard.rendering import desk_of, show
from dashboard.wording import count, number, translated
from ledger.nights import Night, nights_since
from reports.terminal.nights import is_shown, unusual
from rollbook.clock import now

router = APIRouter()
# The trend of a line, in nights.
_NIGHTS = 14
# As many as the view of nights has.
_OLDEST = timedelta(days=399)


@router.get("/nights")
def show_night(request: Request, night: Annotated[str, Query(max_length=10)] = "") -> Response:
    """What came in a night, by source; the last one in which anything came, or was expected."""
    today = now().date()
    asked = _day(night)
    first = (asked or today) - timedelta(days=_NIGHTS)
    with desk_of(request).reading() as connection:
        found = nights_since(connection, first)
    shown = asked or _last(found, today)
    lines = [one for one in found if one.night == shown and is_shown(one)]
    return show(
        request,
        "nights.html",
        night=shown,
        lines=sorted(
            (_line(one, found) for one in lines), key=lambda line: (not line["unusual"], line["night"].source)
        ),
        unusual=sum(bool(unusual(one)) for one in lines),
        folders=len({one.folder for one in lines}),
        total={name: sum(getattr(one, name) for one in lines) for name in ("files", "rows_read", "rows_loaded")},
        failed=sum(one.rows_failed for one in lines),
        before=shown - timedelta(days=1) if shown > today - _OLDEST else None,
        after=shown + timedelta(days=1) if shown < today else None,
        is_empty=not found,
    )


def _day(text: str) -> date | None:
    """The day of an address; None where it is none, or nothing is known of it."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    today = now().date()
    return day if today - _OLDEST <= day <= today else None


def _last(found: Sequence[Night], today: date) -> date:
    """The last night in which anything came, if that is not long ago: tonight's files may not be due yet."""
    latest = max((one.night for one in found if one.came), default=today)
    return latest if latest >= today - timedelta(days=1) else today


def _line(one: Night, found: Sequence[Night]) -> dict[str, Any]:
    """A line, with the rows that its source sent in the nights before."""
    same = {each.night: each.rows_read for each in found if (each.folder, each.source) == (one.folder, one.source)}
    rows = [same.get(one.night - timedelta(days=ago), 0) for ago in range(_NIGHTS - 1, -1, -1)]
    told = count(
        "{n} rows; in the {nights} nights up to this one between {least} and {most}",
        rows[-1],
        nights=_NIGHTS,
        least=number(min(rows)),
        most=number(max(rows)),
    )
    return {
        "night": one,
        "unusual": [translated(why) for why in unusual(one)],
        "trend": trend_bars(rows, told, "loaded"),
    }
