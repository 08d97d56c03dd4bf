"""A notification goes out where rows failed, a run was stopped or nothing came: counts and places, nobody's data."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ledger import messages
from ledger.database import open_database
from rollbook.clock import now
from tests.flows.prefect_side import PrefectSide, state_of
from tests.pipeline import app
from tests.pipeline.attendance import FIRST, SECOND, write

WELL = (SECOND[0], SECOND[2])


class Webhook:
    """A server that takes what is posted to it. status: what it answers."""

    def __init__(self) -> None:
        self.received: list[dict[str, str]] = []
        self.status = 200
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                webhook.received.append(json.loads(self.rfile.read(length)))
                self.send_response(webhook.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/secret-token"


@pytest.fixture
def webhook(prefect_server: str) -> Iterator[Webhook]:
    """One that the block `custom-webhook/ops` leads to."""
    assert prefect_server
    from prefect.blocks.notifications import CustomWebhookNotificationBlock

    there = Webhook()
    threading.Thread(target=there.server.serve_forever, daemon=True).start()
    block = CustomWebhookNotificationBlock(
        name="ops", url=there.url, json_data={"title": "{{subject}}", "text": "{{body}}"}
    )
    block.save("ops", overwrite=True)
    yield there
    there.server.shutdown()
    there.server.server_close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A place whose settings name the block."""
    (tmp_path / "drop").mkdir()
    _set(tmp_path)
    open_database(f"sqlite:///{tmp_path / 'rollbook.db'}", create=True)
    return tmp_path


def _set(folder: Path, *nightly: str) -> None:
    lines = [f"database = 'sqlite:///{folder / 'rollbook.db'}'", f"out = '{folder / 'out'}'"]
    lines += ["[nightly]", "settled_seconds = 0.01", *nightly, "[prefect]", "notify = 'custom-webhook/ops'"]
    (folder / "rollbook.toml").write_text("\n".join(lines))


def _night(folder: Path, **judging: Any) -> Any:
    from flows.deployments import nightly_import
    from rollbook.options import JudgingOptions

    settings = str(folder / "rollbook.toml")
    return nightly_import(str(folder / "drop"), settings, JudgingOptions(**judging), return_state=True)


def test_rows_that_failed(webhook: Webhook, folder: Path) -> None:
    """With the counts and where to look, and nobody's data."""
    write(folder / "drop" / "first.csv", FIRST)
    assert _night(folder).is_completed()
    (told,) = webhook.received
    assert told["title"] == "Rollbook: 4 rows failed: first.csv"
    assert "4 rows succeeded; 4 rows failed." in told["text"]
    assert "rollbook failures " in told["text"]
    assert [each for each in ("dora", "Diaz", "fay", "perhaps") if each in repr(told)] == []


def test_a_run_that_was_stopped(webhook: Webhook, folder: Path) -> None:
    write(folder / "drop" / "first.csv", FIRST)
    assert _night(folder, max_rejected=1).is_failed()
    (told,) = webhook.received
    assert told["title"] == "Rollbook: Not imported: first.csv"
    assert "more than --max-rejected 1 allows." in told["text"]


def test_nothing_came(webhook: Webhook, folder: Path) -> None:
    """Only where something was to come."""
    assert _night(folder).is_completed()
    assert webhook.received == []
    _set(folder, "expect_within = '26h'")
    assert _night(folder).is_completed()
    (told,) = webhook.received
    assert told["title"] == f"Rollbook: No new file: {folder / 'drop'}"
    assert "within 26 hours. No file has ever arrived there." in told["text"]


def test_all_is_well(webhook: Webhook, folder: Path) -> None:
    write(folder / "drop" / "second.csv", WELL)
    assert _night(folder).is_completed()
    assert webhook.received == []


def test_by_the_command_line_too(webhook: Webhook, folder: Path) -> None:
    sheet = write(folder / "first.csv", FIRST)
    answer = app.run("import", sheet, "--prefect", "--notify", "--settings", folder / "rollbook.toml")
    assert answer.exit == 1
    (told,) = webhook.received
    assert told["title"] == "Rollbook: 4 rows failed: first.csv"


def test_a_notification_that_fails_decides_nothing(webhook: Webhook, folder: Path, prefect_side: PrefectSide) -> None:
    """It waits, and the kind of the error is kept: its text may hold the address, and that a key."""
    webhook.status = 500
    write(folder / "drop" / "first.csv", FIRST)
    assert _night(folder).is_completed()
    assert len(webhook.received) == 1
    (run,) = prefect_side.flow_runs(f"nightly-import {folder / 'drop'}")
    assert state_of(run) == ("COMPLETED", "8 read, 3 loaded, 1 duplicate, 4 rejected")
    with open_database(f"sqlite:///{folder / 'rollbook.db'}", create=False).connect() as connection:
        (waiting,) = messages.not_sent(connection, now() - timedelta(days=1))
    assert (waiting.channel, waiting.recipient, waiting.state) == ("prefect", "custom-webhook/ops", "recorded")
    assert str(waiting.error).startswith("the block did not take the message (")
    assert "secret-token" not in repr(waiting)
    webhook.status = 200
    assert app.run("notify", "--settings", folder / "rollbook.toml").exit == 0
    assert [told["title"] for told in webhook.received] == ["Rollbook: 4 rows failed: first.csv"] * 2
