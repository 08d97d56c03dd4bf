"""Who hears of a run's files, and by which road. No address that may hold a secret is kept in the ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rollbook.profile import parse_profile

if TYPE_CHECKING:
    from ledger.runs import RunFile
    from rollbook.request import Reply, Request
    from rollbook.settings import Settings

MAIL, CHAT, WEBHOOK, PREFECT = "mail", "chat", "webhook", "prefect"


@dataclass(frozen=True)
class Recipient:
    """Somebody who hears of files. name: a mail address, else what `name_of` makes of an address.

    to_owner: whether they send the files, rather than run the import. files: the numbers of those they hear of.
    rows_of: the numbers of those whose failed rows they correct. is_answered: whether the files came in their mail.
    """

    channel: str
    name: str
    language: str
    to_owner: bool = False
    files: tuple[int, ...] = ()
    rows_of: tuple[int, ...] = ()
    is_answered: bool = False


def is_set(settings: Settings) -> bool:
    """Whether the settings name anybody."""
    return settings.notify.is_set or settings.prefect.notify is not None


def recipients_of(request: Request, files: Sequence[RunFile]) -> list[Recipient]:
    """Who hears of the files of a run: their owners, and those that the settings name.

    Rows of a file without an owner are corrected by those who get a mail of every file.
    """
    settings = request.settings
    owners = _owners(request, files) if settings.notify.is_set else {}
    owned = {number for owner in owners.values() for number in owner.files}
    numbers = tuple(file.file_no for file in files)
    found = [owner for address, owner in owners.items() if address not in settings.notify.mail]
    for channel, name in _named(settings):
        own = owners[name].files if channel == MAIL and name in owners else ()
        rows_of = tuple(number for number in numbers if number not in owned or number in own)
        corrects = rows_of if channel == MAIL else ()
        found.append(Recipient(channel, name, settings.notify.language, files=numbers, rows_of=corrects))
    return found if request.reply is None else _with_sender(found, request.reply, numbers, settings)


def _with_sender(
    found: Sequence[Recipient], reply: Reply, numbers: tuple[int, ...], settings: Settings
) -> list[Recipient]:
    """Who replied is answered, whatever else they would hear, and corrects what still fails."""
    runs_it = reply.sender in settings.notify.mail
    sender = Recipient(MAIL, reply.sender, reply.language, not runs_it, numbers, numbers, is_answered=True)
    others = [one for one in found if (one.channel, one.name) != (MAIL, reply.sender)]
    return [sender, *(one if one.to_owner else replace(one, rows_of=()) for one in others)]


def everybody(settings: Settings) -> list[Recipient]:
    """Those that the settings name."""
    return [Recipient(channel, name, settings.notify.language) for channel, name in _named(settings)]


def _named(settings: Settings) -> Iterator[tuple[str, str]]:
    notify = settings.notify
    yield from ((MAIL, address) for address in dict.fromkeys(notify.mail))
    yield from ((CHAT, name) for name in addresses_by_name(notify.chat))
    yield from ((WEBHOOK, name) for name in addresses_by_name(notify.webhook))
    if settings.prefect.notify:
        yield PREFECT, settings.prefect.notify


def _owners(request: Request, files: Sequence[RunFile]) -> dict[str, Recipient]:
    """Address -> the owner of some of the files; a second language of the same address is passed over."""
    language = request.settings.notify.language
    found: dict[str, tuple[str, list[int]]] = {}
    for file in files:
        owner = parse_profile(file.profile or "").owner
        for address in dict.fromkeys(owner.mail):
            found.setdefault(address, (owner.language or language, []))[1].append(file.file_no)
    return {
        address: Recipient(MAIL, address, spoken, to_owner=True, files=tuple(numbers), rows_of=tuple(numbers))
        for address, (spoken, numbers) in found.items()
    }


def name_of(address: str) -> str:
    """A name for an address of a chat or webhook, which may be a secret as a whole: how it begins, and a mark of it."""
    parts = urlsplit(address)
    # The host of a chat's address is often a token; that of a web address is a host.
    host = f"{parts.hostname}/…" if parts.scheme in ("http", "https") else "…"
    return f"{parts.scheme}://{host} ({hashlib.sha256(address.encode()).hexdigest()[:8]})"


def addresses_by_name(addresses: Sequence[str]) -> Mapping[str, str]:
    """Name -> address."""
    return {name_of(address): address for address in addresses}
