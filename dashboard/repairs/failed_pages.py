"""Failed rows: the list with its filters, a case by itself, downloads, and setting cases aside."""

import json
import shutil
from typing import Annotated, get_args

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import FileResponse, Response
from sqlalchemy import Connection
from starlette.background import BackgroundTask

from dashboard.forms import MOST, SORTED, STATES, Form, look_of, look_of_text, reason_of
from dashboard.guarding import OwnForm
from dashboard.rendering import desk_of, lead, note, show, who
from dashboard.runs.run_pages import RUN_ID
from ledger import runs
from ledger.activity import DOWNLOAD
from ledger.browse.cases import CaseDetail, case, page
from ledger.remote.waiting import waiting_cases
from ledger.runs import Run
from pipeline.repairs.requests import KINDS, Kind, seen_as
from rollbook.errors import CannotBegin

router = APIRouter()
SORT_NAMES = {
    "-case": "newest first",
    "case": "oldest first",
    "-last_seen": "most recently seen",
    "last_seen": "least recently seen",
    "file": "file, A to Z",
    "-file": "file, Z to A",
    "code": "rule, A to Z",
    "-code": "rule, Z to A",
}
assert set(SORT_NAMES) == set(SORTED)
assert get_args(Kind) == KINDS


@router.get("/failed")
def list_failed(
    request: Request,
    ignored: Annotated[int | None, Query()] = None,
    reopened: Annotated[int | None, Query()] = None,
) -> Response:
    """A page of failed rows."""
    desk, look = desk_of(request), look_of(request.query_params)
    with desk.reading() as connection:
        size = desk.settings.dashboard.page_size
        found = page(connection, look.filter, look.order, after=look.after, before=look.before, size=size)
        offered = desk.offering.choices(connection, look.filter)
    return show(
        request,
        "failed.html",
        look=look,
        page=found,
        offered=offered,
        states=STATES,
        sorts=SORT_NAMES,
        kinds=KINDS,
        ignored=ignored,
        reopened=reopened,
    )


@router.get("/failed/download")
def download(request: Request, kind: Kind = "xlsx") -> Response:
    """What is filtered, as a workbook that can be corrected and imported, as CSV or as JSON."""
    path = desk_of(request).acting.export(look_of(request.query_params).filter, kind)
    note(request, DOWNLOAD, detail=path.name)
    return FileResponse(path, filename=path.name, background=BackgroundTask(shutil.rmtree, path.parent, True))


@router.post("/failed/ignore")
def ignore(request: Request, form: OwnForm) -> Response:
    """Set cases aside with a reason, and lead back to where they were chosen."""
    return lead(f"/failed?{look_of_text(form.one('back')).query(ignored=ignore_chosen(request, form))}")


def ignore_chosen(request: Request, form: Form) -> int:
    """Set the selected rows aside with the form's reason; how many. Raises CannotBegin where none is selected."""
    chosen = form.numbers("case")
    if not chosen:
        raise CannotBegin("No row was selected. Go back and select the rows to ignore.")
    desk = desk_of(request)
    number = desk.acting.ignore(chosen, reason_of(form), who(request))
    desk.offering.forget()
    return number


@router.post("/failed/reopen")
def reopen(request: Request, form: OwnForm) -> Response:
    """Open cases that were set aside again, and lead back to where they were chosen."""
    chosen, reason = form.numbers("case"), form.one("reason").strip()
    if not chosen:
        raise CannotBegin("No row was selected. Go back and select the rows to reopen.")
    desk = desk_of(request)
    number = desk.acting.reopen(chosen, reason[:1000] or None, who(request))
    desk.offering.forget()
    if form.one("back"):
        return lead(f"/failed?{look_of_text(form.one('back')).query(reopened=number)}")
    return lead(f"/failed/{chosen[0]}")


@router.get("/failed/{case_id:int}")
def show_case(request: Request, case_id: int, run: Annotated[str | None, Query()] = None) -> Response:
    """A case: its cells, what is wrong with them, its history, and how it is repaired."""
    desk = desk_of(request)
    with desk.reading() as connection:
        detail = known_case(connection, case_id)
        waiting = waiting_cases(connection, case_ids=[case_id]).get(case_id)
        imported = known_run(connection, run)
    blamed: dict[str, list[str]] = {}
    for problem in detail.line.problems:
        if problem.source_column and detail.line.state != "fixed":
            blamed.setdefault(problem.source_column, []).append(problem.message)
    problems = detail.line.problems
    asks = desk.actions is not None and detail.line.state == "open"
    suggested = desk.acting.suggest(problems) if asks else [None] * len(problems)
    return show(
        request,
        "case.html",
        detail=detail,
        blamed=blamed,
        imported=imported,
        waiting=waiting,
        is_purged=is_purged(detail),
        seen=json.dumps(seen_of(detail)),
        suggested=suggested,
    )


def known_run(connection: Connection, run_id: str | None) -> Run | None:
    """The run whose result a page shows; None if there is no run of that name."""
    if run_id is None or not RUN_ID.fullmatch(run_id):
        return None
    return next(iter(runs.find_each(connection, [run_id])), None)


def is_purged(detail: CaseDetail) -> bool:
    """Whether the case's cells were removed for privacy: only counts and places are left."""
    return all(cell.text is None for cell in detail.cells)


def seen_of(detail: CaseDetail) -> dict[str, str]:
    """How a case's cells are shown; a form brings it back, so that nobody overwrites what was changed meanwhile."""
    return {cell.letter: seen_as(cell.text or "") for cell in detail.cells}


def known_case(connection: Connection, case_id: int) -> CaseDetail:
    """The case, or 404 where there is none."""
    if case_id > MOST:
        raise HTTPException(404)
    try:
        return case(connection, case_id)
    except CannotBegin:
        raise HTTPException(404) from None
