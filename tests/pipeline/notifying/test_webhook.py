"""Webhooks: a JSON object with an ID and a signature, posted until it is taken."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.notifying.recipients import name_of
from tests.pipeline.notifying.outbox import Outbox
from tests.servers.hook import Hook, hook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The secret, and short pauses."""
    monkeypatch.setenv("ROLLBOOK_WEBHOOK_SECRET", SECRET)
    monkeypatch.setattr("pipeline.notifying.webhook._PAUSE", 0.01)


@pytest.fixture
def there() -> Iterator[Hook]:
    """A web server."""
    with hook() as running:
        yield running


@pytest.fixture
def outbox(tmp_path: Path, prepared_sqlite_url: str, there: Hook) -> Outbox:
    """One with a message for it."""
    address = f"{there.url}/hooks/secret-token"
    made = Outbox(tmp_path, prepared_sqlite_url, f"webhook = ['{address}']", "link = 'https://rollbook.example.com/'")
    made.put(name_of(address), "webhook")
    return made


def test_an_object_without_cells_is_posted_and_signed(outbox: Outbox, there: Hook) -> None:
    """As a receiver checks it that follows standardwebhooks.com."""
    assert outbox.send().exit == 0
    (posted,) = there.received
    told = json.loads(posted.body)
    assert told["kind"] == "failed"
    assert told["files"] == [{"name": "march.csv", "code": None, "failed_rows": 2}]
    assert told["rows"] == {"succeeded": 7, "failed": 2, "pending": 0}
    assert (posted.path, posted.headers["webhook-id"]) == ("/hooks/secret-token", told["id"])
    signed = f"{told['id']}.{posted.headers['webhook-timestamp']}.".encode() + posted.body
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    proof = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert posted.headers["webhook-signature"] == f"v1,{proof}"


def test_a_hook_that_fails_twice_gets_it_the_third_time(outbox: Outbox, there: Hook) -> None:
    """With the same ID, so that nothing is counted twice."""
    there.statuses = [500, 503]
    assert outbox.send().exit == 0
    assert len(there.received) == 3
    assert len({posted.headers["webhook-id"] for posted in there.received}) == 1
    assert outbox.lines("state") == [("sent",)]


def test_a_hook_that_keeps_failing_is_tried_by_the_next_command(outbox: Outbox, there: Hook) -> None:
    there.statuses = [500, 429, 500]
    answer = outbox.send()
    assert "HTTP status 500 (Internal Server Error)" in answer.errors
    assert "secret-token" not in answer.errors
    assert outbox.lines("state", "attempts") == [("recorded", 1)]
    assert outbox.send().exit == 0
    assert outbox.lines("state") == [("sent",)]


def test_a_refusal_is_final(outbox: Outbox, there: Hook) -> None:
    there.statuses = [404]
    assert "and is not tried again: the webhook answered with HTTP status 404" in outbox.send().errors
    assert (outbox.send().exit, len(there.received)) == (0, 1)


def test_nothing_is_posted_unsigned(outbox: Outbox, there: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ROLLBOOK_WEBHOOK_SECRET")
    assert "set ROLLBOOK_WEBHOOK_SECRET: webhooks are signed with it" in outbox.send().errors
    assert there.received == []


def test_an_address_that_left_the_settings_gets_nothing(outbox: Outbox, there: Hook) -> None:
    """And the ledger does not know it: it may be a secret."""
    outbox.settings.write_text(f"[notify]\nwebhook = ['{there.url}/another']\n", encoding="utf-8")
    assert "this address is no longer in the settings" in outbox.send().errors
    assert there.received == []
    assert "secret-token" not in repr(outbox.lines("recipient", "content", "error"))
