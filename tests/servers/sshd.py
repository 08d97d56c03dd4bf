"""OpenSSH's own server on a free port of the loopback, with a folder that it serves by SFTP."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.servers.listening import held_port

SSHD_MISSING = "OpenSSH's server is not installed: no sshd (Debian: package openssh-server, in /usr/sbin)"
_SECONDS_TO_START = 30
_NEEDED_BY_ROOT = Path("/run/sshd")
_CONFIG = """
Port {port}
ListenAddress 127.0.0.1
HostKey {host_key}
PidFile none
AuthorizedKeysFile {authorized}
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
PermitRootLogin yes
MaxStartups 100
Subsystem sftp internal-sftp {sftp}
"""


def sshd_path() -> str | None:
    """Where the server's program is."""
    return shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


class Sshd:
    """A server, and the files of who logs in.

    drop: a folder that it serves. key_file: lets `user` in. known_hosts: has the server's host key.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.drop = folder / "drop"
        self.drop.mkdir()
        self.key_file = make_key(folder / "login")
        self.host_key = make_key(folder / "host")
        self.known_hosts = folder / "known_hosts"
        self.user = getpass.getuser()
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        """How files of host keys name it."""
        return f"[127.0.0.1]:{self.port}"

    @property
    def url(self) -> str:
        """The address of its folder."""
        return f"sftp://{self.user}@127.0.0.1:{self.port}{self.drop}"

    def know(self, host_key: Path | None = None) -> None:
        """Let the file of host keys have the server's, or another one for it."""
        kind, text = (host_key or self.host_key).with_suffix(".pub").read_text().split()[:2]
        self.known_hosts.write_text(f"{self.name} {kind} {text}\n")

    def start(self, sftp: str = "") -> None:
        """Let it listen. sftp: options of its SFTP server, such as `-P rename` to forbid renaming."""
        config = self.folder / "sshd_config"
        authorized = self.key_file.with_suffix(".pub")
        config.write_text(_CONFIG.format(port=self.port, host_key=self.host_key, authorized=authorized, sftp=sftp))
        if os.geteuid() == 0:
            _NEEDED_BY_ROOT.mkdir(mode=0o755, exist_ok=True)
        program = sshd_path()
        assert program is not None
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen([program, "-D", "-e", "-f", str(config)], stdout=log, stderr=log)
        deadline = time.monotonic() + _SECONDS_TO_START
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"sshd did not start: {(self.folder / 'log').read_text(errors='replace')}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End it and the connections to it."""
        if self._process is not None:
            for child in Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split():
                with suppress(ProcessLookupError):  # It may end by itself in the meantime.
                    os.kill(int(child), 9)
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        with socket.socket() as tried:
            return tried.connect_ex(("127.0.0.1", self.port)) == 0


@contextmanager
def sshd(folder: Path, sftp: str = "") -> Iterator[Sshd]:
    """A server whose host key is known, on a folder of its own."""
    with held_port() as port:  # also between a stop and a start
        server = Sshd(folder, port)
        server.know()
        server.start(sftp)
        try:
            yield server
        finally:
            server.stop()


def make_key(path: Path, passphrase: str = "", kind: str = "ed25519") -> Path:
    """A new key pair; the path of its private half."""
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-f", str(path)], check=True)
    return path
