"""Who may look: host names, logins, tokens of forms, and the headers of every answer."""

import hmac
import logging
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Literal
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.masking import unmasked
from dashboard.sessions import COOKIE, HOURS, Login, Logins
from rollbook.errors import CannotBegin
from rollbook.settings import DashboardSettings

_log = logging.getLogger("rollbook.dashboard")
Mode = Literal["open", "login", "header"]
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
# Whoever is not logged in sees these; nothing else.
PUBLIC = ("/login", "/static/")
# What monitoring programs read, from the addresses that the settings name.
MONITORED = ("/healthz", "/metrics")
BODY_BYTES = 4 * 2**20
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def mode_of(settings: DashboardSettings) -> Mode:
    """How people are told apart; raises CannotBegin where other machines could look without a login."""
    if settings.trusted_header:
        return "header"
    if settings.user and settings.password_hash:
        return "login"
    if settings.user or settings.password_hash:
        raise CannotBegin("[dashboard] user and password_hash belong together: set both, or neither.")
    if not is_loopback(settings.host):
        raise CannotBegin(
            f"{settings.host} can be reached by others, so a login is needed: set user and password_hash under "
            "[dashboard] of the settings (`rollbook dashboard --hash-password` makes the hash), or trusted_header."
        )
    return "open"


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


_NOT_ALLOWED = "This host name is not allowed. Administrator: add it to `names` under [dashboard] in the settings."
_OPENED_OTHERWISE = (
    "Open the address that `rollbook dashboard` printed when it started: it ends with a token, so that other users of "
    "this machine cannot see these pages."
)
_FAULT = "An error in Rollbook. Ask your administrator: its kind is in the output of `rollbook dashboard`."


class Guard:
    """ASGI middleware: refuses wrong hosts, strangers and forged forms, and sets the headers of every answer.

    Behind it stand in `scope["state"]`: `session` (None only on PUBLIC pages), `address` (of the browser), `secure`
    (whether it came by https), `cookie` (the name of the session's), `names` (of the settings).

    token: where nobody logs in, what the address must bear that begins a session; None where none is asked for.
    """

    def __init__(self, app: ASGIApp, settings: DashboardSettings, sessions: Logins, token: str | None = None) -> None:
        self._app = app
        self._settings = settings
        self._mode = mode_of(settings)
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
        name = _cookie_name(scope)
        answer = _Answer(send, is_static=scope["path"].startswith("/static/"), is_head=scope["method"] == "HEAD")
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
        goes_on, session = await self._begun(scope, request, name, answer, proxy=proxy, secure=secure)
        if not goes_on:
            return
        state = {
            "session": session,
            "address": self._address(scope, request.headers, proxy=proxy),
            "secure": secure,
            "cookie": name,
            "names": self._settings.names,
        }
        scope.setdefault("state", {}).update(state)
        try:
            await self._app(scope, receive, answer.send)
        except Exception as error:  # noqa: BLE001 - whatever it is, its text may hold the cells of a row
            _log.error("%s: %s", scope["path"], type(error).__name__)
            await answer.refuse(500, _FAULT)

    async def _begun(
        self, scope: Scope, request: HTTPConnection, name: str, answer: "_Answer", *, proxy: bool, secure: bool
    ) -> tuple[bool, Login | None]:
        """Whether the request goes on, and whose it is; where it does not, it is answered here."""
        path = scope["path"]
        session = self._session(request, name, proxy=proxy)
        if session is None and self._mode == "header":
            await answer.refuse(401, "The reverse proxy did not send a username. Ask your administrator.")
            return False, None
        if session is None and self._mode == "open" and not path.startswith("/static/"):
            if not self._has_token(scope):
                await answer.refuse(401, _OPENED_OTHERWISE)
                return False, None
            session, cookie = self._sessions.begin(None)
            answer.set_cookie(name, cookie, secure=secure)
            if self._token is not None:  # it stays in no history and no bookmark
                await answer.redirect(_without_token(scope))
                return False, None
        if session is None and not path.startswith(PUBLIC):
            await answer.redirect(_login_for(scope))
            return False, None
        if self._mode == "header" and request.cookies.get(name) is None and session is not None:
            session, cookie = self._sessions.begin(session.user)
            answer.set_cookie(name, cookie, secure=secure)
        return True, session

    async def _monitor(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        peer = (scope.get("client") or ("",))[0]
        if not _is_in(peer, self._monitors):
            await answer.refuse(403, "This address may not read it. Administrator: `monitors` under [dashboard].")
            return
        scope.setdefault("state", {}).update({"session": None})
        await self._app(scope, receive, answer.send)

    def _has_token(self, scope: Scope) -> bool:
        """Whether the address bears the token that the start printed: other users of this machine do not know it."""
        if self._token is None:
            return True
        told = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [""])[-1]
        return told.isascii() and hmac.compare_digest(told, self._token)

    def _session(self, request: HTTPConnection, name: str, *, proxy: bool) -> Login | None:
        """Whose request it is; in `header` mode the proxy's word stands above the cookie."""
        known = self._sessions.read(request.cookies.get(name))
        if self._mode != "header":
            return known
        told = request.headers.getlist(self._settings.trusted_header or "") if proxy else []
        user = told[0].strip() if len(told) == 1 else ""  # told twice, one of them may be the browser's
        if not user:
            return None
        if known is not None and known.user == user:
            return known
        # Of another user's cookie nothing is taken: its forms fail, and the next page brings a new one.
        request.cookies.pop(name, None)
        return Login(user, "", 0, "")

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


class _Answer:
    """Sends an answer with the headers that every one has."""

    def __init__(self, send: Send, *, is_static: bool, is_head: bool = False) -> None:
        self._send = send
        self._is_static = is_static
        self._is_head = is_head
        self._cookie: str | None = None
        self._has_begun = False

    def set_cookie(self, name: str, cookie: str, *, secure: bool) -> None:
        """Send a session's cookie along."""
        self._cookie = cookie_header(name, cookie, secure=secure)

    async def send(self, message: Message) -> None:
        """Send a part of the answer; its first brings the headers."""
        if message["type"] == "http.response.start":
            self._has_begun = True
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
            headers["Cache-Control"] = "public, max-age=3600" if self._is_static else "no-store"
            if self._cookie is not None and "set-cookie" not in headers:
                headers.append("set-cookie", self._cookie)
        if self._is_head and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)

    async def refuse(self, status: int, told: str) -> None:
        """Answer with one line of text; too late where an answer has begun."""
        if self._has_begun:
            return
        plain = [(b"content-type", b"text/plain; charset=utf-8")]
        await self.send({"type": "http.response.start", "status": status, "headers": plain})
        await self.send({"type": "http.response.body", "body": f"Rollbook: {told}\n".encode()})

    async def redirect(self, path: str) -> None:
        """Lead to another page of ours."""
        await self.send({"type": "http.response.start", "status": 303, "headers": [(b"location", path.encode())]})
        await self.send({"type": "http.response.body", "body": b""})


def _cookie_name(scope: Scope) -> str:
    """A name for each port: browsers show a host's cookies to all of them, and two databases may be looked at."""
    return f"{COOKIE}_{(scope.get('server') or ('', 0))[1]}"


def cookie_header(name: str, cookie: str, *, secure: bool, ended: bool = False) -> str:
    """The `Set-Cookie` of a session: no script reads it, no other site sends it along."""
    age = 0 if ended else HOURS * 3600
    return f"{name}={cookie}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")
