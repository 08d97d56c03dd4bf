"""The open rows of a group in the senders' columns: edited in place, judged as one types, saved as one run."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from types import MappingProxyType
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from dashboard.confirming import destination_of_cases, unconfirmed
from dashboard.forms import Form, edited_cells, number_of, seen_in
from dashboard.guarding import OwnForm
from dashboard.rendering import desk_of, lead, show, who
from dashboard.repairs.failed_pages import ignore_chosen, known_run
from dashboard.repairs.group_pages import known_group, title_in
from dashboard.wording import say, translated
from ledger.browse.grid import GridColumn, GridRow, grid
from ledger.cases.cases import ended_since
from pipeline.repairs.requests import Cells, RehearsedRow, Seen, seen_as
from rollbook.errors import CannotBegin, RollbookError
from rollbook.rows.problems import Problem
from rollbook.systems import SYSTEM_NAMES
from rollbook.text.days import without_midnight
from rollbook.text.letters import letters_in

router = APIRouter()
# The header by which a script asks for the verdicts alone.
_VERDICTS = "x-verdicts"
_CELL, _SEEN = "cell-", "seen-"
_SIZE = 50
_NARROWEST, _WITH_NOTES, _WIDEST = 8, 20, 26
# What a row is called whose verdict is asked for.
OUTCOME_NAMES = {
    "accepted": "can be imported",
    "updated": "would update the enrollment",
    "unchanged": "already there",
    "duplicate": "a copy of another row",
    "rejected": "has problems",
    "failed": "has problems",
    "ignored": "holds no record",
}
_GOOD = ("accepted", "updated", "unchanged")


@dataclass(frozen=True)
class Place:
    """Which page of the rows is looked at. text: that a cell holds; after, before: cursors."""

    text: str = ""
    after: str = ""
    before: str = ""

    def query(self, **changes: object) -> str:
        """The address's query, with some of its terms changed."""
        terms = {"text": self.text, "after": self.after, "before": self.before} | changes
        return urlencode({name: value for name, value in terms.items() if value not in ("", None)})


@dataclass(frozen=True)
class Edited:
    """What a form says of rows: by case the cells that are not as they were shown, and how they were shown."""

    cells: Mapping[int, Cells] = field(default_factory=dict)
    seen: Mapping[int, Seen] = field(default_factory=dict)
    verdicts: Mapping[int, RehearsedRow] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """What would become of a row, in words."""

    told: str
    is_good: bool


@dataclass(frozen=True)
class ShownRow:
    """A row with what was edited. texts: by letter. wrong: letter -> what is wrong with that cell; '' for the row.

    seen: how its cells are stored, which a form brings back.
    """

    row: GridRow
    texts: Mapping[str, str]
    seen: str
    wrong: Mapping[str, list[str]]
    verdict: Verdict | None


@router.get("/inbox/{group_id:int}/grid")
def show_grid(
    request: Request,
    group_id: int,
    text: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[str, Query(max_length=2_000)] = "",
    before: Annotated[str, Query(max_length=2_000)] = "",
    run: Annotated[str, Query(max_length=20)] = "",
    ignored: Annotated[int | None, Query()] = None,
) -> Response:
    """A page of a group's open rows."""
    return _shown(request, group_id, Place(text.strip(), after, before), Edited(), run=run, ignored=ignored)


def _shown(
    request: Request,
    group_id: int,
    place: Place,
    edited: Edited,
    *,
    run: str = "",
    ignored: int | None = None,
    gone: Mapping[int, tuple[str, int]] = MappingProxyType({}),
) -> Response:
    """gone: rows that were edited and are not open any more: file and row."""
    with desk_of(request).reading() as connection:
        line = known_group(connection, group_id)
        found = grid(
            connection,
            group_id,
            text=place.text or None,
            after=place.after or None,
            before=place.before or None,
            size=_SIZE,
        )
        title = title_in(connection, line)
        imported = known_run(connection, run)
    return show(
        request,
        "grid.html",
        line=line,
        title=title,
        grid=found,
        sheets=_by_sheet([_shown_row(row, edited) for row in found.rows]),
        widths=[_width(found.rows, column) for column in found.columns],
        place=place,
        imported=imported,
        ignored=ignored,
        gone=gone,
        is_checked=bool(edited.verdicts),
        sent_to=[SYSTEM_NAMES[name] for name in found.destinations if name in SYSTEM_NAMES],
    )


def _shown_row(row: GridRow, edited: Edited) -> ShownRow:
    case_id = row.line.case_id
    cells, verdict = edited.cells.get(case_id, {}), edited.verdicts.get(case_id)
    texts = {letter: row.text(letter) for letter in row.letters.values()}
    seen = {letter: seen_as(text) for letter, text in texts.items()} | dict(edited.seen.get(case_id, {}))
    wrong = _by_cell(row.line.problems if verdict is None else verdict.problems)
    return ShownRow(row, {**texts, **cells}, json.dumps(seen), wrong, None if verdict is None else _told(verdict))


