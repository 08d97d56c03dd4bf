"""A pass over a mailbox that is killed anywhere: the next one imports, moves and answers every mail once."""

import json
import re
import smtplib
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from ledger import drops, messages
from sources.mail.mailbox import Mailbox
from tests.pipeline import app
from tests.pipeline.killing import Fuse, around, killed, points_of
from tests.pipeline.replies.desk import ReplyDesk, corrected, reply_to, workbook_of
from tests.servers.imap import Imap
from tests.servers.mail import MailServer

KILLED = -9


def at_touches(fuse: Fuse) -> None:
    """Points: around whatever is written down, moved or sent."""
    around(fuse, (drops, "take"), (drops, "decide"), (drops, "settle"), (Mailbox, "fetch"), (Mailbox, "move"))
    around(fuse, (messages, "record"), (messages, "mark"), (smtplib.SMTP, "data"))


def good(told: EmailMessage) -> EmailMessage:
    """A reply that is imported."""
    return reply_to(told, corrected(workbook_of(told)))


def stranger(told: EmailMessage) -> EmailMessage:
    """A reply that is refused."""
    return reply_to(told, corrected(workbook_of(told)), sender="eve@example.com")


def without_ids(subjects: dict[str, list[str]]) -> dict[str, int]:
    """How many mails are in each folder."""
    return {folder: len(there) for folder, there in subjects.items()}


@pytest.mark.parametrize(("made", "every"), [(good, 1), (stranger, 2)])
def test_killed_at_every_touch(
    tmp_path: Path,
    server: MailServer,
    box: Imap,
    monkeypatch: pytest.MonkeyPatch,
    made: Callable[[EmailMessage], EmailMessage],
    every: int,
) -> None:
    def fresh(name: str) -> ReplyDesk:
        (tmp_path / name).mkdir()
        desk = ReplyDesk(tmp_path / name, server, box, monkeypatch)
        box.put(made(desk.fails()))
        server.received.clear()
        return desk

    def state(desk: ReplyDesk) -> Any:
        told = {**app.contents(desk.url), "drops": desk.drops()}
        text = json.dumps(told, default=str).replace(str(desk.folder), "HERE")
        return json.loads(re.sub(r"\d+\.\d+/march", "MAIL/march", re.sub("[0-9a-f]{64}", "CONTENT", text)))

    undisturbed = fresh("undisturbed")
    passed = points_of(undisturbed.words, at_touches)
    expected, sent = state(undisturbed), len(server.received)
    assert (sent, "before move" in passed, "before data" in passed) == (1, True, True)
    points = list(enumerate(passed, 1))[::every]
    for number, point in points:
        desk = fresh(str(number))
        assert killed(desk.words, at_touches, number) == KILLED, point
        arrived = len(server.received)
        app.run(*desk.words)
        app.run("notify", *desk.shared)
        ((answered,),) = desk.messages("state")[-1:]
        assert (len(server.received), answered) in {(1, "sent"), (arrived, "doubtful")}, point
        assert (answered == "doubtful") == ("before data" in passed[:number]), point
        assert state(desk) == expected, point
    total = len(points) + 1
    assert without_ids(box.there()) == {"Done" if made is good else "Failed": total}
