"""Mail: a message as MIME, handed over to the mail server of the settings."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import TYPE_CHECKING

from pipeline.notifying.outgoing import Doubtful, NotSent, Refused
from rollbook.notify_settings import parse_server
from rollbook.secrets import secret_or_none
from rollbook.text.mail_addresses import domain_of

if TYPE_CHECKING:
    from pipeline.notifying.outgoing import Outgoing
    from rollbook.notify_settings import NotifySettings

_XLSX = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Bytes a second: a line that is slower is given up.
_SLOWEST = 32 * 2**10
# Replies of servers (RFC 5321, 4.2): 2xx taken, 4xx not now, 5xx never.
_LATER, _NEVER = range(400, 500), range(500, 600)
# A login is wanted or was refused (RFC 4954, 6): the settings are wrong, and not this message.
_LOGIN = (530, 534, 535, 538)


class MailSender:
    """Hands mail over, all of it on one connection. Raises NotSent, in words without the password."""

    def __init__(self, settings: NotifySettings) -> None:
        self._settings = settings
        self._server: smtplib.SMTP | None = None

    def send(self, message: Outgoing, begin: Callable[[], None]) -> None:
        """Hand one message over. begin: called when the server takes sender and recipient, before it gets the text."""
        mime = as_mime(message, self._sender).as_bytes()
        server = self._server = self._still_there() or self._connected()
        with _plain_errors():
            _check(server.mail(self._sender, [f"size={len(mime)}"] if server.has_extn("size") else []))
            _check(server.rcpt(message.recipient))
        begin()
        try:
            if server.sock is not None:  # the time is for all of the text, which may be long
                server.sock.settimeout(self._settings.timeout + len(mime) / _SLOWEST)
            _check(server.data(mime))
        except smtplib.SMTPDataError as error:
            raise _reply(error.smtp_code, error.smtp_error) from None
        except (OSError, smtplib.SMTPException) as error:
            self._server = None
            why = f"the mail server did not confirm that it took the message ({_kind(error)})"
            raise Doubtful(why) from None

    def close(self) -> None:
        """Hang up."""
        if self._server is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._server.quit()
            self._server = None

    def _still_there(self) -> smtplib.SMTP | None:
        """The connection, if there is one, with nothing of the message before; None where the server hung up."""
        with suppress(OSError, smtplib.SMTPException):
            if self._server is not None and self._server.rset()[0] == 250:
                return self._server
        return None

    @property
    def _sender(self) -> str:
        if self._settings.from_ is None:
            raise NotSent("there is no mail server: write `server` and `from` under [notify]", whole_channel=True)
        return self._settings.from_

    def _connected(self) -> smtplib.SMTP:
        where = parse_server(self._settings.server or "")
        # Its own name is looked up otherwise, which takes long where nobody answers.
        name, timeout = domain_of(self._sender), self._settings.timeout
        with _plain_errors(f" {where.host}:{where.port}", whole_channel=True):
            trusted = ssl.create_default_context()
            if where.security == "smtps":
                server: smtplib.SMTP = smtplib.SMTP_SSL(where.host, where.port, name, timeout=timeout, context=trusted)
            else:
                server = smtplib.SMTP(where.host, where.port, name, timeout=timeout)
            try:
                if where.security == "smtp+starttls":
                    server.starttls(context=trusted)
                _log_in(server)
                server.ehlo_or_helo_if_needed()
            except BaseException:
                server.close()
                raise
        return server


def _log_in(server: smtplib.SMTP) -> None:
    user, password = secret_or_none("ROLLBOOK_SMTP_USER"), secret_or_none("ROLLBOOK_SMTP_PASSWORD")
    if user and password:
        server.login(user, password)
    elif user or password:
        raise NotSent("set both ROLLBOOK_SMTP_USER and ROLLBOOK_SMTP_PASSWORD, or neither", whole_channel=True)


class _plain_errors:  # noqa: N801 - it reads as a function
    """What goes wrong before a server has the message, as NotSent: it certainly did not take it."""

    def __init__(self, where: str = "", *, whole_channel: bool = False) -> None:
        self._where, self._whole_channel = where, whole_channel

    def __enter__(self) -> None:
        """Nothing to begin."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, smtplib.SMTPResponseException):
            raise _reply(error.smtp_code, error.smtp_error, whole_channel=self._whole_channel) from None
        if isinstance(error, OSError | smtplib.SMTPException):
            raise NotSent(
                f"the mail server{self._where} cannot be reached: {_kind(error)}", whole_channel=True
            ) from None


def _check(reply: tuple[int, bytes]) -> None:
    code, text = reply
    if not 200 <= code < 300:
        raise _reply(code, text)


def _reply(code: int, text: bytes | str, *, whole_channel: bool = False) -> NotSent:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    why = f"the mail server said: {code} {' '.join(said.split())[:200]}"
    if code in _LOGIN or whole_channel:
        return NotSent(why, whole_channel=True)
    if code in _NEVER:
        return Refused(why)
    return NotSent(why, whole_channel=code not in _LATER or code == 421)


def _kind(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message}); SSL_CERT_FILE may name who issued it"
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return "it did not answer in time"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        missing = "STARTTLS" if "STARTTLS" in str(error) else "a login: unset ROLLBOOK_SMTP_USER if it needs none"
        return f"it does not offer {missing}"
    if isinstance(error, ssl.SSLError) and error.reason == "WRONG_VERSION_NUMBER":
        return "there is no TLS on this port; with STARTTLS (often port 587), write smtp+starttls://"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def as_mime(message: Outgoing, sender: str) -> EmailMessage:
    """The message with its headers, as plain text and HTML, and its attachments."""
    mime = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    mime["From"] = Address("Rollbook", addr_spec=sender)
    mime["To"] = message.recipient
    mime["Subject"] = message.text.subject
    mime["Date"] = message.recorded_at.replace(tzinfo=UTC)
    mime["Message-ID"] = f"<{message.delivery_id}@{domain_of(sender)}>"
    mime["Auto-Submitted"] = "auto-replied" if message.in_reply_to else "auto-generated"  # RFC 3834: no holiday reply
    if message.in_reply_to:
        mime["In-Reply-To"] = mime["References"] = f"<{message.in_reply_to}>"
    mime.set_content(message.text.plain, cte="quoted-printable")
    mime.add_alternative(message.text.html, subtype="html", cte="quoted-printable")
    for name, path in message.attachments:
        mime.add_attachment(path.read_bytes(), maintype="application", subtype=_XLSX, filename=name)
    mime["Content-Language"] = message.text.language  # setting a content takes such headers away
    return mime
