"""The application: its pages behind the guard, and what is told when something cannot be done."""

import logging
from collections.abc import Sequence
from functools import partial
from threading import Lock

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from dashboard import language_pages, login_pages, monitoring, overview_page
from dashboard.access.people import People
from dashboard.access.security import Guard
from dashboard.access.sessions import Logins, LoginTries
from dashboard.actions import Actions
from dashboard.api import document, reading, submitting
from dashboard.api.problems import BELOW, problem
from dashboard.filter_cache import Offering
from dashboard.kept_forms import FormExpired, show_again
from dashboard.receiving import STATUS
from dashboard.records import activity_page, night_page, record_pages
from dashboard.rendering import ANYBODY, FOLDER, Desk, show
from dashboard.repairs import failed_pages, grid_pages, group_pages, repair_pages, sides_pages
from dashboard.roles import NotAllowed, require_role
from dashboard.runs import run_control, run_pages
from dashboard.uploads import import_pages
from ledger.activity import Activity, record
from ledger.database import is_away
from rollbook.errors import RollbookError, Unavailable
from rollbook.settings import Settings

_log = logging.getLogger("rollbook.dashboard")
# The first that knows an address answers it.
_PAGES = (
    *(overview_page, group_pages, grid_pages, sides_pages, repair_pages, failed_pages),
    *(import_pages, run_control, run_pages, night_page, record_pages, activity_page, login_pages),
    *(language_pages, monitoring),
    *(document, reading, submitting),
)
_TOLD = {
    403: "This form has expired. Go back, reload the page, and send it again.",
    404: "Page not found.",
    405: "This page does not support this kind of request.",
}


def create_app(
    settings: Settings, engine: Engine, actions: Actions | None = None, *, by: str = ANYBODY, token: str | None = None
) -> FastAPI:
    """The dashboard as an ASGI application; raises CannotBegin where it would be open to other machines.

    by: the name for the record where nobody logs in. Without `actions` its pages only show. token: what the address
    must bear that is opened first, where nobody logs in.
    """
    people = People(settings.dashboard)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, dependencies=[Depends(require_role)])
    sessions = Logins()
    app.state.desk = Desk(settings, engine, people, sessions, LoginTries(), Lock(), Offering(), actions, by)
    app.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")
    for pages in _PAGES:
        app.include_router(pages.router)
    app.add_exception_handler(RollbookError, _cannot)
    app.add_exception_handler(FormExpired, _expired)
    app.add_exception_handler(DBAPIError, _database)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _http)
    app.add_middleware(GZipMiddleware, minimum_size=1_000, compresslevel=6)
    record_done = partial(_record, engine)
    app.add_middleware(
        Guard,
        language=settings.notify.language,
        settings=settings.dashboard,
        people=people,
        sessions=sessions,
        record=record_done,
        token=token,
    )
    return app


def _record(engine: Engine, done: Sequence[Activity]) -> None:
    """Put on record what people did; a database that can only be read has none of it."""
    try:
        with engine.begin() as connection:
            for one in done:
                record(connection, one)
    except DBAPIError as error:
        _log.error("%s is not on record: %s", ", ".join(one.kind for one in done), type(error).__name__)


def _cannot(request: Request, error: Exception) -> Response:
    """Errors of ours say in one line what to do."""
    status = 503 if isinstance(error, Unavailable) else STATUS.get(type(error), 400)
    return _message_page(request, 403 if isinstance(error, NotAllowed) else status, str(error))


def _expired(request: Request, error: Exception) -> Response:
    """What somebody typed is not lost with their session."""
    assert isinstance(error, FormExpired)
    return show_again(request, 403, error.form.pairs, request.url.path)


def _database(request: Request, error: Exception) -> Response:
    """What a database says further on may hold the cells of a row: only what kind of error it is is told."""
    _log.error("%s: the database: %s", request.url.path, type(error).__name__)
    if isinstance(error, DBAPIError) and is_away(error):
        return _message_page(request, 503, "The database is not responding. Reload the page in a moment.")
    return _message_page(request, 500, "The database could not answer this request. Ask your administrator.")


def _http(request: Request, error: Exception) -> Response:
    if request.url.path.startswith(BELOW):
        return _to_a_program(error)
    status = error.status_code if isinstance(error, HTTPException) else 404
    return _message_page(request, status, _TOLD.get(status, "That cannot be done."))


def _to_a_program(error: Exception) -> Response:
    """What is wrong with a program's request, or the first parameter of it that cannot be so."""
    if isinstance(error, HTTPException):
        return problem(error.status_code, error.detail, error.headers)
    first = error.errors()[0] if isinstance(error, RequestValidationError) else {"loc": ("request",), "msg": "wrong"}
    return problem(422, f"{first['loc'][-1]}: {first['msg']}.")


def _message_page(request: Request, status: int, message: str) -> Response:
    if request.url.path.startswith(BELOW):
        return problem(status, message)
    return show(request, "told.html", status, message=message)
