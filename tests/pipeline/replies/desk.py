"""A drop folder whose failed rows go out by mail, and a mailbox in which they come back."""

from email.message import EmailMessage
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from tests.pipeline import app
from tests.pipeline.attendance import write
from tests.pipeline.notifying.desk import MailDesk
from tests.servers.imap import PASSWORD, USER, Imap
from tests.servers.mail import MailServer, attachments_of

HEADERS = ("Email", "Name", "Session ID", "Status", "Completed on")
GOOD = ("ana@example.com", "Ana Alvarez", "S-1", "Attended", "2026-02-01")
BAD = (("ivo(at)example.com", "Ivo Ives", "S-1", "Attended", "2026-02-01"),)
WORSE = (*BAD, ("jo@example.com", "Jo Jay", "S-1", "perhaps", "2026-02-01"))
OWNER = "hr@example.com"


class ReplyDesk(MailDesk):
    """The folder, its mail server and the mailbox. more: lines of the source's settings."""

    def __init__(self, folder: Path, mail: MailServer, box: Imap, monkeypatch: pytest.MonkeyPatch, *more: str) -> None:
        self.mail, self.box, self.more = mail, box, more
        monkeypatch.setenv("SSL_CERT_FILE", str(box.certificate))
        monkeypatch.setenv("ROLLBOOK_SOURCE_REPLIES_USER", USER)
        monkeypatch.setenv("ROLLBOOK_SOURCE_REPLIES_PASSWORD", PASSWORD)
        super().__init__(folder, mail.url)
        self.owner = self.profile(f"[owner]\nmail = ['{OWNER}']\n")

    def set(self, *lines: str) -> None:
        """Write the settings, the mailbox among them."""
        super().set(*lines, "[source.replies]", f"address = '{self.box.url}'", *self.more)

    def fails(self, *rows: tuple[str, ...], name: str = "march.csv", words: tuple[str, ...] = ()) -> EmailMessage:
        """A night in which rows fail; the message about it to who corrects them."""
        write(self.drop / name, (GOOD, *(rows or BAD)), HEADERS)
        self.mail.received.clear()
        self.night(*(words or self.owner))
        return next(mail for mail in self.mail.received if attachments_of(mail))

    @property
    def words(self) -> list[str]:
        """A pass over the mailbox."""
        return ["nightly", "replies", "--out", str(self.folder / "out"), *map(str, self.shared)]

    def replies(self, *words: str) -> app.Answer:
        """The pass, after which the mail server has what it sent alone."""
        self.mail.received.clear()
        return app.run(*self.words, *words)

    def answers(self) -> list[tuple[str, str]]:
        """(recipient, subject) of what the last pass sent."""
        return sorted((str(m["To"]), str(m["Subject"]).removeprefix("Rollbook: ")) for m in self.mail.received)

    def loaded(self) -> list[str]:
        """The addresses of who is enrolled."""
        return sorted(str(line["email"]) for line in app.contents(self.url)["employees"])


def workbook_of(mail: EmailMessage) -> bytes:
    """The workbook that came with a message."""
    (content,) = attachments_of(mail).values()
    return content


def corrected(workbook: bytes, most: int = 9) -> bytes:
    """A workbook of failed rows with the first of them corrected."""
    book = openpyxl.load_workbook(BytesIO(workbook))
    sheet = book.worksheets[0]
    columns = {cell.value: cell.column for cell in sheet[1]}
    for row in range(2, min(sheet.max_row, most + 1) + 1):
        email, status = (sheet.cell(row, columns[header]) for header in ("Email", "Status"))
        email.value = str(email.value).replace("(at)", "@")
        status.value = "Attended"
    saved = BytesIO()
    book.save(saved)
    return saved.getvalue()


def reply_to(mail: EmailMessage, *workbooks: bytes, sender: str | None = None, **headers: str) -> EmailMessage:
    """An answer to a message as mail programs write it. headers: more of them, `_` for `-`."""
    reply = EmailMessage()
    reply["From"] = sender or f"HR <{mail['To']}>"
    reply["To"] = str(mail["From"])
    reply["Subject"] = f"Re: {mail['Subject']}"
    reply["Message-ID"] = "<reply-1@mail.example.com>"
    reply["In-Reply-To"] = reply["References"] = str(mail["Message-ID"])
    for name, value in headers.items():
        del reply[name.replace("_", "-")]
        reply[name.replace("_", "-")] = value
    reply.set_content("Done.\n\n> Open the attached workbook.")
    for workbook in workbooks:
        attach(reply, workbook, "march.failed-rows.xlsx")
    return reply


def attach(mail: EmailMessage, content: bytes, name: str) -> None:
    """Attach a file."""
    mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
