"""Who may look: host names, logins, tokens of forms, and the headers of every answer."""

import hmac
import logging
from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard import dates, wording
from dashboard.access.answers import Answer
from dashboard.access.people import People
from dashboard.access.sessions import COOKIE, Login, Logins
from dashboard.masking import unmasked
from ledger.activity import Activity
from rollbook.errors import CannotBegin
from rollbook.notify_settings import Language
from rollbook.settings import DashboardSettings

_log = logging.getLogger("rollbook.dashboard")
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
# Whoever is not logged in sees these; nothing else.
PUBLIC = ("/login", "/static/", "/language/")
# What monitoring programs read, from the addresses that the settings name.
MONITORED = ("/healthz", "/metrics")
# Where a form goes whose session has ended: the login keeps it.
KEPT = "/login/kept"
# What programs ask: a token says whose they are.
API = "/api/v1/"
BODY_BYTES = 4 * 2**20
_NOT_ALLOWED = "This host name is not allowed. Administrator: add it to `names` under [dashboard] in the settings."
_OPENED_OTHERWISE = (
    "Open the address that `rollbook dashboard` printed when it started: it ends with a token, so that other users of "
    "this machine cannot see these pages."
)
_NO_USERS = "The users file cannot be read. Ask your administrator: the output of `rollbook dashboard` says why."
_UNKNOWN_PROGRAM = (
    "Send `Authorization: Bearer TOKEN`. Your administrator makes tokens (rollbook dashboard --add-user --token)."
)
_FAULT = "An error in Rollbook. Ask your administrator: its kind is in the output of `rollbook dashboard`."


def is_form(scope: Scope, headers: Headers) -> bool:
    """Whether the request sends a form, but for one with files."""
    return scope["method"] == "POST" and headers.get("content-type", "").startswith("application/x-www-form-urlencoded")


