"""Pages from templates: everything in them is text, unless it was made to be markup."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, cast
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from sqlalchemy import Connection, Engine

from dashboard import dates, wording
from dashboard.access.people import People
from dashboard.access.sessions import Login, Logins, LoginTries
from dashboard.actions import Actions
from dashboard.filter_cache import Offering
from dashboard.masking import masked
from dashboard.receiving import Doors
from dashboard.roles import covers, role_of
from ledger.activity import Activity
from ledger.database import mask_url, reading
from reports.languages.texts import END, ISOLATE
from rollbook import __version__
from rollbook.clock import now
from rollbook.errors import CannotBegin
from rollbook.settings import Settings
from rollbook.systems import SYSTEM_NAMES
from rollbook.text.days import without_midnight

FOLDER = Path(__file__).parent
# Who does something where nobody logs in.
ANYBODY = "dashboard"
# What is quoted, as the languages of the pages do it, and in code.
_QUOTED = re.compile("(?<=“)([^”]*)(?=”)|(?<=„)([^“]*)(?=“)|(?<=« )([^»]*)(?= »)|(?<=«)([^»]*)(?=»)")
_STRAIGHT = re.compile('(?<=")([^"]*)(?=")')


@dataclass(frozen=True)
class Desk:
    """What every page stands on.

    by: who works at this machine, for the record, where nobody logs in. doors: those who are sending files.
    """

    settings: Settings
    engine: Engine
    people: People
    sessions: Logins
    tries: LoginTries
    logins: Lock
    offering: Offering
    actions: Actions | None = None
    by: str = ANYBODY
    doors: Doors = field(default_factory=Doors)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One short transaction on a connection of its own."""
        with reading(self.engine) as connection, connection.begin():
            yield connection

    @property
    def acting(self) -> Actions:
        """What writes; raises CannotBegin where the dashboard only shows."""
        if self.actions is None:
            raise CannotBegin("This dashboard is read-only. Ask your administrator for one that can correct rows.")
        return self.actions


def desk_of(request: Request) -> Desk:
    """The desk of the request's application."""
    return cast("Desk", request.app.state.desk)


def session_of(request: Request) -> Login | None:
    """Whose request it is; None before the login."""
    return cast("Login | None", request.state.session)


def who(request: Request) -> str:
    """Who does it, for the record."""
    session = session_of(request)
    return (session.user if session else None) or desk_of(request).by


def note(request: Request, kind: str, *, user: str | None = None, **facts: Any) -> None:
    """Put on record what somebody did with a page, and from where, as soon as they have their answer.

    user: who, where that is not whose session it is.
    """
    done = Activity(kind, now(), user or who(request), address=request.state.address, **facts)
    request.state.notes.append(done)


def show(request: Request, template: str, status: int = 200, **facts: Any) -> HTMLResponse:
    """A page."""
    desk, session = desk_of(request), session_of(request)
    role = role_of(request)
    shared = {
        "path": request.url.path,
        "here": _address_of(request),
        "language": wording.language(),
        "direction": "rtl" if wording.texts().is_right_to_left else "ltr",
        "csrf": masked(session.csrf) if session else "",
        "user": session.user if session else None,
        "can_log_out": desk.people.mode == "login" and session is not None,
        "can_act": desk.actions is not None and covers(role, "repair"),
        "can_download": desk.actions is not None and covers(role, "look"),
        "can_import": desk.actions is not None and covers(role, "import"),
        "can_administer": covers(role, "administer"),
        "version": __version__,
        "database": mask_url(desk.settings.database),
        "database_name": database_name(desk.settings),
    }
    return HTMLResponse(_templates().get_template(template).render(**shared, **facts), status_code=status)


def _address_of(request: Request) -> str:
    """Where another language leads back to: this page, or of the answer to a form the list that it began from."""
    if request.method != "GET":
        return "/" + request.url.path.split("/")[1]
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def database_name(settings: Settings) -> str:
    """The name of the database, short enough for a button: the file's, or its name on its server."""
    shown = mask_url(settings.database)
    return shown.rpartition("/")[2] or shown


def lead(path: str) -> RedirectResponse:
    """Lead to another page after a form was taken."""
    return RedirectResponse(path, status_code=303)


@cache
def _templates() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "moment": dates.moment,
        "date": dates.day,
        "number": wording.number,
        "word": wording.word,
        "translated": wording.translated,
        "name": lambda path: str(path).replace("\\", "/").rpartition("/")[2],
        "part": lambda text: quote(str(text), safe=""),
        "short": _short,
        "day": _day,
        "sentence": _sentence,
    }
    made.globals |= {
        "systems": SYSTEM_NAMES,
        "languages": wording.OWN_NAMES,
        "say": wording.say,
        "count": wording.count,
        "counted": wording.counted,
        "script_texts": wording.script_texts,
    }
    return made


def _day(text: object) -> str:
    """A typed date without the midnight that nobody wrote."""
    return "" if text is None else without_midnight(str(text))


def _sentence(text: object) -> Markup:
    """A message: between backticks stands code; what is quoted keeps its direction, and turns nothing else around."""
    told = str(text)
    told += END * (told.count(ISOLATE) - told.count(END))  # where the text was cut
    pieces = told.split("`")
    shown = _quoted(told, _QUOTED)
    if len(pieces) % 2:
        code = Markup("<code>{}</code>")
        each = (
            code.format(_quoted(one, _STRAIGHT)) if at % 2 else _quoted(one, _QUOTED) for at, one in enumerate(pieces)
        )
        shown = Markup("").join(each)
    return shown.replace(ISOLATE, Markup("<bdi>")).replace(END, Markup("</bdi>"))


def _quoted(text: str, quoted: re.Pattern[str]) -> Markup:
    # What stands in <bdi> is passed over where `dir="auto"` looks for the direction of the sentence.
    shown, done = Markup(""), 0
    for found in quoted.finditer(text):
        shown += escape(text[done : found.start()]) + Markup("<bdi>{}</bdi>").format(found[0])
        done = found.end()
    return shown + escape(text[done:])


def _short(text: object, characters: int = 80) -> str:
    whole = "" if text is None else str(text)
    return whole if len(whole) <= characters else f"{whole[: characters - 1]}…"
