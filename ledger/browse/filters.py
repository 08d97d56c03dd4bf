"""What cases can be filtered by, and all at a glance."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, func, select

from ledger.alive import state_now
from ledger.browse.search import STATES, sheet_keys
from ledger.cases.case_labels import CODE, HEADER
from ledger.counting import open_by_file, open_by_label, open_by_sheet
from ledger.tables import rollbook_cases, rollbook_runs
from ledger.views import VIEWS

_FILES, _SHEETS = 100, 50
_RUNS = 500


@dataclass(frozen=True)
class Choice:
    """What to filter by, and how many open cases there are of it."""

    name: str
    open: int


@dataclass(frozen=True)
class Choices:
    """What to filter by: at most 100 files, the sheets of the file that is filtered by, and the most frequent first."""

    files: tuple[Choice, ...]
    sheets: tuple[Choice, ...]
    codes: tuple[Choice, ...]
    headers: tuple[Choice, ...]


@dataclass(frozen=True)
class RunSummaryLine:
    """A line of v_run_summary, a killed run as stopped; `rows` by outcome."""

    run_id: str
    started_at: datetime
    finished_at: datetime | None
    state: str
    destination: str
    command: str
    rows: dict[str, int]


@dataclass(frozen=True)
class Overview:
    """All at a glance.

    runs: of the last days, the oldest first, at most the last 500. codes, files: open cases by rule and by file.
    states: cases by state. last_nightly: the last file that a pass over a drop folder imported.
    """

    runs: tuple[RunSummaryLine, ...]
    codes: tuple[Choice, ...]
    files: tuple[Choice, ...]
    states: dict[str, int]
    last_nightly: RunSummaryLine | None


def choices(connection: Connection) -> Choices:
    """What to filter by but for sheets, the most frequent first; all open cases are counted."""
    labels = open_by_label(connection)
    return Choices(
        files=_in_turn(open_by_file(connection, _FILES)),
        sheets=(),
        codes=_in_turn(labels[CODE]),
        headers=_in_turn(labels[HEADER]),
    )


def sheets_of(connection: Connection, file: str) -> tuple[Choice, ...]:
    """The sheets of a file to filter by, the most frequent first; the file's open cases are counted."""
    keys = sheet_keys(connection, "open", file)[:_SHEETS]
    return _in_turn(open_by_sheet(connection, keys) if keys else {})


def _in_turn(found: dict[str, int]) -> tuple[Choice, ...]:
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Choice(name, number) for name, number in ordered)


def overview(connection: Connection, days: int, told: Choices) -> Overview:
    """All at a glance; runs of as many days before the last one. told: what `choices` counted."""
    runs, cases = rollbook_runs.c, rollbook_cases.c
    last = connection.scalar(select(func.max(runs.started_at)))
    latest = _run_lines().order_by(runs.started_at.desc(), runs.run_id.desc())
    since = [] if last is None else [runs.started_at >= last - timedelta(days=days)]
    found = connection.execute(latest.where(*since).limit(_RUNS)).mappings().all()
    nightly = connection.execute(latest.where(runs.command == "nightly").limit(1)).mappings().first()
    by_state = select(cases.state, func.count()).group_by(cases.state)
    return Overview(
        runs=tuple(_run_line(connection, line) for line in found[::-1]),
        codes=told.codes,
        files=told.files,
        states={**dict.fromkeys(STATES, 0), **dict(connection.execute(by_state).tuples().all())},
        last_nightly=None if nightly is None else _run_line(connection, nightly),
    )


def _run_lines() -> Select[Any]:
    return select(*(rollbook_runs.c[name] for name in VIEWS["v_run_summary"]))


def _run_line(connection: Connection, line: Any) -> RunSummaryLine:
    rows = {name.removeprefix("rows_"): int(number) for name, number in line.items() if name.startswith("rows_")}
    told = {name: value for name, value in line.items() if not name.startswith("rows_")}
    told["state"] = state_now(connection, told["run_id"], told["state"])
    return RunSummaryLine(**told, rows=rows)
