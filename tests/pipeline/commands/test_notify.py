"""`rollbook notify`: what waits is sent, or a test message to everybody that the settings name."""

import json
from pathlib import Path

import pytest

from tests.pipeline import app
from tests.servers.hook import hook
from tests.servers.mail import mail_server, text_of


def test_a_test_message_reaches_everybody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a database, and it says who was not reached."""
    monkeypatch.setenv("ROLLBOOK_WEBHOOK_SECRET", "a shared secret")
    settings = tmp_path / "rollbook.toml"
    with mail_server() as server, hook() as there:
        lines = [f"server = '{server.url}'", "from = 'rollbook@example.com'", "language = 'de'"]
        lines += ["mail = ['hr@example.com', 'it@example.com']", f"webhook = ['{there.url}/x']"]
        lines += [f"chat = ['{there.url.replace('http:', 'json:')}/y']"]
        settings.write_text("\n".join(["[notify]", *lines]), encoding="utf-8")
        server.replies["RCPT"] = ["550 5.1.1 No such user"]
        answer = app.run("notify", "--test", "--settings", settings)
        assert (answer.exit, answer.told) == (1, {"exit": 1, "sent": 3, "not_sent": 1})
        assert "The test message to hr@example.com was not sent: the mail server said: 550" in answer.errors
        assert server.recipients == ["it@example.com"]
        assert server.received[0]["Subject"] == "Rollbook: Testnachricht"
        assert "dass Rollbook Sie erreicht" in text_of(server.received[0])
        assert {posted.path for posted in there.received} == {"/x", "/y"}
        assert "test" in {json.loads(posted.body).get("kind") for posted in there.received}


def test_where_only_owners_get_mail_its_sender_gets_the_test(tmp_path: Path) -> None:
    settings = tmp_path / "rollbook.toml"
    with mail_server() as server:
        settings.write_text(f"[notify]\nserver = '{server.url}'\nfrom = 'rollbook@example.com'\n", encoding="utf-8")
        assert app.run("notify", "--test", "--settings", settings).exit == 0
        assert server.recipients == ["rollbook@example.com"]


def test_without_anybody_there_is_nothing_to_do(tmp_path: Path) -> None:
    settings = tmp_path / "rollbook.toml"
    settings.write_text("", encoding="utf-8")
    answer = app.run("notify", "--settings", settings)
    assert answer.exit == 2
    assert "The settings name nobody to notify." in answer.errors