class Guard:
    """ASGI middleware: refuses wrong hosts, strangers and forged forms, and sets the headers of every answer.

    Behind it stand in `scope["state"]`: `session` (None only on PUBLIC pages), `address` (of the browser), `secure`
    (whether it came by https), `cookie` (the name of the session's), `names` (of the settings), `role` (None where
    `session` is),
    `notes` (what is put on record when the answer was sent, by `record`).

    token: where nobody logs in, what the address must bear that begins a session; None where none is asked for.
    language: of whoever asks for none that we have.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: DashboardSettings,
        people: People,
        sessions: Logins,
        record: Callable[[Sequence[Activity]], None],
        token: str | None = None,
        language: Language = "en",
    ) -> None:
        self._app = app
        self._language = language
        self._record = record
        self._settings = settings
        self._people = people
        self._mode = people.mode
        self._token = token
        self._networks = [ip_network(each, strict=False) for each in settings.trusted_proxies]
        self._monitors = [ip_network(each, strict=False) for each in settings.monitors]
        named = {settings.host.strip("[]").casefold(), *map(str.casefold, settings.names)}
        self._names = named | set(LOOPBACK_NAMES)
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        asked = request.headers.get("accept-language", "")
        wording.speak(wording.choose(request.cookies.get(wording.COOKIE), asked, self._language))
        dates.read_by(asked)
        name = _cookie_name(scope)
        answer = Answer(send, is_static=scope["path"].startswith("/static/"), is_head=scope["method"] == "HEAD")
        if scope["method"] == "HEAD":  # as GET, without the body
            scope = {**scope, "method": "GET"}
        proxy = self._from_proxy(scope)
        secure = scope["scheme"] == "https" or (proxy and request.headers.get("x-forwarded-proto") == "https")
        if not self._is_our_name(request.headers):
            await answer.refuse(421, _NOT_ALLOWED)
            return
        if scope["path"] in MONITORED:
            await self._monitor(scope, receive, answer)
            return
        told = request.headers if proxy else Headers()
        try:
            self._people.users.all()  # a file that cannot be understood lets nobody in
            goes_on, session = await self._begun(scope, request, name, answer, proxy=proxy, secure=secure)
            if not goes_on:
                return
            role = None if session is None else self._people.role(session.user, told)
        except CannotBegin as error:  # the users file
            _log.error("%s", error)
            await answer.refuse(503, _NO_USERS)
            return
        notes: list[Activity] = []
        state = {
            "session": session,
            "role": role,
            "address": self._address(scope, request.headers, proxy=proxy),
            "secure": secure,
            "cookie": name,
            "names": self._settings.names,
            "notes": notes,
        }
        scope.setdefault("state", {}).update(state)
        try:
            await self._app(scope, receive, answer.send)
            if notes:  # nobody waits for it: a long import may hold the database
                await run_in_threadpool(self._record, notes)
        except Exception as error:  # noqa: BLE001 - whatever it is, its text may hold the cells of a row
            _log.error("%s: %s", scope["path"], type(error).__name__)
            await answer.refuse(500, _FAULT)

    async def _begun(
        self, scope: Scope, request: HTTPConnection, name: str, answer: Answer, *, proxy: bool, secure: bool
    ) -> tuple[bool, Login | None]:
        """Whether the request goes on, and whose it is; where it does not, it is answered here."""
        path = scope["path"]
        if path.startswith(API):
            session = self._of_program(request, name, proxy=proxy, is_get=scope["method"] == "GET")
            if session is None:
                await answer.problem(401, _UNKNOWN_PROGRAM)
            return session is not None, session
        session = self._session(request, name, proxy=proxy)
        if session is not None:
            if self._mode == "header" and request.cookies.get(name) is None:
                session, cookie = self._sessions.begin(session.user)
                answer.set_cookie(name, cookie, secure=secure)
            return True, session
        if self._mode == "header":
            await answer.refuse(401, "The reverse proxy did not send a username. Ask your administrator.")
            return False, None
        if path.startswith("/static/") or (self._mode == "login" and path.startswith(PUBLIC)):
            return True, None
        if self._mode == "login":
            return await self._led_to_login(scope, request, answer), None
        return await self._opened(scope, name, answer, secure=secure)

    async def _opened(self, scope: Scope, name: str, answer: Answer, *, secure: bool) -> tuple[bool, Login | None]:
        """Where nobody logs in: whether the address bears the token, which begins a session."""
        if not self._has_token(scope):
            await answer.refuse(401, _OPENED_OTHERWISE)
            return False, None
        session, cookie = self._sessions.begin(None)
        answer.set_cookie(name, cookie, secure=secure)
        if self._token is not None:  # it stays in no history and no bookmark
            await answer.redirect(_without_token(scope))
        return self._token is None, session

    async def _led_to_login(self, scope: Scope, request: HTTPConnection, answer: Answer) -> bool:
        """Lead to the login; whether the request goes on there: a form of ours does, which is kept."""
        if is_form(scope, request.headers) and is_from_here(request.headers, self._settings.names):
            scope.setdefault("state", {})["kept_for"] = scope["path"]
            scope["path"], scope["raw_path"] = KEPT, KEPT.encode()
            return True
        await answer.redirect(_login_for(scope))
        return False

    async def _monitor(self, scope: Scope, receive: Receive, answer: Answer) -> None:
        peer = (scope.get("client") or ("",))[0]
        if not _is_in(peer, self._monitors):
            await answer.refuse(403, "This address may not read it. Administrator: `monitors` under [dashboard].")
            return
        scope.setdefault("state", {}).update({"session": None, "role": None})
        await self._app(scope, receive, answer.send)

    def _has_token(self, scope: Scope) -> bool:
        """Whether the address bears the token that the start printed: other users of this machine do not know it."""
        if self._token is None:
            return True
        told = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [""])[-1]
        return told.isascii() and hmac.compare_digest(told, self._token)

    def _of_program(self, request: HTTPConnection, name: str, *, proxy: bool, is_get: bool) -> Login | None:
        """Whose request a program sent. A page of ours may ask too, which changes nothing by it."""
        session = self._of_token(request)
        return self._session(request, name, proxy=proxy) if session is None and is_get else session

    def _of_token(self, request: HTTPConnection) -> Login | None:
        """Whose token the request bears; where nobody logs in, it is the one that the start printed."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        token = token.strip()
        if scheme.casefold() != "bearer" or not token:
            return None
        if self._mode == "open":
            is_ours = self._token is None or (token.isascii() and hmac.compare_digest(token, self._token))
            return Login(None, "", 0, "") if is_ours else None
        found = self._people.users.of_token(token)
        return None if found is None else Login(found[0], "", 0, "")

    def _session(self, request: HTTPConnection, name: str, *, proxy: bool) -> Login | None:
        """Whose request it is; in `header` mode the proxy's word stands above the cookie."""
        known = self._sessions.read(request.cookies.get(name))
        if self._mode == "open":
            return known
        if self._mode == "login":
            return known if known is not None and self._still_may(known) else None
        told = request.headers.getlist(self._settings.trusted_header or "") if proxy else []
        user = told[0].strip() if len(told) == 1 else ""  # told twice, one of them may be the browser's
        if not user:
            return None
        if known is not None and known.user == user:
            return known
        # Of another user's cookie nothing is taken: its forms fail, and the next page brings a new one.
        request.cookies.pop(name, None)
        return Login(user, "", 0, "")

    def _still_may(self, known: Login) -> bool:
        """A session ends when its user is taken out, or gets another password."""
        return known.mark == self._people.mark(known.user) and self._people.role(known.user, Headers()) is not None

    def _from_proxy(self, scope: Scope) -> bool:
        return _is_in((scope.get("client") or ("",))[0], self._networks)

    def _address(self, scope: Scope, headers: Headers, *, proxy: bool) -> str:
        told = headers.get("x-forwarded-for", "").rpartition(",")[2].strip() if proxy else ""
        return told[:64] or str((scope.get("client") or ("?",))[0])

    def _is_our_name(self, headers: Headers) -> bool:
        """A page of somebody else's whose name leads here (DNS rebinding) must read nothing."""
        name = _host_of(headers.get("host", ""))
        if self._mode != "open" and not self._settings.names:
            return bool(name)
        return name in self._names


