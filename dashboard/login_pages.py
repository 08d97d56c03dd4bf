"""Log in and out, where the settings ask for it."""

import hmac

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from dashboard.forms import Form, read_form
from dashboard.guarding import OwnForm
from dashboard.passwords import is_password
from dashboard.rendering import Desk, desk_of, lead, session_of, show
from dashboard.security import cookie_header, own_path

router = APIRouter()


@router.get("/login")
def ask(request: Request) -> Response:
    """The page of the login."""
    if desk_of(request).mode != "login":
        return lead("/")
    return show(request, "login.html", wrong=False, wait=0, next=own_path(request.query_params.get("next", "/")))


@router.post("/login")
async def take(request: Request) -> Response:
    """Begin a session, or say that name and password fit nobody; after some failures only slowly."""
    from starlette.concurrency import run_in_threadpool

    desk = desk_of(request)
    if desk.mode != "login" or _is_from_elsewhere(request):
        raise HTTPException(403)
    form = await read_form(request)
    return await run_in_threadpool(_log_in, request, desk, form)


def _log_in(request: Request, desk: Desk, form: Form) -> Response:
    address = request.state.address
    wanted = own_path(form.one("next", "/"))
    # One at a time: hashing takes memory, and who tries many at once must not slip through before the first is counted.
    with desk.logins:
        wait = desk.tries.wait(address)
        if wait:
            answer = show(request, "login.html", 429, wrong=True, wait=int(wait) + 1, next=wanted)
            answer.headers["Retry-After"] = str(int(wait) + 1)
            return answer
        known = desk.settings.dashboard
        is_user = hmac.compare_digest(form.one("user").encode(), (known.user or "").encode())
        if not is_password(form.one("password"), known.password_hash if is_user else None):
            desk.tries.failed(address)
            return show(request, "login.html", 401, wrong=True, wait=0, next=wanted)
        desk.tries.succeeded(address)
    _, cookie = desk.sessions.begin(known.user)
    inside = lead(wanted)
    inside.headers.append("set-cookie", cookie_header(request.state.cookie, cookie, secure=request.state.secure))
    return inside


def _is_from_elsewhere(request: Request) -> bool:
    """Before the login there is no session whose token a form could bear: browsers say where a form came from."""
    return request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")


@router.post("/logout")
def leave(request: Request, _: OwnForm) -> Response:
    """End the session."""
    session = session_of(request)
    if session is not None:
        desk_of(request).sessions.end(session)
    outside = lead("/login")
    outside.headers.append(
        "set-cookie", cookie_header(request.state.cookie, "", secure=request.state.secure, ended=True)
    )
    return outside
