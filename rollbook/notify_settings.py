"""`[notify]`: who hears of what became of the files, and by which road."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from rollbook.text.durations import Duration
from rollbook.text.hosts import is_loopback
from rollbook.text.mail_addresses import MailAddress

MessageKind = Literal["not_loaded", "failed", "loaded", "overdue", "well_again"]
Language = Literal["en", "de", "fr", "es", "ar"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
# Scheme -> the usual port.
_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over. security: `smtp` (none), `smtps` (TLS from the start) or `smtp+starttls`."""

    security: str
    host: str
    port: int


def parse_server(address: str) -> MailServer:
    """The mail server of an address; raises ValueError, which never repeats a password."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise ValueError("write smtps://HOST, smtp+starttls://HOST or smtp://127.0.0.1:25") from None
    if parts.scheme not in _PORTS or not parts.hostname or parts.path not in ("", "/"):
        raise ValueError("write smtps://HOST, smtp+starttls://HOST or smtp://127.0.0.1:25")
    if parts.username or parts.password:
        raise ValueError("keep the login out of it: set ROLLBOOK_SMTP_USER and ROLLBOOK_SMTP_PASSWORD")
    if parts.scheme == "smtp" and not is_loopback(parts.hostname):
        raise ValueError("smtp:// is not encrypted and is only for this machine; write smtp+starttls:// or smtps://")
    return MailServer(parts.scheme, parts.hostname, port or _PORTS[parts.scheme])


def _is_server(given: str) -> str:
    parse_server(given)
    return given


def _is_web_address(given: str) -> str:
    try:
        parts = urlsplit(given)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or re.search(r"[\s\x00-\x1f]", given):
        raise ValueError("write a web address such as https://hooks.example.com/rollbook")
    return given


def _is_safe_web_address(given: str) -> str:
    parts = urlsplit(_is_web_address(given))
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError("http:// is only for this machine; write https://")
    return given


def _is_chat_address(given: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*://\S+", given):
        raise ValueError("write an Apprise address, such as slack://TOKEN_A/TOKEN_B/TOKEN_C")
    return given


class NotifySettings(BaseModel):
    """Who is notified of a run that was started by `nightly`, `migrate`, `serve`, or with `--notify`.

    Chat and webhook addresses may hold a secret, so this section is not recorded with runs.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    server: Annotated[str, AfterValidator(_is_server)] | None = Field(None, description="the mail server")
    from_: MailAddress | None = Field(None, alias="from", description="the address that mail comes from")
    mail: list[MailAddress] = Field([], description="who gets a mail of every file")
    chat: list[Annotated[str, AfterValidator(_is_chat_address)]] = Field(
        [], repr=False, description="Apprise addresses; ROLLBOOK_CHAT overrides it"
    )
    webhook: list[Annotated[str, AfterValidator(_is_safe_web_address)]] = Field(
        [], repr=False, description="addresses that a signed JSON object is posted to"
    )
    on: list[MessageKind] = Field(["not_loaded", "failed", "overdue", "well_again"], description="what is told")
    quiet: Duration = Field(timedelta(days=7), ge=timedelta(0), description="how long known cases are not told anew")
    rows: Literal["attach", "link", "counts"] = Field("attach", description="what a mail has of the failed rows")
    attach_mib: float = Field(10.0, gt=0, description="the largest workbook that is attached, in MiB")
    link: Annotated[str, AfterValidator(_is_web_address)] | None = Field(None, description="where the dashboard is")
    language: Language = Field("en", description="the language of messages, where the profile does not name one")
    timeout: float = Field(20.0, gt=0, description="seconds that a server may take to answer")

    @model_validator(mode="after")
    def _has_a_sender(self) -> "NotifySettings":
        if self.mail and not self.server:
            raise ValueError("`mail` needs a mail server: write `server` too")
        if self.server and not self.from_:
            raise ValueError("`server` needs a sender: write `from` too")
        return self

    @property
    def is_set(self) -> bool:
        """Whether anybody can be reached."""
        return bool(self.server or self.chat or self.webhook)