def _is_in(address: str, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    try:
        peer = ip_address(address)
    except ValueError:
        return False
    return any(peer in network for network in networks)


def _without_token(scope: Scope) -> str:
    terms = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    query = urlencode([(name, value) for name, value in terms if name != "token"])
    return own_path(scope["path"]) + (f"?{query}" if query else "")


def _login_for(scope: Scope) -> str:
    """The login, which leads back to the page that was asked for."""
    if scope["method"] != "GET" or scope["path"] == "/":
        return "/login"
    query = scope.get("query_string", b"").decode("latin-1")
    return f"/login?next={quote(scope['path'] + (f'?{query}' if query else ''), safe='')}"


def own_path(text: str) -> str:
    """A page of ours that a login leads to; the first page where the text is another site's or none."""
    is_ours = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable() and len(text) < 2_000
    return text if is_ours else "/"


def _host_of(header: str) -> str:
    try:
        return (urlsplit(f"//{header}").hostname or "").casefold()
    except ValueError:
        return ""


def is_from_here(headers: Headers, names: Sequence[str] = ()) -> bool:
    """Whether the browser says that one of our pages sent it. names: see `is_own_form`."""
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    theirs = headers.get("origin", "null").rpartition("//")[2]
    return theirs == headers.get("host") or _host_of(theirs) in names


def is_own_form(session: Login | None, token: str, headers: Headers, names: Sequence[str] = ()) -> bool:
    """Whether a form was sent from one of our pages: it bears its session's token, and no other origin is told.

    names: those of the settings, for a proxy may ask by another host name than the browser does.
    """
    origin = headers.get("origin", "null")
    theirs = origin.rpartition("//")[2]
    if origin != "null" and theirs != headers.get("host") and _host_of(theirs) not in names:
        return False
    known = session.csrf if session is not None else ""
    return bool(known) and hmac.compare_digest(unmasked(token), known)


def _cookie_name(scope: Scope) -> str:
    """A name for each port: browsers show a host's cookies to all of them, and two databases may be looked at."""
    return f"{COOKIE}_{(scope.get('server') or ('', 0))[1]}"
