"""One search; a learner and a session, each with all that is loaded, failed and ignored, and where it stood."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response

from dashboard.forms import MOST, plain
from dashboard.rendering import desk_of, lead, show
from dashboard.wording import texts
from ledger.browse.everything import Found, search_everything
from ledger.browse.records import (
    FailedRows,
    Learner,
    Session,
    failed_of_learners,
    failed_of_session,
    find_learners,
    find_session,
    learner_enrollments,
    session_enrollments,
)

router = APIRouter()
# Of each kind, on the page of the search.
_MOST = 10
Text = Annotated[str, Query(max_length=320)]
Start = Annotated[int, Query(ge=0, le=MOST)]


@router.get("/search")
def search(request: Request, q: Text = "") -> Response:
    """What a text is found in; where that is one thing alone, this leads there."""
    text = plain(q.strip())
    with desk_of(request).reading() as connection:
        found = search_everything(connection, _case_number(text) or text, _MOST)
    only = _only(found)
    if only is not None:
        return lead(only)
    return show(request, "search.html", text=text, found=found, most=_MOST, learner_query=learner_query)


def _case_number(text: str) -> str | None:
    """The number of a case that is written as pages write it: `Case 17`."""
    before, after = str(texts().of_page("Case {case}")).casefold().split("{case}")
    number = text.casefold().removeprefix(before).removesuffix(after).strip()
    return number if number != text.casefold() and number.isdigit() else None


def _only(found: Found) -> str | None:
    """The page of the one thing that was found."""
    if found.number != 1:
        return None
    if found.learners:
        return f"/learner?{learner_query(found.learners[0])}"
    if found.sessions:
        return f"/session?{urlencode({'code': found.sessions[0].code})}"
    if found.runs or found.files:
        return f"/runs/{found.runs[0] if found.runs else found.files[0].run_id}"
    return f"/failed/{found.cases[0]}" if found.cases else None


def learner_query(one: Learner) -> str:
    """The address's query of a learner's page."""
    return urlencode({name: value for name, value in (("email", one.email), ("number", one.number)) if value})


@router.get("/learner")
def show_learner(request: Request, email: Text = "", number: Text = "", start: Start = 0) -> Response:
    """A learner, by e-mail, number or both."""
    email, number = plain(email.strip()).casefold(), plain(number.strip())
    if not email and not number:
        raise HTTPException(404)
    desk = desk_of(request)
    size = desk.settings.dashboard.page_size
    with desk.reading() as connection:
        learners = find_learners(connection, email, number)
        emails = sorted({email, *((one.email or "").casefold() for one in learners)} - {""})
        numbers = sorted({number, *(one.number or "" for one in learners)} - {""})
        failed = failed_of_learners(connection, emails, numbers)
        ids = [one.employee_id for one in learners if one.employee_id is not None]
        loaded = learner_enrollments(connection, ids, start=start, size=size)
    if not learners and not failed.by_state:
        raise HTTPException(404)
    return show(
        request,
        "learner.html",
        learners=learners or [Learner(email or None, number or None)],
        loaded=loaded,
        **_failed(failed),
        **_around(start, size, loaded.number, f"/learner?{urlencode({'email': email, 'number': number})}"),
    )


@router.get("/session")
def show_session(request: Request, code: Text = "", start: Start = 0) -> Response:
    """A session, by its code."""
    code = plain(code.strip())
    desk = desk_of(request)
    size = desk.settings.dashboard.page_size
    with desk.reading() as connection:
        session = find_session(connection, code)
        failed = failed_of_session(connection, code)
        known = session.session_id if session is not None else None
        loaded = None if known is None else session_enrollments(connection, known, start=start, size=size)
    if session is None and not failed.by_state:
        raise HTTPException(404)
    return show(
        request,
        "session.html",
        session=session or Session(code),
        loaded=loaded,
        learner_query=learner_query,
        **_failed(failed),
        **_around(start, size, loaded.number if loaded else 0, f"/session?{urlencode({'code': code})}"),
    )


def _failed(found: FailedRows) -> dict[str, Any]:
    """The failed rows by state: of those that are open some wait in the outbox, which stays with them."""
    by_state = {
        state: [line for line in found.lines if (line.state if line.state != "waiting" else "open") == state]
        for state in ("open", "ignored", "fixed")
    }
    return {"failed": {state: lines for state, lines in by_state.items() if lines}, "numbers": found.by_state}


def _around(start: int, size: int, number: int, here: str) -> dict[str, Any]:
    """The addresses of the pages around this one."""
    return {
        "before": f"{here}&start={max(start - size, 0)}" if start else None,
        "after": f"{here}&start={start + size}" if start + size < number else None,
    }
