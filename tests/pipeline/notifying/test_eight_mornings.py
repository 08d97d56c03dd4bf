"""Nights of one feed, and what lies in the mail in the morning: word for word as docs/notifications.md shows it."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from tests.pipeline.attendance import write
from tests.pipeline.notifying.desk import MailDesk
from tests.pipeline.notifying.test_record import NO_WORKBOOK, make_older
from tests.servers.mail import MailServer, attachments_of, mail_server, text_of

PAGE = Path(__file__).parents[3] / "docs" / "notifications.md"
PROFILE = "[applies]\nfiles = 'hris.*'\n[rules]\non_existing = 'update'\n[owner]\nmail = ['hr@example.com']\n"
PEOPLE = ("Ana Alvarez", "Ben Brown", "Cleo Cole", "Dora Diaz", "Emil Egan", "Fay Frost", "Gus Green", "Hana Horn")


def rows(session: str, *, bad: tuple[tuple[str, str], ...] = ()) -> list[tuple[str, ...]]:
    """A training of everybody, and rows of (address, status) that are wrong."""
    well: list[tuple[str, ...]] = [
        (f"{name.split()[0].lower()}@example.com", name, session, "Attended", "2026-02-01") for name in PEOPLE
    ]
    return well + [(address, "Ivo Ives", session, status, "2026-02-01") for address, status in bad]


HEADERS = ("Email", "Name", "Session ID", "Status", "Completed on")
BAD = (("ivo(at)example.com", "Attended"), ("jo@example.com", "perhaps"))


class Mornings:
    """The folder, and the mail server. attached: name -> what came with any mail."""

    def __init__(self, desk: MailDesk, server: MailServer) -> None:
        self.desk = desk
        self.server = server
        self.words = desk.profile(PROFILE)
        self.attached: dict[str, bytes] = {}
        desk.notify(nightly=("expect_within = '20h'",))

    def drop(self, lines: list[tuple[str, ...]]) -> None:
        """Put the feed's file into the folder."""
        write(self.desk.drop / "hris.csv", lines, HEADERS)

    def after_a_night(self) -> list[str]:
        """The mails, as the page shows them; then it is a day later."""
        self.server.received.clear()
        self.desk.night(*self.words)
        told = [self._shown(mail) for mail in self.server.received]
        for mail in self.server.received:
            self.attached |= attachments_of(mail)
        make_older(self.desk, days=1)
        return told

    def _shown(self, mail: object) -> str:
        attached = "".join(f"Attached: {name}\n" for name in attachments_of(mail))  # type: ignore[arg-type]
        head = f"To: {mail['To']}\nSubject: {mail['Subject']}\n{attached}"  # type: ignore[index]
        whole = f"{head}\n{text_of(mail)}".replace(str(self.desk.drop), "/srv/rollbook/drop")  # type: ignore[arg-type]
        return _plain(re.sub(r"\S*rollbook (\w+ \S+)( --(?:database|settings) \S+)*", r"rollbook \1", whole))


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


def correct(workbook: bytes, to: Path) -> None:
    """Correct the two rows of a failed-rows workbook, and save it."""
    book = openpyxl.load_workbook(BytesIO(workbook))
    sheet = book.worksheets[0]
    columns = {cell.value: cell.column for cell in sheet[1]}
    for row in range(2, sheet.max_row + 1):
        email, status = (sheet.cell(row, columns[header]) for header in ("Email", "Status"))
        email.value = str(email.value).replace("(at)", "@")
        status.value = "Attended"
    book.save(to)


def test_the_mails_of_eight_mornings(tmp_path: Path, server: MailServer) -> None:
    mornings = Mornings(MailDesk(tmp_path, server.url), server)
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

    (name,) = mornings.attached
    correct(mornings.attached[name], drop / name)
    told.append(mornings.after_a_night())

    mornings.drop(rows("S-4"))
    told.append(mornings.after_a_night())

    assert told == shown()
