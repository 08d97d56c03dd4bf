"""The application: its pages behind the guard, and what is told when something cannot be done."""

import logging
from threading import Lock

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from dashboard import (
    failed_pages,
    grid_pages,
    group_pages,
    login_pages,
    monitoring,
    overview_page,
    repair_pages,
    run_pages,
    sides_pages,
)
from dashboard.actions import Actions
from dashboard.filter_cache import Offering
from dashboard.rendering import ANYBODY, FOLDER, Desk, show
from dashboard.security import Guard, mode_of
from dashboard.sessions import Logins, Tries
from ledger.database import is_away
from rollbook.errors import RollbookError, Unavailable
from rollbook.settings import Settings

_log = logging.getLogger("rollbook.dashboard")
_PAGES = (
    *(overview_page, group_pages, grid_pages, sides_pages, repair_pages, failed_pages),
    *(run_pages, login_pages, monitoring),
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
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    sessions = Logins()
    mode = mode_of(settings.dashboard)
    app.state.desk = Desk(settings, engine, mode, sessions, Tries(), Lock(), Offering(), actions, by)
    app.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")
    for pages in _PAGES:
        app.include_router(pages.router)
    app.add_exception_handler(RollbookError, _cannot)
    app.add_exception_handler(DBAPIError, _database)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _http)
    app.add_middleware(GZipMiddleware, minimum_size=1_000, compresslevel=6)
    app.add_middleware(Guard, settings=settings.dashboard, sessions=sessions, token=token)
    return app


def _cannot(request: Request, error: Exception) -> Response:
    """Errors of ours say in one line what to do."""
    return _message_page(request, 503 if isinstance(error, Unavailable) else 400, str(error))


def _database(request: Request, error: Exception) -> Response:
    """What a database says further on may hold the cells of a row: only what kind of error it is is told."""
    _log.error("%s: the database: %s", request.url.path, type(error).__name__)
    if isinstance(error, DBAPIError) and is_away(error):
        return _message_page(request, 503, "The database is not responding. Reload the page in a moment.")
    return _message_page(request, 500, "The database could not answer this request. Ask your administrator.")


def _http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    return _message_page(request, status, _TOLD.get(status, "That cannot be done."))


def _message_page(request: Request, status: int, message: str) -> HTMLResponse:
    return show(request, "told.html", status, message=message)
