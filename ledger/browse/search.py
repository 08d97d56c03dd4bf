"""Cases in an order, from where a page ended: by filters and a text, in bounded time, however many there are.

A walk goes along the indexes in chunks. Of all indexes that stand in the order asked for, each chunk takes the one that
comes farthest: it holds the fewest that the other filters would drop. Where few enough cases fit one of the filters,
these are gathered and sorted instead, which holds for any order.
"""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)

from ledger.cases.case_labels import CODE, HEADER
from ledger.remote.waiting import WAITING, waiting_ids
from ledger.tables import rollbook_case_labels, rollbook_case_members, rollbook_cases, rollbook_rows, rollbook_runs

SORTS = ("case", "last_seen", "file", "code")
STATES = ("open", "fixed", "ignored")
# So many are gathered and sorted at once; more are walked along an index.
GATHERED = 20_000
# When a walk has gone on for so long, it ends with what it found, and says where to go on.
BUDGET_SECONDS = 0.12
_FIRST_CHUNK = 100
# Larger ones make planners read whole tables.
_CHUNKS = (500, 2_000, 4_000)
# A sheet is an index range of its own: of a file with more of them the rest is found by other indexes.
_SHEETS = 50
_NAMES = 500
_BEHIND_ALL = 2**62

Position = tuple[Any, int]


@dataclass(frozen=True)
class Filter:
    """Which cases: those for which all that is given holds.

    run: met in it. file, sheet: where they were met first. code, column (a header): of some failure, as last met.
    state: open, waiting (open, and on its way to a system), fixed, ignored, or None for all.
    text: stands in a cell, whatever the case of its letters. group: one of rollbook_case_groups.
    """

    run: str | None = None
    file: str | None = None
    sheet: str | None = None
    code: str | None = None
    column: str | None = None
    state: str | None = "open"
    text: str | None = None
    group: int | None = None

    @property
    def stored_state(self) -> str | None:
        """The state as cases have it."""
        return "open" if self.state == WAITING else self.state


@dataclass(frozen=True)
class Sort:
    """One of SORTS, and whether the last comes first."""

    by: str = "case"
    descending: bool = True


@dataclass(frozen=True)
class FoundCases:
    """What a walk found, in its order; `last` is where it stands, None when it came to the end."""

    hits: list[Position]
    last: Position | None


@dataclass(frozen=True)
class _Lane:
    """An index range: the value by which it is ordered (None: only by case), then the case."""

    table: FromClause
    value: ColumnElement[Any] | None
    case_id: ColumnElement[Any]
    where: ColumnElement[bool]


def search(connection: Connection, wanted: Filter, sort: Sort, start: Position | None, size: int) -> FoundCases:
    """The first `size` cases behind `start`; fewer where there are no more, or where the time was up.

    By code, a case stands at the first of its codes, or at the one that is filtered by.
    """
    deadline = time.monotonic() + BUDGET_SECONDS
    few = _gatherable(connection, wanted)
    if few is not None:
        return _gather(connection, few, wanted, sort, start, size, deadline)
    if sort.by == "code" and wanted.code is None:
        return _walk_codes(connection, wanted, sort, start, size, deadline)
    return _walk(connection, wanted, sort, start, size, deadline)


def _walk_codes(
    connection: Connection, wanted: Filter, sort: Sort, start: Position | None, size: int, deadline: float
) -> FoundCases:
    """Code by code, each in the order of the cases."""
    codes = sorted(label_names(connection, CODE), reverse=sort.descending)
    hits: list[Position] = []
    for code in codes:
        if start is not None and (code > start[0] if sort.descending else code < start[0]):
            continue
        inner = (0, start[1]) if start is not None and start[0] == code else None
        one = replace(wanted, code=code)
        found = _walk(connection, one, Sort("case", sort.descending), inner, size - len(hits), deadline, first=True)
        hits += [(code, case_id) for _, case_id in found.hits]
        if found.last is not None:
            return FoundCases(hits, (code, found.last[1]))
        if len(hits) == size or time.monotonic() > deadline:
            # Behind the last case of this code stands the next one.
            return FoundCases(hits, (code, 0 if sort.descending else _BEHIND_ALL) if code != codes[-1] else None)
    return FoundCases(hits, None)


