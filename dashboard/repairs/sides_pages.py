"""Rows that contradict each other, or what is there: both sides beside each other, of which one is kept by a click."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response

from dashboard.confirming import destination_of_cases, unconfirmed
from dashboard.guarding import OwnForm
from dashboard.rendering import desk_of, lead, show, who
from dashboard.repairs.failed_pages import known_run
from dashboard.repairs.group_pages import known_group, title_in
from dashboard.wording import say
from ledger.browse.both_sides import CONFLICT, EXISTS, MOST, against_what_is_there, contradicting
from pipeline.repairs.requests import GroupFix
from rollbook.errors import CannotBegin

router = APIRouter()
_SIDES = {CONFLICT: contradicting, EXISTS: against_what_is_there}
KEPT = "What is there is kept."


@router.get("/inbox/{group_id:int}/sides")
def show_sides(
    request: Request,
    group_id: int,
    run: Annotated[str, Query(max_length=20)] = "",
    ignored: Annotated[int | None, Query()] = None,
) -> Response:
    """The first rows of a group in conflict, each with what it contradicts."""
    with desk_of(request).reading() as connection:
        line = known_group(connection, group_id)
        if line.code not in _SIDES:
            raise HTTPException(404)
        found = _SIDES[line.code](connection, group_id)
        title = title_in(connection, line)
        imported = known_run(connection, run)
    return show(
        request,
        "sides.html",
        line=line,
        title=title,
        found=found,
        imported=imported,
        ignored=ignored,
        most=MOST,
        exists=line.code == EXISTS,
    )


@router.post("/inbox/{group_id:int}/sides")
def keep(request: Request, group_id: int, form: OwnForm) -> Response:
    """Import the row that is kept, or set it aside where what is there is kept."""
    desk = desk_of(request)
    with desk.reading() as connection:
        line = known_group(connection, group_id)
    chosen = tuple(form.numbers("case"))
    if line.code not in _SIDES or len(chosen) != 1:
        raise CannotBegin("Go back and choose one of the rows.")
    if form.one("keep") == "there":
        number = desk.acting.ignore(chosen, say(KEPT), who(request))
        desk.offering.forget()
        return lead(f"/inbox/{group_id}/sides?ignored={number}")
    with desk.reading() as connection:
        destination = destination_of_cases(connection, chosen)
    if asks := unconfirmed(request, form, destination, 1, f"/inbox/{group_id}/sides"):
        return asks
    fix = GroupFix(group_id, line.code, line.header, "update" if line.code == EXISTS else "again", chosen=chosen)
    run_id = desk.acting.fix(fix, who(request), remember=False).repaired.run_id
    desk.offering.forget()
    return lead(f"/inbox/{group_id}/sides?run={run_id}")
