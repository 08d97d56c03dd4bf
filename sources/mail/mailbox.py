"""A folder of mails on an IMAP server (RFC 9051), reached by TLS alone."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import TYPE_CHECKING, Any

from rollbook.errors import CannotBegin, SourceAway
from sources.remote.address import parse_address
from sources.remote.storage import SILENCE_SECONDS, write_copy

if TYPE_CHECKING:
    from pathlib import Path

    from sources.remote.storage import Access

_INBOX, _PORT = "INBOX", 993
_BLOCK = 1 << 20
# So many of the latest mails are looked at, and so many are asked for at a time.
_MOST_MAILS, _AT_ONCE = 10_000, 200
# A long exchange names many mails, the latest last.
_MOST_ANSWERED = 50
_FACTS = "(UID RFC822.SIZE BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS (IN-REPLY-TO REFERENCES)])"
# The left side of a Message-ID of ours: rollbook_messages.delivery_id.
_DELIVERY = re.compile(rb"<([0-9a-f]{32})@")
_QUOTED = re.compile(rb'"(?:[^"\\]|\\.)*"')
_ENCODED = re.compile(r"=\?[^?\s]+\?[bqBQ]\?[^?\s]*\?=")
# How the workbooks are named that Rollbook attaches.
_OUR_NAME = "failed-rows"


@dataclass(frozen=True)
class Listed:
    """A mail as the server lists it. key: its number, the same as long as it is there. size: in bytes.

    answers: the delivery_ids of our messages that it says it answers. names_workbook: whether it has an attachment
    that is named as ours are.
    """

    key: str
    size: int
    answers: frozenset[str]
    names_workbook: bool


class Mailbox:
    """A folder of a mailbox, while it is open. Raises CannotBegin, and SourceAway where a later try may succeed.

    Mails are known by `VALIDITY.UID`: a number that the server never gives to another mail.
    """

    def __init__(self, server: imaplib.IMAP4, folder: str, told_as: str) -> None:
        self._server = server
        self._told_as = told_as
        self._ask("SELECT", _quoted(folder))
        (validity,) = server.response("UIDVALIDITY")[1]
        self._validity = (validity or b"0").decode()
        # What it can do once somebody is logged in, which is more than it says before.
        self._abilities = b" ".join(self._ask("CAPABILITY")).upper().split()

    def mails(self) -> list[Listed]:
        """The latest mails of the folder, the oldest of them first; nothing of them changes."""
        uids = self._uid("SEARCH", "UNDELETED")[0].split()[-_MOST_MAILS:]
        found = []
        for start in range(0, len(uids), _AT_ONCE):
            chosen = b",".join(uids[start : start + _AT_ONCE]).decode()
            answered = _by_mail(self._uid("FETCH", chosen, _FACTS))
            # What has no part of its own is news of flags, which nobody asked for.
            found += [self._listed(parts) for parts in answered if any(isinstance(part, tuple) for part in parts)]
        return found

    def has(self, key: str) -> bool:
        """Whether the mail is still in the folder."""
        uid = self._uid_of(key)
        return uid is not None and bool(self._uid("SEARCH", f"UID {uid}", "UNDELETED")[0])

    def fetch(self, key: str, to: Path, access: Access, *, head_only: bool = False) -> None:
        """Copy a mail to a file that only this user can read; it stays as it is, also unread."""
        section = "BODY.PEEK[HEADER]" if head_only else "BODY.PEEK[]"
        write_copy(self._blocks(str(self._uid_of(key)), section), to, self._told_as, access)

    def move(self, key: str, folder: str) -> None:
        """Move a mail to a folder beside this one, which is made, and mark it as read; nothing where it is gone."""
        uid, target = self._uid_of(key), _quoted(self._prefix() + folder)
        if uid is None or not self.has(key):
            return
        with suppress(imaplib.IMAP4.error):  # it is there already
            self._server.create(target)
        self._uid("STORE", uid, "+FLAGS", r"(\Seen)")
        if b"MOVE" in self._abilities:
            self._uid("MOVE", uid, target)
            return
        self._uid("COPY", uid, target)
        self._uid("STORE", uid, "+FLAGS", r"(\Deleted)")
        if b"UIDPLUS" in self._abilities:  # without it, others' mails would be removed too
            self._uid("EXPUNGE", uid)

    def _blocks(self, uid: str, section: str) -> Iterator[bytes]:
        start = 0
        while True:
            answer = self._uid("FETCH", uid, f"({section}<{start}.{_BLOCK}>)")
            block = next((part[1] for part in answer if isinstance(part, tuple)), b"")
            yield block
            start += len(block)
            if len(block) < _BLOCK:
                return

    def _listed(self, parts: Sequence[Any]) -> Listed:
        # The header is the last of what comes apart; before it, names of attachments may.
        header = next((part[1] for part in parts if isinstance(part, tuple) and b"BODY[HEADER" in part[0].upper()), b"")
        outside = _QUOTED.sub(b"", b" ".join(part[0] if isinstance(part, tuple) else part for part in parts))
        names = b" ".join(part for whole in parts for part in (whole if isinstance(whole, tuple) else (whole,)))
        uid, size = re.search(rb"\bUID (\d+)", outside), re.search(rb"\bRFC822\.SIZE (\d+)", outside)
        if uid is None or size is None:
            raise SourceAway(f"{self._told_as}: the mail server answers in a way that cannot be read.")
        answers = frozenset(found.decode() for found in _DELIVERY.findall(header)[-_MOST_ANSWERED:])
        named = _OUR_NAME in _decoded(names.replace(header, b"") if header else names).lower()
        return Listed(f"{self._validity}.{uid[1].decode()}", int(size[1]), answers, named)

    def _uid_of(self, key: str) -> str | None:
        validity, _, uid = key.partition(".")
        return uid if validity == self._validity else None

    def _prefix(self) -> str:
        """What folders of a person's own begin with, such as `INBOX.`."""
        with suppress(imaplib.IMAP4.error):
            told = self._server.namespace()[1][0]
            found = re.match(rb'\(\("((?:[^"\\]|\\.)*)"', told or b"")
            return found[1].decode("ascii", "replace").replace("\\", "") if found else ""
        return ""

    def _uid(self, command: str, *words: str) -> list[Any]:
        kind, answer = self._server.uid(command, *words)
        return self._good(command, kind, answer)

    def _ask(self, command: str, *words: str) -> list[Any]:
        kind, answer = getattr(self._server, command.lower())(*words)
        return self._good(command, kind, answer)

    def _good(self, command: str, kind: str, answer: list[Any]) -> list[Any]:
        if kind != "OK":
            told = b" ".join(part for part in answer if isinstance(part, bytes)).decode("utf-8", "replace")
            raise CannotBegin(f"{self._told_as}: the mail server refuses {command} ({_short(told)}). Correct this.")
        return [part for part in answer if part is not None] or [b""]