def _walk(
    connection: Connection,
    wanted: Filter,
    sort: Sort,
    start: Position | None,
    size: int,
    deadline: float,
    *,
    first: bool = False,
) -> FoundCases:
    """first: only cases that have no code before the one that is filtered by."""
    ways = _ways(connection, wanted, sort)
    fits = [*_conditions(wanted), *([_is_first_code(wanted.code)] if first else [])]
    hits: list[Position] = []
    position = start
    for number in _chunk_sizes(size):
        ends = [_end(connection, lanes, sort, position, number) for lanes in ways]
        at = _farthest(ends, sort)
        chunk = _chunk(ways[at], sort, position, number).subquery()
        hits += _hits(connection, select(chunk.c.value, chunk.c.case_id), chunk, fits, wanted, sort, None)[0]
        position = ends[at]
        if len(hits) > size or position is None or time.monotonic() > deadline:
            break
    return _cut(hits, size, position)


def _is_first_code(code: str | None) -> ColumnElement[bool]:
    labels = rollbook_case_labels.c
    return ~exists().where(labels.case_id == rollbook_cases.c.case_id, labels.label == CODE, labels.name < code)


def _cut(hits: list[Position], size: int, position: Position | None) -> FoundCases:
    return FoundCases(hits[:size], hits[size - 1]) if len(hits) > size else FoundCases(hits, position)


def _chunk_sizes(size: int) -> Iterator[int]:
    yield max(size + 1, _FIRST_CHUNK)
    yield from _CHUNKS
    while True:
        yield _CHUNKS[-1]


def _end(
    connection: Connection, lanes: Sequence[_Lane], sort: Sort, position: Position | None, number: int
) -> Position | None:
    """Where a chunk of `number` ends; None when no more are left."""
    line = connection.execute(_chunk(lanes, sort, position, number).limit(1).offset(number - 1)).first()
    return None if line is None else (line[0], line[1])


def _farthest(ends: Sequence[Position | None], sort: Sort) -> int:
    for number, end in enumerate(ends):
        if end is None:
            return number
    keyed = [(end, number) for number, end in enumerate(ends) if end is not None]
    return (min if sort.descending else max)(keyed)[1]


def _chunk(lanes: Sequence[_Lane], sort: Sort, position: Position | None, number: int) -> Select[Any]:
    """The next `number` (value, case_id) of some index ranges."""
    pieces = []
    for lane in lanes:
        value = literal(0) if lane.value is None else lane.value
        query = select(value.label("value"), lane.case_id.label("case_id")).select_from(lane.table).where(lane.where)
        for behind in _behind(lane, sort, position):
            turn = [
                column.desc() if sort.descending else column
                for column in (lane.value, lane.case_id)
                if column is not None
            ]
            pieces.append(select(query.where(behind).order_by(*turn).limit(number).subquery()))
    together = union_all(*pieces).subquery() if len(pieces) > 1 else pieces[0].subquery()
    return select(together.c.value, together.c.case_id).order_by(*_order(together, sort)).limit(number)


def _behind(lane: _Lane, sort: Sort, position: Position | None) -> list[ColumnElement[bool]]:
    """One condition for each range of the index: not every database looks up a comparison of pairs."""
    if position is None:
        return [true()]
    value, case_id = position
    further = lane.case_id < case_id if sort.descending else lane.case_id > case_id
    if lane.value is None:
        return [further]
    return [and_(lane.value == value, further), lane.value < value if sort.descending else lane.value > value]


def _order(table: Any, sort: Sort) -> list[ColumnElement[Any]]:
    return [column.desc() if sort.descending else column.asc() for column in (table.c.value, table.c.case_id)]


def _ways(connection: Connection, wanted: Filter, sort: Sort) -> list[list[_Lane]]:
    """The indexes that stand in the order asked for and hold all that fits."""
    cases, labels = rollbook_cases.c, rollbook_case_labels.c
    states = STATES if wanted.stored_state is None else (wanted.stored_state,)
    value = {"last_seen": cases.last_seen, "file": cases.source_key}.get(sort.by)
    ways = [[_Lane(rollbook_cases, value, cases.case_id, cases.state == state) for state in states]]
    if value is not None:
        return ways
    for label, name in ((CODE, wanted.code), (HEADER, wanted.column)):
        if name is not None:
            here = and_(labels.label == label, labels.name == name)
            ways.append([_Lane(rollbook_case_labels, None, labels.case_id, here)])
    if wanted.group is not None:
        members = rollbook_case_members.c
        ways.append([_Lane(rollbook_case_members, None, members.case_id, members.group_id == wanted.group)])
    sheets = _sheets(connection, wanted)
    if sheets is not None:
        ranges = [and_(cases.state == state, cases.source_key == name) for state in states for name in sheets]
        ways.append([_Lane(rollbook_cases, None, cases.case_id, here) for here in ranges or [false()]])
    return ways


