"""A mail taken apart in a process of its own: who sent it, what it answers, and the spreadsheets attached to it.

`python -m sources.mail.unpacking MAIL FOLDER MIB` writes the attachments into the folder, and prints the rest as JSON.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from email import message_from_binary_file
from email.policy import default
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from rollbook.installation import PACKAGES
from sources.paths import TAKEN

if TYPE_CHECKING:
    from email.message import EmailMessage

MOST_ATTACHMENTS = 10
_SECONDS = 60
_MEMORY_BYTES = 1 << 30
# Bytes of a name, which disks have a limit for; letters of a text.
_LONGEST_NAME, _LONGEST_TEXT = 150, 200
# What Outlook wraps attachments in when it sends rich text.
_WRAPPED = "winmail.dat"
# Addresses that no person has.
_MACHINES = frozenset({"mailer-daemon", "postmaster", "noreply", "no-reply"})
# RFC 3834, 5 and what programs wrote before it: who answers such a mail may be answered for ever.
_PRECEDENCE = frozenset({"bulk", "junk", "list", "auto_reply"})
_AUTOMATIC = ("List-Id", "List-Unsubscribe", "X-Autoreply", "X-Autorespond", "X-Loop")
_MESSAGE_ID = re.compile(r"<([!-;=?A-~]{1,200}@[!-;=?A-~]{1,200})>")


@dataclass(frozen=True)
class Mail:
    """A mail.

    sender: the one address that it says it comes from; None where it says none or several. message_id: without
    brackets. is_automatic: whether no person wrote it. attachments: (name, file) of what is, or may hold, a sheet.
    has_too_many: whether there were more than are unpacked.
    """

    sender: str | None
    message_id: str | None
    subject: str
    is_automatic: bool
    attachments: tuple[tuple[str, Path], ...] = ()
    has_too_many: bool = False


def unpack(mail: Path, into: Path, most_mib: int) -> Mail | None:
    """Take a mail apart, its attachments into a folder; None where it cannot be, whatever is in it."""
    asked = [sys.executable, "-P", "-m", "sources.mail.unpacking", str(mail), str(into), str(most_mib)]
    with suppress(subprocess.TimeoutExpired, ValueError, KeyError):
        ended = subprocess.run(
            asked, cwd=PACKAGES, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False, env={}
        )
        if ended.returncode == 0:
            told = json.loads(ended.stdout)
            attached = tuple((name, into / file) for name, file in told.pop("attachments"))
            return Mail(**told, attachments=attached)
    return None


def taken_apart(mail: Path, into: Path) -> Mail:
    """The same in this process; raises whatever the parser does. Attachments are named by their numbers."""
    with mail.open("rb") as file:
        message: EmailMessage = message_from_binary_file(file, policy=default)
    sender = _sender(message)
    found = [(name, part) for part in _leaves(message) if (name := _sheet_name(part))]
    written = []
    for number, (name, part) in enumerate(found[:MOST_ATTACHMENTS]):
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            file_of_part = into / str(number)
            file_of_part.write_bytes(content)
            written.append((name, file_of_part))
    return Mail(
        sender,
        _message_id(message),
        _plain(str(message["Subject"] or "")),
        _is_automatic(message, sender),
        tuple(written),
        len(found) > MOST_ATTACHMENTS,
    )


def _leaves(message: Any) -> Iterator[Any]:
    """The parts that hold something; what was forwarded within the mail is another one's, and not looked into."""
    if message.get_content_maintype() == "message":
        return
    if not message.is_multipart():
        yield message
        return
    for part in message.get_payload():
        yield from _leaves(part)


def _sheet_name(part: Any) -> str | None:
    """The name of an attachment that is, or may hold, a sheet; without the folders that it must not have."""
    given = part.get_filename()
    name = _printable(PurePosixPath((given or "").replace("\\", "/")).name).lstrip(".~$ ")
    path = PurePosixPath(name)
    if path.suffix.lower() not in TAKEN and name.lower() != _WRAPPED:
        return None
    return path.stem.encode()[:_LONGEST_NAME].decode("utf-8", "ignore") + path.suffix


def _plain(text: str) -> str:
    return _printable(text)[:_LONGEST_TEXT]


def _printable(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _sender(message: EmailMessage) -> str | None:
    headers = message.get_all("From", [])
    addresses = [address.addr_spec for header in headers for address in header.addresses]
    return _plain(addresses[0]) if len(headers) == len(addresses) == 1 and "@" in addresses[0] else None


def _message_id(message: EmailMessage) -> str | None:
    found = _MESSAGE_ID.fullmatch(str(message["Message-ID"] or "").strip())
    return found[1] if found else None


def _is_automatic(message: EmailMessage, sender: str | None) -> bool:
    submitted = str(message["Auto-Submitted"] or "no").partition(";")[0].strip().lower()
    return (
        submitted != "no"
        or str(message["Precedence"] or "").strip().lower() in _PRECEDENCE
        or any(name in message for name in _AUTOMATIC)
        or str(message["Return-Path"] or "").strip() == "<>"
        or message.get_content_type() == "multipart/report"
        or (sender or "").partition("@")[0].lower() in _MACHINES
    )


def main() -> int:
    """Take the mail of the command line apart."""
    mail, into, most_mib = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_mib << 20, most_mib << 20))
    found = taken_apart(mail, into)
    told = asdict(found) | {"attachments": [(name, file.name) for name, file in found.attachments]}
    sys.stdout.write(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
