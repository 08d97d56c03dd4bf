"""Who logs in to the servers of these tests."""

import pytest

from sources.remote.storage import Access
from tests.servers.sshd import Sshd


@pytest.fixture
def server(sftp_server: Sshd) -> Sshd:
    """An SFTP server whose host key is known."""
    return sftp_server


@pytest.fixture
def access(server: Sshd) -> Access:
    """What logs in there."""
    return Access("hr", key_file=server.key_file, known_hosts=server.known_hosts)