@contextmanager
def mailbox(place: str, access: Access) -> Iterator[Mailbox]:
    """The folder of an address, such as `imaps://mail.example.com/INBOX`, as long as the block runs."""
    address = parse_address(place, access)
    if address.kind != "imaps":
        raise address.refuse("a mailbox is read by imaps:// only.")
    user, password = address.user or access.user, access.password
    if not user or not password:
        raise CannotBegin(f"{place} needs a login. Set {access.user_name} and {access.password_name}.")
    folder = address.path.strip("/") or _INBOX
    if not folder.isascii():
        raise address.refuse("the name of its folder may have no other letters than a to z.")
    with _plain_errors(place):
        server = imaplib.IMAP4_SSL(
            address.host.strip("[]"),
            address.port or _PORT,
            ssl_context=ssl.create_default_context(),
            timeout=SILENCE_SECONDS,
        )
        try:
            _log_in(server, user, password, place, access)
            yield Mailbox(server, folder, place)
        finally:
            with suppress(OSError, imaplib.IMAP4.error):
                server.logout()


def _log_in(server: imaplib.IMAP4, user: str, password: str, place: str, access: Access) -> None:
    try:
        if "AUTH=PLAIN" in server.capabilities:  # of letters of any language (RFC 4616)
            server.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
        else:
            server.login(_quoted(user), password)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        told = _short(str(error).replace(password, "***"))
        raise CannotBegin(
            f"{place}: the mail server refuses the login ({told}). Correct {access.user_name} and "
            f"{access.password_name}."
        ) from None


@contextmanager
def _plain_errors(place: str) -> Iterator[None]:
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise CannotBegin(
            f"{place}: the certificate of the mail server is not trusted ({error.verify_message}). SSL_CERT_FILE may "
            "name who issued it."
        ) from None
    except (imaplib.IMAP4.error, OSError) as error:
        raise SourceAway(
            f"{place}: the mail server does not answer, or broke off ({_short(str(error))}). Try again later."
        ) from error


def _by_mail(answer: Sequence[Any]) -> Iterator[list[Any]]:
    """The pieces of an answer, those of each mail together: the first of them begins with the mail's place."""
    pieces: list[Any] = []
    for piece in answer:
        begins = piece[0] if isinstance(piece, tuple) else piece
        if pieces and re.match(rb"\d+ \(", begins):
            yield pieces
            pieces = []
        pieces.append(piece)
    if pieces and pieces != [b""]:
        yield pieces


def _decoded(names: bytes) -> str:
    """Names of attachments as people read them, as far as they are of the older way of writing (RFC 2047)."""

    def read(found: re.Match[str]) -> str:
        with suppress(HeaderParseError, LookupError, ValueError):
            return str(make_header(decode_header(found[0])))
        return found[0]

    return _ENCODED.sub(read, names.decode("ascii", "replace"))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _short(text: str) -> str:
    return " ".join(text.split())[:200]
