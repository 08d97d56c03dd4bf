"""Chats: a message by Apprise, whose addresses are secrets."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.notifying.recipients import name_of
from tests.pipeline.notifying.outbox import Outbox
from tests.servers.hook import Hook, hook


@pytest.fixture
def there() -> Iterator[Hook]:
    """A server that a chat is reached by."""
    with hook() as running:
        yield running


@pytest.fixture
def outbox(tmp_path: Path, prepared_sqlite_url: str, there: Hook, monkeypatch: pytest.MonkeyPatch) -> Outbox:
    """One with a message for it; the address is in the environment alone."""
    address = f"{there.url.replace('http:', 'json:')}/secret-token"
    monkeypatch.setenv("ROLLBOOK_CHAT", address)
    made = Outbox(tmp_path, prepared_sqlite_url)
    made.put(name_of(address), "chat", columns=(("Status", 2),))
    return made


def test_a_message_with_counts_is_sent(outbox: Outbox, there: Hook) -> None:
    answer = outbox.send()
    assert (answer.exit, answer.errors) == (0, "")
    (posted,) = there.received
    told = json.loads(posted.body)
    assert told["title"] == "Rollbook: 2 rows failed: march.csv"
    assert "7 rows succeeded; 2 rows failed." in told["message"]
    assert "Problems by column: Status (2)." in told["message"]
    assert "secret-token" not in repr(outbox.lines("recipient", "content"))


def test_a_server_that_fails_is_tried_again(outbox: Outbox, there: Hook) -> None:
    there.statuses = [500]
    answer = outbox.send()
    assert "the chat server did not take the message" in answer.errors
    assert "secret-token" not in answer.errors
    assert outbox.lines("state", "attempts") == [("recorded", 1)]
    assert outbox.send().exit == 0
    assert outbox.lines("state") == [("sent",)]


def test_an_address_that_apprise_does_not_know_is_told_of(
    tmp_path: Path, prepared_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROLLBOOK_CHAT", "nochat://secret-token")
    outbox = Outbox(tmp_path, prepared_sqlite_url)
    outbox.put(name_of("nochat://secret-token"), "chat")
    answer = outbox.send()
    assert "Apprise does not know this kind of address" in answer.errors
    assert "secret-token" not in answer.errors
