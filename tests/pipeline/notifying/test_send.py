"""How sending ends: sent once, tried again, refused, or doubtful and told so."""

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.pipeline import app
from tests.pipeline.notifying.outbox import Outbox, mail_settings
from tests.servers.mail import HANGS_UP, MailServer, mail_server


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A mail server that takes everything."""
    with mail_server() as running:
        yield running


@pytest.fixture
def outbox(tmp_path: Path, prepared_url: str, server: MailServer) -> Outbox:
    """One without messages, on each database."""
    return Outbox(tmp_path, prepared_url, *mail_settings(server.url, "timeout = 5"))


@pytest.fixture
def one(tmp_path: Path, prepared_sqlite_url: str) -> Callable[..., Outbox]:
    """Makes one with one message. server: its address; more: lines of [notify]."""

    def make(server: str, *more: str) -> Outbox:
        made = Outbox(tmp_path, prepared_sqlite_url, *mail_settings(server, *more))
        made.put()
        return made

    return make


def test_each_message_is_sent_once_on_one_connection(outbox: Outbox, server: MailServer) -> None:
    for name in ("a", "b", "c"):
        outbox.put(f"{name}@example.com")
    answer = outbox.send()
    assert (answer.exit, answer.told, answer.errors) == (0, {"exit": 0, "sent": 3, "not_sent": 0}, "")
    assert server.recipients == ["a@example.com", "b@example.com", "c@example.com"]
    ids = [str(told["Message-ID"]) for told in server.received]
    assert [f"<{line[0]}@example.com>" for line in outbox.lines("delivery_id")] == ids
    assert outbox.lines("state", "next_attempt_at") == [("sent", None)] * 3
    assert outbox.send().told == {"exit": 0, "sent": 0, "not_sent": 0}
    assert len(server.received) == 3


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_not_now_is_tried_again_with_longer_pauses(
    one: Callable[..., Outbox], server: MailServer, command: str
) -> None:
    """SMTP 4xx, as greylisting answers: the next command tries again at once, then pauses grow."""
    outbox = one(server.url)
    server.replies[command] = ["451 4.7.1 Greylisted, try again later"] * 2
    answer = outbox.send()
    assert answer.exit == 1
    assert (
        "A message to hr@example.com was not sent, and is tried again later: the mail server said: 451 "
        in answer.errors
    )
    assert (outbox.lines("state", "attempts"), outbox.due()) == ([("recorded", 1)], 1)
    assert outbox.send().exit == 1
    assert (outbox.lines("state", "attempts"), outbox.due()) == ([("recorded", 2)], 0)
    assert outbox.send().exit == 0
    assert outbox.lines("state", "error") == [("sent", None)]
    assert len(server.received) == 1


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_refusal_is_final_and_others_are_sent(one: Callable[..., Outbox], server: MailServer, command: str) -> None:
    outbox = one(server.url)
    outbox.put("next@example.com")
    server.replies[command] = ["550 5.1.1 No such user"]
    answer = outbox.send()
    assert (answer.exit, answer.told["sent"], answer.told["not_sent"]) == (1, 1, 1)
    assert "was not sent, and is not tried again: the mail server said: 550 5.1.1 No such user" in answer.errors
    assert server.recipients == ["next@example.com"]
    assert outbox.lines("state") == [("failed",), ("sent",)]
    assert outbox.send().exit == 0
    assert len(server.received) == 1


def test_a_server_that_hangs_up_after_the_text_leaves_a_doubt(one: Callable[..., Outbox], server: MailServer) -> None:
    """It may have taken it, as here: a second mail would be one too many."""
    outbox = one(server.url)
    outbox.put("next@example.com")
    server.replies["DATA"] = [HANGS_UP]
    answer = outbox.send()
    assert "A message to hr@example.com may not have arrived, and is not sent again: the mail server " in answer.errors
    assert outbox.lines("state") == [("doubtful",), ("sent",)]
    assert outbox.send().exit == 0
    assert server.recipients == ["hr@example.com", "next@example.com"]


def test_a_slow_server_leaves_a_doubt_in_time(one: Callable[..., Outbox], server: MailServer) -> None:
    outbox = one(server.url, "timeout = 0.5")
    server.delay = 3.0
    began = time.monotonic()
    assert outbox.send().exit == 1
    assert time.monotonic() - began < 3.0
    assert outbox.lines("state") == [("doubtful",)]


def test_a_server_that_says_nothing_is_waited_for_once(one: Callable[..., Outbox]) -> None:
    """Not once for each message."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        outbox = one(f"smtp://127.0.0.1:{silent.getsockname()[1]}", "timeout = 0.5")
        for number in range(5):
            outbox.put(f"{number}@example.com")
        began = time.monotonic()
        answer = outbox.send()
        assert time.monotonic() - began < 2.5
    assert answer.told["not_sent"] == 6
    assert answer.errors.count("cannot be reached: it did not answer in time") == 1
    assert outbox.lines("state", "attempts") == [("recorded", 1)] * 6


def test_without_a_server_what_is_recorded_waits(one: Callable[..., Outbox]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    outbox = one(f"smtp://127.0.0.1:{port}")
    assert "cannot be reached: Connection refused" in outbox.send().errors
    outbox.age(days=8)
    assert "was not sent, and is not tried again" in outbox.send().errors
    assert outbox.lines("state", "attempts") == [("failed", 2)]


def test_a_server_without_starttls_gets_nothing(one: Callable[..., Outbox], server: MailServer) -> None:
    outbox = one(server.url.replace("smtp:", "smtp+starttls:"))
    assert "cannot be reached: it does not offer STARTTLS" in outbox.send().errors
    assert server.commands == 0


def test_two_processes_send_each_message_once(outbox: Outbox, server: MailServer) -> None:
    """Whoever comes second leaves it to the first."""
    for number in range(4):
        outbox.put(f"{number}@example.com")
    server.delay = 0.2
    for process in [app.fork(*outbox.words) for _ in range(3)]:
        process.communicate()
        assert process.returncode == 0
    assert sorted(server.recipients) == [f"{number}@example.com" for number in range(4)]


def test_a_server_without_tls_on_this_port_is_named(one: Callable[..., Outbox], server: MailServer) -> None:
    """With what to write instead."""
    place = server.url.removeprefix("smtp://")
    told = f"the mail server {place} cannot be reached: there is no TLS on this port; "
    assert told in one(f"smtps://{place}").send().errors