def _by_sheet(rows: Sequence[ShownRow]) -> list[tuple[tuple[str, str], list[ShownRow]]]:
    """(file, sheet) and its rows, as often as the rows come to another sheet."""
    lines = groupby(rows, lambda shown: (shown.row.line.source_file, shown.row.line.source_sheet))
    return [(sheet, list(some)) for sheet, some in lines]


def _width(rows: Sequence[GridRow], column: GridColumn) -> int:
    """How many characters wide the cells of a column are; wider where some are wrong, for what is said of them."""
    here = [(row, row.letters[column]) for row in rows if column in row.letters]
    longest = max(len(without_midnight(row.text(letter))) for row, letter in here)
    is_wrong = any(letter == problem.source_column for row, letter in here for problem in row.line.problems)
    return min(max(longest, _WITH_NOTES if is_wrong else _NARROWEST), _WIDEST)


def _by_cell(problems: Sequence[Problem]) -> dict[str, list[str]]:
    """Letter -> what is wrong with that cell; '' for the whole row."""
    found: dict[str, list[str]] = {}
    for problem in problems:
        for letter in letters_in(problem.source_column or "") or [""]:
            found.setdefault(letter, []).append(problem.message)
    return found


def _told_by_cell(problems: Sequence[Problem]) -> dict[str, list[str]]:
    """The same in the reader's language."""
    return {letter: [translated(each) for each in some] for letter, some in _by_cell(problems).items()}


@router.post("/inbox/{group_id:int}/grid/check")
def check(request: Request, group_id: int, form: OwnForm) -> Response:
    """What the rules say of the rows that were edited, as they would be imported together."""
    edited = _edited(form)
    acting = desk_of(request).acting
    if _VERDICTS in request.headers:
        try:
            return JSONResponse(_answer(acting.judge_each(edited.cells, edited.seen) if edited.cells else {}))
        except RollbookError as error:
            return JSONResponse({"error": translated(error)}, 409)
    verdicts = acting.judge_each(edited.cells, edited.seen) if edited.cells else {}
    return _shown(request, group_id, _place(form), Edited(edited.cells, edited.seen, verdicts))


def _answer(verdicts: Mapping[int, RehearsedRow]) -> dict[str, object]:
    """The verdicts as a script reads them."""
    rows = {
        str(case_id): {**asdict(_told(verdict)), "problems": _told_by_cell(verdict.problems)}
        for case_id, verdict in verdicts.items()
    }
    return {"rows": rows}


def _told(verdict: RehearsedRow) -> Verdict:
    return Verdict(say(OUTCOME_NAMES.get(verdict.outcome, verdict.outcome)), verdict.outcome in _GOOD)


@router.post("/inbox/{group_id:int}/grid")
def save(request: Request, group_id: int, form: OwnForm) -> Response:
    """Import the rows that were edited, as one run, and lead back to the grid.

    Where somebody else has fixed or ignored some of them meanwhile, nothing is saved, and the others stay as edited.
    """
    edited = _edited(form)
    if not edited.cells:
        raise CannotBegin("No cell was changed, so there is nothing to save.")
    desk = desk_of(request)
    with desk.reading() as connection:
        destination = destination_of_cases(connection, list(edited.cells))
    if asks := unconfirmed(request, form, destination, len(edited.cells), f"/inbox/{group_id}/grid"):
        return asks
    try:
        repaired = desk.acting.repair(edited.cells, who(request), edited.seen)
    except CannotBegin:
        with desk.reading() as connection:
            gone = ended_since(connection, edited.cells)
        if not gone:
            raise
        open_cells = {case_id: cells for case_id, cells in edited.cells.items() if case_id not in gone}
        kept = Edited(open_cells, {case_id: edited.seen[case_id] for case_id in open_cells})
        return _shown(request, group_id, _place(form), kept, gone=gone)
    desk.offering.forget()
    return lead(f"/inbox/{group_id}/grid?{_place(form).query(run=repaired.run_id)}")


@router.post("/inbox/{group_id:int}/grid/ignore")
def ignore(request: Request, group_id: int, form: OwnForm) -> Response:
    """Set the rows aside that were selected, and lead back to the grid."""
    return lead(f"/inbox/{group_id}/grid?{_place(form).query(ignored=ignore_chosen(request, form))}")


def _place(form: Form) -> Place:
    return Place(form.one("text")[:200], form.one("after")[:2_000], form.one("before")[:2_000])


def _edited(form: Form) -> Edited:
    """The rows of which a cell was sent as it had not been shown."""
    sent: dict[int, dict[str, str]] = {}
    for name, text in form.beginning(_CELL).items():
        case_id, _, letter = name.partition("-")
        if (number := number_of(case_id)) is not None:
            sent.setdefault(number, {})[letter] = text
    shown = {number: seen_in(text) for name, text in form.beginning(_SEEN).items() if (number := number_of(name))}
    cells = {case_id: edited_cells(cells, shown.get(case_id, {})) for case_id, cells in sent.items()}
    changed = {case_id: some for case_id, some in cells.items() if some}
    return Edited(changed, {case_id: shown[case_id] for case_id in changed})
