"""A mail server for tests: it keeps what it takes, and refuses, delays or hangs up as it is told."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

OK = "250 OK"
HANGS_UP = "hangs up"


class MailServer:
    """What it took, the oldest first, and how it answers.

    replies: command (MAIL, RCPT, DATA) -> what it answers to the next ones; HANGS_UP: nothing, after it took it.
    delay: seconds before it answers to DATA. login: the user and password that it wants.
    """

    def __init__(self, login: tuple[str, str] | None = None) -> None:
        self.received: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.replies: dict[str, list[str]] = {}
        self.delay = 0.0
        self.commands = 0
        self.login = login
        self.url = ""

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _how: str, data: Any) -> AuthResult:
        """Whether user and password are right."""
        given = (data.login.decode(), data.password.decode()) if isinstance(data, LoginPassword) else None
        return AuthResult(success=given == self.login, handled=False)

    def _reply(self, command: str) -> str:
        self.commands += 1
        left = self.replies.get(command, [])
        return left.pop(0) if left else OK

    async def handle_MAIL(self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        """The sender."""
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self._reply("MAIL")

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]) -> str:  # noqa: N802
        """A recipient."""
        reply = self._reply("RCPT")
        if reply == OK:
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """The message."""
        reply = self._reply("DATA")
        if reply in (OK, HANGS_UP):
            self.recipients += envelope.rcpt_tos
            self.received.append(message_from_bytes(envelope.content, policy=default))
        if self.delay:
            await asyncio.sleep(self.delay)
        if reply == HANGS_UP:
            server.transport.abort()
        return reply


class _Controller(Controller):
    """One that takes a free port."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def mail_server(
    certificate: tuple[Path, Path] | None = None, *, starttls: bool = False, login: tuple[str, str] | None = None
) -> Iterator[MailServer]:
    """A running server on a free port of the loopback; with a certificate by TLS, or by STARTTLS."""
    server = MailServer(login)
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
    wants: dict[str, Any] = {
        "auth_required": login is not None,
        "auth_require_tls": starttls,
        "authenticator": server.authenticate,
    }
    if starttls:
        wants |= {"require_starttls": True, "tls_context": context}
    controller = _Controller(server, "127.0.0.1", 0, ssl_context=None if starttls else context, **wants)
    controller.start()
    try:
        scheme = "smtp" if context is None else "smtp+starttls" if starttls else "smtps"
        server.url = f"{scheme}://127.0.0.1:{controller.port}"
        yield server
    finally:
        controller.stop(no_assert=True)


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    """The plain text of a message, with plain line ends; or its `html`."""
    body = message.get_body((kind,))
    assert isinstance(body, EmailMessage)
    return str(body.get_content()).replace("\r\n", "\n")


def attachments_of(message: EmailMessage) -> dict[str, bytes]:
    """Name -> content of what is attached."""
    return {str(part.get_filename()): part.get_content() for part in message.iter_attachments()}
