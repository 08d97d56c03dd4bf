"""What the three trial servers share."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.axcelerate import axcelerate_server

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("system", ["axcelerate", "moon", "smarteru"])
def test_a_port_that_is_taken_is_reported_in_one_line(system: str) -> None:
    """The trial of the guide started twice: no traceback, and what to do."""
    with axcelerate_server() as there:
        port = there.url.rpartition(":")[2].split("/")[0]
        command = [sys.executable, "-m", f"tests.servers.{system}", "--port", port]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=60)
    told = f"Port {port} is already in use, perhaps by another trial server. Stop that one, or use --port 0.\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", told)
