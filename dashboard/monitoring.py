"""What monitoring programs read: whether the database answers, and the numbers to watch, in Prometheus' text format."""

from collections.abc import Iterator, Mapping
from datetime import UTC

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from sqlalchemy import Connection, func, select, text

from dashboard.rendering import desk_of
from ledger.tables import rollbook_case_groups, rollbook_cases, rollbook_runs

router = APIRouter()
_FORMAT = "text/plain; version=0.0.4; charset=utf-8"


@router.get("/healthz")
def health(request: Request) -> Response:
    """`ok` where the database answers; else 503, as every page."""
    with desk_of(request).reading() as connection:
        connection.execute(text("SELECT 1"))
    return PlainTextResponse("ok\n")


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Cases, groups, runs and rows."""
    with desk_of(request).reading() as connection:
        return PlainTextResponse("\n".join(_lines(connection)) + "\n", media_type=_FORMAT)


def _lines(connection: Connection) -> Iterator[str]:
    cases, groups, runs = rollbook_cases.c, rollbook_case_groups.c, rollbook_runs.c
    by_state = connection.execute(select(cases.state, func.count()).group_by(cases.state)).tuples()
    yield from _family("rollbook_cases", "Failed rows by state.", "gauge", "state", dict(by_state.all()))
    numbers = select(groups.code, func.sum(groups.open_cases)).group_by(groups.code)
    found = dict(connection.execute(numbers.where(groups.open_cases > 0)).tuples().all())
    yield from _family("rollbook_open_problems", "Problems of open failed rows by rule.", "gauge", "code", found)
    ended = dict(connection.execute(select(runs.state, func.count()).group_by(runs.state)).tuples().all())
    yield from _family("rollbook_runs", "Runs by state.", "gauge", "state", ended)
    last = select(runs.command, func.max(runs.finished_at)).where(runs.finished_at.is_not(None)).group_by(runs.command)
    seconds = {
        command: int(moment.replace(tzinfo=UTC).timestamp()) for command, moment in connection.execute(last).tuples()
    }
    told = "When the last run of a command ended, in seconds since 1970."
    yield from _family("rollbook_last_run_timestamp_seconds", told, "gauge", "command", seconds)


def _family(name: str, told: str, kind: str, label: str, numbers: Mapping[str, int]) -> Iterator[str]:
    yield f"# HELP {name} {told}"
    yield f"# TYPE {name} {kind}"
    for value, number in sorted(numbers.items()):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        yield f'{name}{{{label}="{escaped}"}} {number}'