def label_names(connection: Connection, label: str) -> list[str]:
    """The distinct names of a label, in order, at most 500; one look-up each."""
    labels = rollbook_case_labels.c
    query = select(func.min(labels.name)).where(labels.label == label)
    names: list[str] = []
    name = connection.scalar(query)
    while name is not None and len(names) < _NAMES:
        names.append(name)
        name = connection.scalar(query.where(labels.name > name))
    return names


def _sheets(connection: Connection, wanted: Filter) -> list[str] | None:
    """The source keys of the file; None where no file is wanted, or it has too many sheets."""
    if wanted.file is None:
        return None
    found = sheet_keys(connection, wanted.stored_state, wanted.file)
    return None if len(found) > _SHEETS else found


def sheet_keys(connection: Connection, state: str | None, file: str) -> list[str]:
    """The distinct source keys of a file's cases, in order; not many more than 50."""
    cases = rollbook_cases.c
    found: set[str] = set()
    for one in STATES if state is None else (state,):
        query = select(func.min(cases.source_key)).where(cases.state == one, cases.source_key < f"{file[:190]}\x0b")
        name = connection.scalar(query.where(cases.source_key >= f"{file[:190]}\n"))
        while name is not None and len(found) <= _SHEETS:
            found.add(name)
            name = connection.scalar(query.where(cases.source_key > name))
    return sorted(found)


def _gatherable(connection: Connection, wanted: Filter) -> Select[Any] | None:
    """The IDs by the filter that the fewest cases fit, where they are few; None where walking is as good."""
    if wanted == Filter(state=wanted.state) and wanted.state != WAITING:
        return None
    fewest, least = None, GATHERED + 1
    for query in _candidates(wanted):
        number = connection.scalar(select(func.count()).select_from(query.limit(least).subquery())) or 0
        if number < least:
            fewest, least = query, number
    return fewest


def _candidates(wanted: Filter) -> list[Select[Any]]:
    """Queries of case IDs, one a filter."""
    cases, labels, rows = rollbook_cases.c, rollbook_case_labels.c, rollbook_rows.c
    state = wanted.stored_state
    found = [] if state is None else [select(cases.case_id).where(cases.state == state)]
    if wanted.state == WAITING:
        found.append(waiting_ids())
    for label, name in ((CODE, wanted.code), (HEADER, wanted.column)):
        if name is not None:
            found.append(select(labels.case_id).where(labels.label == label, labels.name == name))
    if wanted.group is not None:
        found.append(select(rollbook_case_members.c.case_id).where(rollbook_case_members.c.group_id == wanted.group))
    if wanted.file is not None:
        states = cases.state.in_(STATES if state is None else (state,))
        here = cases.source_key.between(f"{wanted.file[:190]}\n", f"{wanted.file[:190]}\x0b")
        found.append(select(cases.case_id).where(states, here))
    if wanted.run is not None:
        # The bound keeps the planner from beginning with all cases there are.
        of_run = and_(rows.run_id == _rows_run(wanted.run), rows.fingerprint.is_not(None))
        met = select(rows.fingerprint).where(of_run).limit(GATHERED + 1).subquery("met")
        found.append(select(cases.case_id).join(met, cases.fingerprint == met.c.fingerprint))
    return found


def _rows_run(run_id: str) -> Any:
    """The run that holds the rows: another where this one only repeated it."""
    runs = rollbook_runs.c
    held = func.coalesce(runs.repeats_run_id, runs.run_id)
    return select(held).where(runs.run_id == run_id).scalar_subquery()


def _gather(
    connection: Connection,
    few: Select[Any],
    wanted: Filter,
    sort: Sort,
    start: Position | None,
    size: int,
    deadline: float,
) -> FoundCases:
    """Sort the few and take what lies behind `start`; again and again where what fits a text must be looked at."""
    table, fits = _gathered(few, wanted, sort), _conditions(wanted)
    lane = _Lane(table, table.c.value if _has_value(wanted, sort) else None, table.c.case_id, true())
    hits: list[Position] = []
    position = start
    while True:
        query = select(table.c.value, table.c.case_id).where(or_(*_behind(lane, sort, position)))
        found, position = _hits(connection, query, table, fits, wanted, sort, max(size + 1, 200))
        hits += found
        if len(hits) > size or position is None or time.monotonic() > deadline:
            return _cut(hits, size, position)


