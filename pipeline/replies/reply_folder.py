"""A mailbox as a drop folder: each reply with corrected workbooks is a file of it, and is moved when it is imported."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING
from weakref import finalize

from ledger import drops, messages
from ledger.database import open_database
from pipeline.notifying.record import about_reply, record_refused
from pipeline.replies.vetting import (
    TOO_LARGE,
    Accepted,
    LeftAlone,
    Refused,
    correspondence,
    is_automatic,
    reply_to,
    vet,
)
from reports.languages.texts import Texts
from reports.notifications.notice import NoticeFile
from reports.text import count_noun
from rollbook.addresses import below
from rollbook.clock import now
from rollbook.errors import CannotBegin
from sources.drop_folder import FAILED, Dropped
from sources.mail.mailbox import Mailbox, mailbox
from sources.mail.unpacking import unpack
from sources.paths import sha256
from sources.remote.storage import make_private

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from pipeline.replies.vetting import Correspondence
    from rollbook.request import Reply, Request
    from sources.mail.mailbox import Listed
    from sources.mail.unpacking import Mail
    from sources.remote.storage import Access

Verdict = Accepted | Refused | LeftAlone
# So many mails of one person are answered within a day, and so many mails are taken in a pass; the others wait.
_MOST_A_DAY, _MOST_A_PASS = 20, 100
# Where mails go, by what becomes of the files of a drop folder.
_FOLDERS = {"done": "Done", "failed": "Failed"}
_SEVERAL = "workbooks.zip"


class ReplyFolder:
    """The mailbox of an address; it answers as a drop folder does. A mail is one file: its workbook, or several zipped.

    url: how the ledger knows it. others: who may reply beside the recipients of messages. Raises CannotBegin where it
    cannot be used.
    """

    is_local = False
    moves = True

    def __init__(self, place: str, request: Request, access: Access, others: list[str]) -> None:
        self.url = place.rstrip("/")
        self._place, self._request, self._others = place, request, others
        self._access = access
        self._replies: dict[str, Reply] = {}
        self._files: dict[str, Path] = {}
        self._left: dict[str, int] = {}
        self.refused: list[str] = []
        self._kept = Path(mkdtemp(prefix="rollbook-"))
        finalize(self, shutil.rmtree, self._kept, ignore_errors=True)
        if request.settings.notify.server is None:
            raise CannotBegin(f"{place}: replies are answered by mail. Write server and from under [notify].")
        with self._open():  # it can be reached
            pass

    def look(self) -> dict[str, Dropped]:
        """Nothing: mails are looked at when they are settled."""
        return {}

    def left_out(self) -> list[str]:
        """Nothing."""
        return []

    def told(self) -> list[str]:
        """Which mails were left alone, in sentences."""
        return [f"{count_noun(number, 'mail')} {why}: left in {self.url}." for why, number in self._left.items()]

    def reply(self, name: str) -> Reply:
        """The mail of a file."""
        return self._replies[name]

    def settled(self, seconds: float) -> tuple[list[Dropped], list[str]]:
        """What is to be imported; what is refused is recorded, told and moved at once."""
        del seconds  # a mail is there as a whole
        found: list[Dropped] = []
        with self._open() as box, self._ledger() as connection:
            listed = box.mails()
            with connection.begin():
                taken = [mail for mail in listed if _concerns(connection, mail)]
            for mail in taken[:_MOST_A_PASS]:
                found += self._take(box, connection, mail)
        return found, []

    def _take(self, box: Mailbox, connection: Connection, listed: Listed) -> list[Dropped]:
        """The file that a mail is, where it is to be imported."""
        folder = self._kept / listed.key
        make_private(folder)
        is_large = listed.size > self._access.most_mib * 2**20
        box.fetch(listed.key, folder / "mail", self._access, head_only=is_large)
        mail = unpack(folder / "mail", folder, self._access.most_mib)
        if mail is None:
            self._leave("that cannot be read")
            return []
        with connection.begin():
            known = correspondence(connection, mail, listed.answers)
        verdict = self._large(mail, known) if is_large else vet(mail, known, self._request.settings, self._others)
        with connection.begin():
            verdict = self._within_a_day(connection, verdict)
        if isinstance(verdict, Accepted):
            return [self._accept(listed, verdict, folder)]
        if isinstance(verdict, Refused):
            self._refuse(box, connection, listed, mail, verdict)
        else:
            self._leave(verdict.why)
        return []

    def _large(self, mail: Mail, known: Correspondence) -> Verdict:
        """Of a mail that is too large to be read only the head is known."""
        reply = None if is_automatic(mail, self._request.settings) else reply_to(mail, known, self._others)
        return LeftAlone() if reply is None else Refused(TOO_LARGE, reply)

    def _within_a_day(self, connection: Connection, verdict: Verdict) -> Verdict:
        """The verdict, unless its sender was answered too often lately."""
        if isinstance(verdict, LeftAlone) or verdict.reply is None:
            return verdict
        sender = verdict.reply.sender
        day = messages.count_about(connection, about_reply(sender), now() - timedelta(days=1))
        if day + sum(reply.sender == sender for reply in self._replies.values()) < _MOST_A_DAY:
            return verdict
        return LeftAlone(f"from {sender}, who sent {_MOST_A_DAY} within a day already")

    def _leave(self, why: str | None) -> None:
        if why is not None:
            self._left[why] = self._left.get(why, 0) + 1

    def _accept(self, listed: Listed, verdict: Accepted, folder: Path) -> Dropped:
        if len(verdict.workbooks) == 1:
            ((called, file),) = verdict.workbooks
        else:
            called, file = _SEVERAL, _zipped(verdict, folder / _SEVERAL)
        name = f"{listed.key}/{called}"
        self._files[name], self._replies[name] = file, verdict.reply
        return Dropped(name, listed.size, listed.key)

    def _refuse(self, box: Mailbox, connection: Connection, listed: Listed, mail: Mail, verdict: Refused) -> None:
        """Write down that it is refused and who hears of it, in one transaction; then move it, as files are moved."""
        called = mail.attachments[0][0] if mail.attachments else "mail"
        name, at = f"{listed.key}/{called}", now()
        told = f"The mail is from {mail.sender or 'an unknown sender'}, with the subject “{mail.subject}”."
        file = NoticeFile(called, code=verdict.code, message=told)
        request = replace(self._request, drop_folder=self.url)
        with connection.begin():
            drop = drops.take(connection, self.url, name, sha256(self._kept / listed.key / "mail"), at)
            drop = drops.decide(connection, drop, state=drops.FAILED, target=f"{FAILED}/{name}", run_id=None)
            record_refused(connection, request, file, verdict.reply)
        self.refused.append(f"{self.address(name)} was not imported: {Texts('en').say('why', verdict.code)} {told}")
        box.move(listed.key, _FOLDERS[FAILED])
        with connection.begin():
            drops.settle(connection, drop, now())

    def address(self, name: str) -> str:
        """How a file is recorded."""
        return below(self.url, name)

    def fetch(self, name: str, to: Path) -> Path:
        """A copy of the file, made now."""
        make_private(to.parent)
        return Path(shutil.copyfile(self._files[name], to))

    def exists(self, name: str) -> bool:
        """Whether its mail is still in the folder."""
        with self._open() as box:
            return box.has(_key(name))

    def free_name(self, name: str, beside: Callable[[str], Sequence[str]]) -> str:
        """The name itself: there is none like it."""
        del beside
        return name

    def move(self, name: str, target: str) -> None:
        """Move the mail of a file to the folder of those that are done, or failed."""
        with self._open() as box:
            box.move(_key(name), _FOLDERS[target.partition("/")[0]])

    def remove(self, name: str) -> None:
        """Nothing is ever removed."""

    def put(self, file: Path, name: str) -> None:
        """Reports go to the sender with the answer."""

    @contextmanager
    def _open(self) -> Iterator[Mailbox]:
        with mailbox(self._place, self._access) as opened:
            yield opened

    @contextmanager
    def _ledger(self) -> Iterator[Connection]:
        with open_database(self._request.settings.database, create=False).connect() as connection:
            yield connection


def _concerns(connection: Connection, mail: Listed) -> bool:
    """Whether it answers one of our messages, or has an attachment that is named as ours are."""
    return mail.names_workbook or bool(mail.answers and messages.mails_sent(connection, mail.answers))


def _key(name: str) -> str:
    return name.partition("/")[0]


def _zipped(verdict: Accepted, to: Path) -> Path:
    """Several workbooks as one file, whose content is always the same."""
    with zipfile.ZipFile(to, "w") as archive:
        for number, (called, file) in enumerate(verdict.workbooks, 1):
            path = Path(called)
            taken = any(called == other for other, _ in verdict.workbooks[: number - 1])
            name = f"{path.stem} ({number}){path.suffix}" if taken else called
            archive.writestr(zipfile.ZipInfo(name), file.read_bytes())
    return to
