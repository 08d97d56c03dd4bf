"""Log in and out, where the settings ask for it."""

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from starlette.datastructures import Headers

from dashboard.access.answers import cookie_header
from dashboard.access.security import own_path
from dashboard.forms import Form, read_form
from dashboard.guarding import OwnForm
from dashboard.kept_forms import as_text, from_text, show_again
from dashboard.rendering import Desk, desk_of, lead, note, session_of, show
from ledger.activity import LOGIN, LOGIN_FAILED, LOGOUT

router = APIRouter()


@router.get("/login")
def ask(request: Request) -> Response:
    """The page of the login."""
    if desk_of(request).people.mode != "login":
        return lead("/")
    wanted = own_path(request.query_params.get("next", "/"))
    return show(request, "login.html", wrong=False, wait=0, next=wanted, kept="")


@router.post("/login/kept")
async def keep(request: Request) -> Response:
    """A form whose session has ended: after the login it can be sent again. The guard leads here, and nobody else."""
    path = getattr(request.state, "kept_for", None)
    if path is None:
        raise HTTPException(404)
    form = await read_form(request)
    return show(request, "login.html", 401, wrong=False, wait=0, next=own_path(path), kept=as_text(form))


@router.post("/login")
async def take(request: Request) -> Response:
    """Begin a session, or say that name and password fit nobody; after some failures only slowly."""
    from starlette.concurrency import run_in_threadpool

    desk = desk_of(request)
    if desk.people.mode != "login" or _is_from_elsewhere(request):
        raise HTTPException(403)
    form = await read_form(request)
    return await run_in_threadpool(_log_in, request, desk, form)


def _log_in(request: Request, desk: Desk, form: Form) -> Response:
    address = request.state.address
    wanted, kept = own_path(form.one("next", "/")), form.one("kept")
    # One at a time: hashing takes memory, and who tries many at once must not slip through before the first is counted.
    with desk.logins:
        user = form.one("user").strip()
        wait = desk.tries.wait(address, user)
        if wait:
            answer = show(request, "login.html", 429, wrong=True, wait=int(wait) + 1, next=wanted, kept=kept)
            answer.headers["Retry-After"] = str(int(wait) + 1)
            return answer
        if not desk.people.is_known(user, form.one("password")):
            desk.tries.failed(address, user)
            # A name that nobody has may be a password in the wrong field.
            note(request, LOGIN_FAILED, user=user if desk.people.knows(user) else "unknown")
            return show(request, "login.html", 401, wrong=True, wait=0, next=wanted, kept=kept)
        desk.tries.succeeded(address, user)
        note(request, LOGIN, user=user)
    session, cookie = desk.sessions.begin(user, desk.people.mark(user))
    request.state.session, request.state.role = session, desk.people.role(user, Headers())
    pairs = from_text(kept) if kept else []
    inside = show_again(request, 200, pairs, wanted) if pairs else lead(wanted)
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
        note(request, LOGOUT)
    outside = lead("/login")
    outside.headers.append(
        "set-cookie", cookie_header(request.state.cookie, "", secure=request.state.secure, ended=True)
    )
    return outside
