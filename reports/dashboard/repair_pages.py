"""Repairs: edited cells are checked and imported; one value takes another's place in many rows."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ledger.browsing import CaseDetail
from reports.dashboard.actions import Where
from reports.dashboard.failed_pages import is_purged, known_case, version_of
from reports.dashboard.forms import Form, look_of, look_of_text
from reports.dashboard.guarding import OwnForm
from reports.dashboard.showing import desk_of, lead, show, who
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
    cells = _cells(form, detail)
    judged = desk.acting.judge(case_id, cells)
    if _FRAGMENT in request.headers:
        return show(request, "verdict.html", judged=judged)
    blamed = _blamed(judged.problems)
    return show(
        request,
        "check.html",
        detail=detail,
        cells=cells,
        judged=judged,
        blamed=blamed,
        version_of_row=version_of(detail),
    )


@router.post("/failed/{case_id:int}/import")
def import_mended(request: Request, case_id: int, form: OwnForm) -> Response:
    """Import the row with its cells as they were edited, and lead back to the case."""
    cells = _cells(form, _open_case(request, case_id))
    desk = desk_of(request)
    mended = desk.acting.repair({case_id: cells}, who(request))
    desk.offering.forget()
    return lead(f"/failed/{case_id}?run={mended.run_id}")


def _open_case(request: Request, case_id: int) -> CaseDetail:
    with desk_of(request).reading() as connection:
        detail = known_case(connection, case_id)
    if is_purged(detail):
        raise CannotBegin(f"The cells of case {case_id} were purged: it cannot be repaired here.")
    return detail


def _cells(form: Form, detail: CaseDetail) -> dict[str, str]:
    """Letter -> text of every cell of the case. One that a browser sent back as it was shown keeps its stored text."""
    if form.one("version") not in ("", version_of(detail)):
        raise CannotBegin("Somebody changed this row since you opened it. Load its page again, and look at it anew.")
    sent = form.beginning(_CELL)
    return {cell.letter: _kept(cell.text or "", sent.get(cell.letter)) for cell in detail.cells}


def _kept(stored: str, sent: str | None) -> str:
    return stored if sent is None or sent == as_sent(stored) else sent


def as_sent(text: str) -> str:
    """A text as a browser sends it back: line breaks are one character, and there is no NUL."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


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
            raise CannotBegin("Which value, under which header? Go back and name both.")
        return _asked(request, look.query(), where)
    if step == "do":
        replaced = acting.replace(where, new, who(request), remember=form.one("remember") == "yes")
        desk.offering.forget()
        return show(request, "replaced.html", replaced=replaced, where=where, new=new, back=look.query())
    return _asked(request, look.query(), where, new=new, found=acting.replacing(where))


def _asked(request: Request, back: str, where: Where, **also: Any) -> Response:
    desk = desk_of(request)
    with desk.reading() as connection:
        offered = desk.offering.choices(connection, where.filter)
    facts = {"new": "", "found": None} | also
    return show(request, "replace.html", back=back, where=where, headers=offered.headers, **facts)
