"""A mail server, a mailbox, and a desk with both."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.destinations.http.test_connection import self_signed
from tests.pipeline.replies.desk import ReplyDesk
from tests.servers.imap import DOVECOT_MISSING, Imap, dovecot_path, imap_server
from tests.servers.mail import MailServer, mail_server


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A mail server that takes everything."""
    with mail_server() as running:
        yield running


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Imap]:
    """An empty mailbox."""
    if dovecot_path() is None:
        pytest.skip(DOVECOT_MISSING)
    (tmp_path / "tls").mkdir()
    with imap_server(self_signed(tmp_path / "tls")) as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path, server: MailServer, box: Imap, monkeypatch: pytest.MonkeyPatch) -> ReplyDesk:
    """A drop folder whose failed rows are mailed to their owner."""
    return ReplyDesk(tmp_path, server, box, monkeypatch)
