"""Repairs: edited cells are checked and imported; one value takes another's place in many rows."""

import dataclasses
import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from dashboard.confirming import destination_of_cases, destination_of_filtered, unconfirmed
from dashboard.forms import Form, edited_cells, look_of, look_of_text, seen_in
from dashboard.guarding import OwnForm
from dashboard.rendering import desk_of, lead, show, who
from dashboard.repairs.failed_pages import is_purged, known_case, seen_of
from ledger.browse.cases import CaseDetail
from pipeline.repairs.requests import Cells, Seen, Where
from rollbook.errors import CannotBegin

router = APIRouter()
_CELL = "cell-"
# The header by which a fragment is asked for in the place of a page.
_FRAGMENT = "x-fragment"


@router.post("/failed/{case_id:int}/check")
def check(request: Request, case_id: int, form: OwnForm) -> Response:
    """What the rules say of the cells as they were edited."""
    desk = desk_of(request)
    detail = _open_case(request, case_id)
    edited, seen = _edited(form, detail)
    judged = desk.acting.judge(case_id, edited, {case_id: seen})
    if _FRAGMENT in request.headers:
        return show(request, "verdict.html", judged=judged)
    blamed = _blamed(judged.problems)
    return show(
        request,
        "check.html",
        detail=detail,
        cells={cell.letter: edited.get(cell.letter, cell.text or "") for cell in detail.cells},
        judged=judged,
        blamed=blamed,
        seen=json.dumps({**seen_of(detail), **{letter: seen[letter] for letter in edited}}),
    )


@router.post("/failed/{case_id:int}/import")
def import_corrected(request: Request, case_id: int, form: OwnForm) -> Response:
    """Import the row with its cells as they were edited, and lead back to the case."""
    edited, seen = _edited(form, _open_case(request, case_id))
    desk = desk_of(request)
    with desk.reading() as connection:
        destination = destination_of_cases(connection, [case_id])
    if asks := unconfirmed(request, form, destination, 1, f"/failed/{case_id}"):
        return asks
    repaired = desk.acting.repair({case_id: edited}, who(request), {case_id: seen})
    desk.offering.forget()
    return lead(f"/failed/{case_id}?run={repaired.run_id}")


def _open_case(request: Request, case_id: int) -> CaseDetail:
    with desk_of(request).reading() as connection:
        detail = known_case(connection, case_id)
    if is_purged(detail):
        raise CannotBegin(f"The cells of case {case_id} were removed for privacy. Import its file again instead.")
    return detail


def _edited(form: Form, detail: CaseDetail) -> tuple[Cells, Seen]:
    """The cells that are not as the page showed them, and how it showed all of them.

    What a browser sent back as it was shown was not edited, whatever somebody else made of it meanwhile. A typed date
    is shown as its day.
    """
    seen = {**seen_of(detail), **seen_in(form.one("seen", "{}"))}
    return edited_cells(form.beginning(_CELL), {cell.letter: seen[cell.letter] for cell in detail.cells}), seen


def _blamed(problems: Any) -> dict[str, list[str]]:
    blamed: dict[str, list[str]] = {}
    for problem in problems:
        if problem.source_column:
            blamed.setdefault(problem.source_column, []).append(problem.message)
    return blamed


@router.get("/failed/replace")
def ask(request: Request, column: str = "", value: str = "") -> Response:
    """Ask for a value and what takes its place, in all rows that are filtered."""
    look = look_of(request.query_params)
    return _asked(request, look.query(), Where(look.filter, column.strip(), value))


@router.post("/failed/replace")
def replace(request: Request, form: OwnForm) -> Response:
    """Three steps: rows that were chosen are told; what would be changed is told; it is done."""
    desk = desk_of(request)
    acting = desk.acting
    look = look_of_text(form.one("back"))
    where = Where(look.filter, form.one("header").strip(), form.one("old"), tuple(form.numbers("case")))
    step, new = form.one("step"), form.one("new").strip()
    if step == "ask" or not where.header or not where.old:
        if step != "ask":
            raise CannotBegin("Go back and enter both a column and a current value.")
        return _asked(request, look.query(), where)
    if step == "do":
        if asks := unconfirmed(request, form, _destination(request, where), None, f"/failed?{look.query()}"):
            return asks
        replaced = acting.replace(where, new, who(request), remember=form.one("remember") == "yes")
        desk.offering.forget()
        return show(request, "replaced.html", replaced=replaced, where=where, new=new, back=look.query())
    return _asked(request, look.query(), where, new=new, found=acting.replacing(where))


def _destination(request: Request, where: Where) -> str | None:
    """Where the rows of a replacement go."""
    with desk_of(request).reading() as connection:
        if where.chosen:
            return destination_of_cases(connection, where.chosen)
        wanted = dataclasses.replace(where.filter, state="open", text=where.filter.text or where.old.strip())
        return destination_of_filtered(connection, wanted)


def _asked(request: Request, back: str, where: Where, **also: Any) -> Response:
    desk = desk_of(request)
    with desk.reading() as connection:
        offered = desk.offering.choices(connection, where.filter)
    facts = {"new": "", "found": None} | also
    return show(request, "replace.html", back=back, where=where, headers=offered.headers, **facts)
