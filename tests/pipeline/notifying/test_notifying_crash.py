"""A pass that is killed between the commit and the mail, while it is sending, and after: no mail twice, none lost."""

import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger import messages
from pipeline.notifying.mail import MailSender
from pipeline.notifying.webhook import WebhookSender
from tests.pipeline import app
from tests.pipeline.attendance import FIRST
from tests.pipeline.killing import Fuse, around, killed, points_of
from tests.pipeline.notifying.desk import MailDesk
from tests.servers.hook import Hook, hook
from tests.servers.mail import MailServer, mail_server

KILLED = -9


def at_sending(fuse: Fuse) -> None:
    """Points: around what is written down of a message, its whole sending, and the text alone."""
    around(fuse, (messages, "record"), (messages, "mark"), (MailSender, "send"), (smtplib.SMTP, "data"))


def at_posting(fuse: Fuse) -> None:
    """The same of a webhook."""
    around(fuse, (messages, "record"), (messages, "mark"), (WebhookSender, "send"), (WebhookSender, "_post"))


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A mail server that takes everything."""
    with mail_server() as running:
        yield running


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    """A web server, and the secret that is shared with it."""
    monkeypatch.setenv("ROLLBOOK_WEBHOOK_SECRET", "a shared secret")
    with hook() as running:
        yield running


def words_of(desk: MailDesk) -> list[str]:
    """One pass."""
    return ["nightly", *map(str, (desk.drop, "--create", "--out", desk.folder / "out", *desk.shared))]


def test_a_mail_arrives_once_or_is_marked_as_doubtful(tmp_path: Path, server: MailServer) -> None:
    (tmp_path / "undisturbed").mkdir()
    undisturbed = MailDesk(tmp_path / "undisturbed", server.url)
    undisturbed.put("march.csv", FIRST)
    passed = points_of(words_of(undisturbed), at_sending)
    assert [point for point in passed if point.startswith("before")] == [
        "before record",
        "before send",
        "before mark",
        "before data",
        "before mark",
    ]
    for number, point in enumerate(passed, 1):
        server.received.clear()
        (tmp_path / str(number)).mkdir()
        desk = MailDesk(tmp_path / str(number), server.url)
        desk.put("march.csv", FIRST)
        assert killed(words_of(desk), at_sending, number) == KILLED
        arrived = len(server.received)
        errors = desk.night().errors + app.run("notify", *desk.shared).errors
        ((state, error),) = desk.messages("state", "error")
        assert (len(server.received), state) in {(1, "sent"), (arrived, "doubtful")}, point
        assert (state == "doubtful") == ("may not have arrived" in errors) == (error == messages.INTERRUPTED), point
        assert (state == "doubtful") == ("before data" in passed[:number]), point


def test_a_webhook_arrives_and_a_second_time_only_by_the_same_id(tmp_path: Path, there: Hook) -> None:
    def made(name: str) -> MailDesk:
        (tmp_path / name).mkdir()
        desk = MailDesk(tmp_path / name, "smtp://127.0.0.1:1")
        desk.set("[notify]", f"webhook = ['{there.url}/hook']")
        desk.put("march.csv", FIRST)
        return desk

    passed = points_of(words_of(made("undisturbed")), at_posting)
    for number, point in enumerate(passed, 1):
        there.received.clear()
        desk = made(str(number))
        assert killed(words_of(desk), at_posting, number) == KILLED
        desk.night()
        assert desk.messages("state") == [("sent",)], point
        assert len({posted.headers["webhook-id"] for posted in there.received}) == 1, point
