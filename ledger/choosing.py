"""What cases can be filtered by, and all at a glance, in bounded time however many cases there are."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, func, select

from ledger.case_labels import CODE, HEADER
from ledger.case_search import STATES, Filter, label_names, sheet_keys
from ledger.tables import rollbook_case_labels, rollbook_cases, rollbook_runs
from ledger.views import VIEWS

# Open cases that the numbers beside choices are counted of, the newest; files and codes beyond them are listed too.
COUNTED = 5_000
_FILES = 100
_RUNS = 500


@dataclass(frozen=True)
class Choice:
    """What to filter by, and how many open cases there are of it; `or_more` where not all were counted."""

    name: str
    open: int
    or_more: bool


@dataclass(frozen=True)
class Choices:
    """What to filter by: at most 100 files, the sheets of the file that is filtered by, and the most frequent first."""

    files: tuple[Choice, ...]
    sheets: tuple[Choice, ...]
    codes: tuple[Choice, ...]
    headers: tuple[Choice, ...]


@dataclass(frozen=True)
class RunLine:
    """A line of v_run_summary; `rows` by outcome."""

    run_id: str
    started_at: datetime
    finished_at: datetime | None
    state: str
    destination: str
    rows: dict[str, int]


@dataclass(frozen=True)
class Overview:
    """All at a glance.

    runs: of the last days, the oldest first, at most the last 500. codes, files: open cases by rule and by file.
    states: cases by state. last_nightly: the last file that a pass over a drop folder imported.
    """

    runs: tuple[RunLine, ...]
    codes: tuple[Choice, ...]
    files: tuple[Choice, ...]
    states: dict[str, int]
    last_nightly: RunLine | None


def choices(connection: Connection, filter: Filter) -> Choices:  # noqa: A002 - the word of the page
    """What to filter by. Numbers are of the newest 5,000 open cases; `or_more` where there are others."""
    counted = _counted()
    number = connection.scalar(select(func.count()).select_from(counted)) or 0
    or_more = number == COUNTED
    labels = _by_label(connection, counted, or_more=or_more)
    return Choices(
        files=_by_file(connection, counted, or_more=or_more),
        sheets=_sheets_of(connection, filter.file),
        codes=_in_turn(labels[CODE], or_more=or_more),
        headers=_in_turn(labels[HEADER], or_more=or_more),
    )


def _counted() -> Any:
    """The newest open cases."""
    cases = rollbook_cases.c
    newest = select(cases.case_id, cases.source_key).where(cases.state == "open").order_by(cases.case_id.desc())
    return newest.limit(COUNTED).subquery("newest")


def _by_label(connection: Connection, counted: Any, *, or_more: bool) -> dict[str, dict[str, int]]:
    """Label -> name -> how many of the cases counted; where there are others, with all names."""
    labels = rollbook_case_labels.c
    query = select(labels.label, labels.name, func.count()).join(counted, counted.c.case_id == labels.case_id)
    found = {label: dict.fromkeys(label_names(connection, label) if or_more else (), 0) for label in (CODE, HEADER)}
    for label, name, number in connection.execute(query.group_by(labels.label, labels.name)):
        found[label][name] = number
    return found


def _by_file(connection: Connection, counted: Any, *, or_more: bool) -> tuple[Choice, ...]:
    """Files by the cases counted; where there are others, some of the rest of the files with open cases too."""
    newest = func.max(counted.c.case_id)
    query = select(newest, func.count()).group_by(counted.c.source_key).order_by(newest.desc()).limit(_FILES)
    numbers = dict(connection.execute(query).tuples().all())
    if or_more:
        numbers |= {one: 0 for one in _one_of_each(connection) if one not in numbers}
    cases = rollbook_cases.c
    named = select(cases.case_id, cases.source_file).where(cases.case_id.in_(numbers))
    found: dict[str, int] = {}
    for case_id, file in connection.execute(named.order_by(cases.case_id.desc())):
        found[file] = found.get(file, 0) + numbers[case_id]
    return _in_turn(found, or_more=or_more)[:_FILES]


def _one_of_each(connection: Connection) -> list[int]:
    """An open case of each sheet of each file; one look-up each."""
    cases = rollbook_cases.c
    query = select(cases.source_key, cases.case_id).where(cases.state == "open").limit(1)
    query = query.order_by(cases.source_key, cases.case_id)
    found: list[int] = []
    line = connection.execute(query).first()
    while line is not None and len(found) < _FILES:
        found.append(line[1])
        line = connection.execute(query.where(cases.source_key > line[0])).first()
    return found


def _sheets_of(connection: Connection, file: str | None) -> tuple[Choice, ...]:
    """The sheets of a file that have open cases, each counted up to a bound."""
    if file is None:
        return ()
    cases = rollbook_cases.c
    found: list[Choice] = []
    for key in sheet_keys(connection, "open", file)[:50]:
        here = select(cases.case_id, cases.source_sheet).where(cases.state == "open", cases.source_key == key)
        number = connection.scalar(select(func.count()).select_from(here.limit(1_000).subquery())) or 0
        name = connection.execute(here.limit(1)).one()[1]
        found.append(Choice(name, number, number == 1_000))
    return tuple(found)


def _in_turn(found: dict[str, int], *, or_more: bool) -> tuple[Choice, ...]:
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Choice(name, number, or_more) for name, number in ordered)


def overview(connection: Connection, days: int) -> Overview:
    """All at a glance; runs of as many days before the last one."""
    runs, cases = rollbook_runs.c, rollbook_cases.c
    last = connection.scalar(select(func.max(runs.started_at)))
    latest = _run_lines().order_by(runs.started_at.desc(), runs.run_id.desc())
    since = [] if last is None else [runs.started_at >= last - timedelta(days=days)]
    found = connection.execute(latest.where(*since).limit(_RUNS)).mappings().all()
    nightly = connection.execute(latest.where(runs.command == "nightly").limit(1)).mappings().first()
    by_state = select(cases.state, func.count()).group_by(cases.state)
    told = choices(connection, Filter())
    return Overview(
        runs=tuple(_run_line(line) for line in found[::-1]),
        codes=told.codes,
        files=told.files,
        states={**dict.fromkeys(STATES, 0), **dict(connection.execute(by_state).tuples().all())},
        last_nightly=None if nightly is None else _run_line(nightly),
    )


def _run_lines() -> Select[Any]:
    return select(*(rollbook_runs.c[name] for name in VIEWS["v_run_summary"]))


def _run_line(line: Any) -> RunLine:
    rows = {name.removeprefix("rows_"): int(number) for name, number in line.items() if name.startswith("rows_")}
    return RunLine(**{name: value for name, value in line.items() if not name.startswith("rows_")}, rows=rows)
