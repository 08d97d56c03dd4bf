"""What anybody did: runs, changes of rows and profiles, logins, downloads; filtered, and as CSV."""

from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from dashboard.forms import MOST, plain
from dashboard.rendering import desk_of, note, show
from ledger import activity
from ledger.activity import ActivityFilter
from reports.activity import ACTIVITY_NAMES, as_csv

router = APIRouter()
# Lines of one download: the latest.
_MOST_LINES = 100_000
Text = Annotated[str, Query(max_length=255)]


@router.get("/activity")
def show_activity(
    request: Request,
    kind: Text = "",
    who: Text = "",
    run: Text = "",
    since: Text = "",
    until: Text = "",
    before: Annotated[int | None, Query(ge=0, le=MOST)] = None,
) -> Response:
    """A page of activity, the latest first."""
    wanted = _filter(kind, who, run, since, until)
    desk = desk_of(request)
    size = desk.settings.dashboard.page_size
    with desk.reading() as connection:
        lines = activity.activities(connection, wanted, before=before, size=size + 1)
        people = activity.people(connection)
    terms = _terms(wanted)
    older = lines[size - 1].activity_id if len(lines) > size else None
    return show(
        request,
        "activity.html",
        lines=lines[:size],
        wanted=wanted,
        terms=terms,
        query=urlencode(terms),
        names=ACTIVITY_NAMES,
        people=people,
        older=urlencode({**terms, "before": older}) if older else None,
        is_first=before is None,
    )


@router.get("/activity/download")
def download(
    request: Request, kind: Text = "", who: Text = "", run: Text = "", since: Text = "", until: Text = ""
) -> Response:
    """The same as CSV."""
    wanted = _filter(kind, who, run, since, until)
    with desk_of(request).reading() as connection:
        lines = activity.activities(connection, wanted, size=_MOST_LINES)
    note(request, activity.DOWNLOAD, detail="activity.csv")
    headers = {"content-disposition": 'attachment; filename="activity.csv"'}
    return Response(f"\ufeff{as_csv(lines)}", media_type="text/csv; charset=utf-8", headers=headers)


def _filter(kind: str, who: str, run: str, since: str, until: str) -> ActivityFilter:
    """What is asked for; what it cannot mean is left out."""
    return ActivityFilter(
        kind if kind in ACTIVITY_NAMES else None,
        plain(who.strip()) or None,
        plain(run.strip().lower()) or None,
        _day(since),
        _day(until),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _terms(wanted: ActivityFilter) -> dict[str, str]:
    told = {"kind": wanted.kind, "who": wanted.who, "run": wanted.run_id, "since": wanted.since, "until": wanted.until}
    return {name: str(value) for name, value in told.items() if value is not None}
