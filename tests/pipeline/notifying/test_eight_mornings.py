"""Nights of one feed, and what lies in the mail in the morning: word for word as docs/operating.md shows it."""

import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.destinations.http.test_connection import self_signed
from tests.pipeline import app
from tests.pipeline.attendance import write
from tests.pipeline.notifying.test_record import NO_WORKBOOK, make_older
from tests.pipeline.replies.desk import ReplyDesk, attach, corrected, reply_to, workbook_of
from tests.servers.imap import DOVECOT_MISSING, Imap, dovecot_path, imap_server
from tests.servers.mail import MailServer, attachments_of, mail_server, text_of

PAGE = Path(__file__).parents[3] / "docs" / "operating.md"
PROFILE = "[applies]\nfiles = 'hris.*'\n[rules]\non_existing = 'update'\n[owner]\nmail = ['hr@example.com']\n"
PEOPLE = ("Ana Alvarez", "Ben Brown", "Cleo Cole", "Dora Diaz", "Emil Egan", "Fay Frost", "Gus Green", "Hana Horn")


def rows(session: str, *, status: str = "Attended", bad: tuple[tuple[str, str], ...] = ()) -> list[tuple[str, ...]]:
    """A training of everybody, and rows of (address, status) that are wrong."""
    well: list[tuple[str, ...]] = [
        (f"{name.split()[0].lower()}@example.com", name, session, status, "2026-02-01") for name in PEOPLE
    ]
    return well + [(address, "Ivo Ives", session, told, "2026-02-01") for address, told in bad]


HEADERS = ("Email", "Name", "Session ID", "Status", "Completed on")
BAD = (("ivo(at)example.com", "Attended"), ("jo@example.com", "perhaps"))


class Mornings:
    """The folder, the mail server and the mailbox. with_workbook: the last mail that a workbook came with."""

    def __init__(self, desk: ReplyDesk, server: MailServer) -> None:
        self.desk = desk
        self.server = server
        self.words = desk.profile(PROFILE)
        self.with_workbook = EmailMessage()
        desk.notify(nightly=(f"folder = '{desk.drop}'", "expect_within = '20h'"))

    def drop(self, lines: list[tuple[str, ...]]) -> None:
        """Put the feed's file into the folder."""
        write(self.desk.drop / "hris.csv", lines, HEADERS)

    def after_a_night(self) -> list[str]:
        """The mails, as the page shows them; then it is a day later."""
        self.server.received.clear()
        app.run("nightly", "--create", "--out", self.desk.folder / "out", *self.desk.shared, *self.words)
        told = [self._shown(mail) for mail in self.server.received]
        self.with_workbook = next(filter(attachments_of, self.server.received), self.with_workbook)
        make_older(self.desk, days=1)
        return told

    def _shown(self, mail: object) -> str:
        attached = "".join(f"Attached: {name}\n" for name in attachments_of(mail))  # type: ignore[arg-type]
        head = f"To: {mail['To']}\nSubject: {mail['Subject']}\n{attached}"  # type: ignore[index]
        whole = f"{head}\n{text_of(mail)}".replace(str(self.desk.drop), "/srv/rollbook/drop")  # type: ignore[arg-type]
        without_places = re.sub(r" --(?:database|settings) \S+", "", whole)
        return _plain(re.sub(r"\S*/rollbook (\w+ \S+)", r"rollbook \1", without_places))


def _plain(text: str) -> str:
    """A text with the same day, time and run as any other."""
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "DAY", text)
    return re.sub(r"\b\d{6}-[2-9a-z]{5}\b", "RUN", text).strip()


def shown() -> list[list[str]]:
    """The mails of each morning, as the page shows them."""
    section = PAGE.read_text(encoding="utf-8").partition("\n## Eight mornings\n")[2].partition("\n## ")[0]
    mornings = section.split("\n### ")[1:]
    return [[_plain(mail) for mail in re.findall(r"```text\n(.*?)```", morning, re.DOTALL)] for morning in mornings]


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A mail server that takes everything."""
    with mail_server() as running:
        yield running


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Imap]:
    """The mailbox of the sender of all mails."""
    if dovecot_path() is None:
        pytest.skip(DOVECOT_MISSING)
    (tmp_path / "tls").mkdir()
    with imap_server(self_signed(tmp_path / "tls")) as running:
        yield running


def test_the_mails_of_eight_mornings(
    tmp_path: Path, server: MailServer, box: Imap, monkeypatch: pytest.MonkeyPatch
) -> None:
    mornings = Mornings(ReplyDesk(tmp_path, server, box, monkeypatch), server)
    drop = mornings.desk.drop
    told: list[list[str]] = []

    mornings.drop(rows("S-1"))
    told.append(mornings.after_a_night())

    mornings.drop(rows("S-2", bad=BAD))
    told.append(mornings.after_a_night())

    mornings.drop(rows("S-3") + rows("S-2", bad=BAD))
    told.append(mornings.after_a_night())

    told.append(mornings.after_a_night())

    (drop / "hris.xlsx").write_bytes(NO_WORKBOOK)
    told.append(mornings.after_a_night())

    mornings.drop(rows("S-1", status="No show"))
    told.append(mornings.after_a_night())

    sent = mornings.with_workbook
    reply = reply_to(sent)
    attach(reply, corrected(workbook_of(sent)), "hris.failed-rows.xlsx")
    box.put(reply)
    told.append(mornings.after_a_night())

    mornings.drop(rows("S-4"))
    told.append(mornings.after_a_night())

    assert told == shown()