def _has_value(wanted: Filter, sort: Sort) -> bool:
    return sort.by != "case" and not (sort.by == "code" and wanted.code is not None)


def _gathered(few: Select[Any], wanted: Filter, sort: Sort) -> Any:
    cases, labels = rollbook_cases.c, rollbook_case_labels.c
    first_code = select(func.min(labels.name)).where(labels.case_id == cases.case_id, labels.label == CODE)
    values: dict[str, Any] = {
        "last_seen": cases.last_seen,
        "file": cases.source_key,
        "code": first_code.scalar_subquery(),
    }
    value = values[sort.by] if _has_value(wanted, sort) else literal(0)
    chosen = select(few.subquery("fitting").c.case_id).distinct().limit(GATHERED + 1).subquery("few")
    query = select(value.label("value"), cases.case_id.label("case_id")).join(chosen, chosen.c.case_id == cases.case_id)
    table = query.subquery("gathered")
    return select(table).where(table.c.value.is_not(None)).subquery("coded") if sort.by == "code" else table


def _hits(
    connection: Connection,
    query: Select[Any],
    table: Any,
    fits: Sequence[ColumnElement[bool]],
    wanted: Filter,
    sort: Sort,
    limit: int | None,
) -> tuple[list[Position], Position | None]:
    """Of these (value, case_id) those that fit, in order; and where the limit cut, if it did."""
    cases = rollbook_cases.c
    query = query.join(rollbook_cases, cases.case_id == table.c.case_id).where(*fits)
    query = query.add_columns(cases.cells) if wanted.text is not None else query
    lines = connection.execute(query.order_by(*_order(table, sort)).limit(limit)).all()
    needle = (wanted.text or "").casefold()
    hits = [(line[0], line[1]) for line in lines if wanted.text is None or _holds(line[2], needle)]
    return hits, ((lines[-1][0], lines[-1][1]) if limit is not None and len(lines) == limit else None)


def _holds(cells: str, needle: str) -> bool:
    return any(needle in str(cell).casefold() for cell in json.loads(cells).values())


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    """What a case must fulfil. The state is not looked up here: a planner may take its index for a good beginning."""
    cases, labels = rollbook_cases.c, rollbook_case_labels.c
    state = func.coalesce(cases.state, "")
    pairs = ((state, wanted.stored_state), (cases.source_file, wanted.file), (cases.source_sheet, wanted.sheet))
    fits: list[ColumnElement[bool]] = [column == name for column, name in pairs if name is not None]
    if wanted.state == WAITING:
        fits.append(cases.case_id.in_(waiting_ids()))
    for label, name in ((CODE, wanted.code), (HEADER, wanted.column)):
        if name is not None:
            fits.append(exists().where(labels.case_id == cases.case_id, labels.label == label, labels.name == name))
    if wanted.group is not None:
        members = rollbook_case_members.c
        fits.append(exists().where(members.group_id == wanted.group, members.case_id == cases.case_id))
    if wanted.run is not None:
        fits.append(exists().where(rows_of_case(), run_of_row() == _rows_run(wanted.run)))
    if wanted.text is not None:
        fits.append(or_(*(func.lower(cases.cells).contains(form, autoescape=True) for form in _forms(wanted.text))))
    return fits


def rows_of_case() -> ColumnElement[bool]:
    """Joins staged rows to their case; that the fingerprint is there is what the index is said to hold."""
    rows = rollbook_rows.c
    return and_(rows.fingerprint.is_not(None), rows.fingerprint == rollbook_cases.c.fingerprint)


def run_of_row() -> ColumnElement[str]:
    """The run of a row of a case; not by name, or a planner would look through all rows of the run instead."""
    return func.coalesce(rollbook_rows.c.run_id, "")


def _forms(text: str) -> list[str]:
    """How a text may stand in JSON in lower case: some databases know the small letters of a to z only."""
    ways = {text, text.lower(), text.upper(), text.title()}
    return sorted({_plain_lower(json.dumps(way, ensure_ascii=False)[1:-1]) for way in ways})


def _plain_lower(text: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)
