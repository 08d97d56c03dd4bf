"""Answers of the guard, and the headers that every answer has."""

import json
from http import HTTPStatus

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

from dashboard.access.sessions import HOURS
from dashboard.wording import translated

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


class Answer:
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
        await self.send({"type": "http.response.body", "body": f"Rollbook: {translated(told)}\n".encode()})

    async def problem(self, status: int, told: str) -> None:
        """Answer a program (RFC 9457)."""
        content = json.dumps(
            {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": told}
        )
        headers = [(b"content-type", b"application/problem+json"), (b"www-authenticate", b"Bearer")]
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": content.encode()})

    async def redirect(self, path: str) -> None:
        """Lead to another page of ours."""
        await self.send({"type": "http.response.start", "status": 303, "headers": [(b"location", path.encode())]})
        await self.send({"type": "http.response.body", "body": b""})


def cookie_header(name: str, cookie: str, *, secure: bool, ended: bool = False) -> str:
    """The `Set-Cookie` of a session: no script reads it, no other site sends it along."""
    age = 0 if ended else HOURS * 3600
    return f"{name}={cookie}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")
