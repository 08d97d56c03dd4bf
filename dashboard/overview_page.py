"""The first page: all at a glance."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from dashboard.charts import STACKED, Bar, share_bar, split_bar, stacked_bars
from dashboard.dates import day
from dashboard.rendering import desk_of, show
from dashboard.wording import count, number, texts, word
from ledger.browse.cases import Filter, Overview, RunSummaryLine, overview

router = APIRouter()
DAYS = (7, 30, 90, 365)
# More runs than these are shown a day a bar.
_MOST_BARS = 60
_LINES = 12
CHART = "Rows of {n} runs by outcome; the numbers are in the table below."


@router.get("/")
def show_overview(request: Request, days: Annotated[int, Query(ge=1, le=3650)] = 30) -> Response:
    """Runs over time, failures by rule and by file, open against fixed, the last nightly run."""
    desk = desk_of(request)
    with desk.reading() as connection:
        seen = overview(connection, days, desk.offering.choices(connection, Filter()))
    bars = _bars(seen.runs)
    return show(
        request,
        "overview.html",
        seen=seen,
        bars=bars,
        tallest=max((bar.total for bar in bars), default=0),
        chart=stacked_bars(bars, count(CHART, len(seen.runs))),
        names=[name for name in STACKED if any(bar.numbers.get(name) for bar in bars)],
        states=split_bar(seen.states, _listed(seen.states)),
        codes=_shares(seen.codes),
        files=_shares(seen.files),
        days=days,
        offered=DAYS,
        **_nightly(seen, desk.settings.nightly.expect_within),
    )


def _bars(lines: Sequence[RunSummaryLine]) -> list[Bar]:
    """A bar a run; of many runs, a bar a day."""
    if len(lines) <= _MOST_BARS:
        return [Bar(f"/runs/{line.run_id}", f"{line.run_id}, {day(line.started_at)}", line.rows) for line in lines]
    by_day: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for line in lines:
        for name, rows in line.rows.items():
            by_day[line.started_at.date()][name] += rows
    return [Bar("/runs", day(on), dict(numbers)) for on, numbers in by_day.items()]


def _listed(states: Mapping[str, int]) -> str:
    return texts().comma.join(f"{number(some)} {word(name)}" for name, some in states.items())


def _span(length: timedelta) -> str:
    """`26 hours`, `90 minutes`."""
    minutes = round(length.total_seconds() / 60)
    return count("{n} hours", round(minutes / 60)) if minutes >= 120 else count("{n} minutes", minutes)


def _shares(found: Sequence[Any]) -> list[dict[str, Any]]:
    """Choices as lines with a bar each, the most frequent first."""
    shown = [choice for choice in found if choice.open][:_LINES]
    most = max((choice.open for choice in shown), default=0)
    return [{"choice": choice, "bar": share_bar(choice.open, most)} for choice in shown]


def _nightly(seen: Overview, expected: timedelta | None) -> dict[str, Any]:
    """When the last one was, and whether the next is overdue, as far as the settings say when it is expected."""
    last = seen.last_nightly
    since = None if last is None else datetime.now(UTC).replace(tzinfo=None) - last.started_at
    told = None if expected is None else _span(expected)
    return {"expected": told, "is_overdue": expected is not None and (since is None or since > expected)}
